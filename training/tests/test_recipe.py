"""Tests of the recipe: its parts, then a smoke run of all of it (`pytest training/tests`, about five minutes).

What needs the npm packages of `training/package.json` is skipped, and says so, where they are not installed.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

TRAINING = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TRAINING))

from emoji_clip.captions import Caption, caption_for, plural  # noqa: E402
from emoji_clip.doodles import STROKES, doodle  # noqa: E402
from emoji_clip.evaluate import Figure, top  # noqa: E402
from emoji_clip.optimiser import cosine, orthogonalised  # noqa: E402
from emoji_clip.paths import CACHE, NODE_MODULES  # noqa: E402

needs_packages = pytest.mark.skipif(not (NODE_MODULES / "emojibase-data").exists(), reason="npm packages are not installed")
needs_sprites = pytest.mark.skipif(not (CACHE / "sprites" / "symbola.npz").exists(), reason="sprites are not rendered")


def test_plurals_fall_on_the_noun():
    assert [plural(n) for n in ("car", "slice of cake", "fox", "cherry", "monkey")] == ["cars", "slices of cake", "foxes", "cherries", "monkeys"]


def test_an_orthogonalised_matrix_has_singular_values_near_one():
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalised(torch.randn(24, 96)))
    assert 0.5 < values.min() and values.max() < 1.3


def test_the_schedule_warms_up_and_ends_low():
    assert cosine(0.0) == 0 and cosine(0.03) == pytest.approx(1) and cosine(1.0) == pytest.approx(0.01)


def test_wilsons_interval_holds_the_share_and_stays_in_range():
    low, high = Figure("x", "x", 1.0, 50).interval()
    assert 0.9 < low < 1.0 and high == pytest.approx(1.0)


def test_top_k_counts_only_higher_scores():
    scores = np.array([[0.1, 0.9, 0.5], [0.3, 0.2, 0.1]])
    assert top(scores, np.array([2, 0]), 1).tolist() == [False, True]
    assert top(scores, np.array([2, 2]), 2).tolist() == [True, False]


def test_no_two_doodles_come_out_alike():
    rng = np.random.default_rng(0)
    one, two = doodle(rng, "house"), doodle(rng, "house")
    assert one.shape == (96, 96, 3) and (one != two).any()


@needs_packages
def test_names_are_unique_and_doodles_are_of_concepts():
    from emoji_clip.concepts import load_concepts

    names = [c.name for c in load_concepts()]
    assert len(names) == len(set(names)) > 1000
    assert set(STROKES) <= set(names)


@needs_packages
def test_every_caption_is_true_of_its_own_scene():
    from emoji_clip.captions import Truth
    from emoji_clip.concepts import load_concepts
    from emoji_clip.scenes import Scene

    concepts, rng = load_concepts(), np.random.default_rng(0)
    scenes = [Scene(i, "flat", i % 12, 1 + i % 4, None, None, "colour") for i in range(200)]
    true = Truth(concepts).matrix(scenes, [caption_for(rng, s, concepts) for s in scenes])
    assert true.diagonal().all() and true.mean() < 0.2
    assert Truth(concepts).matrix(scenes[:3], [Caption("anything")]).all()


@needs_packages
def test_a_concept_is_drawn_by_its_own_emoji_and_known_by_their_other_names():
    from emoji_clip.concepts import load_concepts

    concepts = {c.name: c for c in load_concepts()}
    assert [m["label"] for m in concepts["cat"].members] == ["cat face", "cat"]
    assert [m["label"] for m in concepts["satellite"].members] == ["satellite"]
    assert {"red apple", "green apple"} <= set(concepts["apple"].keywords) and "automobile" in concepts["car"].keywords


@needs_packages
def test_a_keyword_is_spread_over_every_concept_that_carries_it():
    from emoji_clip.captions import Truth
    from emoji_clip.concepts import load_concepts

    concepts = load_concepts()
    texts, carried = Truth(concepts).keyword_texts(np.random.default_rng(0), 50)
    assert carried.shape == (50, len(concepts)) and np.allclose(carried.sum(1), 1)
    for text, row in zip(texts, carried):
        assert all(any(word in text for word in concepts[i].keywords) for i in np.flatnonzero(row))


def test_every_batch_is_learnt_from_once_fresh_and_then_again():
    from emoji_clip.study import FIRST_REPLAY, replayed

    seen = list(replayed(range(20), 2, np.random.default_rng(0)))
    assert seen[:FIRST_REPLAY] == list(range(FIRST_REPLAY)) and set(seen) == set(range(20))
    assert len(seen) == 20 + 20 - FIRST_REPLAY


@needs_packages
def test_the_tokenizer_ends_words_and_texts_as_clips_does():
    from emoji_clip.concepts import load_concepts
    from emoji_clip.tokens import END, START, train_tokenizer

    tokenizer = train_tokenizer(load_concepts())
    tokens = tokenizer.encode("A  CAT").tokens
    assert tokens[0] == START and tokens[-1] == END and tokens[-2] == "cat</w>"
    assert tokenizer.token_to_id(END) == tokenizer.get_vocab_size() - 1


@needs_packages
def test_the_lean_vision_pass_equals_the_one_of_transformers():
    from emoji_clip.clip import look, new_model
    from emoji_clip.concepts import load_concepts
    from emoji_clip.tokens import train_tokenizer

    torch.manual_seed(0)
    model, pictures = new_model(train_tokenizer(load_concepts())), torch.rand(2, 3, 96, 96)
    with torch.no_grad():
        theirs = model.visual_projection(model.vision_model(pixel_values=pictures).pooler_output)
        assert torch.allclose(look(model, pictures)[0], theirs, atol=1e-4)


@needs_packages
@needs_sprites
def test_held_out_pairs_are_never_painted():
    from emoji_clip.scenes import Painter, Sprites, is_held_out_pair

    rng, painter = np.random.default_rng(0), Painter(Sprites(["symbola"]), 32)
    drawn = [i for i, drawings in enumerate(painter.sprites.of_concept) if drawings]
    for concept in rng.choice(drawn, 300):
        ground = painter.paint(rng, int(concept))[2].ground
        assert ground is None or not is_held_out_pair(int(concept), ground)


@needs_packages
@needs_sprites
def test_sprites_of_other_concepts_are_refused(monkeypatch):
    from emoji_clip import scenes

    others = scenes.load_concepts()[1:]
    monkeypatch.setattr(scenes, "load_concepts", lambda: others)
    with pytest.raises(ValueError, match="rendered for other concepts"):
        scenes.Sprites(["flat"])


@needs_packages
@needs_sprites
def test_what_is_named_by_a_colour_is_never_drawn_in_ink():
    from emoji_clip.scenes import Painter, Sprites

    rng, painter = np.random.default_rng(0), Painter(Sprites(["flat", "high_contrast", "flat_pen"]), 32)
    blue = next(i for i, c in enumerate(painter.sprites.concepts) if c.name == "blue heart")
    assert {painter.paint(rng, blue)[2].style for _ in range(200)} == {"colour"}


@needs_packages
@needs_sprites
def test_a_small_run_trains_resumes_and_exports(tmp_path):
    environment = os.environ | {"EMOJI_CLIP_OUT": str(tmp_path), "PYTHONPATH": str(TRAINING)}

    def run(module: str, *options: str) -> str:
        command = [sys.executable, "-m", f"emoji_clip.{module}", *options]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    run("teacher", "--pictures", "1280", "--batch", "64")
    assert "resumed at step 20" in run("teacher", "--pictures", "2560", "--batch", "64")
    run("train", "--pictures", "1280", "--batch", "64")
    resumed = run("train", "--pictures", "1920", "--batch", "64")
    assert "resumed at step 20" in resumed and "finished" in resumed
    assert "captions" in run("polish", "--steps", "2")
    figures = run("evaluate", str(tmp_path / "export"), "--pictures", "64")
    assert "twemoji" in figures and "doodles" in figures
