"""Draws tests/browser/taught-names.json: 200 names that everyday-clip was taught and 200 that it was not, as visitors write labels.

usage: python tests/browser/taught-names.py CONCEPTS.json NAMES.txt > tests/browser/taught-names.json

CONCEPTS.json is what `training/prepare` packs, NAMES.txt the model's list. Inside are names of its concepts. Outside are nouns of WordNet
(Debian: wordnet-base) that the list lacks: the first words of animals, plants, foods and artifacts, in lower case. Both are drawn with
seed 20, and each is written in a form drawn with it. The plurals are the training recipe's.
"""

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))
from everyday_clip.plurals import plural
from material.wordnet import wordnet

FORMS = ["{}", "{}", "{}", "a {}", "the {}", "a photo of a {}", "A picture of a {}.", "Capital", "UPPER", "plural", "plural", "two plural", "small {}", "{} on a white background", "this is a {}"]
THINGS = {"05", "06", "13", "20"}  # the lexicographer files of animals, artifacts, foods and plants


def written(rng, name):
    form = rng.choice(FORMS)
    if form == "Capital":
        return name[:1].upper() + name[1:]
    if form == "UPPER":
        return name.upper()
    if "plural" in form:
        return form.replace("plural", plural(name))
    return form.format(name)


concepts, listed = json.load(open(sys.argv[1])), set(open(sys.argv[2]).read().split("\n"))
names = sorted({name for concept in concepts for name in concept["names"]})
nouns = wordnet()
firsts = [(nouns.words[senses[0]][0], nouns.file[senses[0]]) for senses in nouns.senses.values()]
things = {name for name, file in firsts if file in THINGS and name.isascii() and name == name.lower()}
others = sorted(name for name in things if not listed & {name, plural(name), name.replace("-", " ")})
rng = random.Random(20)
drawn = {kind: [[name, written(rng, name)] for name in rng.sample(pool, 200)] for kind, pool in (("inside", names), ("outside", others))}
rows = {kind: ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in pairs) for kind, pairs in drawn.items()}
about = f"drawn by taught-names.py: of {len(names)} names that everyday-clip was taught, and of {len(others)} nouns of WordNet that it was not"
print(f'{{\n  "about": {json.dumps(about)},\n  "inside": [\n{rows["inside"]}\n  ],\n  "outside": [\n{rows["outside"]}\n  ]\n}}')
