"""How good a classifier is, for its row of the catalogue and its card."""

from collections.abc import Callable
from functools import partial

import numpy as np

from finetune.card import ClassRow
from finetune.finish import Measure, Measured
from hub_models.checkpoint import Metric
from hub_models.dataset import LabelledPictures
from hub_models.evaluate.image_classification import PictureClassifier, evaluate
from hub_models.metrics import proportion

MOST_TRAINING = 10_000  # training pictures that are measured: an interval of 1 % is narrow enough


def measure_classifier(
    train: LabelledPictures, dev: LabelledPictures, dataset: str, show: Callable[[str], None]
) -> Measure:
    """Measures accuracy on all dev pictures and on some training pictures, beside always the commonest class."""
    return partial(measured, train=train, dev=dev, dataset=dataset, show=show)


def measured(
    predictor: PictureClassifier,
    *,
    train: LabelledPictures,
    dev: LabelledPictures,
    dataset: str,
    show: Callable[[str], None],
) -> Measured:
    show(f"measuring on {len(dev):,} dev pictures")
    on_dev = evaluate(predictor, dev, name=dataset, split="dev")
    some = train.subset(np.sort(np.random.default_rng(0).permutation(len(train))[:MOST_TRAINING]))
    show(f"measuring on {len(some):,} training pictures")
    on_train = evaluate(predictor, some, name=dataset, split="train")
    majority = int(np.bincount(train.labels).argmax())
    return Measured(
        metrics=(metric(on_dev, dev, majority), metric(on_train, some, majority)),
        per_class=class_rows(on_dev),
    )


def metric(report: dict, data: LabelledPictures, majority: int) -> Metric:
    """The accuracy in `report`, beside that of always answering the `majority` class of the training data."""
    accuracy = report["accuracy"]
    always, _, _ = proportion(int((data.labels == majority).sum()), len(data))
    return Metric(
        dataset=report["data"],
        split=report["split"],
        name="accuracy",
        value=accuracy["value"],
        count=accuracy["count"],
        low=accuracy["low"],
        high=accuracy["high"],
        baseline=round(always, 6),
        baseline_name=f"always {data.class_names[majority]}",
    )


def class_rows(report: dict) -> tuple[ClassRow, ...]:
    """The classes of the dev data, with the wrong answer that each got most often."""
    labels = [entry["label"] for entry in report["per_class"]]
    rows = []
    for number, (entry, answers) in enumerate(zip(report["per_class"], report["confusion"], strict=True)):
        wrong = [0 if i == number else count for i, count in enumerate(answers)]
        if entry["count"]:
            rows.append(
                ClassRow(
                    name=entry["label"],
                    count=entry["count"],
                    recall=entry["recall"],
                    precision=entry["precision"] or 0.0,  # None: never answered
                    confused_with=labels[int(np.argmax(wrong))] if any(wrong) else "",
                )
            )
    return tuple(rows)
