"""The tab of object detection: what its views compute, then the tab as a person meets it."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hub_models.architectures.fast_rcnn import FastRCNN
from hub_models.architectures.faster_rcnn import FasterRCNN
from hub_models.architectures.overfeat import OverFeat
from hub_models.architectures.yolo_anchors import YoloAnchors
from hub_models.architectures.yolo_grid import YoloGrid
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput, CheckpointError
from hub_models.inside.boxes import non_max_suppression_steps
from hub_models.inside.overlap import overlap_rows, parse_box, parse_size, scaling_rows
from hub_models.inside.precision_recall import average_precision, match
from hub_models.inside.proposals import shared_map
from hub_models.picture import decode_picture, encode_jpeg, encode_png
from hub_models.predictors.detector import Detector, select
from hub_models.predictors.proposals import FastRCNNPredictor
from hub_models.predictors.windows import WindowDetector
from hub_models.preprocess import InputSpec
from hub_models.results import Boxes
from hub_models.tabs import object_detection_compare as compared
from hub_models.tabs import object_detection_precision as precision
from hub_models.tabs import object_detection_rcnn as rcnn
from hub_models.tabs import object_detection_regions as regions
from hub_models.tabs import object_detection_rpn as rpn
from hub_models.tabs import object_detection_seconds as seconds
from hub_models.tabs import object_detection_windows as windows
from hub_models.tabs import object_detection_yolo as yolo
from hub_models.tabs.object_detection import shown
from hub_models.tabs.object_detection_failures import FAILURES
from hub_models.tabs.object_detection_overlap import drawing, scaling
from hub_models.tabs.object_detection_steps import step_shown
from hub_models.task import task
from hub_models.ui import compare
from hub_models.ui.candidates import Seen
from hub_models.ui.detections import at_size, for_eyes, numbered, show_boxes
from hub_models.ui.examples import available
from hub_models.ui.failures import Failure
from hub_models.ui.plot import Curve, curves

NAMES = ("cat", "dog")


def answer(*objects: tuple[int, float, tuple[float, float, float, float]], size_hw=(100, 200)) -> Boxes:
    labels, scores, boxes = zip(*objects, strict=True) if objects else ((), (), np.empty((0, 4)))
    return Boxes(
        NAMES, np.array(boxes, np.float32), np.array(labels, np.int64), np.array(scores, np.float32), size_hw
    )


def seen(candidates: Boxes, suppresses: bool = True) -> Seen:
    picture = encode_jpeg(np.full((320, 640, 3), 90, np.uint8))
    return Seen(
        picture=picture, candidates=candidates, suppresses=suppresses, seconds=0.5, device="cpu", notes=()
    )


TWICE = answer(
    (0, 0.9, (10, 10, 60, 60)), (0, 0.8, (12, 10, 62, 60)), (1, 0.7, (11, 10, 61, 60)), (0, 0.3, (120, 20, 180, 80))
)  # fmt: skip

# --- formulas -------------------------------------------------------------------------------------------------------


def test_the_example_of_the_notes_is_scaled_as_the_notes_say():
    """Section 8.5.2."""
    rows = scaling_rows(np.array([116, 132, 241, 340]), np.array([416, 416]), np.array([1000, 667]))
    # the notes write 211.97 and 544.47; 132 / 416 * 667 is 211.64 and 340 / 416 * 667 is 545.14
    assert [row[2] for row in rows] == ["278.85", "211.64", "579.33", "545.14"]
    assert rows[0][1] == "116 / 416 · 1000"
    assert "278.85" in scaling("116, 132, 241, 340", "416 x 416", "1000 x 667")


@pytest.mark.parametrize(
    ("first", "second", "intersection", "union", "iou"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), "100", "100", "1.0000"),
        ((0, 0, 10, 10), (5, 0, 15, 10), "50", "150", "0.3333"),
        ((0, 0, 10, 10), (20, 20, 30, 30), "0", "200", "0.0000"),
        ((0, 0, 10, 10), (10, 0, 20, 10), "0", "200", "0.0000"),
        ((0, 0, 10000, 10000), (0, 0, 10000, 5000), "50000000", "100000000", "0.5000"),
    ],
)
def test_iou_with_the_numbers_put_in(first, second, intersection, union, iou):
    rows = {what: value for what, _, value in overlap_rows(np.array(first), np.array(second))}
    assert (rows["intersection"], rows["union"], rows["IoU"]) == (intersection, union, iou)


def test_the_drawing_has_a_picture_both_boxes_and_words():
    drawn = drawing(np.zeros((40, 60, 3), np.uint8), np.array([1, 2, 11, 12]), np.array([6, 2, 16, 12]))
    assert 'class="shared" x="6" y="2" width="5" height="10"' in drawn
    assert drawn.count("data-box=") == 4  # two boxes and their corners
    assert 'aria-label="intersection 50, union 150, IoU 0.333"' in drawn


@pytest.mark.parametrize("text", ["", "1, 2, 3", "1 2 3 4 5", "a, b, c, d", "1, 2, nan, 4", "5, 5, 4, 6", "5, 5, 5, 6",
                                  "0, 0, 1e9, 1", "0, 0, 999999, 1", "0, 0, 1_0, 4", "<script>"])  # fmt: skip
def test_boxes_that_are_none_are_refused(text):
    with pytest.raises(BadInput) as refused:
        parse_box(text, "box A")
    assert refused.value.code == "bad_value"
    assert "box A" in refused.value.message


@pytest.mark.parametrize(
    ("text", "size"), [("416 x 416", (416, 416)), ("640×480", (640, 480)), ("3, 4", (3, 4))]
)
def test_sizes_as_people_write_them(text, size):
    assert parse_size(text, "the size").tolist() == list(size)


@pytest.mark.parametrize("text", ["0 x 4", "-3 x 4", "416", "x"])
def test_sizes_that_are_none_are_refused(text):
    with pytest.raises(BadInput, match="the size"):
        parse_size(text, "the size")


# --- Try it ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confidence", "iou"), [(0.01, 0.5), (0.5, 0.5), (0.85, 0.5), (0.5, 1.0), (1.0, 0.0)]
)
def test_a_slider_shows_what_select_gives(confidence, iou):
    _, words = shown(seen(TWICE), confidence, iou)
    expected = select(TWICE, confidence, iou)
    assert words.count("<tr>") == (1 + len(expected) if len(expected) else 0)
    assert f"{len(expected)} left by non-max suppression" in words
    assert ("No object found" in words) == (not len(expected))


def test_a_network_that_says_each_object_once_is_left_alone():
    _, words = shown(seen(TWICE, suppresses=False), 0.5, 0.0)
    assert words.count("<tr>") == 1 + 3
    assert "no suppression" in words


def test_before_the_first_answer_a_slider_shows_nothing():
    picture, numbers = shown(None, 0.5, 0.5)
    assert "press Detect" in picture
    assert numbers == ""


@pytest.mark.parametrize(
    ("size_hw", "shown_hw"),
    [
        ((1, 1), (640, 640)),
        ((30, 60), (320, 640)),
        ((480, 640), (480, 640)),
        ((2000, 4000), (640, 1280)),
        ((1, 9000), (1, 1280)),
    ],
)
def test_pictures_are_shown_at_a_size_for_eyes(size_hw, shown_hw):
    pixels = np.zeros((*size_hw, 3), np.uint8)
    assert for_eyes(pixels).shape[:2] == shown_hw
    assert show_boxes(pixels, answer((0, 0.9, (0, 0, size_hw[1], size_hw[0])), size_hw=size_hw)).startswith(
        "<figure"
    )


def test_boxes_follow_the_size_of_the_picture():
    larger = at_size(answer((0, 0.9, (10, 20, 30, 40))), (200, 600))
    assert larger.size_hw == (200, 600)
    assert larger.boxes_xyxy.tolist() == [[30, 40, 90, 80]]


# --- Look inside ----------------------------------------------------------------------------------------------------


def test_steps_go_from_all_boxes_to_those_that_are_kept():
    steps = non_max_suppression_steps(TWICE, 0.5, 0.5)
    words = [step_shown(seen(TWICE), 0.5, 0.5, number) for number in range(len(steps) + 1)]
    assert "All 4 boxes" in words[0][0]
    assert "1 discarded, 3 left" in words[1][0]
    assert "Pick cat 90%; discard 80% (IoU 0.92)" in words[2][0]
    assert "0.923" in words[2][1]
    assert "Pick dog 70%; discard nothing" in words[3][0]
    assert "0 not decided yet, 2 kept" in words[3][1]
    assert len(words) == 4
    assert step_shown(seen(TWICE), 0.5, 0.5, 99) == words[3]  # a slider of Try it may make the steps fewer


def test_steps_without_any_box():
    picture, words = step_shown(seen(answer()), 0.5, 0.5, 0)
    assert "All 0 boxes" in picture
    assert "0 not decided yet, 0 kept" in words


def test_the_true_boxes_of_the_examples_lie_in_their_pictures():
    names = ("Platelets", "RBC", "WBC")
    truth = precision.true_boxes(names)
    assert sorted(truth) == ["blood_1.jpg", "blood_2.jpg", "blood_3.jpg"]
    for file, (boxes, labels) in truth.items():
        height, width = decode_picture(precision.EXAMPLES / file).pixels.shape[:2]
        assert len(boxes) == len(labels) > 0
        assert (boxes[:, :2] < boxes[:, 2:]).all()
        assert boxes.min() >= 0
        assert (boxes[:, 2:] <= (width, height)).all()


def oracle(names: tuple[str, ...], share: float):
    """A detector that knows the first `share` of the objects of every picture, and nothing else."""
    answers = iter(precision.true_boxes(names).values())

    def predict(pixels: np.ndarray) -> Boxes:
        boxes, labels = next(answers)
        count = round(share * len(boxes))
        scores = np.linspace(0.9, 0.6, count, dtype=np.float32)
        return Boxes(names, boxes[:count], labels[:count], scores, pixels.shape[:2])

    return predict


@pytest.mark.parametrize(("share", "expected"), [(1.0, 1.0), (0.0, 0.0)])
def test_a_perfect_and_an_empty_answer_are_judged(share, expected):
    names = ("Platelets", "RBC", "WBC")
    found = precision.judge("oracle", oracle(names, share), names)
    for judged in found.classes:
        assert judged.curve.objects > 0
        assert average_precision(judged.curve) == pytest.approx(expected, abs=1e-6)
        assert len(judged.where) == round(share * judged.curve.objects)
        plot, words, picture = precision.shown(found, judged.name, None)
        assert "<svg" in plot
        assert f"{expected:.3f}" in words
        assert bool(picture) == bool(judged.where)


def test_each_prediction_is_shown_in_its_own_picture():
    names = ("Platelets", "RBC", "WBC")
    found = precision.judge("oracle", oracle(names, 0.7), names)
    judged = found.of("RBC")
    for count, (file, place) in enumerate(judged.where, 1):
        assert found.found[file].scores[place] == pytest.approx(judged.curve.scores[count - 1])
        assert f"Prediction {count}, in {file}" in precision.sight(found, judged, count)


def test_classes_that_a_network_does_not_know_are_no_objects_for_it():
    truth = precision.true_boxes(("RBC", "cat"))
    assert all(set(labels.tolist()) == {0} for _, labels in truth.values())


def test_curves_are_read_out_and_escaped():
    drawn = curves(
        [Curve(name="<b>", x=np.array([0, 1]), y=np.array([1, 0.5]))], "Recall", "Precision", 'a "curve"'
    )
    assert "&lt;b&gt;" in drawn
    assert 'aria-label="a &quot;curve&quot;"' in drawn
    assert "M46.0 10.0L346.0 160.0" in drawn  # from the upper left to half way down the right
    assert (
        "<path"
        not in curves([Curve(name="none", x=np.array([]), y=np.array([]))], "x", "y", "z").split("</svg>")[0][
            -40:
        ]
    )


# --- views of one system: the real networks, tiny ------------------------------------------------------------------

SPEC = InputSpec(size_hw=(96, 128), mean=(0.5,) * 3, std=(0.5,) * 3)


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "picture.png"
    blocks = np.random.default_rng(0).integers(0, 256, (3, 5, 3), np.uint8)
    path.write_bytes(encode_png(blocks.repeat(20, 0).repeat(20, 1)))  # 60 x 100
    return str(path)


def test_windows_of_every_size_and_place(picture: str) -> None:
    torch.manual_seed(0)
    network = OverFeat(classes=2, sides=(24.0, 40.0), channels=(4, 6, 8, 12)).eval()
    found = windows.slide(WindowDetector(None, network, SPEC, NAMES, "cpu"), picture)
    assert found.picture.shape == (80, 128, 3)  # 60 x 100, as large as fits into 96 x 128, multiples of 8
    assert found.sizes() == ["24 x 24 pixels", "40 x 40 pixels"]
    for size in (windows.ALL, *found.sizes()):
        for name in (windows.ANY, *NAMES):
            assert f"Score of {name}, window of {size}" in windows.heat_of(found, name, size, 5)
        for y, x in ((0, 0), (100, 100), (37, 62)):
            shown_window = windows.window_of(found, size, y, x)
            assert shown_window.count("<tr>") == 1 + 3  # two classes and background
    assert "the 0 most certain windows" in windows.heat_of(found, windows.ANY, windows.ALL, 0)
    assert windows.work_of(found).count("<tr>") == 1 + 2 + 1


@pytest.mark.parametrize(
    "network",
    [
        lambda: YoloAnchors(classes=2, anchors_wh=((20.0, 20.0), (60.0, 40.0)), width=16),
        lambda: YoloGrid(classes=2, width=16),
    ],
)
def test_the_grid_names_the_cell_of_every_object(picture: str, network) -> None:
    torch.manual_seed(0)
    made = network().eval().requires_grad_(False)
    made.head.bias.zero_()  # a network that has learned nothing is sure that there is nothing
    grid = yolo.gridded(Detector(None, made, SPEC, NAMES, "cpu"), picture, 0.0, 0.5)
    objects = numbered(grid.found)
    assert objects
    assert f"the {len(objects)} objects found" in yolo.heat_of(grid)
    assert ("equation 8.4" in yolo.shape_of(grid)) == (grid.view.anchors_wh is not None)
    for name, box in zip(objects[:3], grid.found.boxes_xyxy, strict=False):
        sight, said, label = yolo.object_of(grid, name)
        column, row = (int(side) for side in (box[:2] + box[2:]) / 2 // grid.view.stride)
        assert f"lies in cell ({row}, {column})" in sight
        assert said.count("<tr>") == 1 + grid.view.anchors
        assert "<td>p_c</td><td>1.00</td>" in label


def test_a_grid_without_objects_says_so(picture: str) -> None:
    detector = Detector(None, YoloGrid(classes=2, width=16).eval(), SPEC, NAMES, "cpu")
    grid = yolo.gridded(detector, picture, 1.0, 0.5)
    assert numbered(grid.found) == []
    assert "No object" in yolo.object_of(grid, None)[2]
    assert yolo.object_of(None, None) == ("", "", "")


def test_regions_merge_until_one_is_left(picture: str) -> None:
    found = regions.search(picture)
    assert regions.facts_of(found).count("<tr>") == 1 + len(found.names())
    for name, grouping in zip(found.names(), found.proposals.groupings, strict=True):
        assert f"Regions left: {len(grouping.merges) + 1}." in regions.regions_of(found, name, 0)
        assert "Regions left: 1." in regions.regions_of(found, name, 100)
    assert "The first 3 of" in regions.boxes_of(found, 3)


def row(model: str) -> Checkpoint:
    return Checkpoint(
        id=f"{model}.test", task="object-detection", title=model, architecture=model, year=2015, library="ours",
        source="local:x", model=model, sentence="s", paper="p", weights_licence="l", data_licence="l",
        trained_on="test", parameters=1, megabytes=1.0, recipe="r",
    )  # fmt: skip


def fast(tiny: dict) -> FastRCNNPredictor:
    torch.manual_seed(0)
    network = FastRCNN(classes=2, **tiny).eval().requires_grad_(False)
    return FastRCNNPredictor(row("fast_rcnn"), network, SPEC, NAMES, "cpu")


def faster(tiny: dict) -> Detector:
    torch.manual_seed(0)
    network = FasterRCNN(classes=2, anchor_sides=(16, 32), **tiny).eval().requires_grad_(False)
    return Detector(row("faster_rcnn"), network, SPEC, NAMES, "cpu")


TINY = {"width": 8, "hidden": 8}


def test_proposals_of_fast_rcnn_and_what_it_sees_of_one(picture: str) -> None:
    predictor = fast(TINY)
    found = rcnn.look(predictor, picture, 0.0, 0.5)
    assert numbered(found.found)
    assert len(found.nearest) == len(found.found)
    assert f"{len(found.proposals):,} proposals" in rcnn.facts_of(found)
    assert "The 5 regions" in rcnn.best_of(found, 5)
    for number, name in enumerate(numbered(found.found)[:3]):
        assert name in rcnn.region_of(found, number)
    seen_region = rcnn.seen_of(predictor, found, 0)
    assert "RoI pooling keeps the largest value" in seen_region
    assert seen_region.count("<tr>") >= 1 + 7 + 1 + 1  # the pooled rows, and what the head says


def test_anchors_proposals_and_refined_boxes_of_faster_rcnn(picture: str) -> None:
    predictor = faster(TINY)
    found, network_sees, x = rpn.proposed(predictor, picture)
    map = shared_map(predictor.network, x)
    assert network_sees.shape == (80, 128, 3)
    y, x = rpn.likeliest(found)
    shown_cell, anchors = rpn.cell_of(found, network_sees, y, x)
    assert anchors.count("<tr>") == 1 + found.objectness.shape[2]
    assert f"{found.objectness.max():.1%}" in anchors  # the likeliest cell is the one that is shown
    assert "The 6 anchors" in shown_cell
    assert f"of {len(found.proposals)} proposals" in rpn.heat_of(found, network_sees, 5)
    for number in (1, len(found.proposals), 1000):
        one, pooled = rpn.proposal_of(found, network_sees, NAMES, map, 8, number)
        assert f"Proposal {min(number, len(found.proposals))} of" in one
        assert "7 x 7" in pooled


def test_the_seconds_of_both_parts_are_measured(picture: str) -> None:
    pixels = decode_picture(Path(picture)).pixels
    spent = [seconds.measured(predictor, pixels) for predictor in (fast(TINY), faster(TINY))]
    for part in spent:
        assert part.regions > 0 < part.judging
        assert part.count > 0
    assert seconds.bars(spent).count('scope="row"') == 2
    assert seconds.numbers(spent).count("<tr>") == 3


def test_every_checkpoint_is_compared_and_what_fails_is_told(picture: str, monkeypatch) -> None:
    rows = {"faster_rcnn.test": faster(TINY), "fast_rcnn.test": fast(TINY)}

    class Two:
        def menu(self, task):
            return tuple(p.checkpoint for p in rows.values())

        def run(self, identity, task, work):
            if identity == "fast_rcnn.test":
                raise CheckpointError("checkpoint_corrupt", "The weights are damaged.")
            return work(rows[identity])

    monkeypatch.setattr(compare, "LOADER", Two())
    pixels = decode_picture(Path(picture)).pixels
    asked = SimpleNamespace(id="object-detection")
    listed = compare.oldest_first(asked, downloads=False)
    found, failed = (
        compare.outcome_of(asked, checkpoint, lambda p: p.predict(pixels, 0.5, 0.5)) for checkpoint in listed
    )
    assert found.seconds > 0
    assert "objects in" in compare.card_of(found, pixels, compared.card, 0.5, 0.5)
    row = compare.row_of(failed, compared.COLUMNS, compared.cells, 0.5, 0.5)
    assert row[3] == "The weights are damaged."
    assert len(row) == len(compare.headings(compared.COLUMNS))
    assert "The weights are damaged." in compare.card_of(failed, pixels, compared.card, 0.5, 0.5)


# --- the task -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", [{"confidence": -0.1}, {"confidence": 1.5}, {"iou": float("nan")}, {"iou": 2}]
)
def test_thresholds_outside_0_to_1_are_refused(picture: str, wrong) -> None:
    with pytest.raises(BadInput) as refused:
        task("object-detection").predict(Path(picture), **wrong)
    assert refused.value.code == "bad_value"
    assert f"from 0 to 1 for {next(iter(wrong))}" in refused.value.message


@pytest.mark.parametrize("name", ["blood 1", "blood 2", "blood 3"])
def test_the_default_finds_the_cells_of_the_examples(name: str) -> None:
    """Held-out pictures: a good part of what is there, and little else."""
    path = available(task("object-detection"))[name]
    answer = task("object-detection").predict(path)
    truth, labels = precision.true_boxes(answer.result.names)[path.name]
    right = int((match(answer.result, truth, labels) >= 0).sum())
    assert right >= 0.3 * len(truth)
    assert right >= 0.8 * len(answer.result)
    assert set(answer.to_json()) == {"boxes", "size_hw", "seconds", "device", "checkpoint"}


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 2000), (3000, 2), (7, 5)])
def test_pictures_of_any_shape_are_answered(tmp_path: Path, size_hw) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(encode_png(np.full((*size_hw, 3), 128, np.uint8)))
    answer = task("object-detection").predict(path, confidence=0.0)
    assert answer.result.size_hw == size_hw


def outcome(failure: Failure, **changed: float) -> Boxes:
    """What a failure's checkpoint finds in its picture."""
    settings = dict(zip(("confidence", "iou"), failure.settings, strict=True)) | changed
    path = available(task("object-detection"))[failure.example]
    return task("object-detection").predict(path, failure.checkpoint, **settings).result


def test_the_failures_that_are_shown_are_failures() -> None:
    coins, eyes, coffee, touching, neighbours = FAILURES
    assert outcome(coins).counts()["RBC"] >= 20
    assert outcome(eyes, confidence=0.8).counts() == {"RBC": 2}
    assert outcome(coffee).counts()["WBC"] > 100
    assert outcome(coffee).scores[0] > 0.99
    found, path = outcome(touching), available(task("object-detection"))[touching.example]
    truth, labels = precision.true_boxes(found.names)[path.name]
    red = found.names.index("RBC")
    right = match(found, truth, labels) >= 0
    assert (labels == red).sum() == 15
    assert right[found.labels == red].sum() <= 5
    assert len(outcome(touching, confidence=0.2)) > len(found) + 3
    assert len(outcome(neighbours)) + 3 <= len(outcome(neighbours, iou=0.5))
