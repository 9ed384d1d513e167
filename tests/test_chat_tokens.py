"""Who speaks is the template's word: nothing that people say becomes a control token."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
import tiny_llama
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
)
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from kagura_nb.providers.chat_tokens import chat_tokens
from kagura_nb.providers.practice import MODEL

Chat = list[dict[str, str]]

SPECIAL = (
    "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|start_header_id|>",
    "<|end_header_id|>", "<|eot_id|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>",
    "[INST]", "[/INST]", "<bos>", "<｜User｜>", "|||TURN|||", "<|reserved_1|>", "<|reserved_12|>",
)  # fmt: skip
UNMARKED = (
    "<start_of_turn>", "<end_of_turn>", "<tool_call>", "</tool_call>", "<think>", "</think>",
    "[TOOL_CALLS]", "▁<PRE>",
)  # fmt: skip
ALL = (*SPECIAL, *UNMARKED)

TEMPLATES = {
    "chatml": "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "llama-3": "<|begin_of_text|>{% for m in messages %}{{ '<|start_header_id|>' + m['role'] + "
    "'<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}",
    "zephyr": "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + eos_token }}\n"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}",
    "mistral": "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %}"
    "{{ m.content + eos_token }}{% else %}[INST] {{ m.content }} [/INST]{% endif %}{% endfor %}",
    "gemma": "<bos>{% for m in messages %}<start_of_turn>"
    "{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content | trim }}<end_of_turn>\n"
    "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}",
    "phi": "{% for m in messages %}{{ '<|' ~ m.role ~ '|>' }}{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}",
    "deepseek": "{% for m in messages %}<｜User｜>{{ m.content.split('</think>')[-1] }}"
    "{% endfor %}<think>",
    "plain": "{% for m in messages %}USER:{{ m.content }}{% endfor %}",
    "generation": "{% for m in messages %}<|{{ m.role }}|>{% generation %}{{ m.content }}"
    "<|end|>{% endgeneration %}{% endfor %}",
    "last only": "<|user|>{{ messages[-1].content }}<|end|><|assistant|>",
    "repeated": "{% for m in messages %}<|user|>{{ m.content }}\n{{ m.content }}{% endfor %}",
    "lower": "{% for m in messages %}<|user|>{{ m.content | lower }}<|end|>{% endfor %}",
    "upper": "{% for m in messages %}[INST]{{ m.content | upper }}[/INST]{% endfor %}",
    "json": "{% for m in messages %}<|user|>{{ m | tojson }}<|end|>{% endfor %}",
    "sewn": "{% for m in messages %}<|{{ m.content.replace('-', '') }}|><{{ m.content }}>"
    "{% endfor %}",
    "sliced": "{% for m in messages %}<s>{{ m.content[1:-1] }}</s>{% endfor %}",
    "pieces": "{% for m in messages %}<s>{{ m.content.split() | join('') }}</s>{% endfor %}",
    "letters": "{% for m in messages %}{% for c in m.content %}{{ c }}{% endfor %}</s>{% endfor %}",
}
CHANGING = ("deepseek", "sewn", "sliced", "json")
"""Templates that look into what people said, where the disguise shows."""


def fast(backend: Tokenizer, template: str = TEMPLATES["chatml"]) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", chat_template=template
    )


def bytewise(template: str) -> PreTrainedTokenizerFast:
    """Bytes as tokens, so that every text can be written and read; and everybody's controls."""
    names = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE({name: index for index, name in enumerate(names)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(list(SPECIAL))
    backend.add_tokens([AddedToken(one, normalized=False) for one in UNMARKED])
    backend.add_tokens(["USER:"] if "USER:" in template else [])
    return fast(backend, template)


def pieces() -> PreTrainedTokenizerFast:
    """As SentencePiece has them: its model knows the control tokens as pieces too."""
    vocabulary = [("<unk>", 0.0), *((one, -1.0) for one in ALL)]
    letters = "abcdefghijklmnopqrstuvwxyz▁<>/|[]_:"
    backend = Tokenizer(models.Unigram([*vocabulary, *((one, -9.0) for one in letters)], 0))
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    backend.decoder = decoders.Metaspace(prepend_scheme="first")
    backend.add_special_tokens([*SPECIAL, *UNMARKED])
    return fast(backend)


def words() -> PreTrainedTokenizerFast:
    """Whole words, the control tokens among them."""
    known = [*ALL, "<unk>", "hello", "user", "system", "\n", " "]
    vocabulary = {one: at for at, one in enumerate(known)}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.add_special_tokens(list(ALL))
    return fast(backend)


def merged() -> PreTrainedTokenizerFast:
    """Its merges make a control token out of letters, and its blanks are a token of their own."""
    parts = ["<", "s", ">", "/", "<s", "<s>", "</", "</s", "</s>"]
    letters = [*sorted({*pre_tokenizers.ByteLevel.alphabet()} - {*"<s>/"}), *parts]
    merges = [("<", "s"), ("<s", ">"), ("<", "/"), ("</", "s"), ("</s", ">")]
    backend = Tokenizer(models.BPE({one: at for at, one in enumerate(letters)}, merges))  # type: ignore[arg-type]
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(list(SPECIAL))
    backend.add_tokens([AddedToken(one, normalized=True, rstrip=True) for one in UNMARKED])
    backend.add_tokens([AddedToken("  ", normalized=False)])
    return fast(backend)


def normalized() -> PreTrainedTokenizerFast:
    """It folds case and width before it looks for control tokens."""
    tokenizer = bytewise(TEMPLATES["chatml"]).backend_tokenizer
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.add_tokens([AddedToken("<|folded|>", normalized=True)])
    return fast(tokenizer)


@cache
def practice() -> PreTrainedTokenizerFast:
    return AutoTokenizer.from_pretrained(MODEL)  # type: ignore[no-any-return]


TOKENIZERS: Mapping[str, Callable[[], PreTrainedTokenizerFast]] = {
    "tiny": cache(tiny_llama._tokenizer),
    "practice": practice,
    "pieces": cache(pieces),
    "words": cache(words),
    "merged": cache(merged),
    "normalized": cache(normalized),
    **{name: cache(lambda name=name: bytewise(TEMPLATES[name])) for name in TEMPLATES},  # type: ignore[misc]
}


def controls(tokenizer: Any) -> dict[int, str]:
    """The ids that must not come from what people said, found without the code under test."""
    added = tokenizer.added_tokens_decoder.items()
    phrases = {id for id, token in added if not token.special and tokenizer is practice()}
    return {
        id: token.content
        for id, token in added
        if id not in phrases and token.content.strip() and id != tokenizer.unk_token_id
    }


@cache
def said(name: str) -> st.SearchStrategy[str]:
    """Anything, with control tokens, their parts, and what folds or joins into them."""
    known = st.sampled_from([*controls(TOKENIZERS[name]()).values(), "<|system|>", "</s>"])
    parts = known.flatmap(lambda one: st.sampled_from([one[:-1], one[1:], one[:3], one[1:-1]]))
    folded = known.map(lambda one: one.upper().replace("<", "＜"))
    broken = known.map("-".join)
    blank = st.sampled_from([" ", "\n", "  ", "▁", "\u200b", "\ufffe", "\U000f0000", "system", ""])
    return st.lists(
        st.one_of(known, parts, folded, broken, blank, st.text(max_size=4)), max_size=8
    ).map("".join)


def chat(texts: tuple[str, str, str]) -> Chat:
    roles = ("system", "user", "assistant")
    return [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)] + [
        {"role": "user", "content": texts[1]}
    ]


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_roles_are_those_of_the_messages_alone(name: str, data: st.DataObject) -> None:
    tokenizer = TOKENIZERS[name]()
    texts = data.draw(st.tuples(said(name), said(name), said(name)))
    control = controls(tokenizer)

    ids = chat_tokens(tokenizer).encode(chat(texts), open_reply=True)
    harmless = chat_tokens(tokenizer).encode(chat(("a", "a", "a")), open_reply=True)

    assert [id for id in ids if id in control] == [id for id in harmless if id in control]
    assert all(id not in control for id in chat_tokens(tokenizer)._ids(texts[0]))


@pytest.mark.parametrize("name", ["tiny", "practice", *sorted({*TEMPLATES} - {*CHANGING})])
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_was_said_stays_word_for_word(name: str, data: st.DataObject) -> None:
    tokenizer = TOKENIZERS[name]()
    messages = chat(data.draw(st.tuples(said(name), said(name), said(name))))

    ids = chat_tokens(tokenizer).encode(messages, open_reply=True)

    rendered = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert tokenizer.decode(ids, clean_up_tokenization_spaces=False) == rendered


@pytest.mark.parametrize("name", sorted({*TOKENIZERS} - {*CHANGING}))
@pytest.mark.parametrize("open_reply", [True, False])
def test_harmless_chats_have_the_tokens_that_transformers_gives_them(
    name: str, open_reply: bool
) -> None:
    tokenizer = TOKENIZERS[name]()
    messages = chat(
        ("Be brief.", " what is\n\n> 猫? ", "a  cat\nAssistant:\n> it says 'meow' 12345")
    )

    ids = chat_tokens(tokenizer).encode(messages, open_reply=open_reply)

    usual = tokenizer.apply_chat_template(
        messages, return_dict=False, add_generation_prompt=open_reply
    )
    assert ids == usual


def test_the_practice_model_reads_what_is_said_as_text() -> None:
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    special = practice().all_special_ids
    said = "".join(practice().all_special_tokens)

    ids = tokenizer.encode(f"x{said}x").ids

    assert not set(ids) & set(special)
    assert tokenizer.decode(ids) == f"x{said}x"


def test_there_are_no_roles_but_three() -> None:
    with pytest.raises(ValueError, match="there is no role '</s><system>'"):
        chat_tokens(practice()).encode([{"role": "</s><system>", "content": ""}], open_reply=True)
