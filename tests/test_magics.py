"""`%%kagura` and `%kagura` in a real kernel: what a cell shows, keeps, and how it fails."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from kernels import Kernel, displayed

from kagura_nb.notebook.completion import candidates
from kagura_nb.notebook.interpolate import Cells, interpolate
from kagura_nb.notebook.magics import notebook_session
from kagura_nb.notebook.workspace import Workspace
from kagura_nb.settings import Settings

CELLS: dict[str, Cells] = {"In": ["", "first"], "Out": {2: 42}, "Err": {3: "ZeroDivisionError: x"}}
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


def test_loaded_again_it_is_there_once_and_unloaded_it_is_gone(kernel: Kernel) -> None:
    kernel.run(LOAD)
    count = (
        "shell = get_ipython()\n"
        "hooks = [*shell.Completer.custom_matchers, *shell.events.callbacks['post_run_cell']]\n"
        "there = 'kagura' in shell.magics_manager.magics['cell']\n"
        "print(sum('kagura' in one.__module__ for one in hooks), there)"
    )

    def printed(code: str) -> str:
        messages = kernel.run(code)
        return "".join(one["content"]["text"] for one in messages if one["msg_type"] == "stream")

    assert printed(f"%reload_ext kagura_nb\n{count}") == "2 True\n"
    assert printed(f"%unload_ext kagura_nb\n{count}") == "0 False\n"
    kernel.run(LOAD)


def test_every_notebook_has_a_session_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = []
    for path in ("/home/me/a/Untitled.ipynb", "/home/me/b/Untitled.ipynb"):
        monkeypatch.setenv("JPY_SESSION_NAME", path)
        sessions.append(notebook_session())
        assert notebook_session() == sessions[-1]
    assert sessions[0] != sessions[1]
    assert [str(one)[:9] for one in sessions] == ["Untitled-"] * 2


@pytest.mark.parametrize("name", [None, "", "b2f0-console"])
def test_without_a_notebook_a_session_is_new(
    name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if name is not None:
        monkeypatch.setenv("JPY_SESSION_NAME", name)
    assert notebook_session() is None


def test_a_long_wait_is_told_and_its_failure_leaves_only_the_error(loaded: Kernel) -> None:
    loaded.run("import os\nos.environ['VLLM_BASE_URL'] = 'http://127.0.0.1:9/v1'")
    request = loaded.client.execute("%%kagura -m vllm:x\nhello", stop_on_error=False)
    said: list[tuple[str, str]] = []
    while ("status", "idle") not in said:
        message = loaded.client.get_iopub_msg(timeout=30)
        content = message["content"]
        if message["parent_header"].get("msg_id") == request:
            text = content.get("data", {}).get("text/plain")
            said.append((message["msg_type"], str(text or content.get("execution_state"))))
    assert [kind for kind, _ in said][2:-1] == ["display_data", "clear_output", "error"]
    assert ("display_data", "vllm:x …") in said


def test_a_turn_that_a_cell_returns_loads_nothing(loaded: Kernel) -> None:
    loaded.run("from kagura_nb import Assistant\nfrom kagura_nb.turn import Turn")
    loaded.run("turn = Assistant().stream('hello')\nturn.text = '![x](https://evil.example)'")
    shown = displayed(loaded.run("turn"))["data"]
    assert shown["text/markdown"] == "[x](https://evil.example)"


def test_a_session_may_have_a_name_of_several_words(loaded: Kernel) -> None:
    loaded.run('%%kagura --session "my trip"\nHello!')

    assert (
        "Hello!"
        in displayed(loaded.run('%kagura history --session "my trip"'))["data"]["text/plain"]
    )


def test_every_sub_command_of_a_cell_is_shown(loaded: Kernel) -> None:
    seen = loaded.run("%kagura status\n%kagura help use\n1")

    texts = [one["content"]["data"]["text/plain"] for one in seen if "data" in one["content"]]
    assert len(texts) == 3 and "Choose the model" in texts[1]


@pytest.mark.parametrize(
    ("cell", "offered"),
    [("%kagura stat", ["status"]), ("y = 1\n%kagura stat", ["status"]),
     ("%%kagura -f j", ["json"]), ("%%kagura --no-m", ["--no-memory"])],
)  # fmt: skip
def test_tab_offers_what_may_stand_in_any_line(
    loaded: Kernel, cell: str, offered: list[str]
) -> None:
    reply = loaded.client.complete(cell, len(cell), reply=True, timeout=30)

    assert reply["content"]["matches"] == offered


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
        ("%kagura staus", "No such command 'staus'. Did you mean `status`?"),
        ("%kagura config key openai sk-abc", "takes a vendor's name alone, and asks for the key"),
        ('%%kagura "unbalanced\nHello', "SettingsError: unrecognized arguments"),
        ("%kagura Hello there", "Say something to the model below `%%kagura`"),
        ("%%kagura -o a.b\nhello", "SettingsError: 'a.b' is no name of a variable. Choose"),
        ("%%kagura -o 1\nhello", "SettingsError: '1' is no name of a variable. Choose"),
        ("%%kagura -o class\nhello", "SettingsError: 'class' is taken by Python. Choose"),
        ("%%kagura -o print\nhello", "SettingsError: 'print' is taken by Python. Choose"),
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
            "{unknown} {} {1} { name } {{name}} {Out[9]} {In} {Out} {re} {len}",
            "{unknown} {} {1} { name } {{braces}} {Out[9]} {In} {Out} {re} {len}",
        ),
        ('{"json": 1} {name.attr} {name!r}', '{"json": 1} {name.attr} {name!r}'),
    ],
)
def test_only_values_of_the_notebook_are_put_in(text: str, result: str) -> None:
    namespace = {"name": "{braces}", "In": ["", "first"], "Out": {2: 42}, "re": re, "len": len}
    assert interpolate(text, namespace, CELLS).text == result


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("{nme}, {Out[99]} and {nme}", ("{nme}", "{Out[99]}")),
        ("{nme}を訳して", ("{nme}",)),
        ("{In} {Out} {re} {len}", ("{In}", "{Out}", "{re}", "{len}")),
        ("`{nme}` {name}", ()),
        ("```\n{nme}\n```\nand ```\n{nme}", ()),
        (r"\frac{a}{b}, x^{n}, ${HOME}, { nme } and {{nme}}", ()),
        ('{"nme": {}} {nme.x} {nme!r}', ()),
    ],
)
def test_what_looks_like_a_value_but_has_none_is_told(text: str, missing: tuple[str, ...]) -> None:
    assert interpolate(text, {"name": "x", "re": re, "len": len}, CELLS).missing == missing


def test_a_missing_value_is_told_below_the_answer(loaded: Kernel) -> None:
    messages = loaded.run("%%kagura\nHello {nme}!")
    told = [one["content"].get("data", {}).get("text/plain", "") for one in messages]
    assert "No value for {nme}: sent as it is." in told


def test_an_earlier_cell_is_put_in_as_it_was_typed(loaded: Kernel) -> None:
    loaded.run("%%kagura\nHello!")
    messages = loaded.run("len(In)")
    cell = int(displayed(messages)["data"]["text/plain"]) - 2
    loaded.run(f"%%kagura\nRepeat {{In[{cell}]}}")
    shown = displayed(loaded.run("%kagura show"))["data"]["text/plain"]
    assert "Repeat %%kagura\nHello!" in shown


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("%kagura st", ["status"]),
        ("%kagura rate la", ["last"]),
        ("%kagura rate last ", ["1", "2", "3", "4", "5", "clear"]),
        ("%kagura history --se", ["--session"]),
        ("%kagura config rec", ["recall"]),
        ("%kagura config key o", ["openai"]),
        ("%kagura config index ", ["rebuild"]),
        ("%kagura use prac", ["practice"]),
        ("%%kagura --no", ["--no-examples", "--no-memory"]),
        ("%%kagura -m prac", ["practice"]),
        ("%%kagura -f j", ["json"]),
        ("%%kagura --format ", ["code", "json", "md", "text"]),
        ("%%kagura --e", ["--explain"]),
        ("%%kagura\nst", None),
        ("x = kagura", None),
    ],
)
def test_the_tab_key_offers_what_may_stand_there(before: str, offered: list[str] | None) -> None:
    assert candidates(before, Workspace(Settings.load)) == offered


def test_the_tab_key_offers_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chats").mkdir()
    (tmp_path / "chatgpt.zip").touch()
    workspace = Workspace(Settings.load)
    assert candidates("%kagura import cha", workspace) == ["chatgpt.zip", "chats/"]
    assert candidates("%kagura import chatgpt.zip ", workspace) == []


def test_a_terminal_tells_how_to_rate(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    code = f"{LOAD}\nget_ipython().run_cell_magic('kagura', '{{}}', 'Hello!')"
    told = [
        subprocess.run(
            [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor"],
            input=code.format(options),
            capture_output=True,
            text=True,
        ).stdout
        for options in ("", "--private")
    ]
    assert ["Rate it with %kagura rate last 5" in one for one in told] == [True, False]
