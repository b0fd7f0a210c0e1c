"""Muon for matrices, AdamW for everything else, with one learning-rate schedule.

Muon (Jordan et al., 2024) steps along the orthogonalised momentum; scaled by 0.2 sqrt(larger side) as in
"Muon is Scalable for LLM Training" (Liu et al., 2025), so that both share AdamW's learning rate.
"""

import math

import torch

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def orthogonalised(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """The nearest semi-orthogonal matrix, roughly: singular values end between 0.7 and 1.2."""
    a, b, c = NEWTON_SCHULZ
    wide = (matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T).bfloat16()
    x = wide / (wide.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x if matrix.shape[0] <= matrix.shape[1] else x.T).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised; weights of more than two dimensions are seen as [out, rest]."""

    def __init__(self, params, lr: float, momentum: float = 0.95, weight_decay: float = 0.0):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                momentum = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                momentum.lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(momentum, group["momentum"]).flatten(1)
                step = orthogonalised(ahead).view_as(weight)
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(step, alpha=-group["lr"] * 0.2 * math.sqrt(max(ahead.shape)))


def optimisers(model: torch.nn.Module, lr: float, weight_decay: float) -> list[torch.optim.Optimizer]:
    """Muon over the hidden matrices, AdamW over embeddings, heads, biases and scales.

    A parameter whose name holds "embed" or "table" is no hidden matrix, whatever its shape.
    """
    matrices, others = [], []
    for name, weight in model.named_parameters():
        hidden = weight.ndim >= 2 and "embed" not in name and "table" not in name
        (matrices if hidden else others).append(weight)
    return [Muon(matrices, lr, weight_decay=weight_decay), torch.optim.AdamW(others, lr, betas=(0.9, 0.98), weight_decay=0.0)]


def cosine(progress: float, warm_up: float = 0.03, floor: float = 0.01) -> float:
    """The schedule's factor at `progress` in 0..1: a linear warm-up, then half a cosine down to `floor`."""
    if progress < warm_up:
        return progress / warm_up
    rest = min(1.0, (progress - warm_up) / (1 - warm_up))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * rest))
