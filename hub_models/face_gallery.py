"""Verification and recognition once faces are vectors (lecture, section 9.3): distances, thresholds, error rates, names.

Everything here is numpy. Embeddings are (N, D) float32 of unit length, and every distance is the squared one of
equation 9.2, from 0 (equal) to 4 (opposite).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub_models.faces import Comparison

QUANTILES = 101  # numbers that stand for a distribution of distances: its 0 %, 1 %, ..., 100 %


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Equation 9.2 for every pair: (N, D) and (M, D) of unit length -> (N, M) float64 in 0..4."""
    return np.clip(2 - 2 * a.astype(float) @ b.astype(float).T, 0, 4)


@dataclass(frozen=True)
class Pairs:
    """Distances of all pairs of pictures: `distances` (N,), `same` (N,) bool: one person, `apart` (N,) bool: other takes.

    `first` and `second` (N,) int64: which pictures.
    """

    distances: np.ndarray
    same: np.ndarray
    apart: np.ndarray
    first: np.ndarray
    second: np.ndarray

    def across_takes(self) -> "Pairs":
        """Without the pairs of one person that were taken together."""
        keep = ~self.same | self.apart
        return Pairs(
            *(array[keep] for array in (self.distances, self.same, self.apart, self.first, self.second))
        )


def all_pairs(embeddings: np.ndarray, people: np.ndarray, takes: np.ndarray) -> Pairs:
    """Each two of N pictures once: embeddings (N, D), people (N,), takes (N,)."""
    first, second = np.triu_indices(len(people), 1)
    return Pairs(
        squared_distances(embeddings, embeddings)[first, second],
        people[first] == people[second],
        takes[first] != takes[second],
        first,
        second,
    )


def error_rates(threshold: float, same: np.ndarray, different: np.ndarray) -> tuple[float, float]:
    """(false accept, false reject) of "one person where the distance is at most `threshold`".

    `same` and `different` are distances of pairs of one person and of two people.
    """
    return float((different <= threshold).mean()), float((same > threshold).mean())


def roc_curve(distances: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each threshold that matters, ascending, with the false accepts and the true accepts up to it: (T,) each."""
    order = np.argsort(distances, kind="stable")
    sorted_distances, hits = distances[order], same[order]
    last = np.append(np.diff(sorted_distances) > 0, True)  # equal distances are accepted together
    true = np.cumsum(hits)[last] / max(1, hits.sum())
    false = np.cumsum(~hits)[last] / max(1, (~hits).sum())
    return sorted_distances[last], false, true


def roc_auc(distances: np.ndarray, same: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Area under the ROC curve: how often a pair of one person is nearer than a pair of two; half a point for a tie.

    `weights` (N,) count pairs more than once, or not at all.
    """
    weights = np.ones(len(distances)) if weights is None else weights
    order = np.argsort(distances, kind="stable")
    d, same, w = distances[order], same[order], weights[order]
    groups = np.cumsum(np.append(0, np.diff(d) > 0))
    ours = np.bincount(groups, w * same)
    theirs = np.bincount(groups, w * ~same)
    farther = theirs.sum() - np.cumsum(theirs)
    return float((ours * (farther + theirs / 2)).sum() / (ours.sum() * theirs.sum()))


def equal_error(
    distances: np.ndarray, same: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """(rate, threshold) where false accepts and false rejects are equal, or nearest to it."""
    weights = np.ones(len(distances)) if weights is None else weights
    order = np.argsort(distances, kind="stable")
    hits, w = same[order], weights[order]
    accept = np.cumsum(w * ~hits) / (w * ~hits).sum()
    reject = 1 - np.cumsum(w * hits) / (w * hits).sum()
    at = int(np.abs(accept - reject).argmin())
    return float((accept[at] + reject[at]) / 2), float(distances[order][at])


def best_threshold(distances: np.ndarray, same: np.ndarray) -> float:
    """Where the mean of false accepts and false rejects is least; pairs of two people are many more, so it is a mean."""
    thresholds, false, true = roc_curve(distances, same)
    at = int((false + 1 - true).argmin())
    after = thresholds[min(at + 1, len(thresholds) - 1)]
    return float((thresholds[at] + after) / 2)  # halfway to the next, so that rounding changes no answer


@dataclass(frozen=True)
class Calibration:
    """What distances mean for a network, measured on people that it never saw. It travels with the weights.

    `same` and `different` (QUANTILES,): quantiles of the distances of pairs of one person and of two people;
    `threshold`: what is best for them; `measured_on`: those pairs in words.
    """

    threshold: float
    same: np.ndarray
    different: np.ndarray
    measured_on: str

    @classmethod
    def of(cls, pairs: Pairs, threshold: float, measured_on: str) -> "Calibration":
        steps = np.linspace(0, 1, QUANTILES)
        same = np.quantile(pairs.distances[pairs.same], steps)
        return cls(threshold, same, np.quantile(pairs.distances[~pairs.same], steps), measured_on)

    def error_rates(self, threshold: float) -> tuple[float, float]:
        """(false accept, false reject) at a threshold, between the quantiles by a straight line."""
        steps = np.linspace(0, 1, QUANTILES)
        accept = np.interp(threshold, self.different, steps, left=0.0, right=1.0)
        return float(accept), float(1 - np.interp(threshold, self.same, steps, left=0.0, right=1.0))

    def to_json(self) -> dict:
        listed = {name: [round(float(v), 4) for v in getattr(self, name)] for name in ("same", "different")}
        return {"threshold": round(self.threshold, 4), **listed, "measured_on": self.measured_on}

    @classmethod
    def from_json(cls, values: object) -> "Calibration | None":
        """The inverse of `to_json`; None where there was none. ValueError where it is something else."""
        if values is None:
            return None
        if not isinstance(values, dict) or not isinstance(values.get("measured_on"), str):
            raise ValueError("expected a calibration with threshold, same, different and measured_on")
        same, different = (np.asarray(values.get(name), float) for name in ("same", "different"))
        if not all(
            q.shape == (QUANTILES,) and np.isfinite(q).all() and (np.diff(q) >= 0).all()
            for q in (same, different)
        ):
            raise ValueError(f"expected {QUANTILES} ascending distances each for same and different")
        threshold = float(values.get("threshold", "nan"))
        if not 0 <= threshold <= 4:
            raise ValueError(f"expected a threshold in 0..4, got {threshold}")
        return cls(threshold, same, different, values["measured_on"][:300])


@dataclass(frozen=True)
class Gallery:
    """People enrolled, a name and one or more embeddings each: `names` (N,), one for each of `embeddings` (N, D)."""

    names: tuple[str, ...] = ()
    embeddings: np.ndarray | None = None

    def enrolled(self, name: str, embedding: np.ndarray) -> "Gallery":
        """With one picture more."""
        row = embedding[None].astype(np.float32)
        kept = row if self.embeddings is None else np.concatenate([self.embeddings, row])
        return Gallery((*self.names, name), kept)

    def without(self, name: str) -> "Gallery":
        """Without all pictures of `name`."""
        keep = [i for i, other in enumerate(self.names) if other != name]
        if not keep:
            return Gallery()
        return Gallery(tuple(self.names[i] for i in keep), self.embeddings[keep])

    @property
    def people(self) -> tuple[str, ...]:
        """Each name once, in the order of enrolment."""
        return tuple(dict.fromkeys(self.names))

    def distances(self, embedding: np.ndarray) -> list[tuple[str, float]]:
        """(name, distance to the nearest picture of that person), nearest first."""
        if self.embeddings is None:
            return []
        to_each = squared_distances(embedding[None], self.embeddings)[0]
        nearest = {
            name: min(d for n, d in zip(self.names, to_each, strict=True) if n == name)
            for name in self.people
        }
        return sorted(((n, float(d)) for n, d in nearest.items()), key=lambda row: row[1])


def rank_one(
    embeddings: np.ndarray, people: np.ndarray, takes: np.ndarray, enrolled: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Recognition with one picture a person: (M,) bool, which others are nearest to their own person's; (M,) who it is.

    `enrolled`: indices of one picture of each person. Pictures of the enrolled picture's take are not asked.
    """
    take_of = {int(people[i]): takes[i] for i in enrolled}
    asked = np.array([take != take_of[int(person)] for person, take in zip(people, takes, strict=True)])
    asked[enrolled] = False
    found = squared_distances(embeddings[asked], embeddings[enrolled]).argmin(1)
    return people[enrolled][found] == people[asked], people[asked]


def plane(embeddings: np.ndarray, more: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
    """Embeddings (N, D) on the plane of their two main directions, and `more` on the same plane: (N, 2), ..."""
    centre = embeddings.mean(0)
    _, _, directions = np.linalg.svd(embeddings - centre, full_matrices=True)
    axes = directions[:2].T
    return [(rows - centre) @ axes for rows in (embeddings, *more)]


UNMEASURED = "Nobody has measured here what its distances mean, so there is no threshold and no verdict."


def judged(distance: float, calibration: Calibration | None, threshold: float | None = None) -> Comparison:
    """What a distance says, with the error rates at the threshold; None: the network's own one."""
    if calibration is None:
        return Comparison(distance, None, None, None, UNMEASURED)
    threshold = calibration.threshold if threshold is None else threshold
    return Comparison(distance, threshold, *calibration.error_rates(threshold), calibration.measured_on)
