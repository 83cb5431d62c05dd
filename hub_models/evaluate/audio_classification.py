"""How well a checkpoint hears a labelled set of sounds.

The report is plain JSON:

    task, checkpoint, data, split, count, skipped (sounds that could not be read)
    accuracy                          {value, low, high, count}: share of right answers with its 95 % interval
    per_class                         [{label, count, recall, precision, f1}], the classes that occur in the data or in an
                                      answer; null where nothing was counted
    confusion                         [[sounds]]: a row a true class, a column an answer, both as per_class lists them
    refused                           {right, wrong}: of the right and of the wrong answers the share below the probability
                                      from which the checkpoint believes itself; absent where it has none
    baseline                          {name, accuracy} of always answering the most frequent class
    log_mel_mean                      {name, accuracy} of logistic regression on the mean of each mel band, where the data
                                      has a part to train on
    seconds, device                   of everything
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hub_models.class_figures import by_class, class_lines, figure
from hub_models.class_names import indices_of
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import measured
from hub_models.labelled_sounds import LabelledSounds, open_sounds

TASK = "audio-classification"
AT_ONCE = 64  # sounds between two words about the progress
BANDS = 40  # of the baseline
Show = Callable[[int, int], None]


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on a folder or zip with a folder a class."""
    return measured(TASK, checkpoint, path, open_sounds, evaluate, show, tell)


def evaluate(
    predictor,
    data: LabelledSounds,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
    train: LabelledSounds | None = None,
) -> dict:
    """The report of `predictor` on `data`. BadData: `classes_unknown`, `data_missing`."""
    began = time.perf_counter()
    index_of = indices_of(
        {int(label): data.class_names[label] for label in np.unique(data.labels)}, predictor.names, "classes"
    )
    truth, shares = [], []
    for start in range(0, len(data), AT_ONCE):
        sounds = []
        for i in range(start, min(start + AT_ONCE, len(data))):
            try:
                sounds.append(data.read(i).at(predictor.rate))
            except BadInput:
                continue
            truth.append(index_of[int(data.labels[i])])
        if sounds:
            shares.append(predictor.predict_many(sounds))
        if show is not None:
            show(min(start + AT_ONCE, len(data)), len(data))
    if not truth:
        raise BadData("data_missing", "Expected sounds to measure on, got none that can be read.")
    truth, probabilities = np.array(truth), np.concatenate(shares)
    answer = probabilities.argmax(1)
    report = {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": len(truth),
        "skipped": len(data) - len(truth),
        "accuracy": figure(answer == truth),
        **by_class(truth, answer, predictor.names),
        **refused(probabilities, truth, predictor.sure),
        "baseline": {
            "name": "majority class",
            "accuracy": round(float(np.bincount(truth).max()) / len(truth), 6),
        },
    }
    if train is not None and len(np.unique(train.labels)) > 1:
        right = log_mel_mean(train, data, predictor.rate)
        report["log_mel_mean"] = {
            "name": "log-mel mean, logistic regression",
            "accuracy": round(float(right.mean()), 6),
        }
    return report | {"seconds": round(time.perf_counter() - began, 3), "device": predictor.device}


def refused(probabilities: np.ndarray, truth: np.ndarray, sure: float) -> dict:
    """`refused` of the report from (N, classes) probabilities and (N,) true classes."""
    if not sure:
        return {}
    right, below = probabilities.argmax(1) == truth, probabilities.max(1) < sure
    shares = {
        "right": float(below[right].mean()) if right.any() else None,
        "wrong": float(below[~right].mean()) if (~right).any() else None,
    }
    return {"refused": {name: None if share is None else round(share, 6) for name, share in shares.items()}}


def log_mel_mean(train: LabelledSounds, data: LabelledSounds, rate: int) -> np.ndarray:
    """(N,) bool, right or not on `data`: logistic regression on the mean log power of each mel band, without time."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    regression.fit(band_means(train, rate), [train.class_names[label] for label in train.labels])
    truth = np.array([data.class_names[label] for label in data.labels])
    return regression.predict(band_means(data, rate)) == truth


def band_means(data: LabelledSounds, rate: int) -> np.ndarray:
    """(N, 2 x BANDS) float32: mean and standard deviation over time of each band of the log-mel spectrogram."""
    import torch

    from hub_models.architectures.spectrogram import SpectrogramSpec, levelled, log_mel

    spec = SpectrogramSpec(
        rate=rate, window=256 * max(1, rate // 8000), hop=rate // 100, mels=BANDS, fmax=rate / 2
    )
    rows = []
    for i in range(len(data)):
        waveform = torch.from_numpy(data.read(i).at(rate))[None]
        seen = log_mel(levelled(waveform), spec, 1e-4)[0]  # (BANDS, frames)
        rows.append(torch.cat([seen.mean(1), seen.std(1, correction=0)]).numpy())
    return np.stack(rows)


def text(report: dict) -> str:
    """The report for people: the figures, then a row a class."""
    skipped = f", {report['skipped']} left out" if report["skipped"] else ""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} sounds{skipped}, "
        f"{report['seconds']:.1f} s on {report['device']}"
    ]
    f = report["accuracy"]
    lines.append(f"{'accuracy':13} {f['value']:6.1%}  (95 % interval {f['low']:.1%} to {f['high']:.1%})")
    lines.append(
        f"{'baseline':13} {report['baseline']['accuracy']:6.1%}  (always the {report['baseline']['name']})"
    )
    if "log_mel_mean" in report:
        lines.append(f"{'log-mel mean':13} {report['log_mel_mean']['accuracy']:6.1%}  (logistic regression)")
    if "refused" in report:
        right, wrong = (
            "-" if report["refused"][kind] is None else f"{report['refused'][kind]:.1%}"
            for kind in ("right", "wrong")
        )
        lines.append(f"{'not believed':13} {right} of the right answers, {wrong} of the wrong ones")
    return "\n".join([*lines, *class_lines(report)])
