"""Writes a tiny MobileCLIP as OpenCLIP stores it, and what PyTorch computes from it.

usage: make_mobileclip.py     needs timm and open_clip_torch; make_tokenizer.py must have run; writes models/mobileclip/

The sizes are those of no published model: `open_clip_config.json` names fastvit_mci0, and the tests put CHANNELS and
BLOCKS in place of its own.
"""
import functools
import json
import pathlib
import shutil

import torch
from open_clip.model import CustomTextCLIP
from safetensors.torch import save_file
from timm.models import register_model
from timm.models.fastvit import FastVit, RepConditionalPosEnc

from make_models import CONTEXT, PROMPTS, VOCAB, pictures, write_json

OUT = pathlib.Path(__file__).parent / "models" / "mobileclip"
CHANNELS, BLOCKS = 8, (1, 2, 1, 2)
SIZE, PROJECTION = 64, 32


@register_model
def fastvit_tiny(pretrained=False, **options):
    """A FastViT of MobileCLIP's kind."""
    for key in ("pretrained_cfg", "pretrained_cfg_overlay", "cache_dir"):
        options.pop(key, None)
    return FastVit(
        layers=BLOCKS, embed_dims=tuple(CHANNELS << stage for stage in range(4)), mlp_ratios=(3,) * 4,
        se_downsamples=(False, False, True, True), lkc_use_act=True,
        pos_embs=(None, None, None, functools.partial(RepConditionalPosEnc, spatial_shape=(7, 7))),
        token_mixers=("repmixer", "repmixer", "repmixer", "attention"), **options)


def config(name):
    """An open_clip_config.json of a tower of this name."""
    return {
        "model_cfg": {
            "embed_dim": PROJECTION, "custom_text": True,
            "vision_cfg": {
                "timm_model_name": name, "timm_model_pretrained": False, "timm_pool": "avg", "timm_proj": None,
                "timm_drop": 0.0, "timm_drop_path": 0.0, "image_size": SIZE,
            },
            "text_cfg": {"context_length": CONTEXT, "vocab_size": VOCAB, "width": 32, "heads": 2, "layers": 2,
                         "no_causal_mask": True},
        },
        "preprocess_cfg": {"mean": [0, 0, 0], "std": [1, 1, 1], "interpolation": "bilinear", "resize_mode": "shortest"},
    }


def lively(model, seed):
    """Seeds every weight and statistic, so that no branch is the identity and activations stay of order one."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in sorted(model.state_dict().items()):
        normal = torch.randn(value.shape, generator=generator)
        if name.endswith("num_batches_tracked") or name == "logit_scale":
            continue
        if name.endswith("running_var"):
            value.copy_(torch.exp(0.3 * normal))
        elif name.endswith("gamma"):
            value.copy_(0.4 + 0.1 * normal)
        elif value.dim() <= 1 and name.endswith("weight"):
            value.copy_(torch.exp(0.2 * normal))
        elif value.dim() <= 1:
            value.copy_(0.1 * normal)
        else:
            table = "embedding" in name or name.endswith("text_projection")
            value.copy_(normal * (0.5 if table else value[0].numel() ** -0.5))


@torch.no_grad()
def main():
    settings = config("fastvit_tiny")["model_cfg"]
    settings.pop("custom_text")
    model = CustomTextCLIP(**settings).eval()
    lively(model, 21)
    model.logit_scale.fill_(4.1)
    # A norm's statistics are those of what it sees, as after training; without that activations grow from block to block.
    norms = [module for module in model.visual.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.train().momentum = None
        norm.reset_running_stats()
    model.visual(pictures(16, SIZE, torch.Generator().manual_seed(22)))
    model.eval()
    model = model.half().float()

    OUT.mkdir(parents=True, exist_ok=True)
    shutil.copy(OUT.parent.parent / "tokenizer" / "tokenizer.json", OUT)
    from transformers import PreTrainedTokenizerFast
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(OUT / "tokenizer.json"))
    ids = [row + [0] * (CONTEXT - len(row))
           for row in tokenizer(PROMPTS[:3] + PROMPTS[4:], truncation=True, max_length=CONTEXT)["input_ids"]]
    pixels = (pictures(3, SIZE, torch.Generator().manual_seed(23)) + 2) / 4
    images, texts = model.encode_image(pixels), model.encode_text(torch.tensor(ids))
    unit = torch.nn.functional.normalize
    tensors = {"pixel_values": pixels, "image_embeds": images, "text_embeds": texts,
               "logits_per_image": model.logit_scale.exp() * unit(images, dim=-1) @ unit(texts, dim=-1).T}
    tensors |= {f"input_ids.{index}": torch.tensor(row) for index, row in enumerate(ids)}
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, OUT / "expected.safetensors")
    weights = {key: value if value.dtype == torch.int64 else value.half()
               for key, value in model.state_dict().items()}
    save_file({key: value.contiguous() for key, value in weights.items()}, OUT / "open_clip_model.safetensors")
    write_json(OUT / "open_clip_config.json", config("fastvit_mci0"))


if __name__ == "__main__":
    main()
