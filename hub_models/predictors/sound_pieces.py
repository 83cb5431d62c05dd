"""The piece of a sound that a network of fixed length is asked about: the loudest one, or all in turn."""

import numpy as np


def loudest(samples: np.ndarray, length: int) -> int:
    """Where the `length` samples with the most energy begin; the middle one of equals."""
    if len(samples) <= length:
        return 0
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    inside = energy[length:] - energy[:-length]  # of the piece that begins at each sample
    best = np.flatnonzero(inside >= inside.max() * (1 - 1e-9))
    return int(best[len(best) // 2])


def piece_at(samples: np.ndarray, begin: int, length: int) -> np.ndarray:
    """(length,) float32 from `begin` on; of a shorter sound all, in the middle of silence."""
    piece = samples[begin : begin + length]
    before = (length - len(piece)) // 2
    return np.pad(piece, (before, length - len(piece) - before)).astype(np.float32, copy=False)


def begins(count: int, length: int, step: int) -> list[int]:
    """Where pieces of `length` samples begin that cover `count` samples, every `step`; the last one ends at the end."""
    last = max(0, count - length)
    places = list(range(0, last + 1, step))
    return places if places[-1] == last else [*places, last]
