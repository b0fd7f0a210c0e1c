"""Trains the small tokenizers of the SigLIP tests, and records ids that Hugging Face gives.

usage: make_siglip_tokenizers.py     needs sentencepiece; writes to siglip/:
    unigram.json, unigram_ids.json   SigLIP's kind: SentencePiece unigram, lower-cased, without punctuation; the ids
                                     of tokenizer/texts.json by the file as it is. Says for which texts
                                     SiglipTokenizer, which runs SentencePiece itself, has others
    gemma.json, gemma_ids.json       the second version's kind: byte pairs that fall back to bytes; the ids by
                                     Siglip2Tokenizer, which lower-cases although the file does not say so

Both in a context of 16, cut and padded to it.
"""
import collections
import json
import pathlib
import re
import string
import tempfile

import sentencepiece
import transformers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from make_tokenizer import CORPUS, learn_merges
from prompts import plain_and_strange_texts

OUT = pathlib.Path(__file__).parent / "siglip"
CONTEXT = 16
PIECES = 240
MERGES = 240

# What SentencePiece rewrites, as code points: a small part of NFKC, which would take 240 kB.
RULES = "FB01\t66 69\nFF21\t61\n3000\t20\n212B\tE5\nA0\t20\n2460\t31\nFF76\t30AB\nAD\t\n65 301\tE9\n"


def sentencepiece_model(folder):
    """A unigram model with SigLIP's special pieces: padding, end, unknown."""
    (folder / "corpus.txt").write_text("\n".join(CORPUS.strip().replace(".", "").split("\n") * 4))
    (folder / "rules.tsv").write_text(RULES)
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "corpus.txt"), model_prefix=str(folder / "spiece"), model_type="unigram",
        vocab_size=PIECES, normalization_rule_tsv=str(folder / "rules.tsv"), pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
        hard_vocab_limit=False, num_threads=1)
    return folder / "spiece.model"


def unigram_file(path):
    """The tokenizer.json of a SentencePiece model, as the published ones of SigLIP are converted."""
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(path.read_bytes())
    tokenizer = Tokenizer(models.Unigram([(piece.piece, piece.score) for piece in proto.pieces], 2, False))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Lowercase(),
        normalizers.Replace(Regex(f"[{re.escape(string.punctuation)}]"), ""),
        normalizers.Replace(Regex(r"\s+"), " "),
        normalizers.Strip(),
        normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
        normalizers.Replace(Regex(" {2,}"), " "),
    ])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["$A", "</s>"], pair=["$A", "</s>", "$B", "</s>"], special_tokens=[("</s>", 1)])
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in ("<pad>", "</s>", "<unk>")])
    return tokenizer.to_str()


def gemma_parts():
    """Vocabulary and merges laid out as Gemma's: special tokens, bytes, merges, characters."""
    counts = collections.Counter()
    for text in CORPUS.split("\n"):
        counts.update(tuple(word) for word in re.findall("▁?[^▁]+", text.replace(" ", "▁")))
    characters = sorted({symbol for word in counts for symbol in word})
    merges = learn_merges(counts, MERGES)
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    tokens = specials + [f"<0x{byte:02X}>" for byte in range(256)] + ["".join(pair) for pair in merges] + characters
    return {token: index for index, token in enumerate(tokens)}, merges


def gemma_file(folder):
    """The tokenizer.json of GemmaTokenizer's pipeline: nothing in it lower-cases or pads."""
    vocabulary, merges = gemma_parts()
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, fuse_unk=True, byte_fallback=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["$A", "<eos>"], pair=["$A", "<eos>", "$B", "<eos>"], special_tokens=[("<eos>", 1)])
    specials = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>")
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in specials])
    (folder / "tokenizer.json").write_text(tokenizer.to_str())
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "Siglip2Tokenizer"}))
    return tokenizer.to_str()


def ids_of(tokenizer):
    """The ids of the texts, cut and padded."""
    return tokenizer(plain_and_strange_texts(), truncation=True, padding="max_length", max_length=CONTEXT,
                     padding_side="right")["input_ids"]


def write(name, file, ids):
    """A file and the ids of the texts."""
    (OUT / f"{name}.json").write_text(file + "\n")
    rows = ",\n".join(json.dumps(row) for row in ids)
    (OUT / f"{name}_ids.json").write_text(f"[\n{rows}\n]\n")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model = sentencepiece_model(folder)
        file = unigram_file(model)
        ids = ids_of(transformers.PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer.from_str(file), pad_token="</s>", unk_token="<unk>", eos_token="</s>"))
        write("unigram", file, ids)
        slow = ids_of(transformers.SiglipTokenizer(str(model), model_max_length=CONTEXT))
        for text, ours, theirs in zip(plain_and_strange_texts(), ids, slow):
            if ours != theirs:
                print(f"SiglipTokenizer differs: {text[:40]!r} {ours} {theirs}")
        file = gemma_file(folder)
        write("gemma", file, ids_of(transformers.Siglip2Tokenizer.from_pretrained(folder)))


if __name__ == "__main__":
    main()
