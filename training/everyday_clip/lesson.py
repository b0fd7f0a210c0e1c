"""What the model learns from: remembered pictures, phrases that are true of them, features imagined for ImageNet's classes, captions; and the
terms of the losses.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from . import texts
from .data import Concepts, Photos, load_concepts, load_photos
from .memory import PHOTO, SCENE, Pictures
from .model import Clip, say
from .plurals import plural
from .scenes import COLOUR_NAMES, INK, PEN, is_held_out_pair

PHOTO_POWER = 0.5  # a concept with n views of photographs, the smallest left out, is shown n ** PHOTO_POWER times as often as one with one
SCENE_SHARE = 0.3  # of the pictures of a batch
SMALLEST = ["cifar-10"]  # sources of photographs of 32 pixels
SMALLEST_SHARE = 0.13  # of the pictures of a batch: they are many, but of ten concepts
SMALL = [*SMALLEST, "tiny-imagenet", "fruits-360", "grounds"]  # sources with many photographs of less than 128 pixels
FAMILY_SHARES = (0.46, 0.18, 0.08, 0.28)  # how often a picture is asked for a name, a parent, a keyword, a visitors' word
DROPPED = 0.3  # of the features of a picture that is learnt from: the pictures are few, and with all their features soon known by heart
PHRASE_SCALE = 30.0  # of cosines, where phrases rank pictures and where texts are compared with the table
AT_GOAL = 10.0  # what a text's distance from its goal weighs
BY_PICTURES = 0.5  # of the texts of a spoken batch are what random pictures are asked for, the common words most often; the others are any phrases
OF_CLASSES = 0.4  # of those are what pictures of ImageNet's classes are asked for, most of which no picture at hand shows
MIXED = 0.15  # of the texts of a spoken batch name two things
TWO_THINGS = ["{} and {}", "{} with {}", "{} on {}", "{} in {}", "{} in front of {}", "{} over {}", "{} near {}", "{} {}"]
ADJECTIVES = """old new beautiful nice pretty ugly cute young wild modern traditional wooden metal plastic wet dry dirty clean bright dark sunny fresh
delicious open empty full broken famous lonely quiet busy colourful colorful real typical""".split()
LEAD, DESCRIBED = 0.65, 0.08  # the weight of the first of two things; the share of texts with an adjective, which changes nothing
NEAREST = 3  # names that a picture is to be told from, besides those of the batch
NAME_TEMPLATES = [texts.TEMPLATES.index(template) for template in texts.CANDIDATES if template in texts.NEUTRAL]
NUMBER_WORDS = [words[0] for words in texts.NUMBERS.values()]
NEVER = -1e4


@dataclass
class Material:
    """The remembered pictures that are trained on, and the words."""

    concepts: Concepts
    phrases: texts.Phrases
    tokenizer: Tokenizer
    tables: texts.TextTables
    pictures: Pictures
    rows: np.ndarray  # of the training pictures, photographs first
    photos: int  # how many of them are photographs
    features: torch.Tensor  # f32 [rows, 1280], of ImageNet's weights, or of the tuned trunk
    large: torch.Tensor  # bool [photos]: those of sources that are not `SMALL`
    readable: torch.Tensor  # bool [rows]: photographs that ImageNet's classifier can read: all but the smallest
    begun: torch.Tensor  # f32 [photos, 1280], of the photographs by ImageNet's weights
    concept: torch.Tensor  # int64 [rows]
    shares: np.ndarray  # how often each is shown
    half_drawn: np.ndarray  # the same, of batches of which half are scenes, `SMALLEST_SHARE` the smallest photographs, half of the rest any others, and half those of sources not `SMALL`
    attributes: torch.Tensor  # [rows, 5]: ground, count, place, size, whether in lines; NONE of photographs

    @cached_property
    def readable_shares(self) -> np.ndarray:
        """How often each photograph is shown, among those that are readable."""
        shares = self.shares[: self.photos] * self.readable[: self.photos].numpy()
        return shares / shares.sum()


def load(data: Path, memory: Path, tokenizer_file: Path) -> Material:
    """Everything; the tokenizer is trained where its file is not there, and kept."""
    concepts, pictures = load_concepts(data), Pictures.load(memory / "memory.npz")
    phrases = texts.Phrases(concepts)
    if not tokenizer_file.exists():  # ties fall otherwise in another process: a run keeps one tokenizer
        tokenizer_file.parent.mkdir(parents=True, exist_ok=True)
        tokenizer_file.write_text(texts.train_tokenizer(concepts, phrases).to_str())
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    rows = np.concatenate([pictures.of(PHOTO), pictures.of(SCENE)])
    photos, concept, plan = len(pictures.of(PHOTO)), pictures.concept[rows], pictures.plan
    features = torch.from_numpy(np.load(memory / "features.npy", mmap_mode="r")[rows]).float()
    photographs = load_photos(data)
    small, smallest = (of_sources(photographs, names)[pictures.item[rows[:photos]]] for names in (SMALL, SMALLEST))
    counts = np.bincount(concept[:photos][~smallest], minlength=len(concepts))
    of_others, scenes = np.where(smallest, 0, np.maximum(counts, 1)[concept[:photos]] ** (PHOTO_POWER - 1)), np.ones(len(rows) - photos)
    smallest_share = SMALLEST_SHARE if smallest.any() else 0
    shares = with_totals([(of_others, 1 - SCENE_SHARE - smallest_share), (smallest, smallest_share)], scenes, SCENE_SHARE)
    each_half = (0.5 - smallest_share) / 2
    half_drawn = with_totals([(of_others, each_half), (~small, each_half), (smallest, smallest_share)], scenes, 0.5)
    readable = np.concatenate([~smallest, np.zeros(len(scenes), bool)])
    lines = np.where(pictures.item[rows] >= 0, texts.NONE, np.isin(plan.style[rows], (INK, PEN)))
    attributes = np.stack([plan.ground[rows], plan.count[rows], plan.place[rows], plan.size[rows], lines], 1)
    return Material(concepts, phrases, tokenizer, texts.TextTables(phrases, tokenizer, torch.device("cpu")), pictures, rows, photos, features, torch.from_numpy(~small), torch.from_numpy(readable), features[:photos], torch.from_numpy(concept), shares, half_drawn, torch.from_numpy(attributes))  # fmt: skip


def of_sources(photographs: Photos, names: list[str]) -> np.ndarray:
    """bool [photographs]: those of these sources."""
    return np.isin(photographs.source, [photographs.sources.index(name) for name in names])


def with_totals(of_photos: list[tuple[np.ndarray, float]], of_scenes: np.ndarray, scene_share: float) -> np.ndarray:
    """Shares [rows]: each part's weights are scaled to its total, and a photograph has the sum of its parts; the scenes follow."""
    photos = sum(weights * (total / weights.sum()) for weights, total in of_photos if total)
    return np.concatenate([photos, of_scenes * (scene_share / of_scenes.sum())])


def draw(rng: np.random.Generator, shares: np.ndarray, n: int) -> torch.Tensor:
    """Indices of training pictures, by their shares."""
    return torch.from_numpy(rng.choice(len(shares), n, p=shares))


class Classifier:
    """ImageNet's classifier on the trunk's features, and features imagined with it of classes that no photograph at hand shows."""

    def __init__(self, state: dict[str, torch.Tensor], material: Material):
        self.weight, self.bias = state["_fc.weight"], state["_fc.bias"]
        self.classes = torch.from_numpy(material.concepts.classes)
        class_of = torch.full((len(material.concepts),), -1)
        class_of[self.classes] = torch.arange(len(self.classes))
        self.class_of = class_of
        known = (class_of[material.concept[: material.photos]] >= 0).nonzero()[:, 0]
        sure = self.logits(material.features[known]).argmax(1) == class_of[material.concept[known]]
        self.known = known[sure]  # photographs of ImageNet's classes that it recognises
        large = material.large[self.known].numpy()
        self.shares = np.where(large, 1 / max(large.sum(), 1), 1 / max((~large).sum(), 1))  # how often each is turned into others: half of the time large ones
        self.shares /= self.shares.sum()
        self.centred = self.weight - self.weight.mean(0)
        of = self.centred[class_of[material.concept[self.known]]]
        along = ((material.features[self.known] - material.features[: material.photos].mean(0)) * of).sum(1) / (of * of).sum(1)
        self.stride = float(along.numpy() @ self.shares)  # how far a class's photographs lie along its weights

    def logits(self, features: torch.Tensor) -> torch.Tensor:
        return F.linear(features, self.weight, self.bias)

    def loss(self, features: torch.Tensor, seen: torch.Tensor, rows: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        """Photographs, or what is made of them (features [n, 1280], unit embeddings [n, 384]), find the classes' names (unit rows [1000, 384])
        as the classifier does."""
        found = (scale * seen @ rows.T).log_softmax(1)
        return F.kl_div(found, self.logits(features).log_softmax(1), log_target=True, reduction="batchmean")

    def imagined(self, features: torch.Tensor, concept: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features of photographs of some classes, turned into those of random other classes; and the concepts of these."""
        wanted = torch.randint(len(self.classes), (len(features),))
        stride = self.stride * torch.empty(len(features), 1).uniform_(0.8, 1.5)
        return F.relu(features + stride * (self.centred[wanted] - self.centred[self.class_of[concept]])), self.classes[wanted]

    def factors(self, width: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The best projection [width, 1280] of its weights, and the classes' rows [1000, width] in it: their product gives the logits."""
        u, s, v = torch.linalg.svd(self.centred, full_matrices=False)
        root = s[:width].sqrt()
        return root[:, None] * v[:width], u[:, :width] * root


class Table(torch.nn.Module):
    """A free embedding of every phrase, which the text tower then learns to say."""

    def __init__(self, material: Material, rows_of_classes: torch.Tensor):
        super().__init__()
        self.tables = material.tables
        means = torch.zeros(len(material.concepts), rows_of_classes.shape[1]).index_copy(0, torch.from_numpy(material.concepts.classes), F.normalize(rows_of_classes, dim=-1))
        begun = self.tables.true[:-1].float() @ means
        begun = F.normalize(begun, dim=-1) + 0.3 * torch.randn_like(begun) / begun.shape[1] ** 0.5
        self.rows = torch.nn.Parameter(F.normalize(begun, dim=-1))
        families = [counts for _, counts in self.tables.families]
        self.odds = torch.stack([share * (counts > 0) for share, counts in zip(FAMILY_SHARES, families)], 1)
        taught = torch.from_numpy(material.concepts.taught())
        self.place = torch.where(taught, taught.cumsum(0) - 1, texts.NONE)  # of a concept among the taught
        names = torch.tensor([material.phrases.row[names[0]] for names in material.concepts.names])
        self.names, self.classes = names[taught], names[torch.from_numpy(material.concepts.classes)]  # rows of the taught, and of ImageNet's classes

    def unit(self) -> torch.Tensor:
        return F.normalize(self.rows, dim=-1)

    def unit_names(self) -> torch.Tensor:
        """The embeddings of the taught concepts' names."""
        return F.normalize(self.rows[self.names], dim=-1)

    def asked(self, concept: torch.Tensor) -> torch.Tensor:
        """A phrase [n] that is true of each concept."""
        family = torch.multinomial(self.odds[concept], 1)[:, 0]
        choices = torch.stack([self.tables.any_of(i, concept) for i in range(len(FAMILY_SHARES))], 1)
        return choices.gather(1, family[:, None])[:, 0]

    def loss(self, images: torch.Tensor, concept: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        """Each picture finds a phrase that is true of it among all that are not; each phrase ranks the pictures of the batch."""
        table, asked = self.unit(), self.asked(concept)
        true = self.tables.true[:-1, concept]
        open_to_doubt = (true | self.tables.unsure[:-1, concept]).T
        cosines = images @ table.T
        logits = (scale * cosines).masked_fill(open_to_doubt.scatter(1, asked[:, None], False), NEVER)
        found = F.cross_entropy(logits, asked)
        pictured = true.any(1).nonzero()[:, 0]
        pictured = pictured[torch.randperm(len(pictured))[:1024]]
        share = true[pictured].float()
        ranked = (PHRASE_SCALE * cosines[:, pictured].T).masked_fill(self.tables.unsure[pictured][:, concept] & (share == 0), NEVER).log_softmax(1)
        return found - 0.3 * (ranked * share / share.sum(1, keepdim=True)).sum(1).mean()

    def name_loss(self, images: torch.Tensor, concept: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        """Each picture (unit rows [n, 384]) of a taught concept [n] finds its own name among those of all taught concepts, also before others
        that are true of it: "granny smith" before "apple"."""
        return F.cross_entropy(scale * images @ self.unit_names().T, self.place[concept])


@dataclass
class Seen:
    """A batch of pictures at hand, then of features imagined for ImageNet's classes, then of pairs of photographs."""

    images: torch.Tensor  # unit embeddings [768 + 512 + 256, 384]
    concept: torch.Tensor  # [768 + 512], of the pictures and what is imagined
    attributes: torch.Tensor  # [768, 5], of the pictures
    readable: torch.Tensor  # bool [768 + 512 + 256]: readable photographs, and what is made of them
    classified: torch.Tensor  # [readable, 1280], of these the features that ImageNet's classifier reads


class Pairs:
    """Pairs of photographs, given by their indices [2, n], and how much each has of the other."""

    def __init__(self, photos: torch.Tensor):
        self.one, self.other = photos
        self.share = torch.empty(photos.shape[1], 1).uniform_(0.25, 0.75)

    def mixed(self, features: torch.Tensor) -> torch.Tensor:
        """The pairs' features [n, 1280] of the photographs' [photos, 1280]."""
        return torch.lerp(features[self.one], features[self.other], self.share)


def thinned(features: torch.Tensor) -> torch.Tensor:
    """Features with a random `DROPPED` of their entries set to 0, others for each picture; the rest are scaled up."""
    return F.dropout(features, DROPPED)


def spoken_batch(material: Material, table: Table, rng: np.random.Generator, n: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Token ids [n, 32] of phrases in any template, the unit rows they shall be turned to, and the phrases (NONE of two things)."""
    tables, said, unit = material.tables, material.phrases.texts, table.unit().detach()
    rows = torch.from_numpy(rng.integers(len(said), size=n))
    by_pictures = torch.from_numpy(rng.random(n)) < BY_PICTURES
    concept = material.concept[draw(rng, material.shares, int(by_pictures.sum()))]
    of_class = torch.from_numpy(rng.random(len(concept))) < OF_CLASSES
    concept[of_class] = torch.from_numpy(rng.choice(material.concepts.classes, int(of_class.sum())))
    rows[by_pictures] = table.asked(concept)
    ids = torch.full((n, texts.CONTEXT), tables.end)
    ids[:, : texts.NAME_LENGTH] = tables.ids[rows, torch.from_numpy(rng.integers(len(texts.TEMPLATES), size=n))].long()
    goal, phrase = unit[rows].clone(), rows.clone()
    mixed, described = int(MIXED * n), int(DESCRIBED * n)
    written = []
    for i in range(mixed + described):
        one = said[int(rows[i])]
        if i < mixed:
            other = int(rng.integers(len(said)))
            noun = TWO_THINGS[rng.integers(len(TWO_THINGS))].format(one, said[other])
            goal[i] = LEAD * unit[rows[i]] + (1 - LEAD) * unit[other]
            phrase[i] = texts.NONE
        else:
            noun = f"{ADJECTIVES[rng.integers(len(ADJECTIVES))]} {plural(one) if rng.random() < 0.3 else one}"
        written.append(texts.filled(texts.TEMPLATES[rng.integers(len(texts.TEMPLATES))], noun))
    ids[: len(written)] = torch.from_numpy(texts.token_ids(material.tokenizer, written)).long()
    return ids, F.normalize(goal, dim=-1), phrase


def spoken_loss(said: torch.Tensor, goal: torch.Tensor, phrase: torch.Tensor, table: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Texts lie at their goals, nearer to their phrase's row than to any other, and have the goals' cosines with pictures.

    `said` and `goal` are [n, 384], `phrase` [n], `table` [phrases, 384], `images` [m, 384]; all rows are unit vectors.
    """
    single = phrase != texts.NONE
    found = F.cross_entropy(PHRASE_SCALE * said[single] @ table.T, phrase[single])
    return found + AT_GOAL * (1 - (said * goal).sum(1)).mean() + (PHRASE_SCALE * (said - goal) @ images.T).square().mean()


def captions_loss(material: Material, clip: Clip, images: torch.Tensor, chosen: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Pictures (unit rows of training pictures `chosen`) and captions find each other; photographs' captions are names, parents and words."""
    concept, is_photo = material.concept[chosen], chosen < material.photos
    ids, said = material.tables.captions(concept, is_photo)
    plan = material.pictures.plan[material.rows[chosen.numpy()]]
    scenes = (~is_photo).nonzero()[:, 0]
    columns = (plan.concept, plan.ground, plan.count, plan.place, plan.size, plan.style)
    written = [texts.scene_caption(rng, int(columns[0][i]), material.concepts.names, material.concepts.keywords, material.phrases.row, *(int(c[i]) for c in columns[1:])) for i in scenes.tolist()]
    if written:
        ids[scenes] = torch.from_numpy(texts.token_ids(material.tokenizer, [text for text, _ in written])).long()
        said[scenes] = torch.tensor([says for _, says in written])
    true, unknown = material.tables.truth(concept, is_photo, material.attributes[chosen], said)
    unknown = unknown | (material.tables.unsure[said[:, texts.PHRASE]][:, concept].T & ~true)
    return texts.contrast(clip.scale() * images @ say(clip, ids).T, true, unknown)


def said_names_loss(material: Material, clip: Clip, table: Table, images: torch.Tensor, concept: torch.Tensor, template: int) -> torch.Tensor:
    """Pictures, or what is imagined (unit rows [n, 384]), of taught concepts [n] find their names, as the text tower says them in a template,
    among those of all n and those that the table has nearest to each."""
    names, own = table.unit_names(), table.place[concept]
    nearest = (images.detach() @ names.T).scatter(1, own[:, None], -1.0).topk(NEAREST).indices
    asked, place = torch.cat([own, nearest.flatten()]).unique(return_inverse=True)
    said = say(clip, material.tables.ids[table.names[asked], template].long())
    return F.cross_entropy(clip.scale() * images @ said.T, place[: len(own)])


def among_own(material: Material, clip: Clip, images: torch.Tensor, written: list[str]) -> torch.Tensor:
    """Logits [n, k] of each picture (unit rows) among its own k texts, which stand one picture after the other in `written`."""
    ids = torch.from_numpy(texts.token_ids(material.tokenizer, written)).long()
    return clip.scale() * torch.einsum("nd,nkd->nk", images, say(clip, ids).unflatten(0, (len(images), -1)))


def counts_loss(material: Material, clip: Clip, images: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Each scene (unit rows of training pictures `chosen`) has one of four counts."""
    names = [material.concepts.names[c][0] for c in material.concept[chosen].tolist()]
    written = [f"{word} {name if k == 0 else plural(name)}" for name in names for k, word in enumerate(NUMBER_WORDS)]
    return F.cross_entropy(among_own(material, clip, images, written), material.attributes[chosen, 1] - 1)


def grounds_loss(material: Material, clip: Clip, images: torch.Tensor, chosen: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Each scene (unit rows of training pictures `chosen`, all on a named ground) has one of twelve grounds."""
    written = []
    for concept in material.concept[chosen].tolist():
        noun = texts.filled(texts.TEMPLATES[rng.integers(len(texts.TEMPLATES))], material.concepts.names[concept][0]).rstrip(".")
        ground = texts.GROUNDS[rng.integers(2)] if rng.random() < 0.6 else texts.GROUNDS[rng.integers(len(texts.GROUNDS))]
        written += [f"{noun} {ground.format(colour)}" for colour in COLOUR_NAMES]
    never_shown = torch.tensor([[is_held_out_pair(c, g) for g in range(len(COLOUR_NAMES))] for c in material.concept[chosen].tolist()])
    return F.cross_entropy(among_own(material, clip, images, written).masked_fill(never_shown, NEVER), material.attributes[chosen, 0])


class Judges(torch.nn.Module):
    """Linear readings of what scenes show besides their thing, from features or embeddings: they make them keep that."""

    SIZES = (12, 4, 9, 2, 2)  # grounds, counts, places, sizes, lines
    WEIGHTS = (1.0, 2.0, 1.0, 0.5, 0.5)
    RARE = (0.25, 1.0, 1.0, 1.0)  # what scenes with one to four things weigh: most have one

    def __init__(self, width: int):
        super().__init__()
        self.read = torch.nn.ModuleList(torch.nn.Linear(width, size) for size in self.SIZES)

    def loss(self, features: torch.Tensor, attributes: torch.Tensor) -> torch.Tensor:
        total = torch.zeros(())
        for i, reading in enumerate(self.read):
            wanted = attributes[:, i] - int(i == 1)  # counts begin with one
            some = attributes[:, i] != texts.NONE
            if some.any():
                rare = torch.tensor(self.RARE) if i == 1 else None
                total = total + self.WEIGHTS[i] * F.cross_entropy(reading(features[some]), wanted[some], rare)
        return total / sum(self.WEIGHTS)
