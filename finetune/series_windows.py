"""Stretches of series as a network learns from them: what it reads, and at every step the values that really came."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from finetune.drawn_series import drawn_series
from hub_models.inside.series_features import FEATURES, encode
from hub_models.series_files import Stretch

SHORTEST = 16  # values read
PER_VALUE = 0.5  # windows an epoch for each value to learn from
LARGEST = 30.0  # of a target, in units of the scale: a jump shall not be all that is learned


class Windows(Dataset):
    """`[(epoch, index)]` -> features (window, 6), and at every step: what the correction should have been (window, horizon),
    what a full gate adds, both in units of the scale, and whether the loss counts there.

    A share `drawn` of the windows comes from drawn series.
    """

    def __init__(
        self, stretches: Sequence[Stretch], window: int, horizon: int, seed: int, count: int, drawn: float
    ) -> None:
        self.window, self.horizon, self.seed, self.count, self.drawn = window, horizon, seed, count, drawn
        self.pasts = [(one.series.values[: one.end], one.period) for one in stretches]
        sizes = np.sqrt([len(values) for values, _ in self.pasts])
        self.shares = sizes / sizes.sum()

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        epoch, index = key
        number = epoch * self.count + index
        random = np.random.default_rng((self.seed, 1, number))
        if random.random() < self.drawn:
            values, period = drawn_series(self.seed, number, self.window + self.horizon)
        else:
            values, period = self.pasts[random.choice(len(self.pasts), p=self.shares)]
        return self.of(values, period, random)

    def of(self, values: np.ndarray, period: int, random: np.random.Generator) -> tuple[Tensor, ...]:
        """A stretch of `values` that is read, and the steps after it that are asked for, as far as they are known."""
        read = self.window if random.random() < 0.7 else int(random.integers(SHORTEST, self.window + 1))
        read = min(read, len(values) - 1)
        begin = int(random.integers(0, max(1, len(values) - read - self.horizon // 2)))
        known = values[begin : begin + read + self.horizon]
        return window_of(known, period, min(read, len(known) - 1), self.window, self.horizon)


def window_of(
    known: np.ndarray, period: int, read: int, window: int, horizon: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The first `read` values are read, all are known; the rest of the window stays empty and counts nothing."""
    one = encode(known[:read], period, horizon)
    unit = one.scale or 1.0
    places = np.arange(read)[:, None] + np.arange(1, horizon + 1)
    there = (places < len(known)) & (np.arange(read) >= min(period, read - 1))[:, None]
    truth = known[np.minimum(places, len(known) - 1)]
    wanted = np.clip((truth - one.usual) / unit, -LARGEST, LARGEST)
    goes_on = np.clip(one.going_on / unit, -LARGEST, LARGEST)
    features = np.zeros((window, len(FEATURES)), np.float32)
    features[:read] = one.features
    return (
        torch.from_numpy(features),
        padded(wanted, window),
        padded(goes_on, window),
        padded(there, window) > 0,
    )


def padded(rows: np.ndarray, window: int) -> Tensor:
    out = np.zeros((window, *rows.shape[1:]), np.float32)
    out[: len(rows)] = rows
    return torch.from_numpy(out)
