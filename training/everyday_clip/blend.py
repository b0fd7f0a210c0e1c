"""Weights between those of two runs, rounded to f16: `python -m everyday_clip.blend ONE OTHER SHARE OUT`.

ONE and OTHER are folders that `everyday_clip.train` exported, the second of a run that began with the first (`--start`); SHARE is how far
to go from the first to the second. OUT gets OpenCLIP's files and table.safetensors.
"""

import argparse
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

from .weights import MODEL, TABLE

SMALL = ("open_clip_config.json", "record.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.json")


def blend(one: Path, other: Path, share: float, out: Path) -> None:
    """Writes the folder between two; ValueError where their tokenizers differ, or for a share outside 0 to 1."""
    if not 0 <= share <= 1:
        raise ValueError(f"a share of {share} is not between the two: it must be 0 to 1")
    if (one / "tokenizer.json").read_bytes() != (other / "tokenizer.json").read_bytes():
        raise ValueError(f"{one} and {other} have different tokenizers: the second run must begin with the first")
    out.mkdir(parents=True, exist_ok=True)
    for name in (MODEL, TABLE):
        before, after = load_file(one / name), load_file(other / name)
        between = {key: (before[key].float() * (1 - share) + weight.float() * share).half() for key, weight in after.items()}
        save_file(between, out / name, metadata={"format": "pt"} if name == MODEL else None)
    for name in SMALL:
        shutil.copy(other / name, out / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("share", type=float)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    blend(options.one, options.other, options.share, options.out)


if __name__ == "__main__":
    main()
