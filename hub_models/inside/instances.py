"""What Mask R-CNN and a U-Net do to tell objects apart (lecture, section 9.2): regions read by rounding and without,
touching objects separated step by step, and what a map of classes alone can count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hub_models.inside.proposals import roi_pooling
from hub_models.segments import Instances, between_cells

SAMPLES = 2  # points a side of a bin at which RoIAlign reads the map, as in the paper's experiments


@dataclass(frozen=True, kw_only=True)
class RoIReading:
    """One region of one channel of a map, read by RoI pooling and by RoIAlign.

    `region` (4,) xyxy in cells, as it is; `rounded` (4,) int, the cells that RoI pooling takes, ends excluded.
    `pooled` and `aligned` (grid, grid). `borders` (2, grid + 1): where the bins of the region really begin and end,
    across and down, in cells; `rounded_bins` (2, grid, 2) int: first and one past the last cell of each bin of RoI
    pooling. `points` (grid * SAMPLES, grid * SAMPLES, 2) x, y: where RoIAlign reads, in cells. `shift` (4,): by how
    many pixels of the picture rounding moves each side of the region, outwards or inwards.
    """

    region: np.ndarray
    rounded: np.ndarray
    pooled: np.ndarray
    aligned: np.ndarray
    borders: np.ndarray
    rounded_bins: np.ndarray
    points: np.ndarray
    shift: np.ndarray


def roi_reading(channel: np.ndarray, region: np.ndarray, stride: int, grid: int = 7) -> RoIReading:
    """Read `region` (4,), in pixels of the network's picture, from one channel (h, w) of its map, in both ways."""
    pooling = roi_pooling(channel, region, stride, grid)
    cells = region.astype(np.float64) / stride
    rounded = pooling.cells + np.array([0, 0, 1, 1])  # RoI pooling counts the last cell in
    borders = np.stack([np.linspace(cells[axis], cells[axis + 2], grid + 1) for axis in (0, 1)])
    x, y = (sampled(cells[axis], cells[axis + 2], grid) for axis in (0, 1))
    read = between_cells(channel[None], y, x, channel.shape)[0]  # cells have side 1, centres at one half
    outside = np.logical_or.outer(
        (y < -0.5) | (y > channel.shape[0] + 0.5), (x < -0.5) | (x > channel.shape[1] + 0.5)
    )
    read = np.where(outside, 0, read)
    aligned = read.reshape(grid, SAMPLES, grid, SAMPLES).mean(axis=(1, 3))
    return RoIReading(
        region=cells,
        rounded=rounded,
        pooled=pooling.pooled,
        aligned=aligned.astype(np.float32),
        borders=borders,
        rounded_bins=np.stack([pooling.columns, pooling.rows]),
        points=np.stack(np.meshgrid(x, y), -1),
        shift=(rounded - cells) * stride,
    )


def sampled(first: float, last: float, grid: int) -> np.ndarray:
    """Where RoIAlign reads along one axis: (grid * SAMPLES,) places, in cells from the upper left corner."""
    return first + (np.arange(grid * SAMPLES) + 0.5) * (last - first) / (grid * SAMPLES)


@dataclass(frozen=True, kw_only=True)
class Separation:
    """How a U-Net that tells background, inside and border apart separates objects, in cells of its answer (h, w).

    `probabilities` (3, h, w); `joined` (h, w) int: what is connected when border counts as object, as a map of two
    classes would have it; `insides` bool: at least one half inside; `seeds` int: connected insides, numbered, without
    the smallest; `ground` bool: where they may grow to; `numbers` int: grown, each until it meets another.
    """

    probabilities: np.ndarray
    joined: np.ndarray
    insides: np.ndarray
    seeds: np.ndarray
    ground: np.ndarray
    numbers: np.ndarray

    def counts(self) -> dict[str, int]:
        """Objects that each step would count."""
        return {
            "connected when border is object": int(self.joined.max()),
            "connected insides": int(self.seeds.max()),
            "objects": len(np.unique(self.numbers[self.numbers > 0])),
        }


def separation(probabilities: np.ndarray, least_inside: int) -> Separation:
    """The steps of `predictors.instances.separate` on probabilities (3, h, w) of background, inside and border."""
    from skimage.measure import label
    from skimage.morphology import remove_small_objects
    from skimage.segmentation import watershed

    background, inside, border = probabilities
    insides = inside >= 0.5
    large = remove_small_objects(insides, max_size=least_inside - 1, connectivity=1)
    seeds = label(large, connectivity=1)
    ground = (background < 0.5) | (seeds > 0)
    return Separation(
        probabilities=probabilities,
        joined=label(background < 0.5, connectivity=1),
        insides=insides,
        seeds=seeds,
        ground=ground,
        numbers=watershed(border - inside, seeds, mask=ground),
    )


@dataclass(frozen=True, kw_only=True)
class Count:
    """One class, counted in both ways: by objects, and by what is connected in the map of its pixels."""

    name: str
    objects: int  # with at least one pixel of their own
    blobs: int
    share: float  # of the picture's pixels, the same for both
    labels: np.ndarray  # (H, W) int: the connected parts, numbered

    def text(self) -> str:
        """What the map of classes cannot tell."""
        if self.objects == self.blobs:
            return f"{self.name}: no two objects touch, so both count {self.objects}."
        more = "touch, and become one" if self.objects > self.blobs else "fall into parts"
        return f"{self.name}: {self.objects} objects, but {self.blobs} connected areas; some {more}."


def counted_twice(found: Instances, threshold: float = 0.5) -> list[Count]:
    """Every class that occurs, the most frequent first."""
    from skimage.measure import label

    numbers = found.label_map(threshold)
    seen = np.unique(numbers[numbers > 0]) - 1
    counts = []
    for kind in np.unique(found.labels[seen]):
        of_kind = seen[found.labels[seen] == kind]
        mask = np.isin(numbers, of_kind + 1)
        labels = label(mask, connectivity=2)
        counts.append(
            Count(
                name=found.names[kind], objects=len(of_kind), blobs=int(labels.max()), share=float(mask.mean()),
                labels=labels,
            )
        )  # fmt: skip
    return sorted(counts, key=lambda count: -count.objects)
