"""Every photograph that is listed: one function a source lists its own, with concept and split.

Order and splits hang on fixed seeds and on content hashes, so that the same commits give the same set.
"""

import csv
import io
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache

from . import tables, words
from .concepts import Concepts, add_drawings, imagenet_concept
from .sources import SOURCES, files, git, tree
from .wordnet import wordnet

SPLITS = ["train", "test", "samples"]
TEST_SHARE = 0.15


@dataclass(frozen=True)
class Photo:
    """One photograph: which blob of which source, of which concept, in which split."""

    concept: int
    source: int
    split: int
    blob: str


def split_by_class(photos: list[Photo], share: float = TEST_SHARE) -> list[Photo]:
    """The given share of each concept, those of the smallest blob hashes, moves from train to test."""
    by_concept: dict[int, list[Photo]] = defaultdict(list)
    for photo in photos:
        by_concept[photo.concept].append(photo)
    out = []
    for group in by_concept.values():
        group.sort(key=lambda p: p.blob)
        tests = round(share * len(group))
        out += [Photo(p.concept, p.source, int(i < tests), p.blob) for i, p in enumerate(group)]
    return out


def photo(source: str, concept: int, blob: str, split: str = "train") -> Photo:
    """A Photo, by names."""
    return Photo(concept, SOURCES.index(source), SPLITS.index(split), blob)


def tiny_imagenet(concepts: Concepts) -> list[Photo]:
    """All training photographs, and 2,500 of the validation ones as tests: 12 or 13 of each class."""
    source, root = "tiny-imagenet", "tiny-imagenet-200"
    wnids = git(source, "show", f"HEAD:{root}/wnids.txt").decode().split()
    index = {wnid: imagenet_concept(concepts, wnid) for wnid in sorted(wnids)}
    out = [photo(source, index[m[1]], blob) for m, blob in files(source, rf"{root}/train/(n\d+)/images/.*\.JPEG")]
    validation = defaultdict(list)
    for line in git(source, "show", f"HEAD:{root}/val/val_annotations.txt").decode().splitlines():
        name, wnid = line.split("\t")[:2]
        validation[wnid].append(tree(source)[f"{root}/val/images/{name}"])
    for number, wnid in enumerate(sorted(index)):
        out += [photo(source, index[wnid], blob, "test") for blob in sorted(validation[wnid])[: 12 + number % 2]]
    return out


def caltech(concepts: Concepts) -> list[Photo]:
    """All classes but the background; 15 % of each are tests."""
    out = []
    for m, blob in files("caltech-101", r"101_ObjectCategories/([^/]+)/.*\.jpg"):
        if m[1] != "BACKGROUND_Google":
            called, parents = tables.CALTECH.get(m[1], ([m[1].replace("_", " ")], None))
            out.append(photo("caltech-101", concepts.get(called, caltech_parents(called[0], parents)), blob))
    return split_by_class(out)


@cache
def _first_sense(name: str) -> tuple[str, ...]:
    senses = wordnet().senses.get(name, [])
    return tuple(wordnet().parents(senses[0])) if senses else ()


def caltech_parents(name: str, parents: list[str] | None) -> list[str]:
    """The table's parents, or those of the first sense of the name."""
    return list(_first_sense(name)) if parents is None else parents


def grocery(concepts: Concepts) -> list[Photo]:
    """Fruit, vegetables and cartons in shops; tests are drawn from the data set's own test shops' photographs."""
    train, held = [], []
    for m, blob in files("grocery", r"dataset/(train|val|test)/(?:Fruit|Vegetables|Packages)/(.+)/[^/]+\.jpg"):
        fine = m[2].split("/")[-1]
        called, parents = tables.GROCERY[fine]
        (held if m[1] == "test" else train).append(photo("grocery", concepts.get(called, parents), blob))
    return train + split_by_class(held, 0.3)


def clothing(concepts: Concepts) -> list[Photo]:
    """Photographs of clothes by volunteers; 15 % of each label are tests."""
    rows = csv.DictReader(io.StringIO(git("clothing", "show", "HEAD:images.csv").decode()))
    out = []
    for row in rows:
        blob = tree("clothing").get(f"images/{row['image']}.jpg")
        if blob and row["label"] in tables.CLOTHING:
            out.append(photo("clothing", concepts.get(*tables.CLOTHING[row["label"]]), blob))
    return split_by_class(out)


def dish_names(folder: str) -> list[str]:
    """A dish's name in plain words: lower case, without brackets."""
    if folder in tables.DISHES:
        return [tables.DISHES[folder]]
    text = re.sub(r"\s+", " ", folder.lower()).strip().replace("tomatoe ", "tomato ").replace("sourcream", "sour cream").replace(" , ", ", ")
    plain = re.sub(r"\s*\([^)]*\)", "", text).strip()
    return [re.sub(r"\bkfc\b", "KFC", plain)]


def dish_parents(folder: str) -> list[str]:
    """What kind of food a dish is, by the words of its name, those before "with" or "in" first."""
    for part in (re.split(r" (?:WITH|IN|FILLED|COVERED|COATED|STUFFED) ", folder)[0], folder):
        for pattern, parents in tables.DISH_KINDS:
            if re.search(rf"\b(?:{pattern})", part):
                return [*parents, "dish", "food"]
    return ["dish", "food"]


def dishes(concepts: Concepts) -> list[Photo]:
    """Three cut-out photographs a dish; the last one of every seventh dish is a test."""
    found = defaultdict(list)
    for m, blob in files("ffml", r"images/([^/]+)/[^/]+\.jpg"):
        found[m[1]].append(blob)
    out = []
    for number, (folder, blobs) in enumerate(sorted(found.items())):
        index = concepts.get(dish_names(folder), dish_parents(folder))
        for i, blob in enumerate(blobs):
            out.append(photo("ffml", index, blob, "test" if number % 7 == 0 and i == len(blobs) - 1 else "train"))
    return out


def trash(concepts: Concepts) -> list[Photo]:
    """Waste on a white board; 15 % of each class are tests."""
    found = files("trash", r"dataset-resized/([a-z]+)/.*\.jpg")
    return split_by_class([photo("trash", concepts.get(*tables.TRASH[m[1]]), blob) for m, blob in found])


def ecustfd(concepts: Concepts) -> list[Photo]:
    """19 foods on a plate beside a coin; every seventh single food is a test with all its views."""
    out = []
    for m, blob in files("ecustfd", r"JPEGImages/([A-Za-z_]+)(\d+)[^/]*\.(?:JPG|jpg)"):
        if m[1] in tables.ECUSTFD:
            called = tables.ECUSTFD[m[1]]
            parents = ["fruit", "food"] if called[0] in tables.FRUITS else ["vegetable", "food"] if m[1] == "tomato" else ["food"]
            out.append(photo("ecustfd", concepts.get(called, parents), blob, "test" if int(m[2]) % 7 == 3 else "train"))
    return out


def flowers(concepts: Concepts) -> list[Photo]:
    """Five flowers; 15 % of each are tests."""
    found = files("flowers", r"flowers/(daisy|dandelion|rose|sunflower|tulip)/.*\.jpe?g")
    return split_by_class([photo("flowers", concepts.get(tables.FLOWERS[m[1]], ["flower", "plant"]), blob) for m, blob in found])


def houses(concepts: Concepts) -> list[Photo]:
    """Rooms and fronts of 535 houses; all photographs of every seventh house are tests."""
    found = files("houses", r"Houses Dataset/(\d+)_(bathroom|bedroom|kitchen|frontal)\.jpg")
    return [photo("houses", concepts.get(*tables.HOUSES[m[2]]), blob, "test" if int(m[1]) % 7 == 0 else "train") for m, blob in found]


def cifar(concepts: Concepts) -> list[Photo]:
    """All training photographs of CIFAR-10, and 100 test photographs of each class, those of the smallest hashes."""
    out = []
    for split, kept in (("train", None), ("test", 100)):
        by_class = defaultdict(list)
        for m, blob in files("cifar-10", rf"{split}/([a-z]+)/.*\.jpg"):
            by_class[m[1]].append(blob)
        for name, blobs in sorted(by_class.items()):
            index = concepts.get(*tables.CIFAR[name])
            out += [photo("cifar-10", index, blob, split) for blob in sorted(blobs)[:kept]]
    return out


def imagenet_concepts(concepts: Concepts) -> list[int]:
    """The concept of each of ImageNet's classes, in the order of their numbers, which is that of their WordNet ids."""
    return [imagenet_concept(concepts, m[1]) for m, _ in files("imagenet-samples", r"(n\d+)_.*\.JPEG")]


def imagenet_samples(concepts: Concepts) -> list[Photo]:
    """One photograph for each of ImageNet's 1,000 classes, for evaluation only."""
    found = list(files("imagenet-samples", r"(n\d+)_.*\.JPEG"))
    return [photo("imagenet-samples", imagenet_concept(concepts, m[1]), blob, "samples") for m, blob in found]


def fruits(concepts: Concepts) -> list[Photo]:
    """Turntable frames of apples, cherries and tomatoes: 450 a fruit to train on, 50 of other single fruits as tests."""
    out = []
    for folder, split, kept in (("Training", "train", 450), ("Test", "test", 50)):
        by_fruit = defaultdict(list)
        for m, blob in files("fruits-360", rf"{folder}/(Apple|Cherry|Tomato)/([^/]+)/.*\.jpg"):
            if "Rotten" not in m[2] and "worm" not in m[2]:
                by_fruit[m[1]].append(blob)
        for name, blobs in sorted(by_fruit.items()):
            index = concepts.get(tables.BODIES[name], ["fruit", "food"])
            out += [photo("fruits-360", index, blob, split) for blob in sorted(blobs)[:kept]]
    return out


def described(concepts: Concepts, entry: tuple[list[str], list[str], list[str]]) -> int:
    """The concept of a table entry with names, parents and keywords."""
    number = concepts.get(entry[0], entry[1])
    concepts.all[number].keywords += entry[2]
    return number


def intel_scenes(concepts: Concepts) -> list[Photo]:
    """Buildings, forests, glaciers, mountains, seas, streets; tests are 100 a class of its own test set."""
    source = "intel-scenes"
    out = [photo(source, described(concepts, tables.INTEL[m[1]]), blob) for m, blob in files(source, r"train/([a-z]+)/.*\.jpg")]
    by_class = defaultdict(list)
    for m, blob in files(source, r"test/([a-z]+)/.*\.jpg"):
        by_class[m[1]].append(blob)
    for name, blobs in sorted(by_class.items()):
        out += [photo(source, described(concepts, tables.INTEL[name]), blob, "test") for blob in sorted(blobs)[:100]]
    return out


def weather(concepts: Concepts) -> list[Photo]:
    """Cloudy and sunny skies, rain, sunrises; 15 % of each are tests."""
    found = files("weather", r"datasets/dataset1/test/([a-z]+)/.*\.jpe?g")
    return split_by_class([photo("weather", described(concepts, tables.WEATHER[m[1]]), blob) for m, blob in found])


def grounds(concepts: Concepts) -> list[Photo]:
    """What one walks on, seen close: at most 300 of a folder, those of the smallest hashes; 15 % of each concept are tests."""
    by_kind = defaultdict(list)
    for m, blob in files("grounds", r"dataset/([^/]+)/[^/]+\.png"):
        if m[1] in tables.GROUNDS:
            by_kind[m[1]].append(blob)
    found = [photo("grounds", described(concepts, tables.GROUNDS[kind]), blob) for kind, blobs in sorted(by_kind.items()) for blob in sorted(blobs)[:300]]
    return split_by_class(found)


def imagenette(concepts: Concepts) -> list[Photo]:
    """Ten of ImageNet's classes at 224 pixels or more, to train on: the 400 photographs of the smallest hashes of each."""
    by_class = defaultdict(list)
    for m, blob in files("imagenette", r"train/(n\d+)/.*\.JPEG"):
        by_class[m[1]].append(blob)
    return [photo("imagenette", imagenet_concept(concepts, wnid), blob) for wnid, blobs in sorted(by_class.items()) for blob in sorted(blobs)[:400]]


COLLECTORS = [tiny_imagenet, caltech, grocery, clothing, dishes, trash, ecustfd, flowers, houses, cifar, fruits, imagenet_samples, intel_scenes, weather, grounds, imagenette]


def collect() -> tuple[Concepts, dict[str, int], list[int], list[Photo]]:
    """All concepts (flags set), the recipe's names of drawings -> indices, the concept of each of ImageNet's classes, and all photographs."""
    concepts = Concepts()
    numbers = add_drawings(concepts, wordnet())
    photos: list[Photo] = []
    for collector in COLLECTORS:
        known = len(concepts.all)
        found = collector(concepts)
        counts = Counter(SPLITS[p.split] for p in found)
        print(f"{collector.__name__}: {dict(counts)}, {len(concepts.all) - known} new concepts", flush=True)
        photos += found
    classes = imagenet_concepts(concepts)
    for number, labels in zip(classes, words.classes()):
        concepts.all[number].words += labels
    for p in photos:
        concepts.all[p.concept].photo |= SPLITS[p.split] != "samples"
    concepts.finish()
    return concepts, numbers, classes, photos
