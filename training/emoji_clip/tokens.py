"""The tokenizer: byte-level BPE in CLIP's own style, trained on every caption the recipe can write."""

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from . import captions
from .concepts import Concept, load_concepts
from .scenes import COLOUR_NAMES, PLACES

START, END = "<|startoftext|>", "<|endoftext|>"
VOCABULARY = 3072
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def corpus(concepts: list[Concept]) -> list[str]:
    """Names weigh more than keywords, and the words of templates more than both."""
    texts = [t for c in concepts for t in [c.name] * 4 + [captions.plural(c.name)] * 2 + c.keywords + [c.group, c.subgroup]]
    phrases = captions.PLAIN + captions.LINE + captions.GROUNDS + captions.ANYTHING + COLOUR_NAMES + PLACES
    for family in (captions.NUMBERS, captions.SIZES, captions.COLOUR_SYNONYMS, captions.PLACE_PHRASES):
        phrases = phrases + [p for choices in family.values() for p in choices]
    return texts + [p.replace("{}", "") for p in phrases] * 30


def train_tokenizer(concepts: list[Concept]) -> Tokenizer:
    """A tokenizer that wraps every text in a start and an end token."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token=END, fuse_unk=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 2 - len(alphabet), initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False
    )
    tokenizer.train_from_iterator(corpus(concepts), trainer)
    return _completed(tokenizer, alphabet)


def _completed(tokenizer: Tokenizer, alphabet: list[str]) -> Tokenizer:
    """Adds what training leaves out: every byte also as the end of a word, and the two special tokens last."""
    import json

    state = json.loads(tokenizer.to_str())
    vocabulary = state["model"]["vocab"]
    for byte in sorted(alphabet):
        vocabulary.setdefault(byte + "</w>", len(vocabulary))
    for special in (START, END):
        vocabulary[special] = len(vocabulary)
    complete = Tokenizer.from_str(json.dumps(state))
    complete.add_special_tokens([AddedToken(START, special=True, normalized=False), AddedToken(END, special=True, normalized=False)])
    complete.post_processor = processors.RobertaProcessing((END, vocabulary[END]), (START, vocabulary[START]), trim_offsets=False, add_prefix_space=False)
    return complete


def main() -> None:
    tokenizer = train_tokenizer(load_concepts())
    print(tokenizer.get_vocab_size(), tokenizer.encode("Three red cars on a blue background").tokens)


if __name__ == "__main__":
    main()
