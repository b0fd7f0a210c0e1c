"""Writes seeds/: a few small files for each target to begin with. Needs PyTorch and safetensors.

usage: make_seeds.py        in this folder
"""
import collections
import hashlib
import io
import json
import pathlib
import struct
import tarfile

import safetensors.torch
import torch

SEEDS = pathlib.Path(__file__).parent / "seeds"
MODELS = pathlib.Path(__file__).parents[1] / "tests/golden/models"
WIDTH = 32
TOKENS = ["a", "b", "a</w>", "b</w>", "ab</w>", "<|startoftext|>", "<|endoftext|>"]
U32, F32, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9
Q8_0, Q8_0_BLOCK = 8, 34


def write(target, name, data):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def tensors(seed=1):
    """One tensor for each thing that can become of one: a matrix after its norm and before, a packed one, a transposed
    one, a scalar and a buffer."""
    random = torch.Generator().manual_seed(seed)
    value = lambda *shape: torch.randn(*shape, generator=random)
    gain = value(WIDTH)
    gain[3] = 15.0
    block = "vision_model.encoder.layers.0."
    return {
        block + "layer_norm1.weight": gain,
        block + "layer_norm1.bias": value(WIDTH),
        block + "self_attn.q_proj.weight": value(2, WIDTH),
        "transformer.resblocks.0.attn.in_proj_weight": value(6, WIDTH),
        "transformer.resblocks.0.ln_1.weight": gain,
        "transformer.resblocks.0.ln_1.bias": value(WIDTH),
        "visual.proj": value(WIDTH, 2),
        "logit_scale": torch.tensor(4.6),
    }


def pickled(named):
    """As torch.save writes them, with views, a shared storage, a parameter and a buffer of integers."""
    named = collections.OrderedDict(named)
    named["visual.proj"] = named["visual.proj"].t().contiguous().t()
    shared = torch.arange(2.0 * WIDTH)
    named["vision_model.post_layernorm.weight"], named["vision_model.post_layernorm.bias"] = shared.split(WIDTH)
    named["text_projection"] = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.float16))
    named["text_model.embeddings.position_ids"] = torch.arange(4)
    file = io.BytesIO()
    torch.save({"epoch": 3, "state_dict": named}, file)
    return file.getvalue()


class Tower(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = torch.nn.Parameter(torch.ones(WIDTH, 2))


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = Tower()
        self.logit_scale = torch.nn.Parameter(torch.tensor(4.6))
        self.register_buffer("context_length", torch.tensor(77))


def scripted():
    """As torch.jit.save writes a module with another in it."""
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(Model().half()), file)
    return file.getvalue()


def string(text):
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf():
    """A file of two tensors, with every kind of metadata."""
    tower = {"embedding_length": WIDTH, "feed_forward_length": 64, "block_count": 1, "attention.head_count": 2,
             "projection_dim": 2}
    numbers = {f"clip.{name}.{key}": value for name in ("text", "vision") for key, value in tower.items()}
    numbers |= {"clip.text.context_length": 8, "clip.vision.image_size": 16, "clip.vision.patch_size": 8}
    metadata = [(key, U32, struct.pack("<I", value)) for key, value in numbers.items()]
    metadata += [(f"clip.{name}.attention.layer_norm_epsilon", F32, struct.pack("<f", 1e-5)) for name in ("text", "vision")]
    metadata += [(key, ARRAY, struct.pack("<IQ3f", F32, 3, 0.5, 0.5, 0.5)) for key in ("clip.vision.image_mean", "clip.vision.image_std")]
    metadata += [("general.architecture", STRING, string("clip")), ("clip.use_gelu", BOOL, b"\1")]
    listed = struct.pack("<IQ", STRING, len(TOKENS)) + b"".join(map(string, TOKENS))
    metadata.append(("tokenizer.ggml.tokens", ARRAY, listed))
    data = struct.pack("<f", 4.6).ljust(32, b"\0") + b"\0\x3c" + bytes(range(32)) + b"\0\x38" + bytes(range(32))
    infos = string("logit_scale") + struct.pack("<IQIQ", 1, 1, 0, 0)
    infos += string("v.blk.0.attn_q.weight") + struct.pack("<IQQIQ", 2, WIDTH, 2, Q8_0, 32)
    head = b"GGUF" + struct.pack("<IQQ", 3, 2, len(metadata))
    head += b"".join(string(key) + struct.pack("<I", kind) + value for key, kind, value in metadata) + infos
    assert len(data) == 32 + 2 * Q8_0_BLOCK
    return head + b"\0" * (-len(head) % 32) + data


def texts():
    """JSON files, each behind the byte that says which it is."""
    for model in ("gelu", "quick-gelu"):
        yield f"config-{model}", 0, (MODELS / model / "config.json").read_bytes()
    yield "preprocessor", 1, (MODELS / "gelu/preprocessor_config.json").read_bytes()
    yield "processor", 1, json.dumps({"feature_extractor_type": "CLIPFeatureExtractor", "size": 224, "crop_size": 224}).encode()
    yield "tokenizer", 2, (MODELS / "gelu/tokenizer.json").read_bytes()
    names = ["config.json", "tokenizer.json", "preprocessor_config.json", "model-00001-of-00001.safetensors"]
    lfs = {"sha256": hashlib.sha256(b"").hexdigest(), "size": 3, "pointerSize": 1}
    siblings = [{"rfilename": name, "size": 3, "lfs": lfs} for name in names]
    yield "hub", 3, json.dumps({"sha": "0" * 40, "siblings": siblings}).encode()
    yield "snapshot", 4, bytes(64)
    yield "open-clip", 0, (MODELS / "open-clip/open_clip_config.json").read_bytes()
    config = {"tokenizer_class": "CLIPTokenizer", "pad_token": "!", "model_max_length": 77,
              "added_tokens_decoder": {"0": {"content": "!", "special": True}}, "additional_special_tokens": ["a"]}
    yield "tokenizer-config", 6, json.dumps(config).encode()
    whole = {"image_processor": {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 224}}}
    yield "whole-processor", 0, json.dumps(whole).encode()
    yield "vocabulary", 5, json.dumps({token: id for id, token in enumerate(TOKENS)}).encode()


def tokenizers():
    """A text, and a tokenizer.json of each kind, behind the byte that says which it is and how long its window."""
    models = {"clip": (0x40, "gelu"), "siglip": (0x41, "siglip"), "siglip-2": (0x41, "siglip-2"), "padded": (0x42, "gelu")}
    for name, (kind, model) in models.items():
        yield name, bytes([kind]) + "a cat, two dogs!".encode() + b"\xff" + (MODELS / model / "tokenizer.json").read_bytes()


def tar_file(format):
    """A sample, what macOS and others put beside it, a folder, and a name too long for a header."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format) as tar:
        for name, content in {"._s0.cls": b"\0\5\x16\7", "s0.cls": b"1", "s0.png": b"picture", "d" * 120 + "/s1.jpg": b"x"}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
    return file.getvalue()


def tables():
    yield "csv", 0, b"file,label\na.png,cat\n\"b \"\"1\"\".png\",\"dog, wet\"\n"
    yield "tabs", 0, b"Path\tClass\na.png\tcat\n"
    yield "json-list", 1, b'[{"file": "a.png", "label": 3}, {"image": "b.png", "class": "cat"}]'
    yield "json-object", 1, b'{"a.png": "cat", "b.png": true, "c.png": null}'
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }".ljust(117) + b"\n"
    npy = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + struct.pack("<2f", 1, 2)
    yield "kept", 2, b"file,label,weights_sha256\na.png,cat,hash\n\xff" + npy


def main():
    named = tensors()
    whole = safetensors.torch.save({name: tensor.clone() for name, tensor in named.items()})
    half = safetensors.torch.save({name: tensor.half() for name, tensor in named.items()})
    archive = pickled(named)
    pickle = archive[archive.index(b"\x80\x02"):]
    pickle = pickle[: pickle.index(b"PK\x07\x08")]
    write("safetensors", "f32", whole)
    write("safetensors", "f16", half)
    write("pytorch", "archive", b"\1" + archive[4:])
    write("pytorch", "script", b"\1" + scripted()[4:])
    write("pytorch", "pickle", b"\0" + pickle)
    write("stream", "safetensors", b"\x06" + whole)
    write("stream", "archive", b"\x28" + archive)
    write("gguf", "clip", b"\x05" + gguf())
    for name, kind, text in texts():
        write("json", name, bytes([kind]) + text)
    for name, data in tokenizers():
        write("tokenizer", name, data)
    write("tar", "gnu", tar_file(tarfile.GNU_FORMAT))
    write("tar", "pax", tar_file(tarfile.PAX_FORMAT))
    for name, kind, text in tables():
        write("table", name, bytes([kind]) + text)
    # The kind of model, then fields with their sizes: see tests/support/any_clip.rs.
    write("session", "as-it-is", bytes([0]))
    write("session", "siglip-q8", bytes([3]))
    write("session", "projection-of-63", bytes([2, 12, 18]))
    write("session", "one-patch", bytes([4, 9, 8, 8, 8]))


if __name__ == "__main__":
    main()
