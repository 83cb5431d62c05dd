"""A classifier of texts on labelled texts: accuracy with its interval, per class, and what is taken for what.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, skipped                    texts answered; rows without a usable text or class
    accuracy                          {value, low, high, count}, 95 % Wilson interval
    per_class                         [{label, count, recall, precision, f1}] of the classes that occur in the data
                                      or in an answer; null where nothing was counted
    confusion                         [[texts]]: a row a true class, a column an answer, both as per_class lists them
    baseline                          {name, accuracy} of always answering the most frequent class
    bag_of_words                      {name, accuracy} of logistic regression on which words occur, where the data has a
                                      part to train on
    seconds, device                   of everything
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hub_models.class_figures import by_class, class_lines, figure
from hub_models.class_names import indices_of
from hub_models.errors import BadData
from hub_models.evaluate import measured
from hub_models.labelled_texts import LabelledTexts, open_texts

TASK = "sentiment"
AT_ONCE = 256  # texts between two words about the progress
Show = Callable[[int, int], None]


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on a tsv, a csv, a folder or zip of them."""
    return measured(TASK, checkpoint, path, open_texts, evaluate, show, tell)


def evaluate(
    predictor,
    data: LabelledTexts,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
    train: LabelledTexts | None = None,
) -> dict:
    """The report of `predictor` on `data`. BadData: `classes_unknown`, `data_missing`."""
    began = time.perf_counter()
    if not len(data):
        raise BadData("data_missing", "Expected texts to measure on, got none.")
    index_of = indices_of(
        {int(label): data.class_names[label] for label in np.unique(data.labels)}, predictor.names, "classes"
    )
    truth = np.array([index_of[int(label)] for label in data.labels])
    answers = []
    for start in range(0, len(data), AT_ONCE):
        answers.append(predictor.predict_many(data.texts[start : start + AT_ONCE]).argmax(1))
        if show is not None:
            show(min(start + AT_ONCE, len(data)), len(data))
    answer = np.concatenate(answers)
    majority = float(np.bincount(truth).max()) / len(truth)
    report = {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": len(data),
        "skipped": data.skipped,
        "accuracy": figure(answer == truth),
        **by_class(truth, answer, predictor.names),
        "baseline": {"name": "majority class", "accuracy": round(majority, 6)},
    }
    if train is not None and len(np.unique(train.labels)) > 1:
        report["bag_of_words"] = {"name": "bag of words", "accuracy": round(bag_of_words(train, data), 6)}
    return report | {"seconds": round(time.perf_counter() - began, 3), "device": predictor.device}


def bag_of_words(train: LabelledTexts, data: LabelledTexts) -> float:
    """Accuracy on `data` of logistic regression that only sees which words of `train` a text holds, in no order."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    words = CountVectorizer(token_pattern=r"\S+", binary=True)
    regression = LogisticRegression(max_iter=1000).fit(words.fit_transform(train.texts), train.labels)
    said = np.array([train.class_names[i] for i in regression.predict(words.transform(data.texts))])
    return float((said == np.array([data.class_names[i] for i in data.labels])).mean())


def text(report: dict) -> str:
    """The report for people: the figures, then a row a class."""
    skipped = f", {report['skipped']} rows left out" if report["skipped"] else ""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} texts{skipped}, "
        f"{report['seconds']:.1f} s on {report['device']}"
    ]
    f = report["accuracy"]
    lines.append(f"{'accuracy':13} {f['value']:6.1%}  (95 % interval {f['low']:.1%} to {f['high']:.1%})")
    lines.append(
        f"{'baseline':13} {report['baseline']['accuracy']:6.1%}  (always the {report['baseline']['name']})"
    )
    if "bag_of_words" in report:
        lines.append(f"{'bag of words':13} {report['bag_of_words']['accuracy']:6.1%}  (logistic regression)")
    return "\n".join([*lines, *class_lines(report)])
