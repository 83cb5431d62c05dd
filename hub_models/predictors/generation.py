"""How a language model writes: a distribution over what comes next, a way to choose from it, and again.

argmax takes the most probable; sampling draws, from a distribution made sharper or flatter by a temperature, perhaps from
its most probable entries alone (top-k), or from the fewest that together have probability p (top-p, nucleus sampling:
Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020). Beam search keeps the several most probable
beginnings, and goes on with all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from hub_models import compute
from hub_models.continuation import Guessed


class Memory(Protocol):
    """What a network keeps of what it has read, for a batch of texts."""

    def chosen(self, rows: Tensor) -> "Memory":
        """For the texts `rows` of the batch, in that order; one may come twice."""


class Writer(Protocol):
    """What writing needs of a model, of whatever library."""

    def advance(self, numbers: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
        """Read (B, T) more; (logarithms of the probabilities of what comes next (B, entries), the new memory)."""

    def texts(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """What each of the entries `numbers`, one after the other, adds to the text."""

    @property
    def end(self) -> int | None:
        """The entry <EOS>, where there is one."""


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """A way to choose. `temperature` 0: argmax; `top_k` 0: from all; `beams` above 1: beam search, without drawing."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    beams: int = 1
    seed: int = 0
    length_power: float = 0.0  # of beams: 0 prefers short texts, 1 the best mean of a part


ARGMAX = Choosing(temperature=0.0)


def shares(log_probabilities: np.ndarray, choosing: Choosing) -> np.ndarray:
    """(entries,) natural logarithms -> the probabilities (entries,) float64 with which each is drawn."""
    logs = log_probabilities.astype(np.float64)
    if choosing.temperature == 0:
        found = np.zeros_like(logs)
        found[logs.argmax()] = 1.0
        return found
    logs = logs / choosing.temperature
    order = np.argsort(-logs, kind="stable")
    if choosing.top_k:
        logs[order[choosing.top_k :]] = -np.inf
    found = np.exp(logs - logs.max())
    found /= found.sum()
    if choosing.top_p < 1:
        # the entry that passes p is the last one kept, so that there is always one
        before = np.cumsum(found[order]) - found[order]
        found[order[before >= choosing.top_p]] = 0.0
        found /= found.sum()
    return found


@dataclass(frozen=True)
class Step:
    """One part written: its number, logarithm and rank under the model, and the logarithms of all (entries,) float32."""

    number: int
    log_probability: float
    rank: int
    log_probabilities: np.ndarray


def step_of(number: int, logs: np.ndarray) -> Step:
    return Step(number, float(logs[number]), int((logs > logs[number]).sum()), logs)


def write(writer: Writer, prompt: Tensor, length: int, choosing: Choosing) -> Iterator[Step]:
    """Up to `length` parts after the numbers `prompt` (T,), one at a time; it ends at <EOS>. Overloaded `cancelled`."""
    random = np.random.default_rng(choosing.seed)
    reading, memory = prompt[None], None
    for _ in range(length):
        compute.check()
        logs, memory = writer.advance(reading, memory)
        now = logs[0].cpu().numpy()
        number = int(random.choice(len(now), p=shares(now, choosing)))
        if number == writer.end:
            return
        yield step_of(number, now)
        reading = torch.tensor([[number]], device=prompt.device)


@dataclass(frozen=True)
class Beam:
    """A beginning that is followed: what was written, with its log probability."""

    steps: tuple[Step, ...]
    log_probability: float
    ended: bool = False

    def score(self, length_power: float) -> float:
        """What it is ranked by: its log probability / its length to this power, <EOS> counted (Wu et al. 2016)."""
        return self.log_probability / max(1, len(self.steps) + self.ended) ** length_power


def search(
    writer: Writer, prompt: Tensor, length: int, beams: int, length_power: float = 0.0
) -> Iterator[tuple[Beam, ...]]:
    """Beam search: after each part, the `beams` best beginnings, the best first. Overloaded `cancelled`."""
    reading, memory = prompt[None], None
    alive, ended = (Beam((), 0.0),), ()
    for _ in range(length):
        compute.check()
        logs, memory = writer.advance(reading, memory)
        now = logs.cpu().numpy()  # (beams alive, entries)
        totals = now.astype(np.float64) + np.array([[beam.log_probability] for beam in alive])
        best = np.argsort(-totals, axis=None, kind="stable")[:beams]
        best = best[np.isfinite(totals.ravel()[best])]  # an alphabet may be smaller than the number of beams
        rows, numbers = np.unravel_index(best, totals.shape)
        grown = []
        for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
            steps, total = alive[row].steps, float(totals[row, number])
            if number == writer.end:
                grown.append((Beam(steps, total, ended=True), row, number))
            else:
                grown.append((Beam((*steps, step_of(number, now[row])), total), row, number))
        ended = (*ended, *(beam for beam, _, _ in grown if beam.ended))
        going = [(beam, row, number) for beam, row, number in grown if not beam.ended]
        alive = tuple(beam for beam, _, _ in going)
        ranked = tuple(sorted((*alive, *ended), key=lambda beam: -beam.score(length_power))[:beams])
        yield ranked
        # what goes on can only become less probable: at its best it is as now, and as long as can be
        hope = max((beam.log_probability for beam in alive), default=-np.inf) / length**length_power
        if not alive or (ranked[0].ended and ranked[0].score(length_power) >= hope):
            return
        reading = torch.tensor([[number] for _, _, number in going], device=prompt.device)
        memory = memory.chosen(torch.tensor([row for _, row, _ in going], device=prompt.device))


def guessed(writer: Writer, steps: Sequence[Step]) -> Guessed:
    """`steps` as a text, with what the model thought of each."""
    return Guessed(
        writer.texts([step.number for step in steps]),
        np.array([step.log_probability for step in steps], np.float32),
        np.array([step.rank for step in steps], np.int64),
    )


def writing(writer: Writer, prompt: Tensor, length: int, choosing: Choosing) -> Iterator[tuple[Step, ...]]:
    """What is written after `prompt` so far, after each part; of several beams the best."""
    if choosing.beams > 1:
        for ranked in search(writer, prompt, length, choosing.beams, choosing.length_power):
            yield ranked[0].steps
        return
    steps: tuple[Step, ...] = ()
    for step in write(writer, prompt, length, choosing):
        steps = (*steps, step)
        yield steps


def written(writer: Writer, prompt: Tensor, length: int, choosing: Choosing) -> Guessed:
    """What `choosing` writes after `prompt`, in the end."""
    steps: tuple[Step, ...] = ()
    for steps in writing(writer, prompt, length, choosing):  # noqa: B007 (the last one is wanted)
        pass
    return guessed(writer, steps)
