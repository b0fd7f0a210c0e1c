"""The concepts: what a drawing can show, with its name, keywords and group, from emojibase (CLDR).

Twins that nobody can tell apart from the drawing (skin tones, genders, clock hours, near-identical faces)
count as one concept; `concepts.json` beside this file lists the decisions as data.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from .paths import NODE_MODULES

RULES = json.loads((Path(__file__).parent / "concepts.json").read_text())
COMPONENT_GROUP, FLAG_GROUP = 2, 9


@dataclass
class Concept:
    """One concept: every member is an emoji whose drawings may stand for it; `keywords` hold CLDR's and other names."""

    name: str
    group: str
    subgroup: str
    keywords: list[str]
    members: list[dict] = field(default_factory=list)  # {"hexcode": "1F600", "label": "grinning face"}


def plain_name(label: str) -> str:
    """Lower case, typographic quotes straightened."""
    return label.lower().replace("’", "'").replace("“", '"').replace("”", '"')


def slug(label: str) -> str:
    """The label as icon packages write it in a file name."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower().replace("’", "").replace("ñ", "n")).strip("-")


def _load_emojibase() -> tuple[list[dict], dict, dict]:
    folder = NODE_MODULES / "emojibase-data" / "en"
    messages = json.loads((folder / "messages.json").read_text())
    groups = {g["order"]: g["key"] for g in messages["groups"]}
    subgroups = {s["order"]: s["key"] for s in messages["subgroups"]}
    return json.loads((folder / "data.json").read_text()), groups, subgroups


def _is_dropped(label: str, subgroup: str) -> bool:
    return (
        subgroup in RULES["dropped_subgroups"]
        or label in RULES["dropped"]
        or label.startswith(tuple(RULES["dropped_prefixes"]))
        or any(word in label for word in RULES["dropped_words"])
    )


def load_concepts() -> list[Concept]:
    """Every concept in the order of Unicode; names are unique."""
    entries, groups, subgroups = _load_emojibase()
    first_of = {twin: names[0] for names in RULES["same_drawing"] for twin in names}
    concepts: dict[str, Concept] = {}
    for entry in sorted(entries, key=lambda e: e.get("order", 0)):
        label = entry["label"].lower()
        if "group" not in entry or entry["group"] in (COMPONENT_GROUP, FLAG_GROUP):
            continue
        subgroup = subgroups[entry["subgroup"]]
        if label not in RULES["added"] and _is_dropped(label, subgroup):
            continue
        name = RULES["added"].get(label) or RULES["renamed"].get(label) or label
        if name != label and name in {e["label"].lower() for e in entries} and name in concepts:
            name = label
        name = plain_name(first_of.get(name, name))
        concept = concepts.setdefault(name, Concept(name, groups[entry["group"]], subgroup, []))
        concept.members.append({"hexcode": entry["hexcode"], "label": entry["label"]})
        known = {name, *concept.keywords}
        said = [plain_name(text) for text in [entry["label"], *entry.get("tags", [])]]
        concept.keywords += [text for text in dict.fromkeys(said) if text not in known]
    return list(concepts.values())
