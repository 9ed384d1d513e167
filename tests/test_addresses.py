"""Addresses: refused when they are set, by every way of setting them, and never repeated."""

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from kagura_nb import Assistant, OpenAIFinetune, auto_finetune, keys
from kagura_nb.addresses import shown
from kagura_nb.cli import cli
from kagura_nb.errors import SettingsError
from kagura_nb.memory.embedders import open_embedder
from kagura_nb.memory.remote import RemoteEmbedder
from kagura_nb.providers import default_model, open_provider
from kagura_nb.providers.doors import door
from kagura_nb.settings import CONFIG_FILE, Settings, write_file
from kagura_nb.tuning.bucket import Bucket
from kagura_nb.tuning.faults import TuningFaults

SECRET = "sk-live-" + "abcdef0123456789"
REFUSED = [
    f"http://[::1/{SECRET}",
    f"http://[zz]/{SECRET}",
    f"http://host:abc/{SECRET}",
    f"http://host:99999/{SECRET}",
    f"http://host:0/{SECRET}",
    f"http://host:/{SECRET}",
    f"http://host:80:90/{SECRET}",
    f"http://ann:{SECRET}@host/v1",
    f"http://{SECRET}@host/v1",
    f"http://host/v1?key={SECRET}",
    f"http://host/v1#{SECRET}",
    f"http://host/v1;key={SECRET}",
    f"host:8000/{SECRET}",
    f"//host/{SECRET}",
    f"/{SECRET}",
    SECRET,
    f"http:/host/{SECRET}",
    f"http:{SECRET}",
    f"http:///{SECRET}",
    f"http://http://host/{SECRET}",
    f"http:\\\\host\\{SECRET}",
    f"http://good.example\\@evil.example/{SECRET}",
    f"ftp://host/{SECRET}",
    f"file:///{SECRET}",
    f"javascript:{SECRET}",
    f" http://host/{SECRET}",
    f"http://host/{SECRET}\n",
    f"http://host/v1\r\nX-Key: {SECRET}",
    f"http://ho st/{SECRET}",
    f"http://host\t/{SECRET}",
    f"http://host/\u200b{SECRET}",
    f"http://host/\x1b[31m{SECRET}",
    f"http://аpi.openai.com/{SECRET}",
    f"http://１２７.0.0.1/{SECRET}",
    f"http://openai。com/{SECRET}",
    f"http://a..b/{SECRET}",
    f"http://-a.example/{SECRET}",
    f"http://host%2fevil/{SECRET}",
    f"http://127.1/{SECRET}",
    f"http://0x7f.0.0.1/{SECRET}",
    f"http://0177.0.0.1/{SECRET}",
    f"http://2130706433/{SECRET}",
    f"http://256.0.0.1/{SECRET}",
]
USABLE = {
    "https://api.openai.com/v1": "https://api.openai.com/v1",
    "https://api.openai.com/v1/": "https://api.openai.com/v1",
    "http://[::1]:8080/v1": "http://[::1]:8080/v1",
    "http://[2001:db8::1]/v1": "http://[2001:db8::1]/v1",
    "http://127.0.0.1:11434/v1": "http://127.0.0.1:11434/v1",
    "http://localhost:1": "http://localhost:1",
    "http://my_server:65535/a/b-c.d/~e": "http://my_server:65535/a/b-c.d/~e",
    "HTTPS://Host.Example/V1": "HTTPS://Host.Example/V1",
    "https://xn--r8jz45g.jp/v1": "https://xn--r8jz45g.jp/v1",
    "https://x.openai.azure.com/openai/v1/": "https://x.openai.azure.com/openai/v1",
    "https://gateway.example/proxy/a@1/%7Eb": "https://gateway.example/proxy/a@1/%7Eb",
}
VARIABLES = {
    "OPENAI_BASE_URL": "openai",
    "GOOGLE_GEMINI_BASE_URL": "gemini",
    "GOOGLE_VERTEX_BASE_URL": "vertex",
    "OLLAMA_BASE_URL": "ollama",
    "LMSTUDIO_BASE_URL": "lmstudio",
    "VLLM_BASE_URL": "vllm",
}


def in_environment(address: str, _: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGURA_BASE_URL", address)
    Settings.load()


def by_command(address: str, *_: object) -> None:
    done = CliRunner().invoke(cli, ["config", "base_url", "--", address])
    assert done.exception is not None and SECRET not in done.output
    raise done.exception


def decorated(address: str, *_: object) -> None:
    auto_finetune("me", settings=Settings(base_url=address))(str)


WAYS: dict[str, Callable[[str, Path, pytest.MonkeyPatch], object]] = {
    "environment": in_environment,
    "command": by_command,
    "write_file": lambda address, home, _: write_file(home, {"base_url": address}),
    "Settings": lambda address, *_: Settings(base_url=address),
    "with_": lambda address, *_: Settings().with_(base_url=address),
    "Assistant": lambda address, *_: Assistant(base_url=address),
    "OpenAIFinetune": lambda address, *_: OpenAIFinetune(settings=Settings(base_url=address)),
    "decorator": decorated,
}


def private(error: BaseException) -> str:
    """Everything of an error that is shown."""
    return "".join(traceback.format_exception(error)[-1:]) + str(error) + repr(error)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_address_is_refused_when_it_is_set(
    way: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in REFUSED:
        with pytest.raises(SettingsError, match="base_url") as caught:
            WAYS[way](address, home, monkeypatch)

        assert SECRET not in private(caught.value)
        assert "Write it like" in str(caught.value)


def test_the_file_of_settings_is_refused_with_it(home: Path) -> None:
    home.mkdir()
    for address in (one for one in REFUSED if one.isprintable()):
        (home / CONFIG_FILE).write_text(f"base_url = '{address}'\n", encoding="utf-8")

        with pytest.raises(SettingsError, match=rf"{CONFIG_FILE}: base_url") as caught:
            Settings.load()

        assert SECRET not in private(caught.value)


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_vendors_variable_is_refused_by_its_name(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in REFUSED:
        monkeypatch.setenv(variable, address)

        with pytest.raises(SettingsError, match=variable) as caught:
            keys.address(VARIABLES[variable], Settings())

        assert SECRET not in private(caught.value)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: open_provider("openai:gpt-6.1-terra", Settings()),
        lambda: open_embedder(Settings(embedder="openai:e")),
        lambda: default_model(Settings(model="")),
        lambda: door("openai:gpt", Settings()),
        lambda: Bucket("b", "p", 1, TuningFaults("vertex", "", "")).open(),
    ],
    ids=["provider", "embedder", "default", "status", "bucket"],
)
def test_whoever_uses_a_variable_learns_that_it_cannot_be_used(
    ask: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_BASE_URL", "OLLAMA_BASE_URL", "STORAGE_EMULATOR_HOST"):
        monkeypatch.setenv(variable, f"http://u:{SECRET}@host:1")

    with pytest.raises(SettingsError, match="has a user or a password in it") as caught:
        ask()

    assert SECRET not in private(caught.value)


@pytest.mark.parametrize("given", USABLE)
def test_what_is_an_address_is_kept(given: str, home: Path) -> None:
    write_file(home, {"base_url": given})

    assert keys.address("openai", Settings.load()) == USABLE[given]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0:11434", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        (":8080", "http://127.0.0.1:8080/v1"),
        ("gpu-box", "http://gpu-box:11434/v1"),
        ("gpu-box:1234", "http://gpu-box:1234/v1"),
        ("[::1]:1234", "http://[::1]:1234/v1"),
        ("[::]", "http://127.0.0.1:11434/v1"),
        ("http://gpu-box:1234/", "http://gpu-box:1234/v1"),
        ("https://ollama.example", "https://ollama.example/v1"),
        ("https://ollama.example/api/v1", "https://ollama.example/api/v1"),
    ],
)
def test_ollamas_own_variable_is_read_as_ollama_reads_it(
    host: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OLLAMA_BASE_URL")
    monkeypatch.setenv("OLLAMA_HOST", host)

    assert keys.address("ollama", Settings()) == address


@pytest.mark.parametrize(
    "host", [f"u:{SECRET}@h:1", f"h:abc{SECRET}", f"h:1?{SECRET}", f"h h{SECRET}", f"h:1#{SECRET}"]
)
def test_ollamas_own_variable_is_refused_like_any_other(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OLLAMA_BASE_URL")
    monkeypatch.setenv("OLLAMA_HOST", host)

    with pytest.raises(SettingsError, match="OLLAMA_HOST") as caught:
        keys.address("ollama", Settings())

    assert SECRET not in private(caught.value)


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("store", f"postgresql://ann:{SECRET}@host:abc/db"),
        ("store", f"postgresql://ann:{SECRET}@host:99999/db"),
        ("store", f"postgresql://ann:{SECRET}@[::1/db"),
        ("store", f"mysql://ann:{SECRET}@host/db"),
        ("store", f"ann:{SECRET}@host/db"),
        ("store", f"postgresql://ann:{SECRET}@ho st/db"),
        ("store", f"postgresql://ann:{SECRET}@host/db\n"),
        ("store", f"postgresql://ann:{SECRET}@x@host/db"),
        ("chroma", f"ann:{SECRET}@host:8000"),
        ("chroma", f"http://{SECRET}:8000"),
        ("chroma", f"{SECRET}:port"),
        ("chroma", f"{SECRET}:99999"),
        ("chroma", f"host:8000/{SECRET}"),
        ("local_servers", f"http://u:{SECRET}@127.0.0.1:1"),
        ("local_servers", f"http://127.0.0.1:1,http://127.0.0.1:2?key={SECRET}"),
        ("local_servers", f"http://{SECRET}.example"),
        ("local_servers", f"some, {SECRET}"),
    ],
)
def test_the_other_addresses_are_refused_too(
    name: str, value: str, variable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"KAGURA_{name.upper()}" if variable else "NOBODY", value)

    with pytest.raises(SettingsError, match=name) as caught:
        Settings.load() if variable else Settings.load(**{name: value})

    assert SECRET not in private(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("store", f"postgresql://ann:{SECRET}@host/db"),
        ("store", "postgresql+psycopg://ann:p%40ss%2Fword@[::1]:5432/db?sslmode=require"),
        ("store", "postgresql:///db?host=/var/run/postgresql"),
        ("chroma", "localhost:8000"),
        ("chroma", "[::1]:8000"),
        ("chroma", "8000"),
        ("local_servers", "none"),
        ("local_servers", "http://127.0.0.1:11434, http://[::1]:8000/v1"),
    ],
)
def test_the_other_addresses_are_kept(name: str, value: str) -> None:
    settings = Settings.load(**{name: value})

    assert getattr(settings, name) == value
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://u:p@h:1/a?b#c", "http://h:1/a"),
        ("https://h", "https://h"),
        ("http://[::1", "an address that is none"),
        ("http://h/\x1b[31mred <b>\n", "http://h/[31mred<b>"),
        ("http://h/" + "x" * 999, "http://h/" + "x" * 191),
    ],
)
def test_an_address_of_somebody_else_is_shown_without_what_it_carries(url: str, said: str) -> None:
    assert shown(url) == said


# --- what counts as this machine ---------------------------------------------------------------

OLLAMA, OTHER = "http://127.0.0.1:11434", "http://127.0.0.1:4000"
DOORS = [
    ("auto", OLLAMA, "ollama:llama3.2", True),
    ("auto", "http://localhost:1", "ollama:llama3.2", True),
    ("auto", "http://[::1]:1", "ollama:llama3.2", True),
    ("auto", "http://[::ffff:127.0.0.1]:1", "ollama:llama3.2", True),
    ("auto", "http://127.9.9.9:1", "ollama:llama3.2", True),
    ("auto", "http://127.0.0.1.evil.com", "ollama:llama3.2", False),
    ("auto", "http://localhost.evil.com", "ollama:llama3.2", False),
    ("auto", "http://0.0.0.0:1", "ollama:llama3.2", False),
    ("auto", "http://[::ffff:8.8.8.8]:1", "ollama:llama3.2", False),
    ("auto", "http://192.168.1.5:11434", "ollama:llama3.2", False),
    ("auto", OLLAMA, "ollama:gpt-oss:120b-cloud", False),
    ("auto", OLLAMA, "ollama:glm-4.6:cloud", False),
    ("auto", OLLAMA, "ollama:GLM-4.6:Cloud", False),
    ("auto", OLLAMA, "ollama:cloudy:latest", True),
    ("auto", OLLAMA, "openai:gpt-oss:120b-cloud", False),
    ("none", OLLAMA, "ollama:llama3.2", False),
    ("none", OLLAMA, "openai:gpt-oss", False),
    (OLLAMA, OLLAMA, "ollama:llama3.2", True),
    (OLLAMA, f"{OLLAMA}/v1/", "ollama:llama3.2", True),
    (f"{OTHER},{OLLAMA}/v1", OLLAMA, "ollama:llama3.2", True),
    (OLLAMA, OTHER, "openai:any", False),
    (OTHER, OTHER, "openai:any", True),
    (OLLAMA, OLLAMA, "ollama:glm-4.6:cloud", False),
    ("auto", OLLAMA, "gemini:gemini-3.8-flash", False),
]


@pytest.mark.parametrize(("listed", "address", "model", "here"), DOORS)
def test_what_stays_on_this_machine_is_the_users_decision(
    listed: str, address: str, model: str, here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in VARIABLES:
        monkeypatch.setenv(variable, address)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    monkeypatch.setenv("GEMINI_API_KEY", "sk-test-0123456789")
    settings = Settings(local_servers=listed, embedder=model.replace("any", "e"))
    embedder = open_embedder(settings)

    assert open_provider(model, settings).on_this_machine is here
    assert isinstance(embedder, RemoteEmbedder) and embedder.policy == (
        "off" if here else "secrets"
    )
    where = f"on this machine at {address}" if here else f"remote by way of {address}"
    assert door(model, settings).startswith(where.rstrip("/"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "practice"}, "on this machine: prompts are sent unmasked"),
        ({"model": "local:folder"}, "on this machine: prompts are sent unmasked"),
        ({"model": "ollama:qwen"}, "on this machine at http://127.0.0.1:9/v1: prompts are sent un"),
        (
            {"model": "ollama:qwen", "local_servers": "none"},
            "remote by way of http://127.0.0.1:9/v1: secrets are masked",
        ),
        (
            {"model": "ollama:glm:cloud", "prompts": "all"},
            "remote by way of http://127.0.0.1:9/v1: secrets and personal data are masked",
        ),
        ({"model": "openai:gpt"}, "remote by way of https://api.openai.com/v1: secrets are masked"),
        (
            {"model": "openai:gpt", "prompts": "off"},
            "remote by way of https://api.openai.com/v1: prompts are sent unmasked, because",
        ),
        (
            {"model": "gemini:projects/p/locations/us-central1/endpoints/1"},
            "remote by way of https://us-central1-aiplatform.googleapis.com: secrets are masked",
        ),
        ({"model": "claude:x"}, "nowhere: there is no such vendor"),
    ],
)
def test_the_status_says_where_prompts_go(
    changes: dict[str, str], said: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changes.items():
        monkeypatch.setenv(f"KAGURA_{name.upper()}", value)

    for command in ("status", "models", "dashboard --text"):
        shown = CliRunner().invoke(cli, command.split())
        assert said in " ".join(shown.output.split())


def test_what_is_masked_follows_the_decision(
    home: Path, monkeypatch: pytest.MonkeyPatch, openai_server: "object"
) -> None:
    secret = "gh" + "p_" + "a1B2" * 9
    server = openai_server
    assistant = Assistant(model="openai:gpt-6.1-terra", memory=False)

    assistant.ask(f"My token is {secret}")
    assistant.settings = assistant.settings.with_(local_servers="none")
    assistant.ask(f"My token is {secret}")

    open, masked = [str(one.body) for one in server.requests]  # type: ignore[attr-defined]
    assert secret in open and secret not in masked.rpartition("My token is")[2]
