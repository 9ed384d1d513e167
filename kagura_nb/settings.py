"""Where things live and what is switched on: defaults < file < environment < what the caller sets.

One table, the fields of `Settings`, drives all of it: the file is `config.toml` in the home folder,
the environment variable of a field is `KAGURA_` and its name in capitals. Keys are no settings:
they come from the environment or the keyring (`kagura_nb.keys`) and are never written here.
"""

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Self

from kagura_nb.addresses import check_database, check_local, check_place, check_server
from kagura_nb.errors import InvalidUserId, SettingsError
from kagura_nb.ownership import secure

USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
EMBEDDERS = ("onnx", "openai", "ollama", "gemini")
"""Kinds of embedders that need a model's name; `builtin` needs none."""
BACKENDS = ("local", "openai", "gemini")
"""Who trains."""
CONFIG_FILE = "config.toml"
LOCK_TIMEOUT = 10.0
"""Seconds that a writer of the file waits for another one."""
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


@dataclass(frozen=True, slots=True)
class Rule:
    """Which values a setting takes.

    Args:
        accepts: whether it takes a value of the right type.
        cure: what to use instead.
    """

    accepts: Callable[[Any], bool]
    cure: str


def _one_of(*known: str) -> Rule:
    return Rule(known.__contains__, f"Use {', '.join(known)}")


def _within(lowest: float, highest: float) -> Rule:
    return Rule(lambda value: lowest <= value <= highest, f"Use {lowest} to {highest}")


RULES = {
    "prompts": _one_of("off", "secrets", "all"),
    "training_policy": _one_of("label", "surrogate", "drop"),
    "embedder": Rule(
        re.compile(f"builtin|({'|'.join(EMBEDDERS)}):.+").fullmatch,  # type: ignore[arg-type]
        "Use builtin, onnx:<folder or hub id>, or openai:, gemini: or ollama:<model>",
    ),
    "recall": _within(0, 1000),
    "examples": _within(0, 1000),
    "threshold": _within(1, 1_000_000),
    "temperature": _within(-1, 2),
    "context_tokens": _within(0, 100_000_000),
    "max_reply_tokens": _within(0, 100_000_000),
    "vertex_location": Rule(
        re.compile(r"[a-z]+-[a-z]+[0-9]+").fullmatch,  # type: ignore[arg-type]
        "Use a region of Google Cloud, for example us-central1",
    ),
    "backend": Rule(
        ("", *BACKENDS).__contains__,
        f"Use {', '.join(BACKENDS)}, or unset it",
    ),
    "monthly_budget": Rule(
        re.compile(r"(\d{1,9}(\.\d{1,6})?)?").fullmatch,  # type: ignore[arg-type]
        "Use an amount in USD like 20 or 12.50, or 0 for no limit",
    ),
    "timeout": _within(0.1, 86_400),
    "local_servers": Rule(bool, "Use auto, none, or addresses separated by commas"),
}
ADDRESSES: dict[str, Callable[[str, str], str]] = {
    "store": check_database,
    "chroma": check_place,
    "base_url": check_server,
    "local_servers": check_local,
}
"""What checks the settings that are addresses. These are never repeated: a key may be in them."""


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
    base_url: str = _setting(
        "", "address of an OpenAI-compatible server for openai: models", repr=False
    )
    local_servers: str = _setting(
        "auto",
        "servers on this machine, to which prompts go unmasked: auto (all), none, or addresses",
    )
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
    backend: str = _setting(
        "", "who trains: local, openai or gemini; empty: this machine if it can, else openai"
    )
    monthly_budget: str = _setting("", "USD to spend in a month; empty or 0: no limit")
    temperature: float = _setting(-1.0, "randomness of replies; below 0: the vendor's default")
    context_tokens: int = _setting(
        0, "tokens that prompt and reply may take together; 0: what the server or model says"
    )
    max_reply_tokens: int = _setting(16_384, "the longest reply, in tokens; 0: no limit")
    vertex_project: str = _setting(
        "", "Google Cloud project that trains Gemini models; empty: the one of the credentials"
    )
    vertex_location: str = _setting("us-central1", "region of Google Cloud that trains them")
    vertex_bucket: str = _setting(
        "", "bucket of Google Cloud Storage through which training data goes there"
    )
    timeout: float = _setting(120.0, "seconds without an answer after which a request is given up")

    def __post_init__(self) -> None:
        validate_user_id(self.user)
        for name, rule in RULES.items():
            value = getattr(self, name)
            if not rule.accepts(value):
                raise SettingsError(f"{name} = {value!r} is not usable", rule.cure)
        for name, check in ADDRESSES.items():
            if value := getattr(self, name):
                check(name, value)

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the file and the environment, then apply what the caller sets.

        Args:
            overrides: fields by name; None means "not set".
        """
        given = {name: value for name, value in overrides.items() if value is not None}
        home = Path(given.pop("home", None) or os.environ.get("KAGURA_HOME") or default_home())
        settings = cls(home=home.expanduser())
        with _told_from(settings.home / CONFIG_FILE):
            settings = settings._placed(read_file(settings.home))
        for name, value in _environment().items():
            with _told_from(f"KAGURA_{name.upper()}"):
                settings = settings.with_(**{name: value})
        return settings.with_(**given)

    def with_(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; text is converted to the field's type."""
        types = {one.name: type(one.default) for one in fields(self)}
        for name in changes.keys() - types.keys():
            raise SettingsError(f"There is no setting {name!r}", f"Use one of {', '.join(types)}")
        converted = {name: _convert(name, value, types[name]) for name, value in changes.items()}
        return replace(self, **converted)

    def _placed(self, changes: Mapping[str, Any]) -> Self:
        """`with_` for what the home folder's file holds."""
        if "home" in changes:
            raise SettingsError("home is where this file lies", "Use KAGURA_HOME to move both")
        return self.with_(**changes)

    @property
    def user_home(self) -> Path:
        """The user's own folder."""
        return self.home / "users" / self.user

    @property
    def store_file(self) -> Path:
        """The database's file, where `store` names no other database."""
        return self.user_home / "kagura.db"

    @property
    def store_url(self) -> str:
        """The database as an SQLAlchemy URL."""
        return self.store or f"sqlite:///{self.store_file}"


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
        SettingsError: the file is not TOML, or belongs to somebody else.
    """
    secure(home)
    secure(home / CONFIG_FILE)
    try:
        return tomllib.loads((home / CONFIG_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"It cannot be read ({error})", "Correct it or delete it") from error


def write_file(home: Path, changes: Mapping[str, Any]) -> None:
    """Change some settings in the home folder's file; None removes one, which restores its default.

    Any number of processes may do so at once. Only the owner can read the file.

    Raises:
        SettingsError: a value that `Settings` refuses, or a file that cannot be written.
    """
    from filelock import FileLock

    path = home / CONFIG_FILE
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(home / "config.lock", timeout=LOCK_TIMEOUT, mode=0o600):
            _replace(path, _changed(path, changes))
    except OSError as error:  # a lock that is not to be had is one too
        raise SettingsError(
            f"{path} cannot be written ({getattr(error, 'strerror', None) or error})",
            "Make the folder writable or set KAGURA_HOME",
        ) from error


def _changed(path: Path, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What the file shall hold, each value in its own type."""
    with _told_from(path):
        before = read_file(path.parent)
    kept = {name: value for name, value in {**before, **changes}.items() if value is not None}
    accepted = Settings(home=path.parent)._placed(kept)
    return {name: getattr(accepted, name) for name in kept}


def _replace(path: Path, content: Mapping[str, Any]) -> None:
    """Write the file as a whole or not at all."""
    import tomli_w

    with NamedTemporaryFile("wb", dir=path.parent, prefix="config-", delete=False) as draft:
        try:
            tomli_w.dump(content, draft)
            draft.close()
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink()
            raise


@contextmanager
def _told_from(source: object) -> Iterator[None]:
    """Let an error say where the value came from."""
    try:
        yield
    except (SettingsError, InvalidUserId) as error:
        raise type(error)(f"{source}: {error.problem}", error.cure) from None


def _environment() -> dict[str, str]:
    names = [one.name for one in fields(Settings) if one.name != "home"]
    found = {name: os.environ.get(f"KAGURA_{name.upper()}") for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _convert(name: str, value: Any, wanted: type) -> Any:
    try:
        return CONVERTERS[wanted](value)
    except (KeyError, TypeError, ValueError):
        raise SettingsError(f"{name} = {value!r} is not usable", KINDS[wanted]) from None
