"""What every stage needs: names and words, the tokenizer, decoded photographs and drawings, and the painter, on one device."""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from . import data, texts
from .augment import PhotoViews
from .data import SIDE
from .scenes import Painter, Planner

SCENE_SOURCES = {"intel-scenes", "weather", "grounds", "houses"}
OFTEN = 2.0  # how often photographs of SCENE_SOURCES are shown, to what their number asks
GROUND_PHOTOS = 4096  # photographs that lend blurred grounds to scenes


class Workshop:
    """The packed data of a folder; `tokenizer` is a model's own, or None to train one from the words; `keep` decoded pictures on disk."""

    def __init__(self, folder: Path, workers: int, seed: int, log, tokenizer: Tokenizer | None = None, keep: bool = False):
        self.folder, self.log, self.rng = folder, log, np.random.default_rng(seed)
        self.concepts = data.load_concepts(folder)
        self.phrases = texts.Phrases(self.concepts)
        self.tokenizer = tokenizer or texts.train_tokenizer(self.concepts, self.phrases)
        texts.set_writer(self.phrases, self.tokenizer)
        _, self.photos, self.drawings, self.pool = data.load(folder, workers, keep)
        log(f"decoded {len(self.photos)} photos and {0 if self.drawings is None else len(self.drawings.concept)} sprites; {len(self.concepts)} concepts, {len(self.phrases.texts)} phrases")
        for number, source in enumerate(self.photos.sources):
            log(f"  {source}: " + ", ".join(f"{len(self.photos.of(split, number))} {split}" for split in data.SPLITS))
        self.trained_items = self.photos.of("train")
        self.trained = np.zeros(len(self.concepts), bool)
        self.trained[self.photos.concept[self.trained_items]] = True
        self.planner = None
        if self.drawings is not None and not self.drawings.is_test.all():
            hands = [h for h, test in zip(self.drawings.hands, self.drawings.is_test) if not test]
            self.planner = Planner(self.concepts, self.drawings, hands)
            self.trained[self.planner.drawn] = True
        log(f"{self.trained.sum()} concepts are trained; {self.tokenizer.get_vocab_size()} tokens")

    def often_shown(self) -> np.ndarray:
        """bool [training photos]: of SCENE_SOURCES."""
        wanted = [i for i, source in enumerate(self.photos.sources) if source in SCENE_SOURCES]
        return np.isin(self.photos.source[self.trained_items], wanted)

    def to(self, device: torch.device) -> "Workshop":
        """Uploads everything; from here on the device is in use."""
        self.device = device
        self.views = PhotoViews(self.photos, device)
        self.tables = texts.TextTables(self.phrases, self.tokenizer, device)
        self.concept_of = torch.from_numpy(self.photos.concept).long().to(device)
        self.trained_on_device = torch.from_numpy(self.trained).to(device)
        grounds = None
        if SIDE in self.views.tiles:
            small = self.trained_items[self.photos.side[self.trained_items] == SIDE]
            grounds = self.views.tiles[SIDE][torch.from_numpy(self.photos.row[self.rng.permutation(small)[:GROUND_PHOTOS]]).long().to(device)]
        self.painter = Painter(self.drawings, self.concepts, device, grounds) if self.drawings is not None else None
        return self
