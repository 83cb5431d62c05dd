"""Figures with what is needed to believe them: how many samples, and between which bounds."""

import numpy as np
from scipy.stats import binomtest


def proportion(successes: int, count: int) -> tuple[float, float, float]:
    """(share, low, high) of `successes` in `count` independent trials, with Wilson's 95 % interval.

    Wilson's interval stays inside 0..1 and keeps a width at 0 and at 1, where the usual plus or minus two standard
    errors has none (Wilson: Probable inference, the law of succession, and statistical inference, 1927).
    """
    interval = binomtest(successes, count).proportion_ci(0.95, method="wilson")
    return successes / count, float(interval.low), float(interval.high)


def resampled_figure(value: float, drawn: np.ndarray, count: int) -> dict:
    """A figure for a report, with the middle 95 % of `drawn`: what it was when the `count` samples were drawn anew."""
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return {
        "value": round(float(value), 6),
        "low": round(float(low), 6),
        "high": round(float(high), 6),
        "count": count,
    }


def number(value: float) -> float | None:
    """A figure for a report: JSON has no NaN."""
    return None if np.isnan(value) else round(float(value), 6)
