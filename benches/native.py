"""Times `clip-wasm eval` with ViT-B/32 at q8_0 against Python on the same pictures, threads and processor, in turns.

usage: native.py PEER BENCH_DIR [--threads 2] [--pictures 1000] [--turns 4]

PEER is open_clip (PyTorch, f32) or onnxruntime (dynamic 8-bit quantization, as checkpoints.py makes it). Prints JSON with
milliseconds per picture. Ours is the time of the whole command, with loading, labels, bootstrap and report. The peer's begins
when its model is loaded and its first batch has run: decoding and preprocessing by a DataLoader with a process for each
thread, the vision tower in batches of 32, and cosines with the labels.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np
from PIL import Image

LABELS = "cat dog bird fish house tree car boat bread apple".split()
BATCH = 32
MEAN, DEVIATION = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def make_pictures(folder, count):
    """JPEGs of 640 x 480 pixels, in a folder for each label."""
    random = np.random.default_rng(1)
    for index in range(count):
        file = folder / LABELS[index % len(LABELS)] / f"{index:04}.jpg"
        coarse = random.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        noise = random.integers(-12, 13, (480, 640, 3))
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            smooth = np.asarray(Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC))
            Image.fromarray((smooth.astype(np.int16) + noise).clip(0, 255).astype(np.uint8)).save(file, quality=88)


class Pictures:
    """Files, decoded and preprocessed as they are asked for."""

    def __init__(self, files, preprocess):
        self.files, self.preprocess = files, preprocess

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return self.preprocess(Image.open(self.files[index]))


def open_clip_model(_folder):
    import open_clip
    import torch

    # Its time does not depend on the weights: they are random.
    model, _, preprocess = open_clip.create_model_and_transforms("ViT-B-32-quickgelu", pretrained=None)
    model.eval()
    texts = open_clip.get_tokenizer("ViT-B-32-quickgelu")([f"a photo of a {label}." for label in LABELS])
    with torch.inference_mode():
        labels = model.encode_text(texts, normalize=True)

    def classify(batch):
        with torch.inference_mode():
            return (model.encode_image(batch, normalize=True) @ labels.T).argmax(1)

    return preprocess, classify


def onnxruntime_model(folder):
    import onnxruntime
    import torch
    from torchvision.transforms import v2

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    onnx = folder / "checkpoints/vit-b-32/onnx/vision_q8.onnx"
    session = onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
    preprocess = v2.Compose([
        lambda picture: picture.convert("RGB"), v2.Resize(224, interpolation=3), v2.CenterCrop(224),
        v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, DEVIATION)])
    labels = np.random.default_rng(1).normal(size=(512, len(LABELS))).astype(np.float32)

    def classify(batch):
        (embeddings,) = session.run(None, {"pixel_values": batch.numpy()})
        return (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True) @ labels).argmax(1)

    return preprocess, classify


MODELS = {"open_clip": open_clip_model, "onnxruntime": onnxruntime_model}


def run_peer(peer, folder, files, threads):
    """Answers each line of the standard input with the seconds that the pictures took."""
    import torch

    torch.set_num_threads(threads)
    preprocess, classify = MODELS[peer](folder)
    loader = torch.utils.data.DataLoader(Pictures(files, preprocess), BATCH, num_workers=threads)
    classify(torch.zeros(BATCH, 3, 224, 224))
    print("ready", flush=True)
    for _ in sys.stdin:
        begun = time.perf_counter()
        seen = sum(len(classify(batch)) for batch in loader)
        assert seen == len(files)
        print(time.perf_counter() - begun, flush=True)


def run_ours(folder, pictures, threads):
    """The seconds that the command took."""
    command = ["target/release/clip-wasm", "eval", "--json", "--model", folder / "vit-b-32-q8_0.gguf", pictures]
    begun = time.perf_counter()
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=MODELS)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--answer", action="store_true", help="be the peer, for the process that takes the times")
    flags = parser.parse_args()
    per_turn = flags.pictures // flags.turns
    pictures = flags.folder / f"pictures-{per_turn}"
    make_pictures(pictures, per_turn)
    files = sorted(pictures.glob("*/*.jpg"))
    if flags.answer:
        run_peer(flags.peer, flags.folder, files, flags.threads)
        return
    peer = subprocess.Popen([sys.executable, __file__, *sys.argv[1:], "--answer"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": str(flags.threads)})
    assert peer.stdout.readline() == "ready\n"
    ours, theirs = [], []
    for _ in range(flags.turns):
        ours.append(run_ours(flags.folder, pictures, flags.threads) / per_turn * 1000)
        peer.stdin.write("again\n")
        peer.stdin.flush()
        theirs.append(float(peer.stdout.readline()) / per_turn * 1000)
    peer.stdin.close()
    peer.wait()
    median = statistics.median
    print(json.dumps({"ours_ms": median(ours), "peer_ms": median(theirs),
                      "ratio": median(mine / other for mine, other in zip(ours, theirs))}))


if __name__ == "__main__":
    main()
