"""Writes the golden model `gelu` as OpenCLIP saves its own: models/open-clip/, whose embeddings are those of models/gelu.

usage: make_open_clip.py        after make_models.py; needs open_clip_torch 3.3.0

The weights are a plain state dict by torch.save, under OpenCLIP's names, which are OpenAI's too. OpenCLIP's embeddings
are compared with expected.safetensors here, so that the folder is known to be the same model.
"""
import json
import pathlib

import torch
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).parent / "models"
OURS = HERE / "gelu"
OUT = HERE / "open-clip"
LAYERS = {
    "self_attn.out_proj": "attn.out_proj", "layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}
NAMES = {
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
}
NORMS = {"visual.ln_pre": "vision_model.pre_layrnorm", "visual.ln_post": "vision_model.post_layernorm",
         "ln_final": "text_model.final_layer_norm"}


def tower(config):
    """A tower's keys in OpenCLIP's words."""
    return {"width": config["hidden_size"], "layers": config["num_hidden_layers"],
            "mlp_ratio": config["intermediate_size"] / config["hidden_size"]}


def model_config(config):
    vision, text = config["vision_config"], config["text_config"]
    return {
        "embed_dim": config["projection_dim"],
        "vision_cfg": tower(vision) | {"image_size": vision["image_size"], "patch_size": vision["patch_size"],
                                       "head_width": vision["hidden_size"] // vision["num_attention_heads"]},
        "text_cfg": tower(text) | {"context_length": text["max_position_embeddings"], "vocab_size": text["vocab_size"],
                                   "heads": text["num_attention_heads"]},
    }


def renamed(ours, names):
    """The tensors that a model with these names has, out of Hugging Face's."""
    tensors = {}
    for name in names:
        prefix = "vision_model" if name.startswith("visual.") else "text_model"
        parts = name.removeprefix("visual.").split(".")
        if name == "visual.proj" or name == "text_projection":
            key = "visual_projection.weight" if name == "visual.proj" else "text_projection.weight"
            tensors[name] = ours[key].t().contiguous()
        elif "in_proj" in name:
            block = f"{prefix}.encoder.layers.{parts[2]}.self_attn"
            kind = name.rsplit("_", 1)[1]
            tensors[name] = torch.cat([ours[f"{block}.{layer}_proj.{kind}"] for layer in "qkv"])
        elif parts[0] == "transformer":
            theirs, kind = ".".join(parts[3:]).rsplit(".", 1)
            layer = next(key for key, value in LAYERS.items() if value == theirs)
            tensors[name] = ours[f"{prefix}.encoder.layers.{parts[2]}.{layer}.{kind}"]
        elif name.rsplit(".", 1)[0] in NORMS:
            layer, kind = name.rsplit(".", 1)
            tensors[name] = ours[f"{NORMS[layer]}.{kind}"]
        else:
            tensors[name] = ours[NAMES.get(name, name)]
    return tensors


@torch.no_grad()
def main():
    import open_clip

    config = model_config(json.loads((OURS / "config.json").read_text()))
    model = open_clip.CLIP(**config).eval()
    tensors = renamed(load_file(OURS / "model.safetensors"), model.state_dict())
    model.load_state_dict(tensors)
    expected = load_file(OURS / "expected.safetensors")
    pixels = model.encode_image(expected["pixel_values"])
    torch.testing.assert_close(pixels, expected["image_embeds"], rtol=1e-4, atol=1e-5)
    for i, text in enumerate(expected["text_embeds"]):
        ids = expected[f"input_ids.{i}"]
        padded = torch.nn.functional.pad(ids, (0, model.context_length - len(ids)))
        torch.testing.assert_close(model.encode_text(padded[None])[0], text, rtol=1e-4, atol=1e-5)
    OUT.mkdir(exist_ok=True)
    torch.save(model.state_dict(), OUT / "open_clip_pytorch_model.bin")
    preprocessing = open_clip.transform.PreprocessCfg(size=config["vision_cfg"]["image_size"])
    record = {"model_cfg": config, "preprocess_cfg": {key: getattr(preprocessing, key) for key in
                                                      ("mean", "std", "interpolation", "resize_mode")}}
    (OUT / "open_clip_config.json").write_text(json.dumps(record, indent=2) + "\n")
    vocabulary = json.loads((OURS / "tokenizer.json").read_text())["model"]["vocab"]
    (OUT / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
