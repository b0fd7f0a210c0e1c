"""Writes the golden model `siglip` as OpenCLIP saves its own, with a vision tower of timm's: models/open-clip-siglip/,
whose embeddings are those of models/siglip.

usage: make_open_clip_siglip.py        after make_siglip.py; needs timm and open_clip_torch 3.3.0

OpenCLIP's embeddings are compared with expected.safetensors here, so that the folder is known to be the same model.
`open_clip_config.json` names a tower of timm's whose sizes are others; the tests put those of models/siglip in their
place. text_ids.json has what OpenCLIP's tokenizer makes of tokenizer/texts.json.
"""
import json
import pathlib
import tempfile

import open_clip
import torch
import transformers
from open_clip.model import CustomTextCLIP
from safetensors.torch import load_file, save_file
from timm.models import register_model
from timm.models.vision_transformer import VisionTransformer

from make_models import write_json
from prompts import plain_and_strange_texts

HERE = pathlib.Path(__file__).parent
OURS = HERE / "models" / "siglip"
OUT = HERE / "models" / "open-clip-siglip"

BLOCK = {"norm1": "layer_norm1", "norm2": "layer_norm2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
         "attn.proj": "self_attn.out_proj", "ln_1": "layer_norm1", "ln_2": "layer_norm2",
         "attn.out_proj": "self_attn.out_proj", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"}
LAYERS = {
    "visual.trunk.patch_embed.proj": "vision_model.embeddings.patch_embedding",
    "visual.trunk.norm": "vision_model.post_layernorm",
    "visual.trunk.attn_pool.proj": "vision_model.head.attention.out_proj",
    "visual.trunk.attn_pool.norm": "vision_model.head.layernorm",
    "visual.trunk.attn_pool.mlp.fc1": "vision_model.head.mlp.fc1",
    "visual.trunk.attn_pool.mlp.fc2": "vision_model.head.mlp.fc2",
    "text.ln_final": "text_model.final_layer_norm",
    "text.text_projection": "text_model.head",
}
TABLES = {
    "visual.trunk.pos_embed": "vision_model.embeddings.position_embedding.weight",
    "visual.trunk.attn_pool.latent": "vision_model.head.probe",
    "text.positional_embedding": "text_model.embeddings.position_embedding.weight",
    "text.token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "logit_scale": "logit_scale", "logit_bias": "logit_bias",
}


def siglip_tensor(ours, name):
    """The tensor that OpenCLIP calls `name`, out of a SiglipModel's; its shape may lack or have axes of length one."""
    if name in TABLES:
        return ours[TABLES[name]]
    layer, kind = name.rsplit(".", 1)
    if layer in LAYERS:
        return ours[f"{LAYERS[layer]}.{kind}"]
    pool = "vision_model.head.attention.in_proj_" + kind
    if layer.startswith("visual.trunk.attn_pool."):
        width = len(ours[pool]) // 3
        return ours[pool][:width] if layer.endswith(".q") else ours[pool][width:]
    index, rest = name.split("blocks.")[1].split(".", 1)
    block = f"{'vision' if 'visual' in name else 'text'}_model.encoder.layers.{index}"
    if "qkv" in rest or "in_proj" in rest:
        kind = rest.rsplit("_" if "in_proj" in rest else ".", 1)[1]
        return torch.cat([ours[f"{block}.self_attn.{part}_proj.{kind}"] for part in "qkv"])
    layer, kind = rest.rsplit(".", 1)
    return ours[f"{block}.{BLOCK[layer]}.{kind}"]


def load_siglip(model, ours):
    """Fills an OpenCLIP model with a SiglipModel's weights."""
    model.load_state_dict({name: siglip_tensor(ours, name).reshape(value.shape)
                           for name, value in model.state_dict().items()})


def config(settings, name):
    """The model_cfg of a SiglipConfig with a tower of this name."""
    vision, text = settings["vision_config"], settings["text_config"]
    return {
        "embed_dim": text["projection_size"], "init_logit_bias": -10, "custom_text": True,
        "vision_cfg": {"image_size": vision["image_size"], "timm_model_name": name, "timm_model_pretrained": False,
                       "timm_pool": "map", "timm_proj": "none"},
        "text_cfg": {
            "context_length": text["max_position_embeddings"], "vocab_size": text["vocab_size"],
            "hf_tokenizer_name": "timm/ViT-B-16-SigLIP", "tokenizer_kwargs": {"clean": "canonicalize"},
            "width": text["hidden_size"], "heads": text["num_attention_heads"], "layers": text["num_hidden_layers"],
            "mlp_ratio": text["intermediate_size"] / text["hidden_size"], "no_causal_mask": True, "proj_bias": True,
            "pool_type": "last", "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"},
        },
    }


@register_model
def vit_golden_siglip(pretrained=False, **options):
    """The vision tower of models/siglip."""
    for key in ("pretrained_cfg", "pretrained_cfg_overlay", "cache_dir"):
        options.pop(key, None)
    vision = json.loads((OURS / "config.json").read_text())["vision_config"]
    return VisionTransformer(
        img_size=vision["image_size"], patch_size=vision["patch_size"], embed_dim=vision["hidden_size"],
        depth=vision["num_hidden_layers"], num_heads=vision["num_attention_heads"],
        mlp_ratio=vision["intermediate_size"] / vision["hidden_size"], class_token=False, act_layer="gelu_tanh", **options)


def tokenizer_files(folder):
    """SigLIP's tokenizer as a T5Tokenizer saves it, as OpenCLIP's repositories have it."""
    with tempfile.TemporaryDirectory() as name:
        source = pathlib.Path(name)
        (source / "tokenizer.json").write_bytes((HERE / "siglip" / "unigram.json").read_bytes())
        write_json(source / "tokenizer_config.json", {
            "tokenizer_class": "T5Tokenizer", "eos_token": "</s>", "pad_token": "</s>", "unk_token": "<unk>",
            "extra_ids": 0})
        transformers.AutoTokenizer.from_pretrained(source).save_pretrained(folder)


@torch.no_grad()
def main():
    settings = json.loads((OURS / "config.json").read_text())
    model_cfg = config(settings, "vit_golden_siglip")
    model_cfg.pop("custom_text")
    text_cfg = dict(model_cfg["text_cfg"])
    model = CustomTextCLIP(**model_cfg).eval()
    ours = load_file(OURS / "model.safetensors")
    load_siglip(model, {name: value.float() for name, value in ours.items()})
    expected = load_file(OURS / "expected.safetensors")
    torch.testing.assert_close(model.encode_image(expected["pixel_values"]), expected["image_embeds"], rtol=1e-4,
                               atol=1e-5)
    ids = torch.stack([expected[f"input_ids.{index}"] for index in range(len(expected["text_embeds"]))])
    torch.testing.assert_close(model.encode_text(ids), expected["text_embeds"], rtol=1e-4, atol=1e-5)

    OUT.mkdir(parents=True, exist_ok=True)
    weights = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    save_file(weights, OUT / "open_clip_model.safetensors", metadata={"format": "pt"})
    # The name of a tower with the same activation, and the width that goes with it.
    write_json(OUT / "open_clip_config.json", {
        "model_cfg": config(settings, "vit_base_patch32_siglip_256") | {"embed_dim": 768},
        "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"},
    })
    tokenizer_files(OUT)
    tokenizer = open_clip.tokenizer.HFTokenizer(str(OUT), text_cfg["context_length"], **text_cfg["tokenizer_kwargs"])
    rows = ",\n".join(json.dumps(row) for row in tokenizer(plain_and_strange_texts()).tolist())
    (OUT / "text_ids.json").write_text(f"[\n{rows}\n]\n")


if __name__ == "__main__":
    main()
