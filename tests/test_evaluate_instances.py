"""Evaluation of networks that give the pixels of objects: figures that can be counted by hand."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from instance_sets import label_maps
from mask_sets import scene
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from test_evaluate_boxes import checkpoint

from hub_models.detection_metrics import coco_truth, mean_precision, verdicts
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import instance_segmentation as evaluation
from hub_models.inside.precision_recall import COCO_IOUS
from hub_models.instance_dataset import InstancePictures, boxed, open_instances
from hub_models.instance_dataset.pictures import objects_of
from hub_models.instance_metrics import coco_mask_precision, mask_map50, mask_overlaps, packed
from hub_models.segments import Instances

KEYS = [
    "task", "checkpoint", "data", "split", "count", "objects", "skipped", "map50", "map", "box_map50", "box_map",
    "per_class", "threshold", "precision", "recall", "f1", "found", "baseline", "seconds", "seconds_per_picture", "device",
]  # fmt: skip
PETS = ("cat", "dog")
SIZE_HW = (30, 40)
Told = list[tuple[str, np.ndarray, float]]  # class, mask (H, W) bool, score


def area(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros(SIZE_HW, bool)
    mask[top:bottom, left:right] = True
    return mask


CAT, DOG = area(5, 4, 15, 14), area(3, 20, 23, 30)
HALF_CAT, MOST_OF_CAT = area(5, 4, 10, 14), area(5, 4, 12, 14)  # IoU 0.5 and 0.7
EDGE = area(5, 4, 15, 14) ^ area(7, 6, 13, 12)  # the same box, 64 of 100 pixels


def instances(told: Told, names: tuple[str, ...] = PETS) -> Instances:
    parts, scores = [], []
    for name, mask, score in sorted(told, key=lambda one: -one[2]):
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        parts.append((part, (rows[0], columns[0]), names.index(name)))
        scores.append(score)
    return replace(objects_of(parts, names, SIZE_HW), scores=np.array(scores, np.float32))


class Teller:
    """Answers what it was told, by the brightness of the picture: 0, 1, 2, ..."""

    device, bytes, suppresses = "cpu", 0, True
    checkpoint = checkpoint("instance-segmentation")

    def __init__(self, answers: Sequence[Told], names: tuple[str, ...] = PETS) -> None:
        self.answers, self.names = answers, names

    def candidates(self, pixels: np.ndarray) -> Instances:
        return instances(self.answers[int(pixels[0, 0, 0])], self.names)


def data(
    objects: Sequence[Sequence[tuple[str, np.ndarray]]], names: tuple[str, ...] = PETS
) -> InstancePictures:
    def read(i: int) -> tuple[np.ndarray, Instances]:
        true = instances([(*one, 1.0) for one in objects[i]], names)
        return np.full((*SIZE_HW, 3), i, np.uint8), true

    return InstancePictures(class_names=names, names=tuple(map(str, range(len(objects)))), read=read)


def test_figures() -> None:
    """Two cats, one loosely outlined; two dogs, one found twice and one taken for a cat; something around nothing."""
    true = [[("cat", CAT), ("dog", DOG)], [("cat", CAT)], [("dog", DOG)], []]
    answers = [
        [("cat", CAT, 0.9), ("dog", DOG, 0.8), ("dog", area(3, 20, 22, 30), 0.7)],  # suppressed: one answer
        [("cat", MOST_OF_CAT, 0.6)],
        [("cat", DOG, 0.55)],
        [("dog", area(20, 30, 29, 39), 0.5), ("cat", CAT, 0.05), ("cat", DOG, 0.005)],
    ]
    report = evaluation.evaluate(Teller(answers), data(true), name="pets", split="test")
    assert list(report) == KEYS
    assert (report["task"], report["checkpoint"]) == ("instance-segmentation", "pets.told")
    assert (report["data"], report["split"], report["device"]) == ("pets", "test", "cpu")
    assert (report["count"], report["objects"], report["skipped"]) == (4, 4, 0)
    # cats 0.9 and 0.6 right, then wrong ones; of the dogs one of two: 51 recalls up to 0.5 with precision 1
    dog = round(51 / 101, 6)
    assert report["map50"]["value"] == pytest.approx((1 + 51 / 101) / 2, abs=1e-6)
    assert report["map50"]["low"] < report["map50"]["value"] <= report["map50"]["high"]
    cat = round((5 * 1 + 5 * 51 / 101) / 10, 6)  # the loose one is right at 0.5 to 0.7
    assert report["map"]["value"] == pytest.approx((cat + dog) / 2, abs=1e-6)
    assert report["map"]["count"] == 4
    shared = {"objects": 2, "box_ap50": 1.0, "box_ap": cat}
    assert report["per_class"] == [
        {"label": "cat", "ap50": 1.0, "ap": cat, "precision": 0.666667, "recall": 1.0, "f1": 0.8, **shared},
        {"label": "dog", "ap50": dog, "ap": dog, "precision": 0.5, "recall": 0.5, "f1": 0.5, **shared}
        | {"box_ap50": dog, "box_ap": dog},
    ]  # fmt: skip
    assert (report["threshold"], report["precision"], report["recall"], report["found"]) == (
        0.5,
        0.6,
        0.75,
        5,
    )
    assert report["baseline"] is None, "of several classes"
    json.dumps(report, allow_nan=False)
    shown = evaluation.text(report)
    for words in (
        "mask mAP@0.5",
        "75.2%",
        "5 found",
        "precision 60.0%, recall 75.0%",
        "4 objects",
        "box AP@0.5",
    ):
        assert words in shown
    assert "baseline" not in shown
    at_60 = evaluation.evaluate(Teller(answers), data(true), threshold=0.6)
    assert (at_60["precision"], at_60["recall"], at_60["found"]) == (1.0, 0.75, 3)


@pytest.mark.parametrize(
    ("mask", "map50", "overall", "box_map50"),
    [(CAT, 1.0, 1.0, 1.0), (HALF_CAT, 1.0, 0.1, 1.0), (EDGE, 1.0, 0.3, 1.0), (DOG, 0.0, 0.0, 0.0)],
)
def test_masks_and_boxes_are_counted_apart(
    mask: np.ndarray, map50: float, overall: float, box_map50: float
) -> None:
    report = evaluation.evaluate(Teller([[("cat", mask, 0.9)]]), data([[("cat", CAT)]]))
    assert report["map50"]["value"] == map50 and report["map"]["value"] == pytest.approx(overall)
    assert report["box_map50"]["value"] == box_map50
    assert report["box_map"]["value"] == (1.0 if mask is EDGE else pytest.approx(overall))


def test_one_that_is_silent_and_one_that_finds_what_is_not_there() -> None:
    true = [[("cat", CAT), ("dog", DOG)], []]
    silent = evaluation.evaluate(Teller([[], []]), data(true))
    assert silent["map50"] == {"value": 0.0, "low": 0.0, "high": 0.0, "count": 2}
    assert (silent["precision"], silent["recall"], silent["f1"], silent["found"]) == (None, 0.0, 0.0, 0)
    report = evaluation.evaluate(
        Teller([[("cat", CAT, 0.9), ("dog", DOG, 0.9)], [("cat", DOG, 0.95)]]), data(true)
    )
    assert (report["precision"], report["recall"]) == (0.666667, 1.0)
    for one in (silent, report):
        json.dumps(one, allow_nan=False)
        evaluation.text(one)
    with pytest.raises(BadData) as caught:
        evaluation.evaluate(Teller([[], []]), data([[], []]))
    assert caught.value.code == "data_missing"


def blobs(seed: int) -> list[Told]:
    """Six pictures with up to six blobs of two classes."""
    random = np.random.default_rng(seed)
    pictures = []
    for _ in range(6):
        told = []
        for _ in range(random.integers(0, 7)):
            top, left, height, width = *random.integers(0, 20, 2), *random.integers(4, 14, 2)
            mask = area(top, left, top + height, left + width) & (random.random(SIZE_HW) > 0.1)
            told.append((PETS[random.integers(2)], mask, float(random.random())))
        pictures.append(told)
    return pictures


def changed(told: Told, random: np.random.Generator) -> Told:
    """The same moved a little, some left out, some of the other class."""
    rolled = [
        (name, np.roll(mask, random.integers(-3, 4), 1), float(random.random())) for name, mask, _ in told
    ]
    return [one for one in rolled if random.random() > 0.2]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_average_precision_is_pycocotools(seed: int) -> None:
    random = np.random.default_rng(seed)
    told = blobs(seed)
    truths, found = (
        [instances(picture) for picture in some]
        for some in (told, [changed(t, random) + blobs(9)[0] for t in told])
    )
    pictures = InstancePictures(class_names=PETS, names=tuple("abcdef"), read=lambda i: None)
    truth = boxed(pictures, truths)
    runs, true_runs = ([packed(objects) for objects in some] for some in (found, truths))
    overlaps = [mask_overlaps(a, b) for a, b in zip(runs, true_runs, strict=True)]
    ours = mean_precision(verdicts(found, truth, COCO_IOUS, overlaps, 500))
    theirs = coco_mask_precision(found, runs, truth, true_runs)
    assert np.allclose(ours, np.nanmean(theirs, axis=1), atol=1e-6)
    assert 0.1 < ours[0] < 0.95 and mask_map50(found, truth, true_runs) == pytest.approx(ours[0])
    assert theirs[0] == pytest.approx(by_the_library(found, runs, truth, true_runs), abs=1e-6)


def by_the_library(found, runs, truth, true_runs) -> list[float]:
    """AP at 0.5 of each class from pycocotools with its own settings, without ours in between."""
    dataset = coco_truth(truth)
    for image in dataset["images"]:
        image["height"], image["width"] = SIZE_HW
    for entry, run in zip(dataset["annotations"], chain(*true_runs), strict=True):
        entry["segmentation"] = run
    coco = COCO()
    coco.dataset = dataset
    coco.createIndex()
    answers = [
        {"image_id": i, "category_id": int(label) + 1, "score": float(score), "segmentation": run}
        for i, (objects, of) in enumerate(zip(found, runs, strict=True), 1)
        for label, score, run in zip(objects.labels, objects.scores, of, strict=True)
    ]
    run = COCOeval(coco, coco.loadRes(answers), "segm")
    run.evaluate()
    run.accumulate()
    return run.eval["precision"][0, :, :, 0, 2].mean(axis=0).tolist()


def test_overlaps_are_counted_pixels() -> None:
    one, other = instances([("cat", CAT, 1.0), ("dog", DOG, 0.5)]), instances([("cat", HALF_CAT, 1.0)])
    assert mask_overlaps(packed(one), packed(other)).tolist() == [[0.5], [0.0]]
    assert mask_overlaps(packed(one), []).shape == (2, 0)


def test_more_objects_than_coco_would_count() -> None:
    """A hundred answers a picture are COCO's limit: 120 nuclei would never all be found."""
    dots = [area(y, x, y + 1, x + 1) for y in range(0, 30, 3) for x in range(0, 36, 3)]
    told = [("cat", mask, 0.9) for mask in dots]
    report = evaluation.evaluate(Teller([told]), data([[("cat", mask) for mask in dots]]))
    assert (
        report["objects"] == 120 and report["map50"]["value"] == 1.0 and report["box_map50"]["value"] == 1.0
    )


def test_classes_join_by_name() -> None:
    """The checkpoint knows more classes, in another order; its birds are neither right nor wrong."""
    told = [[("cat", CAT, 0.9), ("bird", DOG, 0.99)]]
    report = evaluation.evaluate(Teller(told, ("bird", "dog", "cat")), data([[("cat", CAT)]]))
    assert report["map50"]["value"] == 1.0 and report["precision"] == 1.0 and report["found"] == 1
    assert [row["label"] for row in report["per_class"]] == ["cat"]
    with pytest.raises(BadData) as caught:
        evaluation.evaluate(Teller(told, ("bird", "cat")), data([[("moose", CAT)]], ("moose",)))
    assert caught.value.code == "classes_unknown" and "moose" in str(caught.value)


def test_the_baseline_looks_at_brightness_alone() -> None:
    thing = ("thing",)

    def read(i: int) -> tuple[np.ndarray, Instances]:
        pixels = np.full((*SIZE_HW, 3), 30, np.uint8)
        pixels[CAT], pixels[DOG] = 200, 220
        pixels[27, 3:6] = 250  # three pixels are none
        noise = np.random.default_rng(0).integers(0, 9, pixels.shape, np.uint8)
        shown = pixels if i == 0 else 255 - pixels + noise
        return shown, instances([("thing", CAT, 1.0), ("thing", DOG, 1.0)], thing)

    pictures = InstancePictures(class_names=thing, names=("light", "dark"), read=read)
    found = evaluation.otsu_objects(read(0)[0], thing)
    assert found.areas().tolist() == [200, 100] and found.scores[0] > found.scores[1]
    assert len(evaluation.otsu_objects(np.full((*SIZE_HW, 3), 9, np.uint8), thing)) == 0

    class Silent(Teller):
        def candidates(self, pixels: np.ndarray) -> Instances:
            return instances([], thing)

    report = evaluation.evaluate(Silent([], thing), pictures)
    assert report["baseline"] == {"name": evaluation.BASELINE, "map50": 1.0}
    assert "Otsu" in evaluation.text(report)


def test_a_noisy_picture_does_not_drown_the_baseline() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 1), np.uint8).repeat(3, 2)
    assert 0 < len(evaluation.otsu_objects(noise, ("thing",))) <= 500


def test_pictures_that_cannot_be_read_are_counted(tmp_path) -> None:
    label_maps(tmp_path, 3)
    (tmp_path / "labels" / "1.png").write_bytes(b"x")

    class Perfect(Teller):
        def candidates(self, pixels: np.ndarray) -> Instances:
            known = next(i for i in range(3) if np.array_equal(scene(i)[0], pixels))
            return open_instances(tmp_path)["all"].read(known)[1]

    told, shown = Perfect([], ("object",)), []
    report = evaluation.evaluate(told, open_instances(tmp_path)["all"], lambda *at: shown.append(at))
    assert (report["count"], report["objects"], report["skipped"]) == (2, 4, 1)
    assert report["map"]["value"] == 1.0 and shown[-1] == (3, 3)
    assert "1 unreadable left out" in evaluation.text(report)
    for number in (0, 2):
        (tmp_path / "labels" / f"{number}.png").write_bytes(b"x")
    with pytest.raises(BadInput):
        open_instances(tmp_path)["all"].read(0)
    with pytest.raises(BadData) as caught:
        evaluation.evaluate(told, open_instances(tmp_path)["all"])
    assert caught.value.code == "data_unreadable"
