"""Writes a tiny model as TinyCLIP's training saves it, in three parts without a config: models/tinyclip/.

usage: make_tinyclip.py TINYCLIP        after make_models.py and make_tokenizer.py; needs timm, ftfy and a checkout of
                                        wkcn/TinyCLIP at ad981bf

TinyCLIP-Tiny.pt is a checkpoint of training in f16, whose towers and logit scale are modules of their own, each in a
`module` of distributed training. Its outputs are those of TinyCLIP's own code for the same weights in f32.

pruned/TinyCLIP-auto-Tiny.pt is what TinyCLIP's code leaves of a model that it has pruned: eight channels of 64, and in the
vision tower a block whose MLP has none.
"""
import json
import pathlib
import shutil
import sys

import torch
from safetensors.torch import save_file
from transformers import PreTrainedTokenizerFast

from make_models import CONTEXT, PROMPTS, config, pictures, tower
from make_open_clip import model_config, renamed
from seeded_clip import seeded_clip

HERE = pathlib.Path(__file__).parent
OUT = HERE / "models" / "tinyclip"
SIZE = 16
# The heads of its towers are 64 wide, and the MLP of its text tower has four times the tower's width.
SETTINGS = config(tower(64, 1, 1, 64, "gelu", 1e-5), tower(64, 1, 1, 256, "gelu", 1e-5),
                  image=SIZE, patch=8, projection=32, end=2)
# Of channels and heads that are switched off, and an eighth of the channels that are left.
OFF, WIDTH_LEFT = -10.0, 8


@torch.no_grad()
def pruned(open_clip):
    """A state dict of a model that TinyCLIP's code has pruned."""
    tower = {"layers": 1, "width": 64}
    model = open_clip.CLIP(
        embed_dim=8, vision_cfg=tower | {"patch_size": 8, "image_size": SIZE},
        text_cfg=tower | {"heads": 1, "context_length": CONTEXT, "vocab_size": 8}, mask_image=True, mask_text=True)
    for encoder in (model._image_encoder, model._text_encoder):
        encoder.l0_module.hidden_loga[WIDTH_LEFT:] = OFF
        encoder.l0_module.intermediate_loga[:, WIDTH_LEFT:] = OFF
    model._image_encoder.l0_module.intermediate_loga[:] = OFF
    return open_clip.model.prune_model(model).half().state_dict()


@torch.no_grad()
def main(checkout):
    sys.path.insert(0, str(pathlib.Path(checkout) / "src"))
    import open_clip  # TinyCLIP's
    from open_clip.model import convert_to_new_checkpoint

    twin = seeded_clip(SETTINGS, seed=5).half().float()
    sizes = model_config(SETTINGS)
    del sizes["text_cfg"]["mlp_ratio"]
    model = open_clip.CLIP(**sizes).eval()
    parts = ("_image_encoder.", "_text_encoder.", "_logit_scale.")
    plain = [name[len(part):] for name in model.state_dict() for part in parts if name.startswith(part)]
    model.load_state_dict(renamed(twin.state_dict(), plain))

    pixels = pictures(2, SIZE, torch.Generator().manual_seed(5))
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(HERE / "tokenizer" / "tokenizer.json"))
    ids = tokenizer(PROMPTS[:2], truncation=True, max_length=CONTEXT)["input_ids"]
    rows = torch.tensor([row + [0] * (CONTEXT - len(row)) for row in ids])
    tensors = {"pixel_values": pixels, "image_embeds": model.encode_image(pixels), "text_embeds": model.encode_text(rows)}
    tensors |= {f"input_ids.{index}": torch.tensor(row) for index, row in enumerate(ids)}
    OUT.mkdir(exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, OUT / "expected.safetensors")
    vocabulary = json.loads((HERE / "tokenizer" / "tokenizer.json").read_text())["model"]["vocab"]
    (OUT / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False) + "\n")
    state = convert_to_new_checkpoint(model.half().state_dict(), used_ddp=True)
    torch.save({"epoch": 1, "name": "tiny", "state_dict": state}, OUT / "TinyCLIP-Tiny.pt")
    (OUT / "pruned").mkdir(exist_ok=True)
    shutil.copy(OUT / "vocab.json", OUT / "pruned")
    torch.save({"state_dict": pruned(open_clip)}, OUT / "pruned" / "TinyCLIP-auto-Tiny.pt")


if __name__ == "__main__":
    main(sys.argv[1])
