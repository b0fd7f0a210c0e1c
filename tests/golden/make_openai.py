"""Writes a tiny CLIP as OpenAI published theirs, a TorchScript archive in f16 without a config: models/openai/.

usage: make_openai.py        after make_models.py and make_tokenizer.py; needs open_clip_torch 3.3.0

The modules are OpenCLIP's, whose names are OpenAI's; the three sizes that OpenAI's archives keep among the weights are
there as well. expected.safetensors is what transformers computes from the same weights in f32.
"""
import json
import pathlib

import open_clip
import torch
from safetensors.torch import save_file
from transformers import PreTrainedTokenizerFast

from make_models import CONTEXT, PROMPTS, config, pictures, run_text, run_vision, tower
from make_open_clip import model_config, renamed
from seeded_clip import seeded_clip

HERE = pathlib.Path(__file__).parent
OUT = HERE / "models" / "openai"
SIZE = 16
# Heads are 64 wide in every model of OpenAI's, which is how their number is known.
SETTINGS = config(tower(64, 1, 1, 64, "quick_gelu", 1e-5), tower(64, 1, 1, 64, "quick_gelu", 1e-5),
                  image=SIZE, patch=8, projection=32, end=2)


class Archived(torch.nn.Module):
    """The parts of OpenAI's CLIP in its own order."""

    def __init__(self, model):
        super().__init__()
        for name in ("positional_embedding", "text_projection", "logit_scale", "visual", "transformer", "token_embedding", "ln_final"):
            setattr(self, name, getattr(model, name))
        sizes = {"input_resolution": SIZE, "context_length": CONTEXT, "vocab_size": model.vocab_size}
        for name, size in sizes.items():
            self.register_buffer(name, torch.tensor(size))

    def forward(self, pixels: torch.Tensor):
        return self.visual(pixels)


@torch.no_grad()
def main():
    twin = seeded_clip(SETTINGS, seed=4).half().float()
    model = open_clip.CLIP(**model_config(SETTINGS), quick_gelu=True).eval()
    model.load_state_dict(renamed(twin.state_dict(), model.state_dict()))
    tensors = {}
    run_vision(twin, pictures(2, SIZE, torch.Generator().manual_seed(4)), tensors)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(HERE / "tokenizer" / "tokenizer.json"))
    run_text(twin, tokenizer(PROMPTS[:2], truncation=True, max_length=CONTEXT)["input_ids"], tensors)
    torch.testing.assert_close(model.encode_image(tensors["pixel_values"]), tensors["image_embeds"], rtol=1e-4, atol=1e-5)
    OUT.mkdir(exist_ok=True)
    kept = ("pixel_values", "image_embeds", "text_embeds", "input_ids.0", "input_ids.1")
    save_file({name: tensors[name].contiguous() for name in kept}, OUT / "expected.safetensors")
    vocabulary = json.loads((HERE / "tokenizer" / "tokenizer.json").read_text())["model"]["vocab"]
    (OUT / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False) + "\n")
    archived = torch.jit.trace(Archived(model.half()), torch.zeros(1, 3, SIZE, SIZE).half(), check_trace=False)
    torch.jit.save(archived, OUT / "ViT-Tiny.pt")


if __name__ == "__main__":
    main()
