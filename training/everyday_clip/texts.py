"""Words: phrases and what they are true of, captions of scenes, templates, the tokenizer, and tables of token ids."""

import json

import numpy as np
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from .data import Concepts
from .plurals import plural
from .scenes import COLOUR_NAMES, INK, NONE, PEN, PLACES, SIZES

START, END = "<|startoftext|>", "<|endoftext|>"
VOCABULARY = 5632
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
CONTEXT, NAME_LENGTH = 32, 16  # tokens of a caption at most, and of a name in a template

# Medium-free templates first: a concept's name is put into one of NEUTRAL when it is a label.
NEUTRAL = ["a picture of a {}", "a {}", "{}", "an image of a {}", "the {}", "this is a {}", "a picture of {}", "a picture of a {}.", "an {}", "a picture of an {}"]
PHOTO = ["a photo of a {}", "a photo of a {}.", "a photo of {}", "a photograph of a {}", "a photo of the {}", "a blurry photo of a {}", "a photo of an {}"]
DRAWING = ["a drawing of a {}", "a drawing of {}", "a drawing of a {}.", "an emoji of a {}", "an icon of a {}", "clip art of a {}", "a cartoon of a {}", "a drawing of an {}"]
TEMPLATES = NEUTRAL + PHOTO + DRAWING
CANDIDATES = ["a picture of a {}", "a {}", "{}", "an image of a {}", "a picture of a {}.", "a photo of a {}"]  # for the record's template; names are learnt in the neutral ones
ANY_MEDIUM, A_PHOTO, A_DRAWING = range(3)

LINE = ["a line drawing of a {}", "a sketch of a {}", "a doodle of a {}", "an outline of a {}", "a hand-drawn {}", "a black and white drawing of a {}"]
NUMBERS = {1: ["one", "a single", "1"], 2: ["two", "2", "a pair of"], 3: ["three", "3"], 4: ["four", "4"]}
GROUNDS = ["on a {} background", "on a {} background", "on {}", "on a {} ground", "with a {} background", "in front of a {} wall"]
COLOUR_SYNONYMS = {"grey": ["grey", "gray"], "turquoise": ["turquoise", "cyan", "teal"], "purple": ["purple", "violet"]}
PLACE_PHRASES = {"centre": ["in the centre", "in the middle", "in the center"], "left": ["on the left", "at the left"], "right": ["on the right", "at the right"],
                 "top": ["at the top"], "bottom": ["at the bottom"]}  # fmt: skip
SIZE_WORDS = {"small": ["small", "little", "tiny"], "big": ["big", "large", "huge"]}
ANYTHING = ["something", "a drawing", "an object", "a picture"]
TEMPLATED = 0.4  # of counting captions: "a drawing of a three bananas" is what a template makes of a label
PHRASE, MEDIUM, GROUND, COUNT, PLACE, SIZE, LINES = range(7)  # columns of what a caption says; NONE where it is silent


def filled(template: str, noun: str) -> str:
    """The noun in the template; "an" only before a vowel."""
    if "an {}" in template and noun[:1] not in "aeiou":
        template = template.replace("an {}", "a {}")
    return template.format(noun)


LIKELY = 0.5  # weight of a scene's label from which it counts as true of a concept


class Phrases:
    """Every name, parent, keyword, visitors' word and scene's label once, what each is true of, and which a concept has."""

    def __init__(self, concepts: Concepts):
        self.concepts = concepts
        words = [list(said) for said in concepts.words]
        maybe = []  # labels of scenes that a concept resembles from afar
        for label, resembled in concepts.scenes.items():
            least = min(LIKELY, max(weight for _, weight in resembled))
            for concept, weight in resembled:
                if weight >= least:
                    words[concept].append(label)
                else:
                    maybe.append((label, concept))
        families = (concepts.names, concepts.parents, concepts.keywords, words)
        self.texts = sorted({text for family in families for texts in family for text in texts})
        self.row = {text: i for i, text in enumerate(self.texts)}
        self.true = np.zeros((len(self.texts) + 1, len(concepts)), bool)  # the last row: no phrase said, true of all
        self.true[-1] = True
        for family in families:
            for concept, texts in enumerate(family):
                self.true[[self.row[t] for t in texts], concept] = True
        self.unsure = np.zeros_like(self.true)  # what may be true
        for label, concept in maybe:
            self.unsure[self.row[label], concept] = True
        self.padded = []  # per family: phrase rows [concepts, most], and how many are valid
        for family in families:
            most = max(1, max(len(texts) for texts in family))
            rows = np.zeros((len(concepts), most), np.int64)
            for concept, texts in enumerate(family):
                rows[concept, : len(texts)] = [self.row[t] for t in texts]
            self.padded.append((rows, np.array([len(texts) for texts in family])))
        # concepts whose name is also true of this one, such as "dog" of a golden retriever: no wrong answers
        self.also_true = np.zeros((len(concepts), len(concepts)), bool)
        for other, names in enumerate(concepts.names):
            self.also_true[:, other] = self.true[[self.row[n] for n in names]].any(0)
        np.fill_diagonal(self.also_true, False)


def _one_of(rng: np.random.Generator, choices: list):
    return choices[rng.integers(len(choices))]


_PLAIN = [t for t in NEUTRAL + DRAWING if "an {}" not in t]
_MEDIUM = {t: A_DRAWING for t in DRAWING} | {t: A_PHOTO for t in PHOTO}


def scene_caption(rng: np.random.Generator, concept: int, names, keywords, row, ground, count, place, size, style) -> tuple[str, list[int]]:
    """A random true caption of a scene, and what it says (columns PHRASE to LINES)."""
    said = [NONE] * 7
    said[MEDIUM] = ANY_MEDIUM
    roll = rng.random()
    if roll < 0.12 and keywords[concept]:
        noun = _one_of(rng, keywords[concept])
    elif roll < 0.2:
        noun = None
    else:
        noun = names[concept][0] if rng.random() < 0.7 else _one_of(rng, names[concept])
    if noun is not None:
        said[PHRASE] = row[noun]
    adjective = ""
    if size != NONE and rng.random() < 0.5 and noun is not None:
        said[SIZE] = size
        adjective = _one_of(rng, SIZE_WORDS[SIZES[size]]) + " "
    if noun and rng.random() < (0.75 if count > 1 else 0.15):
        said[COUNT] = count
        words = adjective + (plural(noun) if count > 1 else noun)
        text = f"{_one_of(rng, NUMBERS[count])} {words}"
    elif noun is None:
        text = _one_of(rng, ANYTHING)
        said[MEDIUM] = A_DRAWING if "drawing" in text else ANY_MEDIUM
    elif not adjective and style in (INK, PEN) and rng.random() < 0.25:
        said[LINES], said[MEDIUM] = 1, A_DRAWING
        text = _one_of(rng, LINE).format(noun)
    else:
        template = _one_of(rng, _PLAIN)
        said[MEDIUM] = _MEDIUM.get(template, ANY_MEDIUM)
        text = template.format(adjective + noun)
    if place != NONE and rng.random() < 0.6:
        said[PLACE] = place
        where = PLACES[place]
        text = f"{text.rstrip('.')} {_one_of(rng, PLACE_PHRASES.get(where, [f'at the {where}', f'in the {where} corner']))}"
    if ground != NONE and rng.random() < (0.4 if noun else 1.0):
        said[GROUND] = ground
        colour = COLOUR_NAMES[ground]
        text = f"{text.rstrip('.')} {_one_of(rng, GROUNDS).format(_one_of(rng, COLOUR_SYNONYMS.get(colour, [colour])))}"
    if said[COUNT] != NONE and rng.random() < TEMPLATED:
        template = _one_of(rng, _PLAIN)
        said[MEDIUM] = _MEDIUM.get(template, said[MEDIUM])
        text = template.format(text.rstrip("."))
    return text, said


def train_tokenizer(concepts: Concepts, phrases: Phrases, vocabulary: int = VOCABULARY) -> Tokenizer:
    """A tokenizer in CLIP's style that wraps every text in a start and an end token."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token=END, fuse_unk=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    texts = [t for names in concepts.names for n in names for t in [n] * 3 + [plural(n)]]
    texts += [t for family in (concepts.parents, concepts.keywords, concepts.words) for said in family for t in said]
    texts += [t for phrase in phrases.texts for t in (phrase, plural(phrase))]
    fixed = TEMPLATES + LINE + GROUNDS + ANYTHING + COLOUR_NAMES + PLACES
    for family in (NUMBERS, SIZE_WORDS, COLOUR_SYNONYMS, PLACE_PHRASES):
        fixed = fixed + [p for choices in family.values() for p in choices]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=vocabulary - 2 - len(alphabet), initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False)
    tokenizer.train_from_iterator(texts + [p.replace("{}", "") for p in fixed] * 30, trainer)
    state = json.loads(tokenizer.to_str())
    known = state["model"]["vocab"]
    for byte in alphabet:  # what training leaves out: every byte also as the end of a word, and the special tokens last
        known.setdefault(byte + "</w>", len(known))
    for special in (START, END):
        known[special] = len(known)
    complete = Tokenizer.from_str(json.dumps(state))
    complete.add_special_tokens([AddedToken(START, special=True, normalized=False), AddedToken(END, special=True, normalized=False)])
    complete.post_processor = processors.RobertaProcessing((END, known[END]), (START, known[START]), trim_offsets=False, add_prefix_space=False)
    return complete


def token_ids(tokenizer: Tokenizer, texts: list[str], length: int = CONTEXT) -> np.ndarray:
    """Ids int16 [n, length], cut where they are longer with the end token kept, padded with the end token."""
    end = tokenizer.token_to_id(END)
    ids = np.full((len(texts), length), end, np.int16)
    for at in range(0, len(texts), 50_000):
        for i, encoding in enumerate(tokenizer.encode_batch(texts[at : at + 50_000]), at):
            row = encoding.ids[: length - 1] if len(encoding.ids) > length else encoding.ids
            ids[i, : len(row)] = row
    return ids


def trimmed(ids: torch.Tensor, end: int) -> torch.Tensor:
    """Ids without the columns in which every text has already ended."""
    longest = int((ids == end).int().argmax(1).max()) + 1
    return ids[:, :longest]


class TextTables:
    """Phrases in every template as token ids, and random draws from them."""

    def __init__(self, phrases: Phrases, tokenizer: Tokenizer, device):
        texts = [filled(t, phrase) for phrase in phrases.texts for t in TEMPLATES]
        ids = token_ids(tokenizer, texts, NAME_LENGTH).reshape(len(phrases.texts), len(TEMPLATES), NAME_LENGTH)
        self.ids, self.end, self.device = torch.from_numpy(ids).to(device), tokenizer.token_to_id(END), device
        self.true = torch.from_numpy(phrases.true).to(device)
        self.unsure = torch.from_numpy(phrases.unsure).to(device)
        self.families = [(torch.from_numpy(rows).to(device), torch.from_numpy(counts).to(device)) for rows, counts in phrases.padded]
        self.fits = {A_PHOTO: NEUTRAL + PHOTO, A_DRAWING: NEUTRAL + DRAWING}
        self.fits = {medium: torch.tensor([TEMPLATES.index(t) for t in kind], device=device) for medium, kind in self.fits.items()}
        self.medium = torch.tensor([_MEDIUM.get(t, ANY_MEDIUM) for t in TEMPLATES], device=device)

    def any_of(self, family: int, concept: torch.Tensor) -> torch.Tensor:
        """A random phrase [n] of each concept's, from a family: names, parents, keywords or words."""
        rows, counts = self.families[family]
        pick = (torch.rand(len(concept), device=self.device) * counts[concept]).long()
        return rows[concept, pick]

    def captions(self, concept: torch.Tensor, is_photo: torch.Tensor, parents: float = 0.2, keywords: float = 0.15, words: float = 0.25) -> tuple[torch.Tensor, torch.Tensor]:
        """A name, or with these shares a parent, a keyword or a visitors' word, of each concept in a template of its medium: ids [n, 32], and what is said [n, 7]."""
        n, roll = len(concept), torch.rand(len(concept), device=self.device)
        phrase = self.any_of(0, concept)
        for family, low, high in ((1, 0.0, parents), (2, parents, parents + keywords), (3, 1 - words, 1.0)):
            phrase = torch.where((roll >= low) & (roll < high) & (self.families[family][1][concept] > 0), self.any_of(family, concept), phrase)
        photo, drawing = (kind[torch.randint(len(kind), (n,), device=self.device)] for kind in (self.fits[A_PHOTO], self.fits[A_DRAWING]))
        template = torch.where(is_photo, photo, drawing)
        ids = torch.full((n, CONTEXT), self.end, device=self.device)
        ids[:, :NAME_LENGTH] = self.ids[phrase, template].long()
        said = torch.full((n, 7), NONE, device=self.device)
        said[:, PHRASE], said[:, MEDIUM] = phrase, self.medium[template]
        return ids, said

    def truth(self, concept, is_photo, scene, said) -> tuple[torch.Tensor, torch.Tensor]:
        """Which captions [m, 7] are true of which pictures [n], bool [n, m]; and which are unknown: a photo may well show two on white.

        `scene` [n, 5] has ground, count, place, size and whether it is in lines; photos' are not looked at.
        """
        named = self.true[said[:, PHRASE]][:, concept].T  # NONE = -1 is the last row: true of all
        medium = torch.where(is_photo, A_PHOTO, A_DRAWING)[:, None]
        fits = named & ((said[None, :, MEDIUM] == ANY_MEDIUM) | (said[None, :, MEDIUM] == medium))
        attributes = said[:, GROUND:]
        silent = attributes[None] == NONE
        agrees = (silent | (attributes[None] == scene[:, None])).all(2)
        plain = silent.all(2)
        true = fits & torch.where(is_photo[:, None], plain, agrees)
        return true, fits & is_photo[:, None] & ~plain


def contrast(logits: torch.Tensor, true: torch.Tensor, unknown: torch.Tensor) -> torch.Tensor:
    """Pictures find any true caption; captions rank all pictures they are true of above the others."""
    logits = logits.masked_fill(unknown, -1e4)
    some = true.any(1).float()
    rows = ((logits.logsumexp(1) - logits.masked_fill(~true, -1e4).logsumexp(1)) * some).sum() / some.sum().clamp(min=1)
    share = true.float() / true.float().sum(0).clamp(min=1)
    columns = -(logits.log_softmax(0) * share).sum(0)
    return (rows + columns[true.any(0)].mean()) / 2
