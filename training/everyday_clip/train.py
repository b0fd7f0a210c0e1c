"""Trains everyday-clip on a CPU from remembered pictures: `python -m everyday_clip.train --data DATA --memory FOLDER --trunk WHEEL --out OUT`.

Stages, each of which saves its state in OUT and is skipped where that is there:

1. `table`: the projection and a free embedding of every phrase learn from the remembered features. `--start` takes an earlier run's instead.
2. `tune`: the trunk's last stages learn with them, from the remembered maps. ImageNet's classifier must still read what it read in
   photographs of more than 32 pixels. Then projection and table go back to what they were, and `again` repeats the first stage with the
   new features.
3. `spoken`: the text tower learns to say the table.
4. `joint`: projection and text tower learn names, captions and counts together.

OUT/export is the model as a folder of OpenCLIP's files, written after stages 3 and 4.
"""

import argparse
import json
import shutil
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from . import lesson, quick, texts
from .model import EMBEDDING, Clip, Optimisers, cosine, say
from .scenes import COLOUR_NAMES
from .trunk import Trunk, package_state
from .weights import MODEL, TABLE, save_folder

TEMPLATE = "a {}"
TABLE_BATCH, IMAGINED, PAIRED, TUNE_BATCH, SPOKEN_BATCH, CAPTIONS, NAMED, NAMED_IMAGINED, COUNTED, GROUNDED = 768, 512, 256, 160, 768, 192, 72, 40, 48, 56
TEMPERATURE = 2.0  # of the classifier that the tuned trunk must keep
TABLE_WEIGHTS = {"phrases": 0.5, "names": 1.5, "classes": 0.6, "scenes": 0.5}  # of the terms of `table` and `again`
NAMES, KEPT, NEAR = 1.5, 5.0, 2.0  # what names, a readable photograph's classifier reading and its features' distance weigh in `tune`, against phrases
LOOKED_AT = 128  # pictures at once
JUDGED = 2.0  # what the linear readings of scenes weigh in `tune`, against phrases
WEIGHTS = {"spoken": 3.0, "phrases": 0.5, "names": 1.5, "classes": 0.6, "captions": 0.5, "said_names": 1.5, "counts": 0.8, "grounds": 1.0}  # of the terms of `joint`
SHOW, SAVE = 25, 100  # steps
RECIPE = 5  # raised when an earlier recipe's states would be mistaken for this one's
FEATURES_FILE = "features.npy"  # of the tuned trunk


class Run:
    """A model in training, and where its states are."""

    def __init__(self, options: argparse.Namespace, log):
        self.out, self.log, self.seed, self.rate = options.out, log, options.seed, options.rate
        state = self.state = package_state(options.trunk)
        self.material = lesson.load(options.data, options.memory, options.out / "tokenizer.json")
        m = self.material
        log(f"{len(m.rows)} pictures, {m.photos} of them photographs; {len(m.concepts)} concepts, {len(m.phrases.texts)} phrases, {m.tokenizer.get_vocab_size()} tokens")
        self.classifier = lesson.Classifier(state, m)
        log(f"the classifier recognises {len(self.classifier.known)} photographs; a class lies {self.classifier.stride:.3f} along its weights")
        self.clip = Clip(Trunk(state), m.tokenizer.get_vocab_size(), m.tokenizer.token_to_id(texts.END))
        self.maps = np.load(options.memory / "maps.npy", mmap_mode="r")
        projection, rows = self.classifier.factors(self.clip.see_project.shape[0])
        with torch.no_grad():
            self.clip.see_project.copy_(projection)
        self.table = lesson.Table(m, rows)

    def stage(self, name: str, groups: list[tuple[list, float]], steps: int, losses) -> None:
        """Steps along `losses()`, a dict of terms; states are saved, and a stage that was ended goes on."""
        path, optimiser, begun = self.out / f"{name}.pt", Optimisers(groups), 0
        if path.exists():
            saved = torch.load(path, weights_only=True)
            self.take(saved["clip"], saved["table"]["rows"])
            begun = saved["step"]
        torch.manual_seed(1000 + begun)  # a stage that goes on draws other pictures than it began with
        self.rng = np.random.default_rng([self.seed, begun])
        sums, began = {}, time.time()
        for step in range(begun, steps):
            terms = losses()
            sum(terms.values()).backward()
            optimiser.step(self.rate * cosine(step / steps))
            for key, term in terms.items():
                sums[key] = [*sums.get(key, []), term.item()]
            if (step + 1) % SHOW == 0:
                self.log(f"{name} {step + 1} of {steps}, {(time.time() - began) / (step + 1 - begun):.2f} s a step: " + " ".join(f"{k} {np.mean(v):.3f}" for k, v in sums.items()))
                sums = {}
            if (step + 1) % SAVE == 0 or step + 1 == steps:
                self.save(name, step + 1)

    def save(self, name: str, step: int) -> None:
        """A stage's state, which `stage` goes on from."""
        path = self.out / f"{name}.pt"
        torch.save({"clip": self.clip.state_dict(), "table": {"rows": self.table.rows.detach()}, "step": step}, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)

    def export(self) -> None:
        save_folder(self.clip, self.material.tokenizer, TEMPLATE, self.out / "export")
        save_file({"rows": self.table.rows.detach().clone()}, self.out / "export" / TABLE)

    def learn_table(self, name: str, steps: int) -> None:
        clip, width = self.clip, self.clip.see_project.shape[0]
        judges = lesson.Judges(width)

        def losses() -> dict[str, torch.Tensor]:
            seen = self.look()
            scenes = judges.loss(width**0.5 * seen.images[: len(seen.attributes)], seen.attributes)  # entries of about 1, as features have
            terms = self.named(seen) | {"scenes": scenes}
            return {name: TABLE_WEIGHTS[name] * term for name, term in terms.items()}

        groups = [([clip.see_project, clip.logit_scale], 1e-3), ([self.table.rows], 2e-3), (list(judges.parameters()), 2e-3)]
        self.stage(name, groups, steps, losses)

    def look(self) -> lesson.Seen:
        """A batch to name."""
        m, chosen = self.material, lesson.draw(self.rng, self.material.shares, TABLE_BATCH)
        source = self.classifier.known[lesson.draw(self.rng, self.classifier.shares, IMAGINED)]
        imagined, concept = self.classifier.imagined(m.features[source], m.concept[source])
        pairs, readable = lesson.Pairs(lesson.draw(self.rng, m.readable_shares, 2 * PAIRED).view(2, PAIRED)), m.readable[chosen]
        features = torch.cat([m.features[chosen], imagined, pairs.mixed(m.features)])
        classified = torch.cat([m.begun[chosen[readable]], imagined, pairs.mixed(m.begun)])
        readable = torch.cat([readable, torch.ones(IMAGINED + PAIRED, dtype=torch.bool)])
        return lesson.Seen(self.clip.see(lesson.thinned(features)), torch.cat([m.concept[chosen], concept]), m.attributes[chosen], readable, classified)

    def named(self, seen: lesson.Seen) -> dict[str, torch.Tensor]:
        """Pictures and what is imagined find their phrases, pictures their names, and all that ImageNet's classifier can read its classes as it does."""
        scale, classes = self.clip.scale(), F.normalize(self.table.rows[self.table.classes], dim=-1)
        return {
            "phrases": self.table.loss(seen.images[: len(seen.concept)], seen.concept, scale),
            "names": self.table.name_loss(seen.images[:TABLE_BATCH], seen.concept[:TABLE_BATCH], scale),
            "classes": self.classifier.loss(seen.classified, seen.images[seen.readable], classes, scale),
        }

    def tune(self, steps: int) -> None:
        m, clip, classifier = self.material, self.clip, self.classifier
        judges = lesson.Judges(m.features.shape[1])
        is_known = torch.zeros(len(m.rows), dtype=torch.bool).index_fill(0, classifier.known, True)

        def losses() -> dict[str, torch.Tensor]:
            chosen = lesson.draw(self.rng, m.half_drawn, TUNE_BATCH).sort().values
            features = quick.late(clip.trunk, torch.from_numpy(self.maps[m.rows[chosen.numpy()]]))
            readable, concept = m.readable[chosen], m.concept[chosen]
            old, new = m.features[chosen[readable]], features[readable]
            before, after = ((classifier.logits(read) / TEMPERATURE).log_softmax(1) for read in (old, new))
            distance = (new - old).square().sum(1) / old.square().sum(1)
            known = is_known[chosen]
            source = known.nonzero()[:, 0].repeat(IMAGINED // TUNE_BATCH)
            imagined, of = classifier.imagined(features.detach()[source], concept[source])
            seen = clip.see(lesson.thinned(torch.cat([features, imagined])))
            return {
                "phrases": self.table.loss(seen, torch.cat([concept, of]), clip.scale()),
                "names": NAMES * self.table.name_loss(seen[: len(chosen)], concept, clip.scale()),
                "kept": KEPT * TEMPERATURE**2 * F.kl_div(after, before, log_target=True, reduction="batchmean"),
                "near": NEAR * distance.mean(),
                "scenes": JUDGED * judges.loss(features, m.attributes[chosen]),
            }

        self.stage("tune", [(clip.trunk.late_weights(), 2e-4), ([clip.see_project, clip.logit_scale], 2e-4), ([self.table.rows], 5e-4), (list(judges.parameters()), 2e-3)], steps, losses)

    def copies(self) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Copies of the model's weights and of the table's unit rows [phrases, 384]."""
        return {name: weight.clone() for name, weight in self.clip.state_dict().items()}, self.table.unit().detach().clone()

    def take(self, weights: dict[str, torch.Tensor], rows: torch.Tensor) -> None:
        """Copies a state dict into the model, and rows [phrases, 384] into the table."""
        self.clip.load_state_dict(weights)
        self.table.load_state_dict({"rows": rows}, strict=False)

    def keep_trunk(self, before: tuple[dict[str, torch.Tensor], torch.Tensor]) -> None:
        """Takes back all that `tune` changed but the trunk: its small batches show projection and table few of ImageNet's classes."""
        tuned = {f"trunk.{name}": weight for name, weight in self.clip.trunk.state_dict().items()}
        self.take(before[0] | tuned, before[1])

    def start_from(self, folder: Path) -> None:
        """Takes the weights of a folder of OpenCLIP's files, and the table beside them."""
        self.clip.load_named(load_file(folder / MODEL))
        self.table.load_state_dict(load_file(folder / TABLE), strict=False)

    def look_again(self) -> None:
        """Takes this trunk's features of all pictures for those before; they are kept in a file."""
        m, path = self.material, self.out / FEATURES_FILE
        if not path.exists():
            with torch.no_grad():
                parts = [quick.late(self.clip.trunk, torch.from_numpy(self.maps[rows])).half() for rows in np.split(m.rows, range(LOOKED_AT, len(m.rows), LOOKED_AT))]
            part = path.with_suffix(".part.npy")
            np.save(part, torch.cat(parts).numpy())
            part.rename(path)
            self.log(f"looked again at {len(m.rows)} pictures")
        m.features = torch.from_numpy(np.load(path)).float()
        self.classifier = lesson.Classifier(self.state, m)

    def learn_to_say(self, steps: int) -> None:
        m, clip = self.material, self.clip
        table = self.table.unit().detach()

        def losses() -> dict[str, torch.Tensor]:
            ids, goal, phrase = lesson.spoken_batch(m, self.table, self.rng, SPOKEN_BATCH)
            with torch.no_grad():
                images = self.look().images
            return {"spoken": lesson.spoken_loss(say(clip, ids), goal, phrase, table, images)}

        self.stage("spoken", [(clip.text_weights(), 3e-3)], steps, losses)

    def learn_together(self, steps: int) -> None:
        m, clip = self.material, self.clip
        table = self.table.requires_grad_(False).unit()
        grounds, counts = m.attributes[:, :2].numpy().T
        several, single = np.flatnonzero(counts > 1), np.flatnonzero((counts == 1) & (np.arange(len(counts)) >= m.photos))
        on_named = [np.flatnonzero((grounds == ground) & (counts == 1)) for ground in range(len(COLOUR_NAMES))]
        on_named = [rows for rows in on_named if len(rows)]

        def losses() -> dict[str, torch.Tensor]:
            chosen = lesson.draw(self.rng, m.half_drawn, CAPTIONS)
            counted = torch.from_numpy(np.concatenate([self.rng.choice(several, COUNTED * 3 // 4), self.rng.choice(single, COUNTED // 4)]))
            grounded = torch.tensor([self.rng.choice(on_named[ground]) for ground in self.rng.integers(len(on_named), size=GROUNDED)])
            seen, of_count, of_ground = clip.see(m.features[torch.cat([chosen, counted, grounded])]).split([len(chosen), len(counted), len(grounded)])
            ids, goal, phrase = lesson.spoken_batch(m, self.table, self.rng, SPOKEN_BATCH // 2)
            batch = self.look()
            asked = torch.cat([torch.arange(NAMED), torch.arange(TABLE_BATCH, TABLE_BATCH + NAMED_IMAGINED)])  # pictures at hand, then imagined ones
            terms = self.named(batch) | {
                "spoken": lesson.spoken_loss(say(clip, ids), goal, phrase, table, batch.images.detach()),
                "said_names": lesson.said_names_loss(m, clip, self.table, batch.images[asked], batch.concept[asked], self.rng.choice(lesson.NAME_TEMPLATES)),
                "captions": lesson.captions_loss(m, clip, seen, chosen, self.rng),
                "counts": lesson.counts_loss(m, clip, of_count, counted),
                "grounds": lesson.grounds_loss(m, clip, of_ground, grounded, self.rng),
            }
            return {name: WEIGHTS[name] * term for name, term in terms.items()}

        self.stage("joint", [(clip.text_weights(), 1.2e-3), ([clip.see_project], 4e-4), ([clip.logit_scale], 1e-3)], steps, losses)


def begin(options: argparse.Namespace) -> None:
    """Refuses a folder whose states are another run's; notes what this one begins with, and takes the tokenizer of its start."""
    noted = options.out / "begun.json"
    about = {"recipe": RECIPE, "start": str(options.start.resolve()) if options.start else None, "embedding": EMBEDDING, "table": options.table, "tune": options.tune, "again": options.again}
    if noted.exists() and json.loads(noted.read_text()) != about:
        raise ValueError(f"{options.out} has the states of a run that began with {noted.read_text()}, this one begins with {json.dumps(about)}: name another --out")
    noted.write_text(json.dumps(about))
    if options.start:
        shutil.copy(options.start / "tokenizer.json", options.out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that material.pack wrote")
    parser.add_argument("--memory", type=Path, required=True, help="folder that everyday_clip.memory wrote")
    parser.add_argument("--trunk", type=Path, required=True, help="the package with the trunk's weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="folder of an earlier run, such as training/weights: its weights take the place of the stage `table`")
    parser.add_argument("--table", type=int, default=900, help="steps of this stage, as below")
    parser.add_argument("--tune", type=int, default=4800)
    parser.add_argument("--spoken", type=int, default=1200)
    parser.add_argument("--joint", type=int, default=850)
    parser.add_argument("--again", type=int, default=600)
    parser.add_argument("--rate", type=float, default=1.0, help="what the learning rates are multiplied by")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    begin(options)
    run = Run(options, lambda line: print(time.strftime("%H:%M:%S"), line, flush=True))
    if options.start and not (options.out / "table.pt").exists():
        run.start_from(options.start)
        run.save("table", 0)
    run.learn_table("table", 0 if options.start else options.table)
    before = run.copies()
    run.tune(options.tune)
    run.keep_trunk(before)
    run.look_again()
    run.learn_table("again", options.again)
    run.learn_to_say(options.spoken)
    run.export()
    run.learn_together(options.joint)
    run.export()


if __name__ == "__main__":
    main()
