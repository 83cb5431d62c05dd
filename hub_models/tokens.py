"""Answers about the words of a text: named entities, and how such answers are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from hub_models.results import GOLDEN_SCORE, shapes_differ
from hub_models.text import Word

OUTSIDE = "O"  # the tag of a word that belongs to no entity


class Span(NamedTuple):
    """Words `first` to below `last` are one entity of `kind`."""

    kind: str
    first: int
    last: int


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The entities that tags spell: B-PER begins one, I-PER goes on with one, O is outside.

    As the evaluation of CoNLL-2000 and the package seqeval count: an I without anything of its kind before it begins an
    entity too, so that tags without B (IO) can be read.
    """
    found: list[Span] = []
    begun: tuple[str, int] | None = None
    for place, tag in enumerate([*tags, OUTSIDE]):
        mark, _, kind = tag.partition("-")
        goes_on = begun is not None and mark == "I" and kind == begun[0]
        if begun is not None and not goes_on:
            found.append(Span(begun[0], begun[1], place))
            begun = None
        if begun is None and mark in ("B", "I"):
            begun = (kind, place)
    return found


def tags_of(spans: Sequence[Span], count: int) -> tuple[str, ...]:
    """The inverse for `count` words, in the scheme IOB2: every entity begins with B."""
    tags = [OUTSIDE] * count
    for kind, first, last in spans:
        tags[first:last] = [f"B-{kind}"] + [f"I-{kind}"] * (last - first - 1)
    return tuple(tags)


@dataclass(frozen=True)
class Entities:
    """Names of people, places and the like in a text.

    `written`: the text; `words`: how it was cut; `tags`: all tags; `probabilities` (words, tags) float32 of each word;
    `chosen` (words,) int64: the tag of each word, an index into `tags`.
    """

    written: str
    words: tuple[Word, ...]
    tags: tuple[str, ...]
    probabilities: np.ndarray
    chosen: np.ndarray

    def __post_init__(self) -> None:
        wanted = (len(self.words), len(self.tags))
        if self.probabilities.shape != wanted or self.chosen.shape != wanted[:1]:
            raise ValueError(
                f"expected probabilities {wanted} and a tag a word, got {self.probabilities.shape} and "
                f"{self.chosen.shape}"
            )
        if not np.isfinite(self.probabilities).all():
            raise ValueError("expected finite probabilities, got NaN or infinity")
        if len(self.words) and not 0 <= self.chosen.min() <= self.chosen.max() < len(self.tags):
            raise ValueError(f"expected tags below {len(self.tags)}, got {self.chosen.max()}")

    def __len__(self) -> int:
        return len(self.spans)

    @cached_property
    def spans(self) -> list[Span]:
        return spans_of([self.tags[i] for i in self.chosen])

    def score(self, span: Span) -> float:
        """The probability of the least certain of its words."""
        places = np.arange(span.first, span.last)
        return float(self.probabilities[places, self.chosen[places]].min())

    def covered(self, span: Span) -> str:
        """The part of the text."""
        return self.written[self.words[span.first].start : self.words[span.last - 1].end]

    def rows(self) -> list[list[str]]:
        return [[self.covered(span), span.kind, f"{self.score(span):.1%}"] for span in self.spans]

    def text(self) -> str:
        if not self.spans:
            return "No name found."
        return "Found: " + ", ".join(f"{self.covered(span)} ({span.kind})" for span in self.spans) + "."

    def to_json(self) -> dict:
        return {
            "entities": [
                {
                    "text": self.covered(span),
                    "label": span.kind,
                    "score": round(self.score(span), 6),
                    "start": self.words[span.first].start,
                    "end": self.words[span.last - 1].end,
                }
                for span in self.spans
            ],
            "text": self.written,
        }

    def arrays(self) -> dict[str, np.ndarray]:
        return {"probabilities": self.probabilities, "chosen": self.chosen}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        if words := shapes_differ(self.arrays(), golden):
            return words
        distance = np.abs(self.probabilities - golden["probabilities"]).max(initial=0.0)
        if distance > 10 * GOLDEN_SCORE:
            return f"a probability differs by {distance:.2g}"
        changed = int((self.chosen != golden["chosen"]).sum())
        return f"{changed} words have another tag" if changed else ""
