"""What is trained on, and how that goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from kagura_nb.records.conversations import Message

Method = Literal["sft", "dpo", "kto"]
"""How a model is trained: on good replies (supervised), on pairs of a better and a worse reply
(direct preference optimisation), or on replies that are good or poor each by itself (KTO)."""

Policy = Literal["label", "surrogate", "drop"]
"""What becomes of personal data before training, see `privacy.policies`."""

State = Literal[
    "planned",
    "approved",
    "uploading",
    "submitting",
    "queued",
    "running",
    "succeeded",
    "failed",
    "cancelled",
]
"""Of a job, in the order in which it goes through them; it ends in one of the last three."""


@dataclass(frozen=True, slots=True)
class Row:
    """One example to train on, already fit to leave the machine.

    Args:
        messages: what was said before the reply, the prompt last.
        reply: what the model shall say.
        rejected: what it shall rather not say; None where nothing is compared.
        good: False where `reply` is what it shall not say.
    """

    messages: tuple[Message, ...]
    reply: str
    rejected: str | None = None
    good: bool = True

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text, in the order of `rewritten`."""
        replies = (self.reply,) if self.rejected is None else (self.reply, self.rejected)
        return (*(one.content for one in self.messages), *replies)

    def rewritten(self, texts: Sequence[str]) -> "Row":
        """The row with other texts."""
        count = len(self.messages)
        messages = zip(self.messages, texts[:count], strict=True)
        return replace(
            self,
            messages=tuple(Message(one.role, text) for one, text in messages),
            reply=texts[count],
            rejected=None if self.rejected is None else texts[count + 1],
        )


@dataclass(frozen=True, slots=True)
class Dataset:
    """An immutable selection of conversations, ready to train on.

    Args:
        version: names the content: the same rows have the same version.
        method: what its rows are for.
        created_at: aware, in UTC.
        train_rows: rows to learn from.
        validation_rows: rows to measure on.
        train_tokens: tokens of the rows to learn from, as OpenAI counts a chat.
        validation_tokens: tokens of the others.
        longest: tokens of the longest row.
        estimated: True where the numbers of tokens are our estimate.
        policy: what became of personal data.
        code: version of the package that made it, and `+` what tells its code from any other.
        selection: which conversations were meant, in words.
        left_out: number of conversations that were left out, by reason.
        warnings: what its owner should know before training, a line each.
    """

    version: str
    method: Method
    created_at: datetime
    train_rows: int
    validation_rows: int
    train_tokens: int
    validation_tokens: int
    longest: int
    estimated: bool
    policy: Policy
    code: str
    selection: str
    left_out: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One run of fine-tuning.

    Args:
        id: sortable identifier (ULID); it travels in the vendor's metadata.
        dataset: version of what is trained on.
        backend: who trains, a name of `tuning.BACKENDS`.
        base_model: the vendor's name, hub id or folder of what is trained.
        method: how.
        epochs: how often each row is seen.
        state: how far it is.
        created_at: when it was planned, aware, in UTC.
        options: further hyperparameters by the backend's own names.
        remote_id: the vendor's name of the job; empty where it was looked for and not found.
        files: the vendor's names of what was uploaded.
        model: `provider:model` of the result.
        tokens: tokens billed, None while unknown.
        cost: price in USD, None while unknown.
        estimate: price in USD that was approved, None where unknown.
        share: of the sessions that the result shall answer; 0 leaves things as they are.
        problem: one line that says what went wrong, with its cure.
        address: where it went, without a password; empty on this machine, and where not known.
        remains: one line on what was uploaded; empty where nothing is left of it.
    """

    id: str
    dataset: str
    backend: str
    base_model: str
    method: Method
    epochs: int
    state: State
    created_at: datetime
    options: Mapping[str, Any] = field(default_factory=dict)
    remote_id: str | None = None
    files: tuple[str, ...] = ()
    model: str | None = None
    tokens: int | None = None
    cost: Decimal | None = None
    estimate: Decimal | None = None
    share: float = 1.0
    problem: str | None = None
    address: str = ""
    remains: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.state in ("succeeded", "failed", "cancelled")

    @property
    def lost(self) -> bool:
        """Whether it was given up because the vendor did not list it; it may still appear there."""
        return self.state == "failed" and self.remote_id == ""


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened to a job.

    Args:
        at: when, aware, in UTC.
        state: of the job then.
        message: one line for the user; empty where the numbers say it all.
        step: optimizer steps done.
        steps: optimizer steps in all.
        loss: training loss, mean cross-entropy of a token in nats (of a pair for dpo and kto).
        validation_loss: the same on the rows to measure on.
        tokens: tokens seen so far.
        memory: the most bytes that the training has had so far.
    """

    at: datetime
    state: State
    message: str = ""
    step: int | None = None
    steps: int | None = None
    loss: float | None = None
    validation_loss: float | None = None
    tokens: int | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting removed, and what it cannot undo.

    Args:
        conversations: how many were removed.
        trained: models, as `provider:model`, that were trained on some of them, and jobs that are
            at it.
        copies: a line for each file that was written out and may still say some of it.
    """

    conversations: int
    trained: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """The owner's agreement that training data goes to a vendor.

    Args:
        vendor: who gets the data.
        address: where it goes.
        given_at: when the owner agreed, aware, in UTC.
        version: of the text that was agreed to.
        withdrawn_at: when the owner took it back, None while it stands.
    """

    vendor: str
    address: str
    given_at: datetime
    version: str
    withdrawn_at: datetime | None = None
