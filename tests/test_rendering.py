"""Markdown of a model as HTML: what is formatted, and that nothing of it can do anything."""

import re
import time
from html.parser import HTMLParser

import pytest
from hostile import ENDLESS, HOSTILE
from hypothesis import given, settings
from hypothesis import strategies as st

from kagura_nb.notebook.rendering import html_blocks, last_block

TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "em", "strong", "s", "code", "pre", "div", "span"),
    *("blockquote", "ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
MATHML = re.compile(r"m[a-z]+|none")
HARMLESS = {"class", "href", "rel", "target", "start", "style"}
CLASS = re.compile(r"kagura-[a-z]+")
ALIGNED = re.compile(r"text-align:(left|right|center)")


class Reader(HTMLParser):
    """Fails at whatever could run, load or pretend."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS or MATHML.fullmatch(tag), tag
        for name, value in attrs:
            if tag == "a" and name == "href":
                assert re.match(r"(https?|mailto):", value or "", re.IGNORECASE), value
            elif name == "class":
                assert CLASS.fullmatch(value or ""), value
            elif name == "style":
                assert ALIGNED.fullmatch(value or ""), value
            elif tag in TAGS:
                assert name in HARMLESS, (tag, name)
            assert not name.startswith("on"), name


def assert_harmless(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    reader.close()


def to_html(text: str) -> str:
    return "".join(html_blocks(text))


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**a** _b_ ~~c~~", "<p><strong>a</strong> <em>b</em> <s>c</s></p>\n"),
        ("# T", "<h3>T</h3>\n"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"),
        ("東京は**日本**の首都", "<p>東京は<strong>日本</strong>の首都</p>\n"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>\n"),
        ("", ""),
        ("It costs $5 or $10.", "<p>It costs $5 or $10.</p>\n"),
    ],
)
def test_markdown_becomes_html(markdown: str, html: str) -> None:
    assert to_html(markdown) == html


def test_links_go_to_the_web_and_open_elsewhere() -> None:
    html = to_html("[a](https://example.org/?q=1&r=2) <mailto:a@example.org>")

    assert 'href="https://example.org/?q=1&amp;r=2"' in html
    assert html.count('rel="noopener noreferrer"') == html.count('target="_blank"') == 2


def test_an_image_is_a_link() -> None:
    html = to_html("![a cat](https://example.org/cat.png)")

    assert "<img" not in html
    assert re.search(r'<a href="https://example.org/cat.png"[^>]*>a cat</a>', html)


def test_code_has_its_language_and_colours_as_classes() -> None:
    html = to_html('```python\ndef f():\n    return "a"  # why\n```')

    assert '<div class="kagura-language">python</div>' in html
    assert '<span class="kagura-k">def </span><span class="kagura-d">f</span>' in html
    assert '<span class="kagura-s">"a"  </span><span class="kagura-c"># why</span>' in html
    assert "style=" not in html


@pytest.mark.parametrize("language", ["", "no-such-language", "text"])
def test_code_in_no_known_language_is_as_it_was_written(language: str) -> None:
    html = to_html(f"```{language}\nif a < b:\n```")

    assert "<pre><code>if a &lt; b:</code></pre>" in html


@pytest.mark.parametrize(
    ("markdown", "display"),
    [
        ("so $x^2$ is", False),
        (r"so \(x^2\) is", False),
        ("$$x^2$$", True),
        ("$$\nx^2\n$$", True),
        (r"\[x^2\]", True),
        ("\\[\nx^2\n\\]", True),
    ],
)
def test_formulas_are_mathml(markdown: str, display: bool) -> None:
    html = to_html(markdown)

    assert re.search(r"<msup>\s*<mi>x</mi>\s*<mn>2</mn>\s*</msup>", html)
    assert ('display="block"' in html) == display


@pytest.mark.parametrize("broken", [r"$\frac{1$", r"$\left( x$", r"$x^{2^{3$"])
def test_what_is_no_formula_stays_readable(broken: str) -> None:
    assert "x" in to_html(broken) or "frac" in to_html(broken)


def test_signs_of_a_formula_are_signs_and_never_markup() -> None:
    assert "<mo>+</mo>" in to_html("$a+b$")
    assert "&lt;" in to_html("$a<b$")
    assert_harmless(to_html(r"$\text{<b onclick=x>}$"))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_gets_through(text: str) -> None:
    assert_harmless(to_html(text))


@pytest.mark.parametrize("text", ENDLESS, ids=range(len(ENDLESS)))
def test_endless_texts_are_shown_soon(text: str) -> None:
    begun = time.process_time()

    assert_harmless(to_html(text))

    assert time.process_time() - begun < 3


PIECES = st.sampled_from(
    [*HOSTILE, "`", "```\n", "$", "$$", "\n", "\n\n", "- ", "> ", "|", "[", "](", "<", "\\(", "a"]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join))
def test_no_mixture_gets_through_either(text: str) -> None:
    assert_harmless(to_html(text))


@settings(deadline=None, max_examples=200)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_blocks_are_the_whole(text: str) -> None:
    assert "".join(html_blocks(text)) == to_html(text)


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("one", ""),
        ("one\n\ntwo", ""),  # its line may still become `two\n===`, which is no new block though
        ("one\n\ntwo\n", "one\n\n"),
        ("one\n#", ""),  # perhaps `#hashtag`
        ("one\n# T\n", "one\n"),
        ("```\na\n\nb\n", ""),
        ("```\na\n```\nb\n", "```\na\n```\n"),
        ("- a\n- b\n", ""),
    ],
)
def test_a_block_has_ended_when_the_next_has_begun(text: str, ended: str) -> None:
    assert text[: last_block(text)] == ended
