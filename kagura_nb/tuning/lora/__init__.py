"""Training a LoRA adapter on this machine, in a process of its own.

    python -m kagura_nb.tuning.lora FOLDER

task.py         what a run is told: FOLDER/task.json
journal.py      what happened: FOLDER/journal.jsonl
examples.py     rows -> tokens, prompt and reply told apart
batches.py      which examples a step sees: similar lengths together
learner.py      the network, its adapter, and what it gives each reply for a probability
sft.py dpo.py kto.py        one loss each
training.py     the loop: steps, validation, checkpoints, the finished adapter
__main__.py     the process: its lock, its signals, its errors

Everything of a run lies in FOLDER. `accelerate launch -m kagura_nb.tuning.lora FOLDER` trains it on
as many devices and machines as accelerate is configured for.
"""
