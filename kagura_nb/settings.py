"""Where things live and what is switched on: defaults < file < environment < what the caller sets.

One table, the fields of `Settings`, drives all of it: the file is `config.toml` in the home folder,
the environment variable of a field is `KAGURA_` and its name in capitals. Keys are no settings:
they come from the environment or the keyring (`kagura_nb.keys`) and are never written here.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from kagura_nb.errors import InvalidUserId, SettingsError

USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
CHOICES = {"prompts": ("off", "secrets", "all"), "training_policy": ("label", "surrogate", "drop")}
CONFIG_FILE = "config.toml"
TRUTH = {"true": True, "on": True, "yes": True, "1": True}
TRUTH |= {"false": False, "off": False, "no": False, "0": False}
CONVERTERS: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: TRUTH[str(value).lower()],
    int: int,
    float: float,
    str: str,
    type(Path()): Path,
}
KINDS = {
    bool: "Use on or off",
    int: "Use a whole number",
    float: "Use a number",
    str: "Use text",
    type(Path()): "Use the path of a folder",
}


def _setting(default: Any, help: str, *, repr: bool = True) -> Any:
    return field(default=default, metadata={"help": help}, repr=repr)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every switch, with its default. Immutable: `with_` returns a changed copy.

    Raises:
        SettingsError: a value of the wrong type or outside its choices.
        InvalidUserId: a user id that could leave its folder.
    """

    home: Path = _setting(Path(), "folder of all users' stores")
    user: str = _setting("default", "whose store is used")
    store: str = _setting(
        "", "postgresql:// address; empty: SQLite in the user's folder", repr=False
    )
    chroma: str = _setting("", "host:port of a Chroma server; empty: an index in the user's folder")
    model: str = _setting("", "provider:model; empty: the first one that is configured")
    base_url: str = _setting("", "address of an OpenAI-compatible server for openai: models")
    system: str = _setting("", "who the assistant is; empty: the built-in text")
    embedder: str = _setting(
        "builtin", "builtin, onnx:<folder or hub id>, openai:, gemini:, ollama:"
    )
    memory: bool = _setting(True, "recall earlier conversations")
    recall: int = _setting(5, "how many conversations memory recalls at most")
    few_shot: bool = _setting(True, "show the best-rated conversations to the model")
    examples: int = _setting(10, "how many examples are shown at most")
    prompts: str = _setting("secrets", "what is masked before a prompt leaves: off, secrets or all")
    training_policy: str = _setting(
        "label", "personal data before training becomes a label, a surrogate, or drops the row"
    )
    threshold: int = _setting(100, "good conversations from which training is proposed")
    temperature: float = _setting(-1.0, "randomness of replies; below 0: the vendor's default")
    timeout: float = _setting(120.0, "seconds without an answer after which a request is given up")

    def __post_init__(self) -> None:
        validate_user_id(self.user)
        for name, known in CHOICES.items():
            value = getattr(self, name)
            if value not in known:
                raise SettingsError(f"{name} = {value!r} is not known", f"Use {', '.join(known)}")

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the file and the environment, then apply what the caller sets.

        Args:
            overrides: fields by name; None means "not set".
        """
        given = {name: value for name, value in overrides.items() if value is not None}
        home = Path(given.pop("home", None) or os.environ.get("KAGURA_HOME") or default_home())
        settings = cls(home=home.expanduser())
        for layer in (read_file(settings.home), _environment(), given):
            settings = settings.with_(**layer)
        return settings

    def with_(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; text is converted to the field's type."""
        types = {one.name: type(one.default) for one in fields(self)}
        for name in changes.keys() - types.keys():
            raise SettingsError(f"There is no setting {name!r}", f"Use one of {', '.join(types)}")
        converted = {name: _convert(name, value, types[name]) for name, value in changes.items()}
        return replace(self, **converted)

    @property
    def user_home(self) -> Path:
        """The user's own folder."""
        return self.home / "users" / self.user

    @property
    def store_url(self) -> str:
        """The database as an SQLAlchemy URL."""
        return self.store or f"sqlite:///{self.user_home / 'kagura.db'}"


def validate_user_id(user_id: str) -> str:
    """Return the id unchanged if a folder can safely be named after it.

    Raises:
        InvalidUserId: anything but 1–64 letters, digits and `_ . @ -`, the first a letter or digit.
    """
    if not isinstance(user_id, str) or not USER_ID.fullmatch(user_id) or ".." in user_id:
        raise InvalidUserId(
            f"{user_id!r} cannot be a user id",
            "Use 1 to 64 letters, digits, '_', '.', '@' or '-', beginning with a letter or digit",
        )
    return user_id


def default_home() -> Path:
    """The platform's folder for a user's data."""
    from platformdirs import user_data_path

    return user_data_path("kagura_nb", appauthor=False)


def read_file(home: Path) -> dict[str, Any]:
    """The settings in the home folder's file; empty where there is none.

    Raises:
        SettingsError: the file is not TOML.
    """
    path = home / CONFIG_FILE
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} cannot be read ({error})", "Correct it or delete it"
        ) from error


def write_file(home: Path, changes: Mapping[str, Any]) -> None:
    """Change some settings in the home folder's file; None removes one, which restores its default.

    Raises:
        SettingsError: a value that `Settings` refuses, or a file that cannot be written.
    """
    import tomli_w

    kept = {**read_file(home), **changes}
    kept = {name: value for name, value in kept.items() if value is not None}
    accepted = Settings(home=home).with_(**kept)
    path = home / CONFIG_FILE
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".tmp")
        draft.write_text(tomli_w.dumps({name: getattr(accepted, name) for name in kept}), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written ({error.strerror})",
            "Make the folder writable or set KAGURA_HOME",
        ) from error


def _environment() -> dict[str, str]:
    names = [one.name for one in fields(Settings) if one.name != "home"]
    found = {name: os.environ.get(f"KAGURA_{name.upper()}") for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _convert(name: str, value: Any, wanted: type) -> Any:
    try:
        return CONVERTERS[wanted](value)
    except (KeyError, TypeError, ValueError):
        raise SettingsError(f"{name} = {value!r} is not usable", KINDS[wanted]) from None
