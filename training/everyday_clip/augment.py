"""Random views of photographs and small damages to any picture, whole batches at once on the GPU.

Pictures are uint8 [n, 3, 64, 64] outside, float32 in 0..1 inside.
"""

import math

import torch
import torch.nn.functional as F

from .data import SIDE

GREY = (0.299, 0.587, 0.114)


def uniform(n: int, low: float, high: float, device) -> torch.Tensor:
    return torch.empty(n, device=device).uniform_(low, high)


def chance(n: int, share: float, device) -> torch.Tensor:
    """bool [n]"""
    return torch.rand(n, device=device) < share


def as_bytes(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.mul(255).round_().clamp_(0, 255).to(torch.uint8)


def crops(n: int, device) -> torch.Tensor:
    """Affine maps [n, 2, 3] of random resized crops: area 0.35 to 1, some the whole frame; mirrored, a little turned."""
    area = torch.where(chance(n, 0.3, device), torch.ones((), device=device), uniform(n, 0.35, 1.0, device))
    ratio = torch.where(area == 1, torch.ones((), device=device), uniform(n, math.log(3 / 4), math.log(4 / 3), device).exp())
    width, height = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    x, y = uniform(n, -1, 1, device) * (1 - width), uniform(n, -1, 1, device) * (1 - height)
    flip = torch.where(chance(n, 0.5, device), -1.0, 1.0)
    angle = torch.randn(n, device=device) * math.radians(9) * chance(n, 0.25, device)
    c, s = angle.cos(), angle.sin()
    return torch.stack([torch.stack([flip * width * c, -height * s, x], 1), torch.stack([flip * width * s, height * c, y], 1)], 1)


def sampled(pictures: torch.Tensor, theta: torch.Tensor, supersample: int, padding: str = "reflection") -> torch.Tensor:
    """Float pictures [n, c, s, s] through affine maps: [n, c, 64, 64], averaged over `supersample` squared points."""
    side = SIDE * supersample
    grid = F.affine_grid(theta, [len(pictures), 1, side, side], align_corners=False)
    seen = F.grid_sample(pictures, grid, mode="bilinear", padding_mode=padding, align_corners=False)
    return F.avg_pool2d(seen, supersample) if supersample > 1 else seen


def coloured(pictures: torch.Tensor) -> torch.Tensor:
    """Jitters brightness, contrast, saturation and hue of most pictures; makes some grey."""
    n, device = len(pictures), pictures.device
    on = chance(n, 0.65, device).float()
    bright, contrast = 1 + on * uniform(n, -0.3, 0.3, device), 1 + on * uniform(n, -0.3, 0.3, device)
    saturation = (1 + on * uniform(n, -0.4, 0.4, device)) * (~chance(n, 0.05, device)).float()
    turn = on * torch.randn(n, device=device) * 0.12
    eye, grey = torch.eye(3, device=device), torch.tensor(GREY, device=device).expand(3, 3)
    third, root = torch.full((3, 3), 1 / 3, device=device), math.sqrt(1 / 3)
    cross = torch.tensor([[0, -root, root], [root, 0, -root], [-root, root, 0]], device=device)
    hue = turn.cos()[:, None, None] * (eye - third) + third + turn.sin()[:, None, None] * cross
    mix = (saturation[:, None, None] * eye + (1 - saturation)[:, None, None] * grey) @ hue
    middle = pictures.mean((1, 2, 3))
    jittered = torch.einsum("nij,njhw->nihw", mix * (bright * contrast)[:, None, None], pictures)
    return jittered + (bright * (1 - contrast) * middle)[:, None, None, None]


def blurred(pictures: torch.Tensor, share: float) -> torch.Tensor:
    """Blurs some pictures over three pixels, by shifted sums."""
    n = len(pictures)
    weight = (chance(n, share, pictures.device) * uniform(n, 0.08, 0.28, pictures.device)).view(n, 1, 1, 1)
    for dim, pad in ((3, (1, 1, 0, 0)), (2, (0, 0, 1, 1))):
        wide = F.pad(pictures, pad, mode="replicate")
        size = pictures.shape[dim]
        pictures = (1 - 2 * weight) * pictures + weight * (wide.narrow(dim, 0, size) + wide.narrow(dim, 2, size))
    return pictures


def erased(pictures: torch.Tensor, share: float) -> torch.Tensor:
    """Covers a rectangle of some pictures with a plain colour."""
    n, device = len(pictures), pictures.device
    at = (torch.arange(SIDE, device=device) + 0.5) / SIDE
    centre, half = torch.rand(2, n, 1, device=device), uniform(2 * n, 0.06, 0.2, device).view(2, n, 1)
    inside = ((at - centre[0]).abs() < half[0])[:, None, :, None] & ((at - centre[1]).abs() < half[1])[:, None, None, :]
    inside &= chance(n, share, device)[:, None, None, None]
    return torch.where(inside, torch.rand(n, 3, 1, 1, device=device), pictures)


def resharpened(pictures: torch.Tensor, soft: float, sharp: float) -> torch.Tensor:
    """Makes a share `soft` as smooth as a photograph scaled down well, and a share `sharp` crisper: the small photographs of training
    were scaled down without smoothing, those of visitors are not."""
    n, device = len(pictures), pictures.device
    roll = torch.rand(n, device=device)
    some = (roll < soft).nonzero()[:, 0]
    if len(some):
        side = int(torch.randint(36, 61, ()))
        small = F.interpolate(pictures[some], size=side, mode="bicubic", antialias=True, align_corners=False)
        pictures = pictures.index_copy(0, some, F.interpolate(small, size=SIDE, mode="bicubic", align_corners=False))
    amount = torch.where((roll >= soft) & (roll < soft + sharp), uniform(n, 0.2, 0.9, device), torch.zeros((), device=device))
    if sharp:
        wide = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, 1)
        pictures = pictures + amount.view(n, 1, 1, 1) * (pictures - wide)
    return pictures


def planes(tiles: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Some tiles [n, 3, s, s] of uint8 [N, s, s, 3]."""
    return tiles[rows].permute(0, 3, 1, 2).contiguous()


@torch.no_grad()
def random_views(tiles: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Random views uint8 [n, 3, 64, 64] of the photos `rows` of uint8 `tiles` [N, s, s, 3]; larger tiles are averaged down, or
    for a third of the calls picked out without smoothing."""
    pictures = planes(tiles, rows).float().div_(255)
    smooth = tiles.shape[1] > SIDE and float(torch.rand(())) > 0.33
    pictures = sampled(pictures, crops(len(rows), tiles.device), 2 if smooth else 1)
    return as_bytes(erased(blurred(coloured(resharpened(pictures, 0.3, 0.15)), 0.08), 0.12))


class PhotoViews:
    """The photos on the GPU, by side, and random or plain views of any of them."""

    def __init__(self, photos, device):
        self.tiles = {side: torch.from_numpy(array).to(device) for side, array in photos.tiles.items()}
        self.side, self.row = torch.from_numpy(photos.side).to(device), torch.from_numpy(photos.row).long().to(device)

    def _each(self, items: torch.Tensor, view) -> torch.Tensor:
        sides, out = self.side[items], torch.empty(len(items), 3, SIDE, SIDE, dtype=torch.uint8, device=items.device)
        for side, tiles in self.tiles.items():
            chosen = (sides == side).nonzero()[:, 0]
            if len(chosen):
                out[chosen] = view(tiles, self.row[items[chosen]])
        return out

    def random(self, items: torch.Tensor) -> torch.Tensor:
        return self._each(items, random_views)

    def plain(self, items: torch.Tensor) -> torch.Tensor:
        """As the preprocessing sees a photo: the whole tile, bicubic with antialiasing."""

        def view(tiles: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
            if tiles.shape[1] == SIDE:
                return planes(tiles, rows)
            return as_bytes(F.interpolate(planes(tiles, rows).float() / 255, size=SIDE, mode="bicubic", antialias=True, align_corners=False))

        return self._each(items, view)
