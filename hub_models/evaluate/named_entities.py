"""A tagger on sentences with tags: precision, recall and F of whole entities, as the package seqeval counts them.

An entity counts when its first word, its last word and its kind are right. The report, as JSON (a public interface;
docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, sentences, documents       entities that are there, in so many sentences of so many documents
    precision, recall, f1             {value, low, high, count} of all kinds together; 95 % interval: documents drawn anew
    accuracy                          {value, low, high, count} of the words' tags
    per_class                         [{label, count, recall, precision, f1}] of every kind; null where nothing was counted
    baseline                          {name, f1} of giving every word the tag that it has most often, where the data has a
                                      part to train on
    seconds, device                   of everything
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hub_models.class_figures import class_lines
from hub_models.class_names import indices_of
from hub_models.errors import BadData
from hub_models.evaluate import measured
from hub_models.metrics import number, resampled_figure
from hub_models.tagged_texts import TaggedTexts, open_tagged
from hub_models.tokens import OUTSIDE, Span, spans_of, tags_of

TASK = "named-entities"
AT_ONCE = 256  # sentences between two words about the progress
DRAWN = 1000  # times that the documents are drawn anew
BASELINE = "commonest tag of each word"
Show = Callable[[int, int], None]
Tags = Sequence[tuple[str, ...]]  # of each sentence


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on CoNLL files, a folder or zip of them."""
    return measured(TASK, checkpoint, path, open_tagged, evaluate, show, tell)


def evaluate(
    predictor,
    data: TaggedTexts,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
    train: TaggedTexts | None = None,
) -> dict:
    """The report of `predictor` on `data`. BadData: `classes_unknown`, `data_missing`."""
    began = time.perf_counter()
    truth = in_words_of(predictor.names, data)
    said: list[tuple[str, ...]] = []
    for start in range(0, len(data), AT_ONCE):
        said += predictor.tag(data.sentences[start : start + AT_ONCE])
        if show is not None:
            show(min(start + AT_ONCE, len(data)), len(data))
    counts = counts_by_document(truth, said, data.documents)
    total = counts.sum(0)
    if not total[1]:
        raise BadData("data_missing", "Expected entities to measure on, got none.")
    report = {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": int(total[1]),
        "sentences": len(data),
        "documents": len(counts),
        **figures(counts),
        "per_class": by_kind(truth, said),
    }
    if train is not None:
        baseline = counts_by_document(truth, commonest_tags(train, data, predictor.names), data.documents)
        report["baseline"] = {"name": BASELINE, "f1": round(float(scores(baseline.sum(0))[2]), 6)}
    return report | {"seconds": round(time.perf_counter() - began, 3), "device": predictor.device}


def in_words_of(tags: Sequence[str], data: TaggedTexts) -> Tags:
    """The tags of `data`, with its kinds called as the checkpoint calls them. BadData `classes_unknown`."""
    known = tuple(dict.fromkeys(tag[2:] for tag in tags if tag != OUTSIDE))
    occurring = {span.kind for spans in data.spans() for span in spans}
    names = {i: kind for i, kind in enumerate(data.class_names) if kind in occurring}
    index_of = indices_of(names, known, "kinds of entities")
    called = {names[i]: known[place] for i, place in index_of.items()}
    return [
        tags_of([Span(called[kind], first, last) for kind, first, last in spans_of(marks)], len(marks))
        for marks in data.tags
    ]


def counts_by_document(truth: Tags, said: Tags, documents: np.ndarray) -> np.ndarray:
    """(documents, 5) int64: entities found rightly, there, said; words tagged rightly, words."""
    found: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(5, np.int64))
    for wanted, given, document in zip(truth, said, documents.tolist(), strict=True):
        there, told = set(spans_of(wanted)), set(spans_of(given))
        right = sum(a == b for a, b in zip(wanted, given, strict=True))
        found[document] += (len(there & told), len(there), len(told), right, len(wanted))
    return np.stack(list(found.values()))


def scores(counts: np.ndarray) -> np.ndarray:
    """(..., 5) as `counts_by_document` -> precision, recall, F, accuracy (4, ...); NaN where nothing was counted."""
    right, there, told, words_right, words = np.moveaxis(counts.astype(np.float64), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = 2 * right / (there + told)
        return np.stack([right / told, right / there, f1, words_right / words])


def figures(counts: np.ndarray) -> dict[str, dict]:
    """Each figure with what it was when the documents were drawn anew, since entities of one document are alike."""
    random = np.random.default_rng(0)
    drawn = np.stack([counts[random.integers(0, len(counts), len(counts))].sum(0) for _ in range(DRAWN)])
    total, again = scores(counts.sum(0)), scores(drawn)
    names = ("precision", "recall", "f1", "accuracy")
    samples = (counts[:, 2].sum(), counts[:, 1].sum(), counts[:, 1].sum(), counts[:, 4].sum())
    return {
        name: resampled_figure(np.nan_to_num(value), np.nan_to_num(values), int(count))
        for name, value, values, count in zip(names, total, again, samples, strict=True)
    }


def by_kind(truth: Tags, said: Tags) -> list[dict]:
    """Of every kind that is there or was said."""
    right, there, told = Counter(), Counter(), Counter()
    for wanted, given in zip(truth, said, strict=True):
        a, b = set(spans_of(wanted)), set(spans_of(given))
        for counter, spans in ((right, a & b), (there, a), (told, b)):
            counter.update(span.kind for span in spans)
    rows = []
    for kind in sorted(there | told):
        precision, recall, f1, _ = scores(np.array([right[kind], there[kind], told[kind], 0, 0]))
        rows.append({
            "label": kind, "count": there[kind], "recall": number(recall), "precision": number(precision),
            "f1": number(f1),
        })  # fmt: skip
    return rows


def commonest_tags(train: TaggedTexts, data: TaggedTexts, tags: Sequence[str]) -> list[tuple[str, ...]]:
    """Every word of `data` with the tag that it has most often in `train`; a new word is outside."""
    counted: dict[str, Counter] = defaultdict(Counter)
    for words, marks in zip(train.sentences, in_words_of(tags, train), strict=True):
        for word, tag in zip(words, marks, strict=True):
            counted[word][tag] += 1
    best = {word: counter.most_common(1)[0][0] for word, counter in counted.items()}
    return [tuple(best.get(word, OUTSIDE) for word in words) for words in data.sentences]


def text(report: dict) -> str:
    """The report for people: the figures, then a row a kind."""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} entities in "
        f"{report['sentences']:,} sentences of {report['documents']:,} documents, {report['seconds']:.1f} s on "
        f"{report['device']}"
    ]
    for key, word in (
        ("f1", "F"),
        ("precision", "precision"),
        ("recall", "recall"),
        ("accuracy", "tags right"),
    ):
        f = report[key]
        lines.append(f"{word:10} {f['value']:6.1%}  (95 % interval {f['low']:.1%} to {f['high']:.1%})")
    if "baseline" in report:
        lines.append(
            f"{'baseline':10} {report['baseline']['f1']:6.1%}  (F of the {report['baseline']['name']})"
        )
    return "\n".join([*lines, *class_lines(report)])
