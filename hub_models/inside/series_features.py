"""What a forecaster reads of a series: features without season and size, and the simple forecast that it corrects."""

import math
from dataclasses import dataclass

import numpy as np

FEATURES = (  # of each value, in units of the scale, and squeezed so that no jump drowns the rest
    "change since the last step, without the season",
    "change over a season",
    "mean change of many steps",
    "distance from the mean so far, without the season",
    "next step, as usual in the season",
    "length of the season",
)
SMALLEST = 1e-3  # of the mean distance from the mean: a season that repeats itself exactly has no change to measure by
MANY = 24  # steps, or two seasons
FEW = 8  # errors that tell a mean
RENEWED = 0.25  # share of the usual season that each new season replaces


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Values as the network reads them, and what its corrections are added to.

    `features` (T, 6) float32; `scale`: mean change from step to step without the season, 0 for a constant; `usual` (T,
    horizon): the last value, with what the season usually adds; `going_on` (T, horizon, 2): what each gate
    adds when it is open.
    """

    features: np.ndarray
    scale: float
    usual: np.ndarray
    going_on: np.ndarray


def encode(values: np.ndarray, period: int, horizon: int) -> Encoded:
    """`values` (T,) float64, the last that are known; `period`: steps in a season, 1: none. No step sees a later value."""
    count = len(values)
    lag = min(period, max(1, count - 1))
    season = usual_season(values, lag)
    places = np.arange(count)
    here = season[places, places % lag]  # what the season adds now, and one step before
    plain = values - here
    step = plain - (np.roll(values, 1) - season[places, (places - 1) % lag])
    step[0] = 0.0
    scale = max(float(np.abs(step).mean()), SMALLEST * float(np.abs(values - values.mean()).mean()))
    change = values - values[np.maximum(places - lag, 0)]
    change[:lag] = 0.0
    back = np.minimum(places, max(MANY, 2 * lag))
    drift = (plain - plain[places - back]) / np.maximum(back, 1)
    mean = np.cumsum(plain - values[0]) / (places + 1) + values[0]
    ahead = np.arange(1, horizon + 1)
    usual = plain[:, None] + season[places[:, None], (places[:, None] + ahead) % lag]
    features = np.arcsinh(
        np.stack([step, change, drift, plain - mean, usual[:, 0] - values]) / (scale or 1.0)
    )
    length = np.full(count, math.log2(period) / 6)
    return Encoded(
        features=np.concatenate([features, length[None]]).T.astype(np.float32),
        scale=scale,
        usual=usual,
        going_on=np.stack([change / lag, drift], -1)[:, None] * ahead[:, None],
    )


def usual_season(values: np.ndarray, lag: int) -> np.ndarray:
    """(T, lag): what each place of the season adds to the level, as known after each value; zeros before the first season.

    The level is the mean of the last season; each new season renews a share of the usual one.
    """
    count = len(values)
    if lag == 1:
        return np.zeros((count, 1))
    sums = np.cumsum(np.concatenate([np.zeros(lag), values - values[0]]))
    level = (sums[lag:] - sums[:count]) / np.minimum(np.arange(1, count + 1), lag) + values[0]
    above = np.where(np.arange(count) < lag - 1, np.nan, values - level)
    rows = np.concatenate([above, np.full(-count % lag, np.nan)]).reshape(-1, lag)  # a row a season
    known = np.full(lag, np.nan)
    after = []
    for row in rows:
        renewed = np.where(np.isnan(known), row, known + RENEWED * (row - known))
        known = np.where(np.isnan(row), known, renewed)
        after.append(known)
    seasons = (np.arange(count)[:, None] - np.arange(lag)) // lag  # the newest that each place was seen in
    found = np.nan_to_num(np.stack(after)[np.maximum(seasons, 0), np.arange(lag)])
    found[seasons < 0] = 0.0
    return found - found.mean(1, keepdims=True)


def own_errors(values: np.ndarray, read: Encoded, period: int) -> np.ndarray:
    """(horizon,): how far off the simple forecast was in the series' own past, for each step ahead; 0 for a constant.

    A series that wanders is harder the further ahead, one that returns to its mean is not. Where the past is too short to
    tell, it grows with the root of the steps, as chance does.
    """
    skipped = min(period, len(values) // 2)  # until the season is known
    found: list[float] = []
    for ahead in range(1, read.usual.shape[1] + 1):
        truth = values[skipped + ahead :]
        errors = np.abs(truth - read.usual[skipped : skipped + len(truth), ahead - 1])
        if len(errors) >= FEW:
            found.append(float(errors.mean()))
        else:
            found.append(found[-1] * (ahead / (ahead - 1)) ** 0.5 if found else read.scale)
    return np.maximum(found, SMALLEST * read.scale)
