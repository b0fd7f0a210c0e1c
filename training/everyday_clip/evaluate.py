"""Measures a model on pictures that training never saw, with 95 % intervals: `python -m everyday_clip.evaluate FOLDER --data DATA`.

Prints a line a figure, then the table of what the model must reach; `--before` adds the column of an earlier eval.json.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch

from . import texts
from .embedders import CommandLineEmbedder, OwnEmbedder
from .plurals import plural
from .scenes import COLOUR_NAMES, Planner
from .teacher import Judge
from .weights import load_folder
from .workshop import Workshop

COMMON = """dog cat bird fish insect reptile mammal animal spider snake horse cow sheep bear rabbit monkey butterfly vehicle car truck boat airplane bicycle bus train
fruit vegetable food drink dessert bread apple flower tree plant clothing shirt dress shoe hat furniture chair table bed tool weapon building house bridge
bottle container musical instrument computer telephone clock person toy ball bag cup""".split()
COMMON = [w for w in COMMON if w not in ("musical", "instrument")] + ["musical instrument"]
NUMBER_WORDS = ["one", "two", "three", "four"]
TWELVE = ["animal", "vehicle", "food", "drink", "plant", "clothing", "furniture", "building", "tool", "musical instrument", "container", "landscape"]
BARS = {  # key -> what it must reach; ranks are better when lower
    "twemoji.top1": 0.84, "fxemoji.top1": 0.76, "count": 0.955, "ground.seen": 0.98, "ground.unseen": 0.98, "twemoji.keyword_rank": 0.07,
    "fxemoji.keyword_rank": 0.10, "tiny-imagenet.all.top1": 0.60, "full-size.smooth.top1": 0.55, "caltech-101.all.top1": 0.87, "grocery.all.top1": 0.94,
    "cifar-10.all.top1": 0.85, "twelve": 0.90,
}  # fmt: skip
KEYWORD_CONCEPTS = range(5, 41)  # how many drawings a keyword must describe to be asked about
LIST_SCALE = 40.0  # of the listed answers
CHUNK = 1024


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
    """The test pictures of a shop, and figures about whoever embeds or classifies them."""

    def __init__(self, shop: Workshop, log, evaluated: int = 2000):
        """`evaluated` scenes are painted for each drawn figure."""
        self.shop, self.log, self.figures, self.device, self.evaluated = shop, log, [], shop.device, evaluated
        self.rng = np.random.default_rng(2026)
        self.test_items = torch.from_numpy(np.concatenate([shop.photos.of("test"), shop.photos.of("samples")])).to(self.device)

    def note(self, key: str, name: str, value: float, n: int = 0) -> None:
        figure = {"key": key, "name": name, "value": round(float(value), 4), "n": int(n)} | ({"interval": wilson(float(value), n)} if n else {})
        self.figures.append(figure)
        self.log(json.dumps(figure))

    def shares(self, key: str, name: str, higher: torch.Tensor) -> None:
        """Top-1 and top-5 of how many columns were above the right one."""
        if len(higher):
            self.note(f"{key}.top1", f"{name}: top-1", (higher < 1).float().mean().item(), len(higher))
            self.note(f"{key}.top5", f"{name}: top-5", (higher < 5).float().mean().item(), len(higher))

    def _plain_drawings(self, hand: str) -> tuple[torch.Tensor, np.ndarray]:
        planner = Planner(self.shop.concepts, self.shop.drawings, [hand])
        plan = planner.plain(np.random.default_rng(2027), planner.drawn)
        known = np.isin(planner.drawn, self.shop.planner.drawn)
        return self.shop.painter.paint(plan[np.flatnonzero(known)].to(self.device), restyle=False), planner.drawn[known]

    def of_teacher(self, judge: Judge) -> None:
        """Top-1 of each source's test photos and of each test style, over all trained concepts."""
        photos, shop = self.shop.photos, self.shop
        for number, source in enumerate(photos.sources):
            items = photos.of("test", number)
            items = torch.from_numpy(self.rng.permutation(items)[:2048]).to(self.device)
            if len(items):
                beliefs = judge.beliefs(judge.features(shop.views.plain(items)))
                self.shares(f"teacher.{source}", f"teacher, {source} test, all names", above(beliefs, shop.concept_of[items]))
        for hand in shop.drawings.tested if shop.planner is not None else []:
            pictures, concept = self._plain_drawings(hand)
            if len(concept):
                beliefs = judge.beliefs(judge.features(pictures))
                drawn = torch.from_numpy(shop.planner.drawn).to(self.device)
                column = torch.from_numpy(np.searchsorted(shop.planner.drawn, concept)).to(self.device)
                self.shares(f"teacher.{hand}", f"teacher, {hand}, all drawn names", above(beliefs[:, drawn], column))

    def images(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.embedder.images(pictures).to(self.device)

    def texts(self, said: list[str]) -> torch.Tensor:
        return self.embedder.texts(said).to(self.device)

    def _names(self, template: str) -> torch.Tensor:
        return self.texts([template.format(names[0]) for names in self.shop.concepts.names])

    def of_student(self, embedder: OwnEmbedder | CommandLineEmbedder) -> str:
        """Every figure; the template that does best."""
        torch.set_float32_matmul_precision("highest")
        torch.manual_seed(2026)  # of the painter
        self.embedder = embedder
        photos, shop = self.shop.photos, self.shop
        seen = torch.cat([self.images(shop.views.plain(part)) for part in self.test_items.split(4096)]) if len(self.test_items) else torch.zeros(0, 256, device=self.device)
        concept = shop.concept_of[self.test_items]
        source, split = photos.source[self.test_items.cpu().numpy()], photos.split[self.test_items.cpu().numpy()]
        hands = {hand: self._plain_drawings(hand) for hand in (shop.drawings.tested if shop.planner is not None else [])}
        hands = {hand: (self.images(pictures), torch.from_numpy(drawn).to(self.device)) for hand, (pictures, drawn) in hands.items() if len(drawn)}
        template, labels = self._choose_template(seen, concept, torch.from_numpy(split == 1).to(self.device), hands)
        trained, also_true = shop.trained_on_device, shop.tables.also_true
        for number, name in enumerate(photos.sources):
            rows = torch.from_numpy(np.flatnonzero((source == number) & (split == 1))).to(self.device)
            if len(rows):
                self._on_source(name, seen[rows], concept[rows], labels, trained, also_true)
        samples = torch.from_numpy(np.flatnonzero(split == 2)).to(self.device)
        if len(samples):
            own = torch.unique(concept[samples])
            higher = above(seen[samples] @ labels[own].T, torch.searchsorted(own, concept[samples]), also_true[concept[samples]][:, own])
            known = trained[concept[samples]]
            self.shares("samples.known", f"ImageNet samples of concepts with training pictures, among {len(own)} names", higher[known])
            self.shares("samples.unknown", f"ImageNet samples of concepts without any training picture, among {len(own)} names", higher[~known])
        is_test = torch.from_numpy(split == 1).to(self.device)
        self._on_parents("parents", COMMON, seen, concept, is_test, template)
        self._on_parents("twelve", TWELVE, seen, concept, is_test, template)
        self._on_full_size(labels)
        for hand, (images, drawn) in hands.items():
            self._on_hand(hand, images, drawn, labels, template)
        if shop.planner is not None:
            self._on_trained_hands(labels)
            self._on_grounds(template)
            self._on_counts()
        self._list(seen, concept, split, labels, trained)
        return template

    def _choose_template(self, seen, concept, is_test, hands) -> tuple[str, torch.Tensor]:
        """The template with the best mean of photos' and drawings' top-1 over all trained names."""
        best = (-1.0, "", torch.empty(0))
        untaught = ~self.shop.trained_on_device
        for template in texts.CANDIDATES:
            labels = self._names(template)
            values = []
            if is_test.any():
                found = above(seen[is_test] @ labels.T, concept[is_test], self.shop.tables.also_true[concept[is_test]] | untaught[None])
                values.append((found < 1).float().mean().item())
            values += [(above(images @ labels.T, drawn, untaught[None]) < 1).float().mean().item() for images, drawn in hands.values()]
            score = float(np.mean([values[0], np.mean(values[1:] or values)])) if values else 0.0
            self.log(f"template {template!r}: photos and styles " + " ".join(f"{v:.4f}" for v in values))
            if score > best[0]:
                best = (score, template, labels)
        self.log(f"the record's template: {best[1]!r}")
        return best[1], best[2]

    def _on_source(self, name, seen, concept, labels, trained, also_true) -> None:
        own = torch.unique(concept)
        self.shares(f"{name}.own", f"{name} test, among its own {len(own)} names", above(seen @ labels[own].T, torch.searchsorted(own, concept)))
        scores = seen @ labels.T
        untaught = ~trained[None]
        self.shares(f"{name}.all", f"{name} test, among all {int(trained.sum())} trained names", above(scores, concept, untaught))
        more_general = also_true[concept] | untaught
        self.shares(f"{name}.general", f"{name} test, all trained names, others that are true left out", above(scores, concept, more_general))

    def _on_full_size(self, labels) -> None:
        """ImageNet's photographs of Tiny ImageNet's classes from their full size, scaled down as the preprocessing does, and without smoothing."""
        path = self.shop.folder / "full-size.npz"
        if not path.exists():
            return
        full = np.load(path)
        concept = torch.from_numpy(full["concept"]).long().to(self.device)
        own = torch.unique(concept)
        for key in ("smooth", "rough"):
            images = self.images(torch.from_numpy(full[key]).to(self.device).permute(0, 3, 1, 2).contiguous())
            higher = above(images @ labels[own].T, torch.searchsorted(own, concept))
            self.shares(f"full-size.{key}", f"full-size photographs of {len(own)} classes, scaled down {key}ly", higher)

    def _on_parents(self, key, words, seen, concept, is_test, template) -> None:
        """Common words: the best of those asked must be true of the photo."""
        phrases, true = self.shop.phrases, self.shop.tables.true
        asked = [w for w in words if w in phrases.row]
        asked = [w for w in asked if (true[phrases.row[w]][concept[is_test]]).sum() >= 5]
        if len(asked) < 2:
            return
        applies = true[[phrases.row[w] for w in asked]][:, concept[is_test]].T
        best = (seen[is_test] @ self.texts([template.format(w) for w in asked]).T).argmax(1, keepdim=True)
        some = applies.any(1)
        right = applies.gather(1, best)[:, 0][some]
        self.note(key, f"{len(asked)} common words ({', '.join(asked)}): the best is true of the photo", right.float().mean().item(), len(right))

    def _on_hand(self, hand, images, drawn, labels, template) -> None:
        all_drawn = torch.from_numpy(self.shop.planner.drawn).to(self.device)
        scores, column = images @ labels[all_drawn].T, torch.searchsorted(all_drawn, drawn)
        higher = above(scores, column)
        self.shares(hand, f"{hand}, never trained on, of {len(all_drawn)}", higher)
        won = [chance_among(10, int(h), len(all_drawn) - 1) for h in higher.tolist()]
        self.note(f"{hand}.of10", f"{hand}, never trained on: top-1 of 10 random labels", float(np.mean(won)), len(won))
        described: dict[str, list[int]] = {}
        for row, concept in enumerate(drawn.tolist()):
            for word in self.shop.concepts.keywords[concept]:
                described.setdefault(word, []).append(row)
        asked = [word for word, rows in described.items() if len(rows) in KEYWORD_CONCEPTS]
        if asked:
            ranks = (images @ self.texts([template.format(w) for w in asked]).T).argsort(0).argsort(0).float()
            means = [1 - ranks[described[w], i].mean().item() / (len(drawn) - 1) for i, w in enumerate(asked)]
            self.note(f"{hand}.keyword_rank", f"{hand}: mean rank of what {len(asked)} keywords describe, 0..1", float(np.mean(means)))

    def _paint(self, plan) -> torch.Tensor:
        there = plan.to(self.device)
        rows = torch.arange(len(plan), device=self.device)
        return torch.cat([self.shop.painter.paint(there[part]) for part in rows.split(CHUNK)])

    def _on_trained_hands(self, labels) -> None:
        shop, n = self.shop, self.evaluated
        all_drawn = torch.from_numpy(shop.planner.drawn).to(self.device)
        for key, kind, composed in (("drawings", "new augmentations", 0.0), ("scenes", "any scene of training", 0.4)):
            concept = self.rng.choice(shop.planner.drawn, n)
            scores = self.images(self._paint(shop.planner.plan(self.rng, concept, composed))) @ labels[all_drawn].T
            self.shares(f"trained.{key}", f"trained hands, {kind}", above(scores, torch.searchsorted(all_drawn, torch.from_numpy(concept.astype(np.int64)).to(self.device))))

    def _on_grounds(self, template) -> None:
        shop, n = self.shop, self.evaluated // 2
        concept, ground = self.rng.choice(shop.planner.drawn, n), self.rng.integers(12, size=n)
        rare = np.argwhere(shop.planner.held_out[shop.planner.drawn])
        rare = rare[self.rng.permutation(len(rare))[:n]]
        concept, ground = np.concatenate([concept, shop.planner.drawn[rare[:, 0]]]), np.concatenate([ground, rare[:, 1]])
        images = self.images(self._paint(shop.planner.plan(self.rng, concept, 0.0, ground=ground)))
        said = [f"{template.format(shop.concepts.names[c][0]).rstrip('.')} on a {name} background" for c in concept for name in COLOUR_NAMES]
        found = torch.einsum("nd,nkd->nk", images, self.texts(said).view(len(concept), 12, -1)).argmax(1).cpu().numpy()
        held = shop.planner.held_out[concept, ground]
        for key, chosen in (("seen", ~held), ("unseen", held)):
            if chosen.any():
                self.note(f"ground.{key}", f"ground colour of 12, pairs {key} in training", (found == ground)[chosen].mean(), chosen.sum())

    def _on_counts(self) -> None:
        shop, n = self.shop, self.evaluated // 2
        concept, count = self.rng.choice(shop.planner.drawn, n), self.rng.integers(1, 5, size=n)
        images = self.images(self._paint(shop.planner.plan(self.rng, concept, 0.6, count=count)))
        names = [shop.concepts.names[c][0] for c in concept]
        said = [f"{word} {name if k == 0 else plural(name)}" for name in names for k, word in enumerate(NUMBER_WORDS)]
        found = torch.einsum("nd,nkd->nk", images, self.texts(said).view(n, 4, -1)).argmax(1).cpu().numpy()
        self.note("count", "count, one to four", (found == count - 1).mean(), n)

    def _list(self, seen, concept, split, labels, trained) -> None:
        """The best three of all names for 40 test photos."""
        rows = self.rng.permutation(np.flatnonzero(split == 1))[:40]
        names = [n[0] for n in self.shop.concepts.names]
        for row in rows:
            odds = (LIST_SCALE * seen[row] @ labels.T).softmax(0)
            best = odds.topk(3)
            said = ", ".join(f"{names[i]} {p:.2f}" for p, i in zip(best.values.tolist(), best.indices.tolist()))
            self.log(f"photo of {names[int(concept[row])]}: {said}")


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
    parser.add_argument("model", type=Path, help="a Hugging Face folder of this recipe, or a .gguf with that folder as --folder")
    parser.add_argument("--folder", type=Path, help="the Hugging Face folder a .gguf was made from: its tokenizer")
    parser.add_argument("--program", type=Path, default=Path(__file__).parents[2] / "target" / "release" / "clip-wasm", help="what runs a .gguf")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, help="where the figures go, as JSON")
    parser.add_argument("--before", type=Path, help="an earlier eval.json to compare with")
    parser.add_argument("--evaluated", type=int, default=2000, help="scenes per drawn figure")
    parser.add_argument("--bf16", action="store_true", help="compute in bf16: faster, and no figure to publish")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    quantized = options.model.suffix == ".gguf"
    if quantized and options.folder is None:
        parser.error("a .gguf needs --folder, the Hugging Face folder it was made from")
    clip, tokenizer = load_folder(options.folder if quantized else options.model)
    embedder = CommandLineEmbedder(options.program, options.model) if quantized else OwnEmbedder(clip, tokenizer, torch.bfloat16 if options.bf16 else torch.float32)

    def log(line: str) -> None:
        print(time.strftime("%H:%M:%S"), line, flush=True)

    shop = Workshop(options.data, options.threads, 1, log, tokenizer, keep=True)
    shop.pool.close()
    evaluation = Evaluation(shop.to(torch.device("cpu")), log, options.evaluated)
    evaluation.of_student(embedder)
    if options.out:
        options.out.write_text(json.dumps(evaluation.figures, indent=1) + "\n")
    print(table(evaluation.figures, json.loads(options.before.read_text()) if options.before else None))


if __name__ == "__main__":
    main()
