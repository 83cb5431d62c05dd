"""A classifier on labelled pictures: accuracy with its interval, per class, and what is taken for what.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, skipped                    pictures answered; pictures that could not be read
    accuracy, top5                    {value, low, high, count}, 95 % Wilson interval; top5 with more than 5 classes
    per_class                         [{label, count, recall, precision, f1}] of the classes that occur in the data
                                      or in an answer; null where nothing was counted
    confusion                         [[pictures]]: a row a true class, a column an answer, both as per_class lists them
    baseline                          {name, accuracy} of always answering the most frequent class
    seconds, device                   of everything, decoding included
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from hub_models.class_figures import by_class, class_lines, figure
from hub_models.class_names import indices_of
from hub_models.dataset import LabelledPictures, open_splits
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import measured
from hub_models.predictors import Predictor

TASK = "image-classification"
MOST_PICTURES = 32  # of a batch
MOST_BYTES = 256 * 1024**2  # of a batch's pixels: seven photographs of 12 megapixels
Show = Callable[[int, int], None]


class PictureClassifier(Predictor, Protocol):
    names: tuple[str, ...]
    device: str

    def predict_many(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """Pictures of any sizes -> probabilities (B, classes)."""


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on a folder, zip or npz of pictures."""
    return measured(TASK, checkpoint, path, open_splits, evaluate, show, tell)


def evaluate(
    predictor: PictureClassifier,
    data: LabelledPictures,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
) -> dict:
    """The report of `predictor` on `data`. BadData: `classes_unknown`, `data_unreadable`."""
    began = time.perf_counter()
    index_of = class_indices(data, predictor.names)
    truths: list[int] = []
    best: list[np.ndarray] = []  # (B, 5) classes of each batch, the most probable first
    for pictures, positions in batches(data):
        probabilities = predictor.predict_many(pictures)  # (B, classes)
        best.append(np.argsort(-probabilities, axis=1, kind="stable")[:, :5])
        truths += [index_of[int(label)] for label in data.labels[positions]]
        if show is not None:
            show(positions[-1] + 1, len(data))
    if not truths:
        raise BadData(
            "data_unreadable", f"Expected pictures that can be read, but none of the {len(data)} can be."
        )
    truth, top5 = np.array(truths), np.concatenate(best)
    count, classes = len(truth), len(predictor.names)
    report = {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": count,
        "skipped": len(data) - count,
        "accuracy": figure(top5[:, 0] == truth),
    }
    if classes > 5:
        report["top5"] = figure((top5 == truth[:, None]).any(1))
    majority = {"name": "majority class", "accuracy": round(float(np.bincount(truth).max()) / count, 6)}
    return report | {
        **by_class(truth, top5[:, 0], predictor.names),
        "baseline": majority,
        "seconds": round(time.perf_counter() - began, 3),
        "device": predictor.device,
    }


def batches(data: LabelledPictures) -> Iterator[tuple[list[np.ndarray], list[int]]]:
    """The pictures that can be read with their positions in `data`, as many together as memory should hold."""
    pictures: list[np.ndarray] = []
    positions: list[int] = []
    for i in range(len(data)):
        try:
            pictures.append(data.read(i))
        except BadInput:
            continue
        positions.append(i)
        if len(pictures) == MOST_PICTURES or sum(p.nbytes for p in pictures) > MOST_BYTES:
            yield pictures, positions
            pictures, positions = [], []
    if pictures:
        yield pictures, positions


def class_indices(data: LabelledPictures, known: Sequence[str]) -> dict[int, int]:
    """Class of the data -> class of the checkpoint, for those that occur."""
    return indices_of(
        {int(label): data.class_names[label] for label in np.unique(data.labels)}, known, "folders"
    )


def text(report: dict) -> str:
    """The report for people: the figures, then a row a class."""
    skipped = f", {report['skipped']} unreadable left out" if report["skipped"] else ""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} pictures{skipped}, "
        f"{report['seconds']:.1f} s on {report['device']}"
    ]
    for key, word in (("accuracy", "accuracy"), ("top5", "top 5")):
        if key in report:
            f = report[key]
            lines.append(f"{word:9} {f['value']:6.1%}  (95 % interval {f['low']:.1%} to {f['high']:.1%})")
    lines.append(
        f"{'baseline':9} {report['baseline']['accuracy']:6.1%}  (always the {report['baseline']['name']})"
    )
    return "\n".join([*lines, *class_lines(report)])
