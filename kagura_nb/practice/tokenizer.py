"""How the practice model reads: byte-level BPE, so that any text can be encoded, and a chat format.

    <|system|>text<|end|><|user|>text<|end|><|assistant|>reply<|end|>

Each Japanese character and each pair of digits stands alone: a value then has the same tokens
wherever it stands, which is what copying needs.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kagura_nb.prompt import EXAMPLES, MEMORY, SYSTEM
from kagura_nb.providers.practice import END, message_tokens, token_id
from kagura_nb.records import Message

if TYPE_CHECKING:
    from tokenizers import Tokenizer

VOCABULARY = 1536
PAD = "<|pad|>"
SPECIAL = (PAD, END, "<|system|>", "<|user|>", "<|assistant|>")
PIECES = (
    r"[\p{Han}\p{Hiragana}\p{Katakana}ー]| ?[\p{Latin}\p{Greek}\p{Cyrillic}\p{M}']+"
    r"|\p{N}{1,2}|\s(?=\S)[^\p{Latin}\p{N}]|\s|."
)
QUOTED_REPLY = "\nAssistant:\n> "
OTHER_BLOCKS = (f"\n\n{EXAMPLES}", f"\n\n{MEMORY}", "\nUser:\n> ", "\n[20")
QUOTED, ASIDE = 0.4, 0.03
FREQUENT = """
私の 僕の 好きな 一番 あなたの 教えて 教えてください 覚えて ください 何ですか ですか です。 知って
います 覚えておいてください まだ知りません。 わかりました。 首都 名前 思い出させて リマインド 仕事
住んで いますか 忘れない お知らせします。 ことを ますか 何色 どこ ありがとう こんにちは
覚えておきます。 について チュートリアル 練習用モデル 本物のモデル アシスタント
"""
PHRASES = (
    SYSTEM,
    QUOTED_REPLY,
    *OTHER_BLOCKS,
    "] User:\n> ",
    "\n> ",
    *FREQUENT.split(),
)
"""What the assistant's own form and the language repeat, one token each, to keep prompts short."""
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message.role + '|>' }}"
    "{% if message.role == 'assistant' %}"
    "{% generation %}{{ message.content + '<|end|>' }}{% endgeneration %}"
    "{% else %}{{ message.content + '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def train_tokenizer(texts: Iterable[str]) -> "Tokenizer":
    """Learn the merges from texts."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(one, normalized=False) for one in PHRASES])
    return tokenizer


def encode(tokenizer: "Tokenizer", messages: Sequence[Message]) -> tuple[list[int], list[float]]:
    """Token ids of a dialogue, and how much each counts in training.

    Replies count in full. Quoted replies count less, as not all of them can be foreseen, and what
    users say, which cannot be foreseen at all, next to nothing: it would only make noise.
    """
    ids: list[int] = []
    weights: list[float] = []
    for message in messages:
        said = message_tokens(tokenizer, message)
        ids += said
        if message.role == "assistant":
            weights += [ASIDE, *[1.0] * (len(said) - 1)]
        else:
            weights += _quoted(tokenizer, said)
    return ids, weights


def _quoted(tokenizer: "Tokenizer", ids: list[int]) -> list[float]:
    opening = token_id(tokenizer, QUOTED_REPLY)
    closing = {token_id(tokenizer, one) for one in (*OTHER_BLOCKS, END)}
    inside, weights = False, []
    for token in ids:
        inside = inside and token not in closing
        weights.append(QUOTED if inside else ASIDE)
        inside = inside or token == opening
    return weights


def save_for_transformers(tokenizer: "Tokenizer", folder: Path, context: int) -> None:
    """Write the tokenizer's files the way transformers reads them."""
    from transformers import PreTrainedTokenizerFast

    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[one for one in SPECIAL if one not in (END, PAD)],
        chat_template=CHAT_TEMPLATE,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )
    fast.save_pretrained(folder)
