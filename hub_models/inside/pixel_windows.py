"""A window around every pixel against one pass over the picture (lecture, 9.1): the same weights, time and result.

The naive way cuts a window out for each pixel, lets the network run on it and keeps the answer for that pixel. Where
the window holds the pixel's whole receptive field, the answer is that of the one pass over the picture, to the last
bits. A smaller window is cheaper, and knows less.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.inside.cost import timed
from hub_models.inside.dependency import Dependency
from hub_models.inside.segmentation import labels_of
from hub_models.inside.trace import gradients

Box = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class PixelWindows:
    """Answers for the pixels at `rows` (n,) x `columns` (m,) of the network's input of `size_hw`.

    `windows` (n, m, 4) xyxy; `by_window`, `at_once` (n, m) uint8: their classes in both ways; `largest_difference`
    of their logits. Milliseconds of this machine: of one window on average, and of the pass over the whole picture.
    """

    rows: np.ndarray
    columns: np.ndarray
    windows: np.ndarray
    by_window: np.ndarray
    at_once: np.ndarray
    largest_difference: float
    window_ms: float
    picture_ms: float
    size_hw: tuple[int, int]

    @property
    def agreement(self) -> float:
        """The share of the pixels tried that get the same class in both ways."""
        return float((self.by_window == self.at_once).mean())

    @property
    def all_windows_ms(self) -> float:
        """Of a window for every pixel of the picture: extrapolated, not waited for."""
        return self.window_ms * self.size_hw[0] * self.size_hw[1]

    @property
    def times_slower(self) -> float:
        return self.all_windows_ms / self.picture_ms


def pixel_windows(
    network: nn.Module,
    x: Tensor,
    used_hw: tuple[int, int] | None = None,
    grid: tuple[int, int] = (4, 6),
    side: int | None = None,
) -> PixelWindows:
    """Both ways for a grid of pixels of `x` (1, 3, H, W), a network of ours.

    `used_hw`: the part of `x` that is picture, at the upper left. `side` of the windows in pixels, rounded up to the
    network's stride; None takes the receptive field of each pixel. Windows begin at multiples of the stride, as the
    pooling cells of the picture do, and end at its border.
    """
    size_hw = tuple(x.shape[2:])
    rows, columns = (
        ((np.arange(count) + 0.5) * n / count).astype(int)
        for count, n in zip(grid, used_hw or size_hw, strict=True)
    )
    pixels = [(int(row), int(column)) for row in rows for column in columns]
    if side is None:
        boxes = [aligned(box, network.stride, size_hw) for box in fields(network, x, pixels)]
    else:
        boxes = [around(pixel, side, network.stride, size_hw) for pixel in pixels]
    with torch.inference_mode():
        network(x)  # the first pass also pays for what PyTorch prepares
        whole, picture_seconds = timed(network, x)
        answers, seconds = [], 0.0
        for (row, column), (left, top, right, bottom) in zip(pixels, boxes, strict=True):
            logits, spent = timed(network, x[:, :, top:bottom, left:right].contiguous())
            answers.append(logits[:, :, row - top, column - left])
            seconds += spent
        shape = (1, -1, len(rows), len(columns))
        by_window = torch.stack(answers, dim=2).reshape(shape)  # (1, classes, n, m)
        at_once = whole[:, :, torch.tensor(rows)[:, None], torch.tensor(columns)[None]]
    return PixelWindows(
        rows=rows,
        columns=columns,
        windows=np.array(boxes).reshape(len(rows), len(columns), 4),
        by_window=labels_of(by_window),
        at_once=labels_of(at_once),
        largest_difference=float((by_window - at_once).abs().max()),
        window_ms=1000 * seconds / len(pixels),
        picture_ms=1000 * picture_seconds,
        size_hw=size_hw,
    )


def fields(network: nn.Module, x: Tensor, pixels: list[tuple[int, int]]) -> list[Box]:
    """The pixels of `x` on which the logits of each of `pixels` (row, column) depend, as xyxy boxes."""
    found = []
    with gradients(torch.ones_like(x, dtype=torch.float64)) as ones, Dependency():
        logits = network(ones)
        for row, column in pixels:
            (gradient,) = torch.autograd.grad(logits[0, :, row, column].sum(), ones, retain_graph=True)
            depends = (gradient[0] > 0).any(0).cpu().numpy()
            down, across = (np.flatnonzero(depends.any(axis=axis)) for axis in (1, 0))
            found.append((int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1))
    return found


def aligned(box: Box, stride: int, size_hw: tuple[int, int]) -> Box:
    """The smallest box around `box` that begins and ends at multiples of `stride`."""
    height, width = size_hw
    left, top, right, bottom = box
    return (
        left // stride * stride,
        top // stride * stride,
        min(-(-right // stride) * stride, width),
        min(-(-bottom // stride) * stride, height),
    )


def around(pixel: tuple[int, int], side: int, stride: int, size_hw: tuple[int, int]) -> Box:
    """A box of `side` with the pixel as near to its middle as multiples of `stride` and the border let it be."""
    ends = []
    for at, n in zip(pixel, size_hw, strict=True):
        length = min(-(-side // stride) * stride, n)
        begin = int(np.clip(round((at + 0.5 - length / 2) / stride) * stride, 0, n - length))
        ends.append((begin, begin + length))
    (top, bottom), (left, right) = ends
    return left, top, right, bottom
