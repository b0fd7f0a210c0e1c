"""Puts a Hugging Face checkpoint of CLIP or SigLIP into the layout that transformers.js reads: ONNX files beside its configs.

usage: python export.py CHECKPOINT FOLDER
Needs torch, transformers, onnx and onnxscript. The graphs are those of the converted repositories on the hub:
onnx/model.onnx gives logits and embeddings, onnx/vision_model.onnx image_embeds, onnx/text_model.onnx text_embeds (SigLIP's two give
pooler_output, and that of images also last_hidden_state).
"""
import json
import shutil
import sys
from pathlib import Path

import torch
from transformers import AutoModel

TOKENIZERS = {
    "clip": {"tokenizer_class": "CLIPTokenizer", "bos_token": "<|startoftext|>"}
    | dict.fromkeys(["eos_token", "unk_token", "pad_token"], "<|endoftext|>"),
    "siglip": {"tokenizer_class": "SiglipTokenizer", "eos_token": "</s>", "pad_token": "</s>", "unk_token": "<unk>"},
}


class Part(torch.nn.Module):
    """What one file computes: from these inputs, these outputs."""

    def __init__(self, model, compute):
        super().__init__()
        self.model = model  # whose weights go into the file
        self.compute = compute

    def forward(self, *inputs):
        return self.compute(*inputs)


def parts(model, family):
    """By file name: what it computes, its inputs, its outputs."""

    def whole(input_ids, pixel_values, attention_mask=None):
        found = model(input_ids=input_ids, pixel_values=pixel_values, attention_mask=attention_mask)
        return found.logits_per_image, found.logits_per_text, found.text_embeds, found.image_embeds

    def pooled(features):
        return getattr(features, "pooler_output", features)

    def vision(pixels):
        if family == "clip":
            return pooled(model.get_image_features(pixel_values=pixels))
        found = model.vision_model(pixel_values=pixels)
        return found.last_hidden_state, found.pooler_output

    names = ["logits_per_image", "logits_per_text", "text_embeds", "image_embeds"]
    texts = ["input_ids", "attention_mask"] if family == "clip" else ["input_ids"]
    images, prompts = (["image_embeds"], ["text_embeds"]) if family == "clip" else (["last_hidden_state", "pooler_output"], ["pooler_output"])
    return {
        "model": (whole, ["input_ids", "pixel_values", *texts[1:]], names),
        "vision_model": (vision, ["pixel_values"], images),
        "text_model": (lambda ids, *mask: pooled(model.get_text_features(ids, *mask)), texts, prompts),
    }


def main():
    checkpoint, folder = map(Path, sys.argv[1:])
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    config = json.loads((checkpoint / "config.json").read_text())
    family = config["model_type"]
    model = AutoModel.from_pretrained(checkpoint, dtype=torch.float32, attn_implementation="eager").eval().requires_grad_(False)
    size, length = config["vision_config"]["image_size"], config["text_config"]["max_position_embeddings"]
    ids = torch.full((2, length), config["text_config"].get("eos_token_id", 1), dtype=torch.int64)
    examples = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "pixel_values": torch.zeros(2, 3, size, size)}
    axes = {"input_ids": {0: "texts", 1: "tokens"}, "attention_mask": {0: "texts", 1: "tokens"}, "pixel_values": {0: "images"}}
    for name, (compute, inputs, outputs) in parts(model, family).items():
        torch.onnx.export(
            Part(model, compute), tuple(examples[one] for one in inputs), folder / "onnx" / f"{name}.onnx", dynamo=False,
            input_names=inputs, output_names=outputs, dynamic_axes={one: axes[one] for one in inputs} | {one: {0: "rows"} for one in outputs},
        )
    (folder / "config.json").write_text(json.dumps(config))
    for name in ("preprocessor_config.json", "tokenizer.json"):
        shutil.copy(checkpoint / name, folder)
    given = checkpoint / "tokenizer_config.json"
    told = json.loads(given.read_text()) if given.exists() else {}
    told |= TOKENIZERS[family] | {"model_max_length": length}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))


main()
