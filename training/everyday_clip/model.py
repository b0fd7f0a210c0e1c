"""The model: an EfficientNet-Lite0 with a projection, and a text transformer whose layers' weights are stacked, so that one optimiser step
handles them together; its export under OpenCLIP's names; and the optimisers.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .texts import CONTEXT, trimmed
from .trunk import FEATURES, MEAN, SIDE, STD, Trunk

WIDTH, HEAD, LAYERS, MLP = 256, 64, 4, 512
EMBEDDING = 384  # entries of an embedding
FIRST_SCALE = 20
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def block(x, square, square_bias, up, up_bias, down, down_bias, norms):
    """One layer of the text tower: x [n, t, 256]; square holds the query, key, value and output matrices [4, 256, 256]."""
    n, t, w = x.shape
    seen = F.layer_norm(x, (w,), norms[0, 0], norms[0, 1])
    qkv = F.linear(seen, square[:3].reshape(3 * w, w), square_bias[:3].reshape(3 * w))
    q, k, v = qkv.view(n, t, 3, w // HEAD, HEAD).permute(2, 0, 3, 1, 4).unbind(0)
    with torch.autocast("cpu", enabled=False):  # in f32: the backward pass of attention takes ten times as long in bf16
        mixed = F.scaled_dot_product_attention(q.to(x.dtype), k.to(x.dtype), v.to(x.dtype), is_causal=True).transpose(1, 2).reshape(n, t, w)
    x = x + F.linear(mixed, square[3], square_bias[3])
    seen = F.linear(F.layer_norm(x, (w,), norms[1, 0], norms[1, 1]), up, up_bias)
    return x + F.linear(seen * torch.sigmoid(1.702 * seen), down, down_bias)


class Tower(nn.Module):
    """The layers of the text tower, weights stacked."""

    def __init__(self):
        super().__init__()
        square = torch.empty(LAYERS, 4, WIDTH, WIDTH).normal_(std=WIDTH**-0.5)
        square[:, 3].mul_(0.4)
        square[:, :2].mul_(0.7)
        self.square, self.square_bias = nn.Parameter(square), nn.Parameter(torch.zeros(LAYERS, 4, WIDTH))
        self.up, self.up_bias = nn.Parameter(torch.empty(LAYERS, MLP, WIDTH).normal_(std=WIDTH**-0.5)), nn.Parameter(torch.zeros(LAYERS, MLP))
        self.down, self.down_bias = nn.Parameter(torch.empty(LAYERS, WIDTH, MLP).normal_(std=0.4 * MLP**-0.5)), nn.Parameter(torch.zeros(LAYERS, WIDTH))
        norms = torch.zeros(LAYERS, 2, 2, WIDTH)
        norms[:, :, 0] = 1
        self.norms = nn.Parameter(norms)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weights = (self.square, self.square_bias, self.up, self.up_bias, self.down, self.down_bias, self.norms)
        for parts in zip(*(w.unbind(0) for w in weights)):
            x = block(x, *parts)
        return x

    def named(self) -> dict[str, torch.Tensor]:
        """The weights under OpenCLIP's names."""
        out = {}
        for i in range(LAYERS):
            at = f"transformer.resblocks.{i}."
            out[at + "attn.in_proj_weight"], out[at + "attn.in_proj_bias"] = self.square[i, :3].reshape(3 * WIDTH, WIDTH), self.square_bias[i, :3].reshape(3 * WIDTH)
            out[at + "attn.out_proj.weight"], out[at + "attn.out_proj.bias"] = self.square[i, 3], self.square_bias[i, 3]
            for j in range(2):
                out[f"{at}ln_{j + 1}.weight"], out[f"{at}ln_{j + 1}.bias"] = self.norms[i, j, 0], self.norms[i, j, 1]
            out[at + "mlp.c_fc.weight"], out[at + "mlp.c_fc.bias"] = self.up[i], self.up_bias[i]
            out[at + "mlp.c_proj.weight"], out[at + "mlp.c_proj.bias"] = self.down[i], self.down_bias[i]
        return out


class Clip(nn.Module):
    """Both towers: the trunk with a projection, and a text transformer."""

    def __init__(self, trunk: Trunk, vocabulary: int, end: int):
        super().__init__()
        self.end, self.trunk, self.text = end, trunk, Tower()
        self.token_embed = nn.Parameter(torch.randn(vocabulary, WIDTH) * 0.02)
        self.order_embed = nn.Parameter(torch.randn(CONTEXT, WIDTH) * 0.01)
        self.norm_embed = nn.Parameter(torch.stack([torch.ones(WIDTH), torch.zeros(WIDTH)]))  # after the text's layers
        self.see_project = nn.Parameter(torch.empty(EMBEDDING, FEATURES).normal_(std=FEATURES**-0.5))
        self.say_project = nn.Parameter(torch.empty(EMBEDDING, WIDTH).normal_(std=WIDTH**-0.5))
        self.logit_scale = nn.Parameter(torch.tensor(math.log(FIRST_SCALE)))

    def scale(self) -> torch.Tensor:
        return self.logit_scale.exp().clamp(max=100)

    def see(self, features: torch.Tensor) -> torch.Tensor:
        """Unit embeddings [n, 384] of the trunk's features [n, 1280]."""
        return F.normalize(F.linear(features, self.see_project), dim=-1)

    def say(self, ids: torch.Tensor) -> torch.Tensor:
        """Embeddings [n, 384] of token ids int64 [n, length].

        Where gradients are asked for, the layers multiply in bf16: a step of `spoken` takes 0.85 s instead of 1.1 on a CPU that has
        instructions for bf16.
        """
        with torch.autocast("cpu", torch.bfloat16, enabled=torch.is_grad_enabled()):
            states = self.text(F.embedding(ids, self.token_embed) + self.order_embed[: ids.shape[1]])
        states = F.layer_norm(states, (WIDTH,), *self.norm_embed)
        last = (ids == self.end).int().argmax(1)
        return F.linear(states[torch.arange(len(ids)), last], self.say_project)

    def text_weights(self) -> list[nn.Parameter]:
        return [*self.text.parameters(), self.token_embed, self.order_embed, self.norm_embed, self.say_project]

    @torch.no_grad()
    def named(self) -> dict[str, torch.Tensor]:
        """The state dict of OpenCLIP's CLIP, as views."""
        out = self.text.named() | {f"visual.trunk.{name}": tensor for name, tensor in self.trunk.named().items()}
        out |= {"visual.head.proj.weight": self.see_project, "token_embedding.weight": self.token_embed, "positional_embedding": self.order_embed}
        out |= {"ln_final.weight": self.norm_embed[0], "ln_final.bias": self.norm_embed[1], "text_projection": self.say_project.T, "logit_scale": self.logit_scale}
        return {name: tensor.detach() for name, tensor in out.items()}

    @torch.no_grad()
    def load_named(self, state: dict[str, torch.Tensor]) -> None:
        """Takes weights under OpenCLIP's names, as `named` gives them."""
        for name, tensor in self.named().items():  # views of the stacked weights
            if tensor.shape != state[name].shape:
                raise ValueError(f"{name} has shape {list(state[name].shape)}, the recipe's model needs {list(tensor.shape)}")
            tensor.copy_(state[name])

    def config(self) -> dict:
        """open_clip_config.json."""
        vision = {"timm_model_name": "tf_efficientnet_lite0", "timm_model_pretrained": False, "timm_pool": "avg", "timm_proj": "linear", "image_size": SIDE}
        text = {"context_length": CONTEXT, "vocab_size": len(self.token_embed), "hf_tokenizer_name": "everyday-clip", "width": WIDTH, "heads": WIDTH // HEAD,
                "layers": LAYERS, "mlp_ratio": MLP / WIDTH}  # fmt: skip
        pixels = {"mean": [MEAN] * 3, "std": [STD] * 3, "interpolation": "bicubic", "resize_mode": "shortest"}
        return {"model_cfg": {"embed_dim": EMBEDDING, "quick_gelu": True, "vision_cfg": vision, "text_cfg": text}, "preprocess_cfg": pixels}


LABELS_AT_ONCE = 640


def say(clip: Clip, ids: torch.Tensor) -> torch.Tensor:
    """Unit embeddings of token ids [n, length], texts of like length together, so that little padding is read."""
    length = (ids == clip.end).int().argmax(1)
    order = length.argsort()
    parts = [clip.say(trimmed(ids[rows], clip.end)) for rows in order.split(LABELS_AT_ONCE)]
    return F.normalize(torch.cat(parts)[order.argsort()], dim=-1)


def orthogonalised(x: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """The nearest semi-orthogonal matrices to wide x [k, rows, columns], roughly."""
    a, b, c = NEWTON_SCHULZ
    x = x.bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x


class Muon:
    """Steps along orthogonalised momentum, scaled by 0.2 sqrt(larger side); matrices of one shape go through together."""

    def __init__(self, weights: list[torch.Tensor], momentum: float = 0.95, weight_decay: float = 0.05):
        self.momentum, self.weight_decay = momentum, weight_decay
        self.groups: dict[tuple[int, int], list[torch.Tensor]] = {}
        for weight in weights:
            self.groups.setdefault(tuple(sorted(weight.shape[-2:])), []).append(weight)
        self.state = {shape: [torch.zeros_like(w) for w in group] for shape, group in self.groups.items()}

    @torch.no_grad()
    def step(self, lr: float) -> None:
        for shape, group in self.groups.items():
            grads, moments = [w.grad for w in group], self.state[shape]
            torch._foreach_lerp_(moments, grads, 1 - self.momentum)
            ahead = torch._foreach_lerp(grads, moments, self.momentum)
            turned = [w.shape[-2] > w.shape[-1] for w in group]
            wide = [(a.mT if t else a).reshape(-1, *shape) for a, t in zip(ahead, turned)]
            parts = orthogonalised(torch.cat(wide)).to(group[0].dtype).split([len(w) for w in wide])
            steps = [(p.mT if t else p).reshape(w.shape) for p, t, w in zip(parts, turned, group)]
            torch._foreach_mul_(group, 1 - lr * self.weight_decay)
            torch._foreach_add_(group, steps, alpha=-lr * 0.2 * math.sqrt(shape[1]))


class Optimisers:
    """Muon over the text tower's matrices, AdamW over everything else; each group of weights has its own rate."""

    def __init__(self, groups: list[tuple[list[nn.Parameter], float]]):
        matrices = [(w, lr) for weights, lr in groups for w in weights if w.ndim >= 3 and w.shape[-1] >= WIDTH and w.shape[-2] >= WIDTH]
        known = {id(w) for w, _ in matrices}
        self.muon = [(Muon([w for w, rate in matrices if rate == lr]), lr) for lr in dict.fromkeys(lr for _, lr in matrices)]
        self.adam = torch.optim.AdamW([{"params": [w for w in weights if id(w) not in known], "rate": lr} for weights, lr in groups], betas=(0.9, 0.98), weight_decay=0.0)
        self.weights = [w for weights, _ in groups for w in weights]

    def step(self, factor: float) -> None:
        """A step at `factor` of the rates; gradients are cut at a norm of 1, and forgotten."""
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        for muon, lr in self.muon:
            muon.step(lr * factor)
        for group in self.adam.param_groups:
            group["lr"] = group["rate"] * factor
        self.adam.step()
        for weight in self.weights:
            weight.grad = None


def cosine(progress: float, warm_up: float = 0.03, floor: float = 0.005) -> float:
    """The schedule's factor at `progress` in 0..1: a linear warm-up, then half a cosine down to `floor`."""
    if progress < warm_up:
        return max(progress, 1e-4) / warm_up
    rest = min(1.0, (progress - warm_up) / (1 - warm_up))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * rest))
