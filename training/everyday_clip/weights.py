"""Models as folders of OpenCLIP's files: written from the training code's weights, and read back into them."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from . import texts
from .model import Clip
from .trunk import Trunk

MODEL, TABLE = "open_clip_model.safetensors", "table.safetensors"  # of a folder: the model, and beside it the phrases' embeddings
LICENSE = "research and education only: trained in part on photographs of ImageNet and CIFAR-10, see the model card"
DESCRIPTION = (
    "A small CLIP of photographs and drawings of everyday things: animals, food, clothes, vehicles, household things, scenes and weather."
)


def record(template: str) -> dict:
    """record.json: what the project's own converter puts into a model's record."""
    templates = list(dict.fromkeys([template, *texts.CANDIDATES]))
    return {"name": "everyday-clip", "description": DESCRIPTION, "license": LICENSE, "default_template": template, "templates": templates}


def save_folder(clip: Clip, tokenizer: Tokenizer, template: str, folder: Path) -> None:
    """A folder of OpenCLIP's files in f32."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: w.float().clone(memory_format=torch.contiguous_format) for name, w in clip.named().items()}, folder / MODEL, metadata={"format": "pt"})
    special = {"bos_token": texts.START, "eos_token": texts.END, "unk_token": texts.END, "pad_token": texts.END}
    about = special | {"model_max_length": texts.CONTEXT, "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    small = {"open_clip_config.json": clip.config(), "record.json": record(template), "tokenizer_config.json": about, "special_tokens_map.json": special}
    for name, content in small.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")
    (folder / "tokenizer.json").write_text(tokenizer.to_str())


def load_folder(folder: Path, state: dict[str, torch.Tensor]) -> tuple[Clip, Tokenizer]:
    """The model of a folder and its tokenizer; `state` is the trunk's package checkpoint, which gives the shapes."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    clip = Clip(Trunk(state), tokenizer.get_vocab_size(), tokenizer.token_to_id(texts.END))
    saved = load_file(folder / MODEL)
    clip.load_named(saved)
    return clip, tokenizer
