"""What the engine finds, as tables: values in the surroundings that people write, and near misses.

Numbers are the vendors' and authorities' own samples, or made up with a valid check digit; keys are
put together at run time, so that no scanner takes this file for a leak.
"""

import random
import string

import pytest

from kagura_nb import PrivacyFilter

FILTER = PrivacyFilter()
HEX = "0123456789abcdef"
ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + "234567"


def made(size: int, alphabet: str = ALNUM, seed: int = 7) -> str:
    """Random characters, the same in every run."""
    return "".join(random.Random(seed).choices(alphabet, k=size))


ANYWHERE = (
    "{}",
    "it is {}, thanks",
    "これは{}です",
    '{{"value": "{}"}}',
    "<b>{}</b>",
    "`{}`",
    "（{}）",
)
FOUND: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "EMAIL": (
        ANYWHERE,
        (
            "jane@example.com", "jane.doe+tag@sub.example.co.uk", "o'brien@example.ie", "a@b.co",
            "1234567890@example.com", "DOE@EXAMPLE.COM", "x@example.xn--p1ai", "иван@пример.рф",
            "user@bücher.example", "taro.@docomo.ne.jp", '"much.more unusual"@example.com',
            "user@[192.168.1.1]", "hanako＠example．jp", "ta\u00adro@exam\u200bple.com",
            "jane [at] example [dot] org", "jane(at)example(dot)com", "jane at example dot com",
            "hanako(アット)example.co.jp", "hanakoアットマークexample.com", "hanako★example.jp",
            "jane%40example.com", "jane&#64;example.com", "jane@example[.]com",
            "jane @ example.com", "jane【at】example.com", "jane（a）example.com",
            "jane_at_example.com",
        ),
    ),
    "PHONE": (
        ANYWHERE,
        (
            "+1 650-253-0000", "(650) 253-0000", "650.253.0000", "1-800-253-4567", "+442087654321",
            "020 8765 4321", "+49 (0)30 901820", "01 23 45 67 89", "03-1234-5678", "(03)1234-5678",
            "０３（１２３４）５６７８", "０９０ー１２３４ー５６７８", "070‐1234‐5678",
            "09012345678",
            "0120-123-456", "045(123)4567", "+81 3-1234-5678", "0081-3-1234-5678",
            "011-44-20-8765-4321", "+86 138 0013 8000", "650-253-0000 ext. 55",
            "415.555.2671 x1234",
        ),
    ),
    "CREDIT_CARD": (
        ANYWHERE,
        (
            "4242424242424242", "5555 5555 5555 4444", "2223003122003222", "3782 822463 10005",
            "6011-1111-1111-1117", "3056 930902 5904", "3566002020360505", "6200000000000005",
            "6703 4444 4444 4449", "5066 9911 1111 1118", "9792 0303 9444 0796",
            "５５５５－５５５５－５５５５－４４４４", "4111–1111–1111–1111",
        ),
    ),
    "IBAN": (
        ANYWHERE,
        (
            "DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "gb82west12345698765432",
            "FR1420041010050500013M02606", "NO9386011117947", "MT84MALT011000012345MTLCAST001S",
        ),
    ),
    "SSN": (ANYWHERE, ("123-45-6789", "219-09-9999", "899-99-9999")),
    "IP_ADDRESS": (
        (*ANYWHERE, "http://{}/x", "[{}]:443", "{}/24"),
        ("8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "2001:4860:4860::8888"),
    ),
    "MAC_ADDRESS": (ANYWHERE, ("00:1A:2B:3C:4D:5E", "00-1a-2b-3c-4d-5e", "001a.2b3c.4d5e")),
    "CRYPTO": (
        ANYWHERE,
        (
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
            "0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe",
        ),
    ),
    "MY_NUMBER": (
        ("マイナンバー{}", "個人番号は{}です", "My Number: {}"),
        ("391847261055", "3918-4726-1055", "３９１８　４７２６　１０５５"),
    ),
    "JP_BANK_ACCOUNT": (
        ("口座番号：{}", "口座番号（7桁）：{}", "支店 普通 {}", "口座番号は{}です"), ("7654321",)
    ),
    "JP_DRIVER_LICENSE": (
        ("運転免許証番号 {}", "免許証番号（12桁）：{}", "免許証の番号は第{}号"), ("621098765430",)
    ),
    "JP_PASSPORT": (("パスポート番号：{}", "旅券番号は{}"), ("TK1234567",)),
    "JP_RESIDENCE_CARD": (("在留カード番号 {}", "{}"), ("AB12345678CD",)),
    "JP_PENSION_NUMBER": (("基礎年金番号 {}", "年金手帳の番号は{}"), ("1234-567890",)),
    "JP_HEALTH_INSURANCE": (("保険者番号 {}", "健康保険証の番号は{}"), ("12345678",)),
    "US_DRIVER_LICENSE": (("driver's license number is {}", "DL: {}"), ("F162823540116",)),
    "PASSPORT": (("passport number {}", "my passport is {}"), ("123456789", "A12345678")),
    "NATIONAL_ID": (
        ("{}", "my id is {}"),
        (
            "AB 12 34 56 C", "390.533.447-05", "11010519491231002X", "S1234567D", "12345678Z",
            "X1234567L", "RSSMRA85T10A562S", "756.9217.0769.85", "131052-308T", "811218-9876",
        ),
    ),
    "POSTAL_CODE": (
        ("〒{}", "郵便番号{}", "zip code {}", "ZIP: {}"),
        ("150-0001", "１５０－０００１", "1500001")
    ),
    "ADDRESS": (
        ("{}", "住所：{}", "I live at {}."),
        (
            "東京都渋谷区神宮前1-2-3 原宿マンション405号室", "京都府京都市左京区吉田本町36-1",
            "北海道札幌市中央区北1条西2丁目", "渋谷区神宮前1-2-3", "東京都千代田区丸の内１－９－１",
            "742 Evergreen Terrace, Springfield, OR 97477", "221B Baker Street", "P.O. Box 1234",
        ),
    ),
    "PASSWORD": (
        ("password: {}", "DB_PASSWORD={}", "my password is {}", '"password": "{}"',
         "パスワードは{}です", r'\"password\": \"{}\"', "<password>{}</password>",
         "**password:** {}", "The password is: {}", "パスワード「{}」", 'login(password="{}")'),
        ("hunter2", "P@ssw0rd!", "correct-horse-9"),
    ),
    "CREDENTIALS": (
        ("{}", "DATABASE_URL={}", "接続先は {} です"),
        ("postgres://app:s3cret@db.example.com:5432/main", "redis://:p4ss@localhost:6379/0"),
    ),
    "JWT": (ANYWHERE, ("ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0In0.c2lnbmF0dXJl",)),
    "PRIVATE_KEY": (
        (*ANYWHERE, "x{}y"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",),
    ),
    "API_KEY": (
        (*ANYWHERE, "key={}", "Authorization: Bearer {}"),
        (
            "sk-" + made(48), "sk-" + "proj-" + made(120), "sk-" + "ant-api03-" + made(93) + "AA",
            "AI" + "za" + made(35), "AK" + "IA" + made(16, UPPER), "gh" + "p_" + made(36),
            "github" + "_pat_" + made(22) + "_" + made(59), "glpat" + "-" + made(20),
            "h" + "f_" + made(34), "xo" + "xb-123456789012-1234567890123-" + made(24),
            "sk" + "_live_" + made(24), "whsec" + "_" + made(32), "SG." + made(22) + "." + made(43),
            "np" + "m_" + made(36), "shp" + "at_" + made(32, HEX), "dap" + "i" + made(32, HEX),
            "dop" + "_v1_" + made(64, HEX), "hv" + "s." + made(90), "nv" + "api-" + made(64),
            "https://hooks." + "slack.com/services/T0123/B0123/" + made(24),
            "pk.e" + "yJ" + made(60) + "." + made(22),
            "1234567890" + ":AA" + made(33), made(32, HEX) + "-us12",
        ),
    ),
}  # fmt: skip
ASSIGNED = (
    'api_key = "{}"', "API_KEY={}", '"client_secret": "{}"', "export AWS_SECRET_ACCESS_KEY={}",
    "my token is {}", "X-API-Key: {}", "--token {}", "?access_token={}&x=1", "APIキーは{}です",
    r'\"token\": \"{}\"', "<Token>{}</Token>", 'set("X_TOKEN", "{}")', "X_TOKEN ?= {}",
    "X_TOKEN ::= {}", "TOKEN | {}", "| token | `{}` |", "The API key is: {}", "**API key:** {}",
    "トークン「{}」", '<add key="ApiKey" value="{}"/>', "ENV X_SECRET {}",
    "Authorization: token {}", "認証キー：{}", "api_key: [EMAIL_1]{}", "api_key: [A_1]{}",
)  # fmt: skip
NAMED = {
    "佐藤": (
        "{}様、お世話に",
        "{}さんに連絡",
        "担当：{}",
        "{}と申します",
        '"氏名": "{}"',
        "患者名：{}",
    ),
    "Sara": ("This is {} speaking", "call me {}."),
    "渡辺健": ("私の名前は{}です。", "氏名: {}\n"),
    "ヤマダ タロウ": ("{} 様のご予約",),
    "Daniel O'Connor": ("My name is {} and", "Best regards,\n{}", "Dear {},", "Mr. {} called"),
    "José García": ("Hi, this is {}, call me", "I'm {}.", "I am {} from Lima", '"name": "{}"'),
}
NOT_FOUND = """\
It happened on 2012-01-02 at 08:00, 15.10.2023, 20231015123045
The order #1234567890 shipped; invoice 1234 5678 9012 3456
ISBN 978-3-16-148410-0, EAN: 4006381333931, JANコード 4901234567894
version 1.2.3.4, Chapter 1.2.3.4, numpy==1.26.4
The price is 1,234,567.89 or €1.234.567,89 or 100-2000円
192.168.1.1 and 10.0.0.1 and 127.0.0.1 and 203.0.113.7 and 2001:db8::1 and ::1
std::vector<int> x = 0x7fffffff; long y = 9223372036854775807L;
uuid 550e8400-e29b-41d4-a716-446655440000
commit 9fceb02d0ae598e95dc970b74767f19372d61af8
4111111111111112
000-12-3456, 666-12-3456, 123-00-4567, 900-12-3456
DE89370400440532013001
マイナンバー 391847261056
注文番号: 123456789018
シフトは 0900-1200-1700 です
型番 123-4567 の在庫
git remote add origin git@github.com:org/repo.git
foo@bar, a@b, @user, me @ home, image@2x.png, @media (max-width: 100px)
npm i lodash@4.17.21
sk-learn-contrib-package-name, task-management-system-for-everyone
token = get_token(); api_key = os.environ["API_KEY"]; max_tokens=1024
password: ${DB_PASSWORD}, password = None, password=***, PASSWORD=changeme
the password must have 8 characters; def check_password(password: str) -> bool:
パスワードは8文字以上、パスワードを忘れた
Basic tutorial, bearer of bad news, secret santa 2024, key-value store
arn:aws:iam::123456789012:role/MyRole
-----BEGIN PUBLIC KEY-----
皆様、お客様、王子様、患者様、様々な模様と仕様、同様に
摂氏20度、彼氏、子供さん、お父さんとお母さん
私の名前はまだない。氏名を入力してください
都道府県、市区町村、丁目の書き方、京都市は美しい
カード番号は16桁（例：XXXX-XXXX-XXXX-1234）
00:00:00:00:00:00, ff:ff:ff:ff:ff:ff
1600000000
text size 12345678 bytes
docker run -u 1000:1000 image
担当：未定、担当：営業部、名前：未設定
0x0000000000000000000000000000000000000000
request.form["password"], Dear Hiring Manager,
35.681236,139.767125
This is Python, I'm Happy. I am Very Happy, I'm New York based
1 2 3 4 5 6 7 8 9 10""".splitlines()

CASES = [
    pytest.param(type, around.format(value), value, id=f"{type}-{value[:24]}-{number}")
    for type, (surroundings, values) in FOUND.items()
    for value in values
    for number, around in enumerate(surroundings)
]


@pytest.mark.parametrize(("type", "text", "value"), CASES)
def test_a_value_is_found_whole_in_its_surroundings(type: str, text: str, value: str) -> None:
    assert FILTER.scan(text).get(type) == [value]


@pytest.mark.parametrize(
    "before",
    [
        r"a\n", r"\t", r"\u96fb", r"\u003d", r"\x1b[32m", "\x1b[32m", "%20", "%3D", "%E6%90%8D",
        "&quot;", r"{\"a\": \"",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "value", ["gh" + "p_" + made(36), "4242424242424242", "090-1234-5678", "219-09-9999", "8.8.8.8"]
)
def test_an_escape_hides_nothing(before: str, value: str) -> None:
    assert [*FILTER.scan(before + value).values()] == [[value]]


@pytest.mark.parametrize(
    "mark",
    "\u180e\u200b\u2800\u3164\uffa0\ufff9\U000110bd\U0001d173\U000e0100\x01\x0e\x1b\x7f\u0300\u0336",
)
@pytest.mark.parametrize("value", ["gh" + "p_" + made(36), "jane@example.org", "090-1234-5678"])
def test_an_invisible_mark_splits_nothing(mark: str, value: str) -> None:
    split = value[:5] + mark + value[5:]
    assert [*FILTER.scan(f"it {split} x").values()] == [[split]]


@pytest.mark.parametrize("around", ASSIGNED)
@pytest.mark.parametrize("value", [made(32), made(40, HEX), made(38, ALNUM) + "+/"])
def test_a_key_without_a_form_is_known_by_its_name(around: str, value: str) -> None:
    assert FILTER.scan(around.format(value)) == {"API_KEY": [value]}


@pytest.mark.parametrize(
    ("around", "name"), [(around, name) for name, texts in NAMED.items() for around in texts]
)
def test_a_name_that_says_so_is_found(around: str, name: str) -> None:
    assert FILTER.scan(around.format(name)) == {"PERSON": [name]}


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_private_stays(text: str) -> None:
    assert FILTER.scan(text) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            'Summarise: "Hi, this is Sara Lee, call 212-555-0187 or mail '
            'sara@example.com, SSN 219-09-9999."',
            {
                "PERSON": ["Sara Lee"], "PHONE": ["212-555-0187"], "EMAIL": ["sara@example.com"],
                "SSN": ["219-09-9999"],
            },
        ),
        (
            "TEL:06-6123-4567 FAX:06-6123-4568（内線123）〒530-0001",
            {"PHONE": ["06-6123-4567", "06-6123-4568"], "POSTAL_CODE": ["530-0001"]},
        ),
        ("カードは4111 1111 1111 1111 123です", {"CREDIT_CARD": ["4111 1111 1111 1111"]}),
        ("send DE89 3704 0044 0532 0130 00 now", {"IBAN": ["DE89 3704 0044 0532 0130 00"]}),
        ("℡0312345678", {"PHONE": ["0312345678"]}),
        ("curl -u user:hunter22 https://x", {"CREDENTIALS": ["user:hunter22"]}),
        ("password: [HUNTER_22]", {"PASSWORD": ["[HUNTER_22"]}),
        ("1,Jane,415-555-2671,94105", {"PHONE": ["415-555-2671"]}),
        ("1,田中,03-1234-5678,090-1234-5678,35", {"PHONE": ["03-1234-5678", "090-1234-5678"]}),
        ("Tel.03-1234-5678", {"PHONE": ["03-1234-5678"]}),
        ("TEL03-1234-5678/090-1234-5678", {"PHONE": ["03-1234-5678", "090-1234-5678"]}),
        ("+44 20 7946 0958 10:30", {"PHONE": ["+44 20 7946 0958"]}),
        ("user id: +81 90-1234-5678 2024-01-15", {"PHONE": ["+81 90-1234-5678"]}),
        (
            "id: 4242 4242 4242 4242 03-1234-5678",
            {"CREDIT_CARD": ["4242 4242 4242 4242"], "PHONE": ["03-1234-5678"]},
        ),
        (
            "4111111111111111 2024-01-15 5555 5555 5555 4444",
            {"CREDIT_CARD": ["4111111111111111", "5555 5555 5555 4444"]},
        ),
    ],
)  # fmt: skip
def test_values_side_by_side_are_told_apart(text: str, found: dict[str, list[str]]) -> None:
    assert FILTER.scan(text) == found
