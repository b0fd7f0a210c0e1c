"""Tests of the recipe (`pytest training/tests`): its parts, then every stage in miniature on a few made-up pictures.

What needs the npm packages of `training/package.json` is skipped, and says so, where they are not installed. Nothing else is needed: no
photographs, no network, no GPU.
"""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

TRAINING = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TRAINING))

from emoji.doodles import STROKES, doodle  # noqa: E402
from emoji.paths import NODE_MODULES  # noqa: E402
from everyday_clip import data, texts  # noqa: E402
from everyday_clip.augment import random_views, resharpened  # noqa: E402
from everyday_clip.evaluate import above, table, wilson  # noqa: E402
from everyday_clip.finetune import rate  # noqa: E402
from everyday_clip.model import Clip, cosine, orthogonalised, say  # noqa: E402
from everyday_clip.plurals import plural  # noqa: E402
from everyday_clip.weights import load_folder, save_folder  # noqa: E402
from material import sources, tables  # noqa: E402

needs_packages = pytest.mark.skipif(not (NODE_MODULES / "emojibase-data").exists(), reason="npm packages are not installed")
THINGS = ["dog", "cat", "car", "forest", "apple"]
PARENTS = {"dog": ["animal"], "cat": ["animal"], "car": ["vehicle"], "forest": ["nature"], "apple": ["fruit", "food"]}


def mosaic(tiles: list[np.ndarray], lossless: bool) -> bytes:
    rows = [np.concatenate(tiles[i : i + 16] + [np.zeros_like(tiles[0])] * (16 - len(tiles[i : i + 16])), 1) for i in range(0, len(tiles), 16)]
    out = io.BytesIO()
    Image.fromarray(np.concatenate(rows)).save(out, "WEBP", lossless=lossless, quality=80)
    return out.getvalue()


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    """A data folder of noise in the format of `material.pack`: five concepts, a train and a test split, two styles."""
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    concepts = [{"names": [n], "parents": PARENTS[n], "keywords": [f"{n}like"], "photo": True, "drawing": True, "samples_only": False} for n in THINGS]
    (folder / "concepts.json").write_text(json.dumps(concepts))
    mosaics, file = [], b""
    for tile in (64, 96):
        items = [[i % 5, 0, int(i >= 20)] for i in range(25)]
        image = mosaic([rng.integers(0, 256, (tile, tile, 3), np.uint8) for _ in items], False)
        mosaics.append({"file": "photos-1.bin", "offset": len(file), "length": len(image), "tile": tile, "columns": 16, "count": 25, "items": items})
        file += image
    (folder / "photos-1.bin").write_bytes(file)
    (folder / "photos.json").write_text(json.dumps({"mosaics": mosaics, "sources": ["tiny-imagenet"], "splits": ["train", "test", "samples"]}))
    hands, file = [], b""
    for name, split in (("noto", "train"), ("twemoji", "test")):
        sprite = np.zeros((64, 64, 4), np.uint8)
        sprite[12:52, 12:52] = (200, 40, 40, 255)
        image = mosaic([sprite] * 5, True)
        hands.append({"name": name, "split": split, "mosaics": [{"offset": len(file), "length": len(image), "tile": 64, "columns": 16, "items": list(range(5))}]})
        file += image
    (folder / "sprites.bin").write_bytes(file)
    (folder / "sprites.json").write_text(json.dumps({"hands": hands}))
    return folder


@pytest.fixture(scope="module")
def start(packed, tmp_path_factory) -> Path:
    """A folder with a fresh model."""
    torch.manual_seed(0)
    concepts = data.load_concepts(packed)
    tokenizer = texts.train_tokenizer(concepts, texts.Phrases(concepts))
    folder = tmp_path_factory.mktemp("start")
    save_folder(Clip(tokenizer.get_vocab_size(), tokenizer.token_to_id(texts.END)), tokenizer, "a {}", folder, torch.float32)
    return folder


def run(module: str, *options) -> str:
    command = [sys.executable, "-m", f"everyday_clip.{module}", *map(str, options)]
    done = subprocess.run(command, cwd=TRAINING, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_plurals_fall_on_the_noun():
    assert [plural(n) for n in ("car", "slice of cake", "fox", "cherry", "monkey")] == ["cars", "slices of cake", "foxes", "cherries", "monkeys"]


def test_an_orthogonalised_matrix_has_singular_values_near_one():
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalised(torch.randn(1, 24, 96)).float())
    assert 0.5 < values.min() and values.max() < 1.3


def test_the_schedules_rise_and_end_low():
    assert cosine(0.03) == pytest.approx(1) and cosine(1.0) < 0.01
    assert rate(0.0, 0.1) < 0.01 and rate(0.5, 0.1) == 1 and rate(0.95, 0.1) == pytest.approx(0.2) and rate(1.0, 0.1) < 0.01


def test_wilsons_interval_holds_the_share_and_stays_in_range():
    low, high = wilson(1.0, 50)
    assert 0.9 < low < 1.0 and high == pytest.approx(1.0)


def test_a_score_that_is_no_number_counts_as_higher():
    scores = torch.tensor([[0.1, 0.9, 0.5], [0.3, float("nan"), 0.1]])
    assert above(scores, torch.tensor([2, 0])).tolist() == [1, 1]


def test_the_table_says_which_bars_are_met():
    figures = [{"key": "count", "name": "count", "value": 0.96, "n": 10, "interval": [0.7, 1.0]}, {"key": "twemoji.keyword_rank", "name": "rank", "value": 0.08, "n": 0}]
    said = table(figures, [{"key": "count", "value": 0.94}])
    assert "| 94.0 % | 96.0 % |" in said and "≤ 0.070 not met" in said


def test_no_two_doodles_come_out_alike():
    rng = np.random.default_rng(0)
    one, two = doodle(rng, "house"), doodle(rng, "house")
    assert one.shape == (96, 96, 3) and (one != two).any()


def test_regions_that_strokes_enclose_are_filled_and_open_ones_are_not():
    alpha = np.zeros((2, 16, 16), np.uint8)
    alpha[:, 3, 3:12] = alpha[:, 11, 3:12] = alpha[:, 3:12, 3] = alpha[:, 3:12, 11] = 255
    alpha[1, 7, 11] = 0
    filled = data.filled_shapes(alpha)
    assert filled[0, 7, 7] == 255 and filled[1, 7, 7] == 0 and filled[0, 0, 0] == 0


def test_views_keep_their_shape_and_a_resharpened_picture_its_mean():
    torch.manual_seed(0)
    tiles = torch.randint(0, 256, (3, 96, 96, 3), dtype=torch.uint8)
    assert random_views(tiles, torch.tensor([0, 2])).shape == (2, 3, 64, 64)
    pictures = torch.rand(8, 3, 64, 64)
    assert (resharpened(pictures, 1.0, 0.0).mean() - pictures.mean()).abs() < 0.01
    assert resharpened(pictures, 1.0, 0.0).std() < pictures.std() < resharpened(pictures, 0.0, 1.0).std()


def test_captions_rank_the_pictures_they_are_true_of():
    true, unknown = torch.eye(3, dtype=torch.bool), torch.zeros(3, 3, dtype=torch.bool)
    assert texts.contrast(20 * torch.eye(3), true, unknown) < 1e-3 < texts.contrast(torch.zeros(3, 3), true, unknown)


def test_every_source_is_pinned_and_says_its_licence():
    for source, entry in sources.TABLE.items():
        assert len(entry.commit) == 40 and entry.licence and "/" in entry.repository, source


def test_a_keyword_of_a_scene_is_never_its_own_name():
    for table_of in (tables.INTEL, tables.WEATHER, tables.GROUNDS):
        for names, parents, keywords in table_of.values():
            assert not set(names) & set(keywords) and not set(names) & set(parents), names


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


def test_the_tokenizer_ends_words_and_texts_as_clips_does(packed):
    concepts = data.load_concepts(packed)
    tokenizer = texts.train_tokenizer(concepts, texts.Phrases(concepts))
    tokens = tokenizer.encode("A  CAT").tokens
    assert tokens[0] == texts.START and tokens[-1] == texts.END and tokens[-2] == "cat</w>"
    assert tokenizer.token_to_id(texts.END) == tokenizer.get_vocab_size() - 1


def test_a_parent_that_is_also_true_is_no_wrong_answer(packed):
    concepts = data.load_concepts(packed)
    concepts.names[1] = ["animal"]  # as if the cat were called so
    also_true = texts.Phrases(concepts).also_true
    assert also_true[0, 1] and not also_true[0, 2] and not also_true[1, 1]


def test_the_exported_folder_is_what_transformers_computes(start):
    from transformers import AutoTokenizer, CLIPModel

    model, tokenizer = CLIPModel.from_pretrained(start).eval(), AutoTokenizer.from_pretrained(start)
    clip, own = load_folder(start)
    pictures, said = torch.rand(2, 3, 64, 64) * 2 - 1, ["a picture of a dog", "forest"]
    batch = tokenizer(said, padding=True, return_tensors="pt")
    with torch.no_grad():
        theirs = model.visual_projection(model.vision_model(pixel_values=pictures).pooler_output)
        assert torch.allclose(clip.look(pictures)[0], theirs, atol=1e-4)
        theirs = torch.nn.functional.normalize(model.text_projection(model.text_model(**batch).pooler_output), dim=-1)
        assert torch.allclose(say(clip, torch.from_numpy(texts.token_ids(own, said)).long(), torch.float32), theirs, atol=1e-4)


def test_decoded_pictures_are_kept_and_the_same_when_they_are_mapped(packed):
    _, fresh, sprites, pool = data.load(packed, 1)
    pool.close()
    for _ in range(2):
        _, kept, drawn, pool = data.load(packed, 1, keep=True)
        pool.close()
        assert all((kept.tiles[side] == fresh.tiles[side]).all() for side in fresh.tiles) and (drawn.pixels == sprites.pixels).all()


def test_fine_tuning_resumes_exports_and_leaves_a_model_that_polishes_and_evaluates(packed, start, tmp_path):
    common = ["--data", packed, "--batch", 16, "--threads", 1]
    assert "finished: 2 steps" in run("finetune", "--start", start, "--out", tmp_path, "--pictures", 32, *common)
    resumed = run("finetune", "--start", start, "--out", tmp_path, "--pictures", 48, *common)
    assert "resumed at step 2" in resumed and "finished: 3 steps" in resumed
    polished = tmp_path / "polished"
    run("polish", "--start", tmp_path / "export", "--data", packed, "--out", polished, "--photos", 40, "--scenes", 170, "--steps", 2, "--threads", 1)
    before, after = load_folder(tmp_path / "export")[0], load_folder(polished)[0]
    assert torch.equal(before.vision.square, after.vision.square) and not torch.equal(before.text.square, after.text.square)
    assert torch.equal(before.project[0], after.project[0]) and torch.equal(before.norms_embed[:2], after.norms_embed[:2])
    figures = run("evaluate", polished, "--data", packed, "--evaluated", 20, "--threads", 1)
    assert "twemoji" in figures and "| count, one to four |" in figures
