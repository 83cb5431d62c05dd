"""Evaluation of networks that label pixels: figures that can be counted by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from mask_sets import CLASSES, scene, write
from sklearn.metrics import confusion_matrix, jaccard_score
from test_evaluate_boxes import checkpoint
from torch.nn import functional as F

from hub_models.errors import BadData
from hub_models.evaluate import semantic_segmentation as evaluation
from hub_models.mask_dataset import VOID, MaskedPictures, open_masks
from hub_models.segmentation_metrics import (
    border,
    border_counts,
    border_f,
    confusion_of,
    iou_of,
    mean_iou,
    pixel_accuracy,
)
from hub_models.segments import SemanticMap

KEYS = {
    "task", "checkpoint", "data", "split", "count", "pixels", "skipped", "mean_iou", "pixel_accuracy", "boundary_f",
    "per_class", "confusion", "baseline", "seconds", "seconds_per_picture", "device",
}  # fmt: skip


class ByColour:
    """Knows the colours of the scenes, and is wrong in the upper `wrong` rows, which it calls ground."""

    device, bytes = "cpu", 0
    checkpoint = checkpoint("semantic-segmentation")

    def __init__(self, wrong: int = 0, names: tuple[str, ...] = CLASSES) -> None:
        self.wrong, self.names = wrong, names

    def predict(self, pixels: np.ndarray) -> SemanticMap:
        colours = np.array([(40, 40, 40), (220, 120, 30), (40, 120, 220)])
        labels = np.abs(pixels[..., None, :].astype(int) - colours).sum(-1).argmin(-1)
        labels[: self.wrong] = 0
        order = np.array([self.names.index(name) for name in CLASSES], np.uint8)
        maps = F.one_hot(torch.from_numpy(order[labels].astype(np.int64)), len(self.names))
        return SemanticMap(self.names, order[labels], maps.permute(2, 0, 1).numpy().astype(np.float32))


def data(count: int = 4) -> MaskedPictures:
    return MaskedPictures(class_names=CLASSES, names=tuple(map(str, range(count))), read=scene)


def test_counts_are_sklearns() -> None:
    random = np.random.default_rng(0)
    truth, found = random.integers(0, 3, (20, 30)), random.integers(0, 3, (20, 30))
    counted = confusion_of(truth, found, 3)
    assert np.array_equal(counted[:, :3], confusion_matrix(truth.ravel(), found.ravel()))
    assert np.allclose(iou_of(counted), jaccard_score(truth.ravel(), found.ravel(), average=None))
    assert pixel_accuracy(counted) == pytest.approx((truth == found).mean())


def test_void_counts_for_nothing_and_strange_answers_are_wrong() -> None:
    truth = np.array([[0, 0, 1, VOID]])
    counted = confusion_of(truth, np.array([[0, 7, 1, 1]]), 2)
    assert counted.tolist() == [[1, 0, 1], [0, 1, 0]]
    assert iou_of(counted).tolist() == [0.5, 1.0] and mean_iou(counted) == 0.75


def test_a_class_that_is_nowhere_is_not_averaged() -> None:
    assert mean_iou(confusion_of(np.zeros((2, 2), int), np.zeros((2, 2), int), 5)) == 1.0


def test_borders() -> None:
    square = np.zeros((20, 20), bool)
    square[5:15, 5:15] = True
    assert border(square).sum() == 36  # of ten by ten, and the edge of the picture is none:
    assert border(np.ones((4, 4), bool)).sum() == 0
    truth = square.astype(int)
    assert border_f(border_counts(truth, truth, 2).stacked()).tolist() == [1.0, 1.0]
    moved = np.roll(truth, 5, axis=1)
    assert (
        border_f(border_counts(truth, np.roll(truth, 1, axis=1), 2).stacked()).min() == 1.0
    )  # within a pixel
    assert border_f(border_counts(truth, moved, 2).stacked()).max() < 0.6
    assert np.isnan(border_f(border_counts(truth, truth, 3).stacked())[2])


def test_the_report_of_one_that_knows_all() -> None:
    report = evaluation.evaluate(ByColour(), data(), name="scenes", split="dev")
    assert report.keys() == KEYS
    assert report["mean_iou"] == {"value": 1.0, "low": 1.0, "high": 1.0, "count": 4}
    assert report["boundary_f"]["value"] == 1.0
    assert [row["label"] for row in report["per_class"]] == list(CLASSES)
    assert 0.2 < report["baseline"]["mean_iou"] < 0.7
    assert report["pixels"] == 4 * 40 * 56
    json.dumps(report, allow_nan=False)
    assert "mean IoU        100.0%" in evaluation.text(report)


def test_the_report_of_one_that_is_wrong_above() -> None:
    report = evaluation.evaluate(ByColour(wrong=20), data(), name="scenes")
    stacked = sum(confusion_of(scene(i)[1], ByColour(20).predict(scene(i)[0]).labels, 3) for i in range(4))
    assert report["mean_iou"]["value"] == pytest.approx(float(mean_iou(stacked)), abs=1e-6)
    assert report["mean_iou"]["low"] <= report["mean_iou"]["value"] <= report["mean_iou"]["high"]
    assert report["confusion"] == stacked.tolist()


def test_names_join_the_classes(tmp_path: Path) -> None:
    other_order = ByColour(names=("disc", "tree", "ground", "square"))
    report = evaluation.evaluate(other_order, open_masks(write(tmp_path, 2))["all"])
    assert report["mean_iou"]["value"] == 1.0
    strange = replace(data(), class_names=("ground", "moon", "disc"))
    with pytest.raises(BadData) as caught:
        evaluation.evaluate(ByColour(), strange)
    assert caught.value.code == "classes_unknown" and "moon" in str(caught.value)


def test_unreadable_pictures_are_left_out_and_counted(tmp_path: Path) -> None:
    write(tmp_path, 3)
    path = tmp_path / "images" / "1.png"
    path.write_bytes(path.read_bytes()[:80])
    report = evaluation.evaluate(ByColour(), open_masks(tmp_path)["all"])
    assert (report["count"], report["skipped"]) == (2, 1)
    for number in (0, 2):
        (tmp_path / "images" / f"{number}.png").write_bytes(b"x")
    with pytest.raises(BadData) as caught:
        evaluation.evaluate(ByColour(), open_masks(tmp_path)["all"])
    assert caught.value.code == "data_unreadable"
