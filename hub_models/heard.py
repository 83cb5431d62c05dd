"""What a network hears in a sound: a probability for every class, and of which piece of the sound it speaks."""

from dataclasses import dataclass

import numpy as np

from hub_models.results import GOLDEN_SCORE, shapes_differ

AUDIBLE_DB = -70.0  # of full scale, root mean square: below, a network is not asked


def level_db(samples: np.ndarray) -> float:
    """Root mean square of (T,) float32 in decibels of full scale; -120 at least."""
    mean_square = float(np.square(samples, dtype=np.float64).mean()) if len(samples) else 0.0
    return 10 * np.log10(max(mean_square, 1e-12))


@dataclass(frozen=True)
class Heard:
    """`probabilities` (C,) float32 of `names`, all 0 where nothing is heard; `piece` (begin, end) in seconds.

    `level_db`: how loud the piece is, of full scale. `sure`: the probability below which an answer is not believed; 0 where
    nobody measured one.
    """

    names: tuple[str, ...]
    probabilities: np.ndarray
    piece: tuple[float, float]
    level_db: float
    sure: float = 0.0

    def __post_init__(self) -> None:
        if self.probabilities.shape != (len(self.names),):
            raise ValueError(f"expected probabilities ({len(self.names)},), got {self.probabilities.shape}")
        if not np.isfinite(self.probabilities).all():
            raise ValueError("expected finite probabilities, got NaN or infinity")
        if not 0 <= self.piece[0] <= self.piece[1]:
            raise ValueError(f"expected a piece (begin, end), got {self.piece}")

    @property
    def silent(self) -> bool:
        return self.level_db < AUDIBLE_DB

    @property
    def answer(self) -> str | None:
        """The class that is believed, or None."""
        if self.silent or self.probabilities.max() < self.sure:
            return None
        return self.names[int(self.probabilities.argmax())]

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """(name, probability) of the most probable classes, in falling order; none where nothing is heard."""
        if self.silent:
            return []
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.names[i], float(self.probabilities[i])) for i in order]

    def rows(self, count: int = 5) -> list[list[str]]:
        return [[name, f"{probability:.1%}"] for name, probability in self.top(count)]

    def text(self) -> str:
        if self.silent:
            return f"Nothing is heard: {self.level_db:.0f} dB of full scale, below {AUDIBLE_DB:.0f}."
        listed = ", ".join(f"{name} {probability:.0%}" for name, probability in self.top(3))
        begin, end = self.piece
        words = f"Most probable from {begin:.2f} to {end:.2f} s: {listed}."
        if self.answer is None:
            words += f" None reaches {self.sure:.0%}, so it may be none of them."
        return words

    def to_json(self, count: int = 5) -> dict:
        return {
            "labels": [{"label": n, "probability": round(p, 6)} for n, p in self.top(count)],
            "answer": self.answer,
            "piece_seconds": [round(side, 3) for side in self.piece],
            "level_db": round(self.level_db, 2),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        return {"probabilities": self.probabilities, "piece": np.array(self.piece, np.float32)}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        if words := shapes_differ(self.arrays(), golden):
            return words
        if np.abs(np.array(self.piece) - golden["piece"]).max() > 1e-3:
            return f"expected the piece {golden['piece']}, got {self.piece}"
        distance = np.abs(self.probabilities - golden["probabilities"]).max()
        return "" if distance <= GOLDEN_SCORE else f"a probability differs by {distance:.2g}"


@dataclass(frozen=True)
class Transcript:
    """What is said in a sound, in words. `parts`: (begin, end, words), times in seconds; together they are all of it."""

    parts: tuple[tuple[float, float, str], ...]

    @property
    def words(self) -> str:
        return " ".join(words for _, _, words in self.parts if words)

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """Nothing: there are no classes."""
        return []

    def rows(self) -> list[list[str]]:
        return [[f"{begin:.1f} to {end:.1f} s", words] for begin, end, words in self.parts]

    def text(self) -> str:
        return f"Heard: {self.words}" if self.words else "No word is heard."

    def to_json(self) -> dict:
        return {
            "text": self.words,
            "parts": [
                {"begin": round(begin, 3), "end": round(end, 3), "text": words}
                for begin, end, words in self.parts
            ],
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """The words as the bytes of their UTF-8."""
        return {"words": np.frombuffer(self.words.encode(), np.uint8)}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        expected = golden["words"].tobytes().decode("utf-8", "replace") if "words" in golden else None
        return "" if expected == self.words else f"expected {expected!r}, got {self.words!r}"
