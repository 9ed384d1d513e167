"""A chat as tokens: who speaks is the chat template's word, what people said is always text.

A tokenizer finds its control tokens (`</s>`, `<|im_start|>`) anywhere in the text that a template
renders, so that a message that holds one would go on as another role. Therefore:

    1. Messages go through the template in disguise: the characters that control tokens begin with
       become private-use characters that the chat does not hold, and a guard stands at both ends
       of each message. Whatever the template does with them, no control token comes out of them.
    2. Each control token in what the template renders is then its own, and gets a secret name.
    3. The disguise comes off. A copy of the tokenizer, which knows control tokens by their secret
       names only and gives them the same ids, makes tokens of it all.

Other texts have the tokens that transformers gives them. Its own `split_special_tokens` is of no
use here: it takes the template's control tokens for text too, and knows nothing of those that are
not marked as special, such as `<tool_call>`.
"""

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_args

from kagura_nb.records import Role

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PRIVATE_USE = range(0xF0000, 0xFFFFE)
"""Characters that Unicode leaves without a meaning, its plane 15."""
BRACKETED = re.compile(r"[<\[{|].*[>\]}|]", re.DOTALL)
"""What control tokens look like where they are not marked as special; phrases that a tokenizer
takes for one token do not."""
BLANK = " \t\r\n▁"
BYTE = re.compile(r"<0x[0-9A-F]{2}>")
"""One byte of a character outside of the vocabulary, which is text."""


@dataclass(frozen=True, slots=True)
class ChatTokens:
    """Makes tokens of chats.

    Args:
        tokenizer: of transformers, with a chat template.
        named: its copy.
        names: the secret name of each control token.
    """

    tokenizer: Any
    named: "Tokenizer"
    names: Mapping[str, str]

    def encode(self, chat: Sequence[Mapping[str, str]], *, open_reply: bool) -> list[int]:
        """The tokens of a chat.

        Args:
            chat: messages with `role` and `content`; whatever else they have is left out.
            open_reply: go on to where the reply begins.

        Raises:
            ValueError: a role that there is not.
            Exception: whatever the template raises.
        """
        guard, disguise = self._disguise(chat)
        said = [
            {"role": _role(one), "content": _guarded(one["content"].translate(disguise), guard)}
            for one in chat
        ]
        rendered = self.tokenizer.apply_chat_template(
            said, tokenize=False, add_generation_prompt=open_reply
        )
        spoken = self._control.sub(lambda found: self.names[found[0]], rendered)
        undone = {ord(other): chr(own) for own, other in disguise.items()} | {ord(guard): ""}
        return self._ids(spoken.translate(undone))

    def count(self, text: str) -> int:
        """How many tokens a text has in a message."""
        return len(self._ids(text))

    def _ids(self, text: str) -> list[int]:
        return self.named.encode(text, add_special_tokens=False).ids

    def _disguise(self, chat: Sequence[Mapping[str, str]]) -> tuple[str, dict[int, str]]:
        """A guard, and what stands for each character that control tokens begin with."""
        said = set().union(*(one["content"] for one in chat))
        free = (character for code in PRIVATE_USE if (character := chr(code)) not in said)
        first = sorted({token.lstrip()[0] for token in self.names})
        return next(free), dict(zip(map(ord, first), free, strict=False))

    @property
    def _control(self) -> re.Pattern[str]:
        """Finds control tokens, the longest of those that begin at the same place."""
        ordered = sorted(self.names, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, ordered)) or r"(?!)")


@lru_cache(maxsize=2)
def chat_tokens(tokenizer: Any) -> ChatTokens:
    """Prepare a tokenizer, which takes up to seconds for a large vocabulary.

    Args:
        tokenizer: a fast one of transformers, with a chat template.
    """
    from tokenizers import Tokenizer

    written = json.loads(tokenizer.backend_tokenizer.to_str())
    secret = secrets.token_hex(8)
    control = {one["content"] for one in written["added_tokens"] if _controls(one, tokenizer)}
    names = {token: f"{secret}x{at}x" for at, token in enumerate(sorted(control))}
    return ChatTokens(tokenizer, Tokenizer.from_str(json.dumps(_renamed(written, names))), names)


def _controls(added: Mapping[str, Any], tokenizer: Any) -> bool:
    """Whether an added token says who speaks, or the like, and is no text."""
    token = added["content"]
    if not token.strip(BLANK) or BYTE.fullmatch(token):
        return False
    marked = added["special"] or BRACKETED.fullmatch(token.strip(BLANK)) is not None
    return marked or (not token.isalnum() and token in str(tokenizer.chat_template))


def _renamed(written: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A tokenizer's file with other names for some tokens, and without what belongs to no text."""
    added = [
        {**one, "content": names.get(one["content"], one["content"])}
        for one in written["added_tokens"]
    ]
    model = {**written["model"], **dict(_model_parts(written["model"], names))}
    unused = dict.fromkeys(("truncation", "padding", "post_processor"))
    return {**written, **unused, "added_tokens": added, "model": model}


def _model_parts(model: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """The parts of a tokenizer's model that name tokens; no merge may make a renamed one."""
    vocabulary = model["vocab"]
    if isinstance(vocabulary, dict):
        yield "vocab", {names.get(token, token): at for token, at in vocabulary.items()}
    else:
        yield "vocab", [[names.get(token, token), *score] for token, *score in vocabulary]
    if model.get("unk_token") is not None:
        yield "unk_token", names.get(model["unk_token"], model["unk_token"])
    if "merges" in model:
        yield "merges", [one for one in model["merges"] if names.keys().isdisjoint(_made(one))]


def _made(merge: str | Sequence[str]) -> tuple[str, ...]:
    """The tokens of a merge: both parts and what becomes of them."""
    parts = merge.split(" ") if isinstance(merge, str) else merge
    return (*parts, "".join(parts))


def _role(message: Mapping[str, str]) -> str:
    if message["role"] not in get_args(Role):
        raise ValueError(f"there is no role {message['role']!r}")
    return message["role"]


def _guarded(text: str, guard: str) -> str:
    """The guards stand inside of white space, so that a template may trim that."""
    core = text.strip()
    return text.replace(core, f"{guard}{core}{guard}", 1) if core else text
