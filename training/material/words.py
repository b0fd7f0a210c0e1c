"""What visitors call things and scenes: labels of ImageNet's classes (everyday_words.json) and of scenes (everyday_scenes.json).

Both were written without a look at the photographs of docs/PHOTOGRAPHS.md or their labels.
"""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def classes() -> list[list[str]]:
    """Labels of each of ImageNet's 1,000 classes, true of nearly every photograph of the class, from the most to the least specific."""
    labels = json.loads((FOLDER / "everyday_words.json").read_text())
    return [labels[str(number)] for number in range(1000)]


def scenes() -> dict[str, list[list]]:
    """Labels of scenes, each with the ImageNet classes whose photographs look so: [number, weight], 1 where most do."""
    return json.loads((FOLDER / "everyday_scenes.json").read_text())
