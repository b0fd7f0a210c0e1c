"""The student's training loop: compilation ahead of the clock, steps by schedule, averaged weights, and a way back from a loss that is no number."""

import math
import time
import traceback

import torch

from .model import GRID, Clip, Optimisers, cosine, read, see
from .student import Lesson, total_of

AVERAGE = 0.998  # of the student's weights, per step


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
