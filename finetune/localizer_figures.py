"""How good a localizer is, for its row of the catalogue and its card."""

from collections.abc import Callable
from functools import partial

from finetune.finish import Measure, Measured
from finetune.localization_data import one_or_none
from hub_models.box_dataset import BoxedPictures
from hub_models.checkpoint import Metric
from hub_models.evaluate.localization import evaluate
from hub_models.predictors import Predictor


def measure_localizer(
    train: BoxedPictures, dev: BoxedPictures, crops: bool, dataset: str, show: Callable[[str], None]
) -> Measure:
    """Measures how often class and box are right, on dev and on training pictures or crops of them."""
    return partial(measured, train=train, dev=dev, crops=crops, dataset=dataset, show=show)


def measured(
    predictor: Predictor,
    *,
    train: BoxedPictures,
    dev: BoxedPictures,
    crops: bool,
    dataset: str,
    show: Callable[[str], None],
) -> Measured:
    what = f"crops of {dataset}" if crops else dataset
    show(f"measuring on {len(dev):,} dev pictures")
    on_dev = evaluate(predictor, dev, name=what, split="dev")
    seen = one_or_none(train, crops)
    show(f"measuring on {len(seen):,} training pictures")
    on_train = evaluate(predictor, seen, name=what, split="train")
    return Measured(
        metrics=(metric(on_dev, "localized"), *parts(on_dev), metric(on_train, "localized")),
        per_class=(),
    )


def parts(report: dict) -> tuple[Metric, ...]:
    return tuple(metric(report, key) for key in ("presence", "class", "box") if key in report)


NAMES = {
    "localized": "class and box right (IoU at least 0.5)",
    "presence": "p_c on the right side of 0.5",
    "class": "class right",
    "box": "box right (IoU at least 0.5)",
}


def metric(report: dict, key: str) -> Metric:
    figure = report[key]
    beside = report["baseline"] if key == "localized" else None
    return Metric(
        dataset=report["data"],
        split=report["split"],
        name=NAMES[key],
        value=figure["value"],
        count=figure["count"],
        low=figure["low"],
        high=figure["high"],
        baseline=beside["localized"] if beside else None,
        baseline_name=beside["name"] if beside else "",
    )
