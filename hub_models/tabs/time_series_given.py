"""What the views of time series share: the visitor's series, a network for it, places to forecast it from."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from hub_models.errors import BadInput
from hub_models.evaluate.time_series import holt_winters
from hub_models.inside.series import Backtest, backtest
from hub_models.loader import LOADER
from hub_models.series import FEWEST, Series, read_series
from hub_models.series_season import naive, seasonal_naive, typical_change
from hub_models.task import Task
from hub_models.ui.components import uploaded

SMOOTHED = 120  # last values that Holt-Winters is fitted to in a view: all of them take seconds
LAST_SEASON, LAST_VALUE, HOLT_WINTERS = "last season again", "last value again", "Holt-Winters"


def given_series(path: str | None) -> Series:
    return read_series(uploaded(path))


def forecaster(task: Task, checkpoint: str):
    """The predictor."""
    return LOADER.get(checkpoint, task.id)


def season_for(given: Series, told: float) -> int:
    """Steps in a season: as Try it says, or found."""
    return int(told or 0) or given.period


def held_back(given: Series, wanted: int) -> int:
    """How many of the newest values can be kept back as the truth: `wanted`, or a third of a short series."""
    count = min(wanted, len(given) // 3)
    if len(given) - count < FEWEST or count < 2:
        raise BadInput(
            "series_too_short",
            f"Expected at least {FEWEST + 4} values, so that some can be kept back as the truth, got {len(given)}.",
        )
    return count


def against_truth(predictor, given: Series, period: int, places: Sequence[int], horizon: int) -> Backtest:
    """The network and the simple forecasts from each of the places."""
    values = given.values

    def network(pasts):
        return np.stack([predictor.all_at_once(past, period, horizon) for past in pasts])

    def of(simple):
        return lambda pasts: np.stack([simple(past, period, horizon) for past in pasts])

    who = {
        "network": network,
        LAST_SEASON: of(seasonal_naive),
        LAST_VALUE: of(lambda past, season, count: naive(past, count)),
        HOLT_WINTERS: of(partial(holt_winters, most=SMOOTHED)),
    }
    return backtest(values, places, horizon, typical_change(values[: places[0]], period), who)
