"""How good a network for the points of faces is, for its row of the catalogue and its card."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from finetune.box_check import contact_sheet
from finetune.finish import Measure, Measured
from finetune.running import Show
from hub_models.checkpoint import Metric
from hub_models.draw_faces import dotted
from hub_models.evaluate.face_landmarks import evaluate
from hub_models.landmark_dataset import LandmarkPictures
from hub_models.picture import encode_jpeg, fit_within
from hub_models.predictors.face_landmarker import FaceLandmarker

MOST_TRAINING = 300  # training pictures that are measured
MOST_SHOWN, CELL = 12, 240  # pictures on the contact sheet, pixels of a side
NAMES = {
    "error": "mean error / eye distance",
    "error_moved": "mean error / eye distance, box moved",
    "failures": "faces wrong by more than 10 % of the eye distance",
}


def measure_landmarker(data: Mapping[str, LandmarkPictures], dataset: str, show: Show) -> Measure:
    """Measures on dev, on test where there is one, and on some training pictures."""
    return partial(measured, data=data, dataset=dataset, show=show)


def measured(
    predictor: FaceLandmarker, *, data: Mapping[str, LandmarkPictures], dataset: str, show: Show
) -> Measured:
    train = data["train"]
    few = np.sort(np.random.default_rng(0).permutation(len(train))[:MOST_TRAINING])
    metrics = []
    for split, some in (("dev", data["dev"]), ("test", data.get("test")), ("train", train.subset(few))):
        if some is None:
            continue
        show(f"measuring on {len(some):,} pictures of {split}")
        report = evaluate(predictor, some, name=dataset, split=split)
        metrics += [metric(report, key) for key in (NAMES if split != "train" else ("error",))]
    return Measured(metrics=tuple(metrics))


def metric(report: dict, key: str) -> Metric:
    baseline = report["baseline"]
    return Metric(
        dataset=report["data"],
        split=report["split"],
        name=NAMES[key],
        **report[key],
        baseline=baseline[key],
        baseline_name=baseline["name"],
    )


def point_pictures(data: LandmarkPictures, path: Path) -> None:
    """Write a contact sheet of up to 12 pictures with their points to `path`, so that a person sees whether they fit."""
    cells = []
    for index in np.linspace(0, len(data) - 1, min(MOST_SHOWN, len(data))).astype(int):
        pixels = data.read(int(index))
        small = fit_within(pixels, CELL)
        cells.append(dotted(small, data.points[index] * (small.shape[1] / pixels.shape[1])))
    path.write_bytes(encode_jpeg(contact_sheet(cells)))
