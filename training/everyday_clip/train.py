"""Trains everyday-clip from the packed data on one GPU: teacher, bank, student, polish, evaluation, export.

`python -m everyday_clip.train --data DATA --out OUT --total 540`; `--check` only looks whether everything is there and how fast
each stage runs; `--smoke` runs every stage in miniature on a CPU.
"""

import time

BEGAN = time.time()  # corrected in `main` by what the imports took

import argparse  # noqa: E402
import json  # noqa: E402
import math  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
import traceback  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from . import data, texts  # noqa: E402
from .augment import chance, uniform  # noqa: E402
from .check import check_files, check_speed  # noqa: E402
from .data import SIDE  # noqa: E402
from .embedders import OwnEmbedder  # noqa: E402
from .evaluate import Evaluation, table  # noqa: E402
from .model import GRID, WIDTH, Clip, Optimisers, cosine, read, see  # noqa: E402
from .polish import Polish, remember  # noqa: E402
from .scenes import COLOUR_NAMES, INK, PEN, PLACES, Plan  # noqa: E402
from .teacher import GRID as CELLS  # noqa: E402
from .teacher import FEATURES, Bank, Judge, Lite2, Material, Teacher, build_bank, cut_and_mix, fine_tune, sample_cells  # noqa: E402
from .weights import save_folder  # noqa: E402
from .workshop import OFTEN, Workshop  # noqa: E402

ATTRIBUTES = {"ground": len(COLOUR_NAMES) + 1, "count": 4, "place": len(PLACES) + 1, "size": 3}
WEIGHTS = {"concept": 1.0, "features": 1.0, "pooled": 0.5, "contrast": 0.5, "attributes": 0.15}
PARENTS, KEYWORDS = 0.3, 0.3  # shares of captions that say a parent or a keyword
AVERAGE = 0.998  # of the student's weights, per step
HALVES = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}


class Log:
    """Prints, and keeps what was printed for train.log."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.file = open(folder / "train.log", "w")

    def __call__(self, line: str) -> None:
        line = f"[{time.time() - BEGAN:6.1f}] {line}"
        print(line, flush=True)
        self.file.write(line + "\n")
        self.file.flush()


def started() -> float:
    """When this process began, before the imports."""
    try:
        ticks = float(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
        up = float(Path("/proc/uptime").read_text().split()[0])
        began = time.time() - (up - ticks / os.sysconf("SC_CLK_TCK"))
        return began if 0 <= BEGAN - began < 300 else BEGAN
    except Exception:
        return BEGAN


class Student(nn.Module):
    """The CLIP, and the read-outs that only training needs."""

    def __init__(self, vocabulary: int, end: int):
        super().__init__()
        self.clip = Clip(vocabulary, end)
        self.contrast_scale = nn.Parameter(torch.tensor(math.log(16)))
        self.local_read = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, FEATURES))
        self.pooled_read = nn.Linear(WIDTH, FEATURES)
        self.attribute_read = nn.ModuleDict({name: nn.Linear(WIDTH, classes) for name, classes in ATTRIBUTES.items()})


class Cycle:
    """Rows in random order, over and over."""

    def __init__(self, rows: torch.Tensor):
        self.rows, self.at, self.order = rows, len(rows), None

    def next(self, n: int) -> torch.Tensor:
        if n > len(self.rows):
            return self.rows[torch.randint(len(self.rows), (n,), device=self.rows.device)]
        if self.at + n > len(self.rows):
            self.order, self.at = self.rows[torch.randperm(len(self.rows), device=self.rows.device)], 0
        self.at += n
        return self.order[self.at - n : self.at]


@dataclass
class Scenes:
    """What is known of every planned scene, on the GPU."""

    attributes: torch.Tensor  # int64 [n, 5]: ground, count, place, size, in lines
    ids: torch.Tensor  # int16 [n, each, 32]
    said: torch.Tensor  # int16 [n, each, 7]

    @staticmethod
    def of(plan: Plan, ids: np.ndarray, said: np.ndarray, device) -> "Scenes":
        lines = np.isin(plan.style, (INK, PEN)).astype(np.int64)
        attributes = np.stack([plan.ground, plan.count, plan.place, plan.size, lines], 1)
        return Scenes(*(torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in (attributes, ids, said)))


class Lesson:
    """Batches from the bank, and the terms of the loss."""

    def __init__(self, student: Student, bank: Bank, scenes: Scenes | None, tables: texts.TextTables, trained: torch.Tensor, batch: int, dtype: torch.dtype):
        self.student, self.bank, self.scenes, self.tables, self.dtype = student, bank, scenes, tables, dtype
        self.untaught = ~trained
        self.photo_cycle, self.scene_cycle = Cycle(bank.photo_rows), Cycle(bank.scene_rows)
        drawn = round(0.36 * batch) if len(bank.scene_rows) else 0
        self.counts = (batch - drawn, drawn)
        self.captioned = (batch // 2 - drawn // 2, drawn // 2)  # images that meet captions; the others may be mixed
        device = bank.pictures.device
        parts = (self.captioned[0], self.captioned[1], self.counts[0] - self.captioned[0], self.counts[1] - self.captioned[1])
        self.is_photo = torch.cat([torch.full((n,), kind, device=device) for n, kind in zip(parts, (True, False, True, False))])
        self.device, self.batch, self.plain = device, batch, parts[0] + parts[1]
        one_axis = F.interpolate(torch.eye(CELLS)[None], size=GRID, mode="linear", align_corners=False)[0].T  # [8, 4]
        self.spread = torch.einsum("ac,bd->abcd", one_axis, one_axis).reshape(GRID * GRID, CELLS * CELLS).to(device, dtype)

    def _rows(self) -> torch.Tensor:
        photos = self.photo_cycle.next(self.counts[0])
        if not self.counts[1]:
            return photos
        scenes = self.scene_cycle.next(self.counts[1])
        p, s = self.captioned
        return torch.cat([photos[:p], scenes[:s], photos[p:], scenes[s:]])

    def _targets(self, rows: torch.Tensor, concept: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The true label with the teacher's beliefs [n, concepts], and which names are no wrong answers."""
        bank = self.bank
        odds = bank.odds[rows].float()
        beliefs = torch.zeros(len(rows), len(self.untaught), device=self.device).scatter_add_(1, bank.index[rows].long(), odds)
        beliefs = beliefs / beliefs.sum(1, keepdim=True).clamp(min=1e-6)
        trusted = (beliefs.gather(1, concept[:, None])[:, 0] / 0.2).clamp(0.25, 1)  # of drawings the teacher may know little
        weight = 0.6 * torch.where(self.is_photo, torch.ones_like(trusted), trusted)
        target = weight[:, None] * beliefs
        target.scatter_add_(1, concept[:, None], (1 - weight)[:, None])
        banned = self.tables.also_true[concept] | (self.untaught[None] & ~bank.first[rows][:, None])
        return target, banned

    def batch_of(self) -> dict[str, torch.Tensor]:
        """Pictures, features and targets of a batch: photos mirrored, half of the uncaptioned ones mixed."""
        bank, device, dtype, n = self.bank, self.device, self.dtype, self.batch
        rows = self._rows()
        concept = bank.concept[rows]
        pictures, local = bank.pictures[rows], bank.local[rows].to(dtype)
        flip = chance(n, 0.5, device) & self.is_photo
        pictures = torch.where(flip[:, None, None, None], pictures.flip(-1), pictures)
        mirrored = local.view(n, CELLS, CELLS, FEATURES).flip(2).reshape(n, CELLS * CELLS, FEATURES)
        local = torch.where(flip[:, None, None], mirrored, local)
        target, banned = self._targets(rows, concept)
        plain, rest = self.plain, n - self.plain
        partner = torch.cat([torch.arange(plain, device=device), plain + torch.randperm(rest, device=device)])
        mixed = chance(n, 0.5, device) & (torch.arange(n, device=device) >= plain)
        cells = sample_cells(n, device) & mixed[:, None, None]
        pictures, share = cut_and_mix(pictures, pictures[partner], cells)
        local = torch.where(cells.view(n, -1, 1), local[partner], local)
        target = share[:, None] * target + (1 - share)[:, None] * target[partner]
        banned = banned & (banned[partner] | ~mixed[:, None])
        target = target.masked_fill(banned, 0)
        target = target / target.sum(1, keepdim=True).clamp(min=1e-6)
        x = pictures.to(dtype).mul_(1 / 127.5).sub_(1)
        light = chance(n, 0.4, device).to(dtype)
        x = x * (1 + light * uniform(n, -0.2, 0.2, device).to(dtype)).view(n, 1, 1, 1) + (light * uniform(n, -0.15, 0.15, device).to(dtype)).view(n, 1, 1, 1)
        down, right = random.randrange(5), random.randrange(5)  # the whole batch moves by up to two pixels
        x = F.pad(x, (2, 2, 2, 2), mode="reflect")[:, :, down : down + SIDE, right : right + SIDE].contiguous()
        return {"rows": rows, "concept": concept, "pictures": x, "local": local, "target": target, "banned": banned, "mixed": mixed}

    def _captions(self, rows: torch.Tensor, concept: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Captions of the first pictures, what they say, and what is known of the scenes [n, 5]."""
        photos, plain = self.captioned[0], self.plain
        ids, said = self.tables.captions(concept[:plain], self.is_photo[:plain], PARENTS, KEYWORDS)
        known = torch.full((plain, 5), -2, device=self.device)
        if self.scenes is not None and plain > photos:
            scene = self.bank.scene_of[rows[photos:plain]]
            known[photos:] = self.scenes.attributes[scene]
            pick = torch.randint(self.scenes.ids.shape[1], (len(scene),), device=self.device)
            composed = chance(len(scene), 0.6, self.device)[:, None]
            ids[photos:] = torch.where(composed, self.scenes.ids[scene, pick].long(), ids[photos:])
            said[photos:] = torch.where(composed, self.scenes.said[scene, pick].long(), said[photos:])
        return ids, said, known

    def losses(self, keep: int) -> dict[str, torch.Tensor]:
        """The terms of the loss when `keep` patches are looked at, and how often the concept was right."""
        student, clip, n, dtype = self.student, self.student.clip, self.batch, self.dtype
        batch = self.batch_of()
        kept = None if keep >= GRID * GRID else torch.rand(n, GRID * GRID, device=self.device).topk(keep, 1).indices
        ids, said, known = self._captions(batch["rows"], batch["concept"])
        seen, pooled, states = clip.look(batch["pictures"], kept)
        labels, captions = clip.say(self.tables.labels(), dtype)[: len(self.untaught)], clip.say(ids, dtype)
        image, label, caption = (F.normalize(rows.float(), dim=-1) for rows in (seen, labels, captions))
        logits = (clip.logit_scale.exp() * image @ label.T).masked_fill(batch["banned"], -1e4)
        right = (logits.argmax(1) == batch["concept"]) & ~batch["mixed"]
        local, pooled_target = batch["local"], F.layer_norm(batch["local"].float().mean(1), (FEATURES,))
        spread = self.spread.expand(n, -1, -1) if kept is None else self.spread[kept]
        taught = F.layer_norm((spread @ local).float(), (FEATURES,))
        norm, linear = student.local_read
        read_out = F.linear(F.layer_norm(states, (WIDTH,), norm.weight.to(dtype), norm.bias.to(dtype)), linear.weight.to(dtype), linear.bias.to(dtype))
        true, unknown = self.tables.truth(batch["concept"][: self.plain], self.is_photo[: self.plain], known, said)
        pairs = student.contrast_scale.exp() * image[: self.plain] @ caption.T
        terms = {
            "concept": -(batch["target"] * logits.log_softmax(1)).sum(1).mean(),
            "features": F.mse_loss(read_out.float(), taught),
            "pooled": F.mse_loss(student.pooled_read(pooled.float()), pooled_target),
            "contrast": texts.contrast(pairs, true, unknown),
            "right_photos": (right & self.is_photo).sum() / (~batch["mixed"] & self.is_photo).sum().clamp(min=1),
            "right_scenes": (right & ~self.is_photo).sum() / (~batch["mixed"] & ~self.is_photo).sum().clamp(min=1),
        }
        if self.plain > self.captioned[0] and self.scenes is not None:
            drawn, facts = seen[self.captioned[0] : self.plain].float(), known[self.captioned[0] :]
            wanted = {"ground": facts[:, 0] % ATTRIBUTES["ground"], "count": facts[:, 1] - 1, "place": facts[:, 2] % ATTRIBUTES["place"], "size": facts[:, 3] % 3}
            terms["attributes"] = sum(F.cross_entropy(head(drawn), wanted[name]) for name, head in student.attribute_read.items())
        return terms


def total_of(terms: dict[str, torch.Tensor]) -> torch.Tensor:
    return sum(WEIGHTS[name] * term for name, term in terms.items() if name in WEIGHTS)


def warm_up(lesson: Lesson, keeps: list[int], compiled: bool, log) -> None:
    """Runs each shape forwards and backwards, so that compilation is over before the clock starts; eager where it fails."""
    clip = lesson.student.clip
    if compiled:
        from torch import _dynamo

        _dynamo.config.recompile_limit = 64
        clip.see_layer, clip.read_layer = torch.compile(see, dynamic=False), torch.compile(read, dynamic=False)
    for keep in keeps:
        began = time.time()
        try:
            total_of(lesson.losses(keep)).backward()
        except Exception as error:
            if not compiled:
                raise
            log(f"compilation failed, going on without: {type(error).__name__}: {str(error)[:500]}")
            traceback.print_exc()
            clip.see_layer, clip.read_layer = see, read
            total_of(lesson.losses(keep)).backward()
        lesson.student.zero_grad(set_to_none=True)
        if lesson.device.type == "cuda":
            torch.cuda.synchronize()
        log(f"warmed up for {keep} patches: {time.time() - began:.1f} s")


class Run:
    """The student's training: steps, averages, and a way back from a loss that is no number."""

    def __init__(self, lesson: Lesson, lr: float):
        self.lesson, self.optimisers = lesson, Optimisers(lesson.student, lr)
        self.live = [w.data for w in lesson.student.parameters()]
        self.average = [w.clone() for w in self.live]
        self.good = None
        self.steps = 0

    def step(self, keep: int, factor: float) -> dict[str, torch.Tensor]:
        terms = self.lesson.losses(keep)
        total_of(terms).backward()
        self.optimisers.step(factor)
        self.lesson.student.zero_grad(set_to_none=True)
        with torch.no_grad():
            for scale in (self.lesson.student.clip.logit_scale, self.lesson.student.contrast_scale):
                scale.clamp_(max=math.log(100))
            torch._foreach_lerp_(self.average, self.live, 1 - min(AVERAGE, (1 + self.steps) / (10 + self.steps)))
        self.steps += 1
        return {name: term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def guard(self, finite: bool, log) -> None:
        """Remembers healthy weights; goes back to them, at half the rate, when the loss is no number."""
        if finite:
            self.good = [w.clone() for w in self.live], [w.clone() for w in self.average]
        elif self.good is not None:
            log("the loss is no number: back to the last healthy weights, at half the rate")
            for weights, kept in zip((self.live, self.average), self.good):
                torch._foreach_copy_(weights, kept)
            self.optimisers = Optimisers(self.lesson.student, self.optimisers.lr / 2)

    def averaged(self) -> Clip:
        """The averaged CLIP, in f32, uncompiled."""
        clip = self.lesson.student.clip
        device = self.live[0].device
        fresh = Clip(len(clip.token_embed), clip.end).to(device)
        slow = dict(zip((name for name, _ in self.lesson.student.named_parameters()), self.average))
        fresh.load_state_dict({name.removeprefix("clip."): w for name, w in slow.items() if name.startswith("clip.")})
        return fresh.eval()

    def train(self, options, seconds: float, log, save) -> None:
        began, shown, saved, steps_shown = time.time(), time.time(), time.time(), 0
        half = max(1, round(GRID * GRID * options.keep))
        while True:
            progress = (time.time() - began) / seconds
            if progress >= 1 or self.steps >= options.most_steps:
                break
            keep = half if progress < options.all_patches_from else GRID * GRID
            terms = self.step(keep, cosine(progress))
            now = time.time()
            if now - shown > options.show_every or self.steps in (1, 20):
                figures = {name: term.item() for name, term in terms.items()}
                speed = (self.steps - steps_shown) * self.lesson.batch / max(time.time() - shown, 1e-6)
                clip = self.lesson.student.clip
                figures |= {"scale": clip.logit_scale.exp().item(), "contrast_scale": self.lesson.student.contrast_scale.exp().item()}
                log(f"student {progress:.3f} step {self.steps} {speed:.0f} pictures/s " + " ".join(f"{k} {v:.3f}" for k, v in figures.items()))
                self.guard(all(math.isfinite(v) for v in figures.values()), log)
                shown, steps_shown = time.time(), self.steps
                if now - saved > options.save_every:
                    saved = now
                    save(self.averaged())
        if self.lesson.device.type == "cuda":
            torch.cuda.synchronize()
        log(f"student finished: {self.steps} steps of {self.lesson.batch}, {time.time() - began:.1f} s")


def imagenet_concepts(concepts: data.Concepts, photos: data.Photos) -> np.ndarray:
    """The concept of each of ImageNet's 1,000 classes, or -1. The samples come in the classes' order; where they do not, by name."""
    names = json.loads((Path(__file__).parent / "imagenet.json").read_text())  # in the order of the classes
    row = {name: i for i in range(len(concepts) - 1, -1, -1) for name in concepts.names[i]}
    by_name = np.array([row.get(name.lower(), -1) for name in names])
    samples = photos.concept[photos.of("samples")]
    if len(samples) == len(names) and (samples == by_name)[by_name >= 0].mean() > 0.6:
        return samples.astype(np.int64)
    return by_name


class Shop(Workshop):
    """The workshop with a teacher's first weights, and what a bank is built from."""

    def __init__(self, options, log):
        super().__init__(options.data, options.workers, options.seed, log)
        self.options = options

    def plan_scenes(self) -> tuple[Plan | None, np.ndarray | None, np.ndarray | None, Plan | None]:
        """The bank's scenes, token ids of their captions and what those say, and simple scenes for the teacher."""
        if self.planner is None:
            self.pool.close()
            return None, None, None, None
        options, rng, drawn = self.options, self.rng, self.planner.drawn
        plan = self.planner.plan(rng, rng.choice(drawn, options.scenes), options.composed)
        some, ids, said = texts.write_captions(self.pool, plan, options.captions, options.seed)
        simple = self.planner.plan(rng, rng.choice(drawn, options.teacher_scenes), 0.12)
        self.pool.close()
        self.log(f"planned {len(plan)} scenes with {ids.shape[1]} captions each, such as {some[:3]}")
        return plan, ids, said, simple

    def to(self, device: torch.device) -> "Shop":
        """Uploads everything; from here on the device is in use."""
        super().to(device)
        shares = data.photo_shares(self.photos, self.trained_items) * np.where(self.often_shown(), OFTEN, 1.0)
        items = torch.from_numpy(self.trained_items).to(device)
        self.material = Material(self.views, items, torch.from_numpy(shares).float().to(device), self.concept_of, self.painter, device)
        state = torch.load(self.options.data / "teacher.pt", map_location="cpu", weights_only=True)
        self.lite = Lite2(state).to(device)
        classes = imagenet_concepts(self.concepts, self.photos)
        self.log(f"{(classes >= 0).sum()} of ImageNet's classes are concepts, {(~self.trained[classes[classes >= 0]]).sum()} of them without a picture")
        self.original_head = (state["_fc.weight"].float().to(device), state["_fc.bias"].float().to(device), torch.from_numpy(classes).to(device))
        if device.type == "cuda":
            torch.cuda.synchronize()
            self.log(f"on {torch.cuda.get_device_name()}; {torch.cuda.memory_allocated() / 2**30:.1f} GiB in use")
        return self


def run(options, log) -> None:
    """The whole: teacher, bank, student, polish, evaluation, export."""
    import copy

    shop = Shop(options, log)
    plan, ids, said, simple = shop.plan_scenes()
    device = torch.device(options.device)
    shop.to(device)
    plan_there = plan.to(device) if plan is not None else None
    simple_there = simple.to(device) if simple is not None else None
    scenes = Scenes.of(plan, ids, said, device) if plan is not None else None
    layout = HALVES[options.teacher_format]
    teacher = Teacher(copy.deepcopy(shop.lite), len(shop.concepts), shop.trained_on_device).to(device)
    teacher = fine_tune(teacher, shop.material, simple_there, options, options.teacher_seconds, log, layout, options.most_steps)
    judge = Judge(teacher, layout, device, options.bank_batch, shop.lite if options.first_share else None, shop.original_head)
    evaluation = Evaluation(shop, log, options.evaluated)
    evaluation.of_teacher(judge)
    bank = build_bank(judge, shop.material, plan_there, options.views, options.scenes, options.bank_seconds, options.bank_batch, options.first_share, log)
    save_teacher(teacher, options.out)
    del teacher, judge.net, judge.original
    if device.type == "cuda":
        torch.cuda.empty_cache()
        log(f"{torch.cuda.memory_allocated() / 2**30:.1f} GiB in use before the student")
    dtype = torch.bfloat16
    student = Student(shop.tokenizer.get_vocab_size(), shop.tokenizer.token_to_id(texts.END)).to(device)
    log(f"student: {sum(w.numel() for w in student.clip.parameters()) / 1e6:.2f} M weights")
    lesson = Lesson(student, bank, scenes, shop.tables, shop.trained_on_device, options.batch, dtype)
    warm_up(lesson, [max(1, round(GRID * GRID * options.keep)), GRID * GRID], options.compile and device.type == "cuda" or options.force_compile, log)
    seconds = options.seconds or max(5.0, options.total - (time.time() - BEGAN) - options.reserve)
    log(f"the student has {seconds:.0f} s")
    session = Run(lesson, options.lr)
    def save(clip: Clip, template: str = texts.CANDIDATES[0]) -> None:
        save_folder(clip, shop.tokenizer, template, options.out / "export")

    session.train(options, seconds, log, save)
    clip = session.averaged()
    save(clip)
    if device.type == "cuda":
        log(f"most memory: {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
    memory = remember(shop, clip, options.polish_pictures, options.polish_pictures if shop.planner is not None else 0, options.composed, dtype)
    Polish(shop, clip, memory, dtype).run(options.polish_steps, options.polish_lr)
    template = evaluation.of_student(OwnEmbedder(clip.requires_grad_(False), shop.tokenizer))
    save(clip, template)
    (options.out / "eval.json").write_text(json.dumps(evaluation.figures, indent=1) + "\n")
    log("\n" + table(evaluation.figures, None))
    log("finished")


def save_teacher(teacher: Teacher, out: Path) -> None:
    from safetensors.torch import save_file

    state = {k: v.detach().half().cpu().contiguous() for k, v in teacher.state_dict().items() if v.is_floating_point()}
    save_file(state, str(out / "teacher.safetensors"))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
    parser.add_argument("--teacher-format", choices=list(HALVES), default="channels_last")
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


def main() -> None:
    global BEGAN
    options = parsed()
    options.began = BEGAN = started()
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = options.cudnn_search
    if options.device == "cpu":
        torch.set_num_threads(2)
    log = Log(options.out)
    log(f"torch {torch.__version__}, Python {sys.version.split()[0]}, {os.cpu_count()} CPUs, {vars(options)}")
    try:
        check_files(options.data)
        (check_speed if options.check else run)(options, log)
    except Exception:
        log(traceback.format_exc())
        raise


if __name__ == "__main__":
    main()
