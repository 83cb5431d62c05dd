"""A window slides over a picture: what it says at every place, and how much work that is (lecture, 8.2 and 8.2.1).

Written for `OverFeat`, whose convolutions do not pad: a place of its map is a window, and its receptive field is
that window and nothing else. All coordinates are pixels of `x`, the picture as the network receives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.inside.receptive_field import by_recurrence

if TYPE_CHECKING:
    from hub_models.architectures.overfeat import OverFeat


@dataclass(frozen=True, kw_only=True)
class WindowMap:
    """The answers on one level of the pyramid, a row of the map after the other.

    `window_hw`: of the window in the picture; `level_hw`: of the resized picture with its border; `windows`
    (down, across, 4) xyxy; `probabilities` (down, across, classes + 1), the last of them background; `boxes`
    (down, across, classes, 4) that the second head makes of the windows, None where there is no such head.
    """

    window_hw: tuple[float, float]
    level_hw: tuple[int, int]
    windows: np.ndarray
    probabilities: np.ndarray
    boxes: np.ndarray | None

    @property
    def map_hw(self) -> tuple[int, int]:
        return self.windows.shape[:2]

    def scores(self, class_index: int | None = None) -> np.ndarray:
        """(down, across): probability of a class, or of any object."""
        return (
            1 - self.probabilities[..., -1] if class_index is None else self.probabilities[..., class_index]
        )


@dataclass(frozen=True, kw_only=True)
class Strongest:
    """The most certain windows, best first: `windows` (k, 4), `labels` (k,), `scores` (k,), `levels` (k,)."""

    windows: np.ndarray
    labels: np.ndarray
    scores: np.ndarray
    levels: np.ndarray


@dataclass(frozen=True, kw_only=True)
class LevelWork:
    """Multiplications on one level: every window on its own, and all in one pass."""

    window_hw: tuple[float, float]
    level_hw: tuple[int, int]
    windows: int
    one_by_one: int
    together: int


def window_maps(network: OverFeat, x: Tensor) -> tuple[WindowMap, ...]:
    """What the window says everywhere in the picture `x` (1, 3, H, W), level by level, in one pass each."""
    size_hw, found = tuple(x.shape[2:]), []
    with torch.inference_mode():
        for level in network.pyramid(x):
            answers = network.answers_on(level, together=True)
            offsets = None if answers.offsets is None else answers.offsets[0]
            boxes = None if offsets is None else network.boxes_of(answers.windows, offsets, size_hw)
            shape = level.map_hw
            factor_h, factor_w = level.factor_hw
            found.append(
                WindowMap(
                    window_hw=(network.window / factor_h, network.window / factor_w),
                    level_hw=tuple(level.pictures.shape[2:]),
                    windows=answers.windows.unflatten(0, shape).cpu().numpy(),
                    probabilities=answers.probabilities[0].unflatten(0, shape).cpu().numpy(),
                    boxes=None if boxes is None else boxes.unflatten(0, shape).cpu().numpy(),
                )
            )
    return tuple(found)


def strongest(maps: tuple[WindowMap, ...], count: int = 20) -> Strongest:
    """The `count` windows of all levels that are the most certain of a class."""
    windows = np.concatenate([m.windows.reshape(-1, 4) for m in maps])
    probabilities = np.concatenate(
        [m.probabilities[..., :-1].reshape(len(w), -1) for m, w in with_rows(maps)]
    )
    levels = np.concatenate([np.full(m.map_hw[0] * m.map_hw[1], number) for number, m in enumerate(maps)])
    best = probabilities.max(axis=1)
    order = np.argsort(-best, kind="stable")[:count]
    return Strongest(
        windows=windows[order],
        labels=probabilities[order].argmax(axis=1),
        scores=best[order],
        levels=levels[order],
    )


def with_rows(maps: tuple[WindowMap, ...]) -> list[tuple[WindowMap, np.ndarray]]:
    return [(m, m.windows.reshape(-1, 4)) for m in maps]


def score_heat(found: WindowMap, size_hw: tuple[int, int], class_index: int | None = None) -> np.ndarray:
    """The scores of one level over the picture, each where the middle of its window lies: (H, W) in 0..1."""
    scores = found.scores(class_index)
    centres_y = (found.windows[:, 0, 1] + found.windows[:, 0, 3]) / 2
    centres_x = (found.windows[0, :, 0] + found.windows[0, :, 2]) / 2
    rows = np.abs(np.arange(size_hw[0])[:, None] + 0.5 - centres_y[None]).argmin(axis=1)
    columns = np.abs(np.arange(size_hw[1])[:, None] + 0.5 - centres_x[None]).argmin(axis=1)
    return scores[np.ix_(rows, columns)]


def all_levels_heat(
    maps: tuple[WindowMap, ...], size_hw: tuple[int, int], class_index: int | None = None
) -> np.ndarray:
    """The highest score of any level at each pixel: (H, W) in 0..1."""
    return np.max([score_heat(found, size_hw, class_index) for found in maps], axis=0)


def receptive_field_of_map(network: nn.Module) -> tuple[int, int]:
    """(side of the window, distance of neighbouring windows) in pixels of a level, from the layers alone."""
    chain = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            chain.append((layer.kernel_size[0], layer.stride[0], layer.dilation[0]))
        elif isinstance(layer, nn.MaxPool2d):
            chain.append((layer.kernel_size, layer.stride, 1))
    return by_recurrence(chain)  # both heads are 1x1 convolutions, which change neither


def multiplications(network: nn.Module, size_hw: tuple[int, int]) -> int:
    """Of all convolutions of `OverFeat`, on a picture of this size: positions times weights, layer by layer."""
    (height, width), total = size_hw, 0
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            height, width = (
                side - kernel + 1 for side, kernel in zip((height, width), layer.kernel_size, strict=True)
            )
            total += height * width * layer.weight.numel()
        elif isinstance(layer, nn.MaxPool2d):
            height, width = height // layer.stride, width // layer.stride
    return total


def work(network: OverFeat, x: Tensor) -> tuple[LevelWork, ...]:
    """What both ways multiply on the picture `x` (1, 3, H, W): neighbouring windows share most of their pixels."""
    one = multiplications(network, (network.window, network.window))
    rows = []
    for level in network.pyramid(x):
        down, across = level.map_hw
        factor_h, factor_w = level.factor_hw
        level_hw = tuple(level.pictures.shape[2:])
        rows.append(
            LevelWork(
                window_hw=(network.window / factor_h, network.window / factor_w),
                level_hw=level_hw,
                windows=down * across,
                one_by_one=down * across * one,
                together=multiplications(network, level_hw),
            )
        )
    return tuple(rows)


def total(rows: tuple[LevelWork, ...]) -> tuple[int, int, int]:
    """(windows, multiplications one by one, multiplications in one pass) of all levels."""
    return sum(r.windows for r in rows), sum(r.one_by_one for r in rows), sum(r.together for r in rows)
