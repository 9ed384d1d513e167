"""Numbers that governments give out, and postal codes."""

from functools import cache, partial
from importlib import import_module

from kagura_nb.privacy.recognizer import Recognizer, around, behind, spelled, words
from kagura_nb.privacy.validators import my_number, ssn

EDGE = r"(?<![0-9A-Za-z_].)(?<![0-9][-./].)"
END = r"(?![0-9A-Za-z_]|[-./][0-9])"
MONTH = "(?:0[1-9]|1[0-2])"
DAY = "(?:0[1-9]|[12][0-9]|3[01])"
NO_NUMBER = behind(
    "order", "invoice", "serial", "tracking", "part", "sku", "ticket", "case", "isbn", "注文",
    "伝票", "追跡", "法人", "型番",
)  # fmt: skip
SOCIAL = ("ssn", "ss#", "ss #", "social", "taxpayer", "tin", "ソーシャル", "社会保障")
TOWN = r"[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f'-]{1,24}"
TOWNS = rf"{TOWN}(?: (?:[A-Z]|de|do|da|du|del|di|la|le|am|an|der|{TOWN})){{0,3}}"
CODE = r"[0-9]{5}(?:-[0-9]{3,4})?|[0-9]{4}(?:-[0-9]{3})?|[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}"
NO_TOWN = (
    r"(?!(?:RFC|PEP|ISO|IEEE|ANSI|CVE|Windows|Office|Python|Chapter|Section|Table|Figure|Fig|Line|Lines|"
    r"Page|Version|Release|Issue|Room|Step|Bug|Ticket|Port|Part|Item|Article|Act|Law|Row|Build|Model|"
    r"Unicode|Latin|Year|Number|No|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Spring|Summer|"
    r"Autumn|Fall|Winter|Q[1-4])[a-z]{0,6}\b)"
)
"""What is counted or dated and begins with a capital like a town."""
LETTERED = "[0-9][ -]?[A-Z]"
SIX_DIGITS = "[0-9]{6}"
STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|"
    "T[NX]|UT|V[AT]|W[AIVY]"
)
LABELLED = (
    ("JP_DRIVER_LICENSE", "免許", r"[0-9](?:[ -]?[0-9]){11}"),
    ("JP_PASSPORT", "パスポート|旅券", r"[A-Za-z]{2}[ -]?[0-9]{7}"),
    ("JP_PENSION_NUMBER", "年金", r"[0-9]{4}[ -]?[0-9]{6}"),
    (
        "JP_HEALTH_INSURANCE", "保険",
        r"[0-9](?:[ -]?[0-9]){5,9}|記号[ :]?[0-9]{1,8}[\s・、,-]{1,3}番号[ :]?[0-9]{1,8}",
    ),
    ("JP_RESIDENCE_CARD", "在留", r"[A-Za-z]{2}[ -]?[0-9]{8}[ -]?[A-Za-z]{2}"),
    (
        "US_DRIVER_LICENSE", "icense|icence|ICENSE|ICENCE|DL",
        r"[A-Z]{0,3}[0-9](?:[ -]?[0-9A-Z]){4,16}",
    ),
    ("PASSPORT", "assport|ASSPORT", r"[A-Z]{0,2}[0-9]{6,9}[A-Z]?"),
)  # fmt: skip
"""Type, the words that must stand before it, its form."""
NATIONAL = {
    "gb.nhs": (r"[0-9]~[0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{4}", 10, 0.0, ("nhs", "health service")),
    "ca.sin": (r"[0-9]~[0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3}", 9, 0.0, ("sin", "social insurance")),
    "au.tfn": (r"[0-9]~[0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{2,3}", 8, 0.0, ("tfn", "tax file")),
    "br.cpf": (r"[0-9]~[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}-[0-9]{2}", 11, 0.85, ("cpf",)),
    "cn.ric": (r"[0-9]~[0-9]{16}[0-9Xx]", 17, 0.85, ("身份证", "resident id")),
    "kr.rrn": (rf"[0-9]~[0-9]{MONTH}{DAY}-[0-9]{{7}}", 13, 0.8, ("주민등록번호", "rrn")),
    "in_.aadhaar": (r"[0-9]~[0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}", 12, 0.0, ("aadhaar", "आधार")),
    "in_.pan": (r"[A-Z]~[A-Z]{2}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]", 4, 0.7, ("pan",)),
    "nl.bsn": (r"[0-9]~[0-9]{3}\.?[0-9]{2}\.?[0-9]{3}", 9, 0.0, ("bsn", "burgerservicenummer")),
    "pl.pesel": (r"[0-9]~[0-9]{10}", 11, 0.0, ("pesel",)),
    "se.personnummer": (
        rf"[0-9]~[0-9](?:[0-9]{{2}})?{MONTH}{DAY}[-+][0-9]{{4}}", 10, 0.7, ("personnummer",)
    ),
    "fi.hetu": (
        rf"[0-3]~[0-9]{MONTH}[0-9]{{2}}[-+A-FU-Y][0-9]{{3}}[0-9A-Y]", 9, 0.85,
        ("hetu", "henkilötunnus"),
    ),
    "dk.cpr": (r"[0-9]~[0-9]{5}-?[0-9]{4}", 10, 0.0, ("cpr", "personnummer")),
    "no.fodselsnummer": (r"[0-9]~[0-9]{5} ?[0-9]{5}", 11, 0.0, ("fødselsnummer", "personnummer")),
    "es.dni": (r"[0-9]~[0-9]{7}[ -]?[A-Z]", 8, 0.7, ("dni", "nif")),
    "es.nie": (r"[XYZ]~[ -]?[0-9]{7}[ -]?[A-Z]", 7, 0.8, ("nie",)),
    "fr.nir": (
        r"[12]~ ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", 14, 0.7,
        ("nir", "insee", "sécurité sociale", "sécu"),
    ),
    "it.codicefiscale": (
        r"[A-Z]~[A-Z]{5}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]", 7, 0.95, ("cf",)
    ),
    "de.idnr": (
        r"[0-9]~[0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}", 11, 0.0,
        ("steuer-id", "steuer-identifikationsnummer", "idnr", "steuernummer"),
    ),
    "za.idnr": (r"[0-9]~[0-9]{5} ?[0-9]{4} ?[0-9]{3}", 13, 0.0, ("id", "identity", "rsa id")),
    "ie.pps": (r"[0-9]~[0-9]{6}[A-W][A-IW]?", 7, 0.0, ("pps", "ppsn")),
    "ch.ssn": (r"7~56\.?[0-9]{4}\.?[0-9]{4}\.?[0-9]{2}", 13, 0.9, ("ahv", "avs", "ssn")),
    "be.nn": (r"[0-9]~[0-9]\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}", 11, 0.9, ("rijksregister",)),
    "ro.cnp": (r"[1-9]~[0-9]{12}", 13, 0.0, ("cnp",)),
    "tr.tckimlik": (r"[1-9]~[0-9]{10}", 11, 0.0, ("kimlik", "tc", "tckn")),
    "mx.curp": (r"[A-Z]~[A-Z]{3}[0-9]{6}[A-Z]{6}[0-9A-Z][0-9]", 7, 0.9, ("curp",)),
    "my.nric": (rf"[0-9]~[0-9]{MONTH}{DAY}-[0-9]{{2}}-[0-9]{{4}}", 12, 0.6, ("nric", "mykad")),
    "us.itin": (r"9~[0-9]{2}-[0-9]{2}-[0-9]{4}", 9, 0.7, ("itin", "taxpayer")),
    "pt.nif": (r"[0-9]~[0-9]{2} ?[0-9]{3} ?[0-9]{3}", 9, 0.0, ("nif", "contribuinte")),
}  # fmt: skip
"""Module of python-stdnum that checks it, its form (`~` stands behind the first character), digits
in it, confidence alone, words near it in small letters."""


SHAPES = {
    **dict.fromkeys(("cn.ric", "kr.rrn", "se.personnummer", "fi.hetu", "my.nric"), SIX_DIGITS),
    **dict.fromkeys(("in_.pan", "es.dni", "es.nie", "it.codicefiscale", "mx.curp"), LETTERED),
}
"""What a text lacks that certainly has none of them."""

numbers_of = cache(import_module)
"""A module of python-stdnum, imported when the first candidate turns up."""


def listed(module: str, value: str) -> bool:
    """Whether python-stdnum accepts it."""
    return bool(numbers_of(f"stdnum.{module}").is_valid(value))


def _labelled(type: str, labels: str, form: str) -> Recognizer:
    return Recognizer(
        type,
        rf"(?:{labels})[許証の書者手帳基礎番号記カードs ]{{0,10}}(?:\([^()\n]{{1,12}}\))?"
        rf"(?:[Nn]umber|[Nn][Oo]\.?|ナンバー|ID|#)?(?:\s?(?:is|was)\s)?"
        rf"[\s:はがの#第=(\"'「『]{{0,6}}"
        rf"(?P<value>{form})(?![0-9A-Za-z]|-[0-9])",
        0.85,
        literals=tuple(labels.split("|")),
        digits=5,
    )


def _national(
    module: str, form: str, digits: int, alone: float, near: tuple[str, ...]
) -> Recognizer:
    return Recognizer(
        "NATIONAL_ID",
        form.replace("~", EDGE) + END,
        alone,
        0.92,
        context=words(*near),
        against=NO_NUMBER,
        check=partial(listed, module),
        literals=() if alone else spelled(near),
        digits=digits,
        shape=SHAPES.get(module, ""),
    )


ROWS = (
    Recognizer(
        "SSN",
        rf"[0-9]{EDGE}[0-9]{{2}}-[0-9]{{2}}-[0-9]{{4}}{END}",
        0.75,
        0.95,
        context=words("ssn", "social security"),
        against=NO_NUMBER,
        check=ssn,
        digits=9,
    ),
    Recognizer(
        "SSN",
        rf"[0-9]{EDGE}[0-9]{{2}}(?P<gap>[ .]?)[0-9]{{2}}(?P=gap)[0-9]{{4}}{END}",
        0.0,
        0.9,
        context=words(*SOCIAL),
        against=NO_NUMBER,
        check=ssn,
        literals=spelled(SOCIAL),
        digits=9,
    ),
    Recognizer(
        "MY_NUMBER",
        rf"[0-9]{EDGE}(?:[ -]?[0-9]){{11}}{END}",
        0.0,
        0.95,
        context=around("My ?Number|MY ?NUMBER|my_?number|[Ii]ndividual [Nn]umber|マイナ|個人番号"),
        against=NO_NUMBER,
        check=my_number,
        literals=("My", "MY", "my", "ndividual", "マイナ", "個人番号"),
        digits=12,
    ),
    Recognizer(
        "JP_RESIDENCE_CARD",
        r"[A-Z](?<![A-Za-z0-9].)[A-Z][0-9]{8}[A-Z]{2}(?![A-Za-z0-9])",
        0.6,
        digits=8,
        shape=LETTERED,
    ),
    Recognizer(
        "NATIONAL_ID",  # United Kingdom's national insurance
        r"[A-CEGHJ-PR-TW-Z](?<![A-Za-z0-9].)[A-CEGHJ-NPR-TW-Z](?<!BG|GB|KN|NK|NT|TN|ZZ)"
        r"(?: ?[0-9]{2}){3} ?[A-D](?![A-Za-z0-9])",
        0.7,
        digits=6,
        shape=LETTERED,
    ),
    Recognizer(
        "NATIONAL_ID",  # Singapore's identity card
        r"[STFGM](?<![A-Za-z0-9].)[0-9]{7}[A-Z](?![A-Za-z0-9])",
        0.6,
        digits=7,
        shape=LETTERED,
    ),
    *(_labelled(*one) for one in LABELLED),
    *(_national(module, *rest) for module, rest in NATIONAL.items()),
    Recognizer(
        "POSTAL_CODE",
        rf"[0-9]{EDGE}[0-9]{{2}}-?[0-9]{{4}}{END}",
        0.0,
        0.8,
        context=around(
            r"(?:〒|郵便|ゆうびん|[Pp]ostal [Cc]ode|[Zz][Ii][Pp])[^0-9]{0,8}\Z",
            r"\A\s?(?:東京都|北海道|大阪府|京都府|[一-龠]{2,3}県)",
        ),
        against=NO_NUMBER,
        digits=7,
    ),
    Recognizer(
        "POSTAL_CODE",
        r"(?:[Zz][Ii][Pp](?:[ _-]?[Cc][Oo][Dd][Ee])?|(?i:post(?:al)?[ _-]?code)|"
        r"PLZ|[Cc][Ee][Pp]|\bCAP\b)"
        r"[\"']?(?:\s?[:=]\s?|\s(?:is|was)\s|\s)[\"']?"
        r"(?P<value>[0-9]{3,5}(?:[- ][0-9]{2,4})?(?:\s[A-Z]{2})?|"
        r"[A-Z][0-9A-Z]{1,3}\s?[0-9][A-Z0-9]{2})"
        r"(?![0-9A-Za-z_]|[-./][0-9])",
        0.85,
        literals=("ip", "IP", "ost", "OST", "PLZ", "ep", "EP", "CAP"),
        digits=3,
    ),
    Recognizer(
        "POSTAL_CODE",  # United States, behind a town
        rf"[A-Z][a-z]+,? (?:{STATES}) (?P<value>[0-9]{{5}}(?:-[0-9]{{4}})?)(?![0-9A-Za-z-])",
        0.7,
        digits=5,
    ),
    Recognizer(
        "POSTAL_CODE",  # behind a town somewhere else
        rf"(?:in|at|to|from|near) {NO_TOWN}{TOWNS} "
        rf"(?P<value>(?!(?:19|20)[0-9]{{2}}(?![0-9])){CODE})"
        r"(?= in | for | and |[,;]? (?:[A-Z][a-z]+(?:\.|\Z)))",
        0.6,
        digits=4,
    ),
    Recognizer(
        "POSTAL_CODE",  # behind the region, under an address that names a flat
        r"(?:Apt|Suite|Ste|Unit|Apartment|Flat)\.? [0-9A-Z]{1,6}(?: [^\n\x00]{1,40})?\n\s{0,8}"
        rf"(?!(?:DPO|APO|FPO) )[^\n0-9,\x00]{{2,40}}[\n ]\s{{0,8}}(?:[A-Z]{{2}}|nan)[\n ]\s{{0,8}}"
        rf"(?P<value>{CODE}|[0-9]{{3}})(?=\s{{0,8}}(?:\n|\Z))",
        0.7,
        literals=("Apt", "Suite", "Ste", "Unit", "Apartment", "Flat"),
        digits=4,
    ),
    Recognizer(
        "POSTAL_CODE",  # United Kingdom
        r"[A-PR-UWYZ](?<![A-Za-z0-9].)[A-HK-Y]?[0-9][0-9A-HJKPSTUW]? [0-9][ABD-HJLNP-UW-Z]{2}"
        r"(?![A-Za-z0-9])",
        0.6,
        digits=2,
        shape=LETTERED,
    ),
    Recognizer(
        "POSTAL_CODE",  # Canada
        r"[ABCEGHJ-NPRSTVXY](?<![A-Za-z0-9].)[0-9][ABCEGHJ-NPRSTV-Z] [0-9]"
        r"[ABCEGHJ-NPRSTV-Z][0-9](?![A-Za-z0-9])",
        0.6,
        digits=3,
        shape=LETTERED,
    ),
)
