"""A chat model of a few thousand random weights, with its tokenizer, template and LoRA adapter.

It says nothing sensible; it goes through every part that a real one does.
"""

from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CONTEXT = 4_096
TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def build(folder: Path) -> Path:
    """Write the model into `folder/model` and its adapter into `folder/adapter`."""
    torch.manual_seed(0)
    tokenizer = _tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )
    network = LlamaForCausalLM(config)
    network.lm_head.weight.data[tokenizer.eos_token_id] = 0  # it never ends by itself
    tokenizer.save_pretrained(folder / "model")
    network.save_pretrained(folder / "model")
    adapted = get_peft_model(network, LoraConfig(r=4, init_lora_weights=False))
    adapted.save_pretrained(folder / "adapter")
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    """Bytes as tokens: every text can be written."""
    special = ["</s>", "<system>", "<user>", "<assistant>"]
    names = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    bytewise = Tokenizer(models.BPE({name: index for index, name in enumerate(names)}, []))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=bytewise,
        eos_token="</s>",
        extra_special_tokens=special[1:],
        chat_template=TEMPLATE,
    )
