"""A translator on pairs of sentences: BLEU and chrF, in all and by the length of the sentence, beside the simplest systems.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, skipped                    pairs; those of which a side is empty or too long
    bleu, chrf                        {value, low, high, count}: shares (30 BLEU is 0.30), as sacreBLEU computes them; 95 %
                                      bootstrap over the sentences
    signature                         sacreBLEU's, of BLEU
    by_length                         [{words, bleu}]: of the sentences with so many words ("up to 8")
    baselines                         [{name, bleu, chrf}]: the source copied; where there is training data, word for word
    seconds, seconds_per_sentence     of everything; of the network
    device

A file or folder of pairs: hub_models/paired_texts.py says how they lie.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadData
from hub_models.evaluate import measured
from hub_models.metrics import resampled_figure
from hub_models.paired_texts import PairedTexts, open_pairs
from hub_models.word_for_word import NAME, learn_dictionary

TASK = "translation"
DRAWS = 1000
AT_ONCE = 256  # sentences between two words of progress
GROUPS = (8, 12, 16, 20)  # words of the source, at most; then all that are longer
LEAST = 10  # sentences in a group that is worth a figure
COPY = "the source copied"
Show = Callable[[int, int], None]


class Translates(Protocol):
    """What every translator offers, of whatever library."""

    checkpoint: Checkpoint
    device: str

    def predict_many(self, texts: Sequence[str]) -> list[str]:
        """A translation for each text."""


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on the pairs at `path`."""
    return measured(TASK, checkpoint, path, open_pairs, evaluate, show, tell)


def evaluate(
    predictor: Translates,
    data: PairedTexts,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
    train: PairedTexts | None = None,
) -> dict:
    """The report of `predictor` on `data`; the baseline's dictionary is learned from `train`. BadData `data_missing`."""
    from sacrebleu.metrics import BLEU

    began = time.perf_counter()
    if not len(data):
        raise BadData("data_missing", "Expected pairs of sentences to measure on, got none.")
    written: list[str] = []
    for first in range(0, len(data), AT_ONCE):
        written += predictor.predict_many(data.sources[first : first + AT_ONCE])
        if show is not None:
            show(len(written), len(data))
    seconds = time.perf_counter() - began
    metric = BLEU()
    bleu = metric.corpus_score(written, [list(data.targets)]).score
    counted = bleu_counts(written, data.targets)
    drawn = np.random.default_rng(0).integers(0, len(data), (DRAWS, len(data)))
    baselines = [baseline(COPY, data.sources, data.targets)]
    if train is not None:
        dictionary = learn_dictionary(train.sources, train.targets)
        said = [dictionary.translate(text) for text in data.sources]
        baselines.insert(0, baseline(NAME, said, data.targets))
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": len(data),
        "skipped": data.skipped,
        "bleu": resampled_figure(bleu / 100, bleu_of(counted[drawn].sum(1)), len(data)),
        "chrf": chrf_figure(written, data.targets),
        "signature": metric.get_signature().format(),
        "by_length": by_length(counted, data),
        "baselines": baselines,
        "seconds": round(time.perf_counter() - began, 3),
        "seconds_per_sentence": round(seconds / len(data), 4),
        "device": predictor.device,
    }


def bleu_counts(written: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
    """(N, 10): what BLEU counts in each sentence: pieces that are right and all, of 1 to 4 words; the two lengths.

    BLEU of many sentences is made of the sums.
    """
    from sacrebleu.metrics import BLEU

    metric = BLEU(effective_order=True)  # what it counts is the same; without it, the package warns
    found = [metric.sentence_score(a, [b]) for a, b in zip(written, wanted, strict=True)]
    return np.array([[*one.counts, *one.totals, one.sys_len, one.ref_len] for one in found], np.int64)


def bleu_of(sums: np.ndarray) -> np.ndarray:
    """Sums (..., 10) -> BLEU (...,), from 0 to 1."""
    from sacrebleu.metrics import BLEU

    rows = [
        BLEU.compute_bleu(row[:4], row[4:8], row[8], row[9], smooth_method="exp").score / 100
        for row in sums.reshape(-1, 10).tolist()
    ]
    return np.array(rows).reshape(sums.shape[:-1])


def chrf_figure(written: Sequence[str], wanted: Sequence[str]) -> dict:
    """chrF with the package's own bootstrap."""
    import json

    from sacrebleu.metrics import CHRF

    metric = CHRF()
    score = metric.corpus_score(written, [list(wanted)], n_bootstrap=DRAWS)
    told = json.loads(score.format(signature=metric.get_signature().format(), is_json=True))
    # without any spread the package tells no interval
    middle, half = told.get("confidence_mean", score.score) / 100, told.get("confidence_var", 0.0) / 100
    return {
        "value": round(score.score / 100, 6),
        "low": round(max(0.0, middle - half), 6),
        "high": round(min(1.0, middle + half), 6),
        "count": len(written),
    }


def baseline(name: str, said: Sequence[str], wanted: Sequence[str]) -> dict:
    from sacrebleu.metrics import BLEU, CHRF

    bleu, chrf = (m.corpus_score(said, [list(wanted)]).score / 100 for m in (BLEU(), CHRF()))
    return {"name": name, "bleu": round(bleu, 6), "chrf": round(chrf, 6)}


def by_length(counted: np.ndarray, data: PairedTexts) -> list[dict]:
    """BLEU of short sentences, longer ones, and so on."""
    lengths = np.array([len(text.split()) for text in data.sources])
    edges = [0, *GROUPS, max(lengths.max(), GROUPS[-1])]
    random = np.random.default_rng(0)
    found = []
    for least, most in itertools.pairwise(edges):
        inside = counted[(lengths > least) & (lengths <= most)]
        if len(inside) < LEAST:
            continue
        words = f"{least + 1} to {most} words" if most <= GROUPS[-1] else f"above {least} words"
        drawn = inside[random.integers(0, len(inside), (DRAWS, len(inside)))].sum(1)
        value = float(bleu_of(inside.sum(0)))
        found.append({"words": words, "bleu": resampled_figure(value, bleu_of(drawn), len(inside))})
    return found


def text(report: dict) -> str:
    """The report for people."""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} sentences, "
        f"{report['seconds']:.1f} s on {report['device']}"
    ]
    rows = [("BLEU", report["bleu"]), ("chrF", report["chrf"])]
    rows += [(f"BLEU, {group['words']}", group["bleu"]) for group in report["by_length"]]
    lines += [
        f"{name:24} {f['value']:6.1%}  (95 % interval {f['low']:.1%} to {f['high']:.1%}, n = {f['count']:,})"
        for name, f in rows
    ]
    lines += [
        f"{one['name']:24} BLEU {one['bleu']:.1%}, chrF {one['chrf']:.1%}" for one in report["baselines"]
    ]
    return "\n".join([*lines, report["signature"]])
