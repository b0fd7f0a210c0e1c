"""Writes three tiny CLIP folders and what PyTorch computes from them, step by step.

usage: make_models.py            writes models/*/ beside this script; make_tokenizer.py must have run

Each folder is a Hugging Face checkpoint (config.json, model.safetensors, tokenizer.json, preprocessor_config.json)
and expected.safetensors. The weights are rounded to the type they are stored in first; everything is computed from
the rounded ones in f32.
"""
import json
import math
import pathlib
import shutil

import torch
from safetensors.torch import save_file
from transformers import PreTrainedTokenizerFast

from seeded_clip import seeded_clip

HERE = pathlib.Path(__file__).parent
CONTEXT = 16
VOCAB, START, END = 600, 598, 599
PROMPTS = [
    "a photo of a dog.",
    "an origami crane",
    "a satellite image of a river and some fields",  # longer than the context
    "cat <|endoftext|> dog",  # pooled at the first end token
    "",
]


def tower(width, heads, layers, mlp, act, eps):
    """The keys that both towers have."""
    return {
        "hidden_size": width, "num_attention_heads": heads, "num_hidden_layers": layers,
        "intermediate_size": mlp, "hidden_act": act, "layer_norm_eps": eps,
    }


def config(vision, text, image, patch, projection, end):
    """A CLIPConfig as a dictionary."""
    return {
        "vision_config": vision | {"image_size": image, "patch_size": patch},
        "text_config": text | {"vocab_size": VOCAB, "max_position_embeddings": CONTEXT,
                               "bos_token_id": START, "eos_token_id": end, "pad_token_id": 1},
        "projection_dim": projection,
    }


OPENAI_MEAN, OPENAI_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]

# name: (config, type the weights are stored in, logit scale before exp, mean, std, seed)
MODELS = {
    # The convention of the first checkpoints: end token 2, which stands for the greatest id; position_ids stored.
    "quick-gelu": (
        config(tower(64, 2, 3, 96, "quick_gelu", 1e-5), tower(32, 2, 2, 64, "quick_gelu", 1e-5),
               image=32, patch=8, projection=32, end=2),
        torch.float16, math.log(100), OPENAI_MEAN, OPENAI_STD, 1),
    "gelu": (
        config(tower(32, 1, 2, 64, "gelu", 1e-5), tower(32, 1, 2, 64, "gelu", 1e-5),
               image=40, patch=8, projection=32, end=END),
        torch.float32, 3.9, OPENAI_MEAN, OPENAI_STD, 2),
    # Nothing that divides evenly: 9 patches, heads of 16, a projection of 20, its own epsilon and normalisation.
    "gelu-tanh": (
        config(tower(32, 2, 3, 96, "gelu_pytorch_tanh", 1e-6), tower(64, 4, 2, 96, "gelu_pytorch_tanh", 1e-6),
               image=30, patch=10, projection=20, end=END),
        torch.bfloat16, math.log(1 / 0.07), [0.5, 0.45, 0.4], [0.5, 0.25, 0.3], 3),
}


def record_block(layer, prefix, tensors):
    """Has every step of this transformer block put its output into `tensors`; returns the hooks."""
    steps = {
        "ln1": layer.layer_norm1, "q": layer.self_attn.q_proj, "k": layer.self_attn.k_proj,
        "v": layer.self_attn.v_proj, "attn_out": layer.self_attn.out_proj, "ln2": layer.layer_norm2,
        "fc1": layer.mlp.fc1, "act": layer.mlp.activation_fn, "fc2": layer.mlp.fc2,
    }

    def keep(name, value):
        tensors.setdefault(f"{prefix}.{name}", value[0].clone())

    def output_of(name):
        return lambda module, args, output: keep(name, output)

    def input_of(name):
        return lambda module, args: keep(name, args[0])

    hooks = [module.register_forward_hook(output_of(name)) for name, module in steps.items()]
    hooks.append(layer.self_attn.out_proj.register_forward_pre_hook(input_of("attn")))
    hooks.append(layer.layer_norm2.register_forward_pre_hook(input_of("residual")))
    return hooks


def run_vision(model, pixels, tensors):
    """Image embeddings of all pictures, and the steps of the first one."""
    hooks = record_block(model.vision_model.encoder.layers[0], "vision.block0", tensors)
    output = model.vision_model(pixels, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    for i, hidden in enumerate(output.hidden_states):
        tensors[f"vision.hidden{i}"] = hidden[0]
    tensors["pixel_values"] = pixels
    tensors["vision.pooled"] = output.pooler_output
    tensors["image_embeds"] = model.visual_projection(output.pooler_output)


def run_patches(model, pixels, tensors):
    """Embeddings of the patches of the first picture by MaskCLIP's way: in the last block each sees itself alone."""
    vision = model.vision_model
    hidden = vision(pixels[:1], output_hidden_states=True).hidden_states[-2]
    block = vision.encoder.layers[-1]
    hidden = hidden + block.self_attn.out_proj(block.self_attn.v_proj(block.layer_norm1(hidden)))
    hidden = hidden + block.mlp(block.layer_norm2(hidden))
    tensors["patch_embeds"] = model.visual_projection(vision.post_layernorm(hidden[0, 1:]))


def run_text(model, ids, tensors):
    """Text embeddings of all prompts, each at its own length, and the steps of the first one."""
    hooks = record_block(model.text_model.encoder.layers[0], "text.block0", tensors)
    outputs = [model.text_model(torch.tensor([row]), output_hidden_states=True) for row in ids]
    for hook in hooks:
        hook.remove()
    for i, hidden in enumerate(outputs[0].hidden_states):
        tensors[f"text.hidden{i}"] = hidden[0]
    for i, row in enumerate(ids):
        tensors[f"input_ids.{i}"] = torch.tensor(row)
    tensors["text.pooled"] = torch.cat([output.pooler_output for output in outputs])
    tensors["text_embeds"] = model.text_projection(tensors["text.pooled"])


def pictures(count, size, generator):
    """Noise at three scales, in the range that pixels have after normalisation, f32 [count, 3, size, size]."""
    pixels = torch.zeros(count, 3, size, size)
    for side in (1, 5, size):
        noise = torch.randn(count, 3, side, side, generator=generator)
        pixels += torch.nn.functional.interpolate(noise, size=(size, size), mode="nearest")
    return pixels.clamp(-2, 2)


@torch.no_grad()
def write(name):
    """One folder."""
    settings, dtype, logit_scale, mean, std, seed = MODELS[name]
    model = seeded_clip(settings, seed)
    model.logit_scale.fill_(logit_scale)
    model = model.to(dtype).float()
    out = HERE / "models" / name
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "tokenizer" / "tokenizer.json", out)

    tensors = {}
    size = settings["vision_config"]["image_size"]
    run_vision(model, pictures(3, size, torch.Generator().manual_seed(seed)), tensors)
    run_patches(model, tensors["pixel_values"], tensors)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(out / "tokenizer.json"))
    run_text(model, tokenizer(PROMPTS, truncation=True, max_length=CONTEXT)["input_ids"], tensors)
    images, texts = (torch.nn.functional.normalize(tensors[f"{kind}_embeds"], dim=-1) for kind in ("image", "text"))
    tensors["logits_per_image"] = model.logit_scale.exp() * images @ texts.T
    save_file({key: value.contiguous() for key, value in tensors.items()}, out / "expected.safetensors")

    weights = {key: value.to(dtype).contiguous() for key, value in model.state_dict().items()}
    if settings["text_config"]["eos_token_id"] == 2:
        weights["text_model.embeddings.position_ids"] = torch.arange(CONTEXT).unsqueeze(0)
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    config_json = settings | {"architectures": ["CLIPModel"], "model_type": "clip",
                              "dtype": str(dtype).removeprefix("torch."), "logit_scale_init_value": 2.6592}
    write_json(out / "config.json", config_json)
    write_json(out / "preprocessor_config.json", {
        "image_processor_type": "CLIPImageProcessor", "do_convert_rgb": True,
        "do_resize": True, "size": {"shortest_edge": size}, "resample": 3,
        "do_center_crop": True, "crop_size": {"height": size, "width": size},
        "do_rescale": True, "rescale_factor": 1 / 255,
        "do_normalize": True, "image_mean": mean, "image_std": std,
    })


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


if __name__ == "__main__":
    for name in MODELS:
        write(name)
