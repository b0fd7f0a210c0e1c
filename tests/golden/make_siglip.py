"""Writes two tiny SigLIP folders and what PyTorch computes from them.

usage: make_siglip.py            writes models/siglip*/ beside this script; make_siglip_tokenizers.py must have run

Each folder is a Hugging Face checkpoint and expected.safetensors, as make_models.py has them. The texts are padded to
the context, without a mask, as the models are trained.
"""
import json
import math
import pathlib
import shutil

import torch
from safetensors.torch import save_file

from make_models import pictures, tower, write_json
from seeded_clip import seeded_siglip

HERE = pathlib.Path(__file__).parent
CONTEXT = 16
# Texts of tokenizer/texts.json by their places: a short one, one in capitals, one cut off, none at all, one in Chinese.
TEXTS = [0, 1, 29, 3, 16]


def config(vision, text, image, patch, vocabulary, projection):
    """A SiglipConfig as a dictionary."""
    return {
        "model_type": "siglip", "architectures": ["SiglipModel"], "initializer_factor": 1.0,
        "vision_config": vision | {"model_type": "siglip_vision_model", "image_size": image, "patch_size": patch},
        "text_config": text | {"model_type": "siglip_text_model", "vocab_size": vocabulary,
                               "max_position_embeddings": CONTEXT, "projection_size": projection},
    }


ACT = "gelu_pytorch_tanh"

# name: (config, type of the weights, tokenizer, logit scale before exp, logit bias, Pillow's number of the filter, seed)
MODELS = {
    "siglip": (
        config(tower(64, 2, 2, 96, ACT, 1e-6), tower(64, 4, 2, 96, ACT, 1e-6), image=32, patch=8, vocabulary=128,
               projection=64),
        torch.float16, "unigram", math.log(117.3), -12.9, 3, 11),
    # Nothing that divides evenly: an image with six pixels that no patch sees, heads of 12 and 16, towers of two widths.
    "siglip-2": (
        config(tower(48, 4, 3, 80, ACT, 1e-6), tower(32, 2, 2, 64, ACT, 1e-6), image=30, patch=8, vocabulary=560,
               projection=48),
        torch.bfloat16, "gemma", math.log(112.7), -16.5, 2, 12),
}


@torch.no_grad()
def write(name):
    """One folder."""
    settings, dtype, tokenizer, logit_scale, logit_bias, resample, seed = MODELS[name]
    model = seeded_siglip(settings, seed)
    model.logit_scale.fill_(logit_scale)
    model.logit_bias.fill_(logit_bias)
    model = model.to(dtype).float()
    out = HERE / "models" / name
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "siglip" / f"{tokenizer}.json", out / "tokenizer.json")

    size = settings["vision_config"]["image_size"]
    ids = json.loads((HERE / "siglip" / f"{tokenizer}_ids.json").read_text())
    ids = torch.tensor([ids[index] for index in TEXTS])
    pixels = pictures(3, size, torch.Generator().manual_seed(seed))
    output = model(input_ids=ids, pixel_values=pixels)
    tensors = {
        "pixel_values": pixels,
        # Before they are normalised, which SiglipModel does itself.
        "image_embeds": model.vision_model(pixels).pooler_output,
        "text_embeds": model.text_model(ids).pooler_output,
        "logits_per_image": output.logits_per_image,
        # Each patch of the first picture, pooled by itself.
        "patch_embeds": model.vision_model.head(model.vision_model(pixels).last_hidden_state[0].unsqueeze(1)),
    }
    tensors |= {f"input_ids.{index}": row for index, row in enumerate(ids)}
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, out / "expected.safetensors")

    weights = {key: value.to(dtype).contiguous() for key, value in model.state_dict().items()}
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    write_json(out / "config.json", settings | {"dtype": str(dtype).removeprefix("torch.")})
    write_json(out / "preprocessor_config.json", {
        "image_processor_type": "SiglipImageProcessor", "processor_class": "SiglipProcessor", "do_convert_rgb": None,
        "do_resize": True, "size": {"height": size, "width": size}, "resample": resample,
        "do_rescale": True, "rescale_factor": 1 / 255,
        "do_normalize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
    })


if __name__ == "__main__":
    for name in MODELS:
        write(name)
