"""Writes what Pillow and Hugging Face make of every file of a folder, for `tests/image/corpora.rs` to compare.

    python tests/golden/images/corpora.py FOLDER
    CLIP_WASM_CORPORA=FOLDER cargo test --release --test image corpora -- --ignored --nocapture

The folder holds image files of any kind, such as those of other projects' repositories. `pillow.json` in it gets for each of them
the size and the SHA-256 of the upright RGB, or the error, or a format that is not decoded here.
"""

import argparse
import hashlib
import json
import multiprocessing
import pathlib
import warnings

from PIL import Image, ImageOps
from transformers.image_transforms import convert_to_rgb

FORMATS = {"JPEG", "MPO", "PNG", "GIF", "BMP", "WEBP"}
RESULT = "pillow.json"


def result(path: pathlib.Path) -> tuple[str, dict]:
    warnings.simplefilter("ignore")
    try:
        image = Image.open(path)
        if image.format not in FORMATS:
            return path.name, {"other": image.format}
        rgb = convert_to_rgb(ImageOps.exif_transpose(image), return_numpy=True)
        height, width, _ = rgb.shape
        return path.name, {"width": width, "height": height, "sha256": hashlib.sha256(rgb.tobytes()).hexdigest()}
    except Exception as error:  # whatever Pillow raises is its answer
        return path.name, {"error": f"{type(error).__name__}: {error}"[:200]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != RESULT)
    with multiprocessing.Pool(maxtasksperchild=500) as pool:
        results = dict(pool.imap_unordered(result, files, chunksize=20))
    (folder / RESULT).write_text(json.dumps(results, indent=0, sort_keys=True) + "\n")
    print(f"{len(results)} files in {folder}")


if __name__ == "__main__":
    main()
