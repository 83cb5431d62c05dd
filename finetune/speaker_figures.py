"""How good a classifier of sounds is with a voice that it never heard: every speaker left out once."""

import math
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from scipy.stats import t as student
from torch import nn

from finetune.card import ClassRow
from finetune.classifier_figures import class_rows
from finetune.finish import Measured
from hub_models.checkpoint import Metric
from hub_models.class_figures import by_class
from hub_models.evaluate.audio_classification import log_mel_mean
from hub_models.labelled_sounds import LabelledSounds
from hub_models.metrics import proportion
from hub_models.predictors.sound_classifier import AT_ONCE, SoundClassifier
from hub_models.predictors.sound_pieces import begins, piece_at
from hub_models.sound import decode_sound

BELIEVED = 0.95  # share of the right answers about unknown speakers that is to be believed
BASELINE = "log-mel mean, logistic regression"
NOISES = 200  # pieces of noise, and as many at most of each other recording
Folds = Mapping[
    str, tuple[LabelledSounds, LabelledSounds, nn.Module]
]  # speaker -> (others, own, network without)


def measure_speakers(predictor, *, folds: Folds, dataset: str, show: Callable[[str], None]) -> Measured:
    """Accuracy on each speaker who was left out, on all of them, and how often what is no digit is refused."""
    metrics, right, truth, answers, top, simple = [], [], [], [], [], []
    for speaker, (others, own, network) in folds.items():
        asked = SoundClassifier(predictor.checkpoint, network, predictor.names, predictor.device)
        asked.network.to(predictor.device)
        shares = asked.predict_many([own.read(i).at(asked.rate) for i in range(len(own))])
        hits = shares.argmax(1) == own.labels
        baseline = log_mel_mean(others, own, asked.rate)
        once = asked_once(asked, own)
        show(
            f"{speaker}: {hits.mean():.1%} of {len(hits):,} (asked once: {once.mean():.1%}), baseline {baseline.mean():.1%}"
        )
        metrics.append(share_metric(hits, dataset, f"speaker {speaker}, left out", baseline.mean()))
        for kept, values in (
            (right, hits), (truth, own.labels), (answers, shares.argmax(1)), (top, shares.max(1)), (simple, baseline),
        ):  # fmt: skip
            kept.append(values)
    hits, tops = np.concatenate(right), np.concatenate(top)
    whole = of_speakers(right, dataset, float(np.concatenate(simple).mean()))
    sure = round(float(np.quantile(tops[hits], 1 - BELIEVED)), 3)
    doubted = tops < sure
    metrics = [
        whole,
        *metrics,
        share_metric(hits[~doubted], dataset, "speakers left out, answers that are believed", None),
        share_metric(doubted[~hits], dataset, "speakers left out, wrong answers", None, "refused"),
        *no_digits(predictor, sure),
    ]
    rows = rows_of(np.concatenate(truth), np.concatenate(answers), predictor.names)
    return Measured(metrics=tuple(metrics), per_class=rows, arguments={"sure": sure})


def asked_once(predictor: SoundClassifier, data: LabelledSounds) -> np.ndarray:
    """(N,) bool, right or not, without the shifts of the predictor."""
    pieces = [predictor.preprocess(data.read(i).at(predictor.rate)) for i in range(len(data))]
    with torch.inference_mode():
        found = [predictor.network(part).argmax(1).cpu() for part in torch.cat(pieces).split(AT_ONCE)]
    return torch.cat(found).numpy() == data.labels


def share_metric(
    hits: np.ndarray, dataset: str, split: str, baseline: float | None, name: str = "accuracy"
) -> Metric:
    value, low, high = proportion(int(hits.sum()), max(1, len(hits)))
    return Metric(
        dataset=dataset,
        split=split,
        name=name,
        value=round(value, 6),
        count=len(hits),
        low=round(low, 6),
        high=round(high, 6),
        baseline=None if baseline is None else round(float(baseline), 6),
        baseline_name="" if baseline is None else BASELINE,
    )


def of_speakers(right: list[np.ndarray], dataset: str, baseline: float) -> Metric:
    """The share of all recordings, with an interval from how much the speakers differ: they are the sample, not the words.

    Student's t for the mean of so few speakers; cut at 1.
    """
    each = np.array([hits.mean() for hits in right])
    spread = each.std(ddof=1) / math.sqrt(len(each)) * student.ppf(0.975, len(each) - 1)
    hits = np.concatenate(right)
    return Metric(
        dataset=dataset,
        split=f"each of {len(each)} speakers left out, interval over the speakers",
        name="accuracy",
        value=round(float(hits.mean()), 6),
        count=len(hits),
        low=round(max(0.0, float(each.mean() - spread)), 6),
        high=round(min(1.0, float(each.mean() + spread)), 6),
        baseline=round(baseline, 6),
        baseline_name=BASELINE,
    )


def rows_of(truth: np.ndarray, answers: np.ndarray, names: tuple[str, ...]) -> tuple[ClassRow, ...]:
    return class_rows(by_class(truth, answers, names))


def no_digits(predictor: SoundClassifier, sure: float) -> list[Metric]:
    """How many pieces of noise, and of the music and speech that gradio brings along, the kept network does not believe."""
    noise = np.random.default_rng(0).standard_normal((NOISES, predictor.length)).astype(np.float32)
    colours = np.fft.irfft(
        np.fft.rfft(noise) * np.arange(1, predictor.length // 2 + 2) ** -np.linspace(0, 1, NOISES)[:, None]
    ).astype(np.float32)
    colours *= 0.05 / np.sqrt(np.square(colours).mean(1, keepdims=True))
    found = {"noise, white to brown": list(colours)}
    folder = Path(find_spec("gradio").origin).parent / "media_assets" / "audio"
    pieces = []
    for path in sorted(folder.glob("*")):
        if path.suffix not in (".wav", ".mp3"):
            continue
        samples = decode_sound(path).at(predictor.rate)
        places = begins(len(samples), predictor.length, predictor.length // 2)[:NOISES]
        pieces += [piece_at(samples, begin, predictor.length) for begin in places]
    found["music and sentences, gradio/media_assets"] = pieces
    return [
        share_metric(predictor.of_pieces(sounds).max(1) < sure, name, "pieces of a second", None, "refused")
        for name, sounds in found.items()
    ]
