"""The practice model: a small chat model of our own, and the world that it was taught.

words.py       values: listed, invented, held out
language.py    what a language consists of; english.py, japanese.py fill it in
world.py       dialogues, rendered by the same `assemble` that the assistant uses
tokenizer.py   byte-level BPE and the chat template
pretrain.py    dialogues -> weights; `python -m kagura_nb.practice.pretrain`
export.py      weights -> model.onnx, what `kagura_nb.providers.practice` runs
exam.py        held-out wordings and values -> accuracy
owner.py       one invented user: liked conversations to train on, questions to measure by
model/         the shipped weights
"""
