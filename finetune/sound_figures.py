"""How good a classifier of sounds is, for its row of the catalogue and its card."""

from collections.abc import Callable, Mapping

import numpy as np

from finetune.classifier_figures import class_rows
from finetune.finish import Measured
from hub_models.checkpoint import Metric
from hub_models.evaluate.audio_classification import evaluate
from hub_models.labelled_sounds import LabelledSounds

MOST_TRAINING = 1_000  # training sounds that are measured


def measure_sounds(
    predictor, *, data: Mapping[str, LabelledSounds], dataset: str, show: Callable[[str], None]
) -> Measured:
    """Accuracy on dev, on test where there is one, and on some training sounds, beside the mean log-mel spectrum."""
    train = data["train"]
    some = np.sort(np.random.default_rng(0).permutation(len(train))[:MOST_TRAINING])
    parts = {**data, "train": train.subset(some)}
    metrics, rows = [], ()
    for split in ("dev", "test", "train"):
        if split not in parts:
            continue
        show(f"measuring on {len(parts[split]):,} sounds of {split}")
        report = evaluate(
            predictor, parts[split], name=dataset, split=split, train=None if split == "train" else train
        )
        baseline = report.get("log_mel_mean") or report["baseline"]
        metrics.append(
            Metric(
                dataset=dataset, split=split, name="accuracy", **report["accuracy"],
                baseline=baseline["accuracy"], baseline_name=baseline["name"],
            )
        )  # fmt: skip
        if split == "dev":
            rows = class_rows(report)
    return Measured(metrics=tuple(metrics), per_class=rows)
