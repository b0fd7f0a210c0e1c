"""Doodles: 42 concepts as a few strokes each, drawn by a program with shaky strokes; never used for training."""

import json
from pathlib import Path

import cv2
import numpy as np

STROKES = json.loads((Path(__file__).parent / "doodles.json").read_text())  # in a square of 100 x 100
OVERSAMPLED = 4


def stroke_points(stroke: list) -> np.ndarray:
    """A stroke as points [n, 2]: ["line", x, y, ...] or ["arc", cx, cy, rx, ry, from, to] in degrees, clockwise."""
    kind, *numbers = stroke
    if kind == "arc":
        cx, cy, rx, ry, first, last = numbers
        angles = np.radians(np.linspace(first, last, max(8, round(abs(last - first) / 12))))
        return np.stack([cx + rx * np.cos(angles), cy + ry * np.sin(angles)], 1)
    corners = np.array(numbers, float).reshape(-1, 2)
    between = [np.linspace(a, b, 6, endpoint=False) for a, b in zip(corners, corners[1:])]
    return np.concatenate(between + [corners[-1:]])


def doodle(rng: np.random.Generator, name: str, side: int = 96) -> np.ndarray:
    """A doodle of the concept in dark ink on white paper, uint8 [side, side, 3]; no two come out alike."""
    big = side * OVERSAMPLED
    paper = np.full((big, big, 3), 255, np.uint8)
    ink = tuple(int(v) for v in rng.integers(0, 70, 3))
    width = int(rng.integers(round(big / 60), round(big / 28)))
    zoom, tilt = rng.uniform(0.72, 0.88), rng.normal(0, 0.07)
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    stretch = np.array([rng.uniform(0.9, 1.1), rng.uniform(0.9, 1.1)])
    for stroke in STROKES[name]:
        points = stroke_points(stroke) + rng.normal(0, 1.2, 2)
        drift = np.cumsum(rng.normal(0, 0.35, points.shape), 0)
        points = ((points + drift - 50) * stretch) @ turn.T * zoom + 50
        cv2.polylines(paper, [np.round(points * big / 100 * 16).astype(np.int32)], False, ink, width, cv2.LINE_AA, 4)
    return cv2.resize(paper, (side, side), interpolation=cv2.INTER_AREA)
