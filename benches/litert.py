"""Makes LiteRT's model of a bench checkpoint's vision tower: usage: litert.py CHECKPOINT_FOLDER

Writes onnx/vision_int8.tflite beside the towers of checkpoints.py: the projection included, weights in eight bits, activations quantized as
the tower runs (`dynamic_wi8_afp32`), which is what XNNPACK has integer kernels for. Needs requirements-litert.txt, whose versions
are others than those of requirements.txt.
"""
import pathlib
import sys

import litert_torch
import torch
from ai_edge_quantizer import quantizer, recipe
from transformers import CLIPModel


class Tower(torch.nn.Module):
    """The vision tower and its projection."""

    def __init__(self, model):
        super().__init__()
        self.encoder, self.projection = model.vision_model, model.visual_projection

    def forward(self, pixels):
        return self.projection(self.encoder(pixels)[1])


def main(folder):
    out = pathlib.Path(folder) / "onnx"
    model = CLIPModel.from_pretrained(folder, attn_implementation="eager").eval()
    side = model.config.vision_config.image_size
    whole = out / "vision.tflite"
    litert_torch.convert(Tower(model).eval(), (torch.randn(1, 3, side, side),)).export(str(whole))
    eight = quantizer.Quantizer(str(whole))
    eight.load_quantization_recipe(recipe.dynamic_wi8_afp32())
    eight.quantize().export_model(str(out / "vision_int8.tflite"), overwrite=True)
    whole.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
