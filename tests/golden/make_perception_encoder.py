"""Writes a tiny Perception Encoder as OpenCLIP and as facebook store it, and what PyTorch computes from it.

usage: make_perception_encoder.py PERCEPTION_MODELS   needs timm, open_clip_torch and einops; make_tokenizer.py must have run

PERCEPTION_MODELS is a checkout of facebookresearch/perception_models. In models/perception-encoder/: OpenCLIP's files,
expected.safetensors (what OpenCLIP computes), and PE-Tiny.pt, the same weights under facebook's names, whose own
code is checked to compute the same here. `open_clip_config.json` names a tower of timm's whose sizes are others; the tests put
those of TINY in their place.
"""
import functools
import json
import pathlib
import shutil
import sys

import torch
from open_clip.model import CustomTextCLIP
from safetensors.torch import save_file
from timm.layers import LayerNorm
from timm.models import register_model
from timm.models.eva import Eva

from make_models import CONTEXT, PROMPTS, VOCAB, pictures, write_json
from seeded_clip import values

OUT = pathlib.Path(__file__).parent / "models" / "perception-encoder"
# Heads are 64 wide, as in all published sizes, by which facebook's files are read, which have no config.
WIDTH, LAYERS, HEADS, MLP_RATIO, SIZE, PATCH, POOLING_HEADS = 128, 2, 2, 0.5, 48, 8, 8
TEXT = {"context_length": CONTEXT, "vocab_size": VOCAB, "width": 128, "heads": 2, "layers": 1, "mlp_ratio": 1.0}
PROJECTION = 48


@register_model
def vit_pe_core_golden(pretrained=False, **options):
    """A vision tower of Perception Encoder's kind."""
    for key in ("pretrained_cfg", "pretrained_cfg_overlay", "cache_dir"):
        options.pop(key, None)
    return Eva(
        img_size=SIZE, patch_size=PATCH, embed_dim=WIDTH, depth=LAYERS, num_heads=HEADS, mlp_ratio=MLP_RATIO,
        attn_type="rope", use_pre_transformer_norm=True, use_rot_pos_emb=True, ref_feat_shape=(SIZE // PATCH,) * 2,
        rope_grid_offset=1.0, rope_grid_indexing="xy", attn_pool_num_heads=POOLING_HEADS, attn_pool_mlp_ratio=MLP_RATIO,
        norm_layer=functools.partial(LayerNorm, eps=1e-5), **options)


def config(name):
    """An open_clip_config.json of a tower of this name."""
    return {
        "model_cfg": {
            "embed_dim": PROJECTION, "custom_text": True,
            "vision_cfg": {"image_size": SIZE, "timm_model_name": name, "timm_model_pretrained": False,
                           "timm_pool": "map", "timm_proj": None},
            "text_cfg": TEXT,
        },
        "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bilinear", "resize_mode": "squash"},
    }


# OpenCLIP's layers by what seeded_clip.py calls their like.
KINDS = [("attn.qkv", "q_proj"), ("attn.proj", "out_proj"), ("attn_pool.q", "q_proj"), ("attn_pool.kv", "k_proj"),
         ("attn_pool.proj", "out_proj"), ("attn.out_proj", "out_proj"), ("mlp.fc1", "fc1"), ("mlp.fc2", "fc2"),
         ("mlp.c_fc", "fc1"), ("mlp.c_proj", "fc2"), ("patch_embed", "patch_embedding"), ("trunk.head", "visual_projection"),
         ("token_embedding", "token_embedding"), ("norm", "norm"), ("ln_", "norm")]
TABLES = {"pos_embed": "position_embedding.weight", "positional_embedding": "position_embedding.weight",
          "cls_token": "class_embedding", "latent": "probe"}


def seeded_value(name, parameter, generator):
    """Seeded values for a parameter of OpenCLIP's."""
    if "in_proj" in name:
        return values("in_proj_" + name.rsplit("_", 1)[1], parameter.shape, generator)
    if name == "text.text_projection":
        return values("text_projection.weight", parameter.T.shape, generator).T
    layer, _, kind = name.rpartition(".")
    if kind in TABLES:
        return values(TABLES[kind], parameter.shape, generator)
    return values(f"{next(like for part, like in KINDS if part in layer)}.{kind}", parameter.shape, generator)


@torch.no_grad()
def seed_open_clip(model, seed):
    """Seeds every weight but the scale. Facebook's files have no bias beside the projection, so that it is zero."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        if name != "logit_scale":
            parameter.copy_(seeded_value(name, parameter, generator))
    model.visual.trunk.head.bias.zero_()


RENAMED = [("visual.trunk.", "visual."), ("patch_embed.proj", "conv1"), ("attn_pool.norm.", "attn_pool.layernorm."),
           ("norm_pre", "ln_pre"), ("norm1", "ln_1"), ("norm2", "ln_2"), ("visual.norm.", "visual.ln_post."),
           ("blocks.", "transformer.resblocks."), ("attn.qkv.", "attn.in_proj_"), ("attn.proj.", "attn.out_proj."),
           ("attn_pool.proj.", "attn_pool.attn.out_proj."), ("attn_pool.latent", "attn_pool.probe"), ("mlp.fc1", "mlp.c_fc"),
           ("mlp.fc2", "mlp.c_proj"), ("text.", "")]


def facebook_tensors(tensors):
    """The same weights under facebook's names."""
    theirs = {}
    for name, value in tensors.items():
        if name.startswith("visual.trunk.attn_pool.kv."):
            kind = name.rsplit(".", 1)[1]
            query = tensors[f"visual.trunk.attn_pool.q.{kind}"]
            theirs[f"visual.attn_pool.attn.in_proj_{kind}"] = torch.cat([query, value])
        elif name == "visual.trunk.head.weight":
            theirs["visual.proj"] = value.T.contiguous()
        elif name == "visual.trunk.cls_token":
            theirs["visual.class_embedding"] = value[0, 0]
        elif name == "visual.trunk.pos_embed":
            theirs["visual.positional_embedding"] = value[0]
        elif name != "visual.trunk.head.bias" and not name.startswith("visual.trunk.attn_pool.q."):
            if "resblocks" not in name:
                for old, new in RENAMED:
                    name = name.replace(old, new)
            theirs[name.removeprefix("text.")] = value
    return theirs


def facebook_model(folder, vision, text):
    """perception_models' own model of these sizes."""
    sys.path.insert(0, folder)
    from core.vision_encoder.config import PEConfig, PETextConfig
    from core.vision_encoder.pe import CLIP
    return CLIP(PEConfig(**vision), PETextConfig(**text)).eval()


@torch.no_grad()
def main(perception_models):
    settings = config("vit_pe_core_golden")["model_cfg"]
    settings.pop("custom_text")
    model = CustomTextCLIP(**json.loads(json.dumps(settings))).eval()
    seed_open_clip(model, 41)
    model.logit_scale.fill_(4.3)
    # Not the whole model: that would round the angles of its rotary positions too.
    for parameter in model.parameters():
        parameter.copy_(parameter.half())

    OUT.mkdir(parents=True, exist_ok=True)
    shutil.copy(OUT.parent.parent / "tokenizer" / "tokenizer.json", OUT)
    from transformers import PreTrainedTokenizerFast
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(OUT / "tokenizer.json"))
    rows = tokenizer(PROMPTS, truncation=True, max_length=CONTEXT)["input_ids"]
    ids = torch.tensor([row + [0] * (CONTEXT - len(row)) for row in rows])
    pixels = pictures(3, SIZE, torch.Generator().manual_seed(43))
    images, texts = model.encode_image(pixels), model.encode_text(ids)
    hidden = model.visual.trunk.forward_features(pixels[:1])[0]
    trunk = model.visual.trunk
    unit = torch.nn.functional.normalize
    tensors = {"pixel_values": pixels, "image_embeds": images, "text_embeds": texts,
               "logits_per_image": model.logit_scale.exp() * unit(images, dim=-1) @ unit(texts, dim=-1).T,
               # Each patch of the first picture, pooled by itself.
               "patch_embeds": trunk.head(trunk.attn_pool(hidden[1:].unsqueeze(1)))}
    tensors |= {f"input_ids.{index}": torch.tensor(row) for index, row in enumerate(rows)}
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, OUT / "expected.safetensors")

    weights = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    save_file(weights, OUT / "open_clip_model.safetensors", metadata={"format": "pt"})
    write_json(OUT / "open_clip_config.json", config("vit_pe_core_tiny_patch16_384"))
    theirs = facebook_model(
        perception_models,
        {"patch_size": PATCH, "width": WIDTH, "layers": LAYERS, "heads": HEADS, "mlp_ratio": MLP_RATIO,
         "output_dim": PROJECTION, "image_size": SIZE, "use_cls_token": True},
        TEXT | {"output_dim": PROJECTION})
    # Its pooling's MLP is always four times as wide; here it is as wide as a block's.
    theirs.visual.attn_pool.mlp.c_fc = torch.nn.Linear(WIDTH, int(WIDTH * MLP_RATIO))
    theirs.visual.attn_pool.mlp.c_proj = torch.nn.Linear(int(WIDTH * MLP_RATIO), WIDTH)
    renamed = facebook_tensors(weights)
    theirs.load_state_dict({name: value.float() for name, value in renamed.items()}, strict=False)
    missing = set(theirs.state_dict()) - set(renamed)
    assert all("rope" in name for name in missing) and not set(renamed) - set(theirs.state_dict()), missing
    for kind, ours, other in [("picture", images, theirs.encode_image(pixels)), ("prompt", texts, theirs.encode_text(ids))]:
        cosines = torch.nn.functional.cosine_similarity(ours.double(), other.double())
        print(f"{kind}: one minus the cosine of OpenCLIP's and facebook's {1 - cosines.min():.1e}")
        assert cosines.min() > 1 - 1e-10
    torch.save(renamed, OUT / "PE-Tiny.pt")


if __name__ == "__main__":
    main(*sys.argv[1:])
