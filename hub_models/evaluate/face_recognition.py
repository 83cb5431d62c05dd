"""A face embedding on people with names: verification and recognition (lecture, section 9.3).

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split   what was measured, on what
    count, people, skipped          faces compared; people on them; pictures without a face or unreadable
    pairs                           {same, different, same_apart}: pairs of one person, of two people, and of one person
                                    in pictures that were not taken together
    threshold, threshold_from       squared distance up to which two pictures count as one person (their mean, where it
                                    is crossed), and which people it is best for
    roc_auc, equal_error, accuracy, false_accept, false_reject, rank_one
                                    {value, low, high, count} with a 95 % bootstrap over the people, their count.
                                    accuracy: as if half of the pairs were of one person. rank_one: share of the other
                                    pictures that are nearest to their own person's one enrolled picture
    apart                           the same figures but rank_one, without pairs of one person that were taken together
    baseline                        {name, roc_auc, roc_auc_apart} of a system that compares blurred pixels
    seconds, seconds_per_picture    of everything, finding the faces included; of the network alone
    device
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub_models.dataset import open_splits
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import SPLITS
from hub_models.face_gallery import (
    Pairs,
    all_pairs,
    best_threshold,
    equal_error,
    rank_one,
    roc_auc,
)
from hub_models.face_pictures import FacePictures, faces_of
from hub_models.finding_faces import largest_face
from hub_models.loader import LOADER
from hub_models.metrics import resampled_figure
from hub_models.preprocess import InputSpec, crop_pixels

TASK = "face-recognition"
BASELINE = "blurred pixels compared"
OWN, OTHER_HALF, SAME_PEOPLE = "the checkpoint", "the other half of the people", "the people measured"
RESAMPLES = 200
BLURRED = InputSpec(size_hw=(16, 16), mean=(0.5,), std=(0.5,), interpolation="bilinear", colour="grey")
Show = Callable[[int, int], None]
Embed = Callable[[list[np.ndarray]], np.ndarray]  # faces -> (N, D) of unit length


def pixels_compared(faces: list[np.ndarray]) -> np.ndarray:
    """Faces -> (N, 256): 16 x 16 grey pixels, brightness and contrast taken out, at unit length."""
    small = np.stack([crop_pixels(face, BLURRED).reshape(-1) for face in faces]).astype(np.float32)
    small -= small.mean(1, keepdims=True)
    return small / np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-6)


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on a folder a person at `path`.

    The largest face of each picture is found and turned upright first, as the demo does it.
    """
    identity = LOADER.resolve(checkpoint, TASK).id
    splits = open_splits(path)
    split = next(name for name in SPLITS if name in splits)
    faces, kept = [], []
    for i in range(len(splits[split])):
        try:
            faces.append(largest_face(splits[split].read(i))[0])
        except BadInput:
            continue
        kept.append(i)
        if show is not None:
            show(i + 1, len(splits[split]))
    refuse_few(kept, len(splits[split]))
    data = faces_of(splits[split].subset(kept))

    def work(predictor) -> dict:
        report = evaluate(predictor, data, faces=faces, name=Path(path).name, split=split)
        return report | {"skipped": len(splits[split]) - len(kept)}

    return LOADER.run(identity, TASK, work, tell)


def refuse_few(kept: list[int], of: int) -> None:
    if len(kept) < 2:
        raise BadData(
            "data_unreadable",
            f"Expected pictures with a face to compare, found {len(kept)} in {of}. Add more.",
        )


def evaluate(
    predictor,
    data: FacePictures,
    *,
    faces: list[np.ndarray] | None = None,
    name: str = "",
    split: str = "all",
    crossed: bool = False,
    baseline: tuple[str, Embed] = (BASELINE, pixels_compared),
) -> dict:
    """The report of `predictor` on `data`. `faces`: what `data` would read. BadData `people_few`.

    The threshold is the checkpoint's own. Where it has none, or `crossed`, each half of the people is judged by the
    threshold that is best for the other half, and the report gives the mean of both.
    """
    began = time.perf_counter()
    faces = [data.read(i) for i in range(len(data))] if faces is None else faces
    asked = time.perf_counter()
    embeddings = predictor.predict_many(faces)
    seconds = time.perf_counter() - asked
    pairs = all_pairs(embeddings, data.labels, data.takes)
    if not pairs.same.any() or pairs.same.all():
        raise BadData(
            "people_few", "Expected at least two people, one of them in two pictures, to make pairs of."
        )
    apart = pairs.across_takes()
    own = None if crossed else predictor.calibration
    limits, chosen = (np.full(len(data), own.threshold), OWN) if own else crossed_limits(apart, data.labels)
    others = all_pairs(baseline[1](faces), data.labels, data.takes)
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": len(data),
        "people": len(data.counts()),
        "skipped": 0,
        "pairs": {
            "same": int(pairs.same.sum()),
            "different": int((~pairs.same).sum()),
            "same_apart": int(apart.same.sum()),
        },
        "threshold": round(float(limits.mean()), 4),
        "threshold_from": chosen,
        **verification(pairs, data.labels, limits),
        "rank_one": recognition(embeddings, data),
        "apart": verification(apart, data.labels, limits),
        "baseline": {
            "name": baseline[0],
            "roc_auc": round(roc_auc(others.distances, others.same), 6),
            "roc_auc_apart": round(roc_auc(others.across_takes().distances, others.across_takes().same), 6),
        },
        "seconds": round(time.perf_counter() - began, 3),
        "seconds_per_picture": round(seconds / len(data), 4),
        "device": predictor.device,
    }


@dataclass(frozen=True)
class Drawn:
    """The people drawn anew, with replacement: how often each one is there, (RESAMPLES, people)."""

    times: np.ndarray
    position: np.ndarray  # label -> column

    @classmethod
    def of(cls, labels: np.ndarray, seed: int = 0) -> "Drawn":
        people = np.unique(labels)
        position = np.zeros(labels.max() + 1, np.int64)
        position[people] = np.arange(len(people))
        random = np.random.default_rng(seed)
        return cls(
            random.multinomial(len(people), np.full(len(people), 1 / len(people)), RESAMPLES), position
        )


def crossed_limits(pairs: Pairs, labels: np.ndarray, seed: int = 0) -> tuple[np.ndarray, str]:
    """(a threshold for each picture, where it is from): what is best for the pairs of the other half of the people.

    Where a half has not both kinds of pairs, what is best for all pairs.
    """
    people = np.random.default_rng(seed).permutation(np.unique(labels))
    first_half = np.isin(labels, people[: len(people) // 2])
    limits = np.zeros(len(labels))
    for half in (first_half, ~first_half):
        inside = half[pairs.first] & half[pairs.second]
        distances, same = pairs.distances[inside], pairs.same[inside]
        if not same.any() or same.all():
            return np.full(len(labels), best_threshold(pairs.distances, pairs.same)), SAME_PEOPLE
        limits[~half] = best_threshold(distances, same)
    return limits, OTHER_HALF


def verification(pairs: Pairs, labels: np.ndarray, limits: np.ndarray) -> dict[str, dict]:
    """Figures of `pairs` of pictures, of whom `labels` (N,) says who it is and `limits` (N,) up to what distance another
    one is the same person; of two different limits the mean counts.

    `roc_auc`, `equal_error`, `accuracy`, `false_accept`, `false_reject`, each with its interval."""
    order = np.argsort(pairs.distances, kind="stable")
    distances, same = pairs.distances[order], pairs.same[order]
    accepted = distances <= (limits[pairs.first[order]] + limits[pairs.second[order]]) / 2
    accept, reject = float(accepted[~same].mean()), float((~accepted)[same].mean())
    values = (
        roc_auc(distances, same),
        equal_error(distances, same)[0],
        1 - (accept + reject) / 2,
        accept,
        reject,
    )
    drawn = Drawn.of(labels)
    columns = [drawn.position[labels[side[order]]] for side in (pairs.first, pairs.second)]
    rows = []
    for times in drawn.times:
        # a person drawn twice is two people that look alike: such pairs are neither of one person nor of two
        weights = np.where(same, times[columns[0]], times[columns[0]] * times[columns[1]]).astype(float)
        if not weights[same].sum() or not weights[~same].sum():
            continue
        false = weights[accepted & ~same].sum() / weights[~same].sum()
        lost = weights[~accepted & same].sum() / weights[same].sum()
        rows.append(
            (
                roc_auc(distances, same, weights),
                equal_error(distances, same, weights)[0],
                1 - (false + lost) / 2,
                false,
                lost,
            )
        )
    names = ("roc_auc", "equal_error", "accuracy", "false_accept", "false_reject")
    people = drawn.times.shape[1]
    return {
        name: resampled_figure(value, np.array(rows)[:, i], people)
        for i, (name, value) in enumerate(zip(names, values, strict=True))
    }


def recognition(embeddings: np.ndarray, data: FacePictures) -> dict:
    """`rank_one` with its interval: the first picture of each person is enrolled, those of other takes are asked."""
    enrolled = np.unique(data.labels, return_index=True)[1]
    right, whose = rank_one(embeddings, data.labels, data.takes, enrolled)
    drawn = Drawn.of(data.labels)
    counts = [
        np.bincount(drawn.position[whose], weights, drawn.times.shape[1])
        for weights in (right, np.ones(len(right)))
    ]
    shares = (drawn.times @ counts[0]) / np.maximum(1, drawn.times @ counts[1])
    return resampled_figure(right.mean(), shares, drawn.times.shape[1])


def text(report: dict) -> str:
    """The report for people."""
    skipped = f", {report['skipped']} without a face or unreadable left out" if report["skipped"] else ""
    pairs = report["pairs"]
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} faces of "
        f"{report['people']:,} people{skipped}, {report['seconds']:.1f} s on {report['device']}",
        f"{pairs['same']:,} pairs of one person, {pairs['same_apart']:,} of them not taken together, and "
        f"{pairs['different']:,} of two people; threshold {report['threshold']:g} "
        f"from {report['threshold_from']}",
        f"\n{'':34}{'all pairs':>26}{'not taken together':>28}",
    ]
    for key, word in (
        ("roc_auc", "ROC AUC"), ("equal_error", "equal error rate"), ("accuracy", "accuracy at the threshold"),
        ("false_accept", "two people taken for one"), ("false_reject", "one person taken for two"),
    ):  # fmt: skip
        lines.append(f"{word:34}{figure(report[key]):>26}{figure(report['apart'][key]):>28}")
    base = report["baseline"]
    lines.append(f"{base['name'] + ', ROC AUC':34}{base['roc_auc']:>26.1%}{base['roc_auc_apart']:>28.1%}")
    lines.append(f"{'recognised, one picture enrolled':34}{'':26}{figure(report['rank_one']):>28}")
    return "\n".join(lines)


def figure(f: dict) -> str:
    return f"{f['value']:.1%} ({f['low']:.1%} to {f['high']:.1%})"
