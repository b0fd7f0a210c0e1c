"""Models as ordinary Hugging Face folders: written from the training code's weights, and read back into them."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from . import texts
from .data import SIDE
from .model import Clip

LICENSE = "research and education only: trained in part on Tiny ImageNet and CIFAR-10, see the model card"
DESCRIPTION = (
    "A small CLIP of photographs and drawings of everyday things: animals, food, clothes, vehicles, household things, scenes and weather; "
    "colours of plain grounds, counts, places and sizes in drawings."
)


def preprocessor() -> dict:
    """preprocessor_config.json of a CLIPImageProcessor."""
    half = [0.5, 0.5, 0.5]
    return {"image_processor_type": "CLIPImageProcessor", "do_convert_rgb": True, "do_resize": True, "size": {"shortest_edge": SIDE}, "resample": 3, "do_center_crop": True,
            "crop_size": {"height": SIDE, "width": SIDE}, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": half, "image_std": half}  # fmt: skip


def record(template: str) -> dict:
    """record.json: what the project's own converter puts into a model's record."""
    templates = list(dict.fromkeys([template, *texts.CANDIDATES]))
    return {"name": "everyday-clip", "description": DESCRIPTION, "license": LICENSE, "default_template": template, "templates": templates}


def save_folder(clip: Clip, tokenizer: Tokenizer, template: str, folder: Path, dtype: torch.dtype = torch.float16) -> None:
    """An ordinary Hugging Face folder."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: w.to(dtype).cpu().contiguous() for name, w in clip.named().items()}, folder / "model.safetensors", metadata={"format": "pt"})
    special = {"bos_token": texts.START, "eos_token": texts.END, "unk_token": texts.END, "pad_token": texts.END}
    about = special | {"model_max_length": texts.CONTEXT, "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    config = clip.config(tokenizer.token_to_id(texts.START)) | {"dtype": str(dtype).removeprefix("torch.")}
    small = {"config.json": config, "preprocessor_config.json": preprocessor(), "record.json": record(template), "tokenizer_config.json": about, "special_tokens_map.json": special}
    for name, content in small.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")
    (folder / "tokenizer.json").write_text(tokenizer.to_str())


def load_folder(folder: Path) -> tuple[Clip, Tokenizer]:
    """The weights of a folder, in f32, and its tokenizer."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    clip = Clip(tokenizer.get_vocab_size(), tokenizer.token_to_id(texts.END))
    state = load_file(folder / "model.safetensors")
    with torch.no_grad():
        for name, tensor in clip.named().items():  # views of the stacked weights
            if tensor.shape != state[name].shape:
                raise ValueError(f"{folder}: {name} has shape {list(state[name].shape)}, the recipe's model needs {list(tensor.shape)}")
            tensor.copy_(state[name])
    return clip, tokenizer
