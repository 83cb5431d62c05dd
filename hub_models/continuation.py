"""What a language model makes of a text: how probable each part of it was, and what it wrote after it."""

import math
from dataclasses import dataclass

import numpy as np

GOLDEN_LOG_PROBABILITY = 0.02  # a logarithm may differ by this much on another machine


@dataclass(frozen=True)
class Guessed:
    """A text in the parts that the model reads (characters, or pieces of words), each guessed from all before it.

    `log_probabilities` (n,) float32: natural logarithm of the probability that the model gave to the part; `ranks` (n,)
    int64: how many other parts it gave more to, 0 where it was the first guess. A part that the model cannot write (an
    unknown character) has NaN and -1.
    """

    parts: tuple[str, ...]
    log_probabilities: np.ndarray
    ranks: np.ndarray

    def __post_init__(self) -> None:
        shape = (len(self.parts),)
        if self.log_probabilities.shape != shape or self.ranks.shape != shape:
            raise ValueError(
                f"expected a logarithm and a rank a part, {shape}, got {self.log_probabilities.shape} and {self.ranks.shape}"
            )
        if (self.log_probabilities > 1e-4).any():  # NaN is not
            raise ValueError("expected logarithms of probabilities, got one above 0")

    @property
    def text(self) -> str:
        return "".join(self.parts)

    @property
    def known(self) -> np.ndarray:
        """(n,) bool: the parts that the model could guess."""
        return self.ranks >= 0

    @property
    def log_probability(self) -> float:
        """Of all known parts together: the sum of theirs."""
        return float(self.log_probabilities[self.known].astype(np.float64).sum())

    @property
    def characters(self) -> int:
        """In the known parts."""
        return sum(len(part) for part, known in zip(self.parts, self.known, strict=True) if known)

    @property
    def perplexity(self) -> float:
        """Per character: among how many equally probable ones it might as well have chosen. NaN without any."""
        return math.exp(-self.log_probability / self.characters) if self.characters else math.nan

    def without(self, count: int) -> "Guessed":
        """Without the first `count` parts."""
        return Guessed(self.parts[count:], self.log_probabilities[count:], self.ranks[count:])

    def to_json(self) -> list[dict]:
        return [
            {
                "part": part,
                "log_probability": round(float(logarithm), 4) if rank >= 0 else None,
                "rank": int(rank) if rank >= 0 else None,
            }
            for part, logarithm, rank in zip(self.parts, self.log_probabilities, self.ranks, strict=True)
        ]


NOTHING = Guessed((), np.zeros(0, np.float32), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Continuation:
    """The text given, as the model reads it, and what it wrote after it."""

    given: Guessed
    written: Guessed = NOTHING

    def rows(self) -> list[list[str]]:
        found = [
            ["text given", self.given.text],
            ["its log probability", f"{self.given.log_probability:.2f}"],
            ["its perplexity per character", f"{self.given.perplexity:.2f}"],
        ]
        if self.written.parts:
            found += [
                ["written", self.written.text],
                ["its log probability", f"{self.written.log_probability:.2f}"],
                ["its perplexity per character", f"{self.written.perplexity:.2f}"],
            ]
        return found

    def text(self) -> str:
        words = f"The text given has the log probability {self.given.log_probability:.1f}"
        return f"{words}; written after it: {self.written.text}" if self.written.parts else f"{words}."

    def to_json(self) -> dict:
        perplexity = self.given.perplexity
        return {
            "written": self.written.text,
            "log_probability": round(self.written.log_probability, 4),
            "parts": self.written.to_json(),
            "given": self.given.text,
            "given_log_probability": round(self.given.log_probability, 4),
            "given_perplexity": round(perplexity, 4) if math.isfinite(perplexity) else None,
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Of the text given: what is written depends on close decisions that another machine may take otherwise."""
        return {"log_probabilities": np.nan_to_num(self.given.log_probabilities, nan=0.0)}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        found, expected = self.arrays()["log_probabilities"], golden.get("log_probabilities")
        if expected is None or expected.shape != found.shape:
            return f"expected { ({n: a.shape for n, a in golden.items()}) }, got {found.shape}"
        distance = float(np.abs(found - expected).max(initial=0.0))
        return "" if distance <= GOLDEN_LOG_PROBABILITY else f"a log probability differs by {distance:.2g}"
