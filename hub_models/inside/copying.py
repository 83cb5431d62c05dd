"""A memory test: repeat the first symbol after so many others (lecture, sections 10.5 and 10.11), learned in some seconds.

The network reads one of eight symbols, then `distance` fillers, then a mark, and shall say the symbol. Guessing is right one
time in eight. What it takes is not size, but a way along which the gradient comes back over the distance.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from hub_models import compute
from hub_models.architectures.character_model import CharacterModel

SYMBOLS, FILLERS, MARK = 8, 4, 13  # numbers 1 to 8 are symbols, 9 to 12 fillers
BATCH, RATE, ASKED = 64, 3e-3, 512
ENOUGH = 0.995  # accuracy of a training batch at which it has learned
KINDS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "transformer": "Transformer"}


@dataclass(frozen=True, kw_only=True)
class Copied:
    """`accuracy` on ASKED new sequences, after `steps` of training in `seconds`."""

    kind: str
    distance: int
    accuracy: float
    steps: int
    seconds: float


def sequences(count: int, distance: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Numbers (count, distance + 2) int64, and the symbol of each (count,)."""
    symbol = torch.randint(1, SYMBOLS + 1, (count, 1), generator=random)
    filler = torch.randint(SYMBOLS + 1, SYMBOLS + FILLERS + 1, (count, distance), generator=random)
    return torch.cat([symbol, filler, torch.full((count, 1), MARK)], 1), symbol[:, 0]


def copied(kind: str, distance: int, seconds: float, seed: int = 0) -> Copied:
    """A fresh network of `kind`, trained for at most `seconds`. Overloaded `cancelled`."""
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
        torch.manual_seed(seed)
        network = CharacterModel(MARK + 1, kind, width=32, hidden=64, layers=1, heads=4, context=distance + 2)
        optimizer = torch.optim.Adam(network.parameters(), RATE)
        random = torch.Generator().manual_seed(seed)
        began, steps, right = time.perf_counter(), 0, 0.0
        while time.perf_counter() - began < seconds and right < ENOUGH:
            compute.check()
            numbers, symbol = sequences(BATCH, distance, random)
            logits = network(numbers)[:, -1]
            optimizer.zero_grad()
            F.cross_entropy(logits, symbol).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            steps += 1
            right = 0.9 * right + 0.1 * float((logits.argmax(1) == symbol).float().mean())
        numbers, symbol = sequences(ASKED, distance, random)
        with torch.no_grad():
            accuracy = float((network.eval()(numbers)[:, -1].argmax(1) == symbol).float().mean())
    return Copied(
        kind=kind, distance=distance, accuracy=accuracy, steps=steps, seconds=time.perf_counter() - began
    )


def copies(
    distances: tuple[int, ...], seconds: float, kinds: tuple[str, ...] = tuple(KINDS)
) -> Iterator[Copied]:
    """One network after the other, the shortest distance first."""
    for distance in distances:
        for kind in kinds:
            yield copied(kind, distance, seconds)
