"""How a network that labels pixels gets small and large again, and what its parts are for (lecture, 9.1).

Maps and pictures as the network has them: `x` (1, 3, H, W) normalised, H and W multiples of the network's `stride`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.errors import BadInput

if TYPE_CHECKING:
    from hub_models.architectures.deconvnet import DeconvNet
    from hub_models.architectures.segnet import SegNet
    from hub_models.architectures.unet import UNet
    from hub_models.architectures.unet_lite import UNetLite


@dataclass(frozen=True, kw_only=True)
class Unpooled:
    """A patch through max pooling and back, all float arrays.

    `values` (2n, 2n), the patch of the map; `pooled` (n, n); `switches` (n, n, 2) int, row and column in the patch
    where the largest of each 2x2 cell stood; `unpooled` (2n, 2n), zero but there; `corner`: row, column in the map.
    """

    values: np.ndarray
    pooled: np.ndarray
    switches: np.ndarray
    unpooled: np.ndarray
    corner: tuple[int, int]


def unpooling_example(plane: np.ndarray, row: int, column: int, side: int = 4) -> Unpooled:
    """The `side` x `side` numbers around one cell of a map (H, W), pooled 2x2 and unpooled."""
    if side % 2 or any(n < side for n in plane.shape):
        raise BadInput(
            "bad_value", f"Expected an even side up to {min(plane.shape)} for this map, got {side}."
        )
    # whole cells of 2x2 only, and within the map
    top, left = (
        int(np.clip((at - side // 2) // 2 * 2, 0, (n - side) // 2 * 2))
        for at, n in zip((row, column), plane.shape, strict=True)
    )
    values = plane[top : top + side, left : left + side].astype(np.float64)
    half = side // 2
    cells = values.reshape(half, 2, half, 2).swapaxes(1, 2).reshape(half, half, 4)
    best = cells.argmax(-1)  # the first of equal ones, as in PyTorch
    switches = np.stack(
        [2 * np.arange(half)[:, None] + best // 2, 2 * np.arange(half)[None] + best % 2], axis=-1
    )
    unpooled = np.zeros_like(values)
    unpooled[switches[..., 0], switches[..., 1]] = cells.max(-1)
    return Unpooled(
        values=values, pooled=cells.max(-1), switches=switches, unpooled=unpooled, corner=(top, left)
    )


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """One input value's share. `stamped` (k, k): value times kernel; `corner`: row, column where it is laid down in
    the uncut canvas; `total` (H + 2p, W + 2p): the sum of all stamps so far."""

    at: tuple[int, int]  # row, column of the input
    value: float
    stamped: np.ndarray
    corner: tuple[int, int]
    total: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Transposed:
    """`output` (H, W): the canvas without its padding. `overlaps` (H, W) int: how many stamps met in each cell."""

    output: np.ndarray
    overlaps: np.ndarray
    stamps: tuple[Stamp, ...]
    size_formula: str


def transposed_convolution(
    patch: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0
) -> Transposed:
    """Every value of `patch` (h, w) lays `kernel` (k, k) down, multiplied, `stride` cells apart; overlaps add up.

    Then `padding` cells are cut off on each side.
    """
    (h, w), k = patch.shape, len(kernel)
    canvas_hw = ((h - 1) * stride + k, (w - 1) * stride + k)
    if kernel.shape != (k, k) or stride < 1 or padding < 0 or 2 * padding >= min(canvas_hw):
        raise BadInput(
            "bad_value",
            f"Expected a square kernel, a stride from 1 and a padding below {min(canvas_hw) / 2:g}, "
            f"got {kernel.shape}, {stride} and {padding}.",
        )
    total, overlaps, stamps = np.zeros(canvas_hw), np.zeros(canvas_hw, int), []
    for (row, column), value in np.ndenumerate(patch):
        top, left = row * stride, column * stride
        under = np.s_[top : top + k, left : left + k]
        stamped = float(value) * kernel.astype(np.float64)
        total[under] += stamped
        overlaps[under] += 1
        stamps.append(
            Stamp(
                at=(row, column),
                value=float(value),
                stamped=stamped,
                corner=(top, left),
                total=total.copy(),
            )
        )
    kept = np.s_[padding : canvas_hw[0] - padding, padding : canvas_hw[1] - padding]
    height, width = total[kept].shape
    return Transposed(
        output=total[kept],
        overlaps=overlaps[kept],
        stamps=tuple(stamps),
        size_formula=f"n_H = ({h} − 1)·{stride} + {k} − 2·{padding} = {height}, "
        f"n_W = ({w} − 1)·{stride} + {k} − 2·{padding} = {width}",
    )


@dataclass(frozen=True, kw_only=True)
class StageSwitches:
    """One stage of the way down and its mirror image, for the K most active channels before the pooling.

    `before` (K, h, w); `pooled` (K, h/2, w/2); `rows`, `columns` (K, h/2, w/2) int, where in `before` the pooled
    values stood; `unpooled` (K, h, w), what the decoder puts there. `dense` (K', h, w): the most active maps after
    the decoder's convolutions, whose channels are others.
    """

    channels: np.ndarray
    before: np.ndarray
    pooled: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    unpooled: np.ndarray
    dense: np.ndarray

    @property
    def filled(self) -> tuple[float, float]:
        """What share of the cells is not zero: after unpooling, and after the convolutions."""
        return float((self.unpooled != 0).mean()), float((self.dense != 0).mean())


def pooling_switches(network: SegNet | DeconvNet, x: Tensor, stage: int, most: int = 8) -> StageSwitches:
    """The pooling of `stage`, 0 the finest, and the unpooling that undoes it."""
    with torch.inference_mode():
        encoded = network.encode(x)
        if not 0 <= stage < len(encoded.maps):
            raise BadInput("bad_value", f"Expected a stage from 0 to {len(encoded.maps) - 1}, got {stage}.")
        decoded = network.decode(encoded.x, encoded.switches)
    before, channels = most_active(encoded.maps[stage], most)
    indices = encoded.switches[stage].indices[0].cpu().numpy()[channels]
    rows, columns = np.divmod(indices, before.shape[2])
    return StageSwitches(
        channels=channels,
        before=before,
        pooled=np.take_along_axis(
            before.reshape(len(before), -1), indices.reshape(len(before), -1), 1
        ).reshape(indices.shape),
        rows=rows,
        columns=columns,
        unpooled=decoded.unpooled[-1 - stage][0].float().cpu().numpy()[channels],
        dense=most_active(decoded.dense[-1 - stage], most)[0],
    )


@dataclass(frozen=True, kw_only=True)
class Stage:
    """`maps` (K, h, w) float32 of the `channels` (K,) that are most active, out of `width`."""

    name: str
    maps: np.ndarray
    channels: np.ndarray
    width: int


def stages(network: nn.Module, x: Tensor, most: int = 16) -> list[Stage]:
    """The way down and the way up of one of our networks, a `Stage` each, as they are computed."""
    with torch.inference_mode():
        ways = network.stage_maps(x)._asdict()
    found = []
    for way, maps in ways.items():
        for number, map in enumerate(maps, 1):
            height, width = map.shape[2:]
            chosen, channels = most_active(map, most)
            name = f"{way} {number}: {height}×{width}, {map.shape[1]} channels"
            found.append(Stage(name=name, maps=chosen, channels=channels, width=map.shape[1]))
    return found


def most_active(maps: Tensor, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Maps (1, C, h, w) -> those with the largest means (K, h, w) float32, and their channels (K,)."""
    array = maps[0].float().cpu().numpy()
    channels = np.argsort(-array.mean(axis=(1, 2)), kind="stable")[:most]
    return array[channels], channels


@dataclass(frozen=True, kw_only=True)
class SkipsCut:
    """Labels (H, W) uint8 of the whole network and of the one with skip connections cut."""

    whole: np.ndarray
    cut: np.ndarray

    @property
    def changed(self) -> np.ndarray:
        return self.whole != self.cut

    @property
    def share(self) -> float:
        """What share of the pixels gets another class."""
        return float(self.changed.mean())


def without_skips(network: UNet | UNetLite, x: Tensor, skips: bool | Sequence[bool] = False) -> SkipsCut:
    """`skips`: which connections stay, finest first; one value for all of them."""
    with torch.inference_mode():
        whole, cut = network(x), network.forward_with(x, skips)
    return SkipsCut(whole=labels_of(whole), cut=labels_of(cut))


def labels_of(logits: Tensor) -> np.ndarray:
    """(1, classes, H, W) -> (H, W) uint8."""
    return logits[0].argmax(0).to(torch.uint8).cpu().numpy()
