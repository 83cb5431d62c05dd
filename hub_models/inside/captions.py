"""What made a captioning network say a word: regions it was drawn to, and what it would have said without the picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from hub_models.caption import GRID, Caption

if TYPE_CHECKING:
    from hub_models.predictors.captioner import Captioner

STRONGEST = 3  # regions a word, in a table


def contributions(captioner: "Captioner", seen: torch.Tensor, numbers: Sequence[int]) -> np.ndarray:
    """(words, 7, 7): how much each region raised (above 0) or lowered the logarithm of the word's probability.

    The gradient with respect to the features of the regions, times these features, summed over the 1280 numbers of each:
    what a linear network would owe to it. The gradient reaches a word through all steps before it.
    """
    writer = captioner.writer(seen)
    given = torch.tensor([[writer.begin, *numbers]], device=seen.device)
    with torch.enable_grad():
        regions = seen.clone().requires_grad_(True)
        network = captioner.network
        logits = network.read(given, network.begin(regions[None]))[0][0]
        logs = logits.float().log_softmax(-1)
        maps = []
        for place, number in enumerate(numbers):
            (gradient,) = torch.autograd.grad(logs[place, number], regions, retain_graph=True)
            maps.append((gradient * regions).sum(1).detach().cpu().numpy().reshape(GRID, GRID))
    return np.stack(maps) if maps else np.zeros((0, GRID, GRID), np.float32)


def strongest(weights: np.ndarray) -> list[tuple[int, int, float]]:
    """(row, column, weight), counted from 1, of the strongest regions of a map (7, 7)."""
    order = np.argsort(-weights, axis=None, kind="stable")[:STRONGEST]
    return [(int(i) // GRID + 1, int(i) % GRID + 1, float(weights.flat[i])) for i in order]


def placed(row: int, column: int) -> str:
    """A region in words."""
    down = "top" if row < 3 else "bottom" if row > 5 else "middle"
    across = "left" if column < 3 else "right" if column > 5 else "middle"
    return f"{down} {across}" if down != across else "centre"


def with_and_without(
    captioner: "Captioner", seen: torch.Tensor, numbers: Sequence[int]
) -> tuple[Caption, Caption]:
    """The same words as told with the picture, and by the language alone: how probable each is to either."""
    return captioner.told(seen, numbers), captioner.told(captioner.nothing(), numbers)


def nearest_training(captioner: "Captioner", seen: torch.Tensor, count: int = 5) -> list[tuple[str, float]]:
    """(caption, cosine) of the training pictures whose vectors are nearest to this picture's; [] where none is kept."""
    network, vocabulary = captioner.network, captioner.vocabulary
    known = network.known_pictures
    if not len(known):
        return []
    with torch.inference_mode():
        vector = network.vector(seen[None])[0]
        cosine = torch.nn.functional.cosine_similarity(known, vector[None], dim=1)
    best = cosine.argsort(descending=True)[:count]
    end = vocabulary.number_of["<eos>"]
    found = []
    for index in best.tolist():
        numbers = [number for number in network.known_captions[index].tolist() if number]
        numbers = numbers[: numbers.index(end)] if end in numbers else numbers
        found.append((" ".join(map(vocabulary.entry, numbers)), float(cosine[index])))
    return found
