"""Types and style are part of the suite, and importing stays light."""

import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

import kagura_nb

ROOT = Path(__file__).parents[1]
HEAVY = ("openai", "google.genai", "chromadb", "torch", "transformers", "matplotlib", "tiktoken")


@pytest.mark.parametrize(
    "check",
    [["mypy"], ["ruff", "check", "."], ["ruff", "format", "--check", "."]],
    ids=" ".join,
)
def test_types_and_style_are_clean(check: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *check], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import kagura_nb",
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.instance().run_line_magic('load_ext', 'kagura_nb')",
    ],
    ids=["import", "load_ext"],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code: str) -> None:
    report = f"{code}\nimport sys\nprint([one for one in {HEAVY} if one in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_file_of_the_package_is_installed_with_it() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shipped = settings["tool"]["setuptools"]["package-data"]["*"]
    files = [one for one in (ROOT / "kagura_nb").rglob("*") if one.is_file()]
    beside_code = {one.name for one in files if one.suffix not in (".py", ".pyc")}
    assert [one for one in beside_code if not any(fnmatch(one, form) for form in shipped)] == []


def test_every_public_name_can_be_imported() -> None:
    assert all(hasattr(kagura_nb, name) for name in kagura_nb.__all__)
