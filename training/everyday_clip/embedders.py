"""Two ways to embed pictures and texts: the training code's own towers, or this project's command line on a GGUF."""

import json
import subprocess
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from tokenizers import Tokenizer

from . import texts
from .model import Clip, say

PICTURES_AT_ONCE, ARGUMENTS_AT_ONCE = 1024, 128


class OwnEmbedder:
    """The recipe's model, in f32 or bf16."""

    def __init__(self, clip: Clip, tokenizer: Tokenizer, dtype: torch.dtype = torch.float32):
        self.clip, self.tokenizer, self.dtype = clip.eval(), tokenizer, dtype

    @torch.no_grad()
    def images(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures uint8 [n, 3, 64, 64] -> unit rows f32 [n, 256]."""
        parts = ((part.float() / 127.5 - 1).to(self.dtype) for part in pictures.split(PICTURES_AT_ONCE))
        return torch.cat([F.normalize(self.clip.look(part)[0].float(), dim=-1) for part in parts])

    @torch.no_grad()
    def texts(self, said: list[str]) -> torch.Tensor:
        """Texts -> unit rows f32 [n, 256]."""
        ids = torch.from_numpy(texts.token_ids(self.tokenizer, said)).long().to(self.clip.token_embed.device)
        return say(self.clip, ids, self.dtype)


class CommandLineEmbedder:
    """`clip-wasm embed` on a GGUF: what the visitor's browser computes."""

    def __init__(self, program: Path, model: Path):
        self.command = [str(program), "embed", "--model", str(model), "--json"]

    def _embed(self, flag: str, values: list[str], key: str) -> torch.Tensor:
        rows = []
        for at in range(0, len(values), ARGUMENTS_AT_ONCE):
            arguments = [part for value in values[at : at + ARGUMENTS_AT_ONCE] for part in (flag, value)]
            answer = subprocess.run(self.command + arguments, check=True, capture_output=True, text=True).stdout
            rows += json.loads(answer)[key]
        return F.normalize(torch.tensor(rows), dim=-1)

    def images(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures uint8 [n, 3, 64, 64] -> unit rows f32 [n, width]."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [str(Path(folder) / f"{i}.png") for i in range(len(pictures))]
            for path, picture in zip(paths, pictures.permute(0, 2, 3, 1).cpu().numpy()):
                Image.fromarray(picture).save(path, compress_level=1)
            return self._embed("--image", paths, "image_embeds")

    def texts(self, said: list[str]) -> torch.Tensor:
        """Texts -> unit rows f32 [n, width]."""
        return self._embed("--text", said, "text_embeds")
