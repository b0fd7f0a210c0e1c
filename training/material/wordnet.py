"""Nouns of WordNet 3.0 (Debian: wordnet-base) in everyday words."""

import os
from functools import cache
from pathlib import Path

from . import tables

FOLDER = Path(os.environ.get("WORDNET", "/usr/share/wordnet"))


class WordNet:
    """Nouns of WordNet 3.0: words, hypernyms and lexicographer file of each synset, by offset as in an ImageNet wnid."""

    def __init__(self, folder: Path) -> None:
        self.words: dict[str, list[str]] = {}
        self.hypernyms: dict[str, list[str]] = {}
        self.file: dict[str, str] = {}
        self.senses: dict[str, list[str]] = {}
        for line in (folder / "data.noun").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                continue
            parts = line.split("|")[0].split()
            count = int(parts[3], 16)
            pointers = parts[5 + 2 * count :]
            self.words[parts[0]] = [word.replace("_", " ") for word in parts[4 : 4 + 2 * count : 2]]
            self.hypernyms[parts[0]] = [pointers[i + 1] for i in range(0, len(pointers), 4) if pointers[i] in ("@", "@i")]
            self.file[parts[0]] = parts[1]
        for line in (folder / "index.noun").read_text(encoding="utf-8").splitlines():
            if not line.startswith("  "):
                parts = line.split()
                self.senses[parts[0].replace("_", " ")] = parts[-int(parts[2]) :]

    def chain(self, offset: str) -> list[str]:
        """Every hypernym of a synset, nearest first."""
        found: list[str] = []
        queue = list(self.hypernyms[offset])
        while queue:
            at = queue.pop(0)
            if at not in found:
                found.append(at)
                queue += self.hypernyms[at]
        return found

    def plain(self, offset: str) -> str | None:
        """The everyday word for a hypernym, or None where it is not an everyday thought."""
        words = self.words[offset]
        pair = "|".join(words[:2])
        word = tables.PLAIN.get(pair, tables.PLAIN.get(words[0]))
        return None if word and tables.SENSE.get(words[0], self.file[offset]) != self.file[offset] else word

    def parents(self, offset: str) -> list[str]:
        """The chain in everyday words."""
        return [word for at in self.chain(offset) if (word := self.plain(at))]

    def parents_of(self, name: str, root: str) -> list[str]:
        """The parents of the first sense of `name` that is a kind of `root`, or none."""
        for offset in self.senses.get(name, []):
            if any(root in self.words[at] for at in self.chain(offset)):
                return self.parents(offset)
        return []

    def plain_names(self, offset: str) -> list[str]:
        """At most three of a synset's words, without Latin ones."""
        words = self.words[offset]
        latin = [w for w in words if " " in w and f"genus {w.split()[0].lower()}" in self.senses and w[0].isupper()]
        return [w for w in words if w not in latin][:3] or words[:1]


@cache
def wordnet() -> WordNet:
    """WordNet, read once."""
    return WordNet(FOLDER)
