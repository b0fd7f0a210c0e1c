"""Polishes the text tower after training: names end where the images of their concepts are.

Run as `python -m emoji_clip.polish`; reads `out/state.pt` and writes `out/export`. Vision and the concept table stay as
they are. A bare name is turned to its row of the table, a keyword to the rows of the concepts that carry it, and any
other caption moves as the name in it does, so that what it says of colour, count, place and size stays.
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .batches import ALL_TRAINING_HANDS, taught_concepts
from .captions import TEMPLATE, UNSAID, Truth, caption_for, label_for
from .clip import export, new_model, text_embeddings, token_ids
from .optimiser import cosine, optimisers
from .paths import OUT
from .scenes import COLOUR_NAMES, PLACES, Scene, Sprites
from .tokens import train_tokenizer
from .train import STATE, Student

NAMES, KEYWORDS, CAPTIONS = 128, 48, 64  # read in a step
WEIGHTS = {"names": 1.0, "captions": 2.0, "keywords": 0.05}


def imagined_scene(rng: np.random.Generator, concept: int) -> Scene:
    """A scene that may be painted, for its captions' sake."""
    ground = int(rng.integers(len(COLOUR_NAMES))) if rng.random() < 0.7 else None
    kind = rng.integers(3)
    if kind == 0:
        return Scene(concept, "", ground, int(rng.integers(2, 5)), None, None, "colour")
    if kind == 1:
        return Scene(concept, "", ground, 1, PLACES[rng.integers(len(PLACES))], "small", "colour")
    return Scene(concept, "", ground, 1, None, "big" if rng.random() < 0.3 else None, "ink" if rng.random() < 0.4 else "colour")


class Polish:
    """The student with a frozen copy of what its text tower said before."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.sprites = Sprites(ALL_TRAINING_HANDS)
        self.concepts, self.taught = self.sprites.concepts, taught_concepts(self.sprites)
        self.truth, self.tokenizer = Truth(self.concepts), train_tokenizer(self.concepts)
        self.student = Student(self.tokenizer, len(self.concepts)).requires_grad_(False)
        self.student.load_state_dict(torch.load(OUT / STATE)["average"])
        self.before = new_model(self.tokenizer).requires_grad_(False)
        self.before.load_state_dict(self.student.clip.state_dict())
        self.tower = nn.ModuleDict({"model": self.student.clip.text_model, "projection": self.student.clip.text_projection})
        self.tower.requires_grad_(True)
        self.table = F.normalize(self.student.table, dim=-1)

    def read(self, model, texts: list[str]) -> torch.Tensor:
        """Unit embeddings [n, 256]."""
        with torch.autocast("cpu", torch.bfloat16):
            return F.normalize(text_embeddings(model, token_ids(self.tokenizer, texts)).float(), dim=-1)

    def losses(self) -> dict[str, torch.Tensor]:
        """The loss terms of fresh texts."""
        chosen = self.rng.choice(self.taught, NAMES, replace=False)
        names = self.read(self.student.clip, [label_for(self.rng, self.concepts[i]) for i in chosen])
        words, carriers = self.truth.keyword_texts(self.rng, KEYWORDS)
        keywords = self.read(self.student.clip, words)
        captions = [caption_for(self.rng, imagined_scene(self.rng, int(i)), self.concepts) for i in chosen[:CAPTIONS]]
        texts = [caption.text for caption in captions]
        named = torch.tensor([caption.concept != UNSAID for caption in captions])[:, None]
        with torch.no_grad():
            bare = self.read(self.before, [TEMPLATE.format(self.concepts[i].name) for i in chosen[:CAPTIONS]])
            target = self.read(self.before, texts) + named * (self.table[chosen[:CAPTIONS]] - bare)
        return {
            "names": 1 - F.cosine_similarity(names, self.table[chosen]).mean(),
            "captions": 1 - F.cosine_similarity(self.read(self.student.clip, texts), target).mean(),
            "keywords": F.cross_entropy(self.student.concept_logits(keywords), torch.from_numpy(carriers)),
        }

    def run(self, steps: int, lr: float) -> None:
        optims = optimisers(self.tower, lr, 0.0)
        for step in range(steps):
            for optim in optims:
                for group in optim.param_groups:
                    group["lr"] = lr * cosine(step / steps)
                optim.zero_grad()
            terms = self.losses()
            sum(WEIGHTS[name] * term for name, term in terms.items()).backward()
            for optim in optims:
                optim.step()
            if step % 50 == 0 or step == steps - 1:
                print(f"step {step}", " ".join(f"{name} {term.item():.3f}" for name, term in terms.items()), flush=True)
        export(self.student.clip, self.tokenizer, OUT / "export")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    Polish(options.seed).run(options.steps, options.lr)


if __name__ == "__main__":
    main()
