"""What can go wrong between here and a vendor, each told in one line that names its cure.

A provider's module finds out which of these happened; here they get their words, so that every
vendor's failures read alike. No message carries a key: what a vendor says is shortened and
redacted.
"""

from dataclasses import dataclass

from kagura_nb import keys
from kagura_nb.errors import (
    ContextTooLong,
    KeyRejected,
    ProviderError,
    RateLimited,
    ReplyCut,
    ReplyLimitRefused,
    ServerFailed,
    ServerUnreachable,
    UnknownModel,
)
from kagura_nb.providers import quirks, refusals
from kagura_nb.redirects import Redirected

LONGEST_QUOTE = 200
SHORTEN = "Shorten the prompt, start a new session, or choose a model with a longer context"
START_COMMANDS = {
    "ollama": "Start it with `ollama serve`",
    "lmstudio": "Start its server (`lms server start`)",
    "vllm": "Start it with `vllm serve <model>`",
}


@dataclass(frozen=True, slots=True)
class Faults:
    """The failures of one model.

    Args:
        vendor: its entry in `keys.VENDORS`.
        model: its name there.
        address: the base URL that was asked.
    """

    vendor: str
    model: str
    address: str

    @property
    def title(self) -> str:
        """The vendor's name as people write it."""
        return keys.VENDORS[self.vendor].title

    def rejected(self) -> ProviderError:
        """The key is wrong."""
        return KeyRejected(
            f"{self.title} does not accept the key",
            f"Set another one: {keys.ways_to_set(self.vendor)}",
        )

    def forbidden(self, said: str) -> ProviderError:
        """The key is right and may not do this."""
        return KeyRejected(
            f"{self.title} does not let this key use {self.model}{quoted(said)}",
            "Choose another model with `%kagura use`, or allow it in the account",
        )

    def unknown(self, said: str) -> ProviderError:
        """There is no such model, or no such server at this address."""
        cure = "Choose another one with `%kagura use`"
        if self.vendor == "ollama":
            cure = f"Fetch it with `ollama pull {self.model}`"
        return UnknownModel(f"{self.title} has no model {self.model!r}{quoted(said)}", cure)

    def retired(self, said: str) -> ProviderError:
        """The vendor has shut the model down."""
        return UnknownModel(
            f"{self.title} has shut down {self.model!r}{quoted(said)}",
            "Choose a newer one with `%kagura use`",
        )

    def unreachable(self, why: str) -> ProviderError:
        """Nothing answers, or not in time."""
        cure = START_COMMANDS.get(self.vendor, "Check the address and the network, then try again")
        return ServerUnreachable(f"{self.title} at {self.address} {why}", cure)

    def redirected(self, elsewhere: Redirected) -> ProviderError:
        """The server sends the request on to another address; nothing is sent there."""
        return ServerUnreachable(f"{self.title} {onward(elsewhere)}", way_onward(self.vendor))

    def unforeseen(self, error: Exception) -> ProviderError:
        """The request could not be made, or its answer is of another form than the API's."""
        return ProviderError(
            f"The request to {self.title} at {self.address} failed ({type(error).__name__})",
            "Check the address, and the proxy and certificates in the environment",
        )

    def failing(self, status: int | None, said: str) -> ProviderError:
        """The server fails, also after the retries; without a status where it says 200 at first."""
        how = f" with HTTP {status}" if status else ""
        return ServerFailed(
            f"{self.title} at {self.address} fails{how}{quoted(said)}",
            "Try again in a while",
        )

    def limited(self, said: str) -> ProviderError:
        """Too many requests, also after the retries."""
        return RateLimited(
            f"{self.title} takes no more requests now{quoted(said)}",
            "Wait a minute, or choose another model with `%kagura use`",
        )

    def unpaid(self) -> ProviderError:
        """The account has no credit left; waiting does not help."""
        return RateLimited(
            f"The {self.title} account has no credit left",
            "Add credit to it, or choose another model with `%kagura use`",
        )

    def too_long(self, named: refusals.Named) -> ProviderError:
        """The conversation does not fit; the refusal may name numbers."""
        limit = f", which reads {named.context:,} tokens" if named.context else ""
        error = ContextTooLong(
            f"The conversation does not fit into the context of {self.model}{limit}", SHORTEN
        )
        error.context, error.sent = named.context, named.sent
        return error

    def reply_limit(self, named: refusals.Reply, said: str) -> ProviderError:
        """The limit of the reply is not one that the vendor takes."""
        error = ReplyLimitRefused(
            f"{self.title} does not take the limit of the reply{quoted(said)}",
            "Set a smaller one with `%kagura config max_reply_tokens`, or 0 for none",
        )
        error.longest, error.unknown = named.longest, named.unknown
        return error

    def cut(self, said: str = "") -> ProviderError:
        """The stream ended before the reply did."""
        return ReplyCut(f"The reply of {self.model} was cut short{quoted(said)}", "Ask again")

    def blocked(self, reason: str) -> ProviderError:
        """The vendor's filter stopped the reply."""
        return ProviderError(f"{self.title} blocked the reply ({reason})", "Say it in other words")

    def refused(self, said: str) -> ProviderError:
        """Anything else that the vendor does not accept."""
        if "temperature" in said:
            return ProviderError(
                f"{self.model} takes no temperature{quoted(said)}",
                "Leave it to the vendor with `%kagura config temperature -1`",
            )
        if quirks.ALTERNATION.search(said) or quirks.SYSTEM.search(said):
            return ProviderError(
                f"The chat template of {self.model} does not take this conversation{quoted(said)}",
                "Give the server another chat template, or choose another model with `%kagura use`",
            )
        return ProviderError(
            f"{self.title} refused the request{quoted(said)}", "Change the request and try again"
        )


def onward(elsewhere: Redirected) -> str:
    """What a redirect does, with both addresses."""
    there = f"on to {elsewhere.there}" if elsewhere.there else "elsewhere without saying where"
    said = f"at {elsewhere.asked} sends requests {there}, which is not followed"
    return keys.redact(said)


def way_onward(vendor: str) -> str:
    """What the user does about a redirect."""
    return f"If you trust the new address, {keys.way_to_address(vendor)}"


def quoted(said: str) -> str:
    """What the vendor said, in brackets: one line, shortened, without keys, its full stop and what
    a terminal would obey.
    """
    printed = "".join(one if one.isprintable() else " " for one in said)
    line = keys.redact(" ".join(printed.split())).rstrip(".")
    if len(line) > LONGEST_QUOTE:
        line = f"{line[:LONGEST_QUOTE]}…"
    return f" ({line})" if line else ""
