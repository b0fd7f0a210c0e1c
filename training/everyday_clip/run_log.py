"""The run's clock and log: when the process began, and lines that carry the seconds since then."""

import os
import time
from pathlib import Path


def process_start(seen: float) -> float:
    """When this process began, by the system's account; `seen`, the first moment that it noted itself, where there is none."""
    try:
        ticks = float(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
        up = float(Path("/proc/uptime").read_text().split()[0])
        began = time.time() - (up - ticks / os.sysconf("SC_CLK_TCK"))
        return began if 0 <= seen - began < 300 else seen
    except Exception:
        return seen


class Log:
    """Prints, and keeps what was printed for train.log; each line says how many seconds have passed since `began`."""

    def __init__(self, folder: Path, began: float):
        folder.mkdir(parents=True, exist_ok=True)
        self.file, self.began = open(folder / "train.log", "w"), began

    def __call__(self, line: str) -> None:
        line = f"[{time.time() - self.began:6.1f}] {line}"
        print(line, flush=True)
        self.file.write(line + "\n")
        self.file.flush()
