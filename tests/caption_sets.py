"""Small pictures with captions, and tiny networks of ours and of the library, for the tests of image captioning."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from hub_models.architectures import caption_attention, caption_lstm
from hub_models.checkpoint import Checkpoint
from hub_models.predictors.captioner import EOS, SOS, Captioner
from hub_models.vocabulary import Vocabulary

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 40), "blue": (30, 60, 220)}
SHAPES = ("square", "bar")
WORDS = ("a", "red", "green", "blue", "square", "bar", "on", "grey", "ground", "stands", "lies")
MODELS = {"caption_lstm": caption_lstm.MODEL, "caption_attention": caption_attention.MODEL}


def drawn(number: int) -> np.ndarray:
    """(64, 80, 3) uint8: a shape in a colour, at a place of its own."""
    pixels = np.full((64, 80, 3), 128, np.uint8)
    colour = list(COLOURS.values())[number % 3]
    top, left = 5 + (number * 7) % 25, 8 + (number * 11) % 30
    height, width = ((30, 30), (12, 40))[number // 3 % 2]
    pixels[top : top + height, left : left + width] = colour
    return pixels


def said_of(number: int) -> list[str]:
    colour, shape = list(COLOURS)[number % 3], SHAPES[number // 3 % 2]
    return [f"A {colour} {shape} on grey ground .", f"a {colour} {shape} {('stands', 'lies')[number % 2]}"]


def write_captions(folder: Path, count: int = 24, missing: int = 6) -> Path:
    """`count` pictures with two captions each, and captions of `missing` more that are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.fromarray(drawn(number)).save(folder / f"{number}.png")
    told = {f"{number}.png": said_of(number) for number in range(count + missing)}
    (folder / "captions.json").write_text(json.dumps(told))
    return folder


def row(model: str = "caption_lstm", **more: object) -> Checkpoint:
    facts = {
        "task": "image-captioning", "title": "Tiny", "architecture": "LSTM", "year": 2015, "library": "ours",
        "source": "hub:nobody/nothing", "sentence": "Tiny.", "paper": "None.", "weights_licence": "mit",
        "data_licence": "none", "trained_on": "nothing", "parameters": 1, "megabytes": 0.1,
    }  # fmt: skip
    return Checkpoint(id=f"{model}.tiny", model=model, **(facts | more))


def tiny_captioner(model: str = "caption_lstm", known: int = 0, words: Sequence[str] = WORDS) -> Captioner:
    """A captioner with random weights, whose decisions are not close."""
    vocabulary = Vocabulary(words=(SOS, EOS, *words))
    torch.manual_seed(1)
    network = (
        MODELS[model](vocabulary.size, embedding=12, hidden=16, known=known).eval().requires_grad_(False)
    )
    for parameter in network.parameters():
        parameter.mul_(2)
    return Captioner(row(model), network, vocabulary, "cpu")


def write_tiny_library(folder: Path, kind: str) -> Path:
    """A BLIP or GIT of one small layer with random weights, its picture processor and a tokenizer of its own."""
    from transformers import (
        BertTokenizer,
        BlipConfig,
        BlipForConditionalGeneration,
        BlipImageProcessor,
        CLIPImageProcessor,
        GitConfig,
        GitForCausalLM,
    )

    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]"]
    pieces = {word: i for i, word in enumerate([*marks, *WORDS, "##s", "##ing"])}
    BertTokenizer(vocab=pieces).save_pretrained(folder)
    torch.manual_seed(0)
    layers = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    sight = {**layers, "image_size": 32, "patch_size": 16}
    text = {
        **layers,
        "vocab_size": len(pieces),
        "max_position_embeddings": 64,
        "pad_token_id": 0,
        "eos_token_id": 3,
    }
    if kind == "blip":
        text |= {"encoder_hidden_size": 16, "projection_dim": 8, "bos_token_id": 5, "sep_token_id": 3}
        made = BlipForConditionalGeneration(
            BlipConfig(vision_config=sight, text_config=text, projection_dim=8)
        )
        BlipImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    else:
        made = GitForCausalLM(GitConfig(vision_config=sight, **text, bos_token_id=2))
        sides = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
        CLIPImageProcessor(**sides).save_pretrained(folder)
    for parameter in made.parameters():
        parameter.data.mul_(4)
    made.save_pretrained(folder)
    return folder
