"""What a model writes loads nothing, and keeps its meaning."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hostile import ENDLESS, HOSTILE, corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kagura_nb.notebook.amounts import escape_amounts
from kagura_nb.notebook.markdown import safe_markdown
from kagura_nb.screen import printable

ADDRESS = "https://evil.example/p?q=secret"
AS_WRITTEN = [
    "Plain **bold** and [a link](https://example.com) and a < b > c, 3 <4, i<3",
    "snake_case, 2 * 3, [1], a[0], C:\\Users, R&D, #1, 50%, x|y, 5 km!",
    "- item\n- second\n  - third\n\n    more",
    "1. one\n2. two",
    "| a | b |\n| --- | :-: |\n| `b` | 猫 |",
    "```html\n<img src=https://example.com/a.png>\n![a](b)\n```",
    "```bash\necho $1 $2\n```",
    "> quoted\n>\n> - list",
    "# Title\n\n---\n\ntext  \nnext line\nand `code`",
    "See <https://example.com/a?b=c>.",
    "$$\\frac{a}{b} < \\sqrt{c}$$ and $n!$",
    "猫は`<猫>`と言う！",
]
AS_MEANT = [
    *AS_WRITTEN,
    "`<img src=x>` and `![a](b)` stay",
    "- item `x<y>` with `<b>`\n- second `![i]` and `$x`",
    "| a | b |\n|---|---|\n| `<b>` | `![x](y)` |",
    "1. Do this:\n\n   ```html\n   <b>hi</b>\n   ```\n\n2. Then that",
    "> ```\n> <b>\n> ```",
    "```\n<still streaming",
    "Wow! [not an image](https://a.test)",
    "**unfinished and *so `on",
    r"$\frac{a}{b}$ &#8211; R&D, AT&T and &amp; &lt; &copy; \*a\* \_b\_ \# \`c\`",
    "Title\n===\n\n* a\n\n  b\n* c\n\n+ d\n\n1) e",
    "~~gone~~ a~~b and 1986\\. A year",
    "It is $5 and then $10, or $x^2$.",
]
LINKS = [
    (f"![alt]({ADDRESS})", f"[alt]({ADDRESS})"),
    (f"![]({ADDRESS})", f"[image]({ADDRESS})"),
    (f"!![alt]({ADDRESS})", f"&#33;[alt]({ADDRESS})"),
    (f"![alt][1]\n\n[1]: {ADDRESS}", f"[alt]({ADDRESS})"),
    (f"[![alt]({ADDRESS})](https://a.test)", "[alt](https://a.test)"),
    (f'[a]({ADDRESS} "title")', f"[a]({ADDRESS})"),
    ("[a](https://a.test/$\"'<>a`)", "[a](https://a.test/%24%22%27%3C%3Ea%60)"),
    ("[a](<https://a.test/$ '\\a()@@0@@>)", "[a](https://a.test/%24%20%27%5Ca%28%29@%400@%40)"),
    ("[a](javascript:x) [b](/c) [d](#e)", "[a&#93;(javascript:x) [b&#93;(/c) [d&#93;(#e)"),
    ("https://a.test/$x", "[https&#58;&#47;&#47;a&#46;test&#47;&#36;x](https://a.test/%24x)"),
    ("```mermaid\nA@{ img: 'x' }\n```", "```text\nA@{ img: 'x' }\n```"),
    ("- ~~~Mermaid\n  A", "- ```text\n  A\n  ```"),
    ("<img src=x>", "&#60;img src=x>"),
]


AMOUNTS = [
    ("It is $5 and then $10.", r"It is \$5 and then \$10."),
    ("US$5–$10 (was $12)", r"US\$5–\$10 (was \$12)"),
    ("$5, or 10$ here", r"\$5, or 10\$ here"),
    ("$5は高く$10は安い", r"\$5は高く\$10は安い"),
    ("$x^2$ for $5 and $y$", r"$x^2$ for \$5 and $y$"),
    ("- a\n    - $5\n    - $6", "- a\n    - \\$5\n    - \\$6"),
]
FORMULAS = [
    "$2x + 3$ and $0 < x < 1$ and $100$",
    r"$2 \times \text{apples}$ and $$5 + 5$$ and \(5\)",
    r"\$5 and \$10",
    "`$5 and $10`",
    "```bash\necho $1 $2\n```",
    "~~~\necho $1 $2\n~~~",
    "```bash\nstill streaming $1 $2",
    "So:\n\n    echo $1 $2",
]


@pytest.mark.parametrize(("text", "shown"), [*AMOUNTS, *((one, one) for one in FORMULAS)])
def test_amounts_are_no_formulas_and_formulas_and_code_stay(text: str, shown: str) -> None:
    assert escape_amounts(text) == shown


@pytest.mark.parametrize("text", ["$" * 40_000, "$1 " * 20_000, "`$1" * 10_000, "~~~\n$1" * 9_000])
@pytest.mark.timeout(5)
def test_many_dollars_cost_little_time(text: str) -> None:
    assert escape_amounts(text)


def html(text: str) -> str:
    """What a Markdown reader without formulas, that lets HTML through, makes of a text."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)


def seen(page: str) -> str:
    """HTML without what nobody sees."""
    return "".join(unescape(re.sub(r"</?span>| class=\"[^\"]*\"", "", page)).split())


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_ordinary_markdown_stays_as_it_was_written(text: str) -> None:
    assert safe_markdown(text) == text


@pytest.mark.parametrize("text", AS_MEANT)
def test_markdown_means_what_it_meant(text: str) -> None:
    assert seen(html(safe_markdown(text))) == seen(html(text))


@pytest.mark.parametrize(("text", "shown"), LINKS)
def test_addresses_are_encoded_and_what_would_load_something_is_a_link(
    text: str, shown: str
) -> None:
    assert safe_markdown(text) == shown


class Reader(HTMLParser):
    """Fails at an attribute that is neither a safe address nor one of a table, a list or code."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert re.fullmatch(ATTRIBUTES[tag, name], value or ""), (tag, name, value)


TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "s", "code", "pre"),
    *("span", "blockquote", "ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    ("a", "href"): r"(https?://|mailto:)((?!@@)[\w%:/?#@!+,;=~&.-])+",
    ("code", "class"): r"language-[\w+#.-]+",
    ("ol", "start"): r"\d+",
    ("th", "style"): r"text-align:\w+",
    ("td", "style"): r"text-align:\w+",
}
SIGNS = [
    *("`", "```", "~~~", "$", "$$", "|", "[", "](", "![", "]:", "<", "\\(", "\\", "~~", "*", "_"),
    *("{", "}", "@@0@@", "&#36;", "https://a.test/", "a"),
]
PIECES = st.sampled_from([*HOSTILE, *SIGNS, "\n", "\n\n", "```\n", "- ", "> ", "1. ", "  "])


@pytest.mark.parametrize("text", [*HOSTILE, *corpus()], ids=range(len(HOSTILE) + len(corpus())))
def test_no_reader_that_lets_html_through_makes_an_attribute_of_a_text(text: str) -> None:
    Reader().feed(html(safe_markdown(text)))


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES | st.text(max_size=6), max_size=12).map("".join))
def test_nor_of_any_mixture(text: str) -> None:
    Reader().feed(html(safe_markdown(text)))


@pytest.mark.parametrize("text", [*ENDLESS, r"\(" * 9_000 + "<b>", "https://a.b/" * 9_000])
@pytest.mark.timeout(10)
def test_hostile_length_costs_little_time(text: str) -> None:
    assert safe_markdown(text)


SEEN_AS = [
    ("a\x1b]52;c;\x07b\r\nc\td", "a]52;c;b\nc\td"),
    ("\x1b[31mred\x1b[0m \x9b2J", "[31mred[0m 2J"),
    ("\ud83d\ude00 \ud83d", "😀 \ufffd"),
    ("file\u202egnp.exe \u2066a\u2069 \u200fb\u061c", "filegnp.exe a b"),
    ("pass\u200bword\u2060 \ufeff so\u00adft \u180ea\u3164", "password  soft a"),
    ("ig\u200dnore \u200c", "ignore "),
    ("a\u2028b\u2029c\x85d\x0ce", "a b cde"),
    ("hi\U000e0068\U000e0069\U000e0001 a\ufe01 b\U000e0101", "hi a b"),
    ("日本語、葛\U000e0100飾区と㍿。", "日本語、葛\U000e0100飾区と㍿。"),
    (
        "👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥 1\ufe0f\u20e3",
        "👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥 1\ufe0f\u20e3",
    ),
    ("👍🏽\u200d 🏴\U000e0067\U000e0062\U000e007f", "👍🏽 🏴\U000e0067\U000e0062\U000e007f"),
    ("می\u200cخواهم שלום مرحبا क्\u200dष", "می\u200cخواهم שלום مرحبا क्\u200dष"),
    ("café na\u0131ve ½ 𝑥² \tz\n", "café na\u0131ve ½ 𝑥² \tz\n"),
]


@pytest.mark.parametrize(("text", "seen"), SEEN_AS)
def test_what_a_screen_would_obey_or_hide_is_left_out(text: str, seen: str) -> None:
    assert printable(text) == seen
