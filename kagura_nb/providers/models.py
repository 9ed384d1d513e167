"""Models of transformers by name, and adapters that remember on which of them they stand.

    practice        the model of the package, wherever that is installed
    <folder>        as transformers saves it
    <hub id>        the same from the hub, or its copy on this machine

An adapter's folder says in `base.json` what it was trained on. A base that is no longer the same is
told instead of answering nonsense.
"""

import hashlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kagura_nb.errors import MissingExtra, UnknownModel
from kagura_nb.providers.practice import MODEL

PRACTICE = "practice"
ADAPTER = "adapter"
"""The folder of an adapter in that of the job that made it."""
RECORD = "base.json"
CONFIG = "config.json"
TEMPLATES = ("chat_template.jinja", "chat_template.json")
FAST = "Use a model with a tokenizer.json"
CHAT = "Use a model that is tuned for chat"
NAMES = "Name a folder or a hub id of a chat model, and an adapter folder behind a plus sign"
UNKNOWN = 4_096
"""Tokens that are taken for the context where a model does not say."""
WEIGHTS = ("*.safetensors", "*.bin")
SAMPLE = 1 << 20
"""Bytes that are read of either end of a file of weights: all of many gigabytes take minutes."""
PASSING = ("transformers_version", "_name_or_path", "dtype", "torch_dtype")
"""What changes in a model's config when the same weights are saved again."""


def require(what: str, *packages: str) -> None:
    """Make sure that packages of the extra are installed, without importing them.

    Raises:
        MissingExtra: one is not.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"{what} {' and '.join(missing)}",
            "Install it with `pip install 'kagura-nb[local]'`",
        )


def find(name: str) -> str:
    """Where the model is: an absolute folder, or the hub id as it is.

    Raises:
        UnknownModel: what is written as a path is no folder.
    """
    if name == PRACTICE:
        return str(MODEL)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return str(folder.absolute())
    if name.startswith(("/", ".", "~")):
        raise UnknownModel(f"There is no folder {name}", NAMES)
    return name


def is_practice(name: str) -> bool:
    """Whether a name means the model of the package, wherever that is installed."""
    return find(name) == str(MODEL)


def load(base: str) -> tuple[Any, Any]:
    """Load network and tokenizer of a chat model that `find` found, onto the CPU.

    Half precision becomes single where no accelerator is: CPUs are slower at it, and less exact.

    Raises:
        UnknownModel: it cannot be loaded, or is not made for chats.
    """
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    tokenizer = load_tokenizer(base)
    if base == str(MODEL):
        logging.disable_progress_bar()  # it is there before a bar could be
    try:
        network = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
    except Exception as error:  # loaders of weights raise what they like
        raise unloadable(base, error) from error
    finally:
        logging.enable_progress_bar()
    if network.dtype == torch.float16 and not torch.accelerator.is_available():
        network = network.float()
    return network, tokenizer


def load_tokenizer(base: str) -> Any:
    """Load the tokenizer of a chat model that `find` found.

    Raises:
        UnknownModel: it cannot be loaded, or is not made for chats.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
    except Exception as error:  # loaders of tokenizers raise what they like
        raise unloadable(base, error) from error
    if tokenizer.chat_template is None:
        raise UnknownModel(f"{base} has no chat template", CHAT)
    if not tokenizer.is_fast:
        raise UnknownModel(f"{base} has no fast tokenizer", FAST)
    return tokenizer


def config(base: str) -> dict[str, Any]:
    """What the model that `find` found says of itself; for a hub id it is fetched once.

    Raises:
        UnknownModel: there is none, or it is not made for chats.
    """
    from huggingface_hub import hf_hub_download

    folder = Path(base)
    try:
        path = folder if folder.is_dir() else Path(hf_hub_download(base, CONFIG)).parent
        read: dict[str, Any] = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    except Exception as error:  # the hub's errors share no base
        raise unloadable(base, error) from error
    if folder.is_dir() and not _chats(folder):
        raise UnknownModel(f"{base} has no chat template", CHAT)
    return read


def context(network: Any) -> int:
    """Tokens that a model reads at most."""
    return getattr(network.config.get_text_config(), "max_position_embeddings", None) or UNKNOWN


def unloadable(name: str, error: Exception) -> UnknownModel:
    """One line of what a loader said."""
    reason = str(error).strip().partition("\n")[0].rstrip(".")
    return UnknownModel(f"{name} cannot be loaded ({reason})", NAMES)


def record(adapter: Path, name: str) -> None:
    """Note in an adapter's folder the base that it was trained on.

    Args:
        adapter: the folder.
        name: of the base, as in `find`.
    """
    noted = {"base": name, "fingerprint": fingerprint(find(name))}
    (adapter / RECORD).write_text(json.dumps(noted, indent=2), encoding="utf-8")


def verify(adapter: Path, name: str) -> None:
    """Make sure that a base is the one that an adapter was trained on, as far as that is noted.

    Raises:
        UnknownModel: it is another one.
    """
    try:
        noted = json.loads((adapter / RECORD).read_text(encoding="utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError):  # made by another program
        return
    if noted != fingerprint(find(name)):
        raise UnknownModel(
            f"The adapter {adapter} was trained on another {name} than the one that is there now",
            "Train again with `%kagura train`, or name the folder of the model it was trained on: "
            f"`%kagura use local:<folder>+{adapter}`",
        )


def fingerprint(base: str) -> str:
    """What tells one model from another: its config, its weights' sizes and samples of them."""
    folder = snapshot(base)
    digest = hashlib.sha256(json.dumps(_lasting(folder), sort_keys=True).encode())
    for path in sorted(path for pattern in WEIGHTS for path in folder.glob(pattern)):
        digest.update(f"{path.name} {path.stat().st_size}".encode())
        for sample in _samples(path):
            digest.update(sample)
    return digest.hexdigest()


def snapshot(base: str) -> Path:
    """The folder of the model's files, for a hub id that of its copy on this machine."""
    if Path(base).is_dir():
        return Path(base)
    from huggingface_hub import try_to_load_from_cache

    return Path(str(try_to_load_from_cache(base, CONFIG))).parent


def _chats(folder: Path) -> bool:
    inside = folder / "tokenizer_config.json"
    return any((folder / name).exists() for name in TEMPLATES) or (
        inside.exists() and '"chat_template"' in inside.read_text(encoding="utf-8")
    )


def _lasting(folder: Path) -> dict[str, Any]:
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return {name: value for name, value in config.items() if name not in PASSING}


def _samples(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield file.read(SAMPLE)
        file.seek(max(0, path.stat().st_size - SAMPLE))
        yield file.read(SAMPLE)
