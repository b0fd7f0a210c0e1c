"""The prompts whose ids are compared: every class in every template, and other texts alone and in pairs."""
import json
import pathlib

HERE = pathlib.Path(__file__).parent / "tokenizer"


def plain_and_strange_texts():
    """The texts of texts.json, each a piece and how often it is repeated."""
    return [piece * times for piece, times in json.loads((HERE / "texts.json").read_text())]


def prompt_blocks(imagenet):
    """Lists of prompts: one a template, then one of the other texts and one of each before every other."""
    for template in imagenet["templates"]:
        yield [template.replace("{}", label) for label in imagenet["classes"]]
    texts = plain_and_strange_texts()
    yield texts
    for first in texts:
        yield [f"{first} {second}" for second in texts]
