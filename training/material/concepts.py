"""The concepts: what a photograph or a drawing can show, with names, parents and keywords."""

from dataclasses import dataclass, field

from emoji.concepts import load_concepts

from . import tables
from .wordnet import WordNet, wordnet


@dataclass
class Concept:
    """One thing that a photograph or a drawing can show."""

    names: list[str]
    parents: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)  # what visitors call it
    photo: bool = False
    drawing: bool = False


def key_of(name: str) -> str:
    """Names that differ only in case and hyphens are the same."""
    return name.lower().replace("-", " ").strip()


class Concepts:
    """All concepts; asking for one whose first name is known gives the known one, with what is new added to it."""

    def __init__(self) -> None:
        self.all: list[Concept] = []
        self.index: dict[str, int] = {}

    def get(self, names: list[str], parents: list[str] | tuple = ()) -> int:
        """The index of the concept called names[0]; names and parents are added to what it has."""
        key = key_of(names[0])
        if key not in self.index:
            self.index[key] = len(self.all)
            self.all.append(Concept([names[0]]))
        concept = self.all[self.index[key]]
        known = {key_of(n) for n in concept.names}
        concept.names += [n for n in dict.fromkeys(names) if key_of(n) not in known]
        concept.parents += [p for p in parents if p not in concept.parents]
        return self.index[key]

    def finish(self) -> None:
        """Orders parents from near to far, takes own names out of them, and out of names those that are others' first."""
        far = {word: place for place, word in enumerate(tables.FAR)}
        for key, number in self.index.items():
            concept = self.all[number]
            concept.names = [n for i, n in enumerate(concept.names) if i == 0 or self.index.get(key_of(n), number) == number]
            own = {key_of(n) for n in concept.names}
            for word, implied in tables.IMPLIED.items():
                if word in concept.parents:
                    concept.parents.append(implied)
            for word, rivals in tables.NOT_WITH.items():
                if word in concept.parents and (rivals & set(concept.parents) or not rivals):
                    concept.parents.remove(word)
            if "cap" in concept.parents and "headgear" not in concept.parents:
                concept.parents.remove("cap")
            words = [p for p in dict.fromkeys(concept.parents) if key_of(p) not in own and key_of(p).rstrip("s") not in own]
            concept.parents = [p for p in words if p not in far] + sorted((p for p in words if p in far), key=far.get)
            concept.keywords = [k for k in dict.fromkeys(concept.keywords) if key_of(k) not in own]
            concept.words = [w for w in dict.fromkeys(concept.words) if key_of(w) not in own]


def add_drawings(concepts: Concepts, wordnet: WordNet) -> dict[str, int]:
    """Adds every concept of the emoji recipe; the recipe's names -> indices."""
    found = {}
    for emoji in load_concepts():
        called = tables.EMOJI_NAMES.get(emoji.name, [emoji.name])
        parents = tables.EMOJI_PARENTS.get(emoji.name)
        if parents is None:
            root = tables.WORDNET_SUBGROUPS.get(emoji.subgroup)
            parents = (wordnet.parents_of(called[0], root) if root else []) + tables.SUBGROUP.get(emoji.subgroup, [])
            if "arachnid" in parents or "insect" not in parents and emoji.subgroup == "animal-bug":
                parents = [p for p in parents if p != "insect"]
            if "sea animal" in parents and {"amphibian", "bird"} & set(parents):
                parents.remove("sea animal")
        number = concepts.get(called, parents)
        concepts.all[number].keywords += emoji.keywords
        concepts.all[number].drawing = True
        found[emoji.name] = number
    return found


def imagenet_concept(concepts: Concepts, wnid: str) -> int:
    """The concept of an ImageNet class, its names and parents by WordNet and the tables' corrections."""
    called = tables.WNID_NAMES.get(wnid) or wordnet().plain_names(wnid[1:])
    parents = tables.WNID_PARENTS.get(wnid)
    return concepts.get(called, wordnet().parents(wnid[1:]) if parents is None else parents)
