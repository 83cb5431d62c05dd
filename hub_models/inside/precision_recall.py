"""How good boxes are: matched to the true ones, counted, drawn as a curve, summed up (section 8.7 of the notes).

    match             each prediction, the most certain first, takes the true box of its class that it overlaps most
    curve             precision and recall after each prediction more
    average_precision the area under the curve; averaged over classes, mAP (equation 8.5)
    confusion         which class was taken for which, background included

Tests hold the figures equal to pycocotools.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub_models.inside.boxes import iou_matrix
from hub_models.results import Boxes

MOST_MATCHED = 100  # predictions of a class in a picture, as COCO's own evaluation counts them
COCO_IOUS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)  # where COCO reads the curve
TINY = np.spacing(1)  # as pycocotools keeps from dividing by zero


def match(found: Boxes, boxes: np.ndarray, labels: np.ndarray, iou: float = 0.5) -> np.ndarray:
    """(N,) int64: which true box (M, 4) with class (M,) each of the N found ones is, or -1: a false positive.

    Greedy: the most certain prediction chooses first, among the true boxes of its class that are still free, the one
    with the largest IoU of at least `iou` (larger than 0).
    """
    overlap = iou_matrix(found.boxes_xyxy, boxes)
    return greedy(np.where(found.labels[:, None] == labels, overlap, 0), iou)


def greedy(overlap: np.ndarray, iou: float) -> np.ndarray:
    """Overlaps (N, M) of boxes, the most certain first, with true ones -> (N,) which each takes, or -1."""
    taken = np.full(len(overlap), -1, np.int64)
    least = min(iou, 1 - 1e-10)
    free = np.ones(overlap.shape[1], bool)
    for i in np.flatnonzero((overlap >= least).any(axis=1)):
        possible = np.where(free, overlap[i], -1)
        best = len(free) - 1 - possible[::-1].argmax()  # of equal ones COCO takes the last
        if possible[best] >= least:
            taken[i], free[best] = best, False
    return taken


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A precision-recall curve, a point a prediction, the most certain first."""

    scores: np.ndarray  # (N,) descending
    right: np.ndarray  # (N,) bool: a true positive
    objects: int  # that are there to be found

    @property
    def precision(self) -> np.ndarray:
        """(N,): of the predictions so far, the share that is right."""
        return np.cumsum(self.right) / np.arange(1, len(self.right) + 1)

    @property
    def recall(self) -> np.ndarray:
        """(N,): of the objects, the share that the predictions so far have found."""
        return np.cumsum(self.right) / max(self.objects, 1)

    def first(self, count: int) -> "Curve":
        """The curve after `count` predictions."""
        return Curve(scores=self.scores[:count], right=self.right[:count], objects=self.objects)

    def sentence(self, i: int) -> str:
        """What prediction `i` did to the curve."""
        verdict = "right" if self.right[i] else "wrong"
        found = int(self.right[: i + 1].sum())
        return (
            f"Prediction {i + 1}, score {self.scores[i]:.2f}, is {verdict}: precision {found}/{i + 1} = "
            f"{self.precision[i]:.2f}, recall {found}/{self.objects} = {self.recall[i]:.2f}."
        )


def curve(scores: np.ndarray, right: np.ndarray, objects: int) -> Curve:
    """The curve of predictions in any order; of equal scores the earlier one counts first."""
    order = np.argsort(-scores, kind="stable")
    return Curve(scores=scores[order], right=right[order].astype(bool), objects=objects)


def average_precision(curve: Curve, how: str = "coco") -> float:
    """Area under the curve in 0..1; NaN where there is no object.

    "area": a step of recall counts with the precision at its end. "coco": at 101 recalls, the best precision that is
    reached at that recall or a larger one, averaged.
    """
    if curve.objects == 0:
        return float("nan")
    if how == "area":
        return float((np.diff(curve.recall, prepend=0) * curve.precision).sum())
    return float(coco_average(curve.right[None], np.ones(len(curve.right)), curve.objects)[0])


def coco_average(right: np.ndarray, weights: np.ndarray, objects: float) -> np.ndarray:
    """AP of COCO for several rows of verdicts (T, N) in order of certainty, each prediction counted `weights` (N,) times.

    -> (T,) in 0..1. `objects` is larger than 0.
    """
    right_so_far = np.cumsum(right * weights, axis=1)
    precision = right_so_far / (np.cumsum(weights) + TINY)
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    padded = np.concatenate([best, np.zeros((len(best), 1))], axis=1)  # recalls that are never reached
    recall = right_so_far / objects
    at = [np.searchsorted(row, RECALLS, side="left") for row in recall]
    return np.array([row[i].mean() for row, i in zip(padded, at, strict=True)])


def mean_average_precision(values: Sequence[float]) -> float:
    """Equation 8.5, over the classes that have objects (the others are NaN)."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """True positives, false positives, false negatives, and the ratios of the lecture; NaN where there is none."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return ratio(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return ratio(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return ratio(2 * self.right, 2 * self.right + self.wrong + self.missed)


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def count(predictions: int, right: int, objects: int) -> Counts:
    return Counts(right=right, wrong=predictions - right, missed=objects - right)


def confusion(
    found: Sequence[Boxes],
    boxes: Sequence[np.ndarray],
    labels: Sequence[np.ndarray],
    classes: int,
    iou: float = 0.5,
) -> np.ndarray:
    """(classes + 1, classes + 1) objects: a row a true class, a column a predicted one, background last in both.

    Predictions are matched within their class first, so that the diagonal holds the true positives; what remains is
    matched across classes. The last row counts boxes around nothing, the last column objects that were missed.
    """
    table = np.zeros((classes + 1, classes + 1), np.int64)
    for answer, truth, true_labels in zip(found, boxes, labels, strict=True):
        taken = match(answer, truth, true_labels, iou)
        free = np.setdiff1d(np.arange(len(truth)), taken)
        rest = np.flatnonzero(taken < 0)
        others = answer.chosen(rest)
        nameless = Boxes(
            ("object",), others.boxes_xyxy, np.zeros_like(others.labels), others.scores, others.size_hw
        )
        across = match(nameless, truth[free], np.zeros(len(free), np.int64), iou)
        taken[rest[across >= 0]] = free[across[across >= 0]]
        np.add.at(
            table, (np.append(true_labels, classes)[taken], answer.labels), 1
        )  # -1: the last, background
        missed = np.setdiff1d(np.arange(len(truth)), taken)
        np.add.at(table, (true_labels[missed], classes), 1)
    return table
