"""Makes what the bench runs: full-size CLIP checkpoints with seeded weights, and the peers' models of the same weights.

usage: checkpoints.py OUT_DIR EMBEDDED_GGUF [NAME...]         about 9 GB, twenty minutes; what is there is kept

NAMEs limit it to these checkpoints. In OUT_DIR, for each of vit-b-32, tinyclip-vit-8m-16, vit-b-16 and vit-l-14-336, a Hugging Face folder as
tests/golden/full_size.py writes it (outlier channels, expected.safetensors from PyTorch for prompts.json), and in its onnx/:

    vision.onnx, text.onnx              the towers with their projections, f32
    *_q8.onnx                           onnxruntime's dynamic quantization: what transformers.js loads by default
    *_q4.onnx                           blocks of 32
    model_quantized.onnx                both towers in one, for transformers.js's pipeline (vit-b-32 only)

For each of open_clip's MobileCLIP2-S0, PE-Core-S-16-384 and ViT-B-16-SigLIP (the sizes of Marqo's fashionSigLIP), a folder as
tests/golden/full_size_open_clip.py writes it, and in its onnx/ the vision tower alone: a FastViT with the branches of its convolutions
folded, as for any inference, SigLIP also in four bits as bitsandbytes has them (*_bnb4.onnx).

Prompts are tokenized as the embedded model does it: no other tokenizer comes with the project.
"""
import json
import pathlib
import sys

import onnx
import torch
from gguf import GGUFReader
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_bnb4_quantizer import MatMulBnb4Quantizer
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from timm.utils import reparameterize_model
from transformers import CLIPModel

GOLDEN = pathlib.Path(__file__).parent.parent / "tests/golden"
SIGLIP_TOKENIZER = GOLDEN / "siglip/unigram.json"
sys.path.insert(0, str(GOLDEN))
import full_size
import full_size_open_clip
from make_models import tower

# The highest id ends a prompt (`eos_token_id` 2): the rule that holds for any tokenizer.
CHECKPOINTS = {
    "vit-b-32": full_size.MODELS["vit-b-32"],
    "tinyclip-vit-8m-16": full_size.config(
        tower(256, 4, 10, 1024, "gelu", 1e-5), tower(256, 4, 3, 1024, "gelu", 1e-5), patch=16, end=2),
    "vit-b-16": full_size.config(
        tower(768, 12, 12, 3072, "quick_gelu", 1e-5), tower(512, 8, 12, 2048, "quick_gelu", 1e-5), patch=16, end=2),
    "vit-l-14-336": full_size.config(
        tower(1024, 16, 24, 4096, "quick_gelu", 1e-5), tower(768, 12, 12, 3072, "quick_gelu", 1e-5), patch=14, end=2),
}
CHECKPOINTS["vit-l-14-336"]["projection_dim"] = 768
CHECKPOINTS["vit-l-14-336"]["vision_config"]["image_size"] = 336

SIGLIP = "ViT-B-16-SigLIP"
OPEN_CLIP = ["MobileCLIP2-S0", "PE-Core-S-16-384", SIGLIP]
BNB4_BLOCK = 64  # weights that share a scale, as in bitsandbytes


class Tower(torch.nn.Module):
    """One tower and its projection."""

    def __init__(self, encoder, projection):
        super().__init__()
        self.encoder, self.projection = encoder, projection

    def forward(self, x):
        return self.projection(self.encoder(x)[1])


class Both(torch.nn.Module):
    """The whole model with the outputs that transformers.js reads."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, pixel_values, attention_mask):
        result = self.model(input_ids=input_ids, pixel_values=pixel_values, attention_mask=attention_mask)
        return result.logits_per_image, result.logits_per_text, result.text_embeds, result.image_embeds


def write_tokenizer(gguf, target):
    field = GGUFReader(gguf).fields["tokenizer.huggingface.json"]
    target.write_text(json.dumps(json.loads(bytes(field.parts[field.data[0]]))))


def export(module, inputs, target, names, outputs, axes):
    torch.onnx.export(module, inputs, str(target), input_names=names, output_names=outputs, dynamic_axes=axes,
                      opset_version=17, dynamo=False)


def quantize(source, eight, four=None):
    quantize_dynamic(str(source), str(eight), weight_type=QuantType.QUInt8)
    if four:
        quantizer = MatMulNBitsQuantizer(onnx.load(str(source)), block_size=32, is_symmetric=True, accuracy_level=4)
        quantizer.process()
        quantizer.model.save_model_to_file(str(four))


def export_towers(folder):
    out = folder / "onnx"
    out.mkdir(exist_ok=True)
    model = CLIPModel.from_pretrained(folder, attn_implementation="eager").eval()
    ids = torch.randint(1, 400, (2, 12))
    ids[:, -1] = model.config.text_config.vocab_size - 1
    size = model.config.vision_config.image_size
    towers = {
        "vision": (Tower(model.vision_model, model.visual_projection), torch.randn(1, 3, size, size), "pixel_values",
                   {0: "batch"}),
        "text": (Tower(model.text_model, model.text_projection), ids, "input_ids", {0: "batch", 1: "length"}),
    }
    if size > 224:
        del towers["text"]  # that of vit-b-32 is what texts are timed with
    for name, (module, example, argument, axes) in towers.items():
        whole = out / f"{name}.onnx"
        export(module, (example,), whole, [argument], ["embeds"], {argument: axes})
        quantize(whole, out / f"{name}_q8.onnx", None if size > 224 else out / f"{name}_q4.onnx")
    if folder.name == "vit-b-32":
        names = ["input_ids", "pixel_values", "attention_mask"]
        outputs = ["logits_per_image", "logits_per_text", "text_embeds", "image_embeds"]
        axes = {"input_ids": {0: "texts", 1: "length"}, "attention_mask": {0: "texts", 1: "length"},
                "pixel_values": {0: "images"}}
        whole = out / "model.onnx"
        export(Both(model), (ids, torch.randn(1, 3, size, size), torch.ones_like(ids)), whole, names, outputs, axes)
        quantize(whole, out / "model_quantized.onnx")
        whole.unlink()


def export_vision(folder, model):
    """The vision tower of a model of open_clip's."""
    out = folder / "onnx"
    out.mkdir(exist_ok=True)
    side = model.visual.image_size if isinstance(model.visual.image_size, int) else model.visual.image_size[0]
    whole = out / "vision.onnx"
    visual = reparameterize_model(model.visual) if hasattr(model.visual.trunk, "stem") else model.visual
    export(visual, (torch.randn(1, 3, side, side),), whole, ["pixel_values"], ["embeds"], {"pixel_values": {0: "batch"}})
    quantize(whole, out / "vision_q8.onnx")
    if folder.name == SIGLIP:
        quantizer = MatMulBnb4Quantizer(onnx.load(str(whole)), MatMulBnb4Quantizer.NF4, BNB4_BLOCK)
        quantizer.process()
        quantizer.model.save_model_to_file(str(out / "vision_bnb4.onnx"))


def main(out, gguf, *names):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = out / "tokenizer.json"
    write_tokenizer(gguf, tokenizer)
    (out / "prompts.json").write_text(json.dumps(full_size.PROMPTS))
    images = list(full_size.synthetic_pictures())
    is_wanted = lambda name: (not names or name in names) and not (out / name / "done").exists()
    for seed, (name, settings) in enumerate(CHECKPOINTS.items(), start=1):
        folder = out / name
        if not is_wanted(name):
            continue
        print(f"making {name}", flush=True)
        full_size.write(folder, settings, full_size.initial_clip(settings, seed), tokenizer, images)
        (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer"}))  # for transformers.js
        export_towers(folder)
        (folder / "done").touch()
    for name in OPEN_CLIP:
        if is_wanted(name):
            print(f"making {name}", flush=True)
            words = SIGLIP_TOKENIZER if name == SIGLIP else tokenizer
            export_vision(out / name, full_size_open_clip.write(out / name, name, words))
            (out / name / "done").touch()


if __name__ == "__main__":
    main(*sys.argv[1:])
