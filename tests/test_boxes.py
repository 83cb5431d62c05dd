"""The lecture's algorithms on boxes: equal to torchvision and pycocotools, and to what one computes by hand."""

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torchvision.ops import batched_nms, box_iou

from hub_models.box_dataset import BoxedPictures
from hub_models.dataset import FromArray
from hub_models.detection_metrics import (
    coco_average_precision,
    map50_of,
    mean_precision,
    most_typical,
    resampled,
    verdicts,
)
from hub_models.inside.boxes import iou, iou_matrix, kept, non_max_suppression_steps, scale_box
from hub_models.inside.precision_recall import (
    COCO_IOUS,
    Curve,
    average_precision,
    confusion,
    count,
    curve,
    match,
    mean_average_precision,
)
from hub_models.predictors.detector import select
from hub_models.results import Boxes

NAMES = ("cat", "dog", "ape")
SIZE = (300, 400)


def random_boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    """(count, 4) float32 that overlap often."""
    corner, side = rng.uniform(0, 120, (count, 2)), rng.uniform(10, 120, (count, 2))
    return np.concatenate([corner, corner + side], 1).astype(np.float32)


def found_boxes(boxes: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> Boxes:
    order = np.argsort(-scores, kind="stable")
    return Boxes(NAMES, boxes[order], labels[order], scores[order].astype(np.float32), SIZE)


def random_found(rng: np.random.Generator, count: int) -> Boxes:
    return found_boxes(random_boxes(rng, count), rng.integers(0, 3, count), rng.random(count).round(2))


@pytest.mark.parametrize(
    ("box", "other", "intersection", "union"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 100, 100),
        ((0, 0, 10, 10), (5, 5, 15, 15), 25, 175),
        ((0, 0, 10, 10), (2, 2, 4, 4), 4, 100),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0, 200),  # they touch
        ((0, 0, 10, 10), (30, 30, 40, 40), 0, 200),
        ((5, 5, 5, 5), (5, 5, 5, 5), 0, 0),
        ((-10.5, 0, 0, 2), (-5.5, 1, 5, 3), 5.5, 36.5),
    ],
)
def test_iou_by_hand(box: tuple, other: tuple, intersection: float, union: float) -> None:
    overlap = iou(box, other)
    assert (overlap.intersection, overlap.union) == (intersection, union)
    assert overlap.value == (intersection / union if union else 0)
    assert (overlap.shared_xyxy is None) == (intersection == 0)
    assert f"= {overlap.value:.3f}" in overlap.text()


def test_iou_is_torchvisions() -> None:
    rng = np.random.default_rng(0)
    boxes, others = random_boxes(rng, 40), random_boxes(rng, 30)
    expected = box_iou(torch.from_numpy(boxes), torch.from_numpy(others)).numpy()
    assert iou_matrix(boxes, others) == pytest.approx(expected, abs=1e-6)
    assert [[iou(a, b).value for b in others] for a in boxes[:5]] == pytest.approx(expected[:5], abs=1e-6)
    assert iou_matrix(boxes, np.empty((0, 4))).shape == (40, 0)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("confidence", "threshold"), [(0.0, 0.5), (0.3, 0.2), (0.6, 0.5), (0.95, 0.7)])
def test_suppression_is_torchvisions(seed: int, confidence: float, threshold: float) -> None:
    boxes = random_found(np.random.default_rng(seed), 120)
    steps = non_max_suppression_steps(boxes, confidence, threshold)
    told = [*kept(steps), *(i for step in steps for i in step.discarded)]
    assert sorted(told) == list(range(120))
    assert steps[-1].left == ()
    certain = np.flatnonzero(boxes.scores >= confidence)
    arrays = (boxes.boxes_xyxy[certain], boxes.scores[certain], boxes.labels[certain])
    expected = batched_nms(*(torch.from_numpy(array) for array in arrays), threshold).numpy()
    assert kept(steps).tolist() == sorted(certain[expected].tolist())
    assert np.array_equal(
        boxes.chosen(kept(steps)).boxes_xyxy, select(boxes, confidence, threshold).boxes_xyxy
    )


def test_suppression_tells_each_step() -> None:
    """Two cats on one place and one elsewhere, a dog on top of the first cat, and an uncertain ape."""
    boxes = found_boxes(
        np.array([[0, 0, 10, 10], [0, 0, 10, 8], [50, 50, 60, 60], [0, 0, 10, 10], [0, 0, 9, 9]], np.float32),
        np.array([0, 0, 0, 1, 2]),
        np.array([0.9, 0.8, 0.7, 0.65, 0.1]),
    )
    first, cat, other_cat, dog = non_max_suppression_steps(boxes, 0.6, 0.5)
    assert (first.picked, first.discarded, first.left) == (None, (4,), (0, 1, 2, 3))
    assert (cat.picked, cat.discarded, cat.left) == (0, (1,), (2, 3))
    assert cat.overlaps == pytest.approx((0.8,))
    assert (other_cat.picked, other_cat.discarded, other_cat.left) == (2, (), (3,))
    assert (dog.picked, dog.discarded, dog.left) == (3, (), ())
    assert first.text(boxes) == "Less certain than the threshold: 1 discarded, 4 left."
    assert cat.text(boxes) == "Pick cat 90%; discard 80% (IoU 0.80)."
    assert dog.text(boxes) == "Pick dog 65%; discard nothing."
    nothing = non_max_suppression_steps(boxes, 1.0, 0.5)
    assert len(nothing) == 1
    assert kept(nothing).tolist() == []


def test_scaling_of_the_notes() -> None:
    """Section 8.5.2, from 416 x 416 to 1000 x 667. (The notes print 544.47 for 340 / 416 * 667, which is 545.14.)"""
    scaled = scale_box((116, 132, 241, 340), (416, 416), (1000, 667))
    assert scaled == pytest.approx([278.846, 211.644, 579.327, 545.144], abs=1e-3)
    assert scaled.round().tolist() == [279, 212, 579, 545]
    assert scale_box(scaled, (1000, 667), (416, 416)) == pytest.approx([116, 132, 241, 340])


def test_matching_by_hand() -> None:
    """The most certain chooses first; a second answer to one object is wrong, so is one of another class."""
    truth = np.array([[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]], np.float32)
    answers = np.array(
        [[0, 0, 10, 9], [0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 44, 10], [70, 70, 80, 80]], np.float32
    )
    found = found_boxes(answers, np.array([0, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.7, 0.6, 0.5]))
    labels = np.array([0, 0, 0])
    assert match(found, truth, labels).tolist() == [0, -1, -1, -1, -1]
    assert match(found, truth, labels, iou=0.4).tolist() == [0, -1, -1, 2, -1]
    assert match(found, truth, np.array([0, 1, 0])).tolist() == [0, -1, 1, -1, -1]
    assert match(found, truth[:0], labels[:0]).tolist() == [-1] * 5
    expected = [[1, 0, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0], [3, 0, 0, 0]]
    expected[0][1] = 1  # the dog around a cat
    expected[0][3] = 1
    assert confusion([found], [truth], [labels], 3).tolist() == expected


def test_counts_of_the_lecture() -> None:
    counts = count(predictions=5, right=3, objects=4)
    assert (counts.right, counts.wrong, counts.missed) == (3, 2, 1)
    assert (counts.precision, counts.recall) == (0.6, 0.75)
    assert counts.f1 == pytest.approx(2 * 0.6 * 0.75 / (0.6 + 0.75))
    assert np.isnan(count(0, 0, 4).precision)
    assert np.isnan(count(0, 0, 0).f1)


def test_a_curve_prediction_by_prediction() -> None:
    drawn = curve(np.array([0.5, 0.9, 0.7, 0.8]), np.array([1, 1, 0, 1]), objects=4)
    assert drawn.scores.tolist() == [0.9, 0.8, 0.7, 0.5]
    assert drawn.precision == pytest.approx([1, 1, 2 / 3, 3 / 4])
    assert drawn.recall.tolist() == [0.25, 0.5, 0.5, 0.75]
    assert drawn.first(2).recall.tolist() == [0.25, 0.5]
    assert drawn.sentence(2) == (
        "Prediction 3, score 0.70, is wrong: precision 2/3 = 0.67, recall 2/4 = 0.50."
    )
    assert average_precision(drawn, "area") == pytest.approx(0.25 * (1 + 1 + 0.75))
    # 51 recalls up to 0.5 with precision 1, 25 up to 0.75 with 0.75, 25 that are never reached
    assert average_precision(drawn) == pytest.approx((51 + 25 * 0.75) / 101)


@pytest.mark.parametrize(
    ("right", "objects", "value"),
    [
        ([1, 1], 2, 1.0),
        ([0, 0], 2, 0.0),
        ([], 2, 0.0),
        ([0], 0, np.nan),
        ([1, 0, 0], 1, 1.0),
        ([0, 1], 1, 0.5),
    ],
)
def test_average_precision_at_the_ends(right: list, objects: int, value: float) -> None:
    drawn = curve(np.linspace(1, 0.5, len(right)), np.array(right), objects)
    for how in ("coco", "area"):
        assert average_precision(drawn, how) == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize("seed", range(5))
def test_area_is_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, right = rng.permutation(200) / 200, rng.random(200) < 0.4
    drawn = curve(scores, right, int(right.sum()))
    assert average_precision(drawn, "area") == pytest.approx(average_precision_score(right, scores))
    half = Curve(
        scores=drawn.scores, right=drawn.right, objects=2 * drawn.objects
    )  # as many again never found
    assert average_precision(half, "area") == pytest.approx(average_precision_score(right, scores) / 2)


def random_set(seed: int, pictures: int = 12) -> tuple[BoxedPictures, list[Boxes]]:
    """Objects, and answers that fit some of them more or less; a picture without objects, one without answers."""
    rng = np.random.default_rng(seed)
    boxes, labels, found = [], [], []
    for i in range(pictures):
        objects = 0 if i == 3 else rng.integers(1, 9)
        truth, classes = random_boxes(rng, objects), rng.integers(0, 2 if seed % 2 else 3, objects)
        near = np.repeat(truth, 2, axis=0) + rng.normal(0, 4, (2 * objects, 4)).astype(np.float32)
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        guessed = np.where(
            rng.random(2 * objects) < 0.8, np.repeat(classes, 2), rng.integers(0, 3, 2 * objects)
        )
        answers, answer_labels = (
            np.concatenate([near, random_boxes(rng, 5)]),
            np.append(guessed, rng.integers(0, 3, 5)),
        )
        answers, answer_labels = (a[:0] if i == 5 else a for a in (answers, answer_labels))
        boxes.append(truth)
        labels.append(classes)
        found.append(found_boxes(answers, answer_labels, rng.random(len(answers)).round(2)))  # ties occur
    names = tuple(str(i) for i in range(pictures))
    read = FromArray(np.zeros((pictures, 4, 4), np.uint8))
    return BoxedPictures(
        class_names=NAMES, names=names, boxes=tuple(boxes), labels=tuple(labels), read=read
    ), found


@pytest.mark.parametrize("seed", range(6))
def test_average_precision_is_pycocotools(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    """At each IoU and for each class, ours in three ways; where the seed is odd there is no ape."""
    data, found = random_set(seed)
    expected = coco_average_precision(found, data)  # (10, classes)
    assert capsys.readouterr().out == ""
    assert np.isnan(expected[:, 2]).all() == bool(seed % 2)
    assert 0.2 < np.nanmean(expected[0]) < 0.98
    of_classes = verdicts(found, data, COCO_IOUS)
    assert pytest.approx(expected, nan_ok=True) == np.array([v.average_precision() for v in of_classes]).T
    assert mean_precision(of_classes) == pytest.approx(np.nanmean(expected, axis=1))
    assert map50_of(found, data) == pytest.approx(mean_average_precision(expected[0]))
    for label, ap in enumerate(expected[0]):
        right = [
            match(f, b, n)[f.labels == label] >= 0
            for f, b, n in zip(found, data.boxes, data.labels, strict=True)
        ]
        scores = [f.scores[f.labels == label] for f in found]
        drawn = curve(np.concatenate(scores), np.concatenate(right), int(data.objects()[label]))
        assert average_precision(drawn) == pytest.approx(ap, nan_ok=True)


def test_without_an_answer_the_precision_is_zero() -> None:
    data, found = random_set(1)
    nothing = [answer.chosen(np.zeros(len(answer), bool)) for answer in found]
    assert coco_average_precision(nothing, data)[0] == pytest.approx([0, 0, np.nan], nan_ok=True)
    assert map50_of(nothing, data) == 0


@pytest.mark.parametrize("seed", range(4))
def test_confusion_adds_up(seed: int) -> None:
    """Rows are the objects of a class, columns the answers of one, the diagonal the true positives."""
    data, found = random_set(seed)
    table = confusion(found, data.boxes, data.labels, 3)
    assert table[:3].sum(1).tolist() == data.objects().tolist()
    assert (
        table[:, :3].sum(0).tolist()
        == np.bincount(np.concatenate([f.labels for f in found]), minlength=3).tolist()
    )
    assert table[3, 3] == 0
    right = np.zeros(3, int)
    for answer, boxes, labels in zip(found, data.boxes, data.labels, strict=True):
        right += np.bincount(labels[[i for i in match(answer, boxes, labels) if i >= 0]], minlength=3)
    assert table.diagonal()[:3].tolist() == right.tolist()


def test_a_resampled_set_is_the_set_with_pictures_repeated() -> None:
    data, found = random_set(0)
    weights = np.random.default_rng(1).multinomial(len(data), np.full(len(data), 1 / len(data)))
    chosen = np.repeat(np.arange(len(data)), weights)
    repeated = verdicts([found[i] for i in chosen], data.subset(chosen), COCO_IOUS)
    weighted = mean_precision(verdicts(found, data, COCO_IOUS), weights.astype(float))
    # answers of one score change their order, which scarcely matters
    assert weighted == pytest.approx(mean_precision(repeated), abs=0.02)


def test_the_interval_holds_the_value_and_narrows() -> None:
    widths = []
    for pictures in (12, 60):
        data, found = random_set(0, pictures)
        drawn = resampled(verdicts(found, data, (0.5, 0.75)))
        assert drawn.shape == (300, 2)
        low, high = np.percentile(drawn[:, 0], (2.5, 97.5))
        assert low < map50_of(found, data) < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 1.5  # a fifth of the variance
    assert np.array_equal(drawn, resampled(verdicts(found, data, (0.5, 0.75))))


def test_the_most_typical_picture() -> None:
    """Three pictures of one scene at different sizes and one of another: a picture of the scene is typical."""
    scene = np.array([[0.1, 0.1, 0.4, 0.4], [0.5, 0.5, 0.9, 0.9]])
    sizes = [(100, 200), (300, 100), (50, 50), (100, 100)]
    boxes = [
        (scene[::step] * np.tile(size[::-1], 2)).astype(np.float32)
        for size, step in zip(sizes, (1, 1, 2, 1), strict=True)
    ]
    boxes[3] += 1000
    labels = [np.array([0, 1]), np.array([0, 1]), np.array([0]), np.array([0, 1])]
    data, _ = random_set(0, 4)
    data = BoxedPictures(
        class_names=NAMES, names=data.names, boxes=tuple(boxes), labels=tuple(labels), read=data.read
    )
    typical = most_typical(data, sizes)
    assert typical.picture == 0
    assert typical.shares == pytest.approx(scene)
    assert typical.scores == pytest.approx([2 / 3, 1 / 3])
    answer = typical.answer(NAMES, (10, 20))
    assert answer.boxes_xyxy == pytest.approx(np.array([[2, 1, 8, 4], [10, 5, 18, 9]]))
    assert most_typical(data.subset([0]), sizes[:1]) is None
