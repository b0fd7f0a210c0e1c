"""Hashes the ids Hugging Face gives to 81,560 prompts with the tokenizer.json of the OpenAI checkpoints.

usage: make_prompt_ids.py TOKENIZER_JSON IMAGENET_JSON          writes tokenizer/prompt_ids.json beside this script

A prompt counts as its number of ids and then the ids, u32 little-endian; a block's hash is the first 16 digits of
the SHA-256 over its prompts, `all` the SHA-256 over every prompt.
"""
import hashlib
import json
import struct
import sys

import transformers

from prompts import HERE, prompt_blocks

CONTEXT = 77


def main(tokenizer_json, imagenet_json):
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=tokenizer_json)
    with open(imagenet_json) as file:
        imagenet = json.load(file)
    every, blocks, count = hashlib.sha256(), [], 0
    for block in prompt_blocks(imagenet):
        ids = tokenizer(block, truncation=True, max_length=CONTEXT)["input_ids"]
        packed = b"".join(struct.pack(f"<{len(row) + 1}I", len(row), *row) for row in ids)
        blocks.append(hashlib.sha256(packed).hexdigest()[:16])
        every.update(packed)
        count += len(block)
    golden = {"prompts": count, "all": every.hexdigest(), "blocks": blocks}
    (HERE / "prompt_ids.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
