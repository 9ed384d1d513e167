"""Imports go only downward, in the order in which the design lists the layers, and never in a ring.

Imports inside functions may only fetch heavy or optional third parties, so that importing the
package costs nothing; the package's own modules are always imported at the top.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import kagura_nb

ROOT = Path(kagura_nb.__file__).parent
LAYERS = [
    "screen", "errors", "addresses", "redirects", "records", "reasoning", "ownership", "settings",
    "keys", "store", "privacy", "pricing", "costs", "tokens", "memory", "fewshot", "effects",
    "prompt", "datasets", "exchange", "frames", "providers", "practice", "deploy", "tuning",
    "offer", "context", "turn", "assistant", "curation", "trainer", "auto", "notebook", "cli",
]  # fmt: skip
LONGEST_MODULE = 500
LONGEST_FUNCTION = 50
WORD_LISTS = {"kagura_nb.practice.english", "kagura_nb.practice.japanese"}
LAZY_ROOTS = {
    "openai", "google", "chromadb", "torch", "transformers", "peft", "onnxruntime", "onnx",
    "onnxscript", "tokenizers", "tiktoken", "tiktoken_ext", "keyring", "matplotlib", "tqdm",
    "huggingface_hub", "phonenumbers", "platformdirs", "presidio_analyzer", "sudachipy",
    "tomli_w", "filelock", "httpx2",
    "psutil", "safetensors", "ipywidgets", "accelerate", "requests", "latex2mathml", "pandas",
    "sqlalchemy",
}  # fmt: skip
MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def layer(module: str) -> int:
    return LAYERS.index(module.split(".")[1])


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module == "kagura_nb":
        yield from (f"kagura_nb.{alias.name}" for alias in node.names if alias.name in LAYERS)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    here = layer(name_of(path))
    tree = ast.parse(path.read_text("utf-8"))
    own = [name for node in ast.walk(tree) for name in imported(node) if "kagura_nb." in name]
    assert [name for name in own if layer(name) > here] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_inside_functions_are_heavy_third_parties(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    inner = {
        name for function in functions for node in ast.walk(function) for name in imported(node)
    }
    assert {name for name in inner if name.split(".")[0] not in LAZY_ROOTS} == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_stay_readable(path: Path) -> None:
    text = path.read_text("utf-8")
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []
    assert len(text.splitlines()) <= LONGEST_MODULE or name_of(path) in WORD_LISTS


def test_there_are_no_rings() -> None:
    below = {name_of(path): _own_imports(path) for path in MODULES}
    done: set[str] = set()
    while ready := {name for name in below.keys() - done if below[name] <= done}:
        done |= ready
    assert below.keys() - done == set()


def _own_imports(path: Path) -> set[str]:
    names = {name_of(other) for other in MODULES}
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kagura_nb"):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & names or {node.module or ""} & names
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & names
    return found - {name_of(path)}
