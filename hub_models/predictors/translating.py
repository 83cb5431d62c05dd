"""What translators of every library share around their network: one text or many, the search, the alignment."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from hub_models.predictors.beams import Hypothesis, Round, Search
from hub_models.translation import Translation

BEAMS = 4


class Translates(Protocol):
    """What a translator has to bring."""

    at_once: int  # sentences in a batch

    def numbers(self, text: str) -> list[int]:
        """The numbers of the pieces of a text, and the sign for the end. BadInput `text_too_long`."""

    def pieces_of(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """Numbers as the pieces they stand for."""

    def text(self, numbers: Sequence[int]) -> str:
        """The text that pieces make."""

    def searches(
        self, rows: Sequence[list[int]], beams: int = BEAMS, penalty: float = 1.0, longest: int = 0
    ) -> list[Search]:
        """The search for each of the sentences; `longest` 0: by the length of each."""

    def alignment(self, given: list[int], written: Sequence[int]) -> np.ndarray | None:
        """(T, S): where the network looked when it wrote each of `written`; None: it does not look."""


class Translating(Translates):
    """The calls of a translator."""

    def predict(self, text: str, beams: int = BEAMS, penalty: float = 1.0) -> Translation:
        """`beams` 1: greedy."""
        given = self.numbers(text)
        return self.translation(given, self.searches([given], beams, penalty)[0].best)

    def translation(self, given: list[int], best: Hypothesis) -> Translation:
        return Translation(
            self.pieces_of(given),
            self.pieces_of(best.numbers),
            self.text(best.numbers),
            np.minimum(np.array(best.logs, np.float32), 0),
            self.alignment(given, best.numbers),
        )

    def rounds(self, text: str, beams: int, penalty: float = 1.0) -> tuple[Round, ...]:
        """Every step of the search."""
        return tuple(self.searches([self.numbers(text)], beams, penalty)[0].rounds)

    def predict_many(self, texts: Sequence[str], beams: int = BEAMS, penalty: float = 1.0) -> list[str]:
        """Translations, many at a time: sentences of similar length together."""
        rows = [self.numbers(text) for text in texts]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        found = [""] * len(rows)
        for first in range(0, len(order), self.at_once):
            places = order[first : first + self.at_once]
            searched = self.searches([rows[i] for i in places], beams, penalty)
            for place, one in zip(places, searched, strict=True):
                found[place] = self.text(one.best.numbers)
        return found
