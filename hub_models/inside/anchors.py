"""Anchors from data: the heights and widths of the training boxes, clustered by how well boxes overlap.

After "YOLO9000: Better, Faster, Stronger" (Redmon, Farhadi; 2017), section 2: k-means with the distance 1 - IoU, so
that a pixel counts for more in a small box than in a large one.
"""

from dataclasses import dataclass

import numpy as np

ROUNDS = 100  # of one k-means; it ends before where nothing changes
STARTS = 10


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """`wh` (A, 2) float64, width and height in the unit given, smallest area first; `of` (N,) the anchor of each box.

    `mean_iou`: of the boxes with their anchors.
    """

    wh: np.ndarray
    of: np.ndarray
    mean_iou: float


def shape_iou(wh: np.ndarray, others: np.ndarray) -> np.ndarray:
    """IoU of boxes with one midpoint: widths and heights (N, 2) and (M, 2) -> (N, M)."""
    shared = np.minimum(wh[:, None], others[None]).prod(-1)
    return shared / (wh.prod(-1)[:, None] + others.prod(-1)[None] - shared)


def cluster_anchors(wh: np.ndarray, count: int, seed: int = 0) -> Anchors:
    """The best of several k-means over the boxes' widths and heights (N, 2), all above 0.

    Raises ValueError if there are fewer different boxes than anchors.
    """
    wh = np.asarray(wh, np.float64)
    if len(np.unique(wh, axis=0)) < count:
        raise ValueError(f"expected at least {count} different boxes for {count} anchors, got {len(wh)}")
    rng = np.random.default_rng(seed)
    found = [_k_means(wh, _spread(wh, count, rng)) for _ in range(STARTS)]
    return max(found, key=lambda anchors: anchors.mean_iou)


def _spread(wh: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """First means: boxes drawn one by one, those far from the ones drawn with more chance (k-means++)."""
    chosen = wh[rng.integers(len(wh))][None]
    while len(chosen) < count:
        distance = 1 - shape_iou(wh, chosen).max(1)
        chosen = np.vstack([chosen, wh[rng.choice(len(wh), p=distance**2 / (distance**2).sum())]])
    return chosen


def _k_means(wh: np.ndarray, means: np.ndarray) -> Anchors:
    of = np.full(len(wh), -1)
    for _ in range(ROUNDS):
        nearest = shape_iou(wh, means).argmax(1)
        if (nearest == of).all():
            break
        of = nearest
        means = np.array([wh[of == a].mean(0) if (of == a).any() else means[a] for a in range(len(means))])
    means = means[means.prod(1).argsort(kind="stable")]
    iou = shape_iou(wh, means)
    return Anchors(wh=means, of=iou.argmax(1), mean_iou=float(iou.max(1).mean()))
