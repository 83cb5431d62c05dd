"""How well a network answers questions about pictures, for its row of the catalogue and its card."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from finetune.card import ClassRow
from finetune.classifier_figures import class_rows
from finetune.finish import Measure, Measured
from hub_models.asked_pictures import AskedPictures
from hub_models.checkpoint import Metric
from hub_models.evaluate.visual_question_answering import evaluate, text

MOST_TRAINING = 300  # training pictures whose questions are measured
BESIDE = "question only"  # the baseline that a figure is shown with, where there is one


def measure_answers(data: Mapping[str, AskedPictures], dataset: str, show: Callable[[str], None]) -> Measure:
    """Measures accuracy on dev, on test where there is one, and on some training pictures, beside the question alone."""
    return partial(measured, data=data, dataset=dataset, show=show)


def measured(
    predictor, *, data: Mapping[str, AskedPictures], dataset: str, show: Callable[[str], None]
) -> Measured:
    train = data["train"]
    some = np.sort(np.random.default_rng(0).permutation(len(train.names))[:MOST_TRAINING])
    parts = {**data, "train": train.of_pictures(some)}
    metrics: list[Metric] = []
    rows: tuple[ClassRow, ...] = ()
    for split in ("dev", "test", "train"):
        if split not in parts:
            continue
        report = evaluate(
            predictor, parts[split], name=dataset, split=split, train=None if split == "train" else train
        )
        show(text(report))
        metrics.append(metric(report))
        if split == "dev":
            rows = class_rows(report)
    return Measured(metrics=tuple(metrics), per_class=rows)


def metric(report: dict) -> Metric:
    """The accuracy, beside that of the question alone or, of training questions, of always the commonest answer."""
    found = {row["name"]: row["value"] for row in report["baselines"]}
    name = BESIDE if BESIDE in found else "most frequent answer"
    return Metric(
        dataset=report["data"],
        split=report["split"],
        name="accuracy",
        **report["accuracy"],
        baseline=found[name],
        baseline_name=name,
    )
