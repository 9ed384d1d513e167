"""Forms in which people write what is private, and what programs write that looks the same."""

import pytest

from kagura_nb import PrivacyFilter

FILTER = PrivacyFilter()

CARDS = {
    "card 4111111111111111 1764570944000 1764570944001 1764570944002 1764570944003": [
        "4111111111111111"
    ],
    "paid by 4111111111111111 1764570944000": ["4111111111111111"],
    "4111111111111111 12/27 123": ["4111111111111111"],
    "4111-1111-1111-1111-123": ["4111-1111-1111-1111"],
    "1,Jane,4111111111111111,94105": ["4111111111111111"],
    "my card is 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 ok": ["4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"],
    "カード番号 41111111 11111111": ["41111111 11111111"],
    "4111 1111 1111 1111 5555 5555 5555 4444": ["4111 1111 1111 1111", "5555 5555 5555 4444"],
    "４２４２　４２４２　４２４２　４２４２": ["４２４２　４２４２　４２４２　４２４２"],
}
VALID = (
    "4242424242424242", "5555555555554444", "378282246310005", "6011111111111117",
    "30569309025904", "3566002020360505", "6200000000000005", "4000056655665556",
    "5200828282828210", "371449635398431", "6011000990139424", "38520000023237",
    "3530111333300000", "4012888888881881", "5105105105105100", "2223003122003222",
    "4222222222222220", "6703444444444449", "5066991111111118", "9792030394440796",
)  # fmt: skip
"""Test numbers that issuers and payment services publish."""
PHONES = {
    "": (
        "0612345678", "06 12 34 56 71", "06.12.34.56.71", "06-12-34-56-71", "0033 6 12 34 56 78",
        "8-916-123-45-67", "8 (916) 123-45-67", "030 1234567", "0151 23456789", "07700 900123",
        "07911123456", "(0161) 496 0000", "010-1234-5678", "01012345678", "02-123-4567",
        "139 1234 5678", "139-1234-5678", "(010) 6552 9988", "021-12345678", "98765-43210",
        "+91 98765 43210", "(11) 91234-5678", "0412 345 678", "0912-345-678", "0470 12 34 56",
        "070-123 45 67", "0532 123 45 67", "0120123456", "0081 90 1234 5678", "0312345678",
        "+1.415.555.2671", "001 415 555 2671",
    ),
    "連絡は{}まで": ("0312345678", "090 1234 5678"),
    "電話番号は{}です": ("0312345678",),
    "手機 {}": ("13912345678",),
    "电话：{}": ("13912345678",),
    "전화 {} 입니다": ("01012345678",),
    "Mobile: {}": ("98765 43210", "9876543210"),
    "teléfono: {}": ("612 345 678",),
    "тел. {}": ("8 495 123-45-67",),
    "Call me at {} please": ("4155552671", "555-0199"),
    "{}に電話してください": ("0312345678",),
    "{} 2026-12-01": ("06 12 34 56 71", "+44 20 7946 0958", "090-1234-5678"),
}  # fmt: skip
PEOPLE = {
    "担当：伊藤（営業部）": "伊藤",
    "お名前は高橋美咲でよろしいですか": "高橋美咲",
    "氏名　山田　太郎": "山田　太郎",
    "【氏名】山田 太郎": "山田 太郎",
    "氏名【山田太郎】": "山田太郎",
    "氏名：山田太郎（やまだ たろう）": "山田太郎",
    "名前「佐藤花子」": "佐藤花子",
    "差出人　小林　一郎": "小林　一郎",
    "担当の田中が伺います": "田中",
    "担当者は鈴木です": "鈴木",
    "（担当　鈴木）": "鈴木",
    "宛名：渡邊健様": "渡邊健",
    "お名前：髙橋　美咲　様": "髙橋　美咲",
    "山﨑さん": "山﨑",
    "𠮷田様": "𠮷田",
    "濵田さんから電話": "濵田",
    "ﾔﾏﾀﾞ ﾀﾛｳ様": "ﾔﾏﾀﾞ ﾀﾛｳ",
    "私は田中といいます": "田中",
    "山田太郎と申します": "山田太郎",
    "Patient: Priya Raghunathan": "Priya Raghunathan",
    "Full name: Wile Coyote": "Wile Coyote",
    "Name: Alice": "Alice",
}
ADDRESSES = (
    "神奈川県横浜市西区みなとみらい二丁目三番一号", "東京都品川区旗ﾉ台２丁目1-1",
    "東京都千代田区霞ヶ関1-2-3", "東京都千代田区霞ｹ関三丁目２番１号",
    "京都市中京区烏丸通御池上る二条殿町５４８番地", "北海道札幌市中央区北一条西二丁目",
    "埼玉県さいたま市浦和区高砂三の十五の一", "福岡市博多区博多駅前２－１－１",
)  # fmt: skip
MAIL = (
    "hanako@会社.co.jp", r"hanako.s\u0040example.jp", r"hanako\u{40}example.jp",
    r"hanako\x40example.jp", "hanako&#64;example.jp", "hanako&#x40;example.jp",
    "hanako&commat;example.jp", "hanako%40example.jp", "hanako=40example.jp",
    "hanako＠例え．jp", "hanako[@]example[.]jp", "hanako (at) example (dot) jp",
    "hanako at example dot jp", "花子@会社.jp", "user@한국.kr", "user@例え.テスト",
    "&#104;&#97;&#110;&#97;&#64;example&#46;jp",
)  # fmt: skip
MACHINES = (
    "126[.]78[.]12[.]34", "126(.)78(.)12(.)34", "126[.]78.12.34", "126&#46;78&#46;12&#46;34",
    "１２６．７８．１２．３４", "2606[:]2800[:]220[:]1[:]248[:]1893[:]25c8[:]1946",
)  # fmt: skip
NOTHING = """\
[6199 1135 5275 6792 8512]
[4539148803436467, 1539148803436468, 2539148803436469]
50 78 57 58 95 68 12
cpu  10132153 290696 3084719 46828483 16683 0 25195 0 175628 0
intr 1462898 4111 1111 1111 1111 0 0 1
cpu0 1234567 890 1234567 89012345 0 0
x = 0.4111111111111111
47223179-9330-4259-b66c-f2db26efb20c
41111111-1111-4111-9111-111111111111
000102030405060708090a0b0c0d0e0f
lz4>=1.7.4.2
fixed in 1.5.4.1.
['1.3.6.1.5.5.7.3.1']
brotlicffi==1.2.0.2; extra
==67.2.0.1
nginx-1.18.0.2
See section 8.2.4.45 of the standard
0123456789
0000123456
01/01/04 01/02/04 01/03/04
00 01 02 03 04 05 06 07
010 011 012 013
0.100000001, 1234567.89
x**7 + 4365900*x**6 + 278326125*x
'last_modified': 1578578296434
CVE-2026-49854
https://doi.org/10.1073/pnas.0709247105
2026-12-01 10:11:12.345
Traceback (most recent call last): 123456789
Name: Age, dtype: int64
Name: count, Length: 891, dtype: object
Name: Jinja2
Name: SQLAlchemy
- name: Run Tests
name = 'BBC Basic'
{"name": "Visual Prolog", "id": 1}
Customer: Support
貴社様、御社様、株式会社様、仕入先様
ご苦労様です。お疲れ様でした。
配列と言います。これを辞書型といいます。
氏名：必須
氏名　年齢　住所
お名前は任意です。名前は変数名です。
担当：未定、担当：営業部
横浜市で一番の店、東京都は二丁目の方、都市の三号店
re.match("[0-9]+[.][0-9]+"), arr[.], foo(.)bar
W @ x.T, a@b, 会社@未定""".splitlines()


@pytest.mark.parametrize(("text", "values"), CARDS.items())
def test_a_card_is_told_from_the_numbers_around_it(text: str, values: list[str]) -> None:
    assert FILTER.scan(text) == {"CREDIT_CARD": values}


@pytest.mark.parametrize("between", [" ", ", ", "\n", "、", " | "])
def test_every_card_of_a_line_is_found(between: str) -> None:
    assert FILTER.scan(between.join(VALID)) == {"CREDIT_CARD": list(VALID)}


@pytest.mark.parametrize(
    ("around", "value"),
    [(around or "{}", value) for around, values in PHONES.items() for value in values],
)
def test_a_telephone_number_is_found_in_the_form_of_its_country(around: str, value: str) -> None:
    assert FILTER.scan(around.format(value)) == {"PHONE": [value]}


def test_a_postal_code_before_a_date_is_found() -> None:
    assert FILTER.scan("〒150-0001 2026-12-01") == {"POSTAL_CODE": ["150-0001"]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("We moved to Quinta de São Tiago 3610-114 in May", "3610-114"),
        ("the office in København K 1421 in Denmark", "1421"),
        ("3482 Via Franscini 71 Suite 838\nTujetsch\nSZ\n7188", "7188"),
        ("Apt. 675 62314 Mellemvej 32\nAalborg NO 9100", "9100"),
    ],
)
def test_a_postal_code_behind_a_town_is_found(text: str, value: str) -> None:
    assert FILTER.scan(text)["POSTAL_CODE"] == [value]


@pytest.mark.parametrize("text", ["in Windows 2000 in 2001", "in RFC 1421 in short", "in May 2026"])
def test_a_number_behind_a_capital_is_no_postal_code(text: str) -> None:
    assert FILTER.scan(text) == {}


@pytest.mark.parametrize(("text", "name"), PEOPLE.items())
def test_a_name_is_found_whatever_stands_around_it(text: str, name: str) -> None:
    assert FILTER.scan(text) == {"PERSON": [name]}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("around", ["{}", "住所：{}です"])
def test_an_address_is_found_in_any_numerals(around: str, address: str) -> None:
    assert FILTER.scan(around.format(address)) == {"ADDRESS": [address]}


@pytest.mark.parametrize(
    ("type", "value"),
    [*(("EMAIL", one) for one in MAIL), *(("IP_ADDRESS", one) for one in MACHINES)],
)
@pytest.mark.parametrize("around", ["{}", "連絡は{}まで", "see {}, thanks"])
def test_a_disguised_address_is_found_whole(around: str, type: str, value: str) -> None:
    assert FILTER.scan(around.format(value)) == {type: [value]}


@pytest.mark.parametrize("text", NOTHING)
def test_what_programs_and_prose_write_is_nobodys(text: str) -> None:
    assert FILTER.scan(text) == {}
