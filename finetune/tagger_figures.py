"""How good a tagger is, for its row of the catalogue and its card."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from finetune.card import ClassRow
from finetune.finish import Measure, Measured
from hub_models.checkpoint import Metric
from hub_models.evaluate.named_entities import evaluate
from hub_models.tagged_texts import TaggedTexts

MOST_TRAINING = 1_000  # training sentences that are measured
NAMES = {"f1": "entity F", "precision": "entity precision", "recall": "entity recall"}


def measure_tagger(
    data: Mapping[str, TaggedTexts],
    dataset: str,
    show: Callable[[str], None],
    known: TaggedTexts | None = None,
) -> Measure:
    """Measures on dev, on test where there is one, on further sets of `data` (by their names), and on some of train.

    `known`: what the baseline has seen, where that is more than train.
    """
    return partial(measured, data=data, dataset=dataset, show=show, known=known)


def measured(
    predictor,
    *,
    data: Mapping[str, TaggedTexts],
    dataset: str,
    show: Callable[[str], None],
    known: TaggedTexts | None = None,
) -> Measured:
    train = data["train"]
    some = np.sort(np.random.default_rng(0).permutation(len(train))[:MOST_TRAINING])
    elsewhere = [name for name in data if name not in ("train", "dev", "test")]
    order = ["dev", *(["test"] if "test" in data else []), *elsewhere, "train"]
    metrics: list[Metric] = []
    rows: tuple[ClassRow, ...] = ()
    for name in order:
        part = train.subset(some) if name == "train" else data[name]
        show(f"measuring on {len(part):,} sentences of {name}")
        own = name in ("dev", "test", "train")
        report = evaluate(
            predictor, part, name=dataset if own else name, split=name if own else "dev",
            train=None if name == "train" else known or train,
        )  # fmt: skip
        metrics += metrics_of(report, tuple(NAMES) if name == "dev" else ("f1",))
        if name == "dev":
            rows = kind_rows(report)
    return Measured(metrics=tuple(metrics), per_class=rows)


def metrics_of(report: dict, keys: tuple[str, ...]) -> list[Metric]:
    baseline = report.get("baseline")
    return [
        Metric(
            dataset=report["data"],
            split=report["split"],
            name=NAMES[key],
            **report[key],
            baseline=baseline["f1"] if baseline and key == "f1" else None,
            baseline_name=baseline["name"] if baseline and key == "f1" else "",
        )
        for key in keys
    ]


def kind_rows(report: dict) -> tuple[ClassRow, ...]:
    return tuple(
        ClassRow(
            name=row["label"],
            count=row["count"],
            recall=row["recall"],
            precision=row["precision"] or 0.0,  # None: never said
        )
        for row in report["per_class"]
        if row["count"]
    )
