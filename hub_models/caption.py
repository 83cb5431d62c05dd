"""What a network that describes pictures answers: a caption, how sure it was of each word, and where it looked."""

import math
from dataclasses import dataclass

import numpy as np

from hub_models.results import shapes_differ

GRID = 7  # places along each side that a network with attention looks at
GOLDEN_LOG_PROBABILITY, GOLDEN_WEIGHT = 0.02, 0.01  # may differ by this much on another machine
CLOSED_UP = ("'s", "n't", "'re", "'m", "'ve", "'ll", "'d")  # stand behind a word without a space
Ranked = tuple[str, float]  # a word, or a whole caption, with its probability, or the logarithm of it


def joined(words: tuple[str, ...]) -> str:
    """The words as a person writes them."""
    text = ""
    for word in words:
        text += word if word in CLOSED_UP or not text else f" {word}"
    return text


@dataclass(frozen=True)
class Caption:
    """A sentence about a picture.

    `words`; `log_probabilities` (n,) float32: natural logarithm of the probability of each after those before it, and
    `ending` that of stopping there (NaN: it was cut off); `alternatives`: what else it might have said at each place, the
    end after the last word included, most probable first; `attention` (n, 7, 7) float32: the weights of the regions when
    it chose each word, summing to 1, or None where the network has no attention; `others`: captions that a beam search
    kept beside this one, with their log probability.
    """

    words: tuple[str, ...]
    log_probabilities: np.ndarray
    ending: float = math.nan
    alternatives: tuple[tuple[Ranked, ...], ...] = ()
    attention: np.ndarray | None = None
    others: tuple[Ranked, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.words)
        if self.log_probabilities.shape != (count,):
            raise ValueError(f"expected a logarithm a word, ({count},), got {self.log_probabilities.shape}")
        if not (self.log_probabilities <= 1e-4).all():
            raise ValueError("expected logarithms of probabilities, got NaN or one above 0")
        if self.attention is None:
            return
        if self.attention.shape != (count, GRID, GRID) or not np.isfinite(self.attention).all():
            raise ValueError(f"expected finite weights ({count}, {GRID}, {GRID}), got {self.attention.shape}")

    @property
    def caption(self) -> str:
        return joined(self.words)

    @property
    def log_probability(self) -> float:
        """Of the whole: the sum over its words, and its end."""
        ending = 0.0 if math.isnan(self.ending) else self.ending
        return float(self.log_probabilities.astype(np.float64).sum()) + ending

    def rows(self) -> list[list[str]]:
        """A row a word: the word, its probability, what else there was."""
        shown = [*self.words, "(end)"] if not math.isnan(self.ending) else [*self.words]
        logs = [*map(float, self.log_probabilities), self.ending]
        rows = []
        for place, word in enumerate(shown):
            else_ = self.alternatives[place] if place < len(self.alternatives) else ()
            listed = ", ".join(f"{other} {share:.1%}" for other, share in else_ if other != word)
            rows.append([word, f"{math.exp(logs[place]):.1%}", listed])
        return rows

    def text(self) -> str:
        return f"Caption: {self.caption}." if self.words else "The network ended before its first word."

    def to_json(self) -> dict:
        found = {
            "caption": self.caption,
            "log_probability": round(self.log_probability, 4),
            "words": [
                {"word": word, "probability": round(math.exp(float(log)), 6)}
                for word, log in zip(self.words, self.log_probabilities, strict=True)
            ],
            "others": [
                {"caption": caption, "log_probability": round(float(log), 4)} for caption, log in self.others
            ],
        }
        if self.attention is not None:
            found["attention"] = np.round(self.attention.astype(float), 4).tolist()
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """The words as UTF-8, what each was worth, and where it looked."""
        words = np.frombuffer("\n".join(self.words).encode(), np.uint8)
        kept = {"words": words, "log_probabilities": self.log_probabilities.astype(np.float32)}
        return kept if self.attention is None else kept | {"attention": self.attention.astype(np.float32)}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        found, told = self.arrays(), golden.get("words")
        if told is not None and not np.array_equal(found["words"], told):
            return f"expected the words {told.tobytes().decode().split()}, got {list(self.words)}"
        if words := shapes_differ(found, golden):
            return words
        limits = {"log_probabilities": GOLDEN_LOG_PROBABILITY, "attention": GOLDEN_WEIGHT}
        for name, most in limits.items():
            if name in found:
                distance = float(np.abs(found[name] - golden[name]).max(initial=0.0))
                if distance > most:
                    return f"{name} differ by {distance:.2g}"
        return ""
