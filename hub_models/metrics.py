"""Figures with what is needed to believe them: how many samples, and between which bounds."""

from scipy.stats import binomtest


def proportion(successes: int, count: int) -> tuple[float, float, float]:
    """(share, low, high) of `successes` in `count` independent trials, with Wilson's 95 % interval.

    Wilson's interval stays inside 0..1 and keeps a width at 0 and at 1, where the usual plus or minus two standard
    errors has none (Wilson: Probable inference, the law of succession, and statistical inference, 1927).
    """
    interval = binomtest(successes, count).proportion_ci(0.95, method="wilson")
    return successes / count, float(interval.low), float(interval.high)
