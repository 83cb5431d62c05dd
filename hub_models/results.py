"""What the models answer: small frozen records of numpy arrays, checked when they are made."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Result(Protocol):
    """Every result can be read: as rows of a table, as a sentence (alt text), as JSON."""

    def rows(self) -> list[list[str]]: ...

    def text(self) -> str: ...

    def to_json(self) -> dict: ...


@dataclass(frozen=True)
class Labels:
    """Probabilities of classes. `names`: all classes; `probabilities` (classes,) float32, in 0..1, summing to 1."""

    names: tuple[str, ...]
    probabilities: np.ndarray

    def __post_init__(self) -> None:
        if self.probabilities.shape != (len(self.names),):
            raise ValueError(
                f"expected probabilities ({len(self.names)},), one a name, got {self.probabilities.shape}"
            )
        if not np.isfinite(self.probabilities).all():
            raise ValueError("expected finite probabilities, got NaN or infinity")
        if abs(float(self.probabilities.sum()) - 1) > 1e-3:
            raise ValueError(f"expected probabilities that sum to 1, got {self.probabilities.sum()}")

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The `count` most probable (name, probability), best first; equal ones in class order."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.names[i], float(self.probabilities[i])) for i in order]

    def rows(self, count: int = 5) -> list[list[str]]:
        return [[name, f"{probability:.1%}"] for name, probability in self.top(count)]

    def text(self) -> str:
        listed = ", ".join(f"{name} {probability:.0%}" for name, probability in self.top(3))
        return f"Most probable classes: {listed}."

    def to_json(self, count: int = 5) -> dict:
        return {"labels": [{"label": n, "probability": round(p, 6)} for n, p in self.top(count)]}
