"""Writes full-size CLIP folders with seeded weights, pictures, and the embeddings PyTorch gives in f32.

usage: full_size.py OUT_DIR TOKENIZER_JSON PICTURES_DIR          about 1.5 GB, two minutes

Then `CLIP_WASM_FULL_SIZE=OUT_DIR cargo test --release --test full_size`. In OUT_DIR:

    pictures/NN.png                     whole pictures of PICTURES_DIR, crops of them, and synthetic ones
    prompts.json                        a list of strings
    vit-b-32/, tinyclip-vit-8m-16/      Hugging Face folders with transformers' initial weights and, in one of a
                                        hundred channels of each norm, gains of twelve
    vit-b-32-lively/, tinyclip-.../     the same sizes with weights that make activations livelier than training does
                                        (seeded_clip.py): quantization costs about five times as much there
                                        Beside the weights of each stands expected.safetensors with
                                        pixel_values [N, 3, 224, 224], input_ids.K [length], image_embeds [N, 512] and
                                        text_embeds [K, 512], not normalised
"""
import json
import pathlib
import shutil
import sys

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, PreTrainedTokenizerFast
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from make_models import OPENAI_MEAN, OPENAI_STD, tower, write_json
from seeded_clip import OUTLIER_GAIN, OUTLIER_SHARE, seeded_clip

CONTEXT = 77


def config(vision, text, patch, end):
    """A CLIPConfig as a dictionary, at the sizes that OpenAI's checkpoints share."""
    return {
        "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 512,
        "logit_scale_init_value": 2.6592, "dtype": "float32",
        "vision_config": vision | {"image_size": 224, "patch_size": patch},
        "text_config": text | {"vocab_size": 49408, "max_position_embeddings": CONTEXT,
                               "bos_token_id": 49406, "eos_token_id": end, "pad_token_id": 1},
    }


MODELS = {
    "vit-b-32": config(tower(768, 12, 12, 3072, "quick_gelu", 1e-5), tower(512, 8, 12, 2048, "quick_gelu", 1e-5),
                       patch=32, end=2),
    "tinyclip-vit-8m-16": config(tower(256, 4, 10, 1024, "gelu", 1e-5), tower(256, 4, 3, 1024, "gelu", 1e-5),
                                 patch=16, end=49407),
}

SUBJECTS = [
    "dog", "cat", "red fire engine", "sailing boat at sea", "great white shark", "bowl of soup", "city at night",
    "hiker in a forest", "vintage car", "airplane wing", "x-ray", "sheet of music", "three apples and one pear",
    "coral reef", "snow leopard", "crowd", "empty room", "handwritten digit 7", "screenshot of code", "volcano",
]
PROMPTS = (
    [f"a photo of a {subject}." for subject in SUBJECTS]
    + [f"a bad drawing of the small {subject}." for subject in SUBJECTS]
    + ["", "cat", "一只狗", "a cat that sits beside a window and looks at the rain " * 8]
)


def pictures(folder):
    """At least 20 RGB pictures."""
    for path in sorted(folder.iterdir()):
        picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        width, height = picture.size
        yield picture.resize((width // 2, height // 2), Image.Resampling.BICUBIC)
        yield picture.crop((0, 0, width // 2, height // 3))
        yield picture.crop((width // 3, height // 2, width, height))
    yield from synthetic_pictures()


def synthetic_pictures():
    """Ramps, stripes, checks, noise and a flat colour."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:300, 0:400]
    planes = [
        np.stack([x * 255 // 399, y * 255 // 299, (x + y) % 256], axis=-1),
        np.stack([128 + 127 * np.sin(x / period) for period in (3, 17, 60)], axis=-1),
        np.repeat((x // 20 + y // 20) % 2 * 255, 3).reshape(300, 400, 3),
        rng.integers(0, 256, (300, 400, 3)),
        np.full((300, 400, 3), (200, 30, 90)),
        rng.integers(0, 256, (10, 10, 3)).repeat(30, axis=0).repeat(30, axis=1),
        np.stack([255 * np.exp(-((x - 200) ** 2 + (y - 150) ** 2) / r**2) for r in (40, 80, 160)], axis=-1),
    ]
    for plane in planes:
        yield Image.fromarray(plane.astype(np.uint8))


@torch.no_grad()
def initial_clip(settings, seed):
    """A CLIPModel with transformers' own initial weights, and outlier channels in every norm."""
    torch.manual_seed(seed)
    model = CLIPModel(CLIPConfig.from_dict(settings)).eval()
    for norm in (module for module in model.modules() if isinstance(module, torch.nn.LayerNorm)):
        count = max(1, round(OUTLIER_SHARE * len(norm.weight)))
        norm.weight[torch.randperm(len(norm.weight))[:count]] *= OUTLIER_GAIN
    return model


@torch.no_grad()
def write(out, settings, model, tokenizer_json, images):
    """One Hugging Face folder with what PyTorch gives."""
    out.mkdir(exist_ok=True)
    shutil.copy(tokenizer_json, out / "tokenizer.json")
    save_file(model.state_dict(), out / "model.safetensors", metadata={"format": "pt"})
    write_json(out / "config.json", settings)
    side = settings["vision_config"]["image_size"]
    sizes = {"size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side}}
    processor = CLIPImageProcessorPil(image_mean=OPENAI_MEAN, image_std=OPENAI_STD, **sizes)
    processor.save_pretrained(out)

    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(tokenizer_json))
    ids = tokenizer(PROMPTS, truncation=True, max_length=CONTEXT)["input_ids"]
    tensors = {f"input_ids.{i}": torch.tensor(row) for i, row in enumerate(ids)}
    pixels = processor(images, return_tensors="pt")["pixel_values"]
    tensors["pixel_values"] = pixels
    tensors["image_embeds"] = model.visual_projection(model.vision_model(pixels).pooler_output)
    pooled = torch.cat([model.text_model(torch.tensor([row])).pooler_output for row in ids])
    tensors["text_embeds"] = model.text_projection(pooled)
    save_file({key: value.contiguous() for key, value in tensors.items()}, out / "expected.safetensors")
    for kind in ("image", "text"):
        unit = torch.nn.functional.normalize(tensors[f"{kind}_embeds"], dim=-1)
        others = (unit @ unit.T)[~torch.eye(len(unit), dtype=bool)]
        print(f"{out.name}: {len(unit)} {kind} embeddings, cosine between two of them: "
              f"mean {others.mean():.3f}, greatest {others.max():.3f}")


def main(out, tokenizer_json, pictures_dir):
    out = pathlib.Path(out)
    (out / "pictures").mkdir(parents=True, exist_ok=True)
    images = list(pictures(pathlib.Path(pictures_dir)))
    for i, image in enumerate(images):
        image.save(out / "pictures" / f"{i:02}.png")
    write_json(out / "prompts.json", PROMPTS)
    for seed, (name, settings) in enumerate(MODELS.items(), start=1):
        write(out / name, settings, initial_clip(settings, seed), tokenizer_json, images)
        write(out / f"{name}-lively", settings, seeded_clip(settings, seed), tokenizer_json, images)


if __name__ == "__main__":
    main(*sys.argv[1:])
