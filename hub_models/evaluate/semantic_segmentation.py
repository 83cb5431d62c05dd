"""A network that labels pixels on pictures with masks: intersection over union, accuracy, borders, per class.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, pixels, skipped            pictures answered; their pixels that are not void; pictures that could not be read
    mean_iou, pixel_accuracy, boundary_f
                                      {value, low, high, count}: the mean over the classes of intersection over union;
                                      the share of pixels with the right class; the mean over the classes of the F of
                                      their borders, which may lie 0.75 % of the diagonal off. 95 % bootstrap over the
                                      pictures, their count
    per_class                         [{label, pixels, iou, precision, recall, boundary_f}] of the classes that occur in
                                      the data or in an answer; null where nothing was counted
    confusion                         [[pixels]]: a row a true class, a column an answer, both as per_class lists them,
                                      then one column for answers that the data has no class for
    baseline                          {name, mean_iou} of a system that does not look at the picture: at each place the
                                      class that is most frequent there in the training pictures, or in the data itself
    seconds, seconds_per_picture      of everything, decoding included; of the network alone
    device

Answers are compared in the size of the mask. Answers of classes that the data does not have are wrong.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub_models.class_names import MOST_LISTED, indices_of
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import SPLITS
from hub_models.loader import LOADER
from hub_models.mask_dataset import VOID, MaskedPictures, open_masks
from hub_models.metrics import number, resampled_figure
from hub_models.predictors.segmenter import SegmenterProtocol
from hub_models.segmentation_metrics import (
    border_counts,
    border_f,
    confusion_of,
    drawn_anew,
    iou_of,
    mean_iou,
    pixel_accuracy,
)

TASK = "semantic-segmentation"
BASELINE = "most frequent class at each place"
PLACES = 60  # rows and columns of the baseline's map
MOST_FOR_BASELINE = 200  # training pictures that it is made from
Show = Callable[[int, int], None]


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on images/ and masks/ at `path`.

    Where the data has no classes.txt its numbers mean the classes of the checkpoint, in order.
    """
    identity = LOADER.resolve(checkpoint, TASK).id

    def work(predictor: SegmenterProtocol) -> dict:
        splits = open_masks(path, predictor.names)
        split = next(name for name in SPLITS if name in splits)
        return evaluate(predictor, splits[split], show, name=Path(path).name, split=split)

    return LOADER.run(identity, TASK, work, tell)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Counts of each picture that could be read."""

    confusion: np.ndarray  # (pictures, C, C + 1)
    borders: np.ndarray  # (pictures, C, 4)
    read: tuple[int, ...]
    seconds: float  # of the network


def evaluate(
    predictor: SegmenterProtocol,
    data: MaskedPictures,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
    train: MaskedPictures | None = None,
) -> dict:
    """The report of `predictor` on `data`. BadData: `classes_unknown`, `data_unreadable`.

    `train`, of the same classes, is what the baseline is made from.
    """
    began = time.perf_counter()
    counted = count(predictor, data, show)
    confusion, borders = counted.confusion.sum(0), counted.borders.sum(0)
    drawn, drawn_borders = drawn_anew(counted.confusion), drawn_anew(counted.borders)
    pictures = len(counted.read)
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": pictures,
        "pixels": int(confusion.sum()),
        "skipped": len(data) - pictures,
        "mean_iou": resampled_figure(mean_iou(confusion), mean_iou(drawn), pictures),
        "pixel_accuracy": resampled_figure(pixel_accuracy(confusion), pixel_accuracy(drawn), pictures),
        "boundary_f": resampled_figure(
            mean_known(border_f(borders)), mean_known(border_f(drawn_borders)), pictures
        ),
        **by_class(data.class_names, confusion, borders),
        "baseline": baseline(train or data, data, counted.read),
        "seconds": round(time.perf_counter() - began, 3),
        "seconds_per_picture": round(counted.seconds / pictures, 4),
        "device": predictor.device,
    }


def count(predictor: SegmenterProtocol, data: MaskedPictures, show: Show | None) -> Counted:
    """Ask about every picture. BadData `data_unreadable`, `classes_unknown`."""
    classes = len(data.class_names)
    known = indices_of(dict(enumerate(data.class_names)), predictor.names, "classes")
    as_data = np.full(len(predictor.names), classes, np.int64)  # what the data does not have is "other"
    for of_data, of_network in known.items():
        as_data[of_network] = of_data
    confusions, borders, read, seconds = [], [], [], 0.0
    for i in range(len(data)):
        try:
            pixels, truth = data.read(i)
        except BadInput:
            continue
        began = time.perf_counter()
        found = as_data[predictor.predict(pixels).labels]
        seconds += time.perf_counter() - began
        confusions.append(confusion_of(truth, found, classes))
        borders.append(border_counts(truth, found, classes).stacked())
        read.append(i)
        if show is not None:
            show(i + 1, len(data))
    if not read:
        raise BadData(
            "data_unreadable",
            f"Expected pictures with masks that can be read, but none of the {len(data)} can be.",
        )
    return Counted(
        confusion=np.stack(confusions), borders=np.stack(borders), read=tuple(read), seconds=seconds
    )


def mean_known(values: np.ndarray) -> np.ndarray:
    """The mean over the last axis of what is not NaN; 0 where nothing is known."""
    known = np.isfinite(values)
    return np.where(known, values, 0).sum(-1) / np.maximum(known.sum(-1), 1)


def by_class(names: Sequence[str], confusion: np.ndarray, borders: np.ndarray) -> dict[str, list]:
    """`per_class` and `confusion`, of the classes that occur in the data or in an answer."""
    true, answered = confusion.sum(1), confusion.sum(0)[:-1]
    right = np.diagonal(confusion)
    ious, fs = iou_of(confusion), border_f(borders)
    shown = [i for i in range(len(names)) if true[i] or answered[i]]
    rows = [
        {
            "label": names[i],
            "pixels": int(true[i]),
            "iou": number(ious[i]),
            "precision": number(right[i] / answered[i]) if answered[i] else None,
            "recall": number(right[i] / true[i]) if true[i] else None,
            "boundary_f": number(fs[i]),
        }
        for i in shown
    ]
    return {"per_class": rows, "confusion": confusion[np.ix_(shown, [*shown, len(names)])].tolist()}


def baseline(train: MaskedPictures, data: MaskedPictures, read: Sequence[int]) -> dict:
    """The mean IoU of the map of the most frequent class at each place of `train`, as the answer to every picture."""
    classes = len(data.class_names)
    few = np.unique(np.linspace(0, len(train) - 1, min(MOST_FOR_BASELINE, len(train))).astype(int))
    votes = np.zeros((classes, PLACES, PLACES), np.int64)
    for i in few:
        try:
            labels = at_places(train.read(int(i))[1])
        except BadInput:
            continue
        for label in range(classes):
            votes[label] += labels == label
    answer = votes.argmax(0)
    confusion = sum(confusion_of(at_places(data.read(i)[1]), answer, classes) for i in read)
    return {"name": BASELINE, "mean_iou": round(float(mean_iou(confusion)), 6)}


def at_places(labels: np.ndarray) -> np.ndarray:
    """Labels (H, W) -> (60, 60): those at the middle of every cell."""
    height, width = labels.shape
    rows, columns = (((np.arange(PLACES) + 0.5) * side / PLACES).astype(int) for side in (height, width))
    return np.where(labels[rows][:, columns] == VOID, 10**6, labels[rows][:, columns])


def text(report: dict) -> str:
    """The report for people: the figures, then a row a class."""
    skipped = f", {report['skipped']} unreadable left out" if report["skipped"] else ""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} pictures{skipped}, "
        f"{report['seconds']:.1f} s on {report['device']}, {report['seconds_per_picture']:.3f} s a picture"
    ]
    for key, word in (
        ("mean_iou", "mean IoU"), ("pixel_accuracy", "pixel accuracy"), ("boundary_f", "boundary F"),
    ):  # fmt: skip
        f = report[key]
        lines.append(f"{word:15} {f['value']:6.1%}  (95 % interval {f['low']:.1%} to {f['high']:.1%})")
    lines.append(
        f"{'baseline':15} {report['baseline']['mean_iou']:6.1%}  mean IoU ({report['baseline']['name']})"
    )
    rows = report["per_class"][:MOST_LISTED]
    width = max(5, *(len(row["label"]) for row in rows))
    keys = ("iou", "precision", "recall", "boundary_f")
    heads = "".join(f"{word:>12}" for word in ("IoU", "precision", "recall", "boundary F"))
    lines.append(f"\n{'class':{width}}      pixels{heads}")
    for row in rows:
        figures = "".join(f"{'-' if row[key] is None else f'{row[key]:.1%}':>12}" for key in keys)
        lines.append(f"{row['label']:{width}}  {row['pixels']:10,}{figures}")
    return "\n".join(lines)
