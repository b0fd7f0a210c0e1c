"""CLIP and SigLIP models whose seeded weights behave like trained ones: activations of order one, a few outlier channels, and
embeddings that depend on the input.

A freshly initialised CLIP hides mistakes: its norms are the identity, its biases zero, its attention uniform, and all
its embeddings nearly equal. What trained CLIPs have and quantization suffers from are channels with a gain an
order of magnitude above the others; here one in a hundred, twelve times.
"""
import math

import torch
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

OUTLIER_GAIN = 12.0
OUTLIER_SHARE = 0.01

# What the second moment of a norm's output grows to by the outliers, as a standard deviation.
NORM_STD = math.sqrt(1 + OUTLIER_SHARE * OUTLIER_GAIN**2)

# Standard deviation of what a layer gives for its usual input, by the end of the layer's name. Queries and keys
# above one make attention choose; what goes back into the residual stream is a part of it.
OUTPUT_STD = {
    "q_proj": 1.5,
    "k_proj": 1.5,
    "v_proj": 1.0,
    "out_proj": 0.7,
    "fc1": 1.2,
    "fc2": 0.7,
    "visual_projection": 0.3,
    "text_projection": 0.3,
    "patch_embedding": 1.0,
    # SigLIP's pooling attention, packed, and the head of its text tower.
    "in_proj": 1.2,
    "head": 0.3,
}
# Standard deviation of the inputs of those layers that do not follow a norm.
INPUT_STD = {"out_proj": 0.6, "fc2": 0.75, "patch_embedding": 1.0}

EMBEDDING_STD = {"token_embedding": 0.6, "position_embedding": 0.25, "class_embedding": 0.6, "probe": 0.6}


def seeded_clip(config: dict, seed: int) -> CLIPModel:
    """A CLIPModel of this configuration in f32, ready for inference; the seed decides every weight."""
    return seeded(CLIPModel(CLIPConfig.from_dict(config)), seed)


def seeded_siglip(config: dict, seed: int) -> SiglipModel:
    """The same for a SiglipModel."""
    return seeded(SiglipModel(SiglipConfig.from_dict(config)), seed)


@torch.no_grad()
def seeded(model, seed):
    """The model with every weight but those of its logits decided by the seed."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.eval().named_parameters()):
        if name not in ("logit_scale", "logit_bias"):
            parameter.copy_(values(name, parameter.shape, generator))
    return model


def values(name, shape, generator):
    """Seeded values for the parameter of this name."""
    normal = torch.randn(shape, generator=generator)
    layer, _, kind = name.rpartition(".")
    layer = layer.rpartition(".")[2]
    if kind.startswith("in_proj_"):
        layer, kind = "in_proj", kind.removeprefix("in_proj_")
    if "norm" in layer:
        return norm_gain(normal, generator) if kind == "weight" else 0.1 * normal
    for table in (layer, kind):
        if table in EMBEDDING_STD:
            return EMBEDDING_STD[table] * normal
    if kind == "bias":
        return 0.1 * OUTPUT_STD[layer] * normal
    fan_in = math.prod(shape[1:])
    std = OUTPUT_STD[layer] / (INPUT_STD.get(layer, NORM_STD) * math.sqrt(fan_in))
    # Rows of unequal size, as training leaves them.
    rows = torch.exp(0.3 * torch.randn(shape[0], generator=generator))
    return std * normal * rows.reshape(-1, *[1] * (len(shape) - 1))


def norm_gain(normal, generator):
    """Gains around one, and one in a hundred of them, at least one, twelve times."""
    gain = torch.exp(0.2 * normal)
    outliers = max(1, round(OUTLIER_SHARE * len(gain)))
    gain[torch.randperm(len(gain), generator=generator)[:outliers]] *= OUTLIER_GAIN
    return gain
