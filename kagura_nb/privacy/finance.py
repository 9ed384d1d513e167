"""Money: cards, accounts and wallets."""

from kagura_nb.privacy import cards
from kagura_nb.privacy.recognizer import Recognizer
from kagura_nb.privacy.validators import base58check, bech32, iban


def mixed(value: str) -> bool:
    """No digit over and over."""
    return len(set(value)) > 6


ROWS = (
    *cards.ROWS,
    Recognizer(
        "IBAN",
        r"[A-Za-z](?<![A-Za-z0-9].)[A-Za-z][0-9]{2}(?:[ -]?[A-Za-z0-9]){11,34}(?![A-Za-z0-9])",
        0.98,
        check=iban,
        digits=7,
        split=True,
    ),
    Recognizer(
        "JP_BANK_ACCOUNT",
        r"(?:口座(?:番号|[Nn][Oo]\.?)?|普通(?:預金)?|当座(?:預金)?|総合|貯蓄)"
        r"(?:口座|番号)?(?:\([^()\n]{1,12}\))?[\s:はがの()「『\"']{0,5}"
        r"(?P<value>[0-9]{3,4}-[0-9]{3,4}|[0-9]{7}(?:[0-9](?![0-9]))?)(?![0-9-])",
        0.85,
        literals=("口座", "普通", "当座", "総合", "貯蓄"),
        digits=6,
    ),
    Recognizer(
        "JP_BANK_ACCOUNT",
        r"記号[\s:はが]{0,4}(?P<value>[01][0-9]{4}(?:-[0-9])?"
        r"[\s、,\-]{0,3}(?:の)?(?:番号[\s:はが]{0,4})?[0-9]{2,8})(?![0-9])",
        0.9,
        literals=("記号",),
        digits=7,
    ),
    Recognizer(
        "BANK_ACCOUNT",
        r"[Aa](?i:ccount|cct)(?i:[ _-]?(?:number|num|no|#))?[\"']?[\s.:#=]{0,4}"
        r"(?i:is\s|ending in\s)?[\"']?(?P<value>[0-9](?:[ -]?[0-9]){6,16})(?![0-9A-Za-z])",
        0.6,
        literals=("ccount", "cct"),
        digits=7,
    ),
    Recognizer(
        "CRYPTO",
        r"[13LMDTX9A](?<![A-Za-z0-9].)[1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])",
        0.95,
        check=base58check,
        token=26,
    ),
    Recognizer(
        "CRYPTO",
        r"(?:bc|BC|tb|ltc)1(?<![A-Za-z0-9]...)[A-Za-z0-9]{38,71}(?![A-Za-z0-9])",
        0.95,
        check=bech32,
        literals=("bc1", "BC1", "tb1", "ltc1"),
    ),
    Recognizer(
        "CRYPTO",
        r"0x(?<![A-Za-z0-9]..)[0-9a-fA-F]{40}(?![0-9A-Za-z])",
        0.9,
        check=mixed,
        literals=("0x",),
    ),
)
