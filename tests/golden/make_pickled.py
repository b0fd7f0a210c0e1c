"""Writes a checkpoint of the golden data as torch.save does, with what real files have beside plain tensors.

usage: make_pickled.py MODEL_DIR          MODEL_DIR/model.safetensors to MODEL_DIR/pytorch_model.bin

Text position ids are a LongStorage; the visual projection is stored as the transpose of a transposed matrix, a
view with strides of its own; the two final norms' biases share one storage; one weight is a Parameter.
"""
import collections
import pathlib
import sys

import torch
from safetensors.torch import load_file

VIEWS = ("vision_model.post_layernorm.bias", "text_model.final_layer_norm.bias")

folder = pathlib.Path(sys.argv[1])
tensors = collections.OrderedDict(sorted(load_file(folder / "model.safetensors").items()))
tensors["text_model.embeddings.position_ids"] = torch.arange(16).unsqueeze(0)
tensors["visual_projection.weight"] = tensors["visual_projection.weight"].t().contiguous().t()
shared = torch.cat([tensors[name] for name in VIEWS])
tensors[VIEWS[0]], tensors[VIEWS[1]] = shared.split([len(tensors[name]) for name in VIEWS])
tensors["text_projection.weight"] = torch.nn.Parameter(tensors["text_projection.weight"])
torch.save(tensors, folder / "pytorch_model.bin")
