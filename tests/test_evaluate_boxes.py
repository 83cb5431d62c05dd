"""Evaluation of detectors and localizers: figures that can be counted by hand, from data in every layout."""

import json
from pathlib import Path

import numpy as np
import pytest
from box_layouts import CAT, DOG, HIGH, ONE, WIDE, coco, pack, picture, voc, write, xml, yolo

from hub_models.box_dataset import BoxedPictures, open_boxes
from hub_models.checkpoint import Checkpoint
from hub_models.dataset import FromArray
from hub_models.errors import BadData
from hub_models.evaluate import localization, object_detection
from hub_models.loader import LOADER
from hub_models.results import Boxes, Location

KEYS = {
    "task", "checkpoint", "data", "split", "count", "objects", "skipped", "map50", "map", "per_class", "threshold",
    "precision", "recall", "f1", "confusion", "baseline", "seconds", "seconds_per_picture", "device",
}  # fmt: skip
LOCATION_KEYS = {
    "task", "checkpoint", "data", "split", "count", "skipped", "several", "localized", "presence", "class", "box",
    "mean_iou", "per_class", "baseline", "seconds", "device",
}  # fmt: skip
PETS = ("cat", "dog")


def checkpoint(task: str) -> Checkpoint:
    return Checkpoint(
        id="pets.told",
        task=task,
        title="Told",
        architecture="Told",
        year=2026,
        library="ours",
        source="hub:nobody/told",
        model="told",
        sentence="Says what it was told.",
        paper="none",
        weights_licence="MIT",
        data_licence="MIT",
        trained_on="nothing",
        parameters=0,
        megabytes=0,
    )


class Told:
    """A detector that answers what it was told, by the brightness of the picture: 0, 1, 2, ..."""

    device, bytes, suppresses = "cpu", 0, True
    checkpoint = checkpoint("object-detection")

    def __init__(self, answers: list[list[tuple[str, tuple, float]]], names: tuple[str, ...] = PETS) -> None:
        self.answers, self.names = answers, names

    def candidates(self, pixels: np.ndarray) -> Boxes:
        told = sorted(self.answers[int(pixels[0, 0, 0])], key=lambda answer: -answer[2])
        return Boxes(
            self.names,
            np.array([box for _, box, _ in told], np.float32).reshape(-1, 4),
            np.array([self.names.index(name) for name, _, _ in told], np.int64),
            np.array([score for _, _, score in told], np.float32),
            pixels.shape[:2],
        )


def boxed(objects: list[list[tuple[str, tuple]]], names: tuple[str, ...] = PETS) -> BoxedPictures:
    shades = np.arange(len(objects), dtype=np.uint8)[:, None, None]
    return BoxedPictures(
        class_names=names,
        names=tuple(str(i) for i in range(len(objects))),
        boxes=tuple(np.array([box for _, box in found], np.float32).reshape(-1, 4) for found in objects),
        labels=tuple(np.array([names.index(name) for name, _ in found], np.int64) for found in objects),
        read=FromArray(np.broadcast_to(shades, (len(objects), HIGH, WIDE)).copy()),
    )


LOWER_CAT = (4, 6, 14, 13)  # IoU 0.7 with CAT
FAR = (30, 20, 40, 30)


def test_figures() -> None:
    """Two cats, one framed loosely; two dogs, one found twice and one taken for a cat; a box around nothing."""
    data = boxed([[("cat", CAT), ("dog", DOG)], [("cat", CAT)], [("dog", DOG)], []])
    answers = [
        [("cat", CAT, 0.9), ("dog", DOG, 0.8), ("dog", (20, 3, 36, 26), 0.7)],  # suppressed: one answer
        [("cat", LOWER_CAT, 0.6)],
        [("cat", DOG, 0.55)],
        [("dog", FAR, 0.5), ("cat", FAR, 0.05), ("cat", CAT, 0.005)],
    ]
    report = object_detection.evaluate(Told(answers), data, name="pets", split="test")
    assert set(report) == KEYS
    assert (report["task"], report["checkpoint"]) == ("object-detection", "pets.told")
    assert (report["data"], report["split"], report["device"]) == ("pets", "test", "cpu")
    assert (report["count"], report["objects"], report["skipped"]) == (4, 4, 0)
    # cats 0.9 and 0.6 right, then wrong ones; of the dogs one of two: 51 recalls up to 0.5 with precision 1
    dog_ap = round(51 / 101, 6)
    assert report["map50"]["value"] == pytest.approx((1 + 51 / 101) / 2, abs=1e-6)
    assert report["map50"]["count"] == 4
    assert 0 <= report["map50"]["low"] < report["map50"]["value"] <= report["map50"]["high"] <= 1
    # the loose cat is right at 0.5 to 0.7: at the other half of the IoUs only the first 51 recalls are reached
    cat_ap = round((5 * 1 + 5 * 51 / 101) / 10, 6)
    assert report["map"]["value"] == pytest.approx((cat_ap + dog_ap) / 2, abs=1e-6)
    assert report["map"]["low"] < report["map"]["value"] < report["map"]["high"]
    assert report["per_class"] == [
        {"label": "cat", "objects": 2, "ap50": 1.0, "ap": cat_ap, "precision": 0.666667, "recall": 1.0, "f1": 0.8},
        {"label": "dog", "objects": 2, "ap50": dog_ap, "ap": dog_ap, "precision": 0.5, "recall": 0.5, "f1": 0.5},
    ]  # fmt: skip
    assert report["confusion"] == [[2, 0, 0], [1, 1, 0], [0, 1, 0]]
    assert (report["threshold"], report["precision"], report["recall"]) == (0.5, 0.6, 0.75)
    assert report["f1"] == pytest.approx(2 * 3 / (2 * 3 + 2 + 1), abs=1e-6)
    json.dumps(report, allow_nan=False)
    shown = object_detection.text(report)
    for words in (
        "mAP@0.5",
        "75.2%",
        "precision 60.0%, recall 75.0%",
        "boxes of the most typical picture",
        "4 objects",
    ):
        assert words in shown
    at_60 = object_detection.evaluate(Told(answers), data, threshold=0.6)
    assert (at_60["precision"], at_60["recall"]) == (1.0, 0.75)
    assert at_60["map50"]["value"] == report["map50"]["value"]


def test_a_perfect_detector_and_a_silent_one() -> None:
    objects = [[("cat", CAT), ("dog", DOG)], [("dog", FAR)]]
    perfect = [[(*found, 0.9) for found in picture] for picture in objects]
    report = object_detection.evaluate(Told(perfect), boxed(objects))
    assert report["map50"] == {"value": 1.0, "low": 1.0, "high": 1.0, "count": 2}
    assert (report["map"]["value"], report["f1"], report["confusion"]) == (
        1.0,
        1.0,
        [[1, 0, 0], [0, 2, 0], [0, 0, 0]],
    )
    report = object_detection.evaluate(Told([[], []]), boxed(objects))
    assert (report["map50"]["value"], report["map"]["value"]) == (0.0, 0.0)
    assert (report["precision"], report["recall"], report["f1"]) == (None, 0.0, 0.0)
    assert report["per_class"][0] == {
        "label": "cat", "objects": 1, "ap50": 0.0, "ap": 0.0, "precision": None, "recall": 0.0, "f1": 0.0,
    }  # fmt: skip
    assert "0.0%" in object_detection.text(report)


def test_loose_frames() -> None:
    """An IoU of 0.7 everywhere is right at five of the ten IoUs of mAP, whichever pictures are drawn."""
    report = object_detection.evaluate(Told([[("cat", LOWER_CAT, 0.9)]] * 3), boxed([[("cat", CAT)]] * 3))
    assert report["map50"] == {"value": 1.0, "low": 1.0, "high": 1.0, "count": 3}
    assert report["map"] == {"value": 0.5, "low": 0.5, "high": 0.5, "count": 3}


def test_baseline() -> None:
    """Three pictures alike and a strange one: each alike one answers for the others."""
    alike, strange = [("cat", CAT), ("dog", DOG)], [("cat", FAR)]
    data = boxed([alike, alike, alike, strange])
    report = object_detection.evaluate(Told([[]] * 4), data)
    # the other three hold three cats, of which answers 1 and 2 find two (67 recalls), and two dogs, found first
    assert report["baseline"]["name"] == "boxes of the most typical picture"
    assert report["baseline"]["map50"] == pytest.approx((67 / 101 + 1) / 2, abs=1e-6)
    # of four cats the fourth answer finds one: 26 recalls up to 0.25 with precision 1/4; no dog is ever answered
    of_strange = object_detection.evaluate(Told([[]] * 4), data, train=boxed([strange, strange]))
    assert of_strange["baseline"]["map50"] == pytest.approx(26 / 101 / 4 / 2, abs=1e-6)
    assert object_detection.evaluate(Told([[]]), boxed([alike]))["baseline"] is None


def test_classes_by_name_and_those_that_the_data_does_not_label() -> None:
    """The checkpoint's order and spelling; its answers of other classes count for nothing; unseen classes may be unknown."""
    data = boxed([[("DOG", DOG), ("cat", CAT)]], names=("DOG", "cat", "unicorn"))
    told = Told([[("cat", CAT, 0.9), ("dog", DOG, 0.8), ("ape", FAR, 0.95)]], names=("ape", "cat", "dog"))
    report = object_detection.evaluate(told, data)
    assert [row["label"] for row in report["per_class"]] == ["cat", "dog"]
    assert (report["map50"]["value"], report["precision"]) == (1.0, 1.0)
    with pytest.raises(BadData, match="does not know unicorn") as caught:
        object_detection.evaluate(told, boxed([[("unicorn", DOG)]], names=("unicorn",)))
    assert caught.value.code == "classes_unknown"


def test_a_class_that_the_data_knows_but_does_not_show() -> None:
    """An answer of it is wrong, and it has no average precision."""
    report = object_detection.evaluate(
        Told([[("cat", CAT, 0.9), ("dog", FAR, 0.8)]]), boxed([[("cat", CAT)]])
    )
    assert report["map50"]["value"] == 1.0
    assert report["per_class"][1] == {
        "label": "dog", "objects": 0, "ap50": None, "ap": None, "precision": 0.0, "recall": None, "f1": 0.0,
    }  # fmt: skip
    assert report["confusion"] == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_without_suppression_each_answer_counts() -> None:
    told = Told([[("cat", CAT, 0.9), ("cat", LOWER_CAT, 0.8)]])
    told.suppresses = False
    assert object_detection.evaluate(told, boxed([[("cat", CAT)]]))["precision"] == 0.5


@pytest.mark.parametrize("layout", [voc, coco, yolo])
def test_data_in_every_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout) -> None:
    """A folder and a zip of it give one report; pictures that cannot be read, or have another size, are counted."""
    folder = tmp_path / "pets"
    layout(folder, ONE | {"c": [("dog", DOG)], "d": [("cat", CAT)]})
    (folder / "images" / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    if layout is not yolo:
        picture(folder / "images" / "d.png", 3, size_wh=(WIDE, HIGH + 1))
    answers = [[("cat", CAT, 0.9)], [("dog", DOG, 0.9), ("cat", CAT, 0.8)], [], [("cat", CAT, 0.9)]]
    loader = LOADER
    monkeypatch.setattr(loader, "resolve", lambda name, task: Told.checkpoint)
    monkeypatch.setattr(loader, "get", lambda name, task, tell: Told(answers))
    heard: list[tuple[int, int]] = []
    for path in (folder, pack(folder)):
        report = object_detection.evaluate_path("pets.told", path, lambda *counts: heard.append(counts))
        assert (report["data"], report["split"], report["map50"]["value"]) == (path.name, "all", 1.0)
        assert (report["count"], report["skipped"]) == ((3, 1) if layout is yolo else (2, 2))
    assert heard[0] == (1, 4)
    assert heard[-1][1] == 4


def test_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="got no box") as caught:
        object_detection.evaluate(Told([[]]), boxed([[]]))
    assert caught.value.code == "data_missing"
    picture(tmp_path / "a.png")
    write(tmp_path / "a.xml", xml([("cat", CAT)]))
    data = open_boxes(tmp_path)["all"]
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(BadData, match="none of the 1 can be") as caught:
        object_detection.evaluate(Told([[]]), data)
    assert caught.value.code == "data_unreadable"


class Points:
    """A localizer that answers what it was told, by the brightness of the picture."""

    device, bytes, names = "cpu", 0, PETS
    checkpoint = checkpoint("localization")

    def __init__(self, answers: list[tuple[float, str, tuple]]) -> None:
        self.answers = answers

    def predict(self, pixels: np.ndarray) -> Location:
        certain, name, (x0, y0, x1, y1) = self.answers[int(pixels[0, 0, 0])]
        box = [(x0 + x1) / 2 / WIDE, (y0 + y1) / 2 / HIGH, (y1 - y0) / HIGH, (x1 - x0) / WIDE]
        vector = [certain, *box, *(float(name == known) for known in PETS)]
        return Location(PETS, np.array(vector, np.float32), pixels.shape[:2])


def test_localization_figures() -> None:
    """Right; framed badly; taken for a dog; not seen; an empty picture; a picture of two, which is left out."""
    cat, far = [("cat", CAT)], (20, 20, 30, 29)
    data = boxed([cat, cat, cat, cat, [], [("dog", DOG), ("cat", CAT)]])
    told = [
        (0.9, "cat", LOWER_CAT),
        (0.9, "cat", far),
        (0.9, "dog", CAT),
        (0.1, "cat", CAT),
        (0.2, "dog", CAT),
        (1, "cat", CAT),
    ]
    report = localization.evaluate(Points(told), data, name="pets", split="test")
    assert set(report) == LOCATION_KEYS
    assert (report["count"], report["skipped"], report["several"]) == (5, 0, 1)
    assert {key: (report[key]["value"], report[key]["count"]) for key in ("localized", "presence", "class", "box")} == {
        "localized": (0.4, 5), "presence": (0.8, 5), "class": (0.75, 4), "box": (0.75, 4),
    }  # fmt: skip
    assert report["mean_iou"] == pytest.approx((0.7 + 0 + 1 + 1) / 4, abs=1e-6)
    assert report["per_class"] == [{"label": "cat", "count": 4, "localized": 0.25, "mean_iou": 0.675}]
    assert report["baseline"] == {"name": "always the commonest class in the mean box", "localized": 0.8}
    json.dumps(report, allow_nan=False)
    shown = localization.text(report)
    for words in ("localized     40.0%", "1 with several objects left out", "mean IoU      0.675"):
        assert words in shown
    with pytest.raises(BadData, match="one object or none"):
        localization.evaluate(Points(told), data.subset([5]))
