"""The student: the two towers of an ordinary CLIPModel, with the weights of all layers of a tower stacked, so that one
optimiser step handles them together; its export under Hugging Face's names; and the optimisers.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .data import SIDE
from .texts import CONTEXT, trimmed

PATCH, WIDTH, HEAD = 8, 256, 64
GRID = SIDE // PATCH
VISION_LAYERS, TEXT_LAYERS = 10, 3
VISION_MLP, TEXT_MLP = 768, 512
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def block(x, square, square_bias, up, up_bias, down, down_bias, norms, causal: bool):
    """One layer of a tower: x [n, t, 256]; square holds the query, key, value and output matrices [4, 256, 256]."""
    n, t, w = x.shape
    seen = F.layer_norm(x, (w,), norms[0, 0], norms[0, 1])
    qkv = F.linear(seen, square[:3].reshape(3 * w, w), square_bias[:3].reshape(3 * w))
    q, k, v = qkv.view(n, t, 3, w // HEAD, HEAD).permute(2, 0, 3, 1, 4).unbind(0)
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).reshape(n, t, w)
    x = x + F.linear(mixed, square[3], square_bias[3])
    seen = F.linear(F.layer_norm(x, (w,), norms[1, 0], norms[1, 1]), up, up_bias)
    return x + F.linear(seen * torch.sigmoid(1.702 * seen), down, down_bias)


def see(x, square, square_bias, up, up_bias, down, down_bias, norms):
    return block(x, square, square_bias, up, up_bias, down, down_bias, norms, False)


def read(x, square, square_bias, up, up_bias, down, down_bias, norms):
    return block(x, square, square_bias, up, up_bias, down, down_bias, norms, True)


def grid_positions(width: int, strength: float) -> torch.Tensor:
    """Two-dimensional sine positions [GRID * GRID, width], so that near patches look alike from the start."""
    waves = torch.arange(GRID, dtype=torch.float32)[:, None] / GRID * math.pi * torch.linspace(0.5, GRID / 2, width // 4)
    one_axis = torch.cat([waves.sin(), waves.cos()], 1)
    rows, columns = one_axis[:, None].expand(GRID, GRID, -1), one_axis[None, :].expand(GRID, GRID, -1)
    return strength * torch.cat([rows, columns], 2).reshape(GRID * GRID, width)


class Tower(nn.Module):
    """The layers of a tower, weights stacked."""

    def __init__(self, layers: int, mlp: int, mimetic: bool):
        super().__init__()
        square = torch.empty(layers, 4, WIDTH, WIDTH).normal_(std=WIDTH**-0.5)
        square[:, 3].mul_(0.4)
        if mimetic:  # queries and keys start equal, so that patches first attend to their neighbourhood
            for layer in range(layers):
                for rows in range(0, WIDTH, HEAD):
                    square[layer, :2, rows : rows + HEAD] = 1.4 * nn.init.orthogonal_(torch.empty(HEAD, WIDTH))
        else:
            square[:, :2].mul_(0.7)
        self.square, self.square_bias = nn.Parameter(square), nn.Parameter(torch.zeros(layers, 4, WIDTH))
        self.up, self.up_bias = nn.Parameter(torch.empty(layers, mlp, WIDTH).normal_(std=WIDTH**-0.5)), nn.Parameter(torch.zeros(layers, mlp))
        self.down, self.down_bias = nn.Parameter(torch.empty(layers, WIDTH, mlp).normal_(std=0.4 * mlp**-0.5)), nn.Parameter(torch.zeros(layers, WIDTH))
        norms = torch.zeros(layers, 2, 2, WIDTH)
        norms[:, :, 0] = 1
        self.norms = nn.Parameter(norms)

    def forward(self, x: torch.Tensor, layer) -> torch.Tensor:
        weights = (self.square, self.square_bias, self.up, self.up_bias, self.down, self.down_bias, self.norms)
        for parts in zip(*(w.to(x.dtype).unbind(0) for w in weights)):
            x = layer(x, *parts)
        return x

    def named(self, prefix: str) -> dict[str, torch.Tensor]:
        """The weights under Hugging Face's names."""
        out = {}
        for i in range(len(self.square)):
            at = f"{prefix}.encoder.layers.{i}."
            for j, name in enumerate(("q_proj", "k_proj", "v_proj", "out_proj")):
                out[f"{at}self_attn.{name}.weight"], out[f"{at}self_attn.{name}.bias"] = self.square[i, j], self.square_bias[i, j]
            for j in range(2):
                out[f"{at}layer_norm{j + 1}.weight"], out[f"{at}layer_norm{j + 1}.bias"] = self.norms[i, j, 0], self.norms[i, j, 1]
            out[f"{at}mlp.fc1.weight"], out[f"{at}mlp.fc1.bias"] = self.up[i], self.up_bias[i]
            out[f"{at}mlp.fc2.weight"], out[f"{at}mlp.fc2.bias"] = self.down[i], self.down_bias[i]
        return out


class Clip(nn.Module):
    """Both towers. `see_layer` and `read_layer` may be replaced by compiled functions."""

    def __init__(self, vocabulary: int, end: int):
        super().__init__()
        self.end, self.see_layer, self.read_layer = end, see, read
        self.vision, self.text = Tower(VISION_LAYERS, VISION_MLP, True), Tower(TEXT_LAYERS, TEXT_MLP, False)
        self.patch_embed = nn.Parameter(torch.empty(WIDTH, 3 * PATCH * PATCH).normal_(std=1.5 / math.sqrt(3 * PATCH * PATCH)))
        self.class_embed = nn.Parameter(torch.randn(WIDTH) * 0.1)
        self.place_embed = nn.Parameter(torch.cat([torch.zeros(1, WIDTH), grid_positions(WIDTH, 0.5)]))
        self.token_embed = nn.Parameter(torch.randn(vocabulary, WIDTH) * 0.02)
        self.order_embed = nn.Parameter(torch.randn(CONTEXT, WIDTH) * 0.01)
        norms = torch.zeros(3, 2, WIDTH)  # before and after vision, after text
        norms[:, 0] = 1
        self.norms_embed = nn.Parameter(norms)
        self.project = nn.Parameter(torch.empty(2, WIDTH, WIDTH).normal_(std=WIDTH**-0.5))  # vision, text
        self.logit_scale = nn.Parameter(torch.tensor(math.log(16)))

    def _norm(self, x: torch.Tensor, which: int) -> torch.Tensor:
        weight, bias = self.norms_embed[which].to(x.dtype).unbind(0)
        return F.layer_norm(x, (WIDTH,), weight, bias)

    def look(self, pictures: torch.Tensor, kept: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of normalised pictures [n, 3, 64, 64] (patches `kept` [n, k], or all): embeddings, pooled states and patch states."""
        n, dtype = len(pictures), pictures.dtype
        patches = pictures.view(n, 3, GRID, PATCH, GRID, PATCH).permute(0, 2, 4, 1, 3, 5).reshape(n, GRID * GRID, -1)
        places = self.place_embed.to(dtype)
        if kept is None:
            states = F.linear(patches, self.patch_embed.to(dtype)) + places[1:]
        else:
            patches = patches.gather(1, kept[..., None].expand(-1, -1, patches.shape[2]))
            states = F.linear(patches, self.patch_embed.to(dtype)) + F.embedding(kept + 1, places)
        first = (self.class_embed.to(dtype) + places[0]).expand(n, 1, -1)
        states = self.vision(self._norm(torch.cat([first, states], 1), 0), self.see_layer)
        pooled = self._norm(states[:, 0], 1)
        return F.linear(pooled, self.project[0].to(dtype)), pooled, states[:, 1:]

    def say(self, ids: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Embeddings [n, 256] of token ids int64 [n, length]."""
        states = F.embedding(ids, self.token_embed).to(dtype) + self.order_embed[: ids.shape[1]].to(dtype)
        states = self._norm(self.text(states, self.read_layer), 2)
        last = (ids == self.end).int().argmax(1)
        return F.linear(states[torch.arange(len(ids), device=ids.device), last], self.project[1].to(dtype))

    @torch.no_grad()
    def named(self) -> dict[str, torch.Tensor]:
        """The state dict of a CLIPModel."""
        out = self.vision.named("vision_model") | self.text.named("text_model")
        at = "vision_model.embeddings."
        out[at + "class_embedding"], out[at + "position_embedding.weight"] = self.class_embed, self.place_embed
        out[at + "patch_embedding.weight"] = self.patch_embed.view(WIDTH, 3, PATCH, PATCH)
        at = "text_model.embeddings."
        out[at + "token_embedding.weight"], out[at + "position_embedding.weight"] = self.token_embed, self.order_embed
        for i, name in enumerate(("vision_model.pre_layrnorm", "vision_model.post_layernorm", "text_model.final_layer_norm")):
            out[f"{name}.weight"], out[f"{name}.bias"] = self.norms_embed[i, 0], self.norms_embed[i, 1]
        out["visual_projection.weight"], out["text_projection.weight"], out["logit_scale"] = self.project[0], self.project[1], self.logit_scale
        return {name: tensor.detach().contiguous() for name, tensor in out.items()}

    def config(self, start: int) -> dict:
        """config.json of the CLIPModel."""
        shared = {"hidden_size": WIDTH, "num_attention_heads": WIDTH // HEAD, "hidden_act": "quick_gelu", "projection_dim": WIDTH, "layer_norm_eps": 1e-05,
                  "attention_dropout": 0.0, "initializer_factor": 1.0, "initializer_range": 0.02}  # fmt: skip
        text = shared | {"model_type": "clip_text_model", "intermediate_size": TEXT_MLP, "num_hidden_layers": TEXT_LAYERS, "vocab_size": len(self.token_embed),
                         "max_position_embeddings": CONTEXT, "bos_token_id": start, "eos_token_id": self.end, "pad_token_id": self.end}  # fmt: skip
        vision = shared | {"model_type": "clip_vision_model", "intermediate_size": VISION_MLP, "num_hidden_layers": VISION_LAYERS, "image_size": SIDE,
                           "patch_size": PATCH, "num_channels": 3}  # fmt: skip
        return {"architectures": ["CLIPModel"], "model_type": "clip", "dtype": "float32", "projection_dim": WIDTH,
                "logit_scale_init_value": math.log(16), "initializer_factor": 1.0, "text_config": text, "vision_config": vision}  # fmt: skip


LABELS_AT_ONCE = 640


def say(clip: Clip, ids: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Unit embeddings of token ids [n, length], texts of like length together, so that little padding is read."""
    length = (ids == clip.end).int().argmax(1)
    order = length.argsort()
    parts = [clip.say(trimmed(ids[rows], clip.end), dtype).float() for rows in order.split(LABELS_AT_ONCE)]
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
    """Muon over the towers' matrices and projections, AdamW over everything else, one rate for both."""

    def __init__(self, model: nn.Module, lr: float):
        hidden = ("square", "up", "down", "project")
        named = list(model.named_parameters())
        self.matrices = [w for name, w in named if name.split(".")[-1] in hidden]
        others = [w for name, w in named if name.split(".")[-1] not in hidden]
        self.lr, self.muon = lr, Muon(self.matrices)
        self.adam = torch.optim.AdamW(others, lr, betas=(0.9, 0.98), weight_decay=0.0, fused=others[0].device.type == "cuda")

    def step(self, factor: float) -> None:
        self.muon.step(self.lr * factor)
        for group in self.adam.param_groups:
            group["lr"] = self.lr * factor
        self.adam.step()


def cosine(progress: float, warm_up: float = 0.03, floor: float = 0.005) -> float:
    """The schedule's factor at `progress` in 0..1: a linear warm-up, then half a cosine down to `floor`."""
    if progress < warm_up:
        return max(progress, 1e-4) / warm_up
    rest = min(1.0, (progress - warm_up) / (1 - warm_up))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * rest))
