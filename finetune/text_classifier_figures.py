"""How good a classifier of texts is, for its row of the catalogue and its card."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from finetune.card import ClassRow
from finetune.classifier_figures import class_rows
from finetune.finish import Measure, Measured
from hub_models.checkpoint import Metric
from hub_models.evaluate.sentiment import evaluate
from hub_models.labelled_texts import LabelledTexts

MOST_TRAINING = 2_000  # training texts that are measured


def measure_texts(data: Mapping[str, LabelledTexts], dataset: str, show: Callable[[str], None]) -> Measure:
    """Measures accuracy on dev, on test where there is one, and on some training texts, beside a bag of words."""
    return partial(measured, data=data, dataset=dataset, show=show)


def measured(
    predictor, *, data: Mapping[str, LabelledTexts], dataset: str, show: Callable[[str], None]
) -> Measured:
    train = data["train"]
    some = np.sort(np.random.default_rng(0).permutation(len(train))[:MOST_TRAINING])
    parts = {**data, "train": train.subset(some)}
    metrics: list[Metric] = []
    rows: tuple[ClassRow, ...] = ()
    for split in ("dev", "test", "train"):
        if split not in parts:
            continue
        show(f"measuring on {len(parts[split]):,} texts of {split}")
        report = evaluate(
            predictor, parts[split], name=dataset, split=split, train=None if split == "train" else train
        )
        metrics.append(metric(report))
        if split == "dev":
            rows = class_rows(report)
    return Measured(metrics=tuple(metrics), per_class=rows)


def metric(report: dict) -> Metric:
    """The accuracy, beside that of a bag of words or, of training texts, of always the commonest class."""
    baseline = report.get("bag_of_words") or report["baseline"]
    return Metric(
        dataset=report["data"],
        split=report["split"],
        name="accuracy",
        **report["accuracy"],
        baseline=baseline["accuracy"],
        baseline_name=baseline["name"],
    )
