"""What can go wrong between here and a vendor that trains, in the same words for all of them.

                             looking              sending files        starting a job
    never sent               ServerUnreachable    ServerUnreachable    ServerUnreachable
    sent, no whole answer    ServerUnreachable    ServerUnreachable    OutcomeUnknown
    408, 409, 5xx            ServerFailed         ServerFailed         OutcomeUnknown
    429                      RateLimited          RateLimited          RateLimited
    401                      KeyRejected          KeyRejected          TuningError
    403, 404                 KeyRejected          TuningError          TuningError
    any redirect             ServerUnreachable    TuningError          TuningError
    any other refusal        ServerFailed         TuningError          TuningError

A `ProviderError` may be tried again, a `TuningError` is final, and after `OutcomeUnknown` one may
only look. Whoever refuses a look, a proxy or the vendor, does not end the job, which goes on.
No message carries a key: what a vendor says is shortened and redacted.
"""

from dataclasses import dataclass
from typing import Literal

from kagura_nb import keys
from kagura_nb.errors import (
    KaguraError,
    KeyRejected,
    OutcomeUnknown,
    RateLimited,
    ServerFailed,
    ServerUnreachable,
    TuningError,
)
from kagura_nb.providers.faults import onward, quoted, way_onward
from kagura_nb.redirects import Redirected

Stage = Literal["look", "send", "start"]
"""What a request is for: to look (or to end or tidy up), to send files, or to start a job."""
LOCALLY = "train on this machine with `%kagura train --backend local`"
LET_GO = "let go of it with `%kagura jobs ID --abandon`"
SAYS_NOTHING = (408, 409)
"""Refusals that do not tell whether the request was taken, as a 5xx."""


@dataclass(frozen=True, slots=True)
class TuningFaults:
    """The failures of one vendor.

    Args:
        vendor: its entry in `keys.VENDORS`.
        address: the base URL that is asked.
        sign_in: how the user gives another key or account, an imperative sentence.
    """

    vendor: str
    address: str
    sign_in: str

    @property
    def title(self) -> str:
        """The vendor's name as people write it."""
        return keys.VENDORS[self.vendor].title

    def unsent(self) -> KaguraError:
        """There was no connection to send the request over."""
        return ServerUnreachable(
            f"{self._place} cannot be reached", "Check the address and the network, then try again"
        )

    def unanswered(self, stage: Stage) -> KaguraError:
        """The request went out and no whole answer came back."""
        if stage == "start":
            return self._unknown("gave no answer")
        return ServerUnreachable(f"{self._place} gave no answer", "Try again in a while")

    def refused(self, status: int, said: str, stage: Stage) -> KaguraError:
        """The vendor answered with an error.

        Args:
            status: of HTTP.
            said: the vendor's words.
            stage: what the request was for.
        """
        if status >= 500 or status in SAYS_NOTHING:
            problem = f"failed with HTTP {status}{quoted(said)}"
            if stage == "start":
                return self._unknown(problem)
            return ServerFailed(f"{self._place} {problem}", "Try again in a while")
        if status == 429:
            return RateLimited(
                f"{self.title} takes no more requests now{quoted(said)}", "Try again in a while"
            )
        if status == 401:
            kind = TuningError if stage == "start" else KeyRejected
            return kind(f"{self.title} does not know who asks", self.sign_in)
        if status == 403:
            return self._forbidden(said, stage)
        return self._missing(said, stage) if status == 404 else self._final(said, stage)

    def redirected(self, elsewhere: Redirected, stage: Stage) -> KaguraError:
        """The vendor sends the request on to another address; nothing is sent or begun there."""
        kind = ServerUnreachable if stage == "look" else TuningError
        begun = ", and nothing was begun" if stage == "start" else ""
        return kind(f"{self.title} {onward(elsewhere)}{begun}", way_onward(self.vendor))

    def ended(self, said: str, stage: Stage) -> KaguraError:
        """The vendor trains no more for this account."""
        if stage == "look":
            return self._forbidden(said, stage)
        return TuningError(
            f"{self.title} no longer trains models for this account{quoted(said)}",
            f"Name another vendor of the same API with `%kagura config base_url`, or {LOCALLY}",
        )

    def failed(self, said: str) -> str:
        """The line that tells why a job has failed."""
        reason = said or "it does not say why"
        cure = "Correct what it names, then train again with `%kagura train`"
        return str(TuningError(f"{self.title} could not train the model{quoted(reason)}", cure))

    def nameless(self, job: str) -> str:
        """The line that tells of a job that has succeeded without a result."""
        cure = f"Look at {job} in the vendor's console"
        return str(TuningError(f"{self.title} has trained the model but does not name it", cure))

    def _forbidden(self, said: str, stage: Stage) -> KaguraError:
        if stage == "look":
            return KeyRejected(
                f"{self.title} does not let this account look after its jobs{quoted(said)}",
                "Let it in the vendor's console, or use the account that started the job",
            )
        return TuningError(
            f"{self.title} does not let this account train{quoted(said)}",
            f"Let it in the vendor's console, or {LOCALLY}",
        )

    def _missing(self, said: str, stage: Stage) -> KaguraError:
        if stage == "look":
            return KeyRejected(
                f"{self._place} does not show the job to this account{quoted(said)}",
                f"Use the account that started it, or {LET_GO}",
            )
        return TuningError(
            f"{self._place} has no such model or file{quoted(said)}",
            "Check the model's name, and that address and account are those of the job",
        )

    def _final(self, said: str, stage: Stage) -> KaguraError:
        if stage == "look":
            return ServerFailed(
                f"{self._place} does not tell of the job{quoted(said)}",
                f"Correct what it names, or {LET_GO}",
            )
        return TuningError(
            f"{self.title} refused the request{quoted(said)}",
            "Correct what it names, then train again with `%kagura train`",
        )

    def _unknown(self, problem: str) -> KaguraError:
        return OutcomeUnknown(
            f"{self._place} {problem}, so the job may or may not have been taken",
            "Look with `%kagura jobs`, which finds it if it was; it is not started twice",
        )

    @property
    def _place(self) -> str:
        return f"{self.title} at {self.address}"


def never_sent() -> tuple[type[Exception], ...]:
    """What both SDKs' HTTP client raises while there is no connection yet."""
    import httpx2

    return (
        httpx2.ConnectError,
        httpx2.ConnectTimeout,
        httpx2.PoolTimeout,
        httpx2.ProxyError,
        httpx2.UnsupportedProtocol,
    )
