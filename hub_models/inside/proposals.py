"""How R-CNN, Fast R-CNN and Faster R-CNN decide where to look, and how they see what is there (lecture, 8.2.2 to 8.4).

All boxes are xyxy in pixels of `x`, the picture as the network receives it, if nothing else is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from hub_models.grouping import Grouping

if TYPE_CHECKING:
    from hub_models.architectures.fast_rcnn import FastRCNN
    from hub_models.architectures.faster_rcnn import FasterRCNN


@dataclass(frozen=True, kw_only=True)
class RegionProposals:
    """What Faster R-CNN's two parts make of one picture.

    At each cell of the map: `anchors` (h, w, A, 4), `objectness` (h, w, A) in 0..1, `moved` (h, w, A, 4) the boxes
    that the anchors become. The best of those, without near duplicates and most likely first, go to the second part:
    `proposals` (N, 4), `scores` (N,), `origins` (N, 3) row, column and anchor each came from. It answers with a class
    and its box for each: `labels` (N,), `certainty` (N,) of that class, `refined` (N, 4).
    `stride`: pixels between neighbouring cells.
    """

    anchors: np.ndarray
    objectness: np.ndarray
    moved: np.ndarray
    proposals: np.ndarray
    scores: np.ndarray
    origins: np.ndarray
    refined: np.ndarray
    labels: np.ndarray
    certainty: np.ndarray
    stride: int

    def cell_at(self, x: float, y: float) -> tuple[int, int]:
        """(row, column) of the cell whose anchors stand nearest to the pixel (x, y)."""
        rows, columns = self.objectness.shape[:2]
        row, column = (round(side / self.stride) for side in (y, x))
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)

    def objectness_map(self) -> np.ndarray:
        """(h, w) in 0..1: of the likeliest anchor at each cell."""
        return self.objectness.max(axis=2)


def region_proposals(network: FasterRCNN, x: Tensor) -> RegionProposals:
    """Run both parts of `network` on one picture (1, 3, H, W)."""
    size_hw = tuple(x.shape[2:])
    with torch.inference_mode():
        shared = network.shared_map(x)
        anchors, objectness, moved = network.anchors(x, shared)
        (regions,), _ = network.propose(x, shared)
        origins = origins_of(regions, moved, size_hw)
        boxes, probabilities = network.head.answers(shared, [regions], size_hw)
        certainty, labels = probabilities.max(dim=1)
    row, column, which = origins.unbind(1)
    arrays = {
        "anchors": anchors,
        "objectness": objectness,
        "moved": moved,
        "proposals": regions,
        "scores": objectness[row, column, which],
        "origins": origins,
        "refined": boxes[torch.arange(len(boxes)), labels],
        "labels": labels,
        "certainty": certainty,
    }
    return RegionProposals(
        **{name: array.cpu().numpy() for name, array in arrays.items()}, stride=network.head.stride
    )


def origins_of(regions: Tensor, moved: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """(N, 3) row, column, anchor: which box of `moved` (h, w, A, 4), cut at the border, each region (N, 4) is."""
    height, width = size_hw
    limit = moved.new_tensor([width, height, width, height])
    cut = torch.minimum(moved.clamp(min=0), limit).flatten(0, 2)
    nearest = [int((cut - region).abs().sum(1).argmin()) for region in regions]
    return torch.tensor(np.array(np.unravel_index(nearest, moved.shape[:3])).T).reshape(-1, 3)


@dataclass(frozen=True, kw_only=True)
class RoIPooling:
    """RoI max pooling of one region on one channel of the shared map, every step of it.

    `region` (4,) the region divided by the stride, in cells; `cells` (4,) int, rounded: first column, first row, last
    column, last row; `rows` and `columns` (7, 2) int: first and one past the last row (column) of each bin, already
    cut at the border of the map; they overlap where the region is not a multiple of 7. `window` (r, c): the values
    of the map under the region; `pooled` (7, 7): the largest value of each bin, 0 if it is empty; `winners` (7, 7, 2)
    row and column of that value on the map, -1 if it is empty.
    """

    region: np.ndarray
    cells: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    window: np.ndarray
    pooled: np.ndarray
    winners: np.ndarray


def roi_pooling(channel: np.ndarray, region: np.ndarray, stride: int, grid: int = 7) -> RoIPooling:
    """Pool one channel (h, w) of the shared map under `region` (4,), as "Fast R-CNN" (2015) does."""
    on_map = region.astype(np.float32) / np.float32(stride)
    cells = np.trunc(on_map + np.copysign(np.float32(0.5), on_map)).astype(
        int
    )  # halves away from zero, as in C
    columns = bins(cells[0], cells[2], channel.shape[1], grid)
    rows = bins(cells[1], cells[3], channel.shape[0], grid)
    pooled, winners = np.zeros((grid, grid), np.float32), np.full((grid, grid, 2), -1)
    for i, (top, bottom) in enumerate(rows):
        for j, (left, right) in enumerate(columns):
            values = channel[top:bottom, left:right]
            if values.size:
                row, column = divmod(int(values.argmax()), right - left)
                pooled[i, j], winners[i, j] = values[row, column], (top + row, left + column)
    window = channel[rows.min() : rows.max(), columns.min() : columns.max()]
    return RoIPooling(
        region=on_map, cells=cells, rows=rows, columns=columns, window=window, pooled=pooled, winners=winners
    )


def bins(first: int, last: int, limit: int, grid: int) -> np.ndarray:
    """(grid, 2) int: first and one past the last cell of each bin of the cells `first` to `last` (inclusive)."""
    width = np.float32(max(last - first + 1, 1)) / np.float32(grid)
    number = np.arange(grid, dtype=np.float32)
    edges = np.stack([np.floor(number * width), np.ceil((number + 1) * width)], axis=1).astype(int)
    return np.clip(edges + first, 0, limit)


def shared_map(network: FastRCNN | FasterRCNN, x: Tensor) -> np.ndarray:
    """(C, h, w): the map that all regions of the picture share."""
    with torch.inference_mode():
        return network.shared_map(x)[0].cpu().numpy()


def strongest_channel(shared: np.ndarray, region: np.ndarray, stride: int) -> int:
    """The channel of (C, h, w) that stands out most under `region` (4,): largest value there minus the map's mean."""
    pooled = roi_pooling(shared.max(axis=0), region, stride)
    (top, bottom), (left, right) = ((p.min(), p.max()) for p in (pooled.rows, pooled.columns))
    under = shared[:, top:bottom, left:right]
    if under.size == 0:
        return 0
    return int((under.max(axis=(1, 2)) - shared.mean(axis=(1, 2))).argmax())


@dataclass(frozen=True, kw_only=True)
class MergeStep:
    """One moment of a grouping of selective search, in pixels of the shrunk picture.

    `merges` done so far; `regions` (h, w) int; `boxes` (R, 4) of the regions that are left; `new` (4,) the box that
    the last merge proposed and how alike its two parts were (0..4), None before the first merge.
    """

    merges: int
    regions: np.ndarray
    boxes: np.ndarray
    new: np.ndarray | None
    likeness: float | None


def merge_step(grouping: Grouping, merges: int) -> MergeStep:
    """The grouping after its first `merges` merges (0: the segments of the start)."""
    regions, count = grouping.regions_after(merges), len(grouping.boxes) - len(grouping.merges)
    return MergeStep(
        merges=merges,
        regions=regions,
        boxes=grouping.boxes[np.unique(regions)],
        new=grouping.boxes[count + merges - 1] if merges else None,
        likeness=float(grouping.likeness[merges - 1]) if merges else None,
    )


def painted(pixels: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8: each region of the picture (h, w, 3) in its mean colour, dark lines between them."""
    _, number = np.unique(regions, return_inverse=True)
    number = number.reshape(regions.shape)
    size = np.bincount(number.ravel())
    means = [np.bincount(number.ravel(), pixels[:, :, c].ravel()) / size for c in range(3)]
    flat = np.stack(means, axis=1)[number].round().astype(np.uint8)
    edge = np.zeros(regions.shape, bool)
    edge[:, 1:] |= regions[:, 1:] != regions[:, :-1]
    edge[1:] |= regions[1:] != regions[:-1]
    flat[edge] = flat[edge] // 3
    return flat


def warped_window(x: Tensor, box: np.ndarray, mean: tuple[float, ...], std: tuple[float, ...]) -> np.ndarray:
    """(96, 96, 3) uint8: what R-CNN's network sees of the proposal `box` (4,) in the normalised picture (1, 3, H, W)."""
    from hub_models.architectures.rcnn import warp

    window = warp(x, torch.from_numpy(box.astype(np.float32))[None].to(x.device))[0]
    shown = window.cpu().permute(1, 2, 0).numpy() * np.array(std) + np.array(mean)
    return (shown.clip(0, 1) * 255).round().astype(np.uint8)
