"""How well a network tells people apart, for its row of the catalogue and its card; and what its distances mean."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from finetune.eigenfaces import Eigenfaces
from finetune.finish import Measure, Measured
from hub_models.checkpoint import Metric
from hub_models.errors import BadInput
from hub_models.evaluate.face_recognition import evaluate
from hub_models.face_gallery import Calibration, all_pairs, best_threshold
from hub_models.face_pictures import FacePictures
from hub_models.predictors.face_embedder import EmbedderProtocol

NAMES = {
    "roc_auc": "ROC AUC",
    "equal_error": "equal error rate",
    "accuracy": "accuracy at the threshold",
    "false_accept": "two people taken for one",
    "false_reject": "one person taken for two",
}


def measure_embedder(parts: Mapping[str, FacePictures], dataset: str, show: Callable[[str], None]) -> Measure:
    """Measures on every part but that of the training people, whom it knows by heart."""
    return partial(measured, parts=parts, dataset=dataset, show=show)


def measured(
    predictor: EmbedderProtocol,
    *,
    parts: Mapping[str, FacePictures],
    dataset: str,
    show: Callable[[str], None],
) -> Measured:
    """`parts`: "train", "dev" and perhaps more, other pictures of the dev people. Calibrated on the last of them."""
    eigenfaces = Eigenfaces(readable(parts["train"])[1])
    metrics, calibration = [], None
    for split, part in parts.items():
        if split == "train":
            continue
        data, faces = readable(part)
        show(f"measuring on {len(data):,} faces of {split}")
        report = evaluate(
            predictor,
            data,
            faces=faces,
            name=dataset,
            split=split,
            baseline=("eigenfaces", eigenfaces.embed),
            crossed=True,
        )
        metrics += metrics_of(report)
        calibration = calibration_of(predictor, data, faces, dataset)
    return Measured(metrics=tuple(metrics), arguments={"calibration": calibration.to_json()})


def readable(data: FacePictures) -> tuple[FacePictures, list[np.ndarray]]:
    """`data` without the pictures in which no face is found, and its faces."""
    kept, faces = [], []
    for i in range(len(data)):
        try:
            faces.append(data.read(i))
        except BadInput:
            continue
        kept.append(i)
    return data.subset(kept), faces


def calibration_of(
    predictor: EmbedderProtocol, data: FacePictures, faces: list[np.ndarray], dataset: str
) -> Calibration:
    """The distances of people that it was not trained on, and the threshold that is best for them."""
    pairs = all_pairs(predictor.predict_many(faces), data.labels, data.takes).across_takes()
    words = (
        f"measured on {int(pairs.same.sum()):,} pairs of one person and {int((~pairs.same).sum()):,} of two people, "
        f"{len(data.counts())} people of {dataset} that it was not trained on"
    )
    return Calibration.of(pairs, best_threshold(pairs.distances, pairs.same), words)


def metrics_of(report: dict) -> list[Metric]:
    """ROC AUC and the error rates, over the pairs that were not taken together and over all; and rank-1."""
    shared = {"dataset": report["data"], "split": report["split"]}
    several = report["pairs"]["same"] != report["pairs"]["same_apart"]
    ways = (
        ("apart", ", not taken together" if several else ""),
        *((("", ", all pairs"),) if several else ()),
    )
    base, found = report["baseline"], []
    for way, words in ways:
        figures = report[way] if way else report
        for key, name in NAMES.items():
            if not way and key != "roc_auc":  # of all pairs this one says enough
                continue
            beside = base["roc_auc_apart" if way else "roc_auc"] if key == "roc_auc" else None
            found.append(
                Metric(
                    name=name + words,
                    **shared,
                    **figures[key],
                    baseline=beside,
                    baseline_name=base["name"] if beside is not None else "",
                )
            )
    return [*found, Metric(name="rank-1, one picture enrolled", **shared, **report["rank_one"])]
