"""Secrets: keys as vendors give them out today, what a name says is one, and what only looks so.

Keys are drawn at run time, so that no scanner takes this file for a leak. `{43w}` is forty-three
characters of the alphabet w.
"""

import random
import re
import string
import time

import pytest

from kagura_nb import PrivacyFilter
from tests.bench.false_hits import CLEAN, CORPORA, count, library

FILTER = PrivacyFilter(detect_pii=False)
ALNUM = string.ascii_letters + string.digits
ALPHABETS = {
    "a": ALNUM, "w": ALNUM + "-_", "b": ALNUM + "+/", "h": "0123456789abcdef",
    "H": "0123456789ABCDEF", "l": string.ascii_lowercase + string.digits,
    "U": string.ascii_uppercase + string.digits, "A": string.ascii_letters, "d": string.digits,
    "g": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}  # fmt: skip
BLANK = re.compile(r"\{([0-9]+)([a-zA-Z])\}")
CHARACTERS = 4_000_000
"""Of the standard library, which take some seconds."""
LONG = 20_000
LIMIT = 0.2
"""Seconds for a text of so many characters."""

VENDORS = {
    "OpenAI": ("sk-proj-{74w}T3BlbkFJ{74w}", "sk-svcacct-{74w}T3BlbkFJ{74w}",
               "sk-admin-{58w}T3BlbkFJ{58w}", "sk-{20a}T3BlbkFJ{20a}"),
    "Anthropic": ("sk-ant-api03-{93w}AA", "sk-ant-admin01-{93w}AA", "sk-ant-oat01-{93w}AA"),
    "OpenRouter": ("sk-or-v1-{64h}",),
    "Google": ("AIza{35w}", "AQ.Ab8{47w}", "ya29.{150w}", "GOCSPX-{28w}", "1//{60w}"),
    "AWS": ("AKIA{16U}", "ASIA{16U}", "ABSK{130b}", "bedrock-api-key-{140b}"),
    "Microsoft": ("{3a}8Q~{34a}", "{86b}=="),
    "xAI": ("xai-{80a}",), "Groq": ("gsk_{52a}",), "NVIDIA": ("nvapi-{64w}",),
    "Hugging Face": ("hf_{34A}",), "Replicate": ("r8_{37a}",), "Perplexity": ("pplx-{48a}",),
    "Together": ("tgp_v1_{43w}",), "Fireworks": ("fw_{24a}",), "Cerebras": ("csk-{48l}",),
    "E2B": ("e2b_{40h}",), "Cursor": ("crsr_{64h}",), "Jina": ("jina_{60a}",),
    "Tavily": ("tvly-dev-{32a}",), "Firecrawl": ("fc-{32h}",), "ElevenLabs": ("sk_{48h}",),
    "Pinecone": ("pcsk_{6a}_{60a}",), "LangSmith": ("lsv2_pt_{32h}_{10h}",),
    "Vercel": ("vck_{56a}", "vcp_{24a}"), "Neon": ("napi_{64l}",), "Render": ("rnd_{28a}",),
    "Fly": ("fo1_{43w}", "fm2_{120b}"),
    "Cloudflare": ("cfat_{40a}{8h}", "cfut_{40a}{8h}", "cfk_{40a}{8h}"),
    "Supabase": ("sbp_{40h}", "sb_secret_{31w}"), "PlanetScale": ("pscale_tkn_{43w}",),
    "DigitalOcean": ("dop_v1_{64h}",), "Dropbox": ("sl.u.{130w}", "sl.B{130w}"),
    "GitHub": ("ghp_{36a}", "gho_{36a}", "ghu_{36a}", "ghs_{36a}", "ghr_{36a}",
               "github_pat_{22a}_{59a}"),
    "GitLab": ("glpat-{20w}", "glpat-{27w}.01.{9l}", "gloas-{64h}", "gldt-{20w}", "glrt-t1_{27w}",
               "glptt-{40h}", "glcbt-64_{20w}", "glsoat-{20w}", "glft-{20w}", "glimt-{25w}",
               "glagent-{50w}", "glffct-{20w}"),
    "Sourcegraph": ("sgp_{40h}", "sgp_{16H}_{40H}"),
    "npm": ("npm_{36a}",), "PyPI": ("pypi-AgEIcHlwaS5vcmc{100w}",), "Docker": ("dckr_pat_{27w}",),
    "RubyGems": ("rubygems_{48h}",), "Shopify": ("shpat_{32h}",),
    "Stripe": ("sk_live_{24a}", "rk_live_{24a}", "whsec_{32a}"),
    "Slack": ("xoxb-{12d}-{13d}-{24a}", "xapp-1-{11U}-{13d}-{64h}",
              "https://hooks.slack.com/services/T{8U}/B{8U}/{24a}"),
    "SendGrid": ("SG.{22w}.{43w}",), "Mailgun": ("key-{32h}",), "Twilio": ("SK{32h}",),
    "Meta": ("EAA{150a}",), "Linear": ("lin_api_{40a}",), "Notion": ("ntn_{46a}", "secret_{43a}"),
    "Figma": ("figd_{40w}",), "Sentry": ("sntryu_{64h}", "sntrys_{120a}_{43a}"),
    "PostHog": ("phc_{43a}", "phx_{43a}"), "Databricks": ("dapi{32h}",),
    "Postman": ("PMAK-{24h}-{34h}",), "Tailscale": ("tskey-auth-{17a}-{32a}",),
    "Atlassian": ("ATATT3{180w}={8H}", "ATCTT3{180w}={8H}"), "Doppler": ("dp.pt.{43a}",),
    "Vault": ("hvs.{95w}", "hvb.{140w}"), "Pulumi": ("pul-{40h}",),
    "Grafana": ("glc_{100a}", "glsa_{32a}_{8h}"), "New Relic": ("NRAK-{27U}",),
    "age": ("AGE-SECRET-KEY-1{58g}",), "Telegram": ("{10d}:AA{33w}",),
    "Discord": ("M{23a}.{6a}.{38a}",), "JWT": ("eyJ{30a}.eyJ{60a}.{43a}",),
}  # fmt: skip
AROUND = ("{}", 'key = "{}"', "これは{}です", "x: {}\n", "`{}`")

KEYED = (
    "MISTRAL_API_KEY={32a}", 'deepgram_api_key = "{40h}"', "COHERE_API_KEY: {40a}",
    "EXA_API_KEY={8h}-{4h}-{4h}-{4h}-{12h}", 'os.environ["OPENAI_API_KEY"] = "{40a}"',
    "openai.api_key = '{32a}'", "%env API_TOKEN={32a}", 'Client(api_key="{32a}")',
    "AZURE_OPENAI_KEY={32h}", '"auth": "{36a}"', "x-api-key: {32a}",
    "Ocp-Apim-Subscription-Key: {32h}", "SESSION_SECRET={32a}", 'api_key: str = "{32a}"',
    "AWS_SECRET_ACCESS_KEY=+{39b}", "aws_secret_access_key = /{39b}",
    '"SecretAccessKey": "/{39b}"', "secret_key='+{39b}'", "AccountKey={64a}==;x=y",
    "APIキー：{32a}", "APIキーは {32a} です", "秘密鍵: {44a}", "シークレットキー: {40a}",
    "?sv=2022-11-02&sig={43a}%3D", "X-Amz-Signature={64h}",
    "API Key {32a}", "the token {40h} leaks",
    "- name: API_KEY\n  value: {32a}", "https://{40h}@github.com/x/y",
    "私のAPI鍵: {32a}",
    "Authorization: Bearer {40a}",
)  # fmt: skip
GIVEN = {
    "$Tg5vbn!": ('DB_PASSWORD="{}"', "PGPASSWORD={}", "password: '{}'"),
    "<S3cret!x": ('password = "{}"', "DB_PASSWORD={}"),
    "{Zk8!qq2w": ("password: {}", 'passwd="{}"'),
    "Zk8!qq2w": (
        "mysql -u root -p{} db", "mysqldump -uroot -p{} mydb > x.sql", "mariadb -p{}",
        "docker login -u me -p {} registry.test", "docker login --username=me --password={}",
        "sshpass -p {} ssh me@host", "sshpass -p'{}' ssh me@host", "redis-cli -a {} ping",
        "mongosh -u me -p {} x", "openssl rsa -in k -passin pass:{}", "wget --password={} x",
        "machine api.test login me password {}", "machine h\n  login me\n  password {}",
        "localhost:5432:mydb:me:{}", "*:*:*:postgres:{}", "spring.datasource.password={}",
        "  password: {}\n  user: me", '{{"password":"{}"}}', "{{'pass': '{}'}}", "DB_PASS={}",
        "<password>{}</password>", "Server=x;Password={};User=sa", "Pwd={};Server=x",
        "jdbc:postgresql://h/db?user=me&password={}", "パスワード：{}", "パスワードは{}です",
        "パスワードは「{}」です", "仮パスワード: {}", "ログインパスワード　{}", "合言葉：{}",
        "password: str = '{}'", "pw: {}", "my password is {}", "userPassword = '{}'",
        "パスワードを {} に変更", "新しいパスワードは、{}です", "パスワード（{}）", "password → {}",
        'smtp.login("me@x.test", "{}")', 'auth=("me", "{}")', "IDENTIFIED BY '{}'",
        "echo {} | sudo -S ls", "echo {} | docker login --password-stdin", 'psk="{}"',
    ),
    "4821": ("PIN: {}", "暗証番号は{}です", "暗証番号：{}", "my PIN is {}"),
}  # fmt: skip
NO_SECRET = """\
session = boto3.Session()
tokenizer = Qwen2TokenizerFast.from_pretrained(p)
tokens = batch2tokens(x)
password = getpass("%s: " % server)
forward pass: 12.3ms
backward pass: 0.85s, 1st pass = 0.95, pass: 12, fail: 3
design: v2figma-2026
WS_PING_INTERVAL = 30000
I forgot my password. Shipping: 12.50 EUR
spinning: 12345, PINCH 1234, GPIO_PIN = 1234, pin = 13
API_KEY=<your-key>
api_key="sk-..."
OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
TOKEN=${TOKEN}
token: ${{ secrets.GITHUB_TOKEN }}
key = os.environ["API_KEY_2"]
password = os.getenv("DB_PASSWORD1")
password=%s
password: "{{ vault_db_password2 }}"
api_key = config["openai"]["key1"]
password = self.password1
token = response.json()["access_token"]
secret = hashlib.sha256(b"x1").hexdigest()
max_tokens=1024, token_count: 123456789012
passing: v12.3.4-rc1
key: 9fceb02d0ae598e95dc970b74767f19372d61af8
run id 550e8400-e29b-41d4-a716-446655440000
session_id: 550e8400-e29b-41d4-a716-446655440000
/home/u/.cache/huggingface/hub/models--x/snapshots/9fceb02d0ae598e95dc970b74767f19372d61af8
pip install torch==2.13.0+cpu
cache_key: 9fceb02d0ae598e95dc970b74767f19372d61af8
next_page_token: eav1OzQB0OM8rLdGXOEsyQWS
pad_token="<|endoftext|>", eos_token_id: 151645
Token: gpt-4o-mini-2024-07-18
AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
Authorization: Bearer $TOKEN
Authorization: Bearer YOUR_TOKEN_123456
curl -u $USER:$PASS https://x
postgres://user:password@host/db
postgres://user:${PASS}@h/db
docker run -p 8080:80 -u 1000:1000 image
mkdir -p build; ssh -p 2222 host
パスワードを忘れた。パスワードは8文字以上
パスワード: ********
トークン数: 123456
APIキー: YOUR_API_KEY
暗証番号を入力
password must be 8-16 characters, password: 8-64
password_hash = "$2b$12$"
"password": {"type": "string"}
password = None, password="", password="********"
token = secrets.token_urlsafe(32)
auth_handler = urllib2.HTTPBasicAuthHandler()
signature = inspect.signature(func1)
session: 2026-12-01T10:33:00Z
sk-learn-contrib-package-name-2
rnd_generator_seed_2026, e2b_encoder_to_bottleneck, fo1_score_macro_avg, napi_create_function
dtype: object  password    3 non-null
0  token_aggregation_strategy2  12
credentials = service_account.Credentials.from_service_account_file("x1.json")
GOOGLE_APPLICATION_CREDENTIALS=/home/u/key-2026.json
TOKEN_FILE=/run/secrets/token1
secretName: my-secret-2026
SECRET_NAME=projects/123456/secrets/foo-bar/versions/1
arn:aws:secretsmanager:us-east-1:123456789012:secret:foo-AbCdEf
key_states = repeat_kv2(key_states, n)
if "-----BEGIN RSA PRIVATE KEY-----" in text: print(1)
Cookie: theme=dark; lang=en
compass: 12.5N, trespass: x1y2z3, secretary: Anna2, monkey: x1y2z3a4b5c6d7e8f9g0h1i2j3k4
""".splitlines()


def made(form: str, seed: int = 5) -> str:
    """A form with its blanks filled at random, the same in every run."""
    dice = random.Random(f"{form}{seed}")
    return BLANK.sub(lambda m: "".join(dice.choices(ALPHABETS[m[2]], k=int(m[1]))), form)


def alike(form: str) -> list[str]:
    """What looks like a key of this form and is none."""
    return [
        BLANK.sub("...", form),
        BLANK.sub("", form) + made("{5l}"),
        BLANK.sub(lambda m: "x" * int(m[1]), form),
        BLANK.sub("your-key-here", form),
        BLANK.sub(lambda m: "the_name_of_a_thing_in_words"[: int(m[1])], form),
        BLANK.sub(" not a key ", form),
        f"{{{form[:3]}_key}}",
    ]


FORMS = [(vendor, form) for vendor, forms in VENDORS.items() for form in forms]


@pytest.mark.parametrize(("vendor", "form"), FORMS)
def test_a_vendors_key_is_found_whole_wherever_it_stands(vendor: str, form: str) -> None:
    key = made(form)
    for around in AROUND:
        assert [*FILTER.scan(around.format(key)).values()] == [[key]], around


def test_vendors_keys_are_told_from_what_looks_like_them() -> None:
    keys = [made(form, seed) for _, form in FORMS for seed in range(5)]
    others = [text for _, form in FORMS for text in alike(form)]

    found = sum(FILTER.scan(key) != {} for key in keys)
    wrong = [text for text in others if FILTER.scan(text)]

    precision, recall = found / (found + len(wrong)), found / len(keys)
    assert 5 * precision * recall / (4 * precision + recall) >= 0.97, wrong


@pytest.mark.parametrize("form", KEYED)
@pytest.mark.parametrize("seed", range(3))
def test_a_key_without_a_form_is_told_by_its_name(form: str, seed: int) -> None:
    text = made(form, seed)
    found = [value for values in FILTER.scan(text).values() for value in values]
    assert len(found) == 1 and len(found[0]) >= 30


@pytest.mark.parametrize(
    ("around", "value"), [(around, value) for value, texts in GIVEN.items() for around in texts]
)
def test_a_password_is_found_whole_where_it_is_given(around: str, value: str) -> None:
    assert [*FILTER.scan(around.format(value)).values()] == [[value]]


@pytest.mark.parametrize("kind", ["OPENSSH ", "RSA ", "EC ", "ENCRYPTED ", ""])
@pytest.mark.parametrize("newline", ["\n", "\\n"])
def test_a_private_key_is_found_whole(kind: str, newline: str) -> None:
    lines = (
        f"-----BEGIN {kind}PRIVATE KEY-----",
        made("{64b}"),
        made("{40b}=="),
        (f"-----END {kind}PRIVATE KEY-----"),
    )
    assert FILTER.scan(f"x {newline.join(lines)} y") == {"PRIVATE_KEY": [newline.join(lines)]}


def test_a_key_of_putty_is_found_whole() -> None:
    key = (
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\n"
        f"{made('{64b}')}\nPrivate-Lines: 1\n{made('{48b}')}\nPrivate-MAC: {made('{64h}')}"
    )
    assert FILTER.scan(f"{key}\n") == {"PRIVATE_KEY": [key]}


@pytest.mark.parametrize("text", NO_SECRET)
def test_what_only_looks_secret_stays(text: str) -> None:
    assert FILTER.scan(text) == {}


def test_hashes_and_images_are_no_secrets() -> None:
    text = made(
        'sha256: {64h}\ncommit {40h}\nETag: "{32h}"\nintegrity="sha512-{86b}=="\n'
        '<img src="data:image/png;base64,iVBORw0KGgo{400b}=="/>\n'
        'public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{43b}"\n'
        "-----BEGIN CERTIFICATE-----\n{64b}\n{64b}\n-----END CERTIFICATE-----"
    )
    assert FILTER.scan(text) == {}


UNITS = (
    "password=", "password: ", "password, '", "password: str = ", "pass ", "pw: ", "パスワード",
    "パスワードは", "token ", "token=", "token: '", "--token ", "key=", "key key ", "api_key(",
    "キー", "auth", "ssess", "token=a1B2c3D4e5F6g7H8 ", "xkey=a1B2c3D4e5F6g7H8i9J0k1L2 ",
    "password=a1!x ", "PuTTY-User-Key-File-2:", "-----BEGIN PRIVATE KEY-----a", "mysql ",
    "mysql -p", "sshpass ", "zip ", " login ", "htpasswd -b a ", "smbclient ", "curl -u a:",
    "machine a login ", ":5432:a:", "a:5432:b:c:", ":$1$a", "http://a:b@", "Basic aaaaaaaaaaaa ",
    "Authorization: ", "cookie: a=aaaaaa; ", "https://a.hook.", "sig=a", "X-Amz-Signature=",
    "AccountKey=", "1//", "==", "Q~", "JQQJ99", "_mmk", "-us1", "MAAAAAAAAAAAAAAAAAAAAAAAA.",
    "sk-a", "sl.", "re_", "glpat-a.", "token%3D", "password = [",
)  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("rest", ["", "a"])
def test_no_text_takes_long(unit: str, rest: str) -> None:
    text = (unit + rest * LONG if rest else unit * LONG)[:LONG]

    def seconds() -> float:
        begin = time.process_time()
        FILTER.findings(text)
        return time.process_time() - begin

    assert min(seconds() for _ in range(3)) < LIMIT


def test_the_standard_library_holds_next_to_nothing_private() -> None:
    one = count(library(), CHARACTERS)
    assert 100 * (1 - one.with_secrets / one.files) >= CLEAN
    assert one.rate(len(one.hits)) <= CORPORA["the standard library"], one.hits
