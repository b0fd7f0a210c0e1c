"""Draws tests/browser/taught-names.json: 200 names that everyday-clip was taught and 200 that it was not, as visitors write labels.

usage: python tests/browser/taught-names.py CONCEPTS.json > tests/browser/taught-names.json

CONCEPTS.json is what the recipe at commit 75316ec packs. Inside are names of concepts that have training pictures, outside first
names of concepts that have none (ImageNet's sample photographs alone), except the few that are a word of a taught concept too. Both
are drawn with seed 20, and each is written in a form drawn with it. The plurals are the training recipe's.
"""

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))
from everyday_clip.plurals import plural

FORMS = ["{}", "{}", "{}", "a {}", "the {}", "a photo of a {}", "A picture of a {}.", "Capital", "UPPER", "plural", "plural", "two plural", "small {}", "{} on a white background", "this is a {}"]


def written(rng, name):
    form = rng.choice(FORMS)
    if form == "Capital":
        return name[:1].upper() + name[1:]
    if form == "UPPER":
        return name.upper()
    if "plural" in form:
        return form.replace("plural", plural(name))
    return form.format(name)


concepts = json.load(open(sys.argv[1]))
taught = [c for c in concepts if not c["samples_only"]]
words = {w.lower() for c in taught for w in c["names"] + c["parents"] + c["keywords"]}
names = sorted({n for c in taught for n in c["names"]})
others = sorted(n for n in {c["names"][0] for c in concepts if c["samples_only"]} if n.lower() not in words)
rng = random.Random(20)
drawn = {kind: [[name, written(rng, name)] for name in rng.sample(pool, 200)] for kind, pool in (("inside", names), ("outside", others))}
rows = {kind: ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in pairs) for kind, pairs in drawn.items()}
about = f"drawn by taught-names.py: of {len(names)} names that everyday-clip was taught, and of {len(others)} that it was not"
print(f'{{\n  "about": {json.dumps(about)},\n  "inside": [\n{rows["inside"]}\n  ],\n  "outside": [\n{rows["outside"]}\n  ]\n}}')
