"""How near a network's captions are to what people said of the same pictures.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, skipped                    pictures described; those that could not be read
    references                        captions of people a picture, on average
    bleu_1, bleu_2, bleu_3, bleu_4    {value, low, high, count}: BLEU up to so many words in a row (Papineni et al. 2002),
                                      a share; of all pictures together, 95 % bootstrap over the pictures, their count
    chrf                              the same of chrF (Popović 2015): mean over the pictures of that of the best reference
    cider                             the same of CIDEr-D (Vedantam et al. 2015), 0 to 10; where pycocoevalcap is installed
    baselines                         [{name, bleu_1, ..., chrf}]: one sentence for all pictures (the training caption that
                                      is nearest to all others), and what was said of the training picture whose features
                                      are nearest; where the data has a part to train on
    different                         how many different captions there are
    seconds, seconds_per_picture      of everything, decoding included; of the network alone
    device

Captions are compared in lower case, without signs such as full stops.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub_models.captioned_pictures import CaptionedPictures, open_captions
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import SPLITS
from hub_models.loader import LOADER
from hub_models.metrics import resampled_figure
from hub_models.predictors.captioner import CaptionerProtocol
from hub_models.predictors.regions import Regions, regions
from hub_models.text import words

TASK = "image-captioning"
DRAWS = 1000  # bootstrap samples
ORDERS = (1, 2, 3, 4)
MOST_NEIGHBOURS = 2000  # training pictures that the nearest one is looked for in
SHOWN = {**{f"bleu_{n}": f"BLEU-{n}" for n in ORDERS}, "chrf": "chrF", "cider": "CIDEr-D"}
Show = Callable[[int, int], None]


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on a folder or zip with captions.json."""
    identity = LOADER.resolve(checkpoint, TASK).id
    parts = open_captions(path)
    split = next(name for name in SPLITS if name in parts)

    def work(predictor: CaptionerProtocol) -> dict:
        train = parts.get("train") if split != "train" else None
        known = None if train is None else neighbours_in(train, regions(LOADER.device))
        return evaluate(
            predictor, parts[split], show, name=Path(path).resolve().name, split=split, known=known
        )

    return LOADER.run(identity, TASK, work, tell)


def plain(caption: str) -> str:
    """A caption as it is compared."""
    return " ".join(
        word.text.lower() for word in words(caption) if any(character.isalnum() for character in word.text)
    )


@dataclass(frozen=True)
class Neighbours:
    """Training pictures: their vectors (N, C) float32 of length 1, and a caption of each; `typical` of all of them."""

    vectors: np.ndarray
    captions: tuple[str, ...]
    typical: str

    def nearest(self, mean: np.ndarray) -> str:
        return self.captions[int((self.vectors @ mean).argmax())]


def neighbours_of(means: np.ndarray, captions: Sequence[Sequence[str]]) -> Neighbours:
    """From the mean features (N, C) of training pictures and what was said of each."""
    vectors = means / np.linalg.norm(means, axis=1, keepdims=True).clip(1e-9)
    everything = [caption for found in captions for caption in found]
    return Neighbours(vectors.astype(np.float32), tuple(map(consensus, captions)), consensus(everything))


def neighbours_in(data: CaptionedPictures, see: Regions) -> Neighbours:
    """The same from pictures, which are read for it; those that cannot be read are left out."""
    means, captions = [], []
    for index in range(min(len(data), MOST_NEIGHBOURS)):
        try:
            means.append(see(data.read(index)).mean(0).cpu().numpy())
        except BadInput:
            continue
        captions.append(data.captions[index])
    return neighbours_of(np.stack(means), captions)


def consensus(captions: Sequence[str]) -> str:
    """The caption that is nearest to all others, by the words and pairs of words that they share."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    if len(captions) == 1:
        return captions[0]
    counts = CountVectorizer(token_pattern=r"\S+", ngram_range=(1, 2))
    vectors = normalize(counts.fit_transform(map(plain, captions)).astype(np.float64))
    return captions[int(np.asarray(vectors @ vectors.mean(0).T).ravel().argmax())]


def evaluate(
    predictor: CaptionerProtocol,
    data: CaptionedPictures,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
    known: Neighbours | None = None,
) -> dict:
    """The report of `predictor` on `data`; `known` are the training pictures of the baselines. BadData `data_unreadable`."""
    began, seconds = time.perf_counter(), 0.0
    said, nearest, references = [], [], []
    for index in range(len(data)):
        try:
            pixels = data.read(index)
        except BadInput:
            continue
        asked = time.perf_counter()
        said.append(plain(predictor.predict(pixels).caption))
        seconds += time.perf_counter() - asked
        if known is not None:
            nearest.append(plain(known.nearest(regions(predictor.device)(pixels).mean(0).cpu().numpy())))
        references.append([plain(caption) for caption in data.captions[index]])
        if show:
            show(index + 1, len(data))
    if not said:
        raise BadData("data_unreadable", f"Expected pictures, but none of {len(data)} could be read.")
    baselines = []
    if known is not None:
        always = [plain(known.typical)] * len(said)
        for title, captions in (
            ("always the same caption", always),
            ("caption of the nearest picture", nearest),
        ):
            found = figures(captions, references)
            baselines.append({"name": title} | {key: figure["value"] for key, figure in found.items()})
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": len(said),
        "skipped": len(data) - len(said),
        "references": round(sum(map(len, references)) / len(references), 3),
        **figures(said, references),
        "baselines": baselines,
        "different": len(set(said)),
        "seconds": round(time.perf_counter() - began, 3),
        "seconds_per_picture": round(seconds / len(said), 4),
        "device": predictor.device,
    }  # fmt: skip


def figures(said: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, dict]:
    """BLEU of every order, chrF and, where its package is here, CIDEr-D, with their intervals."""
    from sacrebleu.metrics import CHRF

    drawn = np.random.default_rng(0).integers(0, len(said), (DRAWS, len(said)))
    counts = bleu_counts(said, references)
    found = {}
    for order in ORDERS:
        samples = np.array([bleu(total, order) for total in counts[drawn].sum(1)])
        found[f"bleu_{order}"] = resampled_figure(bleu(counts.sum(0), order), samples, len(said))
    chrf = CHRF()
    single = {"chrf": [chrf.sentence_score(h, r).score / 100 for h, r in zip(said, references, strict=True)]}
    if (cider := cider_scores(said, references)) is not None:
        single["cider"] = cider
    for key, values in single.items():
        scores = np.asarray(values)
        found[key] = resampled_figure(scores.mean(), scores[drawn].mean(1), len(said))
    return found


def bleu_counts(said: Sequence[str], references: Sequence[Sequence[str]]) -> np.ndarray:
    """(N, 10) int64 of each caption: words in a row that are right, that there are (1 to 4), its length, the reference's."""
    from sacrebleu.metrics import BLEU

    metric = BLEU(tokenize="none", effective_order=True)
    rows = []
    for caption, told in zip(said, references, strict=True):
        score = metric.sentence_score(caption, told)
        rows.append([*score.counts, *score.totals, score.sys_len, score.ref_len])
    return np.array(rows, np.int64)


def bleu(counts: np.ndarray, order: int) -> float:
    """BLEU up to `order` words, a share, from the sum of `bleu_counts`."""
    from sacrebleu.metrics import BLEU

    correct, total = counts[:order].tolist(), counts[4 : 4 + order].tolist()
    lengths = {"sys_len": int(counts[8]), "ref_len": int(counts[9])}
    return BLEU.compute_bleu(correct, total, **lengths, max_ngram_order=order).score / 100


def cider_scores(said: Sequence[str], references: Sequence[Sequence[str]]) -> np.ndarray | None:
    """CIDEr-D of each caption; None where the package pycocoevalcap is not installed."""
    try:
        from pycocoevalcap.cider.cider import Cider
    except ModuleNotFoundError:
        return None
    truth = {number: list(told) for number, told in enumerate(references)}
    return Cider().compute_score(truth, {number: [caption] for number, caption in enumerate(said)})[1]


def text(report: dict) -> str:
    """The report for people."""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} pictures with "
        f"{report['references']:g} captions each, {report['skipped']:,} left out; {report['different']:,} different "
        "captions"
    ]
    for key, name in SHOWN.items():
        if key not in report:
            continue
        f, share = report[key], key != "cider"
        value, low, high = (f"{x:.1%}" if share else f"{x:.3f}" for x in (f["value"], f["low"], f["high"]))
        lines.append(f"{name:9}{value} (95 % interval {low} to {high})")
    if "cider" not in report:
        lines.append("CIDEr-D is measured too where it is installed: pip install pycocoevalcap (104 MB)")
    for base in report["baselines"]:
        told = ", ".join(f"{SHOWN[key]} {base[key]:.3f}" for key in SHOWN if key in base)
        lines.append(f"{base['name']}: {told}")
    lines.append(f"{report['seconds_per_picture'] * 1000:.0f} ms a picture on {report['device']}")
    return "\n".join(lines)
