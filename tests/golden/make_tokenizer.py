"""Trains the small CLIP-style tokenizer of the tests, and records ids that Hugging Face gives.

usage: make_tokenizer.py            writes tokenizer/tokenizer.json, and to tokenizer/ids.json the ids of texts.json
                                in a context of 16

The vocabulary is laid out as CLIP's: the 256 byte symbols, the same ending a word, the merges, then the start
and the end token, which is the greatest id.
"""
import collections
import json
import re

import transformers
from tokenizers.pre_tokenizers import ByteLevel

from prompts import HERE, plain_and_strange_texts

ENTRIES = 600
CONTEXT = 16

# What the merges are learnt from: the kind of sentence CLIP is asked about.
CORPUS = """
a photo of a dog. a photo of the cat. a photo of two birds on a branch. a blurry photo of a red car.
a drawing of a house by the sea. a painting of a ship in a storm. a close-up photo of a yellow flower.
the photo shows a man with an umbrella in the rain. the street is wet and the lights are bright.
a bad photo of a bicycle. a good photo of a bicycle. a black and white photo of an old train station.
there is a bowl of fruit on the kitchen table. there are five apples and three oranges in the bowl.
a satellite image of a river and some fields. a sketch of a horse. a plastic toy airplane on the carpet.
an origami crane. a tattoo of a snake. a statue of a lion in front of the museum. a child with a balloon.
the mountain is covered with snow. the lake reflects the sky. people are walking through the forest.
"""


def words(text):
    """Byte-level words, as the pre-tokenizer makes them."""
    for word in re.findall(r"'s|[a-z]+|[0-9]|[^\sa-z0-9]+", text.lower()):
        yield tuple(ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(word)[0][0])


def learn_merges(counts, count):
    """Byte-pair merges of counted words by frequency, the alphabetically first of equals."""
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for word, n in counts.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        counts = collections.Counter({merge(word, best): n for word, n in counts.items()})
    return merges


def merge(word, pair):
    """The word with each occurrence of the pair joined."""
    out, i = [], 0
    while i < len(word):
        joined = word[i:i + 2] == pair
        out.append("".join(pair) if joined else word[i])
        i += 2 if joined else 1
    return tuple(out)


def main():
    symbols = sorted(ByteLevel.alphabet())
    specials = ["<|startoftext|>", "<|endoftext|>"]
    counts = collections.Counter(word[:-1] + (word[-1] + "</w>",) for word in words(CORPUS))
    merges = learn_merges(counts, ENTRIES - 2 * len(symbols) - len(specials))
    tokens = symbols + [s + "</w>" for s in symbols] + ["".join(m) for m in merges] + specials
    tokenizer = transformers.CLIPTokenizer(
        vocab={token: i for i, token in enumerate(tokens)}, merges=merges, model_max_length=CONTEXT)
    (HERE / "tokenizer.json").write_text(tokenizer.backend_tokenizer.to_str())
    ids = tokenizer(plain_and_strange_texts(), truncation=True, max_length=CONTEXT)["input_ids"]
    rows = ",\n".join(json.dumps(row) for row in ids)
    (HERE / "ids.json").write_text(f"[\n{rows}\n]\n")


if __name__ == "__main__":
    main()
