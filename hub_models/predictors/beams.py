"""How a translator writes: greedily, or by beam search with a length penalty, many sentences at once.

Greedy takes the most probable piece at every step. Beam search follows the `beams` most probable beginnings; what has
reached <EOS> is compared by its log probability divided by its length to the power of `penalty`, because every further
piece can only make a sentence less probable (Wu et al., "Google's Neural Machine Translation System", 2016, with a simpler
divisor). With penalty 0 short translations win. A search ends when no beginning can beat the worst of the `beams` best.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from hub_models import compute


class Memory(Protocol):
    def chosen(self, rows: Tensor) -> "Memory":
        """For the sentences `rows` of the batch, in that order; one may come twice."""


Advance = Callable[
    [Tensor, Memory], tuple[Tensor, Memory]
]  # pieces read last (B,) -> logits (B, words), memory


@dataclass(frozen=True)
class Hypothesis:
    """A translation, or the beginning of one: numbers of its pieces, the logarithm of each one's probability."""

    numbers: tuple[int, ...] = ()
    logs: tuple[float, ...] = ()
    ended: bool = False

    @property
    def total(self) -> float:
        return sum(self.logs)

    def score(self, penalty: float) -> float:
        """What hypotheses of different lengths are compared by."""
        return self.total / max(1, len(self.numbers)) ** penalty


@dataclass(frozen=True)
class Round:
    """One step of the search for one sentence: the beginnings it goes on with and what has ended so far, best first."""

    going: tuple[Hypothesis, ...]
    ended: tuple[Hypothesis, ...]


@dataclass
class Search:
    """The search for one sentence."""

    beams: int
    penalty: float
    going: list[Hypothesis] = field(default_factory=lambda: [Hypothesis()])
    ended: list[Hypothesis] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)

    def grow(self, candidates: list[tuple[int, int, float]], end: int, last: bool) -> list[int]:
        """Take the best of `candidates` (beam, piece, its log probability), best first; the beams that go on come from."""
        grown, rows = [], []
        for rank, (row, number, log) in enumerate(candidates):
            parent = self.going[row]
            one = Hypothesis((*parent.numbers, number), (*parent.logs, log), ended=number == end)
            if one.ended or last:
                if rank < self.beams:
                    self.ended.append(one)
            elif len(grown) < self.beams:
                grown.append(one)
                rows.append(row)
        self.ended.sort(key=lambda one: -one.score(self.penalty))
        del self.ended[self.beams :]
        self.going = grown
        self.rounds.append(Round(tuple(grown), tuple(self.ended)))
        return rows

    @property
    def over(self) -> bool:
        if not self.going or (self.beams == 1 and self.ended):
            return True
        if len(self.ended) < self.beams:
            return False
        return self.going[0].score(self.penalty) <= self.ended[-1].score(self.penalty)

    @property
    def best(self) -> Hypothesis:
        return self.ended[0] if self.ended else self.going[0]


@dataclass(frozen=True, kw_only=True)
class Signs:
    """Numbers that mean something to the search; `never`: those that are not written."""

    start: int
    end: int
    never: tuple[int, ...]


@torch.inference_mode()
def search(
    advance: Advance,
    memory: Memory,
    longest: Sequence[int],
    signs: Signs,
    *,
    beams: int,
    penalty: float,
    device: str = "cpu",
) -> list[Search]:
    """The search for each sentence of which `memory` holds one row, at most `longest` pieces of each.

    Overloaded `cancelled`, `deadline`.
    """
    found = [Search(beams, penalty) for _ in longest]
    alive = list(range(len(longest)))
    reading = torch.full((len(longest),), signs.start, device=device)
    for length in range(1, max(longest) + 1):
        compute.check()
        logits, memory = advance(reading, memory)
        logits = logits.float()
        logits[:, list(signs.never)] = -torch.inf
        logs = logits.log_softmax(-1)  # (rows, words)
        rows, numbers, first = [], [], 0
        for place in alive:
            one = found[place]
            count = len(one.going)
            candidates = best_of(logs[first : first + count], one, 2 * beams)
            for row in one.grow(candidates, signs.end, length == longest[place]):
                rows.append(first + row)
            first += count
            if one.over:
                del rows[len(rows) - len(one.going) :]
            else:
                numbers += [going.numbers[-1] for going in one.going]
        alive = [place for place in alive if not found[place].over]
        if not alive:
            break
        memory = memory.chosen(torch.tensor(rows, device=device))
        reading = torch.tensor(numbers, device=device)
    return found


def best_of(logs: Tensor, search: Search, count: int) -> list[tuple[int, int, float]]:
    """The `count` most probable ways on, best first: (beam, piece, its log probability); `logs` (beams alive, words)."""
    before = torch.tensor([going.total for going in search.going], device=logs.device)
    totals = (logs + before[:, None]).flatten()
    values, places = totals.topk(min(count, totals.numel()))
    words = logs.shape[1]
    return [
        (place // words, place % words, float(logs[place // words, place % words]))
        for value, place in zip(values.tolist(), places.tolist(), strict=True)
        if value > -torch.inf
    ]
