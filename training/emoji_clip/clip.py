"""The model: an ordinary `transformers` CLIPModel, small; how it starts, and a vision pass that may skip patches."""

import json
import math
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, PreTrainedTokenizerFast

from .captions import TEMPLATE
from .tokens import END, START

SIDE, PATCH, WIDTH, HEAD = 96, 16, 256, 64
GRID = SIDE // PATCH
TEXT_LENGTH = 32
VISION_LAYERS, TEXT_LAYERS = 4, 2
RECORD = {  # what the checkpoint says of itself, carried into the GGUF
    "name": "emoji-clip",
    "description": "A small CLIP of drawings: over 1,100 things, their colours, counts, places and sizes. Knows no photographs.",
    "license": "MIT OR Apache-2.0",
    "default_template": TEMPLATE,
    "templates": [TEMPLATE, "a {}", "{}", "a picture of a {}."],
}


def config(tokenizer: Tokenizer) -> CLIPConfig:
    """Four vision and two text layers of width 256: 5.7 MB at q8_0."""
    start, end = tokenizer.token_to_id(START), tokenizer.token_to_id(END)
    shared = {"hidden_size": WIDTH, "intermediate_size": 3 * WIDTH, "num_attention_heads": WIDTH // HEAD, "hidden_act": "quick_gelu", "projection_dim": WIDTH}
    text = shared | {
        "num_hidden_layers": TEXT_LAYERS, "vocab_size": tokenizer.get_vocab_size(), "max_position_embeddings": TEXT_LENGTH,
        "bos_token_id": start, "eos_token_id": end, "pad_token_id": end,
    }  # fmt: skip
    vision = shared | {"num_hidden_layers": VISION_LAYERS, "image_size": SIDE, "patch_size": PATCH}
    return CLIPConfig(text_config=text, vision_config=vision, projection_dim=WIDTH, logit_scale_init_value=math.log(16))


def grid_positions(width: int, strength: float) -> torch.Tensor:
    """Two-dimensional sine positions [GRID * GRID, width], so that near patches look alike from the start."""
    places = torch.arange(GRID, dtype=torch.float32) / GRID
    frequencies = math.pi * torch.linspace(0.5, GRID / 2, width // 4)
    waves = places[:, None] * frequencies
    one_axis = torch.cat([waves.sin(), waves.cos()], 1)
    rows = one_axis[:, None].expand(GRID, GRID, -1)
    columns = one_axis[None, :].expand(GRID, GRID, -1)
    return strength * torch.cat([rows, columns], 2).reshape(GRID * GRID, width)


@torch.no_grad()
def new_model(tokenizer: Tokenizer) -> CLIPModel:
    """A fresh model. Vision queries and keys start equal, so that patches first attend to their neighbourhood
    (after "Mimetic Initialization of Self-Attention Layers", Trockman and Kolter, 2023)."""
    model = CLIPModel._from_config(config(tokenizer), attn_implementation="eager")  # quicker than sdpa on a CPU, for so few patches
    embeddings = model.vision_model.embeddings
    embeddings.position_embedding.weight[1:] = grid_positions(WIDTH, 0.5)
    embeddings.position_embedding.weight[0] = 0
    torch.nn.init.normal_(embeddings.patch_embedding.weight, std=1.5 / math.sqrt(3 * PATCH * PATCH))
    for tower in (model.vision_model, model.text_model):
        for layer in tower.encoder.layers:
            for linear in (layer.self_attn.v_proj, layer.mlp.fc1):
                torch.nn.init.normal_(linear.weight, std=WIDTH**-0.5)
            for linear in (layer.self_attn.out_proj, layer.mlp.fc2):
                torch.nn.init.normal_(linear.weight, std=0.4 * linear.in_features**-0.5)
    for layer in model.vision_model.encoder.layers:
        for head in range(WIDTH // HEAD):
            rows = slice(head * HEAD, (head + 1) * HEAD)
            frame = torch.nn.init.orthogonal_(torch.empty(HEAD, WIDTH))
            layer.self_attn.q_proj.weight[rows] = 1.4 * frame
            layer.self_attn.k_proj.weight[rows] = 1.4 * frame
    for projection in (model.visual_projection, model.text_projection):
        torch.nn.init.normal_(projection.weight, std=WIDTH**-0.5)
    return model


def look(model: CLIPModel, pictures: torch.Tensor, kept: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Projected embeddings [n, 256] of normalised pictures [n, 3, 96, 96], and the states of their patches [n, k, 256].

    `kept` [n, k] says which patches are looked at; without it, all 36.
    """
    vision = model.vision_model
    n = len(pictures)
    patches = pictures.reshape(n, 3, GRID, PATCH, GRID, PATCH).permute(0, 2, 4, 1, 3, 5).reshape(n, GRID * GRID, -1)
    positions = vision.embeddings.position_embedding.weight
    places = positions[1:].expand(n, -1, -1)
    if kept is not None:
        patches = patches.gather(1, kept[..., None].expand(-1, -1, patches.shape[2]))
        places = places.gather(1, kept[..., None].expand(-1, -1, places.shape[2]))
    states = patches @ vision.embeddings.patch_embedding.weight.flatten(1).T + places
    first = (vision.embeddings.class_embedding + positions[0]).expand(n, 1, -1)
    states = vision.pre_layrnorm(torch.cat([first, states], 1))
    for layer in vision.encoder.layers:
        states = layer(states, attention_mask=None)
        states = states[0] if isinstance(states, tuple) else states
    return model.visual_projection(vision.post_layernorm(states[:, 0])), states[:, 1:]


def text_embeddings(model: CLIPModel, ids: torch.Tensor) -> torch.Tensor:
    """Projected embeddings [n, 256] of token ids [n, length], padded with the end token."""
    return model.text_projection(model.text_model(input_ids=ids, return_dict=True).pooler_output)


def token_ids(tokenizer: Tokenizer, texts: list[str]) -> torch.Tensor:
    """Ids [n, longest], at most 32 long with the end token kept, padded with the end token."""
    end = tokenizer.token_to_id(END)
    rows = [e.ids if len(e.ids) <= TEXT_LENGTH else e.ids[: TEXT_LENGTH - 1] + [end] for e in tokenizer.encode_batch(texts)]
    longest = max(len(r) for r in rows)
    return torch.tensor([r + [end] * (longest - len(r)) for r in rows])


def export(model: CLIPModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Writes a Hugging Face folder beside `folder` and renames it into place, so that readers never see half of one."""
    fresh = folder.with_name(folder.name + ".new")
    old = folder.with_name(folder.name + ".old")
    for leftover in (fresh, old):
        _remove(leftover)
    model.save_pretrained(fresh)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=START, eos_token=END, unk_token=END, pad_token=END, model_max_length=TEXT_LENGTH)
    fast.save_pretrained(fresh)
    tokenizer.save(str(fresh / "tokenizer.json"))
    half = [0.5, 0.5, 0.5]
    processor = CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}, image_mean=half, image_std=half, resample=3)
    processor.save_pretrained(fresh)
    (fresh / "record.json").write_text(json.dumps(RECORD, indent=2) + "\n")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    _remove(old)


def _remove(folder: Path) -> None:
    if folder.exists():
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
