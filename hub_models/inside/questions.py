"""Inside a network of ours that answers questions about pictures: where words look, what each does, what fusion makes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hub_models.architectures.vqa import UNKNOWN, VisualQuestionAnswerer, fuse
from hub_models.shapes import COLOURS, SHAPES, Drawing


@dataclass(frozen=True, kw_only=True)
class Looked:
    """One question about one picture, for people: T words, regions in a grid of G x G, C answers."""

    words: tuple[str, ...]
    maps: np.ndarray  # (T, G, G): where each word looks; sums to 1
    weights: np.ndarray  # (T,): how much each word counts; sums to 1
    probabilities: np.ndarray  # (C,)

    @property
    def whole(self) -> np.ndarray:
        """(G, G): where the question as a whole looks."""
        return np.tensordot(self.weights, self.maps, 1)


def looked(predictor, pixels: np.ndarray, question: str) -> Looked:
    """What the network of `predictor` does with a cleaned question."""
    reading = predictor.read(predictor.look(pixels), [question])
    words = tuple(word.text for word in predictor.cut(question))
    side = round(reading.over_regions.shape[2] ** 0.5)
    return Looked(
        words=words,
        maps=reading.over_regions[0, : len(words)].reshape(-1, side, side).cpu().numpy(),
        weights=reading.over_words[0, : len(words)].cpu().numpy(),
        probabilities=reading.logits[0].softmax(0).cpu().numpy(),
    )


def without_each_word(network: VisualQuestionAnswerer, regions: Tensor, numbers: Tensor) -> np.ndarray:
    """(T, answers): what each answer loses when a word of (T,) int64 becomes unknown."""
    rows = numbers.repeat(len(numbers) + 1, 1)
    rows[torch.arange(len(numbers)), torch.arange(len(numbers))] = UNKNOWN
    with torch.inference_mode():
        shares = network.read(regions.expand(len(rows), -1, -1), rows).logits.softmax(1)
    return (shares[-1] - shares[:-1]).cpu().numpy()


def two_vectors(network: VisualQuestionAnswerer, regions: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
    """(of the picture (D,), of the question (D,)) as they go into the fusion, for the words (T,)."""
    with torch.inference_mode():
        reading = network.read(regions, numbers[None])
        picture, question = network.from_picture(reading.picture), network.from_question(reading.question)
    return torch.tanh(picture)[0], torch.tanh(question)[0]


def fused(picture: Tensor, question: Tensor) -> dict[str, np.ndarray]:
    """Two short vectors (n,) by each fusion: (n,), (2 n,) and (n x n,)."""
    ways = ("product", "concatenation", "bilinear")
    return {way: fuse(picture[None], question[None], way)[0].cpu().numpy() for way in ways}


def drawn_questions() -> Iterator[tuple[Drawing, list[tuple[str, str]]]]:
    """Each shape in each colour, with questions whose answers are known because it was drawn: (question, answer)."""
    for shape in SHAPES:
        for colour in COLOURS:
            asked = [
                ("what shape is in the image?", shape),
                (f"what is the {colour} shape?", shape),
                ("what color is the shape?", colour),
                (f"what is the color of the {shape}?", colour),
            ]
            others = [other for other in SHAPES if other != shape] + [o for o in COLOURS if o != colour][:2]
            for thing in (shape, colour, *others):
                there = thing in (shape, colour)
                name = thing if thing in SHAPES else f"{thing} shape"
                asked.append((f"is there a {name}?", "yes" if there else "no"))
                asked.append((f"is there not a {name}?", "no" if there else "yes"))
            yield Drawing(shape=shape, colour=colour), asked
