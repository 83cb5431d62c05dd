"""Localization on pictures with boxes: is the one object found, named and framed?

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, skipped, several           pictures answered; that could not be read; left out for having several objects
    localized                         {value, low, high, count}, 95 % Wilson interval: right answers. Around an object
                                      that is p_c >= 0.5, the class, and a box with IoU >= 0.5; without one, p_c < 0.5
    presence                          p_c on the right side of 0.5
    class, box                        of the pictures with an object: right class; IoU >= 0.5, whatever p_c says
    mean_iou                          of the pictures with an object
    per_class                         [{label, count, localized, mean_iou}] of the classes that occur
    baseline                          {name, localized} of always answering the commonest class in the mean box
    seconds, device                   of everything, decoding included
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hub_models.box_dataset import BoxedPictures, open_boxes
from hub_models.class_names import indices_of
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import measured
from hub_models.evaluate.image_classification import figure
from hub_models.predictors import Predictor

TASK = "localization"
LEAST_IOU = 0.5  # of a good prediction (lecture, section 8.7)
Show = Callable[[int, int], None]


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on pictures with boxes."""
    return measured(TASK, checkpoint, path, open_boxes, evaluate, show, tell)


def evaluate(
    predictor: Predictor, data: BoxedPictures, show: Show | None = None, *, name: str = "", split: str = "all"
) -> dict:
    """The report of `predictor` on the pictures of `data` with one object or none."""
    began = time.perf_counter()
    chosen = [i for i, boxes in enumerate(data.boxes) if len(boxes) <= 1]
    index_of = known_classes(data, predictor.names)
    truths: list[tuple[int, np.ndarray]] = []  # (class or -1, box in shares of the picture)
    answers: list[tuple[float, int, np.ndarray]] = []  # (p_c, class, box in shares)
    for done, i in enumerate(chosen, 1):
        try:
            pixels = data.read(i)
        except BadInput:
            continue
        answer = predictor.predict(pixels)
        size = np.tile(pixels.shape[1::-1], 2)
        answers.append((float(answer.vector[0]), int(answer.vector[5:].argmax()), answer.box_xyxy / size))
        there = len(data.boxes[i]) == 1
        label = index_of[int(data.labels[i][0])] if there else -1
        truths.append((label, data.boxes[i][0] / size if there else np.zeros(4)))
        if show is not None:
            show(done, len(chosen))
    if not truths:
        raise BadData(
            "data_unreadable", "Expected pictures with one object or none that can be read, found none."
        )
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": len(truths),
        "skipped": len(chosen) - len(truths),
        "several": len(data) - len(chosen),
        **figures(truths, answers, predictor.names),
        "seconds": round(time.perf_counter() - began, 3),
        "device": predictor.device,
    }


def known_classes(data: BoxedPictures, known: tuple[str, ...]) -> dict[int, int]:
    """Class of the data -> class of the checkpoint, for those that occur. BadData `classes_unknown`."""
    occurring = {int(i): data.class_names[i] for i in np.flatnonzero(data.objects())}
    return indices_of(occurring, known, "classes of the data")


def figures(
    truths: list[tuple[int, np.ndarray]], answers: list[tuple[float, int, np.ndarray]], names: tuple[str, ...]
) -> dict:
    """The figures of the report from truths and answers."""
    label = np.array([label for label, _ in truths])
    box = np.array([box for _, box in truths])
    certain, said = np.array([p for p, _, _ in answers]), np.array([c for _, c, _ in answers])
    there = label >= 0
    iou = overlap(box, np.array([b for _, _, b in answers]))
    right = np.where(there, (certain >= 0.5) & (said == label) & (iou >= LEAST_IOU), certain < 0.5)
    report = {"localized": figure(right), "presence": figure((certain >= 0.5) == there)}
    if there.any():
        report["class"] = figure(said[there] == label[there])
        report["box"] = figure(iou[there] >= LEAST_IOU)
        report["mean_iou"] = round(float(iou[there].mean()), 6)
    report["per_class"] = [
        {
            "label": names[c],
            "count": int((label == c).sum()),
            "localized": round(float(right[label == c].mean()), 6),
            "mean_iou": round(float(iou[label == c].mean()), 6),
        }
        for c in np.unique(label[there])
    ]
    return report | {"baseline": baseline(label, box)}


def baseline(label: np.ndarray, box: np.ndarray) -> dict:
    """How often one and the same answer is right: the commonest class in the mean box, or "nothing there"."""
    there = label >= 0
    if there.mean() < 0.5:
        return {"name": "always no object", "localized": round(float((~there).mean()), 6)}
    common = np.bincount(label[there]).argmax()
    mean = np.broadcast_to(box[there].mean(0), box.shape)
    right = there & (label == common) & (overlap(box, mean) >= LEAST_IOU)
    return {"name": "always the commonest class in the mean box", "localized": round(float(right.mean()), 6)}


def overlap(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes (N, 4) xyxy, pair by pair: (N,)."""
    low, high = np.maximum(boxes[:, :2], others[:, :2]), np.minimum(boxes[:, 2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(1)
    areas = sum((b[:, 2:] - b[:, :2]).prod(1) for b in (boxes, others))
    return shared / np.maximum(areas - shared, 1e-12)


def text(report: dict) -> str:
    """The report for people: the figures, then a row a class."""
    left_out = f", {report['skipped']} unreadable left out" if report["skipped"] else ""
    left_out += f", {report['several']} with several objects left out" if report["several"] else ""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} pictures{left_out}, "
        f"{report['seconds']:.1f} s on {report['device']}"
    ]
    words = {
        "localized": "localized",
        "presence": "p_c right",
        "class": "class right",
        "box": "IoU >= 0.5",
    }
    for key, word in words.items():
        if key in report:
            f = report[key]
            lines.append(
                f"{word:12} {f['value']:6.1%}  (95 % interval {f['low']:.1%} to {f['high']:.1%}, n = {f['count']:,})"
            )
    if "mean_iou" in report:
        lines.append(f"{'mean IoU':12} {report['mean_iou']:6.3f}")
    lines.append(f"{'baseline':12} {report['baseline']['localized']:6.1%}  ({report['baseline']['name']})")
    rows = report["per_class"]
    width = max([5, *(len(row["label"]) for row in rows)])
    lines.append(f"\n{'class':{width}}  count  localized  mean IoU")
    lines += [
        f"{row['label']:{width}}  {row['count']:5}  {row['localized']:9.1%}  {row['mean_iou']:8.3f}"
        for row in rows
    ]
    return "\n".join(lines)
