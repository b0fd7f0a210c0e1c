"""Captions: what people may write about a scene, and which scenes a caption is true of."""

from dataclasses import dataclass

import numpy as np

from .concepts import Concept
from .scenes import COLOUR_NAMES, PLACES, Scene

PLAIN = [
    "{}", "a {}", "a drawing of {}", "a drawing of a {}", "a drawing of a {}.", "a picture of a {}.", "an emoji of a {}",
    "a photo of a {}.", "a photo of {}", "an icon of a {}", "an image of a {}", "the {}", "this is a {}", "clip art of a {}",
]  # fmt: skip
TEMPLATE = "a drawing of a {}"  # the model's own
LINE = ["a line drawing of a {}", "a sketch of a {}", "a doodle of a {}", "an outline of a {}", "a hand-drawn {}", "a black and white drawing of a {}"]
NUMBERS = {1: ["one", "a single", "1"], 2: ["two", "2", "a pair of"], 3: ["three", "3"], 4: ["four", "4"]}
GROUNDS = ["on a {} background", "on a {} background", "on {}", "on a {} ground", "with a {} background", "in front of a {} wall"]
COLOUR_SYNONYMS = {"grey": ["grey", "gray"], "turquoise": ["turquoise", "cyan", "teal"], "purple": ["purple", "violet"]}
PLACE_PHRASES = {"centre": ["in the centre", "in the middle", "in the center"], "left": ["on the left", "at the left"], "right": ["on the right", "at the right"],
                 "top": ["at the top"], "bottom": ["at the bottom"]}  # fmt: skip
SIZES = {"small": ["small", "little", "tiny"], "big": ["big", "large", "huge"]}
ANYTHING = ["something", "a drawing", "an object", "a picture"]
LINE_STYLES = {"ink", "pen"}
UNSAID = -1
ASKED_MOST = 8  # a keyword of many concepts is practised this many times as often as a keyword of one
TEMPLATED = 0.4  # of counting captions: "a drawing of a three bananas" is what a template makes of a label


@dataclass
class Caption:
    """A text and what it says; `UNSAID` and None where it is silent."""

    text: str
    concept: int = UNSAID
    keyword: str | None = None
    ground: int = UNSAID
    count: int = UNSAID
    place: int = UNSAID
    size: str | None = None
    line: bool = False


def plural(name: str) -> str:
    """The plural of the noun a name starts or ends with: "slices of cake", "foxes"."""
    for joint in (" of ", " with ", " in ", " on ", " wearing ", " without "):
        if joint in name:
            head, tail = name.split(joint, 1)
            return plural(head) + joint + tail
    if name.endswith(("s", "x", "ch", "sh")):
        return name if name.endswith("s") else name + "es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


def _one_of(rng: np.random.Generator, choices: list):
    return choices[rng.integers(len(choices))]


def colour_word(rng: np.random.Generator, ground: int) -> str:
    name = COLOUR_NAMES[ground]
    return _one_of(rng, COLOUR_SYNONYMS.get(name, [name]))


def label_for(rng: np.random.Generator, concept: Concept) -> str:
    """The concept's name as a label: half of the time in the model's own template, else in any."""
    return (TEMPLATE if rng.random() < 0.5 else _one_of(rng, PLAIN)).format(concept.name)


def caption_for(rng: np.random.Generator, scene: Scene, concepts: list[Concept]) -> Caption:
    """A random true caption: usually names the concept, often its ground, its count, place or size where drawn so."""
    concept = concepts[scene.concept]
    said = Caption("")
    chance = rng.random()
    if chance < 0.12 and concept.keywords:
        said.keyword = _one_of(rng, concept.keywords)
        noun = said.keyword
    elif chance < 0.2:
        noun = None
    else:
        said.concept, noun = scene.concept, concept.name
    adjective = ""
    if scene.size and rng.random() < 0.5:
        said.size = scene.size
        adjective = _one_of(rng, SIZES[scene.size]) + " "
    if noun and rng.random() < (0.75 if scene.count > 1 else 0.15):
        said.count = scene.count
        words = adjective + (plural(noun) if scene.count > 1 else noun)
        text = f"{_one_of(rng, NUMBERS[scene.count])} {words}"
    elif noun is None:
        text = _one_of(rng, ANYTHING)
        said.size = None
    elif not adjective and scene.style in LINE_STYLES and rng.random() < 0.25:
        said.line = True
        text = _one_of(rng, LINE).format(noun)
    else:
        text = _one_of(rng, PLAIN).format(adjective + noun)
    if scene.place and rng.random() < 0.6:
        said.place = PLACES.index(scene.place)
        text = f"{text.rstrip('.')} {_one_of(rng, PLACE_PHRASES.get(scene.place, [f'at the {scene.place}', f'in the {scene.place} corner']))}"
    if scene.ground is not None and rng.random() < (0.4 if noun else 1.0):
        said.ground = scene.ground
        text = f"{text.rstrip('.')} {_one_of(rng, GROUNDS).format(colour_word(rng, scene.ground))}"
    if said.count != UNSAID and rng.random() < TEMPLATED:
        text = _one_of(rng, PLAIN).format(text.rstrip("."))
    said.text = text
    return said


class Truth:
    """Which captions are true of which scenes, and which keywords of which concepts."""

    def __init__(self, concepts: list[Concept]):
        self.words = sorted({k for c in concepts for k in c.keywords})
        self.keyword_row = {word: row for row, word in enumerate(self.words)}
        self.has_keyword = np.zeros((len(self.words) + 1, len(concepts)), bool)  # the last row: no keyword said, true of all
        self.has_keyword[-1] = True
        for column, concept in enumerate(concepts):
            for word in concept.keywords:
                self.has_keyword[self.keyword_row[word], column] = True
        asked = np.minimum(self.has_keyword[:-1].sum(1), ASKED_MOST)
        self.keyword_chance = asked / asked.sum()

    def keyword_texts(self, rng: np.random.Generator, count: int) -> tuple[list[str], np.ndarray]:
        """Random keywords as captions, and a row each that spreads 1 over the concepts that carry it: float32 [count, concepts]."""
        rows = rng.choice(len(self.words), count, p=self.keyword_chance)
        carried = self.has_keyword[rows].astype(np.float32)
        return [_one_of(rng, PLAIN).format(self.words[row]) for row in rows], carried / carried.sum(1, keepdims=True)

    def matrix(self, scenes: list[Scene], captions: list[Caption]) -> np.ndarray:
        """bool [scenes, captions]."""

        def agrees(values: list, said: list) -> np.ndarray:
            said_array = np.array(said)[None, :]
            return (said_array == UNSAID) | (np.array(values)[:, None] == said_array)

        sizes = {None: UNSAID, "small": 0, "big": 1}
        true = agrees([s.concept for s in scenes], [c.concept for c in captions])
        true &= agrees([-2 if s.ground is None else s.ground for s in scenes], [c.ground for c in captions])
        true &= agrees([s.count for s in scenes], [c.count for c in captions])
        true &= agrees([-2 if s.place is None else PLACES.index(s.place) for s in scenes], [c.place for c in captions])
        true &= agrees([-2 if s.size is None else sizes[s.size] for s in scenes], [sizes[c.size] for c in captions])
        true &= agrees([int(s.style in LINE_STYLES) for s in scenes], [1 if c.line else UNSAID for c in captions])
        rows = [self.keyword_row[c.keyword] if c.keyword else -1 for c in captions]
        return true & self.has_keyword[rows][:, [s.concept for s in scenes]].T
