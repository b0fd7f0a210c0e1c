"""Writes tokenizer/config_ids.json: what transformers makes of texts where `tokenizer_config.json` or
`special_tokens_map.json` say more than the `tokenizer.json` beside them. Needs transformers 5.23.

usage: make_tokenizer_config.py        in this folder
"""
import json
import pathlib
import shutil
import tempfile

from transformers import AutoTokenizer, PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
TEXTS = ["a cat!", "A CAT ! x", "a photo of a cat", "cat", "!!"]
CLIP = {"tokenizer_class": "CLIPTokenizer", "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "model_max_length": 77}
SIGLIP = {"tokenizer_class": "PreTrainedTokenizerFast", "padding_side": "right", "eos_token": "</s>", "unk_token": "<unk>"}
SIGLIP_2 = {**SIGLIP, "eos_token": "<eos>"}


def token(content, **flags):
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, **flags}


CASES = [
    ("quick-gelu", CLIP, {}),
    ("quick-gelu", {**CLIP, "pad_token": "!"}, {}),
    ("quick-gelu", CLIP, {"pad_token": "!"}),
    ("quick-gelu", {**CLIP, "pad_token": "cat</w>"}, {}),
    ("quick-gelu", {**CLIP, "pad_token": token("photo", lstrip=True, normalized=True, __type="AddedToken")}, {}),
    ("quick-gelu", {**CLIP, "added_tokens_decoder": {"0": token("!", special=True)}}, {}),
    ("quick-gelu", {**CLIP, "added_tokens_decoder": {"7": token("!", special=False, normalized=True)}}, {}),
    ("quick-gelu", {**CLIP, "additional_special_tokens": ["!"]}, {}),
    ("quick-gelu", {**CLIP, "extra_special_tokens": {"x_token": "!"}}, {}),
    ("siglip", {**SIGLIP, "pad_token": "</s>"}, {}),
    ("siglip", {**SIGLIP, "pad_token": "<unk>"}, {}),
    ("siglip", {**SIGLIP, "pad_token": "</s>"}, {"pad_token": "<unk>"}),
    ("siglip-2", {**SIGLIP_2, "pad_token": "<pad>"}, {}),
    ("siglip-2", {**SIGLIP_2, "pad_token": "<unk>"}, {}),
]


def ids(model, config, special):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in ("config.json", "tokenizer.json"):
            shutil.copy(HERE / "models" / model / name, folder)
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
        if special:
            (folder / "special_tokens_map.json").write_text(json.dumps(special))
        length = 16
        if model == "quick-gelu":
            tokenizer = AutoTokenizer.from_pretrained(folder)
            return [tokenizer(text, truncation=True, max_length=length)["input_ids"] for text in TEXTS]
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        # Lower-cased, as the models were trained.
        texts = [text.lower() for text in TEXTS]
        return tokenizer(texts, padding="max_length", truncation=True, max_length=length)["input_ids"]


cases = [{"model": model, "tokenizer_config": config, "special_tokens_map": special, "ids": ids(model, config, special)}
         for model, config, special in CASES]
lines = ",\n".join(json.dumps(case) for case in cases)
(HERE / "tokenizer/config_ids.json").write_text(f'{{"texts": {json.dumps(TEXTS)}, "cases": [\n{lines}\n]}}\n')
