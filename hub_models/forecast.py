"""What comes next in a series: the forecast with its interval, and the simplest forecasts beside it."""

from dataclasses import dataclass

import numpy as np

LEVEL = 0.8  # share of the truths that the interval is made to hold
GOLDEN_SHARE = 2e-3  # of the typical change, by which a forecast may differ on another machine


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """`history` (T,) float64: the values given. Of the next h steps, (h,) float64 each: `forecast`, its interval from
    `low` to `high`, `naive` (the last value again), `seasonal` (the last season again); and their `labels`. `period`: steps
    in a season, 1 for none; `scale`: typical change from step to step, the unit of the interval."""

    history: np.ndarray
    forecast: np.ndarray
    low: np.ndarray
    high: np.ndarray
    naive: np.ndarray
    seasonal: np.ndarray
    labels: tuple[str, ...]
    period: int
    scale: float

    def __post_init__(self) -> None:
        shape = (len(self.labels),)
        for name in ("forecast", "low", "high", "naive", "seasonal"):
            values = getattr(self, name)
            if values.shape != shape:
                raise ValueError(f"expected {name} {shape}, one a label, got {values.shape}")
            if not np.isfinite(values).all():
                raise ValueError(f"expected finite numbers in {name}, got NaN or infinity")
        if (self.low > self.high).any():
            raise ValueError("expected an interval from low to high")

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self) -> list[list[str]]:
        """Step, forecast, interval, seasonal naive, naive."""
        return [
            [label, shown(f), f"{shown(low)} to {shown(high)}", shown(s), shown(n)]
            for label, f, low, high, s, n in zip(
                self.labels, self.forecast, self.low, self.high, self.seasonal, self.naive, strict=True
            )
        ]

    def text(self) -> str:
        season = f"a season of {self.period} steps" if self.period > 1 else "no season found"
        return (
            f"After {shown(self.history[-1])}: {shown(self.forecast[0])} at {self.labels[0]}, "
            f"{shown(self.forecast[-1])} at {self.labels[-1]} ({shown(self.low[-1])} to {shown(self.high[-1])}); {season}."
        )

    def to_json(self) -> dict:
        return {
            "forecast": [
                {"step": label, "value": f, "low": low, "high": high, "seasonal_naive": s, "naive": n}
                for label, f, low, high, s, n in zip(
                    self.labels,
                    *(getattr(self, k).tolist() for k in ("forecast", "low", "high", "seasonal", "naive")),
                    strict=True,
                )
            ],
            "level": LEVEL,
            "period": self.period,
            "values": len(self.history),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """In units of the scale, counted from the last value: float32 is enough for any series then."""
        unit = self.scale or 1.0
        kept = {"forecast": self.forecast, "low": self.low, "high": self.high}
        return {
            name: ((values - self.history[-1]) / unit).astype(np.float32) for name, values in kept.items()
        }

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        found = self.arrays()
        told = [{name: array.shape for name, array in arrays.items()} for arrays in (golden, found)]
        if told[0] != told[1]:
            return f"expected {told[0]}, got {told[1]}"
        distance = max(float(np.abs(found[name] - golden[name]).max()) for name in found)
        return "" if distance <= GOLDEN_SHARE else f"a forecast differs by {distance:.2g} of a typical change"


def shown(value: float) -> str:
    """With five digits, for people."""
    return (
        f"{value:,.5g}"
        if 1e-4 <= abs(value) < 1e5 or value == 0
        else f"{value:.4e}"
        if abs(value) >= 1e9 or value
        else "0"
    )
