"""How well a network guesses the next character, for its row of the catalogue and its card."""

from collections.abc import Callable, Mapping
from functools import partial

from finetune.finish import Measure, Measured
from hub_models.checkpoint import Metric
from hub_models.evaluate.language_model import evaluate
from hub_models.running_text import RunningText

MOST_TRAINING = 20  # blocks of the training text that are measured


def measure_language_model(
    parts: Mapping[str, RunningText], dataset: str, show: Callable[[str], None]
) -> Measure:
    """Measures on dev, on test where there is one, and on some of the training text."""
    return partial(measured, parts=parts, dataset=dataset, show=show)


def measured(
    predictor, *, parts: Mapping[str, RunningText], dataset: str, show: Callable[[str], None]
) -> Measured:
    train = parts["train"]
    few = RunningText(blocks=train.blocks[:: max(1, len(train.blocks) // MOST_TRAINING)])
    metrics = []
    for split, data in (("dev", parts["dev"]), ("test", parts.get("test")), ("train", few)):
        if data is None:
            continue
        show(f"measuring on {len(data):,} characters of {split}")
        report = evaluate(
            predictor, data, name=dataset, split=split, train=train if split != "train" else None
        )
        metrics += metrics_of(report)
    return Measured(metrics=tuple(metrics))


def metrics_of(report: dict) -> list[Metric]:
    """Perplexity beside that of counting; of dev and test also the share of characters that were the first guess."""
    shared = {"dataset": report["data"], "split": report["split"]}
    held_out = report["split"] != "train"
    found = [
        Metric(
            name="perplexity per character",
            **shared,
            **report["perplexity"],
            baseline=report["baseline"]["perplexity"] if held_out else None,
            baseline_name=report["baseline"]["name"] if held_out else "",
        )
    ]
    return found + [Metric(name="accuracy", **shared, **report["accuracy"])] * held_out
