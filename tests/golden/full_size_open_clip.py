"""Writes full-size models with seeded weights as OpenCLIP stores them, and what open_clip computes from them in f32.

usage: full_size_open_clip.py OUT_DIR TOKENIZER_JSON NAME...      names of open_clip's configs, such as MobileCLIP2-S0

Then `CLIP_WASM_FULL_SIZE=OUT_DIR cargo test --release --test full_size`. In OUT_DIR, for each name, a folder with
open_clip_config.json, open_clip_model.safetensors, tokenizer.json, pictures of the model's size (pictures/NN.png), and
expected.safetensors: pixel_values [N, 3, side, side], image_mean and image_std [3], input_ids.K [context],
image_embeds [N, D] and text_embeds [K, D], not normalised. Norms have outlier channels, as trained models do: one in a
hundred has a gain of twelve.
"""
import json
import pathlib
import shutil
import sys
import zlib

import numpy as np
import open_clip
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import PreTrainedTokenizerFast

from full_size import PROMPTS, synthetic_pictures
from make_models import OPENAI_MEAN, OPENAI_STD, write_json
from make_mobileclip import lively
from seeded_clip import OUTLIER_GAIN, OUTLIER_SHARE

# What a convolutional trunk's statistics are computed from.
CALIBRATION = 4


def is_squashed(name):
    """Whether a model of this name wants whole pictures as squares, and pixels from -1 to 1."""
    return name.startswith("PE-") or "SigLIP" in name


def statistics(name):
    """Mean and standard deviation of the pixels that a model of this name wants."""
    if name.startswith("MobileCLIP"):
        return [0.0] * 3, [1.0] * 3
    return ([0.5] * 3, [0.5] * 3) if is_squashed(name) else (OPENAI_MEAN, OPENAI_STD)


def normal(pictures, mean, std):
    """Pixels of pictures of one size."""
    pixels = np.stack([np.asarray(picture) for picture in pictures]).transpose(0, 3, 1, 2) / 255
    mean, std = (np.array(values).reshape(1, 3, 1, 1) for values in (mean, std))
    return torch.from_numpy(((pixels - mean) / std).astype(np.float32))


@torch.no_grad()
def add_outliers(norms):
    """Makes some channels of each norm many times as large as the rest."""
    for norm in norms:
        count = max(1, round(OUTLIER_SHARE * len(norm.weight)))
        norm.weight[torch.randperm(len(norm.weight))[:count]] *= OUTLIER_GAIN


@torch.no_grad()
def seeded(name, pixels, seed):
    """The model with seeded weights, ready for inference."""
    torch.manual_seed(seed)
    model = open_clip.create_model(name).eval()
    modules = dict(model.named_modules())
    if hasattr(model.visual, "trunk") and hasattr(model.visual.trunk, "stem"):
        # A FastViT's own initial weights make all blocks the identity.
        lively(model.visual, seed)
        batch_norms = [module for module in modules.values() if isinstance(module, torch.nn.BatchNorm2d)]
        add_outliers(module for key, module in modules.items()
                     if key.endswith(".mlp.conv.bn") or isinstance(module, torch.nn.BatchNorm2d) and key.endswith(".norm"))
        for norm in batch_norms:
            norm.train().momentum = None
            norm.reset_running_stats()
        model.visual(pixels[:CALIBRATION])
        model.eval()
    add_outliers(module for module in modules.values() if isinstance(module, torch.nn.LayerNorm))
    return model


@torch.no_grad()
def write(out, name, tokenizer_json):
    """One model's folder; gives the model. The same name has the same weights each time."""
    side = open_clip.get_model_config(name)["vision_cfg"]["image_size"]
    mean, std = statistics(name)
    pictures = [picture.resize((side, side), Image.Resampling.BICUBIC) for picture in synthetic_pictures()]
    pixels = normal(pictures, mean, std)
    model = seeded(name, pixels, zlib.crc32(name.encode()))

    (out / "pictures").mkdir(parents=True, exist_ok=True)
    for index, picture in enumerate(pictures):
        picture.save(out / f"pictures/{index:02}.png")
    shutil.copy(tokenizer_json, out / "tokenizer.json")
    write_json(out / "open_clip_config.json", {
        "model_cfg": open_clip.get_model_config(name),
        "preprocess_cfg": {"mean": mean, "std": std, "interpolation": "bilinear",
                           "resize_mode": "squash" if is_squashed(name) else "shortest"},
    })
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, out / "open_clip_model.safetensors")

    context = model.context_length if hasattr(model, "context_length") else model.text.context_length
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(tokenizer_json))
    ids = tokenizer(PROMPTS, truncation=True, max_length=context)["input_ids"]
    rows = torch.tensor([row + [0] * (context - len(row)) for row in ids])
    tensors = {"pixel_values": pixels, "image_mean": torch.tensor(mean), "image_std": torch.tensor(std),
               "image_embeds": model.encode_image(pixels), "text_embeds": model.encode_text(rows)}
    tensors |= {f"input_ids.{index}": row.clone() for index, row in enumerate(rows)}
    save_file({key: value.contiguous() for key, value in tensors.items()}, out / "expected.safetensors")
    return model


def main(out, tokenizer_json, *names):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "prompts.json", PROMPTS)
    for name in names:
        print(f"making {name}", flush=True)
        write(out / name, name, pathlib.Path(tokenizer_json))


if __name__ == "__main__":
    main(*sys.argv[1:])
