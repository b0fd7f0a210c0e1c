"""Makes what `models/` holds: `emoji-clip.gguf` at q8_0 and its record with card and measured accuracy.

Run as `python -m emoji_clip.publish`, after training. Every type is measured on the same pictures, through our own
command line; f32 is PyTorch's. The figures stand in the record and in each GGUF.
"""

import argparse
import hashlib
import json
import subprocess
from pathlib import Path

from .clip import RECORD
from .embedders import CommandLineEmbedder, TorchEmbedder
from .evaluate import Evaluation, Figure
from .paths import OUT, TRAINING

MODELS = TRAINING.parent / "models"
SHIPPED = "q8_0"
COMPARED = ["q8_0", "q6_k", "q4_0"]
CARD = {
    "trained_on": [
        {"drawings": "Noto Emoji, in colour", "by": "Google", "license": "Apache-2.0"},
        {"drawings": "Noto Emoji, the monochrome font", "by": "Google", "license": "OFL-1.1"},
        {"drawings": "Fluent Emoji: flat, modern, high contrast and 3D", "by": "Microsoft", "license": "MIT"},
        {"drawings": "EmojiOne 2", "by": "EmojiOne", "license": "CC-BY-4.0"},
        {"drawings": "Symbola", "by": "George Douros", "license": "free for any use"},
        {"drawings": "names and keywords: CLDR, by way of emojibase", "by": "Unicode, Inc.; Miles Johnson", "license": "Unicode-3.0 AND MIT"},
    ],
    "measured_on": [
        {"drawings": "Twemoji", "by": "Twitter and contributors", "license": "CC-BY-4.0"},
        {"drawings": "FxEmoji", "by": "Mozilla", "license": "Apache-2.0"},
    ],
    "knows": "Drawings, icons and simple doodles of over 1,100 everyday things, animals, foods, faces and signs by their "
    "English names; the colour of a plain ground; counts of one to four; places and sizes in the picture.",
    "does_not_know": "Photographs, particular people, written text, scenes of several different things, languages other than English.",
}


def measure(embedder, pictures: int) -> list[Figure]:
    """Every figure, printed as it comes."""
    figures = []
    for figure in Evaluation(embedder, pictures).figures():
        print(figure, flush=True)
        figures.append(figure)
    return figures


def as_json(figures: list[Figure]) -> dict[str, dict]:
    """Every figure by name, with its interval where it is a share."""
    entries = {}
    for figure in figures:
        entries[figure.name] = {"value": round(float(figure.value), 4)}
        if figure.n:
            entries[figure.name] |= {"interval": [round(bound, 4) for bound in figure.interval()], "n": figure.n}
    return entries


def fidelity(measured: list[Figure], reference: list[Figure]) -> dict[str, float | str]:
    """What a GGUF says of itself: its own figures, and f32's on the same pictures."""
    own = {figure.key: round(float(figure.value), 4) for figure in measured}
    return own | {f"{figure.key}.f32": round(float(figure.value), 4) for figure in reference} | {"against": "transformers, f32"}


def quantize(program: Path, source: Path, dtype: str, target: Path, record: Path | None = None) -> None:
    says = ["--record", str(record)] if record else []
    subprocess.run([str(program), "quantize", str(source), "--dtype", dtype, "-o", str(target), *says], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=TRAINING.parent / "target" / "release" / "clip-wasm")
    parser.add_argument("--pictures", type=int, default=2000)
    options = parser.parse_args()
    print("f32, PyTorch", flush=True)
    reference = measure(TorchEmbedder(OUT / "export"), options.pictures)
    accuracy, record_file = {"f32": as_json(reference)}, OUT / "record.json"
    for dtype in COMPARED:
        print(dtype, flush=True)
        plain, file = OUT / f"emoji-clip-{dtype}-unmeasured.gguf", OUT / f"emoji-clip-{dtype}.gguf"
        quantize(options.program, OUT / "export", dtype, plain)
        measured = measure(CommandLineEmbedder(options.program, plain), options.pictures)
        accuracy[dtype] = as_json(measured)
        record_file.write_text(json.dumps(RECORD | {"fidelity": fidelity(measured, reference)}))
        quantize(options.program, plain, dtype, file, record_file)
        plain.unlink()
    shipped = (OUT / f"emoji-clip-{SHIPPED}.gguf").read_bytes()
    (MODELS / "emoji-clip.gguf").write_bytes(shipped)
    record = {"id": "emoji-clip", **RECORD, "file": "emoji-clip.gguf", "bytes": len(shipped), "sha256": hashlib.sha256(shipped).hexdigest()}
    record |= {"dtype": SHIPPED, "verified": True, "source": {"recipe": "training/"}, "card": CARD, "accuracy": accuracy}
    (MODELS / "emoji-clip.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
