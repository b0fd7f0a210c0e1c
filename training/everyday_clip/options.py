"""The options of `python -m everyday_clip.train`, and what `--smoke` makes of them."""

import argparse
import os
from pathlib import Path

import torch

from . import texts

LAYOUTS = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}  # of the teacher's pictures in memory


def parsed(description: str) -> argparse.Namespace:
    """What the command line says, in miniature with `--smoke`; `description` heads the help."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that material.pack wrote, with teacher.pt")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--check", action="store_true", help="measure speeds only")
    parser.add_argument("--smoke", action="store_true", help="every stage in miniature, on a CPU")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--total", type=float, default=540, help="seconds the whole command may take")
    parser.add_argument("--reserve", type=float, default=70, help="seconds of them for polish, evaluation and export")
    parser.add_argument("--seconds", type=float, default=0, help="of the student; by default what is left of --total")
    parser.add_argument("--teacher-seconds", type=float, default=100)
    parser.add_argument("--teacher-batch", type=int, default=768)
    parser.add_argument("--teacher-lr", type=float, default=1e-3)
    parser.add_argument("--teacher-scenes", type=int, default=300_000)
    parser.add_argument("--teacher-format", choices=list(LAYOUTS), default="channels_last")
    parser.add_argument("--bank-seconds", type=float, default=50)
    parser.add_argument("--bank-batch", type=int, default=2048)
    parser.add_argument("--views", type=int, default=1_200_000, help="of photos, in the bank")
    parser.add_argument("--scenes", type=int, default=400_000, help="in the bank")
    parser.add_argument("--captions", type=int, default=3, help="of every scene")
    parser.add_argument("--composed", type=float, default=0.4, help="share of scenes with a count, place or size")
    parser.add_argument("--first-share", type=float, default=0.3, help="share of views with beliefs of the teacher before fine-tuning, about all of ImageNet's classes")
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--lr", type=float, default=2.5e-3)
    parser.add_argument("--keep", type=float, default=0.5, help="share of patches looked at, at first")
    parser.add_argument("--all-patches-from", type=float, default=0.55)
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--polish-pictures", type=int, default=40_000, help="views and scenes each that the text tower is polished against")
    parser.add_argument("--polish-steps", type=int, default=600)
    parser.add_argument("--polish-lr", type=float, default=5e-4)
    parser.add_argument("--cudnn-search", action="store_true", help="let cuDNN try its algorithms: a tenth faster, but it took 61 s of the first run")
    parser.add_argument("--force-compile", action="store_true", help="compile on a CPU too")
    parser.add_argument("--vocabulary", type=int, default=texts.VOCABULARY)
    parser.add_argument("--workers", type=int, default=min(16, os.cpu_count() or 1))
    parser.add_argument("--most-steps", type=int, default=10**9)
    parser.add_argument("--show-every", type=float, default=10)
    parser.add_argument("--save-every", type=float, default=100)
    parser.add_argument("--evaluated", type=int, default=2000, help="scenes per drawn set")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.smoke:
        small = {"device": "cpu", "teacher_batch": 24, "teacher_scenes": 200, "teacher_seconds": 30, "bank_batch": 32, "views": 160, "scenes": 64, "batch": 32,
                 "seconds": 30, "workers": 2, "most_steps": 4, "bank_seconds": 60, "compile": False, "evaluated": 40, "show_every": 0,
                 "polish_pictures": 256, "polish_steps": 2}  # fmt: skip
        for name, value in small.items():
            setattr(options, name, value)
    return options
