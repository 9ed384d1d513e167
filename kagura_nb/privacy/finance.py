"""Money: cards, accounts and wallets."""

from kagura_nb.privacy.recognizer import Recognizer, behind, words
from kagura_nb.privacy.validators import base58check, bech32, card, compact, iban

CARD_WORDS = words(
    "card", "cards", "credit", "debit", "visa", "mastercard", "amex", "american express",
    "discover", "diners", "jcb", "maestro", "pan", "cc", "payment", "charge", "billed", "cvv",
    "cvc", "unionpay", "カード", "クレカ", "クレジット", "デビット", "決済", "支払",
)  # fmt: skip
NO_CARD = behind(
    "order", "invoice", "isbn", "ean", "gtin", "upc", "jan", "imei", "serial", "tracking", "id",
    "timestamp", "注文", "伝票", "追跡", "法人", "製造",
)  # fmt: skip
EDGE = r"(?<![0-9A-Za-z_].)(?<![0-9][-.].)"
DOTTED = r"(?<=[0-9]{4})[._](?=[0-9]{4})"
END = r"(?![0-9A-Za-z_]|[-.][0-9])"


def long_card(value: str) -> bool:
    """A card of at least 14 digits."""
    return value[0] != "0" and card(value) and len(compact(value)) > 13


def mixed(value: str) -> bool:
    """No digit over and over."""
    return len(set(value)) > 6


ROWS = (
    Recognizer(
        "CREDIT_CARD",
        rf"[0-9]{EDGE}(?:(?:[ -]{{0,2}}|{DOTTED})[0-9]){{13,60}}+(?![0-9A-Za-z_])",
        0.9,
        0.97,
        context=CARD_WORDS,
        check=long_card,
        digits=14,
        split=True,
    ),
    Recognizer(
        "CREDIT_CARD",  # so short that one in ten numbers would pass for it
        rf"[0-9]{EDGE}(?:[ -]?[0-9]){{11,12}}+{END}",
        0.3,
        0.9,
        context=CARD_WORDS,
        against=NO_CARD,
        check=card,
        digits=12,
    ),
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
