"""A network that gives the pixels of objects, on pictures with true ones: average precision of masks and boxes.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, objects, skipped           pictures answered; objects in them; pictures that could not be read
    map50, map                        {value, low, high, count}: mAP by the overlap of masks at IoU 0.5, and averaged over
                                      0.5, 0.55, ..., 0.95, as COCO computes them (pycocotools), with up to 500 answers of
                                      a class in a picture; 95 % bootstrap over the pictures, their count
    box_map50, box_map                the same by the overlap of boxes
    per_class                         [{label, objects, ap50, ap, box_ap50, box_ap, precision, recall, f1}] of the classes
                                      that occur in the data; null where nothing was counted
    threshold                         the score from which on an answer counts for precision, recall, f1 and found
    precision, recall, f1             over all objects, at that threshold and a mask IoU of 0.5
    found                             answers from that threshold on
    baseline                          {name, map50} of a system without a network, for data of one class: the threshold of
                                      Otsu (1979) on the brightness, and what is connected is one object. null otherwise
    seconds, seconds_per_picture      of everything, decoding included; of the network alone
    device

Answers of classes that the data does not label are left out: they can be neither right nor wrong.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub_models.box_dataset import BoxedPictures
from hub_models.class_names import MOST_LISTED, SharedClasses, shared_classes
from hub_models.detection_metrics import (
    Verdicts,
    coco_average_precision,
    mean_precision,
    resampled,
    verdicts,
)
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import SPLITS
from hub_models.evaluate.object_detection import LEAST, SUPPRESSION, THRESHOLD, counts_at, share
from hub_models.inside.precision_recall import COCO_IOUS, Counts, mean_average_precision
from hub_models.instance_dataset import InstancePictures, boxed, open_instances
from hub_models.instance_metrics import MOST_MATCHED, Runs, coco_mask_precision, mask_overlaps, packed
from hub_models.loader import LOADER
from hub_models.metrics import number, resampled_figure
from hub_models.predictors.instances import InstancesProtocol, renamed, select_instances
from hub_models.segments import Instances

TASK = "instance-segmentation"
BASELINE = "Otsu's threshold and connected parts"
LEAST_PART = 12  # pixels of a part that the baseline calls an object
Show = Callable[[int, int], None]


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on pictures in a layout of instance_dataset."""
    identity = LOADER.resolve(checkpoint, TASK).id

    def work(predictor: InstancesProtocol) -> dict:
        only = {"class_name": predictor.names[0]} if len(predictor.names) == 1 else {}
        splits = open_instances(path, **only)
        split = next(name for name in SPLITS if name in splits)
        return evaluate(predictor, splits[split], show, name=Path(path).name, split=split)

    return LOADER.run(identity, TASK, work, tell)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The pictures that could be read, and the answers to them. Masks are kept as run lengths."""

    truth: BoxedPictures
    true_runs: list[Runs]
    found: list[Instances]  # without masks of any size that matters: one cell each
    runs: list[Runs]
    guesses: list[tuple[Instances, Runs]]  # of the baseline; empty for data of several classes
    seconds: float  # of the network


def evaluate(
    predictor: InstancesProtocol,
    data: InstancePictures,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
    threshold: float = THRESHOLD,
) -> dict:
    """The report of `predictor` on `data`. BadData: `classes_unknown`, `data_unreadable`, `data_missing`."""
    began = time.perf_counter()
    answered = answer(predictor, data, show)
    truth, boxes = answered.truth, [found.boxes for found in answered.found]
    overlaps = [mask_overlaps(a, b) for a, b in zip(answered.runs, answered.true_runs, strict=True)]
    by_mask = verdicts(boxes, truth, COCO_IOUS, overlaps, MOST_MATCHED)
    by_box = verdicts(boxes, truth, COCO_IOUS, most=MOST_MATCHED)
    masks = coco_mask_precision(answered.found, answered.runs, truth, answered.true_runs)  # (10, classes)
    of_boxes = coco_average_precision(boxes, truth, MOST_MATCHED)
    counts = [counts_at(verdict, threshold) for verdict in by_mask]
    overall = Counts(**{k: sum(getattr(c, k) for c in counts) for k in ("right", "wrong", "missed")})
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": len(truth),
        "objects": int(truth.objects().sum()),
        "skipped": len(data) - len(truth),
        **figures("", masks, by_mask, len(truth)),
        **figures("box_", of_boxes, by_box, len(truth)),
        "per_class": per_class(truth, masks, of_boxes, counts),
        "threshold": threshold,
        "precision": number(overall.precision),
        "recall": number(overall.recall),
        "f1": number(overall.f1),
        "found": overall.right + overall.wrong,
        "baseline": baseline(answered),
        "seconds": round(time.perf_counter() - began, 3),
        "seconds_per_picture": round(answered.seconds / len(truth), 4),
        "device": predictor.device,
    }


def answer(predictor: InstancesProtocol, data: InstancePictures, show: Show | None) -> Answered:
    """What is found from 1 % on, after suppression. BadData `data_unreadable`, `data_missing`, `classes_unknown`."""
    read, truths, true_runs, found, runs, guesses = [], [], [], [], [], []
    seconds = 0.0
    for i in range(len(data)):
        try:
            pixels, truth = data.read(i)
        except BadInput:
            continue
        began = time.perf_counter()
        objects = select_instances(predictor.candidates(pixels), LEAST, SUPPRESSION, predictor.suppresses)
        seconds += time.perf_counter() - began
        read.append(i)
        true_runs.append(packed(truth))
        truths.append(without_masks(truth))
        runs.append(packed(objects))
        found.append(without_masks(objects))
        if len(data.class_names) == 1:
            guess = otsu_objects(pixels, data.class_names)
            guesses.append((without_masks(guess), packed(guess)))
        if show is not None:
            show(i + 1, len(data))
    if not read:
        raise BadData(
            "data_unreadable",
            f"Expected pictures with objects that can be read, but none of the {len(data)} can be.",
        )
    boxes = boxed(data.subset(read), truths)
    classes = shared_classes(boxes, predictor.names)
    kept = [among(objects, of, classes) for objects, of in zip(found, runs, strict=True)]
    return Answered(
        truth=classes.of(boxes),
        true_runs=true_runs,
        found=[objects for objects, _ in kept],
        runs=[of for _, of in kept],
        guesses=guesses,
        seconds=seconds,
    )


def without_masks(objects: Instances) -> Instances:
    """The same with masks of one cell: the run lengths stand beside it, and memory stays small."""
    cell = np.ones((1, 1), np.float32)
    return Instances(
        objects.names,
        objects.boxes_xyxy,
        objects.labels,
        objects.scores,
        (cell,) * len(objects),
        objects.size_hw,
    )


def among(objects: Instances, runs: Runs, classes: SharedClasses) -> tuple[Instances, Runs]:
    """The answers of the classes that the data labels."""
    keep = np.flatnonzero(classes.of_checkpoint[objects.labels] >= 0)
    return renamed(objects, classes.names, classes.of_checkpoint), [runs[i] for i in keep]


def figures(prefix: str, precisions: np.ndarray, matched: list[Verdicts], count: int) -> dict[str, dict]:
    """mAP at IoU 0.5 and over all IoUs, each with its interval."""
    drawn = resampled(matched)  # (300, 10)
    return {
        f"{prefix}map50": resampled_figure(mean_average_precision(precisions[0]), drawn[:, 0], count),
        f"{prefix}map": resampled_figure(mean_average_precision(precisions.mean(0)), drawn.mean(1), count),
    }


def per_class(truth: BoxedPictures, masks: np.ndarray, boxes: np.ndarray, counts: list[Counts]) -> list[dict]:
    return [
        {
            "label": truth.class_names[i],
            "objects": int(objects),
            "ap50": number(masks[0, i]),
            "ap": number(masks[:, i].mean()),
            "box_ap50": number(boxes[0, i]),
            "box_ap": number(boxes[:, i].mean()),
            "precision": number(counts[i].precision),
            "recall": number(counts[i].recall),
            "f1": number(counts[i].f1),
        }
        for i, objects in enumerate(truth.objects())
        if objects
    ]


def baseline(answered: Answered) -> dict | None:
    """The mask mAP at IoU 0.5 of `otsu_objects`."""
    if not answered.guesses:
        return None
    overlaps = [
        mask_overlaps(of, true) for (_, of), true in zip(answered.guesses, answered.true_runs, strict=True)
    ]
    boxes = [guess.boxes for guess, _ in answered.guesses]
    of_classes = verdicts(boxes, answered.truth, (0.5,), overlaps, MOST_MATCHED)
    return {"name": BASELINE, "map50": round(float(mean_precision(of_classes)[0]), 6)}


def otsu_objects(pixels: np.ndarray, names: tuple[str, ...]) -> Instances:
    """What is brighter than Otsu's threshold, or darker where that is less of the picture; a connected part is an object.

    The score is how far the mean brightness of a part lies from the threshold, as a share of the range.
    """
    from skimage.filters import threshold_otsu
    from skimage.measure import label, regionprops

    grey = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601
    limit = threshold_otsu(grey)
    bright = grey > limit
    parts = regionprops(label(bright if bright.mean() <= 0.5 else ~bright, connectivity=1), grey)
    parts = [part for part in parts if part.area >= LEAST_PART]
    scores = np.array([abs(float(part.intensity_mean) - limit) / 255 for part in parts], np.float32)
    order = np.argsort(-scores, kind="stable")[:MOST_MATCHED]
    boxes = np.array([parts[i].bbox for i in order], np.float32).reshape(-1, 4)[:, [1, 0, 3, 2]]
    return Instances(
        names,
        boxes,
        np.zeros(len(order), np.int64),
        scores[order],
        tuple(parts[i].image.astype(np.float32) for i in order),
        pixels.shape[:2],
    )


def text(report: dict) -> str:
    """The report for people: the figures, then a row a class."""
    skipped = f", {report['skipped']} unreadable left out" if report["skipped"] else ""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} pictures{skipped}, "
        f"{report['objects']:,} objects, {report['seconds']:.1f} s on {report['device']}, "
        f"{report['seconds_per_picture']:.3f} s a picture"
    ]
    for key, word in (
        ("map50", "mask mAP@0.5"),
        ("map", "mask mAP@[.5:.95]"),
        ("box_map50", "box mAP@0.5"),
        ("box_map", "box mAP@[.5:.95]"),
    ):
        f = report[key]
        lines.append(f"{word:18} {f['value']:6.1%}  (95 % interval {f['low']:.1%} to {f['high']:.1%})")
    if report["baseline"]:
        lines.append(f"{'baseline':18} {report['baseline']['map50']:6.1%}  ({report['baseline']['name']})")
    ratios = ", ".join(f"{key} {share(report[key])}" for key in ("precision", "recall", "f1"))
    lines.append(f"from a score of {report['threshold']:g} on: {report['found']:,} found, {ratios}")
    rows = report["per_class"][:MOST_LISTED]
    width = max(5, *(len(row["label"]) for row in rows))
    keys = ("ap50", "ap", "box_ap50", "box_ap", "precision", "recall", "f1")
    heads = "".join(
        f"{word:>11}" for word in ("AP@0.5", "AP", "box AP@0.5", "box AP", "precision", "recall", "f1")
    )
    lines.append(f"\n{'class':{width}}  objects{heads}")
    for row in rows:
        lines.append(
            f"{row['label']:{width}}  {row['objects']:7}{''.join(f'{share(row[key]):>11}' for key in keys)}"
        )
    return "\n".join(lines)
