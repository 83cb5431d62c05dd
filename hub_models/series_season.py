"""The season of a series and its simplest forecasts: what every network has to be better than."""

import numpy as np

from hub_models.series_dates import SEASONS

LONGEST = 60  # steps in a season that is looked for
LOOKED_AT = 1000  # last values
ALIKE = 0.35  # least correlation of the changes with those a season ago
APART = 0.2  # how much less alike those half a season ago are


def season_of(values: np.ndarray, step: str = "") -> int:
    """Steps in a season of `values` (T,) float64; 1: none was found.

    Changes from step to step are compared with those some steps ago. Dates suggest a season, 12 for
    months and the like: it is one where changes are more alike than half a season apart. Without dates, or for years, it is
    the distance at which they are most alike, of those that are better than the ones beside them.
    """
    changes = np.diff(values[-LOOKED_AT:])
    changes = changes - changes.mean() if len(changes) else changes
    largest = float(np.abs(changes).max(initial=0.0))
    if largest == 0:
        return 1
    changes = changes / largest
    longest = min(LONGEST, len(changes) // 2)
    alike = np.array([1.0, *(correlation(changes, lag) for lag in range(1, longest + 2))])
    peaks = [lag for lag in range(2, longest + 1) if alike[lag] > max(alike[lag - 1], alike[lag + 1])]
    suggested = SEASONS.get(step)
    if suggested is not None and suggested > longest:
        return 1
    if suggested is not None:
        stands_out = suggested in peaks or alike[suggested] > alike[suggested // 2] + APART
        return suggested if stands_out and alike[suggested] > ALIKE else 1
    least = max(ALIKE, 3 / len(changes) ** 0.5)
    return max((lag for lag in peaks if alike[lag] > least), key=lambda lag: alike[lag], default=1)


def correlation(changes: np.ndarray, lag: int) -> float:
    """Of the changes with those `lag` steps before, -1 to 1."""
    if lag >= len(changes):
        return 0.0
    return float(changes[lag:] @ changes[:-lag] / (changes @ changes))


def naive(values: np.ndarray, horizon: int) -> np.ndarray:
    """(horizon,): the last value again."""
    return np.full(horizon, values[-1])


def seasonal_naive(values: np.ndarray, period: int, horizon: int) -> np.ndarray:
    """(horizon,): the last season again."""
    lag = min(period, len(values))
    return np.resize(values[-lag:], horizon)


def typical_change(values: np.ndarray, period: int) -> float:
    """Mean size of the change over a season: the unit of MASE. 0 for a series that repeats itself exactly."""
    lag = min(period, len(values) - 1)
    return float(np.abs(values[lag:] - values[:-lag]).mean()) if lag else 0.0
