"""Measures every type of a checkpoint on pictures that it was not trained on, through our own command line.

usage: PYTHONPATH=training python tools/embedded-model/compare_types.py FOLDER --data DATA --out OUT [--types f32 q5_0 ...]

FOLDER is what the training recipe exports; DATA is what its `prepare` packs: concepts.json, phrases.json, photos.json and sprites.npz. OUT
gets a GGUF a type and `types.json`: top-1 and top-5 among all taught names of each set and of all pictures together, with 95 %
intervals, and for each type the difference from f32 on the same pictures; and `neutral_cosine`, at which as many pictures lose
their right name as keep the best of a few wrong ones.
"""

import argparse
import json
import math
import subprocess
from pathlib import Path

import numpy as np
from everyday_clip.data import load_concepts, load_drawings, load_photos
from everyday_clip.evaluate import wilson
from material.sources import BLOBS
from PIL import Image

AT_ONCE = 256  # arguments of one call
OF_A_SET = 400  # photographs of each set at most
TEMPLATE = "a {}"
WRONG_NAMES = 6  # about as many as a visitor writes


def unpack(data: Path, folder: Path) -> tuple[list[tuple[str, int, str]], list[str], list[int]]:
    """Test pictures as files, each with its concept and set; the names of all concepts; which of them are taught."""
    folder.mkdir(parents=True, exist_ok=True)
    concepts, photos, drawings = load_concepts(data), load_photos(data), load_drawings(data)
    taught, rng = concepts.taught(), np.random.default_rng(1)
    pictures: list[tuple[str, int, str]] = []
    for number, source in enumerate(photos.sources):
        tests = np.flatnonzero((photos.source == number) & np.isin(photos.split, [photos.splits.index(name) for name in ("test", "samples")]))
        for item in np.sort(rng.permutation(tests)[:OF_A_SET]):
            path = folder / f"{len(pictures):05}"
            path.write_bytes(BLOBS.read(number, photos.blob[item]))
            pictures.append((str(path), int(photos.concept[item]), source))
    for i in np.flatnonzero(drawings.is_test[drawings.hand]):
        if taught[drawings.concept[i]]:
            sprite = Image.fromarray(drawings.pixels[i, :, :, :4])
            ground = Image.new("RGBA", sprite.size, "white")
            ground.alpha_composite(sprite)
            path = folder / f"{len(pictures):05}.png"
            ground.convert("RGB").save(path)
            pictures.append((str(path), int(drawings.concept[i]), drawings.hands[drawings.hand[i]]))
    return pictures, [names[0] for names in concepts.names], np.flatnonzero(taught).tolist()


def embed(program: Path, model: Path, option: str, values: list[str], key: str) -> np.ndarray:
    """Unit rows of texts or pictures."""
    rows = []
    for at in range(0, len(values), AT_ONCE):
        words = [word for value in values[at : at + AT_ONCE] for word in (option, value)]
        command = [str(program), "embed", "--model", str(model), "--json", *words]
        rows += json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)[key]
    array = np.array(rows, np.float32)
    return array / np.linalg.norm(array, axis=1, keepdims=True)


def neutral_cosine(right: np.ndarray, cosines: np.ndarray) -> dict:
    """Where a label is as likely right as wrong: as many right names lie below as best ones of `WRONG_NAMES` others above."""
    drawn = np.random.default_rng(0).integers(0, cosines.shape[1], (len(right), WRONG_NAMES))
    wrong = np.take_along_axis(cosines, drawn, 1)
    wrong = np.where(wrong == right[:, None], -1, wrong).max(1)
    shares = [(c / 100, float((right <= c / 100).mean()), float((wrong > c / 100).mean())) for c in range(100)]
    value, lost, kept = min(shares, key=lambda share: abs(share[1] - share[2]))
    return {"value": value, "right_below": round(lost, 4), "wrong_above": round(kept, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--program", type=Path, default=Path("target/release/clip-wasm"))
    parser.add_argument("--types", nargs="+", default=["f32", "q8_0", "q6_k", "q5_0", "q4_0"])
    options = parser.parse_args()
    pictures, names, taught = unpack(options.data, options.out / "pictures")
    column = np.searchsorted(taught, [concept for _, concept, _ in pictures])
    groups = np.array([group for _, _, group in pictures])
    report, right_in_f32 = {}, None
    for dtype in options.types:
        model = options.out / f"{dtype}.gguf"
        subprocess.run([str(options.program), "quantize", str(options.folder), "--dtype", dtype, "-o", str(model)], check=True)
        texts = embed(options.program, model, "--text", [TEMPLATE.format(names[concept]) for concept in taught], "text_embeds")
        images = embed(options.program, model, "--image", [path for path, _, _ in pictures], "image_embeds")
        cosines = images @ texts.T
        of_right = cosines[np.arange(len(column)), column]
        higher = (cosines > of_right[:, None]).sum(1)
        figures = {"bytes": model.stat().st_size, "neutral_cosine": neutral_cosine(of_right, cosines)}
        for group in ["pooled", *dict.fromkeys(groups)]:
            chosen = higher if group == "pooled" else higher[groups == group]
            for top in (1, 5):
                share = float((chosen < top).mean())
                figures[f"{group}.top{top}"] = {"value": round(share, 4), "interval": wilson(share, len(chosen)), "n": len(chosen)}
        right = higher < 1
        right_in_f32 = right if dtype == "f32" else right_in_f32
        if right_in_f32 is not None:
            change = right.astype(float) - right_in_f32
            spread = 1.96 * change.std() / math.sqrt(len(change))
            figures["less_f32"] = {"value": round(change.mean(), 4), "interval": [round(change.mean() - spread, 4), round(change.mean() + spread, 4)]}
        report[dtype] = figures
        print(dtype, json.dumps({key: figures[key] for key in figures if key.startswith(("bytes", "neutral", "pooled", "less"))}), flush=True)
        (options.out / "types.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
