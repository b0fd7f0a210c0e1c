"""Two ways to embed pictures and texts: PyTorch on a Hugging Face folder, or this project's own command line."""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import AutoTokenizer, CLIPImageProcessor, CLIPModel

CHUNK = 128


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class TorchEmbedder:
    """The reference: `transformers` in f32."""

    def __init__(self, folder: Path):
        self.model = CLIPModel.from_pretrained(folder).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.processor = CLIPImageProcessor.from_pretrained(folder)

    @torch.no_grad()
    def images(self, pictures: list[np.ndarray]) -> np.ndarray:
        """RGB pictures of any size -> unit rows [n, width]."""
        rows = []
        for at in range(0, len(pictures), CHUNK):
            pixels = self.processor([Image.fromarray(p) for p in pictures[at : at + CHUNK]], return_tensors="pt").pixel_values
            rows.append(self.model.visual_projection(self.model.vision_model(pixel_values=pixels).pooler_output).numpy())
        return unit(np.concatenate(rows))

    @torch.no_grad()
    def texts(self, texts: list[str]) -> np.ndarray:
        """Texts -> unit rows [n, width]."""
        rows = []
        for at in range(0, len(texts), CHUNK):
            batch = self.tokenizer(texts[at : at + CHUNK], padding=True, truncation=True, return_tensors="pt")
            rows.append(self.model.text_projection(self.model.text_model(**batch).pooler_output).numpy())
        return unit(np.concatenate(rows))


class CommandLineEmbedder:
    """`clip-wasm embed` on a GGUF: what the visitor's browser computes."""

    def __init__(self, program: Path, model: Path):
        self.command = [str(program), "embed", "--model", str(model), "--json"]

    def _embed(self, flag: str, values: list[str], key: str) -> np.ndarray:
        rows = []
        for at in range(0, len(values), CHUNK):
            arguments = [part for value in values[at : at + CHUNK] for part in (flag, value)]
            answer = subprocess.run(self.command + arguments, check=True, capture_output=True, text=True).stdout
            rows += json.loads(answer)[key]
        return unit(np.array(rows, np.float32))

    def images(self, pictures: list[np.ndarray]) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / f"{i}.png" for i in range(len(pictures))]
            for path, picture in zip(paths, pictures):
                Image.fromarray(picture).save(path, compress_level=1)
            return self._embed("--image", [str(p) for p in paths], "image_embeds")

    def texts(self, texts: list[str]) -> np.ndarray:
        return self._embed("--text", texts, "text_embeds")
