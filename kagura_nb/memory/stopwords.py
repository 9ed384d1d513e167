"""Words that say nothing about a topic: grammar, courtesy and small talk."""

ENGLISH = """
a about above after again all also am an and any are aren as at be because been before being
below between both but by can could couldn d did didn do does doesn doing don down during each
else even ever every few for from further had hadn has hasn have haven having he her here hers
herself him himself his how i if in into is isn it its itself just let ll m many may maybe me
might more most much must mustn my myself no nor not now of off on once one only or other our
ours ourselves out over own per quite rather re really s same shall she should shouldn so some
such t than that the their theirs them themselves then there these they this those through to
too under until up upon us ve very was wasn we were weren what when where whether which while
who whom whose why will with would wouldn you your yours yourself yourselves
"""

COURTESY = """
bye goodbye hello hey hi ok okay please sorry sure thank thanks yeah yep yes おはよう
おはようございます こんにちは こんばんは ありがとう ありがとうございます ありがとうございました
どうも はい いいえ うん わかった わかりました すみません ごめん ごめんなさい
おねがいします さようなら おやすみ おやすみなさい よろしく よろしくお願いします お願いします
"""

GRAMMAR = """
です ます でし した まし ませ せん して いま いる ある こと もの これ それ あれ この その あの
どの どれ どこ いつ なに なん だれ ない から まで より ので のに には では とは って った たい
くだ だい ださ さい とい いう いっ よう うに うな なの んで すか てい てる てく なる なり れる
られ れた たち など けど でも しか だけ ほど ぐら くら らい にな なっ がい はい いて うと する
しま すよ すね よね かな かも もし いい はな はど はい がす がき がほ ので んだ だっ だと だよ
だね っと っか ょう のは のが のを のも にも とも
"""

STOP_WORDS = frozenset((ENGLISH + COURTESY + GRAMMAR).split()) | frozenset(
    "のはがをにでともへやかねよなぞさわ"
)
"""Never looked up: whole words, and whole runs of kana."""

STOP_BIGRAMS = frozenset(one for one in GRAMMAR.split() if len(one) == 2)
"""Never looked up: pieces of longer runs."""
