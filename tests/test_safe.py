"""What a model writes loads nothing, and keeps its meaning."""

import pytest

from kagura_nb.notebook.amounts import escape_amounts
from kagura_nb.notebook.markdown import safe_markdown
from kagura_nb.notebook.safe import printable

ADDRESS = "https://evil.example/p?q=secret"
UNCHANGED = [
    "Plain **bold** and [a link](https://example.com) and a < b > c, 3 <4, i<3",
    "`<img src=x>` and `![a](b)` stay",
    "- item `x<y>` with `<b>`\n- second `![i]`",
    "| a | b |\n|---|---|\n| `<b>` | `![x](y)` |",
    "```html\n<img src=https://example.com/a.png>\n![a](b)\n```",
    "1. Do this:\n\n   ```html\n   <b>hi</b>\n   ```\n\n2. Then that",
    "> ```\n> <b>\n> ```",
    "```\n<still streaming",
    "See <https://example.com/a?b=c>.",
    "Wow! [not an image](x)",
    "$$\\frac{a}{b} < \\sqrt{c}$$ and $n!$",
    r"$\frac{a}{b}$ &#8211; R&D, AT&T and &amp; &lt; &copy;",
    "猫は`<猫>`と言う！",
]
CHANGED = [
    (f"![alt]({ADDRESS})", f"[alt]({ADDRESS})"),
    (f"![]({ADDRESS})", f"[image]({ADDRESS})"),
    (f"!![alt]({ADDRESS})", f"[alt]({ADDRESS})"),
    (f"![alt][1]\n\n[1]: {ADDRESS}", f"[alt][1]\n\n[1]: {ADDRESS}"),
    (f"[![alt]({ADDRESS})](x)", f"[[alt]({ADDRESS})](x)"),
    (f"<img src='{ADDRESS}'>", f"&lt;img src='{ADDRESS}'>"),
    ("<!-- x --><svg/onload=1></b>", "&lt;!-- x -->&lt;svg/onload=1>&lt;/b>"),
    (f"a `\n`![x]({ADDRESS})`", f"a `\n`[x]({ADDRESS})`"),
    (f"| ` | ![x]({ADDRESS}) | ` |", f"| ` | [x]({ADDRESS}) | ` |"),
    (f"\\`![x]({ADDRESS})`", f"\\`[x]({ADDRESS})`"),
    (f"- ```\n![x]({ADDRESS})\n", f"- ```\n[x]({ADDRESS})\n"),
    (f"<pre>\n```\n</pre>\n```\n![x]({ADDRESS})", f"&lt;pre>\n```\n</pre>\n```\n[x]({ADDRESS})"),
    (f"[^1]:\n```\n![x]({ADDRESS})", f"[^1]:\n```\n[x]({ADDRESS})"),
    ("```mermaid\nA@{ img: 'x' }\n```", "```text\nA@{ img: 'x' }\n```"),
    (
        "````\n```\n````\n\n```mermaid\nA@{ img: 'x' }\n```",
        "````\n```\n````\n\n```text\nA@{ img: 'x' }\n```",
    ),
    ("[x\n\n```mermaid\nA@{ img: 'x' }\n```", "[x\n\n```text\nA@{ img: 'x' }\n```"),
    ("- a\n  ```\n  x\n\n```Mermaid\nA@{ img: 'x' }", "- a\n  ```\n  x\n\n```text\nA@{ img: 'x' }"),
    ("[x\n\n- [ ] ~~~mermaid\n  A", "[x\n\n- [ ] ~~~text\n  A"),
    ("$a<b$ and $n![1]$", "$a< b$ and $n! [1]$"),
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


@pytest.mark.parametrize("text", UNCHANGED)
def test_ordinary_markdown_is_shown_as_it_was_written(text: str) -> None:
    assert safe_markdown(text) == text


@pytest.mark.parametrize(("text", "shown"), CHANGED)
def test_what_would_load_something_is_shown_as_text_or_link(text: str, shown: str) -> None:
    assert safe_markdown(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "`" * 20_000 + "<b>",
        "<b>`|" * 5_000,
        "![" * 10_000,
        "$<b" * 8_000,
        "[" * 20_000 + "<b>",
        r"\(" * 9_000 + "<b>",
        "\n" * 30_000 + "<b>",
    ],
)
@pytest.mark.timeout(5)
def test_hostile_length_costs_little_time(text: str) -> None:
    assert "<b" not in safe_markdown(text)


def test_control_characters_and_half_characters_do_not_reach_the_screen() -> None:
    assert printable("a\x1b]52;c;\x07b\r\nc\td \ud83d\ude00 \ud83d") == "a]52;c;b\nc\td 😀 \ufffd"
