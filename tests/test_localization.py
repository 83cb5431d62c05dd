"""Classification with localization: vector and loss of the lecture, crops with one object, figures, recipe, inside."""

import gradio as gr
import numpy as np
import pytest
import torch
from box_layouts import noisy_voc
from PIL import Image

from finetune.localization import main as recipe
from finetune.one_object import DOUBTFUL, NONE, OneObjectCrops, held
from finetune.one_object_sets import at_most_one, cut_crops, joined
from hub_models.architectures.localizer import (
    BOX_WEIGHT,
    Localizer,
    answered_right,
    box_iou,
    localization_loss,
)
from hub_models.box_dataset import BoxedPictures, split_off_boxes
from hub_models.dataset import FromArray
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import localization as evaluation
from hub_models.inside import localization as inside
from hub_models.inside.boxes import iou
from hub_models.local import read_local
from hub_models.picture import encode_jpeg
from hub_models.predictors import ours
from hub_models.predictors.localizer import Localizer as Predictor
from hub_models.preprocess import InputSpec
from hub_models.results import Location
from hub_models.tabs import localization_inside as tab_inside
from hub_models.tasks.localization import TASK
from hub_models.ui.examples import available
from hub_models.ui.frame import Preset

SPEC = InputSpec(size_hw=(64, 64), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")
NAMES = ("pedestrian", "car", "motorcycle")
NOTES = (0.95, 0.5, 0.9, 0.3, 0.5, 0, 1, 0)  # equation 8.1


def rows(*vectors: tuple[float, ...]) -> torch.Tensor:
    return torch.tensor(vectors, dtype=torch.float32)


def network(**arguments) -> Localizer:
    torch.manual_seed(0)
    return Localizer(
        **{"classes": 3, "last_stage": 3, "grid": 4, "squeezed": 8, "hidden": 16} | arguments
    ).eval()


def answering(vector: tuple[float, ...]) -> Localizer:
    """A network whose answer is `vector`, whatever it sees."""
    made = network(classes=len(vector) - 5)
    with torch.no_grad():
        made.classifier.weight.zero_()
        wanted = torch.tensor(vector).clamp(1e-4, 1 - 1e-4)
        made.classifier.bias.copy_(torch.cat([wanted[:5].logit(), wanted[5:].log()]))
    return made.requires_grad_(False)


# --- network and loss ------------------------------------------------------------------------------------------------


def test_answers_are_probabilities_and_shares():
    answers = network()(torch.randn(4, 3, 64, 96))
    assert answers.shape == (4, 8)
    assert ((answers > 0) & (answers < 1)).all()
    assert torch.allclose(answers[:, 5:].sum(1), torch.ones(4))


def test_the_head_keeps_the_place():
    """The same maps at other places are another picture to the head, as they would not be after a mean over all."""
    net = network()
    maps = torch.zeros(2, 8, 4, 4)
    maps[0, :, 0, 0] = maps[1, :, 3, 2] = 1
    left, right = net.hidden(torch.flatten(net.pool(maps), 1))
    assert not torch.allclose(left, right)


@pytest.mark.parametrize(
    ("answer", "truth", "loss"),
    [
        (NOTES, (1, 0.5, 0.9, 0.3, 0.5, 0, 1, 0), 0.05**2),
        ((1, 0.6, 0.9, 0.3, 0.5, 0, 1, 0), (1, 0.5, 0.9, 0.3, 0.5, 0, 1, 0), BOX_WEIGHT * 0.1**2),
        ((1, 0.5, 0.9, 0.3, 0.5, 1, 0, 0), (1, 0.5, 0.9, 0.3, 0.5, 0, 1, 0), 2),
        ((0.25, 0.1, 0.2, 0.9, 0.9, 1, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0), 0.25**2),
    ],
)
def test_loss_is_equation_8_2(answer, truth, loss):
    assert localization_loss(rows(answer), rows(truth))["loss"].item() == pytest.approx(loss)


def test_where_there_is_no_object_only_p_c_learns():
    answers = rows(NOTES).requires_grad_()
    localization_loss(answers, torch.zeros(1, 8))["loss"].backward()
    assert answers.grad[0, 0] != 0
    assert not answers.grad[0, 1:].any()


@pytest.mark.parametrize(
    ("answer", "truth", "iou"),
    [
        ((1, 0.5, 0.5, 0.5, 0.5), (1, 0.5, 0.5, 0.5, 0.5), 1),
        ((1, 0.25, 0.5, 1, 0.5), (1, 0.75, 0.5, 1, 0.5), 0),
        ((1, 0.25, 0.5, 1.0, 0.5), (1, 0.5, 0.5, 1, 1), 0.5),
        ((1, 0.5, 0.5, 0.5, 0.25), (1, 0.5, 0.5, 0.25, 0.5), 1 / 3),
    ],
)
def test_iou_of_vectors(answer, truth, iou):
    assert box_iou(rows(answer), rows(truth)).item() == pytest.approx(iou)


@pytest.mark.parametrize(
    ("answer", "truth", "right"),
    [
        ((0.9, 0.5, 0.5, 0.5, 0.5, 0, 1), (1, 0.5, 0.5, 0.5, 0.5, 0, 1), True),
        ((0.4, 0.5, 0.5, 0.5, 0.5, 0, 1), (1, 0.5, 0.5, 0.5, 0.5, 0, 1), False),  # not seen
        ((0.9, 0.5, 0.5, 0.5, 0.5, 1, 0), (1, 0.5, 0.5, 0.5, 0.5, 0, 1), False),  # other class
        ((0.9, 0.8, 0.5, 0.5, 0.5, 0, 1), (1, 0.5, 0.5, 0.5, 0.5, 0, 1), False),  # other place
        ((0.4, 0.5, 0.5, 0.5, 0.5, 0, 1), (0, 0, 0, 0, 0, 0, 0), True),
        ((0.6, 0.5, 0.5, 0.5, 0.5, 0, 1), (0, 0, 0, 0, 0, 0, 0), False),
    ],
)
def test_what_counts_as_right(answer, truth, right):
    assert answered_right(rows(answer), rows(truth)).item() is right


# --- predictor -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size_hw", [(200, 300), (300, 200), (64, 64), (1, 1), (1, 500)])
def test_the_box_is_right_in_a_picture_of_any_size(size_hw):
    predictor = Predictor(None, answering(NOTES), SPEC, NAMES, "cpu")
    found = predictor.predict(np.zeros((*size_hw, 3), np.uint8))
    height, width = size_hw
    assert found.size_hw == size_hw
    assert found.label == "car"
    wanted = (0.25 * width, 0.75 * height, 0.75 * width, height)  # the lower side, 1.05, is cut at the border
    assert found.box_xyxy == pytest.approx(wanted, abs=1e-3 * max(size_hw))


def test_the_whole_picture_is_stretched():
    pixels = np.zeros((30, 90, 3), np.uint8)
    pixels[:, :45] = 255
    seen = Predictor(None, network(), SPEC, NAMES, "cpu").preprocess(pixels)
    assert seen.shape == (1, 3, 64, 64)
    assert (seen[0, :, :, :30] == 1).all()
    assert (seen[0, :, :, 34:] == -1).all()


# --- crops -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("crop", "answer"),
    [
        ((0, 0, 40, 40), 0),
        ((10, 10, 30, 30), 0),
        ((11, 10, 30, 30), DOUBTFUL),  # not whole
        ((0, 0, 100, 40), DOUBTFUL),  # both whole
        ((0, 0, 68, 40), 0),  # a part of the other: 0.4
        ((0, 0, 69, 40), DOUBTFUL),
        ((60, 40, 100, 100), NONE),
        ((0, 0, 13, 40), NONE),  # 0.15 of the first
        ((0, 0, 14, 40), DOUBTFUL),
    ],
)
def test_what_a_crop_holds(crop, answer):
    boxes = np.array([(10, 10, 30, 30), (60, 10, 80, 30)], np.float32)
    assert held(np.array(crop, float), boxes) == answer


def squares(count: int = 6, each: int = 2) -> BoxedPictures:
    """Grey pictures with red (class 0) and green (class 1) squares; every third is empty."""
    random = np.random.default_rng(4)
    images = np.full((count, 96, 128, 3), 90, np.uint8)
    boxes, labels = [], []
    for number in range(count):
        found, kinds = [], []
        for place in range(each if number % 3 != 2 else 0):
            side = int(random.integers(14, 26))
            left, top = 64 * place + int(random.integers(4, 30)), int(random.integers(4, 60))
            kind = (number + place) % 2
            images[number, top : top + side, left : left + side] = (
                (230, 20, 20) if kind == 0 else (20, 230, 20)
            )
            found.append((left, top, left + side, top + side))
            kinds.append(kind)
        boxes.append(np.array(found, np.float32).reshape(-1, 4))
        labels.append(np.array(kinds, np.int64))
    return BoxedPictures(
        class_names=("red", "green"),
        names=tuple(f"{number}.png" for number in range(count)),
        boxes=tuple(boxes),
        labels=tuple(labels),
        read=FromArray(images),
    )


def crops(**arguments) -> OneObjectCrops:
    settings = {"samples": 40, "none_share": 0.3, "any_side_up": True, "seed": 1} | arguments
    return OneObjectCrops(squares(), SPEC, **settings)


def coloured_box(picture: torch.Tensor, label: int) -> np.ndarray:
    """Where the red or green pixels of (3, h, w) lie, in shares: xyxy."""
    strong, weak = picture[label].int(), picture[1 - label].int()
    rows, columns = torch.nonzero(strong - weak > 70, as_tuple=True)
    height, width = picture.shape[1:]
    return np.array(
        [columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height]
    )


@pytest.mark.parametrize("any_side_up", [True, False])
def test_the_truth_of_a_crop_is_where_its_colour_is(any_side_up):
    seen = {0: 0, 1: 0, None: 0}
    for number in range(40):
        picture, truth = crops(any_side_up=any_side_up)[(0, number)]
        assert picture.shape == (3, 64, 64)
        if truth[0] == 0:
            assert not truth.any()
            seen[None] += 1
            continue
        label = int(truth[5:].argmax())
        x, y, h, w = truth[1:5].tolist()
        wanted = coloured_box(picture, label)
        assert np.allclose((x - w / 2, y - h / 2, x + w / 2, y + h / 2), wanted, atol=0.04)
        seen[label] += 1
    assert min(seen.values()) >= 6


def test_a_crop_depends_on_seed_epoch_and_number_alone():
    ahead, backwards = crops(), crops()
    first = [ahead[(1, number)] for number in range(5)]
    for number in reversed(range(5)):
        assert all(torch.equal(a, b) for a, b in zip(backwards[(1, number)], first[number], strict=True))
    assert not torch.equal(crops()[(2, 0)][0], first[0][0])
    assert not torch.equal(crops(seed=2)[(1, 0)][0], first[0][0])


def test_cut_crops_hold_one_object_or_none_and_stay_in_their_split():
    train, dev = split_off_boxes(squares(12), 0.3, 2, 0)
    cut = cut_crops(train, 2, seed=0)
    assert len(cut) > 10
    assert {name.partition(" ")[0] for name in cut.names} <= set(train.names)
    assert not {name.partition(" ")[0] for name in cut.names} & set(dev.names)
    for number in range(len(cut)):
        pixels = cut.read(number)
        reddest = (pixels[..., 0].astype(int) - pixels[..., 1] > 100).any()
        greenest = (pixels[..., 1].astype(int) - pixels[..., 0] > 100).any()
        if not len(cut.boxes[number]):
            continue
        (label,), (box,) = cut.labels[number], cut.boxes[number]
        assert (reddest, greenest)[label]
        left, top, right, bottom = box.astype(int)
        assert (pixels[top:bottom, left:right].max(-1) == 230).all()
        assert 0 <= left < right <= pixels.shape[1]
        assert 0 <= top < bottom <= pixels.shape[0]
    again = cut_crops(train, 2, seed=0)
    assert again.names == cut.names


def test_pictures_with_several_objects_are_left_out_or_refused():
    one = at_most_one(squares(each=1))
    assert [len(boxes) for boxes in one.boxes] == [1, 1, 0, 1, 1, 0]
    with pytest.raises(BadData, match="--pictures crops"):
        at_most_one(squares(each=2))
    both = joined([squares(3), squares(2)])
    assert len(both) == 5
    assert np.array_equal(both.read(4), squares(2).read(1))
    assert np.array_equal(both.boxes[3], squares(2).boxes[0])


# --- figures ---------------------------------------------------------------------------------------------------------


def test_report_counts_what_is_right():
    data = squares(each=1)  # 4 pictures with an object, 2 without
    predictor = Predictor(None, answering((0.9, 0.5, 0.5, 0.5, 0.5, 0.9, 0.1)), SPEC, ("red", "green"), "cpu")
    predictor.checkpoint = type("Row", (), {"id": "localizer.test"})
    report = evaluation.evaluate(predictor, data, name="squares")
    assert (report["count"], report["several"], report["skipped"]) == (6, 0, 0)
    assert report["presence"]["value"] == pytest.approx(4 / 6, abs=1e-5)
    assert report["class"]["value"] == 0.5
    assert report["box"]["value"] == 0
    assert report["localized"]["value"] == 0
    assert [(row["label"], row["count"]) for row in report["per_class"]] == [("red", 2), ("green", 2)]
    assert "p_c right" in evaluation.text(report)


def test_perfect_answers_are_all_right():
    boxes = np.array([(0.1, 0.1, 0.5, 0.6), (0.2, 0.3, 0.9, 0.9), (0, 0, 0, 0)])
    truths = [(0, boxes[0]), (1, boxes[1]), (-1, boxes[2])]
    answers = [(0.8, 0, boxes[0]), (0.7, 1, boxes[1]), (0.3, 1, boxes[0])]
    report = evaluation.figures(truths, answers, ("red", "green"))
    assert {report[key]["value"] for key in ("localized", "presence", "class", "box")} == {1.0}
    assert report["mean_iou"] == 1


def test_the_baseline_is_one_answer_for_all():
    label, box = np.array([0, 0, 0, 1]), np.array([(0.1, 0.1, 0.5, 0.5)] * 3 + [(0.1, 0.1, 0.5, 0.5)])
    assert evaluation.baseline(label, box)["localized"] == 0.75
    mostly_empty = evaluation.baseline(np.array([-1, -1, 0]), np.zeros((3, 4)))
    assert mostly_empty == {"name": "always no object", "localized": pytest.approx(2 / 3, abs=1e-5)}


def test_classes_that_the_checkpoint_does_not_know_are_named():
    predictor = Predictor(None, network(), SPEC, NAMES, "cpu")
    with pytest.raises(BadData, match="red"):
        evaluation.evaluate(predictor, squares(each=1))


# --- look inside -----------------------------------------------------------------------------------------------------

FOUND = Location(NAMES, np.array(NOTES, np.float32), (200, 400))


def test_every_number_is_explained_with_the_pixels_of_the_picture():
    assert inside.symbols(NAMES) == ("p_c", "b_x", "b_y", "b_h", "b_w", "c_1", "c_2", "c_3")
    said = inside.meanings(FOUND)
    assert "95%" in said[0]
    assert "0.500 × 400 = 200 pixels" in said[1]
    assert "0.900 × 200 = 180 pixels" in said[2]
    assert "0.300 × 200 = 60 pixels" in said[3]
    assert "car with probability 100%" in said[6]
    nothing = Location(NAMES, np.array((0.1, *NOTES[1:]), np.float32), (200, 400))
    assert "mean nothing" in inside.meanings(nothing)[0]


def test_the_loss_is_summed_over_all_numbers_or_over_p_c_alone():
    truth = inside.vector_of((0.25, 0.7, 0.75, 1.0), 1, 3)
    judged = inside.loss(FOUND, truth)
    assert judged.total == pytest.approx(0.05**2 + 0.05**2)  # p_c and b_y
    assert judged.overlap.value == pytest.approx(0.25 / 0.3)  # the answer reaches over the lower border
    assert judged.formula().endswith(f"= {judged.total:.3f}")
    assert judged.formula().count("²") == 8
    nothing = inside.loss(FOUND, None)
    assert nothing.total == pytest.approx(0.95**2)
    assert nothing.formula() == "(0.95 − 0.00)² = 0.902"
    assert [term.counts for term in nothing.terms] == [True, *[False] * 7]
    assert nothing.overlap is None


@pytest.mark.parametrize("box", [(0.5, 0.2, 0.5, 0.8), (0.6, 0.2, 0.4, 0.8), (0.1, 0.2, 1.4, 0.8)])
def test_an_impossible_truth_is_refused(box):
    with pytest.raises(BadInput, match="left < right"):
        inside.vector_of(box, 0, 3)


@pytest.mark.parametrize("size_hw", [(1, 1), (40, 60), (480, 640)])
def test_the_vector_is_drawn_on_a_copy(size_hw):
    pixels = np.full((*size_hw, 3), 120, np.uint8)
    drawn = inside.measured(pixels, FOUND)
    assert drawn.shape == pixels.shape
    assert (drawn != pixels).any()
    assert (pixels == 120).all()


def test_evidence_lies_where_the_number_comes_from():
    net = network().requires_grad_(False)
    found = inside.evidence(net, torch.randn(1, 3, 64, 64), 0)
    assert found.map.shape == (64, 64)
    assert found.method == "Grad-CAM"
    assert 0 <= found.map.min() <= found.map.max() <= 1


# --- the task and its tab --------------------------------------------------------------------------------------------

CELLS = {"white cell": "WBC", "red cell": "RBC", "platelet": "Platelets"}


@pytest.mark.parametrize("name", CELLS)
def test_the_example_is_localized(name):
    """Crops of pictures that no recipe trains on; the boxes are those of the data's labels."""
    truth = {
        "white cell": (83, 42, 242, 216),
        "red cell": (64, 2, 193, 121),
        "platelet": (48, 21, 83, 61),
    }[name]
    answer = TASK.predict(available(TASK)[name])
    assert answer.result.label == CELLS[name]
    assert answer.result.vector[0] > 0.5
    assert iou(answer.result.box_xyxy, truth).value >= 0.5


def test_the_tab_can_be_built():
    with gr.Blocks() as blocks:
        TASK.tab(Preset())
    labels = {block.label for block in blocks.blocks.values() if getattr(block, "label", None)}
    assert {"The vector (8.1)", "The loss (8.2)", "Evidence", "What is in the picture"} <= labels


def test_the_loss_view_compares_with_a_truth_of_one_s_own():
    seen = encode_jpeg(np.full((200, 400, 3), 90, np.uint8)), FOUND
    sight, terms = tab_inside.compared(seen, "car", 25, 70, 75, 100)
    assert "IoU 0.83" in sight
    assert "case y₁ = 1" in terms
    assert "(0.90 − 0.85)²" in terms
    sight, terms = tab_inside.compared(seen, tab_inside.NOTHING, 25, 70, 75, 100)
    assert "no true box" in sight
    assert terms.count("does not count") == 7
    assert "= 0.902" in terms
    assert "Ask the network" in tab_inside.compared(None, "car", 0, 0, 1, 1)[1]
    with pytest.raises(BadInput, match="left < right"):
        tab_inside.compared(seen, "car", 80, 70, 75, 100)


def test_the_vector_is_written_as_in_the_notes():
    written = tab_inside.column(FOUND)
    assert written.index("p_c") < written.index("b_h") < written.index("c_3")
    assert "<div>0.95</div><div>0.50</div><div>0.90</div><div>0.30</div><div>0.50</div>" in written
    hostile = Location(("<b>", "a", "b"), FOUND.vector, (10, 10))
    assert "<b>" not in tab_inside.explained(hostile)


# --- recipe ----------------------------------------------------------------------------------------------------------


def test_the_recipe_trains_writes_and_goes_on_from_a_checkpoint(tmp_path):
    noisy_voc(squares(12), tmp_path / "data")
    (tmp_path / "empty").mkdir()
    for number in range(4):
        Image.fromarray(np.full((40, 50, 3), 40 * number, np.uint8)).save(
            tmp_path / "empty" / f"{number}.png"
        )
    common = [
        "--data",
        str(tmp_path / "data"),
        "--pictures",
        "crops",
        "--size",
        "32",
        "--batch",
        "4",
        "--smoke",
    ]
    common += ["--dev-block", "1", "--dev-share", "0.3", "--background-dir", str(tmp_path / "empty")]
    first = [*common, "--output", str(tmp_path / "first"), "--last-stage", "3"]
    assert recipe(first) == 0
    row = read_local(tmp_path / "first" / "checkpoint")
    predictor = ours.load(row, tmp_path / "first" / "checkpoint", "cpu")
    assert predictor.names == ("green", "red")
    assert row.task == "localization"
    assert row.metrics[0].baseline is not None
    before = (tmp_path / "first" / "best.safetensors").read_bytes()
    assert recipe(first) == 0  # nothing is left to do
    assert (tmp_path / "first" / "best.safetensors").read_bytes() == before
    again = [*common, "--model", str(tmp_path / "first" / "checkpoint"), "--output", str(tmp_path / "second")]
    assert recipe(again) == 0
    assert "first" in read_local(tmp_path / "second" / "checkpoint").sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "resnet20.cifar10"], "Expected --model to be one of localizer"),
        (["--background-dir", "nowhere"], "found nothing named nowhere"),
    ],
)
def test_wrong_arguments_are_said_in_a_sentence(arguments, words, tmp_path, capsys):
    noisy_voc(squares(12, each=1), tmp_path / "data")
    common = ["--data", str(tmp_path / "data"), "--output", str(tmp_path / "run"), "--smoke"]
    common += ["--dev-block", "1", "--dev-share", "0.3"]
    assert recipe([*common, *arguments]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
