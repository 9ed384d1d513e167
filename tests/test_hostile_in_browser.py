"""What hostile text does in every place where a reply is shown: nothing.

Real JupyterLab and Notebook 7 with outputs of a running kernel (which they trust), the chat panel
and nbconvert's HTML, in Chromium, with the network watched.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import nbformat
import pytest
from hostile import HOSTILE, corpus
from lab import Lab, LabNotebook, SoleNotebook, start_lab
from nbconvert import HTMLExporter
from playwright.sync_api import Locator, Page, Route, expect

from kagura_nb import ConversationCollector
from kagura_nb.notebook.streaming import complete
from kagura_nb.settings import Settings

pytestmark = pytest.mark.browser

TEXTS = [*HOSTILE, *corpus()]
LEGITIMATE = [
    ("$x^2$", "formula"),
    (r"\(x^2\)", "formula"),
    (r"\[x^2\]", "formula"),
    ("$$x^2$$", "formula"),
    ("\\begin{align}\nx &= y\n\\end{align}", "formula"),
    ("| a |\n|---|\n| $\\|x\\|$ |", "formula"),
    ("- a\n- $x_1$", "formula"),
    ("It is $5 and then $10.", "It is $5 and then $10."),
    (r"\$x\$ and \\(x\\) in words", r"$x$ and \(x\) in words"),
    ("`$x$` and `$y$`", "$x$ and $y$"),
    ("```bash\necho $1 $2\n```", "echo $1 $2"),
    ("- ```\n  echo $1 $2\n  ```", "echo $1 $2"),
    (r"Use `\begin{align}` and `\end{align}`.", r"Use \begin{align} and \end{align}."),
    ("[docs](https://example.org/a?b=1&c=2)", "https://example.org/a?b=1&c=2"),
    ("[money](https://example.org/?pay=$5)", "https://example.org/?pay=%245"),
    ("See https://example.org/a_(b).", "https://example.org/a_%28b%29"),
    ("<mailto:a@example.org>", "mailto:a@example.org"),
]
"""Markdown, and that it is a formula, or its text, or where its link leads."""

FOREIGN = """outputs => {
    const allowed = new RegExp(
        "^(class|href|target|rel|id|start|role|tabindex|(data|aria|jp)-[a-z-]+)$"
    );
    const loading = "script, img, iframe, object, embed, link, base, form, video, audio, style";
    const alignment = /^(text-align: ?(left|right|center);?)?$/;
    const isForeign = (one, { name, value }) => {
        if (["href", "src", "action", "xlink:href"].includes(name))
            return !one.matches(".jp-InternalAnchorLink, .anchor-link")
                && !/^(https?:[/][/]|mailto:)/.test(value);
        if (name === "type" && one.matches("button")) return false;  // copies code
        if (one.closest("mjx-container, math")) return /^(on|srcdoc|formaction)/.test(name);
        return !allowed.test(name) && !(name === "style" && alignment.test(value));
    };
    return outputs.flatMap(output => [...output.querySelectorAll("*")])
        .filter(one => one.matches(loading) || [...one.attributes].some(at => isForeign(one, at)))
        .map(one => one.outerHTML.slice(0, 300));
}"""
"""Attributes that no reader of Markdown gives, elements that load, addresses of other schemes."""
SHOW = """from kagura_nb.notebook.streaming import complete
for text in {!r}:
    display(complete(text, "md"), raw=True)"""
SEEN = """async outputs => {
    for (let at = 0; at < outputs.length; at += 5) {
        outputs[at].scrollIntoView();
        await new Promise(requestAnimationFrame);
    }
    await new Promise(done => setTimeout(done, 300));
}"""
"""Scroll over everything, as what runs may wait until it is seen."""


@pytest.fixture
def strangers(page: Page) -> Iterator[list[str]]:
    """The addresses that the page asked for, but for those of the program itself."""
    asked: list[str] = []

    def note(route: Route) -> None:
        known = ("127.0.0.1", "localhost", "cdnjs.cloudflare.com", "cdn.jsdelivr.net")
        if not any(f"://{one}" in route.request.url for one in known):
            asked.append(route.request.url)
        route.abort()

    page.route(
        lambda url: not url.startswith(("http://127.0.0.1", "file:", "data:", "blob:")), note
    )
    yield asked
    page.unroute_all(behavior="ignoreErrors")


def shows(texts: Sequence[str]) -> str:
    """A cell that shows the texts as replies are shown."""
    return SHOW.format(list(texts))


def assert_harmless(page: Page, outputs: Locator, strangers: list[str]) -> None:
    outputs.evaluate_all(SEEN)
    assert page.evaluate("window.ran") is None
    assert outputs.evaluate_all(FOREIGN) == []
    assert strangers == []


def assert_understood(outputs: Locator, formula: str) -> None:
    """What models rightly write is shown as they meant it."""
    for number, (_, meant) in enumerate(LEGITIMATE):
        one = outputs.nth(number)
        if meant == "formula":
            expect(one.locator(formula).first).to_be_attached()
        elif meant.startswith(("https:", "mailto:")):
            expect(one.locator("a").first).to_have_attribute("href", meant)
        else:
            expect(one).to_contain_text(meant)
            assert one.locator(formula).count() == 0


def show_in(open_notebook: Callable[..., LabNotebook], page: Page, lab: Lab) -> LabNotebook:
    lab.show_all_outputs()
    lab.write("hostile.ipynb", shows([text for text, _ in LEGITIMATE]), shows(TEXTS))
    notebook = open_notebook(page, lab, "hostile.ipynb")
    notebook.wait_for_kernel()
    for index in range(2):
        notebook.run(index)
    return notebook


def assert_shown(notebook: LabNotebook, strangers: list[str]) -> None:
    understood, hostile = (notebook.output(n).locator(".jp-RenderedMarkdown") for n in range(2))
    expect(hostile).to_have_count(sum(complete(one, "md")["text/markdown"] != "" for one in TEXTS))
    assert_understood(understood, "mjx-container")
    assert_harmless(notebook.page, hostile, strangers)


def test_jupyterlab(lab: Lab, page: Page, strangers: list[str]) -> None:
    assert len(TEXTS) >= 250

    assert_shown(show_in(LabNotebook, page, lab), strangers)

    lab.shut_down_kernels()


class Sole(SoleNotebook):
    """Notebook 7 says in another place that its kernel waits."""

    def wait_for_kernel(self) -> None:
        indicator = self.page.locator(".jp-Notebook-ExecutionIndicator")
        expect(indicator).to_have_attribute("data-status", "idle", timeout=60_000)


def test_notebook_7(tmp_path: Path, page: Page, strangers: list[str]) -> None:
    with start_lab(tmp_path, program="notebook") as served:
        assert_shown(show_in(Sole, page, served), strangers)


def test_html_of_nbconvert(tmp_path: Path, page: Page, strangers: list[str]) -> None:
    shown = [complete(text, "md") for text in [*(text for text, _ in LEGITIMATE), *TEXTS]]
    outputs = [nbformat.v4.new_output("display_data", one) for one in shown]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)])
    exported = tmp_path / "hostile.html"
    exported.write_text(HTMLExporter().from_notebook_node(notebook)[0], "utf-8")

    page.goto(exported.as_uri())

    found = page.locator(".jp-RenderedMarkdown")
    assert found.count() == len(shown)
    assert_harmless(page, found, strangers)


def test_the_panel(lab: Lab, page: Page, strangers: list[str]) -> None:
    store = ConversationCollector("hostile", Settings.load(home=lab.home))
    for at in range(0, len(TEXTS), 24):
        said = "\n\n".join(TEXTS[at : at + 24])
        store.collect(said, said, "none", session="hostile")
    lab.write(
        "panel.ipynb",
        "%load_ext kagura_nb\n%config KaguraMagics.user = 'hostile'\n%kagura chat hostile",
    )
    notebook = LabNotebook(page, lab, "panel.ipynb")
    notebook.wait_for_kernel()
    notebook.run(0)

    panel = notebook.output(0).locator(".kagura-panel")
    expect(panel.locator(".kagura-reply")).to_have_count(-(-len(TEXTS) // 24), timeout=30_000)

    assert_harmless(page, panel.locator(".kagura-md"), strangers)
    lab.shut_down_kernels()
