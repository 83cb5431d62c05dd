"""What happens inside networks for the points of a face: heatmaps, the soft-argmax in numbers, and harder pictures."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hub_models.faces import mean_error
from hub_models.inside.faces import STEPS, TROUBLES, Trouble

Points = Callable[[np.ndarray], np.ndarray]  # a face (S, S, 3) uint8 -> its points (68, 2) in pixels of it
PATCH = 5  # cells along a side of the patch whose numbers are shown


@dataclass(frozen=True, kw_only=True)
class SoftArgmax:
    """One heatmap (h, w) that sums to 1, and the two places that can be read from it, in cells from the upper left."""

    patch: np.ndarray  # (PATCH, PATCH) the cells around the largest
    corner: tuple[int, int]  # row, column of the patch's first cell
    across: np.ndarray  # (w,) how much lies in each column: the sum down it
    down: np.ndarray  # (h,) in each row
    largest: tuple[int, int]  # row, column
    mean: tuple[float, float]  # row, column: sum of number x share, the soft-argmax
    spread: float  # cells: standard deviation about the mean, both directions together

    @property
    def inside(self) -> float:
        """What share of the map the patch holds."""
        return float(self.patch.sum())


def soft_argmax_of(heatmap: np.ndarray) -> SoftArgmax:
    """The numbers of a heatmap (h, w), at least PATCH cells on each side."""
    heatmap = heatmap.astype(float)
    height, width = heatmap.shape
    row, column = (int(i) for i in np.unravel_index(heatmap.argmax(), heatmap.shape))
    top = min(max(row - PATCH // 2, 0), height - PATCH)
    left = min(max(column - PATCH // 2, 0), width - PATCH)
    across, down = heatmap.sum(0), heatmap.sum(1)
    rows, columns = np.arange(height), np.arange(width)
    mean = float(rows @ down), float(columns @ across)
    variance = ((rows - mean[0]) ** 2) @ down + ((columns - mean[1]) ** 2) @ across
    return SoftArgmax(
        patch=heatmap[top : top + PATCH, left : left + PATCH],
        corner=(top, left),
        across=across,
        down=down,
        largest=(row, column),
        mean=mean,
        spread=float(np.sqrt(max(variance, 0))),
    )


def all_at_once(heatmaps: np.ndarray) -> np.ndarray:
    """Heatmaps (68, h, w) -> (h, w) in 0..1: for each cell the map that is strongest there, each against its own peak."""
    peaks = heatmaps.max(axis=(1, 2), keepdims=True)
    return (heatmaps / np.maximum(peaks, 1e-9)).max(axis=0)


def turned_points(points: np.ndarray, turn: float, size: int) -> np.ndarray:
    """Points (68, 2) in a square of `size`, turned clockwise about its middle by `turn` degrees, as `Trouble` turns it."""
    angle = np.radians(turn)
    turning = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points - size / 2) @ turning.T + size / 2


def moved_by(trouble: Trouble, points_of: Points, face: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """(the harder face, its points, how far they moved on average as a share of the eye distance).

    Compared with the points on the untroubled face by the same network, turned along: nobody knows the true ones.
    """
    harder = trouble.on(face)
    expected = turned_points(points_of(face), trouble.turn, len(face))
    found = points_of(harder)
    return harder, found, float(mean_error(found, expected))


def errors_under(points_of: Points, face: np.ndarray) -> dict[str, np.ndarray]:
    """Trouble -> (STEPS,) how far the points move while that one trouble grows from nothing to its most."""
    found = {}
    for name, (_, most) in TROUBLES.items():
        steps = [replace(Trouble(), **{name: float(share * most)}) for share in np.linspace(0, 1, STEPS)]
        found[name] = np.array([moved_by(step, points_of, face)[2] for step in steps])
    return found
