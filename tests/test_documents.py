"""What is written for people names everything there is, and what it shows runs."""

import contextlib
import io
import re
import shutil
import subprocess
import sys
from dataclasses import Field, fields
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from lab import start_lab

import kagura_nb
from kagura_nb.notebook.commands import commands
from kagura_nb.settings import Settings

ROOT = Path(__file__).parents[1]
GUIDES = sorted((ROOT / "notebooks" / "guides").glob("*.md"))
READMES = [ROOT / "README.md", ROOT / "README.ja.md"]
DOCUMENTS = [*READMES, *GUIDES]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
"""Links to files."""


def names(documents: list[Path]) -> str:
    return "\n".join(one.read_text("utf-8") for one in documents)


@pytest.mark.parametrize("name", sorted(kagura_nb.PUBLIC))
def test_every_public_name_is_explained(name: str) -> None:
    assert re.search(rf"\b{name}\b", names([ROOT / "README.md", *GUIDES]))


@pytest.mark.parametrize("name", sorted(commands.commands))
@pytest.mark.parametrize("readme", READMES, ids=lambda one: one.name)
def test_every_sub_command_is_explained(readme: Path, name: str) -> None:
    assert f"| `%kagura {name}" in readme.read_text("utf-8")


def shown(default: object) -> str:
    if isinstance(default, Path):
        return "the platform's folder"
    if isinstance(default, bool):
        return "on" if default else "off"
    return f"{default:g}" if isinstance(default, float) else str(default)


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda one: one.name)
def test_every_setting_is_explained_with_its_default(setting: Field[object]) -> None:
    told = (ROOT / "notebooks" / "guides" / "settings.md").read_text("utf-8")

    assert f"| `{setting.name}` | {shown(setting.default)} |".replace("  ", " ") in told


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_command_and_link_in_a_document_is_there(document: Path) -> None:
    text = document.read_text("utf-8")

    named = set(re.findall(r"(?:%kagura|kagura-nb) ([a-z]+)", text)) - {"start"}
    missing = [link for link in LINK.findall(text) if not (document.parent / link).exists()]

    assert named <= set(commands.commands)
    assert missing == []


@pytest.mark.parametrize("document", GUIDES, ids=lambda one: one.name)
def test_the_python_in_a_guide_runs(document: Path) -> None:
    blocks = [one for one in BLOCK.findall(document.read_text("utf-8")) if "%" not in one[:1]]

    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile("\n".join(blocks), document.name, "exec"), {})


def test_binder_builds_from_the_repository() -> None:
    """repo2docker, which Binder runs, reads the files and says how it would build."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)]

    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    said = told.stdout + told.stderr
    assert "python=3.11" in said
    assert "RUN ./binder/postBuild" in said


def test_binder_opens_the_first_notebook(tmp_path: Path) -> None:
    (tmp_path / "jupyter").mkdir()
    shutil.copy(ROOT / "binder" / "jupyter_lab_config.json", tmp_path / "jupyter")

    with start_lab(tmp_path) as lab:
        asked = Request(f"{lab.url}/", headers={"Authorization": f"token {lab.token}"})
        with urlopen(asked, timeout=30) as answered:
            opened = answered.url.removeprefix(f"{lab.url}/lab/tree/")

    assert (ROOT / opened).name == "01_first_conversation.ipynb"
    assert (ROOT / opened).exists()
    built = (ROOT / "binder" / "postBuild").read_text("utf-8")
    assert "cp binder/jupyter_lab_config.json ~/.jupyter/" in built
