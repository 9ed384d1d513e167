"""`%%kagura` and `%kagura` in a real kernel: what a cell shows, keeps, and how it fails."""

from typing import Any

import pytest
from kernels import Kernel, displayed

from kagura_nb.notebook.completion import candidates
from kagura_nb.notebook.interpolate import interpolate
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.settings import Settings

LOAD = "%load_ext kagura_nb\n%config KaguraMagics.model = 'practice'"


@pytest.fixture(scope="module")
def loaded(kernel: Kernel) -> Kernel:
    """A kernel with the extension, answered by the practice model."""
    kernel.run(LOAD)
    return kernel


def fails(kernel: Kernel, code: str) -> str:
    """Run a cell that fails; return all that it says."""
    with pytest.raises(AssertionError) as caught:
        kernel.run(code)
    return str(caught.value)


def test_an_answer_is_durable_markdown_with_stars_below(loaded: Kernel) -> None:
    messages = loaded.run("%%kagura -o reply\nWhat is the capital of France?")

    shown = [one["content"]["data"] for one in messages if "data" in one["content"]]
    assert any("Paris" in one.get("text/markdown", "") for one in shown)
    assert "application/vnd.jupyter.widget-view+json" in displayed(messages)["data"]
    printed = loaded.run("print('Paris' in reply)")
    assert [one["content"]["text"] for one in printed if one["msg_type"] == "stream"] == ["True\n"]


def test_private_turns_have_no_stars(loaded: Kernel) -> None:
    messages = loaded.run("%%kagura --private\nHello!")
    assert "application/vnd.jupyter.widget-view+json" not in displayed(messages)["data"]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("%%kagura\n   \n", "SettingsError: The prompt is empty"),
        ("%%kagura -m nobody:x\nhello", "UnknownModel: There is no vendor 'nobody'"),
        ("%%kagura --nonsense\nhello", "unrecognized arguments: --nonsense"),
        ("%kagura rate last 6", "InvalidRating: '6' is not a rating"),
        ("%kagura nonsense", "SettingsError: No such command 'nonsense'"),
        ("%config KaguraMagics.user = '../x'\n%kagura status", "InvalidUserId: '../x'"),
    ],
)
def test_bad_input_fails_the_cell_with_one_line(loaded: Kernel, code: str, line: str) -> None:
    said = fails(loaded, code)
    loaded.run("%config KaguraMagics.user = None")
    assert line in said
    assert "Traceback" not in said


def test_errors_stay_catchable(loaded: Kernel) -> None:
    loaded.run(
        "from kagura_nb import KaguraError\n"
        "try:\n    get_ipython().run_cell_magic('kagura', '-m nobody:x', 'hello')\n"
        "except KaguraError as error:\n    assert error.cure\nelse:\n    assert False"
    )


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{name} and {In[1]}", "{braces} and first"),
        ("{Out[2]} {Err[3]}", "42 ZeroDivisionError: x"),
        (
            "{unknown} {} {1} { name } {{name}} {Out[9]}",
            "{unknown} {} {1} { name } {{braces}} {Out[9]}",
        ),
        ('{"json": 1} {name.attr} {name!r}', '{"json": 1} {name.attr} {name!r}'),
    ],
)
def test_only_names_of_the_notebook_are_put_in(text: str, result: str) -> None:
    namespace: dict[str, Any] = {"name": "{braces}", "In": ["", "first"], "Out": {2: 42}}
    assert interpolate(text, namespace, {3: "ZeroDivisionError: x"}) == result


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("%kagura st", ["status"]),
        ("%kagura rate la", ["last"]),
        ("%kagura rate last ", ["1", "2", "3", "4", "5", "clear"]),
        ("%kagura history --se", ["--session"]),
        ("%kagura config rec", ["recall"]),
        ("%kagura config key o", ["openai"]),
        ("%kagura use prac", ["practice"]),
        ("%%kagura --no", ["--no-examples", "--no-memory"]),
        ("%%kagura -m prac", ["practice"]),
        ("%%kagura -f j", ["json"]),
        ("%%kagura\nst", None),
        ("x = kagura", None),
    ],
)
def test_the_tab_key_offers_what_may_stand_there(before: str, offered: list[str] | None) -> None:
    assert candidates(before, Workspace(Settings.load)) == offered
