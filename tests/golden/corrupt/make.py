"""Writes what the published corruptions make of one small picture: `python make.py`.

`input.png` is 64 x 64, drawn here. `exact.png` holds, for each corruption without dice (a row) and each severity (a column),
what the libraries of the reference make of it with the reference's parameters: scikit-image, OpenCV, SciPy, Pillow.
`motion.png` is motion blur at 30 degrees, by ImageMagick's algorithm written out here. `moments.json` has, for those with dice, the mean over `DRAWS` draws of
three figures of the damaged picture, with their standard deviation: its mean, its variance, and its mean distance from the
input; all in levels of 0 to 255.

Parameters: imagenet_c/corruptions.py of hendrycks/robustness at 20caed9.
"""

import io
import json
from pathlib import Path

import cv2
import numpy as np
import skimage
from PIL import Image
from scipy.ndimage import map_coordinates
from scipy.ndimage import zoom as scipy_zoom
from skimage.color import hsv2rgb, rgb2hsv
from skimage.filters import gaussian

HERE = Path(__file__).parent
SIDE = 64
DRAWS = 40


def picture() -> np.ndarray:
    """Shapes, a ramp and a texture, uint8 [64, 64, 3]."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    image = np.stack([x * 4, y * 4, 255 - (x + y) * 2], -1).astype(np.uint8)
    cv2.circle(image, (22, 24), 13, (230, 40, 30), -1, cv2.LINE_AA)
    cv2.rectangle(image, (38, 34), (58, 56), (20, 30, 120), -1)
    cv2.line(image, (2, 60), (60, 6), (250, 250, 245), 2, cv2.LINE_AA)
    image[4:14, 44:60] = ((x[4:14, 44:60] + y[4:14, 44:60]) % 2 * 200 + 30)[..., None]
    return image


def levels(unit: np.ndarray) -> np.ndarray:
    return np.uint8(np.clip(unit, 0, 1) * 255)


def blur(unit: np.ndarray, sigma: float) -> np.ndarray:
    return gaussian(unit, sigma=sigma, channel_axis=-1 if unit.ndim == 3 else None)


def middle_enlarged(image: np.ndarray, factor: float) -> np.ndarray:
    side = image.shape[0]
    cut = int(np.ceil(side / factor))
    first = (side - cut) // 2
    factors = (factor, factor, 1)[: image.ndim]
    large = scipy_zoom(image[first : first + cut, first : first + cut], factors, order=1)
    trim = (large.shape[0] - side) // 2
    return large[trim : trim + side, trim : trim + side]


def trail(image: np.ndarray, radius: float, sigma: float, angle: float) -> np.ndarray:
    """ImageMagick 6's MotionBlurImage with edge pixels beyond the edge."""
    steps = np.arange(2 * int(radius) + 1)
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    weights /= weights.sum()
    result = np.zeros_like(image, float)
    height, width = image.shape[:2]
    for step, weight in zip(steps, weights):
        right = int(np.ceil(step * np.cos(np.radians(angle)) - 0.5))
        down = int(np.ceil(step * np.sin(np.radians(angle)) - 0.5))
        rows = np.clip(np.arange(height) + down, 0, height - 1)
        columns = np.clip(np.arange(width) + right, 0, width - 1)
        result += weight * image[rows][:, columns]
    return np.round(result * 255) / 255


def defocus(image, s):
    radius, softening = [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)][s]
    half, side = (8, 3) if radius <= 8 else (radius, 5)
    x, y = np.meshgrid(np.arange(-half, half + 1), np.arange(-half, half + 1))
    disk = np.float32(x**2 + y**2 <= radius**2)
    kernel = cv2.GaussianBlur(disk / disk.sum(), ksize=(side, side), sigmaX=softening)
    return levels(np.dstack([cv2.filter2D(np.ascontiguousarray(image[..., c] / 255.0), -1, kernel) for c in range(3)]))


def zoom(image, s):
    end, step = [(1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)][s]
    factors = np.arange(1, end, step)
    unit = np.float32(image / 255.0)
    return levels((unit + sum(middle_enlarged(unit, factor) for factor in factors)) / (len(factors) + 1))


def brightness(image, s):
    hsv = rgb2hsv(image / 255.0)
    hsv[..., 2] = np.clip(hsv[..., 2] + [0.1, 0.2, 0.3, 0.4, 0.5][s], 0, 1)
    return levels(hsv2rgb(hsv))


def saturate(image, s):
    times, more = [(0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)][s]
    hsv = rgb2hsv(image / 255.0)
    hsv[..., 1] = np.clip(hsv[..., 1] * times + more, 0, 1)
    return levels(hsv2rgb(hsv))


def contrast(image, s):
    unit = image / 255.0
    means = unit.mean(axis=(0, 1), keepdims=True)
    return levels((unit - means) * [0.4, 0.3, 0.2, 0.1, 0.05][s] + means)


def pixelate(image, s):
    small = int(SIDE * [0.6, 0.5, 0.4, 0.3, 0.25][s])
    return np.array(Image.fromarray(image).resize((small, small), Image.BOX).resize((SIDE, SIDE), Image.BOX))


def jpeg(image, s):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=[25, 18, 15, 10, 7][s])
    return np.array(Image.open(file))


def motion(image, s, angle=30.0):
    radius, sigma = [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)][s]
    return levels(trail(image / 255.0, radius, sigma, angle))


EXACT = {
    "defocus_blur": defocus,
    "zoom_blur": zoom,
    "gaussian_blur": lambda image, s: levels(blur(image / 255.0, [1, 2, 3, 4, 6][s])),
    "brightness": brightness,
    "contrast": contrast,
    "pixelate": pixelate,
    "jpeg_compression": jpeg,
    "saturate": saturate,
}


def gaussian_noise(image, s, rng):
    return levels(image / 255.0 + rng.normal(0, [0.08, 0.12, 0.18, 0.26, 0.38][s], image.shape))


def shot_noise(image, s, rng):
    photons = [60, 25, 12, 5, 3][s]
    return levels(rng.poisson(image / 255.0 * photons) / photons)


def impulse_noise(image, s, rng):
    amount = [0.03, 0.06, 0.09, 0.17, 0.27][s]
    return levels(skimage.util.random_noise(image / 255.0, mode="s&p", amount=amount, rng=rng))


def speckle_noise(image, s, rng):
    unit = image / 255.0
    return levels(unit + unit * rng.normal(0, [0.15, 0.2, 0.35, 0.45, 0.6][s], image.shape))


def glass_blur(image, s, rng):
    sigma, reach, rounds = [(0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)][s]
    glass = np.uint8(blur(image / 255.0, sigma) * 255)
    for _ in range(rounds):
        for y in range(SIDE - reach, reach, -1):
            for x in range(SIDE - reach, reach, -1):
                right, down = rng.integers(-reach, reach, 2)
                if x < SIDE and y < SIDE:
                    # What the reference's swap of two views does: a copy.
                    glass[y, x] = glass[y + down, x + right]
    return levels(blur(glass / 255.0, sigma))


def motion_blur(image, s, rng):
    return motion(image, s, rng.uniform(-45, 45))


def luma(unit):
    return cv2.cvtColor(np.float32(unit), cv2.COLOR_RGB2GRAY)[..., None]


def snow(image, s, rng):
    mean, deviation, factor, threshold, radius, sigma, kept = [
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8), (0.2, 0.3, 2, 0.5, 12, 4, 0.7), (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65), (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    ][s]  # fmt: skip
    unit = image / 255.0
    flakes = middle_enlarged(rng.normal(mean, deviation, (SIDE, SIDE)), factor)
    flakes = levels(np.where(flakes < threshold, 0, flakes)) / 255.0
    flakes = trail(flakes, radius, sigma, rng.uniform(-135, -45))[..., None]
    pale = kept * unit + (1 - kept) * np.maximum(unit, luma(unit) * 1.5 + 0.5)
    return levels(pale + flakes + np.rot90(flakes, k=2))


def plasma(side, decay, rng):
    """Diamond-square on a torus, 0 to 1."""
    heights = np.zeros((side, side))
    step, wobble = side, 100.0
    while step >= 2:
        half = step // 2
        count = side // step

        def wobbled(total):
            return total / 4 + wobble * rng.uniform(-wobble, wobble, (count, count))

        corners = heights[::step, ::step]
        pairs = corners + np.roll(corners, -1, 0)
        heights[half::step, half::step] = wobbled(pairs + np.roll(pairs, -1, 1))
        centres = heights[half::step, half::step]
        across = centres + np.roll(centres, 1, 0) + corners + np.roll(corners, -1, 1)
        heights[0::step, half::step] = wobbled(across)
        down = centres + np.roll(centres, 1, 1) + corners + np.roll(corners, -1, 0)
        heights[half::step, 0::step] = wobbled(down)
        step, wobble = half, wobble / decay
    heights -= heights.min()
    return heights / heights.max()


def fog(image, s, rng):
    thickness, decay = [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)][s]
    unit = image / 255.0
    brightest = unit.max()
    clouds = plasma(SIDE, decay, rng)[..., None]
    return levels((unit + thickness * clouds) * brightest / (brightest + thickness))


def spatter(image, s, rng):
    mean, deviation, sigma, threshold, amount, mud = [
        (0.65, 0.3, 4, 0.69, 0.6, 0), (0.65, 0.3, 3, 0.68, 0.6, 0), (0.65, 0.3, 2, 0.68, 0.5, 0),
        (0.65, 0.3, 1, 0.65, 1.5, 1), (0.67, 0.4, 1, 0.65, 1.5, 1),
    ][s]  # fmt: skip
    unit = image / 255.0
    liquid = blur(rng.normal(mean, deviation, (SIDE, SIDE)), sigma)
    liquid[liquid < threshold] = 0
    if mud:
        cover = blur(np.float32(liquid > threshold), amount)[..., None]
        cover[cover < 0.8] = 0
        return levels(unit * (1 - cover) + np.array([63, 42, 20]) / 255.0 * cover)
    liquid = (liquid * 255).astype(np.uint8)
    rims = cv2.distanceTransform(255 - cv2.Canny(liquid, 50, 150), cv2.DIST_L2, 5)
    rims = cv2.equalizeHist(cv2.blur(np.minimum(rims, 20), (3, 3)).astype(np.uint8))
    lit = cv2.filter2D(rims, cv2.CV_8U, np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]))
    light = liquid * cv2.blur(lit, (3, 3)).astype(np.float32)
    light = (light / max(light.max(), 1e-9) * amount)[..., None]
    return levels(unit + light * np.array([175, 238, 238]) / 255.0)


def elastic_transform(image, s, rng):
    strength, sigma, slant = np.array([(2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02)][s]) * 244
    middle, square = SIDE // 2, SIDE // 3
    corners = np.float32([(middle + square, middle + square), (middle + square, middle - square), (middle - square, middle - square)])
    moved = corners + rng.uniform(-slant, slant, corners.shape).astype(np.float32)
    slanted = cv2.warpAffine(np.float32(image / 255.0), cv2.getAffineTransform(corners, moved), (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT_101)
    field = [gaussian(rng.uniform(-1, 1, (SIDE, SIDE)), sigma, mode="reflect", truncate=3) * strength for _ in range(2)]
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    places = np.stack([y + field[0], x + field[1]])
    return levels(np.dstack([map_coordinates(slanted[..., c], places, order=1, mode="reflect") for c in range(3)]))


RANDOM = [
    gaussian_noise, shot_noise, impulse_noise, speckle_noise, glass_blur, motion_blur, snow, fog, spatter, elastic_transform,
]  # fmt: skip


def moments(image: np.ndarray, corruption, severity: int) -> dict:
    """Mean and standard deviation, over the draws, of the three figures."""
    rng = np.random.default_rng([severity, *corruption.__name__.encode()])
    figures = []
    for _ in range(DRAWS):
        damaged = corruption(image, severity, rng).astype(float)
        figures.append([damaged.mean(), damaged.var(), np.abs(damaged - image).mean()])
    figures = np.array(figures)
    return {"mean": figures.mean(0).round(4).tolist(), "deviation": figures.std(0, ddof=1).round(4).tolist()}


def main() -> None:
    image = picture()
    Image.fromarray(image).save(HERE / "input.png", optimize=True)
    rows = [np.hstack([corruption(image, severity) for severity in range(5)]) for corruption in EXACT.values()]
    Image.fromarray(np.vstack(rows)).save(HERE / "exact.png", optimize=True)
    trails = np.hstack([motion(image, severity) for severity in range(5)])
    Image.fromarray(trails).save(HERE / "motion.png", optimize=True)
    found = {corruption.__name__: [moments(image, corruption, severity) for severity in range(5)] for corruption in RANDOM}
    golden = {"exact": list(EXACT), "draws": DRAWS, "figures": ["mean", "variance", "distance"], "moments": found}
    (HERE / "moments.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
