"""Answers to questions about pictures: accuracy by kind of question, beside what is known without looking or listening.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    count, pictures, skipped          questions answered, pictures they are about; rows without a usable question
    outside                           questions whose answer is not one of the network's: it cannot get them right
    accuracy                          {value, low, high, count}, 95 % Wilson interval
    by_type                           [{type, count, accuracy, baselines}] of each kind of question
    baselines                         [{name, value, low, high, count}]: always the most frequent answer; the most frequent
                                      of that kind of question; and, where the data has a part to train on, logistic
                                      regression on the question alone and on the picture alone
    without_picture, without_question the network itself, its vector of the one taken away; the same four numbers
    per_class, confusion              of the answers, as in other tasks
    seconds, device                   of everything

Without a part to train on, the frequent answers are counted in the measured questions themselves.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from hub_models.asked_pictures import AskedPictures, open_questions
from hub_models.class_figures import by_class, class_lines, figure
from hub_models.errors import BadData
from hub_models.evaluate import measured

TASK = "visual-question-answering"
YES_NO = re.compile(r"(is|are|was|were|do|does|did|can|could|has|have|will|would)\b")
COLOUR = re.compile(r"\bcolou?rs?\b")
WORDS = ("how many", "what", "which", "who", "whose", "where", "when", "why", "how")
MOST_FITTED = 10_000  # training questions from which a baseline learns
NEAR_ENOUGH = 1e-3  # a fit of a baseline ends when its gradient is below: later digits change no answer
MOST_STEPS = 1000  # of such a fit
TINY = 8  # pixels of a side: what the baseline on pictures sees
Show = Callable[[int, int], None]
Ask = Callable[[np.ndarray, Sequence[str]], dict[str, list[str]]]


def question_type(question: str) -> str:
    """ "yes or no", "what colour", "how many", or the word that asks."""
    lower = question.lower().strip()
    if YES_NO.match(lower):
        return "yes or no"
    if lower.startswith(("what", "which")) and COLOUR.search(lower):
        return "what colour"
    return next((word for word in WORDS if lower.startswith(word)), "other")


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on a folder or zip with questions.json."""
    return measured(TASK, checkpoint, path, open_questions, evaluate, show, tell)


def evaluate(
    predictor,
    data: AskedPictures,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
    train: AskedPictures | None = None,
) -> dict:
    """The report of `predictor` on `data`. BadData `data_missing`; BadInput for a picture that cannot be read."""
    began = time.perf_counter()
    if not len(data):
        raise BadData("data_missing", "Expected questions to measure on, got none.")
    said = asked(predictor, data, show)
    truth = np.array([data.class_names[i] if i >= 0 else "" for i in data.labels])
    types = np.array([question_type(question) for question in data.questions])
    guesses = baselines(train, data, types)
    right = said["network"] == truth
    known = np.array([not predictor.names or answer in predictor.names for answer in truth])
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "count": len(data),
        "pictures": len(np.unique(data.pictures)),
        "skipped": data.skipped,
        "outside": int((~known).sum()),
        "accuracy": figure(right),
        "by_type": [of_type(kind, types, right, guesses, truth) for kind in sorted(set(types))],
        "baselines": [{"name": n} | figure(guess == truth) for n, guess in guesses.items()],
        "without_picture": figure(said["without picture"] == truth),
        "without_question": figure(said["without question"] == truth),
        **of_answers(truth, said["network"]),
        "seconds": round(time.perf_counter() - began, 3),
        "device": predictor.device,
    }


def asked(predictor, data: AskedPictures, show: Show | None) -> dict[str, np.ndarray]:
    """(N,) answers of the network, and without its picture or its question."""
    ways = {"network": (1.0, 1.0), "without picture": (0.0, 1.0), "without question": (1.0, 0.0)}
    said = {way: np.full(len(data), "", object) for way in ways}
    done = 0
    for index, places in enumerate(data.by_picture()):
        if not len(places):
            continue
        seen = predictor.look(data.read(index))
        questions = [data.questions[i] for i in places]
        for way, (see, hear) in ways.items():
            said[way][places] = predictor.answers(seen, questions, see, hear)
        done += len(places)
        if show is not None:
            show(done, len(data))
    return said


def of_type(
    kind: str, types: np.ndarray, right: np.ndarray, guesses: dict[str, np.ndarray], truth: np.ndarray
) -> dict:
    chosen = types == kind
    beside = {name: round(float((guess == truth)[chosen].mean()), 6) for name, guess in guesses.items()}
    return {
        "type": kind,
        "count": int(chosen.sum()),
        "accuracy": figure(right[chosen]),
        "baselines": beside,
    }


def of_answers(truth: np.ndarray, said: np.ndarray) -> dict:
    """`per_class` and `confusion` over the answers that occur."""
    names = sorted({*truth, *said} - {""})
    number = {name: i for i, name in enumerate(names)}
    known = truth != ""
    index = [np.array([number[answer] for answer in some[known]], np.int64) for some in (truth, said)]
    return by_class(*index, names)


def baselines(train: AskedPictures | None, data: AskedPictures, types: np.ndarray) -> dict[str, np.ndarray]:
    """(N,) answers to `data` by systems that do not look, do not listen, or do neither."""
    source = data if train is None else train
    answers = np.array([source.class_names[i] for i in source.labels])
    answers_of = Counter(answers.tolist())
    commonest = answers_of.most_common(1)[0][0]
    found = {"most frequent answer": np.full(len(data), commonest, object)}
    kinds = types if train is None else np.array([question_type(question) for question in train.questions])
    by_kind = {kind: Counter(answers[kinds == kind].tolist()).most_common(1)[0][0] for kind in set(kinds)}
    found["most frequent of its type"] = np.array([by_kind.get(kind, commonest) for kind in types], object)
    if train is not None and len(answers_of) > 1:
        some = np.sort(np.random.default_rng(0).permutation(len(train))[:MOST_FITTED])
        found["question only"] = question_only(train.subset(some), data)
        found["picture only"] = picture_only(train.subset(some), data)
    return found


def question_only(train: AskedPictures, data: AskedPictures) -> np.ndarray:
    """Answers of logistic regression on the words of a question and the pairs of neighbours, without the picture."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    words = CountVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), binary=True)
    given = words.fit_transform(train.questions)
    fitted = LogisticRegression(max_iter=MOST_STEPS, tol=NEAR_ENOUGH).fit(given, train.labels)
    return named(train, fitted.predict(words.transform(data.questions)))


def picture_only(train: AskedPictures, data: AskedPictures) -> np.ndarray:
    """Answers of logistic regression on 8 x 8 pixels of the picture, without the question."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(max_iter=MOST_STEPS, tol=NEAR_ENOUGH).fit(
        tiny(train)[train.pictures], train.labels
    )
    return named(train, fitted.predict(tiny(data)[data.pictures]))


def named(data: AskedPictures, labels: np.ndarray) -> np.ndarray:
    return np.array([data.class_names[i] for i in labels], object)


def tiny(data: AskedPictures) -> np.ndarray:
    """The pictures at 8 x 8 pixels, (N, 192) float32 around 0; all 0 for one without questions."""
    out = np.zeros((len(data.names), TINY * TINY * 3), np.float32)
    for index in np.unique(data.pictures):
        small = Image.fromarray(data.read(int(index))).resize((TINY, TINY), Image.Resampling.BOX)
        out[index] = np.asarray(small, np.float32).ravel() / 127.5 - 1
    return out


def text(report: dict) -> str:
    """The report for people: the figures, then a row a kind of question, then a row an answer."""
    skipped = f", {report['skipped']} rows left out" if report["skipped"] else ""
    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}): {report['count']:,} questions about "
        f"{report['pictures']:,} pictures{skipped}, {report['seconds']:.1f} s on {report['device']}"
    ]
    if report["outside"]:
        lines.append(f"{report['outside']:,} questions have an answer that the network does not know")
    shown = [
        ("accuracy", report["accuracy"]),
        *((row["name"], row) for row in report["baselines"]),
        ("network without picture", report["without_picture"]),
        ("network without question", report["without_question"]),
    ]
    lines += [
        f"{name:26} {f['value']:6.1%}  (95 % interval {f['low']:.1%} to {f['high']:.1%})" for name, f in shown
    ]
    names = [row["name"] for row in report["baselines"]]
    lines.append("\n" + "  ".join([f"{'kind of question':16}", " count", "accuracy", *names]))
    for row in report["by_type"]:
        beside = "  ".join(f"{row['baselines'][name]:{len(name)}.1%}" for name in names)
        lines.append(f"{row['type']:16}  {row['count']:6}  {row['accuracy']['value']:8.1%}  {beside}")
    return "\n".join([*lines, *class_lines(report)])
