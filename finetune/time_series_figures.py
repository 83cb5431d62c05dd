"""How wide the interval of a forecaster has to be, and how good it is, for its row of the catalogue and its card."""

from collections.abc import Callable, Mapping

import numpy as np

from finetune.finish import Measured
from hub_models.checkpoint import Metric
from hub_models.evaluate.time_series import HOLT_WINTERS, SEASONAL, evaluate
from hub_models.forecast import LEVEL
from hub_models.series_files import Stretches

BOUNDS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
UNSEEN = "never trained on"


def measured(
    predictor, *, parts: Mapping[str, Stretches], dataset: str, show: Callable[[str], None]
) -> Measured:
    spread = spread_on(predictor, parts["dev"])
    predictor.network.spread = spread
    metrics: list[Metric] = []
    for name in ("test", "unseen"):
        if name in parts and parts[name].items:
            show(f"measuring on {parts[name].values:,} values of {len(parts[name])} series ({name})")
            said = dataset if name == "test" else f"{dataset}, series {UNSEEN}"
            metrics += metrics_of(evaluate(predictor, parts[name], name=said))
    return Measured(metrics=tuple(metrics), arguments={"spread": spread})


def spread_on(predictor, dev: Stretches) -> list[list[float]]:
    """For each step ahead, the middle LEVEL of the errors on dev, in units of the simple forecast's own."""
    errors = [[] for _ in range(predictor.horizon)]
    for one in dev.items:
        places = one.origins(ahead=1)
        for place, said in zip(
            places,
            predictor.ahead([one.series.values[:p] for p in places], [one.period] * len(places)),
            strict=True,
        ):
            truth = one.series.values[place : min(one.end, place + predictor.horizon)]
            for number, error in enumerate(
                (truth - said.values[: len(truth)]) / unit_of(said.units[: len(truth)])
            ):
                errors[number].append(error)
    spread, before = [], (0.0, 0.0)
    for found in errors:
        if len(found) >= 20:  # else the dev part is too short to tell, and it stays as one step before
            low, high = np.quantile(found, BOUNDS)
            before = (min(float(low), 0.0), max(float(high), 0.0))
        spread.append([round(bound, 4) for bound in before])
    return spread


def unit_of(units: np.ndarray) -> np.ndarray:
    return np.where(units > 0, units, 1.0)


def metrics_of(report: dict) -> list[Metric]:
    """MASE beside Holt-Winters, sMAPE beside the last season, and how many truths the interval held."""
    shared = {"dataset": report["data"], "split": "test"}
    baselines = report["baselines"]
    return [
        Metric(
            name="MASE",
            **shared,
            **report["mase"],
            baseline=baselines[HOLT_WINTERS]["mase"],
            baseline_name=HOLT_WINTERS,
        ),
        Metric(
            name="sMAPE",
            **shared,
            **report["smape"],
            baseline=baselines[SEASONAL]["smape"],
            baseline_name=SEASONAL,
        ),
        Metric(
            name="truths in the interval",
            **shared,
            **report["coverage"],
            baseline=LEVEL,
            baseline_name="made for",
        ),
    ]
