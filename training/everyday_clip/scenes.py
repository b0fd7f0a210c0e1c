"""Scenes: a drawing once or several times on a ground. Planned on the CPU (so that captions can be written), painted in batches."""

import math
from dataclasses import dataclass, fields

import numpy as np
import torch
import torch.nn.functional as F

from emoji.styles import COLOUR_NAMES, COLOURS, INK_HANDS, INK_SHARE, PEN_SHARE

from .augment import as_bytes, chance, sampled, softened, uniform
from .data import SPRITE, Concepts, Drawings
from .trunk import SIDE

PLACES = ["centre", "left", "right", "top", "bottom", "top left", "top right", "bottom left", "bottom right"]
PLACE_CENTRES = [(0.5, 0.5), (0.22, 0.5), (0.78, 0.5), (0.5, 0.22), (0.5, 0.78), (0.22, 0.22), (0.78, 0.22), (0.22, 0.78), (0.78, 0.78)]
LAYOUTS = {  # count -> arrangements of centres, and whether they stand in a line (smaller then)
    2: [([(0.27, 0.5), (0.73, 0.5)], False), ([(0.5, 0.27), (0.5, 0.73)], False), ([(0.28, 0.3), (0.72, 0.7)], False), ([(0.72, 0.3), (0.28, 0.7)], False)],
    3: [([(0.27, 0.28), (0.73, 0.28), (0.5, 0.73)], False), ([(0.5, 0.27), (0.27, 0.72), (0.73, 0.72)], False), ([(0.2, 0.5), (0.5, 0.5), (0.8, 0.5)], True)],
    4: [([(0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)], False), ([(0.5, 0.2), (0.2, 0.5), (0.8, 0.5), (0.5, 0.8)], True)],
}  # fmt: skip
SIZES = ["small", "big"]
STYLES = ["colour", "ink", "pen", "grey"]
COLOUR, INK, PEN, GREY = range(4)
NO_GROUND_SHARE, WHITE_SHARE = 0.18, 0.18
HELD_OUT_PAIRS = 0.1  # share of (concept, ground) pairs that training never shows
NEVER_MIRRORED = set(  # words of names and parents of what means something else in the mirror
    "left right arrow arrows clock clockwise counterclockwise o'clock sign signs mark symbol symbols button letter letters number "
    "numbers question keycap musical note notes hand hands finger pointing gesture punctuation script text word words leftwards rightwards".split()
)
MARGIN = 6  # transparent pixels added around a sprite, room for outlines
NONE = -1


def is_held_out_pair(concept: int, ground: int) -> bool:
    """Whether training must never show this concept on this ground."""
    return (concept * 2654435761 + ground * 40503 + 12345) % 1000 < HELD_OUT_PAIRS * 1000


@dataclass
class Plan:
    """Columns of what is to be painted, NumPy arrays or tensors; NONE where nothing nameable was chosen."""

    sprite: np.ndarray
    concept: np.ndarray
    ground: np.ndarray
    count: np.ndarray
    place: np.ndarray
    size: np.ndarray
    style: np.ndarray
    centres: np.ndarray  # [n, 4, 2]
    scale: np.ndarray
    flip: np.ndarray

    def __len__(self) -> int:
        return len(self.concept)

    def __getitem__(self, rows) -> "Plan":
        return Plan(*(getattr(self, f.name)[rows] for f in fields(self)))

    def to(self, device) -> "Plan":
        return Plan(*(torch.from_numpy(np.ascontiguousarray(getattr(self, f.name))).to(device) for f in fields(self)))


class Planner:
    """Chooses drawings and arranges them; `hands` says in which styles."""

    def __init__(self, concepts: Concepts, drawings: Drawings, hands: list[str]):
        self.concepts, self.drawings = concepts, drawings
        wanted = np.flatnonzero(np.isin(drawings.hand, [drawings.hands.index(h) for h in hands]))
        self.order = wanted[np.argsort(drawings.concept[wanted], kind="stable")]
        owner = drawings.concept[self.order]
        self.drawn = np.unique(owner)
        self.style_of_hand = np.array([PEN if h.endswith("_pen") else INK if h in INK_HANDS else COLOUR for h in drawings.hands])
        self.named_by_colour = np.array([any(c in name.split() for name in names[:1] for c in COLOUR_NAMES) for names in concepts.names])
        words = [set(" ".join(n[:1] + p).replace("-", " ").split()) for n, p in zip(concepts.names, concepts.parents)]
        self.may_flip = np.array([not w & NEVER_MIRRORED for w in words])
        style = self.style_of_hand[drawings.hand[self.order]]
        share = np.where(style == PEN, PEN_SHARE, np.where(style == INK, INK_SHARE, 1.0))
        self.shares = np.concatenate([[0], np.where((style != COLOUR) & self.named_by_colour[owner], 1e-6, share).cumsum()])
        self.first, self.last = np.searchsorted(owner, np.arange(len(concepts))), np.searchsorted(owner, np.arange(len(concepts)), side="right")
        self.held_out = np.array([[is_held_out_pair(c, g) for g in range(12)] for c in range(len(concepts))])

    def choose_sprites(self, rng: np.random.Generator, concept: np.ndarray) -> np.ndarray:
        low, high = self.shares[self.first[concept]], self.shares[self.last[concept]]
        at = np.searchsorted(self.shares, low + rng.random(len(concept)) * (high - low), side="right") - 1
        return self.order[np.clip(at, self.first[concept], self.last[concept] - 1)]

    def choose_grounds(self, rng: np.random.Generator, concept: np.ndarray, hold_pairs_out: bool = True) -> np.ndarray:
        n = len(concept)
        roll, ground = rng.random(n), rng.integers(12, size=n)
        ground = np.where(roll < NO_GROUND_SHARE + WHITE_SHARE, COLOUR_NAMES.index("white"), ground)
        for _ in range(20 if hold_pairs_out else 0):
            bad = self.held_out[concept, ground]
            ground = np.where(bad, rng.integers(12, size=n), ground)
        if hold_pairs_out:
            roll = np.where(self.held_out[concept, ground], 0, roll)
        return np.where(roll < NO_GROUND_SHARE, NONE, ground)

    def plan(self, rng: np.random.Generator, concept: np.ndarray, composed: float, ground=None, count=None) -> Plan:
        """Scenes of the concepts; `composed` is the share with a count, a place or a size. `ground` and `count` ask for given ones."""
        n = len(concept)
        sprite = self.choose_sprites(rng, concept)
        style = self.style_of_hand[self.drawings.hand[sprite]]
        style = np.where((style == COLOUR) & ~self.named_by_colour[concept] & (rng.random(n) < 0.08), GREY, style)
        kind = rng.random(n) / max(composed, 1e-9)
        if count is not None:
            alone = 0.5 + rng.random(n) * (1 / composed - 0.5)
            kind = np.where(count > 1, 0.0, np.where(kind < 0.5, alone, kind))
        several, placed, big = kind < 0.5, (kind >= 0.5) & (kind < 0.85), (kind >= 0.85) & (kind < 1)
        number = np.where(several, rng.integers(2, 5, size=n) if count is None else count, 1)
        place, size = np.where(placed, rng.integers(9, size=n), NONE), np.where(placed, 0, np.where(big, 1, NONE))
        centres = np.full((n, 4, 2), 0.5)
        centres[placed, 0] = np.array(PLACE_CENTRES)[place[placed]]
        low, high = np.where(placed, 0.32, np.where(big, 0.88, 0.55)), np.where(placed, 0.44, np.where(big, 1.0, 0.88))
        for k, layouts in LAYOUTS.items():
            layout = rng.integers(len(layouts), size=n)
            for i, (points, in_line) in enumerate(layouts):
                rows = np.flatnonzero(several & (number == k) & (layout == i))
                centres[rows, :k] = points
                low[rows], high[rows] = (0.28, 0.34) if in_line else (0.34, 0.46)
        scale = rng.uniform(low, high)
        slack = np.where((number > 1) | placed, 0.02, 0.05 + 0.3 * np.maximum(0, 0.85 - scale) ** 1.5)
        centres += rng.uniform(-1, 1, centres.shape) * slack[:, None, None]
        ground = self.choose_grounds(rng, concept) if ground is None else ground
        flip = self.may_flip[concept] & (rng.random(n) < 0.5)
        small = (np.asarray(a, np.int64) for a in (sprite, concept, ground, number, place, size, style))
        return Plan(*small, centres.astype(np.float32), scale.astype(np.float32), flip)

    def plain(self, rng: np.random.Generator, concept: np.ndarray) -> Plan:
        """Each drawing as its artist left it, centred on a plain ground, half of them white: paint it with `restyle=False`."""
        n, none = len(concept), np.full(len(concept), NONE, np.int64)
        ground = np.where(rng.random(n) < 0.5, COLOUR_NAMES.index("white"), rng.integers(12, size=n))
        centres, scale = np.full((n, 4, 2), 0.5, np.float32), rng.uniform(0.7, 0.9, n).astype(np.float32)
        one, style = np.ones(n, np.int64), np.full(n, COLOUR, np.int64)
        return Plan(self.choose_sprites(rng, concept), concept.astype(np.int64), ground.astype(np.int64), one, none, none, style, centres, scale, np.zeros(n, bool))


def choose(condition: torch.Tensor, one, other) -> torch.Tensor:
    """`torch.where` of a bool [n] over trailing dimensions."""
    dims = max(getattr(one, "ndim", 0), getattr(other, "ndim", 0))
    return torch.where(condition.view(-1, *[1] * (dims - 1)), one, other)


class Painter:
    """Paints plans: uint8 [n, 3, 192, 192]."""

    def __init__(self, drawings: Drawings, concepts: Concepts, device, photo_tiles: torch.Tensor | None = None):
        """`photo_tiles` uint8 [N, 64, 64, 3] lend blurred grounds."""
        self.device, self.photo_tiles = device, photo_tiles
        self.sprites = torch.from_numpy(drawings.pixels).to(device)  # [n, 96, 96, 5]
        self.middles = torch.tensor(list(COLOURS.values()), dtype=torch.float32, device=device) / 255
        self.spreads = torch.tensor([0.4 if c in ("black", "white", "grey") else 1.0 for c in COLOURS], device=device)
        self.tints = torch.tensor([0.25 if c in ("black", "white", "grey") else 0.7 for c in COLOURS], device=device)
        keep = [any(c in name.split() for name in names[:1] for c in COLOUR_NAMES) for names in concepts.names]
        self.keep_colours = torch.tensor(keep, device=device)

    def jittered(self, colour: torch.Tensor) -> torch.Tensor:
        """Shades [..., 3] that still have these names (indices [...])."""
        spread = (18 / 255) * self.spreads[colour]
        grey = torch.randn(colour.shape, device=self.device) * spread * 0.6
        tint = torch.randn(*colour.shape, 3, device=self.device) * (spread * self.tints[colour])[..., None]
        return (self.middles[colour] + grey[..., None] + tint).clamp(0, 1)

    def grounds(self, ground: torch.Tensor, jitter: bool) -> torch.Tensor:
        """[n, 3, 192, 192]: plain in a named colour, or where NONE a gradient, stripes, soft noise or a blurred photo."""
        named = ground.clamp(min=0)
        shade = self.jittered(named) if jitter else self.middles[named]
        canvas = shade[:, :, None, None].expand(-1, -1, SIDE, SIDE).clone()
        rows = (ground < 0).nonzero()[:, 0]
        if len(rows):
            canvas[rows] = self._patterns(len(rows))
        return canvas

    def _patterns(self, n: int) -> torch.Tensor:
        device = self.device
        one, two = torch.rand(2, n, 3, 1, 1, device=device)
        kind = torch.randint(4 if self.photo_tiles is not None and len(self.photo_tiles) else 3, (n,), device=device)
        cells = torch.rand(n, 3, 5, 5, device=device)
        noise = F.interpolate(cells, size=SIDE, mode="bilinear", align_corners=False) * 0.5 + one * 0.5
        steps, angle = torch.linspace(-0.5, 0.5, SIDE, device=device), uniform(n, 0, 2 * math.pi, device)[:, None, None]
        ramp = angle.cos() * steps[None, None, :] + angle.sin() * steps[None, :, None]
        stripes = ((ramp * uniform(n, 15, 60, device)[:, None, None]).sin() > 0).float()
        two = choose(kind == 1, one * 0.6 + two * 0.4, two)
        share = choose(kind == 1, stripes, (ramp - ramp.amin((1, 2), keepdim=True)) / (ramp.amax((1, 2), keepdim=True) - ramp.amin((1, 2), keepdim=True)))
        pattern = choose(kind == 2, noise, one * share[:, None] + two * (1 - share[:, None]))
        if self.photo_tiles is not None and len(self.photo_tiles):
            tiles = self.photo_tiles[torch.randint(len(self.photo_tiles), (n,), device=device)].permute(0, 3, 1, 2).float() / 255
            soft = F.interpolate(F.avg_pool2d(tiles, 6, 6), size=SIDE, mode="bilinear", align_corners=False)
            pattern = choose(kind == 3, soft, pattern)
        return pattern

    def _wobbled(self, sprites: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """Bends drawings smoothly, as an unsteady hand would: pen always, the others sometimes."""
        n, device, side = len(sprites), self.device, sprites.shape[-1]
        pen, ink = style == PEN, style == INK
        on = pen | chance(n, 0.15, device) | (ink & chance(n, 0.3, device))
        amount = on * torch.where(pen, uniform(n, 0.3, 2.0, device), uniform(n, 0.2, 1.4, device)) * 2 / side
        field = F.interpolate(torch.randn(n, 2, 5, 5, device=device) * amount[:, None, None, None], size=side, mode="bicubic", align_corners=True)
        eye = torch.eye(2, 3, device=device).expand(n, 2, 3)
        grid = F.affine_grid(eye, [n, 1, side, side], align_corners=False) + field.permute(0, 2, 3, 1)
        return F.grid_sample(sprites, grid, mode="bilinear", padding_mode="zeros", align_corners=False)

    def _inks(self, ground: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """An ink [n, 3] that stands out from the ground, and a paper [n, 3] that stands out from the ink."""
        n, device = len(ground), self.device

        def shades(count: int) -> torch.Tensor:
            return self.jittered(torch.randint(12, (n, count), device=device))

        dark = uniform(n * 6, 0, 0.2, device).view(n, 6, 1).expand(-1, -1, 3)
        inks = torch.where(torch.rand(n, 6, 1, device=device) < 0.5, shades(6), dark)
        fits = (inks - ground[:, None]).abs().sum(-1) > 170 / 255
        first = inks[torch.arange(n, device=device), fits.float().argmax(1)]
        ink = choose(fits.any(1), first, torch.where(ground.mean(1, keepdim=True) < 0.5, 0.98, 0.04).expand(-1, 3))
        paper = torch.where(torch.rand(n, 1, device=device) < 0.5, 0.98, shades(1)[:, 0])
        far = (paper - ink).abs().sum(1) > 170 / 255
        return ink, choose(far, paper, torch.where(ink.mean(1, keepdim=True) < 0.5, 0.98, 0.04).expand(-1, 3))

    def _colour_mixes(self, style: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
        """Channel mixes [n, 3, 3]: half of the coloured drawings recoloured, grey ones greyed."""
        n, device = len(style), self.device
        low, high = torch.where(keep, 0.02, 0.05), torch.where(keep, 0.12, 0.4)
        strength = (low + torch.rand(n, device=device) * (high - low)) * chance(n, 0.45, device)
        rough = torch.empty(n, 3, 3, device=device).exponential_().pow(1.5) + 1e-6
        mix = torch.eye(3, device=device) * (1 - strength)[:, None, None] + strength[:, None, None] * rough / rough.sum(-1, keepdim=True)
        mix = mix * (1 + uniform(3 * n, -0.3, 0.3, device).view(n, 3) * strength[:, None])[..., None]
        return choose(style == GREY, torch.tensor([0.299, 0.587, 0.114], device=device).expand(n, 3, 3), mix)

    def _layers(self, sprites: torch.Tensor, plan: Plan, ground: torch.Tensor) -> torch.Tensor:
        """Restyled drawings [n, 4, 108, 108], colour multiplied by opacity; `ground` [n, 3] is what they must stand out from."""
        n, device, style = len(sprites), self.device, plan.style
        drawn_in_ink = (style == INK) | (style == PEN)
        sprites = self._wobbled(sprites, style)
        rgb, alpha, fill = sprites[:, :3], sprites[:, 3:4], sprites[:, 4:]
        ink, paper = self._inks(ground)
        rgb = torch.einsum("nij,njhw->nihw", self._colour_mixes(style, self.keep_colours[plan.concept]), rgb).clamp(0, 1)
        rgb = choose(drawn_in_ink, ink[:, :, None, None], rgb)
        wide = F.max_pool2d(alpha, 5, 1, 2)
        alpha = choose(drawn_in_ink & chance(n, 0.3, device), wide, alpha)
        mean = (rgb * alpha).sum((2, 3)) / (alpha.sum((2, 3)) + 1e-3)
        lost = (mean - ground).abs().sum(1) < 90 / 255
        outlined = ~drawn_in_ink & (lost | chance(n, 0.25, device))
        dark = torch.where(lost, ground.mean(1) > 110 / 255, chance(n, 0.7, device))
        outline = torch.where(dark, uniform(n, 0, 0.18, device), uniform(n, 0.92, 1.0, device))[:, None].expand(-1, 3)
        papered = drawn_in_ink & chance(n, 0.25, device)
        cover = choose(outlined, choose(chance(n, 0.5, device), wide, F.max_pool2d(alpha, 7, 1, 3)), alpha)
        cover = choose(papered, torch.maximum(fill, alpha), cover)
        under = choose(papered, paper, outline)[:, :, None, None]
        return torch.cat([rgb * alpha + under * (cover - alpha).clamp(min=0), cover], 1)

    def _placement(self, plan: Plan, copy: int, tilt: torch.Tensor, restyle: bool) -> torch.Tensor:
        """Affine maps [n, 2, 3] from the canvas to the sprite with its margin, for `sampled`."""
        n, device = len(plan), self.device
        scale = plan.scale * (SPRITE + 2 * MARGIN) / SPRITE
        angle, shear = tilt, torch.zeros(n, device=device)
        if restyle:
            scale = scale * uniform(n, 0.95, 1.05, device)
            angle = angle + (plan.count > 1) * torch.randn(n, device=device) * math.radians(5)
            shear = torch.randn(n, device=device) * 0.05
        c, s = angle.cos(), angle.sin()
        mirror = torch.where(plan.flip, -1.0, 1.0)
        right, down = shear - s, c  # the map from sprite to canvas is scale * [[c * mirror, right], [s * mirror, down]]
        size = (c * mirror * down - right * s * mirror) * scale
        inverse = torch.stack([torch.stack([down, -right], 1), torch.stack([-s * mirror, c * mirror], 1)], 1) / size[:, None, None]
        centre = 2 * plan.centres[:, copy] - 1
        return torch.cat([inverse, -(inverse @ centre[:, :, None])], 2)

    @torch.no_grad()
    def paint(self, plan: Plan, restyle: bool = True) -> torch.Tensor:
        """The scenes of a plan whose columns are tensors."""
        n, device = len(plan), self.device
        canvas = self.grounds(plan.ground, jitter=restyle)
        sprites = F.pad(self.sprites[plan.sprite].permute(0, 3, 1, 2).float().div_(255), (MARGIN,) * 4)
        if restyle:
            middle = canvas[:, :, SIDE // 2, SIDE // 2].clone()
            layers = self._layers(sprites, plan, middle)
        else:
            layers = torch.cat([sprites[:, :3] * sprites[:, 3:4], sprites[:, 3:4]], 1)
        tilt = torch.randn(n, device=device) * math.radians(7) if restyle else torch.zeros(n, device=device)
        for copy in range(4):
            rows = (plan.count > copy).nonzero()[:, 0]
            if not len(rows):
                break
            some = plan[rows]
            seen = sampled(layers[rows], self._placement(some, copy, tilt[rows], restyle), padding="zeros")
            canvas[rows] = canvas[rows] * (1 - seen[:, 3:]) + seen[:, :3]
        return as_bytes(self._disturbed(canvas) if restyle else canvas)

    def _disturbed(self, canvas: torch.Tensor) -> torch.Tensor:
        """Small damages every real picture has: light, blur, noise."""
        n, device = len(canvas), self.device
        lit = chance(n, 0.3, device).float()
        gain = (1 + lit * uniform(n, -0.2, 0.15, device)).view(n, 1, 1, 1)
        shift = (lit * torch.randn(n, device=device) * 8 / 255).view(n, 1, 1, 1)
        canvas = softened((canvas - 0.5) * gain + 0.5 + shift, 0.35)
        noisy = (chance(n, 0.15, device) * uniform(n, 2 / 255, 9 / 255, device)).view(n, 1, 1, 1)
        return canvas + noisy * torch.randn_like(canvas)
