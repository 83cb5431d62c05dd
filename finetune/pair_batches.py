"""Batches of sentences of similar length, so that little of a batch is padding."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from hub_models.paired_texts import PairedTexts
from hub_models.predictors import pieces as ours
from hub_models.predictors.pieces import Pieces

LONGEST = 100  # pieces of a training sentence; longer ones are left out
Numbers = tuple[list[int], list[int]]  # of a source and its target, each up to its sign for the end
Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Fill:
    """What stands behind the end of a sentence, and before the beginning of a target."""

    padding: int = ours.PADDING
    start: int = ours.START


def encoded(data: PairedTexts, pieces: Pieces) -> list[Numbers]:
    """The pairs as numbers of our pieces."""
    return list(zip(pieces.all_numbers(data.sources), pieces.all_numbers(data.targets), strict=True))


class Batches(Dataset):
    """`[(epoch, index)]` -> a whole batch: numbers (B, S) of sources and (B, 1 + T) of targets, from <SOS> to <EOS>.

    Each epoch sorts the pairs by length, lengths a little disturbed, so that a sentence meets others each time.
    """

    def __init__(self, pairs: Sequence[Numbers], sentences: int, seed: int, fill: Fill) -> None:
        self.pairs = [pair for pair in pairs if max(map(len, pair)) <= LONGEST]
        self.left_out = len(pairs) - len(self.pairs)
        self.lengths = np.array([[len(side) for side in pair] for pair in self.pairs], float)
        self.sentences, self.seed, self.fill = min(sentences, max(1, len(self.pairs))), seed, fill
        self.epoch, self.order = -1, np.zeros(0, int)

    def __len__(self) -> int:
        return max(1, len(self.pairs) // self.sentences)

    def __getitem__(self, key: tuple[int, int]) -> Pair:
        epoch, index = key
        if epoch != self.epoch:
            random = np.random.default_rng([self.seed, epoch])
            disturbed = self.lengths.max(1) + random.uniform(-1, 1, len(self.pairs))
            self.order, self.epoch = np.argsort(disturbed, kind="stable"), epoch
            # what fills no batch is left out of this epoch, wherever it stands
            over = len(self.pairs) - len(self) * self.sentences
            self.order = np.delete(self.order, random.choice(len(self.pairs), over, replace=False))
        rows = self.order[index * self.sentences : (index + 1) * self.sentences]
        return batch_of([self.pairs[i] for i in rows], self.fill)


def batch_of(pairs: Sequence[Numbers], fill: Fill) -> Pair:
    """Numbers of sources and targets -> (B, S), (B, 1 + T), the target behind <SOS>."""
    return filled([a for a, _ in pairs], fill.padding), filled(
        [[fill.start, *b] for _, b in pairs], fill.padding
    )


def filled(rows: Sequence[Sequence[int]], padding: int) -> Tensor:
    """Lists of numbers -> (B, T) int64."""
    out = torch.full((len(rows), max(map(len, rows))), padding, dtype=torch.int64)
    for place, row in enumerate(rows):
        out[place, : len(row)] = torch.tensor(row)
    return out


def batches_in_order(pairs: Sequence[Numbers], sentences: int, fill: Fill) -> list[Pair]:
    """All pairs that are not too long, the shortest first."""
    kept = sorted((p for p in pairs if max(map(len, p)) <= LONGEST), key=lambda p: (len(p[0]), len(p[1])))
    return [batch_of(kept[i : i + sentences], fill) for i in range(0, len(kept), sentences)]


def only(batch: Pair) -> Pair:
    """The loader stacks samples; a sample is a batch here, so it stacks one."""
    return tuple(side[0] for side in batch)
