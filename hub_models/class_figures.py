"""What the evaluations share whose answer is one class a sample: accuracy, per class, what is taken for what."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from hub_models.class_names import MOST_LISTED
from hub_models.metrics import number, proportion


def figure(right: np.ndarray) -> dict:
    """(N,) bool -> the share of True with its interval."""
    value, low, high = proportion(int(right.sum()), len(right))
    return {"value": round(value, 6), "low": round(low, 6), "high": round(high, 6), "count": len(right)}


def by_class(truth: np.ndarray, answer: np.ndarray, names: Sequence[str]) -> dict:
    """`per_class` and `confusion` from (N,) true and (N,) answered classes."""
    occurring = np.union1d(truth, answer)
    precision, recall, f1, count = precision_recall_fscore_support(
        truth, answer, labels=occurring, zero_division=np.nan
    )
    rows = [
        {"label": names[c], "count": int(n), "recall": number(r), "precision": number(p), "f1": number(f)}
        for c, n, r, p, f in zip(occurring, count, recall, precision, f1, strict=True)
    ]
    # one class more, which nothing belongs to: scikit-learn doubts a matrix of a single class with a warning
    confusion = confusion_matrix(truth, answer, labels=[*occurring, -1])[:-1, :-1]
    return {"per_class": rows, "confusion": confusion.tolist()}


def class_lines(report: dict) -> list[str]:
    """The rows of `per_class` for people, below a heading."""
    rows = [row for row in report["per_class"] if row["count"]][:MOST_LISTED]
    width = max(len(row["label"]) for row in rows)
    lines = [f"\n{'class':{width}}  count  recall  precision      f1"]
    for row in rows:
        precision, f1 = ("-" if row[k] is None else f"{row[k]:.1%}" for k in ("precision", "f1"))
        lines.append(
            f"{row['label']:{width}}  {row['count']:5}  {row['recall']:6.1%}  {precision:>9}  {f1:>6}"
        )
    return lines
