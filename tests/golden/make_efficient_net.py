"""Writes a tiny CLIP whose vision tower is timm's EfficientNet-Lite, as OpenCLIP stores it, and what PyTorch computes from it.

usage: make_efficient_net.py     needs timm and open_clip_torch; make_tokenizer.py must have run; writes models/efficient-net/

The sizes are those of no published model: `open_clip_config.json` names tf_efficientnet_lite0, and the tests put STEM,
CHANNELS, BLOCKS and LAST in place of its own.
"""
import functools
import pathlib
import shutil

import torch
from open_clip.model import CLIP
from safetensors.torch import save_file
from timm.models import register_model
from timm.models._efficientnet_builder import decode_arch_def
from timm.models.efficientnet import EfficientNet

from make_mobileclip import lively
from make_models import CONTEXT, PROMPTS, VOCAB, pictures, write_json

OUT = pathlib.Path(__file__).parent / "models" / "efficient-net"
STEM, CHANNELS, BLOCKS, LAST = 16, (8, 16, 24, 32, 40, 48, 64), (1, 2, 2, 1, 2, 2, 1), 128
KERNELS, STRIDES = (3, 3, 5, 3, 5, 5, 3), (1, 2, 2, 2, 1, 2, 1)
SIZE, PROJECTION = 96, 32
# What is added to the biases of norms before ReLU6.
MEAN = 1.5


@register_model
def tf_efficientnet_lite_tiny(pretrained=False, **options):
    """An EfficientNet-Lite as `tf_efficientnet_lite0` is one."""
    for key in ("pretrained_cfg", "pretrained_cfg_overlay", "cache_dir"):
        options.pop(key, None)
    stages = [[f"ds_r{BLOCKS[0]}_k{KERNELS[0]}_s1_e1_c{CHANNELS[0]}"]]
    stages += [[f"ir_r{blocks}_k{kernel}_s{stride}_e6_c{channels}"]
               for blocks, kernel, stride, channels in list(zip(BLOCKS, KERNELS, STRIDES, CHANNELS))[1:]]
    model = EfficientNet(
        block_args=decode_arch_def(stages), num_features=LAST, stem_size=STEM, fix_stem=True, pad_type="same",
        act_layer=torch.nn.ReLU6, norm_layer=functools.partial(torch.nn.BatchNorm2d, eps=1e-3), **options)
    model.default_cfg = {}
    return model


def config(name):
    """An open_clip_config.json of a tower of this name."""
    return {
        "model_cfg": {
            "embed_dim": PROJECTION, "quick_gelu": True,
            "vision_cfg": {"timm_model_name": name, "timm_model_pretrained": False, "timm_pool": "avg",
                           "timm_proj": "linear", "image_size": SIZE},
            "text_cfg": {"context_length": CONTEXT, "vocab_size": VOCAB, "hf_tokenizer_name": "tiny", "width": 32,
                         "heads": 2, "layers": 2, "mlp_ratio": 2.0},
        },
        "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "interpolation": "bicubic",
                           "resize_mode": "shortest"},
    }


@torch.no_grad()
def main():
    settings = config("tf_efficientnet_lite_tiny")["model_cfg"]
    settings["text_cfg"].pop("hf_tokenizer_name")
    model = CLIP(**settings).eval()
    lively(model, 31)
    model.logit_scale.fill_(4.1)
    # A norm's statistics are those of what it sees, and most of what comes before ReLU6 is positive, as after training.
    for name, norm in model.visual.named_modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.train().momentum = None
            norm.reset_running_stats()
            norm.bias += MEAN if norm.act.__class__ is torch.nn.ReLU6 else 0
    model.visual(pictures(16, SIZE, torch.Generator().manual_seed(32)))
    model.eval()
    model = model.half().float()

    OUT.mkdir(parents=True, exist_ok=True)
    shutil.copy(OUT.parent.parent / "tokenizer" / "tokenizer.json", OUT)
    from transformers import PreTrainedTokenizerFast
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(OUT / "tokenizer.json"))
    ids = tokenizer(PROMPTS, truncation=True, max_length=CONTEXT)["input_ids"]
    pixels = pictures(3, SIZE, torch.Generator().manual_seed(33)) / 2
    images = model.encode_image(pixels)
    # OpenCLIP pads texts; of a causal tower the end token sees nothing of that.
    texts = torch.cat([model.encode_text(torch.tensor([row + [0] * (CONTEXT - len(row))])) for row in ids])
    tensors = {"pixel_values": pixels, "image_embeds": images, "text_embeds": texts}
    tensors |= {f"input_ids.{index}": torch.tensor(row) for index, row in enumerate(ids)}
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, OUT / "expected.safetensors")
    weights = {key: value if value.dtype == torch.int64 else value.half()
               for key, value in model.state_dict().items()}
    save_file({key: value.contiguous() for key, value in weights.items()}, OUT / "open_clip_model.safetensors")
    write_json(OUT / "open_clip_config.json", config("tf_efficientnet_lite0"))


if __name__ == "__main__":
    main()
