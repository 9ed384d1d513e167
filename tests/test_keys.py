"""Keys come from the environment, then the keyring, and appear nowhere else."""

import pytest

from kagura_nb import keys
from kagura_nb.addresses import is_loopback
from kagura_nb.errors import MissingKey, SettingsError
from kagura_nb.settings import Settings

SECRET = "sk-live-abcdefghij0123456789"


@pytest.mark.parametrize(
    ("vendor", "variable"),
    [
        ("openai", "OPENAI_API_KEY"),
        ("gemini", "GEMINI_API_KEY"),
        ("gemini", "GOOGLE_API_KEY"),
        ("vllm", "VLLM_API_KEY"),
    ],
)
def test_environment_holds_the_key(
    vendor: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f" {SECRET}\n")

    assert keys.find(vendor) == SECRET
    assert keys.has(vendor)


@pytest.mark.parametrize("vendor", ["openai", "gemini"])
def test_a_missing_key_names_both_cures(vendor: str) -> None:
    with pytest.raises(MissingKey, match=rf"%kagura config key {vendor}.*_API_KEY"):
        keys.find(vendor)

    assert not keys.has(vendor)


def test_the_keyring_keeps_a_key_until_it_is_forgotten(keyring_folder: None) -> None:
    keys.store("openai", SECRET)
    stored = keys.find("openai")
    keys.forget("openai")

    assert stored == SECRET
    assert not keys.has("openai")


def test_the_environment_goes_before_the_keyring(
    keyring_folder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.store("openai", "sk-from-the-keyring")
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)

    assert keys.find("openai") == SECRET

    keys.forget("openai")


def test_without_a_keyring_storing_names_the_variable() -> None:
    with pytest.raises(SettingsError, match=r"no keyring.*OPENAI_API_KEY") as caught:
        keys.store("openai", SECRET)

    assert SECRET not in repr(caught.value)


def test_forgetting_without_a_keyring_does_nothing() -> None:
    keys.forget("gemini")


@pytest.mark.parametrize(
    ("vendor", "key", "complaint"),
    [
        ("openai", "  ", "The key is empty"),
        ("ollama", SECRET, "'ollama' takes no key. Name one of openai, gemini, vllm"),
        ("claude", SECRET, "'claude' takes no key. Name one of openai, gemini, vllm"),
    ],
)
def test_what_cannot_be_stored_is_refused(vendor: str, key: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        keys.store(vendor, key)


def test_redact_removes_every_known_key(
    keyring_folder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "AIza-first-key")
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    keys.store("vllm", "token-in-the-keyring")

    redacted = keys.redact(f"{SECRET}, AIza-first-key and token-in-the-keyring")

    assert redacted == "[key], [key] and [key]"
    keys.forget("vllm")


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:11434/v1", True),
        ("http://127.9.9.9/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://localhost:1234", True),
        ("http://LOCALHOST", True),
        ("http://0.0.0.0:8000", False),
        ("http://192.168.1.5:8000/v1", False),
        ("https://api.openai.com/v1", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://127.0.0.1@example.com/v1", False),
        ("", False),
    ],
)
def test_only_loopback_is_this_machine(url: str, local: bool) -> None:
    assert is_loopback(url) is local


def test_settings_then_environment_then_the_usual_address(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Settings()
    usual = keys.address("openai", plain)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gateway.example/v1/")

    assert usual == "https://api.openai.com/v1"
    assert keys.address("openai", plain) == "https://gateway.example/v1"
    assert keys.address("openai", plain.with_(base_url="http://b/v1")) == "http://b/v1"
    assert keys.address("gemini", plain.with_(base_url="http://b/v1")).startswith("https://gen")
