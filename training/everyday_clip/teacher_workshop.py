"""What the GPU run needs beyond the workshop: the teacher's initial weights, and the photographs and scenes that its bank is built from."""

import json
from pathlib import Path

import numpy as np
import torch

from . import data, texts
from .scenes import Plan
from .teacher import Lite2, Material
from .workshop import OFTEN, Workshop


def imagenet_concepts(concepts: data.Concepts, photos: data.Photos) -> np.ndarray:
    """The concept of each of ImageNet's 1,000 classes, or -1. The samples come in the classes' order; where they do not, by name."""
    names = json.loads((Path(__file__).parent / "imagenet.json").read_text())  # in the order of the classes
    row = {name: i for i in range(len(concepts) - 1, -1, -1) for name in concepts.names[i]}
    by_name = np.array([row.get(name.lower(), -1) for name in names])
    samples = photos.concept[photos.of("samples")]
    if len(samples) == len(names) and (samples == by_name)[by_name >= 0].mean() > 0.6:
        return samples.astype(np.int64)
    return by_name


class TeacherWorkshop(Workshop):
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

    def to(self, device: torch.device) -> "TeacherWorkshop":
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
