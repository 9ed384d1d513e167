"""Given and family names that are frequent: they tell a person from anything else with a label."""

GIVEN = frozenset(
    """
    aaron abby abdul abigail abu adam adele adrian agnes ahmad ahmed aisha akira alan albert alberto
    alejandro alessandro alex alexander alexandra alexis alfred ali alice alicia alison allison amal
    amanda amber amelia amin amina amir amit amy ana anastasia anders andre andrea andreas andrei
    andres andrew andy angel angela angelo anil anita anja ann anna anne annette annie antoine anton
    antonia antonio anya ari ariana armando arthur arturo ashley astrid audrey austin ayaka ayesha
    barbara barry beatrice beatriz ben benedict benjamin bernard beth betty bianca bill billy bjorn
    bob bobby boris brad bradley brandon brenda brendan brent brett brian bridget bruce bruno bryan
    caitlin camila camille carl carla carlos carmen carol carolina caroline carrie casey catherine
    cathy cecilia chad charles charlie charlotte chen chiara chloe chris christian christina
    christine christoph christopher cindy claire clara claude claudia claudio colin connor corey
    craig cristina curtis cynthia dale damian dan dana daniel daniela danielle danny darren dave
    david davide dawn dean deborah debra deepak denis denise dennis derek diana diane diego dieter
    dimitri dmitri dmitry dolores dominic don donald donna doris dorothy doug douglas duncan dylan
    eduardo edward edwin eileen elaine eleanor elena elias elisabeth eliza elizabeth ella ellen emil
    emilia emily emma emmanuel enrico enrique eric erica erik erika erin ernest esther ethan eugene
    eva evan eve evelyn fabio farah fatima felipe felix fernanda fernando fiona florian frances
    francesca francesco francis francisco francois frank franz fred frederic frederick fredrik frida
    gabriel gabriela gareth gary gavin gemma gene geoff geoffrey george gerald gerard gerhard gina
    giovanni giulia giuseppe glenn gloria gordon graham greg gregory greta guido guillermo gustav
    hana hanako hannah hans haruka harold harry hassan heather hector heidi helen helena henrik henry
    herbert hiroshi holly howard hugh hugo hussein ian ibrahim ida igor ingrid irene iris isaac isabel
    isabella ivan jack jackie jacob jacqueline jacques jaime jake james jamie jan jane janet janice
    jared jason javier jay jean jeff jeffrey jenna jennifer jenny jens jeremy jerome jerry jesse
    jessica jesus jill jim jimmy jing jo joan joana joanna joanne joao joe joel johan johannes john
    johnny jon jonas jonathan jordan jorge jose joseph josephine joshua joy joyce juan juanita judith
    judy julia julian juliana julie juliet jun jung jurgen justin kaori karen karin karl katarina kate
    katherine kathleen kathryn kathy katie katrina kay keiko keith kelly ken kenji kenneth kevin
    khalid kim kimberly klaus kristen kristin kristina kumar kyle lara larry lars laura lauren
    laurent lawrence lea leah lee lena leo leon leonard leslie lewis li liam lily lin linda lisa liu
    liz lloyd logan lorena lorenzo louis louise luca lucas lucia lucy luis luisa luke lydia lynn
    mackenzie madison magnus maia malik manuel marc marcel marcelo marco marcus margaret maria mariam
    marian marie marilyn mario marion marisa mark marko markus marta martha martin martina marvin mary
    mateo mathieu matt matteo matthew matthias maureen maurice max maya megan mehmet mei melanie
    melissa mercedes meredith mia michael michel michele michelle miguel mika mike mikhail milan
    minh miranda miriam misaki mitchell mohamed mohammad mohammed molly monica monika morgan muhammad
    murray nadia nancy naoki naomi natalia natalie natasha nathan neil nicholas nick nicola nicolas
    nicole nigel nikhil nikolai nils nina noah noel noor nora norma norman olga oliver olivia omar
    oscar otto owen pablo pamela paola paolo pat patricia patrick paul paula paulo pavel pedro peggy
    penelope penny per pete peter petra phil philip philippe phillip phoebe pierre pilar priya rachel
    rafael rahul raj rajesh ralph ramon randy raphael raquel raul ravi ray raymond rebecca regina
    rene ricardo richard rick rita rob robert roberta roberto robin rodrigo roger roland roman ron
    ronald rosa rosalind rose rosemary ross roy ruben russell ruth ryan sabine sabrina sakura sally
    sam samantha samir samuel sandra sandy sanjay santiago sara sarah satoshi scott sean sebastian
    sergei sergio shane shannon sharon shawn sheila shirley sibylle silvia simon simone sofia sonia
    sophia sophie stacy stan stefan stefano stella stephanie stephen steve steven stuart sue sunil
    susan suzanne sven sylvia takashi takeshi tamara tanya tara taro tatiana ted teresa terry thea
    theo theodore theresa thomas tiffany tim timothy tina todd tom tomas tommy tony tracy travis
    trevor tyler ulrich ulrike umar ursula valentina valeria vanessa vera veronica vicki victor
    victoria vijay vincent virginia vivian vladimir walter wang warren wayne wei wendy werner will
    william wolfgang xavier xiao yan yasmin yoko yolanda yosef yuki yuko yuri yusuf yves yvonne
    zachary zahra zainab zhang zoe
    """.split()
)

SURNAMES = (
    "佐藤|鈴木|高橋|髙橋|田中|伊藤|渡辺|渡邉|渡邊|山本|中村|小林|加藤|吉田|𠮷田|山田|佐々木|山口|"
    "松本|井上|木村|斎藤|斉藤|齋藤|齊藤|清水|山崎|山﨑|池田|橋本|阿部|石川|山下|中島|石井|小川|前田|"
    "岡田|長谷川|藤田|後藤|近藤|村上|遠藤|青木|坂本|福田|太田|西村|藤井|金子|岡本|藤原|中野|三浦|"
    "原田|中川|松田|竹内|小野|田村|中山|和田|石田|森田|上田|内田|柴田|酒井|宮崎|横山|高木|安藤|宮本|"
    "大野|小島|工藤|谷口|今井|高田|増田|丸山|杉山|村田|大塚|新井|小山|平野|藤本|河野|上野|野口|武田|"
    "松井|菅原|岩崎|木下|佐野|野村|松尾|市川|菊地|菊池|杉本|古川|大西|島田|水野|桜井|櫻井|高野|吉川|"
    "山内|西田|飯田|西川|小松|北村|安田|五十嵐|久保|中田|川口|川崎|東|関|岩田|服部|馬場|熊谷|土屋|"
    "松岡|浜田|濱田|田口|吉村|荒木|樋口|川村|大島|永井|小池|秋山|内藤|矢野|本田|松村|福島|望月|"
    "広瀬|廣瀬|小沢|小澤|片山|星野|渡部|石原|三宅|荒井|黒田|森本|須藤|須田|堀|西山|大石|浅野|久保田|"
    "早川|川上|宮田|栗原|岡崎|児玉|中西|堀内|牧野|飯塚|吉岡|田辺|森|林|原|平田|沢田|澤田|辻|奥村|"
    "長田|黒木|篠原|根本|大久保|松下|本間|千葉|大川|岸本|宇野|今村|川田|尾崎|青山|高山|鎌田|松永"
)
"""The most frequent ones of Japan, variants of their characters too."""
