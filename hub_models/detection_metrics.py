"""Figures of detectors over many pictures: COCO's average precision, its interval, and a system without a network.

`found` are the answers, a `Boxes` a picture, whose labels are indices into the class names of the data.
"""

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hub_models.box_dataset import BoxedPictures
from hub_models.inside.boxes import iou_matrix
from hub_models.inside.precision_recall import (
    COCO_IOUS,
    MOST_MATCHED,
    coco_average,
    greedy,
    mean_average_precision,
)
from hub_models.results import Boxes

RESAMPLES = 300  # of the pictures, for the interval
MOST_TYPICAL = 100  # pictures that may be the most typical one
GOOD_IOU = 0.5


def coco_average_precision(
    found: Sequence[Boxes], data: BoxedPictures, most: int = MOST_MATCHED
) -> np.ndarray:
    """(10, classes) average precision of pycocotools at the IoUs 0.5 to 0.95; NaN for a class without objects.

    `most` answers of a class count in a picture.
    """
    answers = [
        (image, x0, y0, x1 - x0, y1 - y0, score, label + 1)
        for image, result in enumerate(found, 1)
        for (x0, y0, x1, y1), score, label in zip(
            result.boxes_xyxy.astype(np.float64).tolist(), result.scores, result.labels, strict=True
        )
    ]
    return coco_run(coco_truth(data), np.array(answers), "bbox", data.objects(), most)


def coco_run(
    dataset: dict,
    answers: np.ndarray | list[dict],
    kind: Literal["bbox", "segm"],
    objects: np.ndarray,
    most: int,
) -> np.ndarray:
    """(10, classes) of pycocotools; `objects` (classes,) counts the true ones."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    if not len(answers):
        return np.tile(np.where(objects > 0, 0.0, np.nan), (len(COCO_IOUS), 1))
    with redirect_stdout(io.StringIO()):  # it reports its progress there
        truth = COCO()
        truth.dataset = dataset
        truth.createIndex()
        run = COCOeval(truth, truth.loadRes(answers), kind)
        run.params.areaRng, run.params.areaRngLbl, run.params.maxDets = [[0, 1e10]], ["all"], [most]
        run.evaluate()
        run.accumulate()
    values = run.eval["precision"][:, :, :, 0, 0].mean(axis=1)  # (10, 101 recalls, classes) -> (10, classes)
    return np.where(objects > 0, values, np.nan)


def coco_truth(data: BoxedPictures) -> dict:
    """The true boxes as COCO's JSON has them; ids count from 1, since pycocotools takes 0 for none."""
    annotations = []
    for image, (boxes, labels) in enumerate(zip(data.boxes, data.labels, strict=True), 1):
        for (x0, y0, x1, y1), label in zip(boxes.astype(np.float64).tolist(), labels.tolist(), strict=True):
            box = [x0, y0, x1 - x0, y1 - y0]
            annotations.append(
                {"id": len(annotations) + 1, "image_id": image, "category_id": label + 1, "bbox": box}
                | {"area": box[2] * box[3], "iscrowd": 0}
            )
    return {
        "images": [{"id": image} for image in range(1, len(data) + 1)],
        "annotations": annotations,
        "categories": [{"id": i, "name": name} for i, name in enumerate(data.class_names, 1)],
    }


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """All answers of one class over all pictures, the most certain first: which were right."""

    pictures: np.ndarray  # (N,) of which picture
    scores: np.ndarray  # (N,) descending
    right: np.ndarray  # (T, N) bool, a row an IoU that was asked for
    objects: np.ndarray  # (pictures,) objects of the class

    def average_precision(self, weights: np.ndarray | None = None) -> np.ndarray:
        """(T,), each picture counted `weights` (pictures,) times; NaN without objects."""
        counted = np.ones(len(self.objects)) if weights is None else weights
        objects = float(counted @ self.objects)
        if objects == 0:
            return np.full(len(self.right), np.nan)
        return coco_average(self.right, counted[self.pictures], objects)


def verdicts(
    found: Sequence[Boxes],
    data: BoxedPictures,
    ious: Sequence[float],
    overlaps: Sequence[np.ndarray] | None = None,
    most: int = MOST_MATCHED,
) -> list[Verdicts]:
    """For each class, every answer matched once at each of `ious`, the `most` certain of a class in a picture.

    `overlaps`: the IoUs (N, M) of found and true objects in each picture; None: those of their boxes.
    """
    if overlaps is None:
        overlaps = [iou_matrix(f.boxes_xyxy, b) for f, b in zip(found, data.boxes, strict=True)]
    classes = len(data.class_names)
    rows: list[list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = [[] for _ in range(classes)]
    objects = np.zeros((classes, len(data)))
    for picture, (result, overlap, labels) in enumerate(zip(found, overlaps, data.labels, strict=True)):
        objects[:, picture] = np.bincount(labels, minlength=classes)
        for label in np.unique(result.labels):
            mine = np.flatnonzero(result.labels == label)[:most]
            of_class = overlap[mine][:, labels == label]
            right = np.array([greedy(of_class, iou) >= 0 for iou in ious])
            rows[label].append((np.full(len(mine), picture), result.scores[mine], right))
    return [in_order(rows[label], objects[label], len(ious)) for label in range(classes)]


def in_order(
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]], objects: np.ndarray, ious: int
) -> Verdicts:
    pictures = np.concatenate([np.empty(0, np.int64), *(row[0] for row in rows)])
    scores = np.concatenate([np.empty(0), *(row[1] for row in rows)])
    right = np.concatenate([np.empty((ious, 0), bool), *(row[2] for row in rows)], axis=1)
    order = np.argsort(-scores, kind="stable")
    return Verdicts(pictures=pictures[order], scores=scores[order], right=right[:, order], objects=objects)


def mean_precision(of_classes: Sequence[Verdicts], weights: np.ndarray | None = None) -> np.ndarray:
    """(T,) mAP at each IoU: equation 8.5, over the classes that have objects."""
    values = np.array([verdict.average_precision(weights) for verdict in of_classes])  # (classes, T)
    return np.array([mean_average_precision(at_iou) for at_iou in values.T])


def resampled(of_classes: Sequence[Verdicts], seed: int = 0) -> np.ndarray:
    """(300, T) mAPs of sets of as many pictures, drawn from these with repetition.

    The bootstrap of Efron (1979), over pictures, since the objects of one picture are not independent.
    """
    rng = np.random.default_rng(seed)
    count = len(of_classes[0].objects)
    drawn = rng.multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(float)
    return np.array([mean_precision(of_classes, weights) for weights in drawn])


def map50_of(found: Sequence[Boxes], data: BoxedPictures) -> float:
    """mAP at IoU 0.5: ours, which tests hold equal to pycocotools. NaN where the data has no object."""
    return float(mean_precision(verdicts(found, data, (GOOD_IOU,)))[0])


@dataclass(frozen=True, kw_only=True)
class Typical:
    """The boxes of one picture, to be answered for every other: what is known without looking."""

    picture: int
    shares: np.ndarray  # (n, 4) xyxy as shares of width and height
    labels: np.ndarray  # (n,)
    scores: np.ndarray  # (n,) descending: the share of the other pictures in which the box would be right

    def answer(self, names: tuple[str, ...], size_hw: tuple[int, int]) -> Boxes:
        height, width = size_hw
        boxes = (self.shares * (width, height, width, height)).astype(np.float32)
        return Boxes(names, boxes, self.labels, self.scores.astype(np.float32), size_hw)


def most_typical(data: BoxedPictures, sizes_hw: Sequence[tuple[int, int]]) -> Typical | None:
    """The picture whose boxes fit the others best: largest F-measure of right boxes. None with fewer than two pictures.

    Of more than 100 pictures with objects, 100 at even distances are tried.
    """
    shares = [boxes / np.tile(size[::-1], 2) for boxes, size in zip(data.boxes, sizes_hw, strict=True)]
    labels, owner = np.concatenate(data.labels), np.repeat(np.arange(len(data)), [len(b) for b in shares])
    everything, others = np.concatenate(shares), len(data) - 1
    possible = [i for i, boxes in enumerate(shares) if len(boxes)]
    if not others or not possible:
        return None
    if len(possible) > MOST_TYPICAL:
        possible = [possible[i * len(possible) // MOST_TYPICAL] for i in range(MOST_TYPICAL)]
    best: tuple[float, int, np.ndarray] = (-1.0, 0, np.empty(0))
    for i in possible:
        fits = iou_matrix(shares[i], everything) >= GOOD_IOU
        fits &= (data.labels[i][:, None] == labels) & (owner != i)  # (n, all boxes)
        hits = np.array([len(np.unique(owner[row])) for row in fits])  # pictures in which each box is right
        f1 = 2 * hits.sum() / (len(hits) * others + len(everything) - len(hits))
        if f1 > best[0]:
            best = (f1, i, hits)
    _, picture, hits = best
    order = np.argsort(-hits, kind="stable")
    return Typical(
        picture=picture,
        shares=shares[picture][order],
        labels=data.labels[picture][order],
        scores=hits[order] / others,
    )
