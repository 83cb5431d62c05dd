"""A language model on plain text: perplexity per character, beside what counting alone reaches.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, blocks, unknown            characters that were guessed; stretches of text they stand in; characters that the
                                      network does not know, which are left out
    perplexity                        {value, low, high, count}: the exponential of the mean loss (equation 10.5 of the
                                      lecture) per character; 95 % bootstrap over the blocks, the count of characters
    accuracy                          the same for the share of the characters (or pieces of words) that were the first
                                      guess
    baseline                          {name, perplexity}: counts of what followed the last 4 characters, in the training
                                      text, or in what was read before
    seconds, seconds_per_thousand     of everything; of the network, per thousand characters
    device

Each block is read from its beginning. Networks that read pieces of words are measured per character too.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from hub_models.checkpoint import Checkpoint
from hub_models.continuation import Guessed
from hub_models.errors import BadData
from hub_models.evaluate import measured
from hub_models.inside.character_counts import ORDER, CharacterCounts
from hub_models.metrics import resampled_figure
from hub_models.running_text import RunningText, open_texts

TASK = "language-model"
MOST_CHARACTERS = 200_000  # of the data that are measured: enough for three digits
DRAWS = 1000
Show = Callable[[int, int], None]


class Scorer(Protocol):
    """What every language model offers, of whatever library."""

    checkpoint: Checkpoint
    device: str

    def score(self, text: str) -> Guessed:
        """How probable each part of the text is after all before it."""


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on the text at `path`."""
    return measured(TASK, checkpoint, path, open_texts, evaluate, show, tell)


def evaluate(
    predictor: Scorer,
    data: RunningText,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
    train: RunningText | None = None,
) -> dict:
    """The report of `predictor` on `data`; `train` is what the baseline counts. BadData `data_unreadable`."""
    began = time.perf_counter()
    blocks = first_of(data.blocks)
    counted, right, seconds, unknown = [], [], 0.0, 0
    for number, block in enumerate(blocks):
        start = time.perf_counter()
        found = predictor.score(block)
        seconds += time.perf_counter() - start
        unknown += int((~found.known).sum())
        counted.append((found.log_probability, found.characters))
        right.append((int((found.ranks == 0).sum()), int(found.known.sum())))
        if show is not None:
            show(number + 1, len(blocks))
    sums, hits = np.array(counted), np.array(right)
    characters = int(sums[:, 1].sum())
    if not characters:
        raise BadData(
            "data_unreadable",
            "Expected text in an alphabet that this network knows, but it knows none of it.",
        )
    drawn = np.random.default_rng(0).integers(0, len(blocks), (DRAWS, len(blocks)))
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": characters,
        "blocks": len(blocks),
        "unknown": unknown,
        "perplexity": resampled_figure(perplexity(sums), perplexity(sums[drawn]), characters),
        "accuracy": resampled_figure(share(hits), share(hits[drawn]), int(hits[:, 1].sum())),
        "baseline": baseline(blocks, train),
        "seconds": round(time.perf_counter() - began, 3),
        "seconds_per_thousand": round(1000 * seconds / characters, 4),
        "device": predictor.device,
    }


def first_of(blocks: tuple[str, ...]) -> tuple[str, ...]:
    """The first blocks that have MOST_CHARACTERS together."""
    ends = np.cumsum([len(block) for block in blocks])
    return blocks[: max(1, int(np.searchsorted(ends, MOST_CHARACTERS) + 1))]


def perplexity(sums: np.ndarray) -> np.ndarray:
    """(..., blocks, 2) of (log probability, characters) -> (...,)."""
    total = sums.sum(-2)
    return np.exp(-total[..., 0] / np.maximum(total[..., 1], 1))


def share(hits: np.ndarray) -> np.ndarray:
    """(..., blocks, 2) of (right, in all) -> (...,)."""
    total = hits.sum(-2)
    return total[..., 0] / np.maximum(total[..., 1], 1)


def baseline(blocks: tuple[str, ...], train: RunningText | None) -> dict:
    """The perplexity of counting, on the same blocks."""
    learned = train.text if train else ""
    counts = CharacterCounts("".join(sorted(set(learned).union(*blocks))))
    counts.learn(learned)
    logs = np.concatenate([counts.log_probabilities(block, learning=train is None) for block in blocks])
    told = "training text" if train else "what was read before"
    return {
        "name": f"counts of what followed the last {ORDER} characters in the {told}",
        "perplexity": round(float(np.exp(-logs.mean())), 6),
    }


def text(report: dict) -> str:
    """The report for people."""
    unknown = f", {report['unknown']:,} unknown left out" if report["unknown"] else ""
    f, a = report["perplexity"], report["accuracy"]
    return (
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} characters{unknown} in "
        f"{report['blocks']:,} blocks, {report['seconds']:.1f} s on {report['device']}\n"
        f"perplexity per character  {f['value']:.3f}  (95 % interval {f['low']:.3f} to {f['high']:.3f})\n"
        f"first guess right         {a['value']:.1%}  (95 % interval {a['low']:.1%} to {a['high']:.1%})\n"
        f"baseline                  {report['baseline']['perplexity']:.3f}  ({report['baseline']['name']})"
    )
