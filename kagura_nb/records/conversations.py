"""What is said, and what is known about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal

DATED_FROM: Final = datetime(1971, 2, 1, tzinfo=UTC)
"""What is earlier has no known time: it was imported without one, and its time only keeps order."""

Role = Literal["system", "user", "assistant"]

GOOD_RATING = 4
"""Stars from which a conversation counts as good: shown as an example and ready for training."""

POOR_RATING = 2
"""Stars up to which a reply is never recalled as an answer."""

BY_USER = "by the user"
"""Why a conversation is kept out of training where no reason was given."""

UNKNOWN_TIME = "unknown"
"""In the place of a time that nobody knows."""

SHORT_ID = 6
"""Characters of an id's end that people see."""


def short(identifier: str) -> str:
    """The end of an id, which commands take for the whole."""
    return identifier[-SHORT_ID:]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat.

    Args:
        role: who speaks.
        content: what is said.
        name: the speaker's own name, where several people share a role.
    """

    role: Role
    content: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What one reply consumed.

    Args:
        prompt_tokens: tokens sent, cached ones included.
        completion_tokens: tokens received.
        cached_tokens: the part of `prompt_tokens` that the vendor bills at its cached price.
        written_tokens: the part of `prompt_tokens` billed at the price for writing to the cache.
        estimated: True where the provider reported nothing and the numbers are our estimate.
    """

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    written_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """One exchange as it is stored: the unit of rating, retrieval and training.

    Args:
        id: sortable identifier (ULID).
        session: the run of conversations that shares a history.
        created_at: when the prompt was sent, aware, in UTC; see `dated`.
        messages: the user's side, the last one being the prompt; what was imported may have its
            history before it, while the assistant's own is the session's earlier conversations.
        response: the model's reply, or the part of it that had arrived.
        model: `provider:model` that answered.
        complete: False where the reply was cut short.
        usage: tokens, where known.
        cost: price in USD, None where unknown.
        rating: 1 to 5 stars, None where unrated.
        comment: the words that came with the rating.
        correction: the reply as the user wishes it had been.
        tags: the user's labels, sorted.
        excluded: the reason why it never trains, None where it may.
        metadata: whatever else the caller recorded with it.
        reasoning: what the model thought before it replied; shown on demand, and never recalled,
            an example or trained on.
    """

    id: str
    session: str
    created_at: datetime
    messages: tuple[Message, ...]
    response: str
    model: str
    complete: bool = True
    usage: Usage | None = None
    cost: Decimal | None = None
    rating: int | None = None
    comment: str | None = None
    correction: str | None = None
    tags: tuple[str, ...] = ()
    excluded: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    reasoning: str = ""

    @property
    def dated(self) -> bool:
        """Whether it is known when the prompt was sent."""
        return self.created_at >= DATED_FROM

    def day(self) -> str:
        """The date on the user's calendar, `unknown` where it has none."""
        return f"{self.created_at.astimezone():%Y-%m-%d}" if self.dated else UNKNOWN_TIME

    @property
    def prompt(self) -> str:
        """The last thing the user said."""
        return self.messages[-1].content

    @property
    def reply(self) -> str:
        """The reply to learn from: the correction where there is one."""
        return self.response if self.correction is None else self.correction

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that somebody wrote, in the order of `rewritten`."""
        texts: list[str] = []
        self.rewritten(lambda text: texts.append(text) or text)  # type: ignore[func-returns-value]
        return tuple(texts)

    def rewritten(self, change: Callable[[str], str]) -> "Conversation":
        """The conversation with every text changed: who spoke, and all that was written."""
        messages = (
            replace(one, content=change(one.content), name=one.name and change(one.name))
            for one in self.messages
        )
        title = self.metadata.get("title")
        titled = {"title": change(title)} if isinstance(title, str) else {}
        return replace(
            self,
            metadata={**self.metadata, **titled},
            messages=tuple(messages),
            response=change(self.response),
            correction=self.correction and change(self.correction),
            comment=self.comment and change(self.comment),
            reasoning=self.reasoning and change(self.reasoning),
        )

    @property
    def good(self) -> bool:
        """Whether it may be an example and may train, as the store's column `good` has it."""
        return self.complete and self.excluded is None and bool(self.response) and self.liked

    @property
    def liked(self) -> bool:
        """Whether the reply to learn from is as the user wishes."""
        return self.correction is not None or (self.rating or 0) >= GOOD_RATING

    @property
    def poor(self) -> bool:
        """Whether its reply must not be repeated."""
        return self.correction is None and self.rating is not None and self.rating <= POOR_RATING


class Keep(Enum):
    """Stands for what stays as it is, since None means that there is nothing any more."""

    KEEP = "as it is"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Annotation:
    """What its owner has added to a conversation, or the part of it that changes.

    Args:
        id: the whole id of the conversation.
        rating: 1 to 5 stars, None for unrated.
        comment: the words that came with the rating, None for none.
        correction: the reply as the user wishes it had been, None for none.
        tags: all of the labels.
        excluded: the reason why it never trains, None where it may.
    """

    id: str
    rating: int | Literal[Keep.KEEP] | None = KEEP
    comment: str | Literal[Keep.KEEP] | None = KEEP
    correction: str | Literal[Keep.KEEP] | None = KEEP
    tags: tuple[str, ...] | Literal[Keep.KEEP] = KEEP
    excluded: str | Literal[Keep.KEEP] | None = KEEP


@dataclass(frozen=True, slots=True)
class Recalled:
    """A conversation that memory found, and why.

    Args:
        conversation: what was found.
        score: fused score, higher is better; only comparable within one search.
        lexical: its share from the words, 0 to 1.
        dense: cosine similarity of the vectors, -1 to 1.
    """

    conversation: Conversation
    score: float
    lexical: float
    dense: float


@dataclass(frozen=True, slots=True)
class Arm:
    """The side of a comparison that a session is on.

    Args:
        deployment: id of the deployment that has a share of the sessions.
        model: `provider:model` that it put in front.
        tuned: whether the session is in that share.
    """

    deployment: str
    model: str
    tuned: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    """The model that answers, and why it was chosen.

    Args:
        model: `provider:model`.
        reason: how the choice was made, in words for the user.
        arm: the side of a comparison that this makes, None where nothing is compared.
    """

    model: str
    reason: str
    arm: Arm | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a text that must not leave the machine.

    Args:
        type: the recognizer's label, for example `"EMAIL"`.
        start: offset of its first character in the original text.
        end: offset behind its last character.
        confidence: how sure the recognizer is, 0.5 to 1.
    """

    type: str
    start: int
    end: int
    confidence: float = 1.0
