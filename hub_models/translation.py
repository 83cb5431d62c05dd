"""What a translator makes of a text: the translation in pieces of words, how sure it was of each, where it looked."""

import math
from dataclasses import dataclass

import numpy as np

from hub_models.results import shapes_differ

GOLDEN_LOG_PROBABILITY = 0.05  # a logarithm may differ by this much on another machine


@dataclass(frozen=True)
class Translation:
    """`given`: the pieces of the text, `pieces` those of the translation, each perhaps with <EOS>; `written`: its text.

    `log_probabilities` (T,) float32: natural logarithm of the probability that the model gave to each piece after those
    before it; `alignment` (T, S) float32: how much it looked at each given piece when it wrote each piece, every row
    sums to 1; None for a network that does not look.
    """

    given: tuple[str, ...]
    pieces: tuple[str, ...]
    written: str
    log_probabilities: np.ndarray
    alignment: np.ndarray | None = None

    def __post_init__(self) -> None:
        count = len(self.pieces)
        if self.log_probabilities.shape != (count,):
            raise ValueError(f"expected a logarithm a piece, ({count},), got {self.log_probabilities.shape}")
        if not np.isfinite(self.log_probabilities).all() or (self.log_probabilities > 1e-4).any():
            raise ValueError("expected finite logarithms of probabilities, none above 0")
        if self.alignment is not None and self.alignment.shape != (count, len(self.given)):
            raise ValueError(
                f"expected an alignment ({count}, {len(self.given)}), got {self.alignment.shape}"
            )

    @property
    def log_probability(self) -> float:
        """Of the whole translation: the sum over its pieces."""
        return float(self.log_probabilities.astype(np.float64).sum())

    def looked_at(self, place: int) -> str:
        """The given piece that the network looked at most when it wrote the piece at `place`; "" where it does not look."""
        if self.alignment is None:
            return ""
        at = int(self.alignment[place].argmax())
        return f"{self.given[at]} ({self.alignment[place, at]:.0%})"

    def rows(self) -> list[list[str]]:
        """The translation with its probability, then its pieces."""
        return [[self.written, f"{math.exp(self.log_probability):.2%}", ""], *self.piece_rows()]

    def piece_rows(self) -> list[list[str]]:
        """A row a piece: the piece, its probability, what the network looked at most."""
        return [
            [piece, f"{float(np.exp(logarithm)):.1%}", self.looked_at(place)]
            for place, (piece, logarithm) in enumerate(zip(self.pieces, self.log_probabilities, strict=True))
        ]

    def text(self) -> str:
        return f"Translation: {self.written or '(nothing)'}"

    def to_json(self) -> dict:
        return {
            "translation": self.written,
            "log_probability": round(self.log_probability, 4),
            "pieces": [
                {"piece": piece, "probability": round(float(np.exp(logarithm)), 6)}
                for piece, logarithm in zip(self.pieces, self.log_probabilities, strict=True)
            ],
            "given": list(self.given),
            "alignment": None
            if self.alignment is None
            else np.round(self.alignment.astype(float), 4).tolist(),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        return {
            "written": np.frombuffer(self.written.encode(), np.uint8),
            "log_probabilities": self.log_probabilities,
        }

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        told = golden.get("written", np.zeros(0, np.uint8)).tobytes().decode(errors="replace")
        if told != self.written:
            return f"expected {told[:200]!r}, got {self.written[:200]!r}"
        if words := shapes_differ(self.arrays(), golden):
            return words
        distance = float(np.abs(self.log_probabilities - golden["log_probabilities"]).max(initial=0.0))
        return "" if distance <= GOLDEN_LOG_PROBABILITY else f"a log probability differs by {distance:.2g}"
