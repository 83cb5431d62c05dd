"""In which order the samples come."""

import itertools
import math
from collections.abc import Iterable, Iterator

import torch
from torch.utils.data import Sampler


class EpochBatches(Sampler[list[tuple[int, int]]]):
    """Batches of (epoch, index), so that a data set can draw the augmentation of a sample from (seed, epoch, index).

    Shuffled by (seed, epoch) alone. Of many processes each takes its share; what is left at the end and fills no
    batch waits for the next epoch, which is shuffled otherwise. A set smaller than a batch is one batch.
    """

    def __init__(self, length: int, batch: int, seed: int, process: int = 0, processes: int = 1) -> None:
        self.length, self.seed, self.process, self.processes = length, seed, process, processes
        self.whole = (
            min(batch, math.ceil(length / processes)) * processes
        )  # samples of all processes in a batch
        self.epoch = self.skipped = 0

    def start(self, epoch: int, skipped: int) -> None:
        """The next iteration gives `epoch`, without its first `skipped` batches."""
        self.epoch, self.skipped = epoch, skipped

    def __len__(self) -> int:
        return max(1, self.length // self.whole)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        random = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        order = torch.randperm(self.length, generator=random).tolist()
        if self.length < self.whole:
            order = (order * self.processes)[: self.whole]
        for number in range(self.skipped, len(self)):
            together = order[number * self.whole : (number + 1) * self.whole]
            yield [(self.epoch, i) for i in together[self.process :: self.processes]]


def grouped(batches: Iterable, size: int) -> Iterator[list]:
    """Consecutive batches in lists of `size`; the last may be shorter."""
    iterator = iter(batches)
    while group := list(itertools.islice(iterator, size)):
        yield group
