"""Evaluation: figures that can be counted by hand, names that fit or are refused, data in every layout."""

import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import hub_models
from hub_models import evaluate as evaluation
from hub_models.checkpoint import Checkpoint
from hub_models.dataset import FromArray, LabelledPictures, open_splits
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import image_classification as pictures
from hub_models.loader import LOADER
from hub_models.metrics import proportion
from hub_models.predictors.classifier import Classifier
from hub_models.preprocess import InputSpec

KEYS = {
    "task", "checkpoint", "data", "split", "count", "skipped", "accuracy", "per_class", "confusion", "baseline",
    "seconds", "device",
}  # fmt: skip
STEP = 20  # grey levels between two classes
CHECKPOINT = Checkpoint(
    id="grey.steps",
    task="image-classification",
    title="Grey",
    architecture="Grey",
    year=2026,
    library="ours",
    source="hub:nobody/grey",
    model="grey",
    sentence="Tells how bright a picture is.",
    paper="none",
    weights_licence="MIT",
    data_licence="MIT",
    trained_on="nothing",
    parameters=0,
    megabytes=0,
)


class Grey(nn.Module):
    """(B, 1, h, w) -> logits (B, classes): class k is most probable at grey level STEP * k."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.levels = torch.arange(classes) * STEP

    def forward(self, x: Tensor) -> Tensor:
        return -((255 * x.mean((1, 2, 3))[:, None] - self.levels) ** 2) / 1000


def grey(names: tuple[str, ...]) -> Classifier:
    spec = InputSpec(size_hw=(4, 4), mean=(0.0,), std=(1.0,), colour="grey", interpolation="nearest")
    return Classifier(CHECKPOINT, Grey(len(names)), spec, names, "cpu")


def shades(seen: list[int], labels: list[int], class_names: tuple[str, ...]) -> LabelledPictures:
    """Pictures that look like the classes `seen` and are labelled `labels`."""
    images = np.repeat(np.array(seen, np.uint8) * STEP, 36).reshape(-1, 6, 6)
    names = tuple(str(i) for i in range(len(seen)))
    return LabelledPictures(
        class_names=class_names, labels=np.array(labels), names=names, read=FromArray(images)
    )


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Wilson (1927), with z = 1.959964 for 95 %."""
    z, p = 1.959964, successes / count
    middle = p + z**2 / (2 * count)
    half = z * math.sqrt(p * (1 - p) / count + z**2 / (4 * count**2))
    return (middle - half) / (1 + z**2 / count), (middle + half) / (1 + z**2 / count)


@pytest.mark.parametrize(("successes", "count"), [(0, 10), (8, 10), (10, 10), (9123, 10000), (1, 1)])
def test_proportion(successes: int, count: int) -> None:
    value, low, high = proportion(successes, count)
    assert value == successes / count
    assert (low, high) == pytest.approx(wilson(successes, count), abs=1e-6)
    assert 0 <= low <= value <= high <= 1


def test_figures() -> None:
    """Three cats, one of them taken for a dog; one dog; one bird taken for a cat. Nothing was taken for a bird."""
    data = shades([0, 0, 1, 1, 0], [0, 0, 0, 1, 2], ("cat", "dog", "bird"))
    report = pictures.evaluate(grey(("cat", "dog", "bird")), data, name="pets", split="test")
    assert set(report) == KEYS
    assert (report["task"], report["checkpoint"]) == ("image-classification", "grey.steps")
    assert (report["data"], report["split"], report["device"]) == ("pets", "test", "cpu")
    assert (report["count"], report["skipped"]) == (5, 0)
    low, high = wilson(3, 5)
    assert report["accuracy"] == {"value": 0.6, "low": round(low, 6), "high": round(high, 6), "count": 5}
    assert report["confusion"] == [[2, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert report["per_class"] == [
        {"label": "cat", "count": 3, "recall": 0.666667, "precision": 0.666667, "f1": 0.666667},
        {"label": "dog", "count": 1, "recall": 1.0, "precision": 0.5, "f1": 0.666667},
        {"label": "bird", "count": 1, "recall": 0.0, "precision": None, "f1": 0.0},
    ]
    assert report["baseline"] == {"name": "majority class", "accuracy": 0.6}
    json.dumps(report, allow_nan=False)
    shown = evaluation.text(report)
    assert "60.0%" in shown
    assert "23.1% to 88.2%" in shown
    assert "bird" in shown


def test_top5_with_more_than_five_classes() -> None:
    names = tuple("abcdefgh")
    data = shades(
        [0, 0, 0, 4], [0, 4, 7, 4], names
    )  # 0, 1, 2, 3, 4 are the nearest to 0; 7 is not among them
    report = pictures.evaluate(grey(names), data)
    assert report["accuracy"]["value"] == 0.5
    assert report["top5"]["value"] == 0.75
    assert "top5" not in pictures.evaluate(grey(("0", "1", "2", "3", "4")), shades([0], [0], ("0",)))


def test_a_class_that_is_answered_but_does_not_occur() -> None:
    report = pictures.evaluate(grey(("cat", "dog", "bird")), shades([0, 2], [0, 0], ("cat",)))
    assert report["confusion"] == [[1, 1], [0, 0]]
    assert report["per_class"][1] == {
        "label": "bird",
        "count": 0,
        "recall": None,
        "precision": 0.0,
        "f1": 0.0,
    }


@pytest.mark.parametrize(
    ("data_names", "known", "expected"),
    [
        (("cat", "dog"), ("cat", "dog"), {0: 0, 1: 1}),
        (("dog", "cat"), ("cat", "dog"), {0: 1, 1: 0}),
        (("Golden_Retriever", "CAT"), ("cat", "golden retriever", "dog"), {0: 1, 1: 0}),
        (("0", "1"), ("cat", "dog", "bird"), {0: 0, 1: 1}),
        (("7", "3"), tuple("0123456789"), {0: 7, 1: 3}),
        (("9", "8"), tuple("9876543210"), {0: 0, 1: 1}),  # names that are numbers are names first
        (("0", "3"), ("cat", "dog", "bird"), "3"),
        (("cat", "horse"), ("cat", "dog"), "horse"),
        (("cat", "1"), ("cat", "dog"), "know 1."),
        (("crane",), ("crane", "dog", "Crane"), "know crane."),  # the bird or the machine?
        (("²", "1"), ("cat", "dog", "bird"), "²"),
    ],
)
def test_class_names(data_names: tuple[str, ...], known: tuple[str, ...], expected: dict | str) -> None:
    data = shades(list(range(len(data_names))), list(range(len(data_names))), data_names)
    if isinstance(expected, dict):
        assert pictures.class_indices(data, known) == expected
        return
    with pytest.raises(BadData, match=expected) as caught:
        pictures.class_indices(data, known)
    assert caught.value.code == "classes_unknown"
    assert known[0] in caught.value.message


def test_a_class_without_pictures_need_not_be_known() -> None:
    assert pictures.class_indices(shades([1], [1], ("horse", "cat")), ("dog", "cat")) == {1: 1}


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple("abcdefgh")
    rng = np.random.default_rng(0)
    data = shades(rng.integers(0, 8, 70).tolist(), rng.integers(0, 8, 70).tolist(), names)
    heard: list[tuple[int, int]] = []
    whole = pictures.evaluate(grey(names), data, lambda *counts: heard.append(counts))
    assert heard == [(32, 70), (64, 70), (70, 70)]
    monkeypatch.setattr(pictures, "MOST_BYTES", 1)
    single = pictures.evaluate(grey(names), data)
    assert {**single, "seconds": 0} == {**whole, "seconds": 0}


def write_set(folder: Path, splits: tuple[str, ...]) -> None:
    """Two classes, "0" and "1"; in `splits`, or without where there are none."""
    for split in splits or (".",):
        for label in (0, 1):
            (folder / split / str(label)).mkdir(parents=True)
            for i in range(2):
                picture = Image.fromarray(np.full((6, 6), label * STEP, np.uint8))
                picture.save(folder / split / str(label) / f"{i}.png")


@pytest.mark.parametrize(
    ("splits", "measured"),
    [((), "all"), (("train", "val"), "dev"), (("train", "val", "test"), "test"), (("train",), "train")],
)
def test_layouts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, splits: tuple[str, ...], measured: str
) -> None:
    """A folder and a zip of it give one report; the unreadable picture is counted and left out."""
    folder = tmp_path / "set"
    write_set(folder, splits)
    (next(folder.rglob("0.png")).parent / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    for path in folder.rglob("1/1.png"):
        (path.parent / "broken too.jpg").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for file in sorted(folder.rglob("*.*")):
            archive.write(file, file.relative_to(folder))
    predictor = grey(("0", "1"))
    monkeypatch.setattr(LOADER, "resolve", lambda name, task: CHECKPOINT)
    monkeypatch.setattr(LOADER, "get", lambda name, task, tell: predictor)
    reports = [pictures.evaluate_path("grey.steps", tmp_path / name) for name in ("set", "set.zip")]
    for report, name in zip(reports, ("set", "set.zip"), strict=True):
        assert (report["data"], report["split"]) == (name, measured)
        assert (report["count"], report["accuracy"]["value"]) == (4, 1.0)
        assert report["skipped"] >= 1
    assert reports[0]["skipped"] == reports[1]["skipped"]


def test_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "a.png").write_bytes(b"no")
    with pytest.raises(BadData, match="1 can be") as caught:
        pictures.evaluate(grey(("cat", "dog")), open_splits(tmp_path)["all"])
    assert caught.value.code == "data_unreadable"


def test_dispatch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert evaluation.module_for("image-classification") is pictures
    with pytest.raises(BadInput, match="image-classification") as caught:
        evaluation.evaluate("image-clasification", "grey.steps", "nowhere")
    assert caught.value.code == "task_unknown"
    monkeypatch.setattr(evaluation, "__path__", [])
    with pytest.raises(BadInput, match="cannot yet") as caught:
        evaluation.evaluate("image-classification", "grey.steps", "nowhere")
    assert caught.value.code == "evaluation_missing"


def test_every_evaluation_belongs_to_a_task() -> None:
    modules = {path.stem for path in Path(evaluation.__file__).parent.glob("[!_]*.py")}
    assert modules <= {task.module for task in hub_models.all_tasks()}
