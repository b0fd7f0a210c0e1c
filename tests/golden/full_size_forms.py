"""Writes a full-size checkpoint in the other forms that hubs have: the same weights, so the same embeddings.

usage: full_size_forms.py FOLDER OUT_DIR     FOLDER: Hugging Face's form, as full_size.py writes it

    OUT_DIR/bin          pytorch_model.bin
    OUT_DIR/shards       model-0000N-of-00003.safetensors and their index
    OUT_DIR/open-clip    open_clip_model.safetensors and open_clip_config.json

`tests/browser/full-size.test.mjs` loads them all through the page.
"""
import json
import pathlib
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file

from make_open_clip import model_config, renamed

SHARDS = 3
KINDS = ("weight", "bias")
COMPANIONS = ("config.json", "preprocessor_config.json", "tokenizer.json")


def begin(source, target):
    """A folder with all of the checkpoint but its weights."""
    target.mkdir(parents=True, exist_ok=True)
    for name in COMPANIONS:
        shutil.copy(source / name, target / name)
    return target


def write_shards(tensors, folder):
    names = sorted(tensors)
    placed = {}
    for shard in range(SHARDS):
        file = f"model-{shard + 1:05}-of-{SHARDS:05}.safetensors"
        part = names[len(names) * shard // SHARDS:len(names) * (shard + 1) // SHARDS]
        save_file({name: tensors[name] for name in part}, folder / file, metadata={"format": "pt"})
        placed |= dict.fromkeys(part, file)
    size = sum(tensor.nbytes for tensor in tensors.values())
    index = {"metadata": {"total_size": size}, "weight_map": placed}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def open_clip_tensors(config):
    """The names in the state dict of OpenCLIP's `CLIP`."""
    def blocks(prefix, layers):
        layer = ("attn.in_proj_{}", "attn.out_proj.{}", "ln_1.{}", "ln_2.{}", "mlp.c_fc.{}", "mlp.c_proj.{}")
        return [f"{prefix}.{n}.{name.format(kind)}" for n in range(layers) for name in layer for kind in KINDS]

    norms = [f"{norm}.{kind}" for norm in ("visual.ln_pre", "visual.ln_post", "ln_final") for kind in KINDS]
    alone = ["visual.class_embedding", "visual.positional_embedding", "visual.conv1.weight", "visual.proj",
             "token_embedding.weight", "positional_embedding", "text_projection", "logit_scale"]
    return (alone + norms + blocks("visual.transformer.resblocks", config["vision_config"]["num_hidden_layers"])
            + blocks("transformer.resblocks", config["text_config"]["num_hidden_layers"]))


def write_open_clip(tensors, config, preprocessing, folder):
    ours = renamed(tensors, open_clip_tensors(config))
    save_file({name: tensor.contiguous() for name, tensor in ours.items()}, folder / "open_clip_model.safetensors")
    model = model_config(config) | {"quick_gelu": config["vision_config"]["hidden_act"] == "quick_gelu"}
    record = {"model_cfg": model, "preprocess_cfg": {
        "mean": preprocessing["image_mean"], "std": preprocessing["image_std"], "interpolation": "bicubic",
        "resize_mode": "shortest"}}
    (folder / "open_clip_config.json").write_text(json.dumps(record, indent=2) + "\n")
    for name in ("config.json", "preprocessor_config.json"):
        (folder / name).unlink()


def main(source, out):
    source, out = pathlib.Path(source), pathlib.Path(out)
    tensors = load_file(source / "model.safetensors")
    config = json.loads((source / "config.json").read_text())
    preprocessing = json.loads((source / "preprocessor_config.json").read_text())
    torch.save(tensors, begin(source, out / "bin") / "pytorch_model.bin")
    write_shards(tensors, begin(source, out / "shards"))
    write_open_clip(tensors, config, preprocessing, begin(source, out / "open-clip"))


if __name__ == "__main__":
    main(*sys.argv[1:])
