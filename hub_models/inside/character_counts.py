"""A language model without a network: how often did each character follow the n before it?

Lengths of 0 to n are mixed by Witten and Bell's rule (Bell, Cleary, Witten: "Text Compression", 1990): the more different
characters have followed some beginning, the less its own counts are trusted and the more those of the shorter one.
"""

import math
from collections import Counter, defaultdict

import numpy as np

ORDER = 4  # characters; of 4, 5 and 6 the best on held-out text of a million characters


class CharacterCounts:
    """Counts of what follows every run of up to `order` characters; `alphabet`: all that may come."""

    def __init__(self, alphabet: str, order: int = ORDER) -> None:
        self.alphabet, self.order = alphabet, order
        self.after: dict[str, Counter[str]] = defaultdict(Counter)
        self.seen: Counter[str] = Counter()  # run -> characters that followed it, in all

    def learn(self, text: str) -> None:
        for place in range(len(text)):
            self.count(text[max(0, place - self.order) : place], text[place])

    def count(self, before: str, character: str) -> None:
        """`character` came after `before`, of which the last `order` matter."""
        for length in range(min(self.order, len(before)) + 1):
            run = before[len(before) - length :]
            self.after[run][character] += 1
            self.seen[run] += 1

    def probability(self, before: str, character: str) -> float:
        """Of `character` after `before`; all of the alphabet sum to 1."""
        found = 1 / len(self.alphabet)
        for length in range(min(self.order, len(before)) + 1):
            run = before[len(before) - length :]
            seen = self.seen.get(run, 0)
            if not seen:  # nothing longer was seen either
                break
            kinds = len(self.after[run])
            found = (self.after[run][character] + kinds * found) / (seen + kinds)
        return found

    def distribution(self, before: str) -> np.ndarray:
        """(alphabet,) float32, in its order."""
        return np.array([self.probability(before, character) for character in self.alphabet], np.float32)

    def log_probabilities(self, text: str, learning: bool = False) -> np.ndarray:
        """(len(text),) float64, natural logarithms; `learning`: each character is counted once it was guessed."""
        found = np.empty(len(text))
        for place, character in enumerate(text):
            before = text[max(0, place - self.order) : place]
            found[place] = math.log(self.probability(before, character))
            if learning:
                self.count(before, character)
        return found
