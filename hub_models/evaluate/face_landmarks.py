"""Points of faces on pictures whose points are known: how far away is a point, as a share of the eye distance?

Each face is framed by the box around its true points, as a perfect finder would; and once more by a box that lies a
little wrong, as real ones do. The distance of the outer corners of both eyes is the unit, so that near and far faces
count alike. Intervals: 95 %, people drawn anew 1,000 times, since pictures of one person are no independent samples.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, people, skipped            pictures answered; different people in them; pictures that could not be read
    error                             {value, low, high, count}: mean distance of a point / eye distance
    error_moved                       the same, framed by boxes up to MOVED beside and GROWN larger or smaller
    failures                          {value, low, high, count}: faces whose mean distance is above LARGEST
    per_group                         [{label, points, error}] jaw, brows, nose, eyes, mouth
    baseline                          {name, error, error_moved, failures} of the mean face of these pictures in the box
    seconds, device                   of everything, decoding included
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hub_models.errors import BadData, BadInput
from hub_models.evaluate import measured
from hub_models.faces import GROUPS, box_of, eye_distance, framing, inverse, mean_error, moved, moved_box
from hub_models.landmark_dataset import LandmarkPictures, open_landmarks
from hub_models.metrics import resampled_figure
from hub_models.predictors.face_landmarker import FaceLandmarker

TASK = "face-landmarks"
LARGEST = 0.1  # error of a face that counts as found
MOVED, GROWN = 0.1, 0.15  # of the longer side of the box; the logarithm of the size
SEED, DRAWS = 0, 1000
Show = Callable[[int, int], None]


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on pictures with points."""
    return measured(TASK, checkpoint, path, open_landmarks, evaluate, show, tell)


def evaluate(
    predictor: FaceLandmarker,
    data: LandmarkPictures,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
) -> dict:
    """The report of `predictor` on `data`."""
    began = time.perf_counter()
    read, exact, shifted, boxes = [], [], [], []
    for i in range(len(data)):
        try:
            pixels = data.read(i)
        except BadInput:
            continue
        true = box_of(data.points[i].astype(float))
        other = moved_box(true, np.random.default_rng((SEED, i)), MOVED, GROWN)
        points = predictor.points_in(pixels, np.stack([true, other]))
        read.append(i)
        exact.append(points[0])
        shifted.append(points[1])
        boxes.append((true, other))
        if show is not None:
            show(i + 1, len(data))
    if not read:
        raise BadData("data_unreadable", "Expected pictures of faces that can be read, found none.")
    kept = data.subset(read)
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": len(read),
        "people": len(set(kept.people)),
        "skipped": len(data) - len(read),
        **figures(np.stack(exact), np.stack(shifted), kept),
        "per_group": per_group(np.stack(exact), kept.points),
        "baseline": baseline(np.array(boxes), kept.points),
        "seconds": round(time.perf_counter() - began, 3),
        "device": predictor.device,
    }


def figures(exact: np.ndarray, shifted: np.ndarray, data: LandmarkPictures) -> dict:
    """error, error_moved and failures, each with the interval over people."""
    wrong = mean_error(exact, data.points)
    values = {
        "error": wrong,
        "error_moved": mean_error(shifted, data.points),
        "failures": (wrong > LARGEST).astype(float),
    }
    return {name: over_people(value, data.people) for name, value in values.items()}


def over_people(values: np.ndarray, people: Sequence[str]) -> dict:
    """{value, low, high, count}: the mean of `values` (N,), with people drawn anew for the interval."""
    names, numbers = np.unique(list(people), return_inverse=True)
    sums, counts = np.bincount(numbers, values, len(names)), np.bincount(numbers, minlength=len(names))
    drawn = np.random.default_rng(SEED).integers(0, len(names), (DRAWS, len(names)))
    return resampled_figure(values.mean(), sums[drawn].sum(1) / counts[drawn].sum(1), len(values))


def per_group(points: np.ndarray, truth: np.ndarray) -> list[dict]:
    apart = np.linalg.norm(points - truth, axis=-1) / np.maximum(eye_distance(truth), 1e-6)[:, None]
    return [
        {
            "label": name,
            "points": part.stop - part.start,
            "error": round(float(apart[:, part].mean()), 6),
        }
        for name, part in GROUPS.items()
    ]


def baseline(boxes: np.ndarray, truth: np.ndarray) -> dict:
    """The mean face of all pictures, put into the boxes (N, 2, 4): the true ones, and the moved ones."""
    mean = np.mean([moved(p, framing(box_of(p), 1)) for p in truth.astype(float)], axis=0)
    placed = np.array([[moved(mean, inverse(framing(box, 1))) for box in pair] for pair in boxes])
    wrong = [mean_error(placed[:, side], truth) for side in (0, 1)]
    return {
        "name": "the mean face in the box",
        "error": round(float(wrong[0].mean()), 6),
        "error_moved": round(float(wrong[1].mean()), 6),
        "failures": round(float((wrong[0] > LARGEST).mean()), 6),
    }


def text(report: dict) -> str:
    """The report for people: the figures, then a row a group of points."""
    left_out = f", {report['skipped']} unreadable left out" if report["skipped"] else ""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} faces of "
        f"{report['people']:,} people{left_out}, {report['seconds']:.1f} s on {report['device']}"
    ]
    words = {
        "error": "mean error / eye distance",
        "error_moved": "the same, box moved",
        "failures": f"faces above {LARGEST:.0%}",
    }
    for key, word in words.items():
        f = report[key]
        lines.append(
            f"{word:26} {f['value']:6.2%}  (95 % interval {f['low']:.2%} to {f['high']:.2%}), "
            f"baseline {report['baseline'][key]:.2%}"
        )
    lines.append(f"baseline: {report['baseline']['name']}\n\n{'points':12} count   error")
    lines += [f"{row['label']:12} {row['points']:5}  {row['error']:6.2%}" for row in report["per_group"]]
    return "\n".join(lines)
