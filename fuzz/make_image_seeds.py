"""Writes seeds/ of the image targets: the smallest golden images of each format, and damaged ones, without their first bytes.

usage: make_image_seeds.py        in this folder
"""
import pathlib

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE.parent / "tests/golden/images"
FIRST_BYTES = {"bmp": b"BM", "gif": b"GIF89a", "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "webp": b"RIFF"}
LEFT_OUT = {"webp": 12}
EACH = 12


def main():
    for target, first_bytes in FIRST_BYTES.items():
        folder = HERE / "seeds" / target
        folder.mkdir(parents=True, exist_ok=True)
        for kind in ("files", "damaged"):
            files = [path for path in (GOLDEN / kind).iterdir() if path.read_bytes().startswith(first_bytes)]
            for path in sorted(files, key=lambda path: (path.stat().st_size, path.name))[:EACH]:
                (folder / path.stem).write_bytes(path.read_bytes()[LEFT_OUT.get(target, len(first_bytes)) :])


if __name__ == "__main__":
    main()
