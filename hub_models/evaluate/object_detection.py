"""A detector on pictures with boxes: average precision with its interval, per class, and what is taken for what.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, objects, skipped           pictures answered; objects in them; pictures that could not be read
    map50, map                        {value, low, high, count}: mAP at IoU 0.5, and averaged over 0.5, 0.55, ..., 0.95,
                                      as COCO computes them (pycocotools); 95 % bootstrap over the pictures, their count
    per_class                         [{label, objects, ap50, ap, precision, recall, f1}] of the classes that occur in the
                                      data or in an answer; null where nothing was counted
    threshold                         the score from which on an answer counts for precision, recall, f1 and confusion
    precision, recall, f1             over all objects, at that threshold and IoU 0.5
    confusion                         [[objects]]: a row a true class, a column an answer, both as per_class lists them,
                                      then background: an object that was missed, an answer around nothing
    baseline                          {name, map50} of a system without a network: for every picture it answers the boxes
                                      of the most typical picture, the one whose boxes fit the others best; that picture
                                      itself, where it is one of the data, is not counted. null of a single picture
    seconds, seconds_per_picture      of everything, decoding included; of the detector alone
    device

Answers of classes that the data does not label are left out: they can be neither right nor wrong.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub_models.box_dataset import BoxedPictures, open_boxes
from hub_models.class_names import MOST_LISTED, SharedClasses, shared_classes
from hub_models.detection_metrics import (
    MOST_TYPICAL,
    Verdicts,
    coco_average_precision,
    map50_of,
    most_typical,
    resampled,
    verdicts,
)
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import measured
from hub_models.inside.precision_recall import (
    COCO_IOUS,
    Counts,
    confusion,
    count,
    mean_average_precision,
)
from hub_models.metrics import number, resampled_figure
from hub_models.predictors.detector import DetectorProtocol, select
from hub_models.results import Boxes

TASK = "object-detection"
LEAST = 0.01  # answers below it change no figure worth printing
SUPPRESSION = 0.5  # IoU
THRESHOLD = 0.5  # what the demo shows at first
BASELINE = "boxes of the most typical picture"
Show = Callable[[int, int], None]


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on pictures in a layout of box_dataset."""
    return measured(TASK, checkpoint, path, open_boxes, evaluate, show, tell)


def evaluate(
    predictor: DetectorProtocol,
    data: BoxedPictures,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
    threshold: float = THRESHOLD,
    train: BoxedPictures | None = None,
) -> dict:
    """The report of `predictor` on `data`. BadData: `classes_unknown`, `data_unreadable`, `data_missing`.

    `train`, of the same classes, is where the baseline takes its picture from; without it, from `data` itself.
    """
    began = time.perf_counter()
    classes = shared_classes(data, predictor.names)
    answered = answer(predictor, data, classes, show)
    truth, found = answered.truth, answered.found
    matched = verdicts(found, truth, COCO_IOUS)
    precisions = coco_average_precision(found, truth)  # (10, classes)
    drawn = resampled(matched)  # (300, 10)
    at_threshold = [counts_at(verdict, threshold) for verdict in matched]
    overall = Counts(**{k: sum(getattr(c, k) for c in at_threshold) for k in ("right", "wrong", "missed")})
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": len(truth),
        "objects": int(truth.objects().sum()),
        "skipped": len(data) - len(truth),
        "map50": resampled_figure(mean_average_precision(precisions[0]), drawn[:, 0], len(truth)),
        "map": resampled_figure(mean_average_precision(precisions.mean(0)), drawn.mean(1), len(truth)),
        **by_class(answered, precisions, at_threshold, threshold),
        "threshold": threshold,
        "precision": number(overall.precision),
        "recall": number(overall.recall),
        "f1": number(overall.f1),
        "baseline": baseline(answered, train and classes.of(train)),
        "seconds": round(time.perf_counter() - began, 3),
        "seconds_per_picture": round(answered.seconds / len(truth), 4),
        "device": predictor.device,
    }


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The pictures that could be read, and the answers to them."""

    truth: BoxedPictures
    found: list[Boxes]
    seconds: float  # of the detector


def answer(
    predictor: DetectorProtocol, data: BoxedPictures, classes: SharedClasses, show: Show | None
) -> Answered:
    """What the detector finds from 1 % on, after suppression. BadData `data_unreadable`, `data_missing`."""
    read: list[int] = []
    found: list[Boxes] = []
    seconds = 0.0
    for i in range(len(data)):
        try:
            pixels = data.read(i)
        except BadInput:
            continue
        began = time.perf_counter()
        candidates = classes.among(predictor.candidates(pixels))
        found.append(select(candidates, LEAST, SUPPRESSION, predictor.suppresses))
        seconds += time.perf_counter() - began
        read.append(i)
        if show is not None:
            show(i + 1, len(data))
    if not read:
        raise BadData(
            "data_unreadable", f"Expected pictures that can be read, but none of the {len(data)} can be."
        )
    truth = classes.of(data.subset(read))
    if not truth.objects().sum():
        raise BadData("data_missing", "Expected boxes in the pictures that can be read, got none. Draw some.")
    return Answered(truth=truth, found=found, seconds=seconds)


def counts_at(verdict: Verdicts, threshold: float) -> Counts:
    """Of one class, at IoU 0.5. (A match does not depend on answers that are less certain.)"""
    sure = verdict.scores >= threshold
    return count(int(sure.sum()), int(verdict.right[0][sure].sum()), int(verdict.objects.sum()))


def by_class(
    answered: Answered, precisions: np.ndarray, counts: Sequence[Counts], threshold: float
) -> dict[str, list]:
    """`per_class` and `confusion`, of the classes that occur in the data or in an answer that counts."""
    truth = answered.truth
    sure = [found.chosen(found.scores >= threshold) for found in answered.found]
    table = confusion(sure, truth.boxes, truth.labels, len(truth.class_names))
    occurring = [i for i in range(len(truth.class_names)) if table[i].sum() or table[:, i].sum()]
    rows = [
        {
            "label": truth.class_names[i],
            "objects": int(table[i].sum()),
            "ap50": number(precisions[0, i]),
            "ap": number(precisions[:, i].mean()),
            "precision": number(counts[i].precision),
            "recall": number(counts[i].recall),
            "f1": number(counts[i].f1),
        }
        for i in occurring
    ]
    shown = [*occurring, len(truth.class_names)]
    return {"per_class": rows, "confusion": table[np.ix_(shown, shown)].tolist()}


def baseline(answered: Answered, train: BoxedPictures | None) -> dict | None:
    """The mAP at IoU 0.5 of the most typical picture's boxes, answered for every other picture."""
    truth, sizes = answered.truth, [found.size_hw for found in answered.found]
    if train is None:
        typical, chosen = most_typical(truth, sizes), list(range(len(truth)))
        if typical is None:
            return None
        chosen.remove(typical.picture)
    else:
        few = train.subset(np.unique(np.linspace(0, len(train) - 1, MOST_TYPICAL).astype(int)))
        typical = most_typical(few, [few.read(i).shape[:2] for i in range(len(few))])
        chosen = list(range(len(truth)))
    measured = truth.subset(chosen)
    if typical is None or not measured.objects().sum():
        return None
    found = [typical.answer(truth.class_names, sizes[i]) for i in chosen]
    return {"name": BASELINE, "map50": round(map50_of(found, measured), 6)}


def text(report: dict) -> str:
    """The report for people: the figures, then a row a class."""
    skipped = f", {report['skipped']} unreadable left out" if report["skipped"] else ""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} pictures{skipped}, "
        f"{report['objects']:,} objects, {report['seconds']:.1f} s on {report['device']}, "
        f"{report['seconds_per_picture']:.3f} s a picture"
    ]
    for key, word in (("map50", "mAP@0.5"), ("map", "mAP@[.5:.95]")):
        f = report[key]
        lines.append(f"{word:13} {f['value']:6.1%}  (95 % interval {f['low']:.1%} to {f['high']:.1%})")
    if report["baseline"]:
        lines.append(f"{'baseline':13} {report['baseline']['map50']:6.1%}  ({report['baseline']['name']})")
    ratios = ", ".join(f"{key} {share(report[key])}" for key in ("precision", "recall", "f1"))
    lines.append(f"from a score of {report['threshold']:g} on: {ratios}")
    rows = [row for row in report["per_class"] if row["objects"]][:MOST_LISTED]
    width = max(5, *(len(row["label"]) for row in rows))
    keys = ("ap50", "ap", "precision", "recall", "f1")
    heads = "".join(f"{word:>11}" for word in ("AP@0.5", "AP", "precision", "recall", "f1"))
    lines.append(f"\n{'class':{width}}  objects{heads}")
    for row in rows:
        figures = "".join(f"{share(row[key]):>11}" for key in keys)
        lines.append(f"{row['label']:{width}}  {row['objects']:7}{figures}")
    return "\n".join(lines)


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
