"""The trunk's late blocks where they learn: `Trunk.late` in bf16, forward and backward in less than half of its time on a CPU that has
instructions for bf16.

PyTorch's backward pass of a depthwise convolution is slow on CPUs. Here the gradient of the maps is a convolution again, and that of the
weights is computed from every `SAMPLED`-th picture, beginning with a random one, and scaled up: it has the same mean, and costs a fourth.
All maps are [n, side, side, channels].
"""

import torch
import torch.nn.functional as F

from .trunk import EARLY, Block, SameConv, Trunk

SAMPLED = 4


class Depthwise(torch.autograd.Function):
    """A depthwise convolution of stride 1 without bias: maps bf16 with c channels, and weights f32 [c, 1, kernel, kernel]."""

    @staticmethod
    def forward(ctx, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        return convolved(x, weight)

    @staticmethod
    def backward(ctx, grad: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, weight = ctx.saved_tensors
        first = int(torch.randint(min(SAMPLED, len(x)), ()))
        some, of_some = (maps[first::SAMPLED].permute(0, 3, 1, 2).float() for maps in (x, grad))
        of_weight = torch.nn.grad.conv2d_weight(some, weight.shape, of_some, padding=weight.shape[-1] // 2, groups=len(weight))
        return convolved(grad, weight.flip(2, 3)), of_weight * (len(x) / len(some))


def convolved(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Each channel of maps with its own kernel of weights [c, 1, kernel, kernel]; the side stays."""
    return F.conv2d(x.permute(0, 3, 1, 2), weight.to(x.dtype), padding=weight.shape[-1] // 2, groups=len(weight)).permute(0, 2, 3, 1)


def depthwise(conv: SameConv, x: torch.Tensor) -> torch.Tensor:
    """A depthwise convolution of the trunk, with its stride and bias."""
    y = Depthwise.apply(x, conv.weight)
    if conv.stride[0] == 2:  # of an even side: TensorFlow's SAME begins at the second pixel
        y = y[:, 1::2, 1::2]
    return y + conv.bias.to(y.dtype)


def pointwise(conv: SameConv, x: torch.Tensor) -> torch.Tensor:
    """A convolution of the trunk with a kernel of 1."""
    return F.linear(x, conv.weight[:, :, 0, 0].to(x.dtype), conv.bias.to(x.dtype))


def block(of: Block, x: torch.Tensor) -> torch.Tensor:
    """An inverted residual of the trunk."""
    y = pointwise(of.project, F.relu6(depthwise(of.depthwise, F.relu6(pointwise(of.expand, x)))))
    return x + y if of.residual else y


def late(trunk: Trunk, maps: torch.Tensor) -> torch.Tensor:
    """Maps [n, 112, 12, 12] to features f32 [n, 1280], as `trunk.late`, to 3 %."""
    x = maps.permute(0, 2, 3, 1).bfloat16().contiguous()
    for of in trunk.blocks[EARLY:]:
        x = block(of, x)
    return F.relu6(pointwise(trunk.head, x)).float().mean((1, 2))
