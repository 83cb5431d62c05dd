"""How well pixels are labelled: intersection over union of each class, pixel accuracy, and the F of the borders.

All figures come from counts kept for every picture, so that an interval is a matter of drawing pictures anew.
"""

from dataclasses import dataclass

import numpy as np

RESAMPLES = 300  # of the pictures, for the interval
TOLERANCE = 0.0075  # of the diagonal: how far a border may lie off (Csurka, Larlus, Perronnin, Meylan; 2013)


def confusion_of(truth: np.ndarray, found: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes + 1) int64 pixels: a row a true class, a column an answer, the last one for any other.

    `truth` and `found` (H, W) integers; where `truth` is not below `classes` (void) nothing is counted.
    """
    counted = truth < classes
    answers = np.minimum(found[counted], classes).astype(np.int64)
    flat = truth[counted].astype(np.int64) * (classes + 1) + answers
    return np.bincount(flat, minlength=classes * (classes + 1)).reshape(classes, classes + 1)


def iou_of(confusion: np.ndarray) -> np.ndarray:
    """(..., C, C + 1) counts -> (..., C) intersection over union; NaN where a class neither occurs nor is answered."""
    square = confusion[..., :-1]
    right = np.diagonal(square, axis1=-2, axis2=-1).astype(float)
    union = confusion.sum(-1) + square.sum(-2) - right
    with np.errstate(invalid="ignore"):
        return np.where(union > 0, right / union, np.nan)


def mean_iou(confusion: np.ndarray) -> np.ndarray:
    """(..., C, C + 1) counts -> (...) mean over the classes that occur or are answered."""
    values = iou_of(confusion)
    known = np.isfinite(values)
    return np.where(known, values, 0).sum(-1) / np.maximum(known.sum(-1), 1)


def pixel_accuracy(confusion: np.ndarray) -> np.ndarray:
    """(..., C, C + 1) counts -> (...) share of the pixels with the right class."""
    right = np.trace(confusion[..., :-1], axis1=-2, axis2=-1)
    return right / np.maximum(confusion.sum((-1, -2)), 1)


def drawn_anew(per_picture: np.ndarray, seed: int = 0) -> np.ndarray:
    """Counts (pictures, ...) -> (300, ...): sums over as many pictures drawn with replacement."""
    count = len(per_picture)
    weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    return np.tensordot(weights, per_picture, axes=1)


@dataclass(frozen=True)
class BorderCounts:
    """Border pixels of each class in one picture: (C,) int64 each."""

    found: np.ndarray  # answered
    found_near: np.ndarray  # answered, within the tolerance of a true one
    true: np.ndarray
    true_near: np.ndarray  # true, within the tolerance of an answered one

    def stacked(self) -> np.ndarray:
        """(C, 4) for sums over pictures; see `border_f`."""
        return np.stack([self.found, self.found_near, self.true, self.true_near], axis=1)


def border_counts(truth: np.ndarray, found: np.ndarray, classes: int) -> BorderCounts:
    """Of the borders of every class; void pixels of `truth` and what is answered there have none."""
    from scipy.ndimage import distance_transform_edt

    reach = max(1.0, TOLERANCE * float(np.hypot(*truth.shape)))
    counted = truth < classes
    counts = np.zeros((4, classes), np.int64)
    for label in range(classes):
        answered, true = (border((map == label) & counted) for map in (found, truth))
        counts[0, label], counts[2, label] = answered.sum(), true.sum()
        if answered.any() and true.any():
            counts[1, label] = (distance_transform_edt(~true)[answered] <= reach).sum()
            counts[3, label] = (distance_transform_edt(~answered)[true] <= reach).sum()
    return BorderCounts(*counts)


def border(mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask (H, W) bool that have a neighbour (of four) outside it; the picture's edge is none."""
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    return mask & ~inner


def border_f(counts: np.ndarray) -> np.ndarray:
    """(..., C, 4) sums of `BorderCounts` -> (..., C) F of precision and recall; NaN where no border is or was answered."""
    found, found_near, true, true_near = np.moveaxis(counts.astype(float), -1, 0)
    precision, recall = found_near / np.maximum(found, 1), true_near / np.maximum(true, 1)
    f = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return np.where(found + true > 0, f, np.nan)
