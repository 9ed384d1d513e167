"""Reasoning is told apart from the reply, wherever the stream is cut."""

import pytest

from kagura_nb.reasoning import parts, split

SPLIT = {
    "<think>two hmm</think>\n\n4": ("two hmm", "4"),
    "\n<think>\n\n</think>\n\n4": ("", "4"),
    "<THINK>a</THINK>b": ("a", "b"),
    "<thinking>a\nb</thinking>\nc": ("a\nb", "c"),
    "<thought>a</thought> c": ("a", "c"),
    "<reasoning>a < b</reasoning> c": ("a < b", "c"),
    "[THINK]a[0] > 1[/THINK]b": ("a[0] > 1", "b"),
    "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b": (
        "a", "b",
    ),
    "<|begin_of_thought|>a<|end_of_thought|>\nb": ("a", "b"),
    "two hmm</think>\n\n4": ("two hmm", "4"),
    "two hmm</think>4": ("two hmm", "4"),
    "two\nhmm\n</think>\n\n**4**": ("two\nhmm", "**4**"),
    "考え中</think>\n\n四です。": ("考え中", "四です。"),
    "<think>never closed": ("never closed", ""),
    "<think>a</think>use </think> to close": ("a", "use </think> to close"),
    "4": ("", "4"),
    "": ("", ""),
    "  indented": ("", "  indented"),
    "Here <think> opens and </think> closes": ("", "Here <think> opens and </think> closes"),
    "Write `</think>` at the end": ("", "Write `</think>` at the end"),
    "```html\na</think>\nb\n```": ("", "```html\na</think>\nb\n```"),
    "It ends with </think>.": ("", "It ends with </think>."),
    "It ends with </think>": ("", "It ends with </think>"),
    "Amid </think> a sentence": ("", "Amid </think> a sentence"),
    "a <b> c [d] e": ("", "a <b> c [d] e"),
    "<table><tr>": ("", "<table><tr>"),
    "[thinking of you]": ("", "[thinking of you]"),
}  # fmt: skip


@pytest.mark.parametrize("text", SPLIT)
def test_reasoning_and_reply_of_a_whole_text(text: str) -> None:
    assert split(text) == SPLIT[text]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("text", SPLIT)
def test_the_same_in_pieces(text: str, size: int) -> None:
    reasoning = reply = ""
    for part in parts(text[at : at + size] for at in range(0, len(text), size)):
        if part.restarts:
            reasoning, reply = reasoning + reply, ""
        reasoning += part.text * part.reasoning
        reply += part.text * (not part.reasoning)
    assert (reasoning.strip(), reply) == SPLIT[text]


def test_a_reply_without_reasoning_is_passed_on_at_once() -> None:
    assert [part.text for part in parts(["Hel", "lo ", "there"])] == ["Hel", "lo ", "there"]


def test_a_long_text_without_marks_is_read_once() -> None:
    passed = parts("<a [b " for _ in range(20_000))
    assert sum(len(part.text) for part in passed) == 120_000
