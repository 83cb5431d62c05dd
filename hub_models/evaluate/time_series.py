"""A forecaster on series: how far off its forecasts were, beside simpler ones.

Each series is forecast from several places in its newest part, 12 steps ahead, and compared with what really came; all that
lies before such a place is known.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, series, skipped            values that were forecast and compared; series; names of those that are too short
    mase                              {value, low, high, count}: mean absolute error / mean absolute change over a season
                                      in what was known, the mean over the series; 1 is as far off as a season ago
    smape                             the same for |error| / ((|truth| + |forecast|) / 2), 0 to 2
    coverage                          the same for the share of the truths inside the interval, which is made for `level`
    baselines                         {name: {mase, smape}} of the last value, the last season and Holt-Winters (statsmodels)
    per_series                        [{name, period, origins, mase, smape, naive, seasonal_naive, holt_winters}]; the last
                                      three are MASEs
    by_step                           {forecaster: [MASE at 1, 2, ... steps ahead]}
    seconds, device                   of everything

The intervals are 95 % bootstrap over blocks of forecasts from neighbouring places.
"""

import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hub_models.errors import BadData
from hub_models.forecast import LEVEL
from hub_models.loader import LOADER
from hub_models.metrics import resampled_figure
from hub_models.series_files import AHEAD, Stretch, Stretches, open_series, split_in_time, whole
from hub_models.series_season import naive, seasonal_naive, typical_change

TASK = "time-series"
ORIGINS = 12  # places in a series from which it is forecast
READ = 240  # last values that Holt-Winters is fitted to
DRAWS = 2000
BLOCK = 4  # neighbouring places that are drawn together
NETWORK, NAIVE, SEASONAL, HOLT_WINTERS = "network", "naive", "seasonal naive", "Holt-Winters"
Show = Callable[[int, int], None]


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on the series at `path`, newest parts."""
    identity = LOADER.resolve(checkpoint, TASK).id
    found = open_series(path)
    data = split_in_time(found["seen"])["test"] if found["seen"] else whole(found["unseen"])
    name = Path(path).name
    return LOADER.run(identity, TASK, lambda predictor: evaluate(predictor, data, show, name=name), tell)


def evaluate(
    predictor, data: Stretches, show: Show | None = None, *, name: str = "", split: str = "test"
) -> dict:
    """The report of `predictor` on `data`. BadData `data_too_small`."""
    began = time.perf_counter()
    if not data.items:
        raise BadData(
            "data_too_small",
            f"Expected series of at least 60 values to measure on, got none{told_of(data.skipped)}.",
        )
    measured = []
    for number, stretch in enumerate(data.items):
        measured.append(errors_of(predictor, stretch))
        if show is not None:
            show(number + 1, len(data.items))
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": sum(one[NETWORK].size for one in measured),
        "series": len(measured),
        "skipped": list(data.skipped),
        **figures(measured),
        "baselines": {
            who: {"mase": mean_of(measured, who), "smape": mean_of(measured, f"{who} smape")}
            for who in (NAIVE, SEASONAL, HOLT_WINTERS)
        },
        "per_series": [row(stretch, one) for stretch, one in zip(data.items, measured, strict=True)],
        "by_step": {
            who: [round(float(v), 6) for v in np.mean([one[who].mean(0) for one in measured], 0)]
            for who in (NETWORK, NAIVE, SEASONAL, HOLT_WINTERS)
        },
        "level": LEVEL,
        "seconds": round(time.perf_counter() - began, 3),
        "device": predictor.device,
    }


def told_of(names: Sequence[str]) -> str:
    return f" (too short: {', '.join(names[:8])})" if names else ""


def errors_of(predictor, stretch: Stretch) -> dict[str, np.ndarray]:
    """(places, AHEAD) errors of each forecaster: absolute, in units of MASE; as smape; and whether the interval held."""
    values, period = stretch.series.values, stretch.period
    places = stretch.origins(ORIGINS)
    truth = np.stack([values[place : place + AHEAD] for place in places])
    pasts = [values[:place] for place in places]
    forecasts = predictor.ahead(pasts, [period] * len(pasts))
    said = {
        NETWORK: np.stack(
            [enough(predictor, one.values, past, period) for one, past in zip(forecasts, pasts, strict=True)]
        ),
        NAIVE: np.stack([naive(past, AHEAD) for past in pasts]),
        SEASONAL: np.stack([seasonal_naive(past, period, AHEAD) for past in pasts]),
        HOLT_WINTERS: np.stack([holt_winters(past, period, AHEAD) for past in pasts]),
    }
    unit = typical_change(values[: stretch.start], period) or 1.0
    found = {}
    for who, forecast in said.items():
        error = np.abs(forecast - truth)
        found[who] = error / unit
        found[f"{who} smape"] = 2 * error / np.maximum(np.abs(forecast) + np.abs(truth), 1e-12)
    bounds = [predictor.interval(said, one.units) for said, one in zip(said[NETWORK], forecasts, strict=True)]
    low, high = np.stack(bounds, 1)
    found["inside"] = ((low <= truth) & (truth <= high)).astype(float)
    return found


def enough(predictor, said: np.ndarray, past: np.ndarray, period: int) -> np.ndarray:
    """AHEAD steps; a network that says fewer at once goes on from them."""
    return said[:AHEAD] if len(said) >= AHEAD else predictor.all_at_once(past, period, AHEAD)


def holt_winters(past: np.ndarray, period: int, count: int, most: int = READ) -> np.ndarray:
    """(count,): exponential smoothing of level, damped trend and, where there is one, an added season (statsmodels).

    It is fitted to the last `most` values.
    """
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    read = past[-most:]
    season = period if 1 < period <= len(read) // 2 - 1 else None
    center, unit = float(read.mean()), float(np.abs(read - read.mean()).mean()) or 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about steps of its search: what it found is used as it is
        fitted = ExponentialSmoothing(
            (read - center) / unit,
            trend="add",
            damped_trend=True,
            seasonal="add" if season else None,
            seasonal_periods=season,
            initialization_method="estimated",
        ).fit()
        said = np.asarray(fitted.forecast(count)) * unit + center
    return np.where(np.isfinite(said), said, past[-1])


def figures(measured: Sequence[dict[str, np.ndarray]]) -> dict:
    """MASE, sMAPE and coverage of the network: each the mean over series of its mean, with its interval."""
    keys = {"mase": NETWORK, "smape": f"{NETWORK} smape", "coverage": "inside"}
    random = np.random.default_rng(0)
    drawn = {name: np.zeros(DRAWS) for name in keys}
    for one in measured:
        blocks = np.array_split(np.arange(len(one[NETWORK])), max(1, round(len(one[NETWORK]) / BLOCK)))
        chosen = random.integers(0, len(blocks), (DRAWS, len(blocks)))
        for name, key in keys.items():
            sums = np.array([one[key][block].sum() for block in blocks])
            sizes = np.array([one[key][block].size for block in blocks])
            drawn[name] += sums[chosen].sum(1) / sizes[chosen].sum(1) / len(measured)
    count = sum(one[NETWORK].size for one in measured)
    return {name: resampled_figure(mean_of(measured, key), drawn[name], count) for name, key in keys.items()}


def mean_of(measured: Sequence[dict[str, np.ndarray]], key: str) -> float:
    return round(float(np.mean([one[key].mean() for one in measured])), 6)


def row(stretch: Stretch, one: dict[str, np.ndarray]) -> dict:
    return {
        "name": stretch.name,
        "period": stretch.period,
        "origins": len(one[NETWORK]),
        "mase": round(float(one[NETWORK].mean()), 6),
        "smape": round(float(one[f"{NETWORK} smape"].mean()), 6),
        "naive": round(float(one[NAIVE].mean()), 6),
        "seasonal_naive": round(float(one[SEASONAL].mean()), 6),
        "holt_winters": round(float(one[HOLT_WINTERS].mean()), 6),
    }


def text(report: dict) -> str:
    """The report for people: the figures, then a row a series."""
    f, s, c = report["mase"], report["smape"], report["coverage"]
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} values of "
        f"{report['series']} series, {report['seconds']:.1f} s on {report['device']}",
        f"MASE      {f['value']:.3f}  (95 % interval {f['low']:.3f} to {f['high']:.3f})",
        f"sMAPE     {s['value']:.1%}  (95 % interval {s['low']:.1%} to {s['high']:.1%})",
        f"coverage  {c['value']:.1%}  of an interval for {report['level']:.0%}",
    ]
    lines += [
        f"{who:15} MASE {b['mase']:.3f}, sMAPE {b['smape']:.1%}" for who, b in report["baselines"].items()
    ]
    width = max(len(r["name"]) for r in report["per_series"])
    lines.append(f"\n{'series':{width}}  season  network  naive  seasonal  Holt-Winters")
    lines += [
        f"{r['name']:{width}}  {r['period']:6}  {r['mase']:7.3f}  {r['naive']:5.2f}  {r['seasonal_naive']:8.2f}  "
        f"{r['holt_winters']:12.3f}"
        for r in report["per_series"]
    ]
    if report["skipped"]:
        lines.append(f"too short: {', '.join(report['skipped'])}")
    return "\n".join(lines)
