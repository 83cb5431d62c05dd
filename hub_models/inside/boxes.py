"""Boxes as the lecture computes with them: overlap, non-maximum suppression step by step, another picture size.

Sections 8.5.2 (scaling), 8.6 (suppression) and 8.7 (IoU) of the notes, in numpy; tests hold them equal to torchvision.
"""

from dataclasses import dataclass

import numpy as np

from hub_models.results import Boxes


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Two boxes and what they share; areas in square pixels."""

    shared_xyxy: tuple[float, float, float, float] | None  # None where they do not touch
    area: float
    other_area: float

    @property
    def intersection(self) -> float:
        return 0.0 if self.shared_xyxy is None else area(self.shared_xyxy)

    @property
    def union(self) -> float:
        return self.area + self.other_area - self.intersection

    @property
    def value(self) -> float:
        """Intersection over union in 0..1; 0 for two boxes without area."""
        return self.intersection / self.union if self.union > 0 else 0.0

    def text(self) -> str:
        return (
            f"IoU = intersection / union = {self.intersection:,.0f} / ({self.area:,.0f} + {self.other_area:,.0f} − "
            f"{self.intersection:,.0f}) = {self.value:.3f}"
        )


Box = tuple[float, float, float, float] | np.ndarray  # x0, y0, x1, y1


def area(box: Box) -> float:
    return float(box[2] - box[0]) * float(box[3] - box[1])


def iou(box: Box, other: Box) -> Overlap:
    """Intersection over union of two boxes xyxy, with its parts."""
    left, top = max(float(box[0]), float(other[0])), max(float(box[1]), float(other[1]))
    right, bottom = min(float(box[2]), float(other[2])), min(float(box[3]), float(other[3]))
    shared = (left, top, right, bottom) if left < right and top < bottom else None
    return Overlap(shared_xyxy=shared, area=area(box), other_area=area(other))


def iou_matrix(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """IoU of every pair: (N, 4) and (M, 4) xyxy -> (N, M) float64 in 0..1."""
    a, b = boxes.astype(np.float64)[:, None], others.astype(np.float64)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.maximum(sides, 0).prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


@dataclass(frozen=True, kw_only=True)
class SuppressionStep:
    """One step: a box is picked, and what overlaps it too much is discarded. Indices into the candidates."""

    picked: int | None  # None: the first step, which discards what is not certain enough
    discarded: tuple[int, ...]
    overlaps: tuple[float, ...]  # IoU of each discarded box with the picked one; empty in the first step
    left: tuple[int, ...]  # candidates of all classes that no step has picked or discarded yet

    def text(self, boxes: Boxes) -> str:
        """The step in a sentence."""
        if self.picked is None:
            return f"Less certain than the threshold: {len(self.discarded)} discarded, {len(self.left)} left."
        name, score = boxes.names[boxes.labels[self.picked]], boxes.scores[self.picked]
        pairs = zip(self.discarded, self.overlaps, strict=True)
        gone = ", ".join(f"{boxes.scores[i]:.0%} (IoU {value:.2f})" for i, value in pairs)
        return f"Pick {name} {score:.0%}; discard {gone or 'nothing'}."


def non_max_suppression_steps(boxes: Boxes, confidence: float, iou: float) -> list[SuppressionStep]:
    """The algorithm of section 8.6 on candidates, a class after the other, the most certain box first.

    Kept is what some step picked (`kept`). As the library does it, a box goes only when its IoU is larger than `iou`,
    and stays when its score is just the threshold; the notes write >= and <=, which differs for equality alone.
    """
    certain = boxes.scores >= confidence
    alive = np.flatnonzero(certain)
    first = SuppressionStep(
        picked=None, discarded=whole(np.flatnonzero(~certain)), overlaps=(), left=whole(alive)
    )
    steps = [first]
    for label in np.unique(boxes.labels[alive]):
        same = alive[boxes.labels[alive] == label]  # the scores descend, so the first is the most certain
        while len(same):
            picked, rest = same[0], same[1:]
            overlap = iou_matrix(boxes.boxes_xyxy[[picked]], boxes.boxes_xyxy[rest])[0]
            gone = rest[overlap > iou]
            alive = np.setdiff1d(alive, [picked, *gone])
            steps.append(
                SuppressionStep(
                    picked=int(picked),
                    discarded=whole(gone),
                    overlaps=tuple(float(value) for value in overlap[overlap > iou]),
                    left=whole(alive),
                )
            )
            same = rest[overlap <= iou]
    return steps


def kept(steps: list[SuppressionStep]) -> np.ndarray:
    """Ascending indices of the boxes that were picked."""
    return np.array(sorted(step.picked for step in steps if step.picked is not None), np.int64)


def whole(indices: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in indices)


def scale_box(box: Box, old_wh: tuple[int, int], new_wh: tuple[int, int]) -> np.ndarray:
    """The box (4,) of a picture of `old_wh` in the same picture at `new_wh`: x / old width * new width, and so on."""
    return np.asarray(box, np.float64) / np.tile(old_wh, 2) * np.tile(new_wh, 2)
