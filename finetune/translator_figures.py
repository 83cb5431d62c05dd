"""How good a translator is, for its row of the catalogue and its card."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from finetune.finish import Measure, Measured
from hub_models.checkpoint import Metric
from hub_models.evaluate.translation import COPY, evaluate
from hub_models.paired_texts import PairedTexts

MOST_TRAINING = 500  # training pairs that are measured


def measure_translator(data: Mapping[str, PairedTexts], dataset: str, show: Callable[[str], None]) -> Measure:
    """Measures BLEU and chrF on dev, on test where there is one, and on some training pairs."""
    return partial(measured, data=data, dataset=dataset, show=show)


def measured(
    predictor, *, data: Mapping[str, PairedTexts], dataset: str, show: Callable[[str], None]
) -> Measured:
    train = data["train"]
    some = np.sort(np.random.default_rng(0).permutation(len(train))[:MOST_TRAINING])
    metrics: list[Metric] = []
    for split, pairs in (("dev", data["dev"]), ("test", data.get("test")), ("train", train.subset(some))):
        if pairs is None:
            continue
        show(f"measuring on {len(pairs):,} sentences of {split}")
        held_out = split != "train"
        report = evaluate(predictor, pairs, name=dataset, split=split, train=train if held_out else None)
        metrics += metrics_of(report) if held_out else metrics_of(report)[:1]
    return Measured(metrics=tuple(metrics))


def metrics_of(report: dict) -> list[Metric]:
    """BLEU beside a word-for-word translation, chrF beside the source copied, BLEU by the length of the sentence."""
    simplest = report["baselines"][0]
    copied = next(one for one in report["baselines"] if one["name"] == COPY)
    shared = {"dataset": report["data"], "split": report["split"]}
    found = [
        Metric(
            name="BLEU", **shared, **report["bleu"], baseline=simplest["bleu"], baseline_name=simplest["name"]
        ),
        Metric(name="chrF", **shared, **report["chrf"], baseline=copied["chrf"], baseline_name=COPY),
    ]
    for group in report["by_length"]:
        split = f"{report['split']}, {group['words']}"
        found.append(Metric(name="BLEU", dataset=report["data"], split=split, **group["bleu"]))
    return found
