"""trl's SFTTrainer over the rows of a file; prints the seconds of processor time of a step.

    trl_adapter.py ROWS MODEL EPOCHS

Runs where trl is installed. The last message of a row is what is learnt.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM
from trl import SFTConfig, SFTTrainer


def main(rows: str, model: str, epochs: str) -> None:
    """Train once."""
    chats = [json.loads(line)["messages"] for line in Path(rows).read_text("utf-8").splitlines()]
    data = Dataset.from_list([{"prompt": one[:-1], "completion": one[-1:]} for one in chats])
    with tempfile.TemporaryDirectory() as folder:
        config = SFTConfig(
            folder,
            per_device_train_batch_size=8,
            num_train_epochs=int(epochs),
            learning_rate=1e-3,
            gradient_checkpointing=False,
            bf16=False,
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = SFTTrainer(
            AutoModelForCausalLM.from_pretrained(model, dtype="float32"),
            config,
            train_dataset=data,
            peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"),
        )
        begun = time.process_time()
        done = trainer.train()
        print((time.process_time() - begun) / done.global_step)


if __name__ == "__main__":
    main(*sys.argv[1:])
