"""Writes a tiny SigLIP 2 of NaFlex's kind, and what transformers computes from it for pictures of several shapes.

usage: make_naflex.py            writes models/naflex/ beside this script; make_siglip_tokenizers.py must have run

The folder is a Hugging Face checkpoint, and expected.safetensors as make_siglip.py has it, but for the pictures: each has
a shape of its own, `pixel_values.N` `[3, height, width]`, and goes through the model as transformers has it, with its
patches padded to the most and masked. `embeds.FILE.BACKEND` is the embedding of a picture of tests/browser/pictures
after transformers' own image processor over Pillow or torchvision, and sizes.json what that makes of many sizes.
"""
import json
import math
import pathlib
import shutil

import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import Siglip2Config, Siglip2Model
from transformers.models.siglip2.image_processing_pil_siglip2 import Siglip2ImageProcessorPil
from transformers.models.siglip2.image_processing_siglip2 import (
    Siglip2ImageProcessor, convert_image_to_patches, get_image_size_for_max_num_patches, pad_along_first_dim)

from make_models import tower, write_json
from make_siglip import ACT, TEXTS
from make_siglip import config as siglip_config
from seeded_clip import seeded

HERE = pathlib.Path(__file__).parent
OUT = HERE / "models" / "naflex"
PATCH, MOST, SEED = 8, 25, 21
# Rows and columns of patches: the positions' own, wide, high, one row of the most, one patch.
GRIDS = [(5, 5), (3, 8), (9, 2), (1, 25), (1, 1)]
PICTURES = HERE.parent / "browser" / "pictures"
FILES = ["scene.png"]
SIZES = [(1, 1), (5, 7), (480, 640), (640, 480), (37, 1000), (1000, 37), (3024, 4032), (1, 100_000), (256, 256), (257, 255)]


def settings():
    base = siglip_config(tower(64, 4, 2, 96, ACT, 1e-6), tower(32, 2, 2, 64, ACT, 1e-6), image=0, patch=PATCH,
                         vocabulary=560, projection=64)
    base |= {"model_type": "siglip2", "architectures": ["Siglip2Model"]}
    del base["vision_config"]["image_size"]
    base["vision_config"] |= {"model_type": "siglip2_vision_model", "num_patches": MOST}
    base["text_config"]["model_type"] = "siglip2_text_model"
    return base


def pooled(model, patches, grid):
    """The embedding `[1, width]` of patches `[patches, samples]`, padded and masked."""
    padded, mask = pad_along_first_dim(patches, MOST)
    return model.vision_model(pixel_values=padded[None], pixel_attention_mask=mask[None], spatial_shapes=torch.tensor([grid]))


@torch.no_grad()
def main():
    model = Siglip2Model._from_config(Siglip2Config.from_dict(settings()), attn_implementation="eager")
    model = seeded(model, SEED)
    model.logit_scale.fill_(math.log(112.7))
    model.logit_bias.fill_(-16.5)
    model = model.to(torch.float16).float()
    OUT.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "siglip" / "gemma.json", OUT / "tokenizer.json")

    ids = json.loads((HERE / "siglip" / "gemma_ids.json").read_text())
    ids = torch.tensor([ids[index] for index in TEXTS])
    generator, tensors = torch.Generator().manual_seed(SEED), {"text_embeds": model.text_model(ids).pooler_output}
    tensors |= {f"input_ids.{index}": row for index, row in enumerate(ids)}
    embeds = []
    for index, (rows, columns) in enumerate(GRIDS):
        pixels = torch.randn(3, rows * PATCH, columns * PATCH, generator=generator).clamp(-2, 2)
        tensors[f"pixel_values.{index}"] = pixels
        output = pooled(model, convert_image_to_patches(pixels, PATCH), (rows, columns))
        embeds.append(output.pooler_output[0])
        if index == 1:
            # Each patch of the wide picture, pooled by itself.
            tensors["patch_embeds"] = model.vision_model.head(output.last_hidden_state[0, : rows * columns].unsqueeze(1))
    tensors["image_embeds"] = torch.stack(embeds)

    for backend, kind in [("pillow", Siglip2ImageProcessorPil), ("torchvision", Siglip2ImageProcessor)]:
        processor = kind(patch_size=PATCH, max_num_patches=MOST)
        for file in FILES:
            inputs = processor(Image.open(PICTURES / file).convert("RGB"), return_tensors="pt")
            output = model.vision_model(pixel_values=inputs["pixel_values"], pixel_attention_mask=inputs["pixel_attention_mask"],
                                        spatial_shapes=inputs["spatial_shapes"])
            tensors[f"embeds.{file}.{backend}"] = output.pooler_output
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, OUT / "expected.safetensors")
    save_file({key: value.to(torch.float16).contiguous() for key, value in model.state_dict().items()}, OUT / "model.safetensors",
              metadata={"format": "pt"})
    write_json(OUT / "config.json", settings() | {"dtype": "float16"})
    write_json(OUT / "preprocessor_config.json", {
        "image_processor_type": "Siglip2ImageProcessor", "processor_class": "Siglip2Processor", "do_convert_rgb": None,
        "do_resize": True, "patch_size": PATCH, "max_num_patches": MOST, "resample": 2, "do_rescale": True,
        "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
    })
    sizes = [[height, width, side, most, *get_image_size_for_max_num_patches(height, width, side, most)]
             for height, width in SIZES for side, most in [(16, 256), (16, 1024), (8, 25), (14, 100)]]
    (OUT / "sizes.json").write_text("[\n" + ",\n".join(map(str, sizes)) + "\n]\n")


if __name__ == "__main__":
    main()
