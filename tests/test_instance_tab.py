"""The tab of instance segmentation: what its views compute and show, and what it answers to odd pictures."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from instance_folders import NAME, SPEC, ours, row, sam

from hub_models import runs
from hub_models.errors import BadInput, CheckpointError
from hub_models.inside.instances import roi_reading
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_jpeg, encode_png
from hub_models.segments import Instances
from hub_models.tabs import instance_segmentation as tab
from hub_models.tabs import instance_segmentation_align as align
from hub_models.tabs import instance_segmentation_closer as closer
from hub_models.tabs import instance_segmentation_compare as compared
from hub_models.tabs import instance_segmentation_count as count
from hub_models.tabs import instance_segmentation_losses as losses
from hub_models.tabs import instance_segmentation_mask as mask
from hub_models.tabs import instance_segmentation_point as point
from hub_models.tabs import instance_segmentation_pointed as pointed
from hub_models.tabs import instance_segmentation_rpn as rpn
from hub_models.tabs import instance_segmentation_separate as separate
from hub_models.tabs.instance_segmentation_failures import FAILURES
from hub_models.tabs.instance_segmentation_form import FORM
from hub_models.tabs.instance_segmentation_seen import at_size, found_in, show_instances
from hub_models.task import task
from hub_models.ui import compare
from hub_models.ui.candidates import Seen, see
from hub_models.ui.examples import available

TASK = task("instance-segmentation")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Iterator[dict[str, str]]:
    """A folder of each tiny network, opened as visitors' runs are: model -> id."""
    root = tmp_path_factory.mktemp("tiny")
    folders = {**ours(root), "sam": sam(root / "tiny_sam")}
    opened = {model: LOADER.open_local(folder).id for model, folder in folders.items()}
    yield opened
    for identity in opened.values():
        LOADER.unload(identity)
        del LOADER.local[identity]


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    blocks = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    path.write_bytes(encode_png(blocks.repeat(16, 0).repeat(16, 1)[:77, :109]))  # no stride divides 77 x 109
    return str(path)


def answer(*objects: tuple[int, float, tuple], size_hw=(100, 200), names=("cat", "dog")) -> Instances:
    """Objects (class, score, box) whose masks are discs that fill their boxes."""
    labels, scores, boxes = zip(*objects, strict=True) if objects else ((), (), np.empty((0, 4)))
    at = np.hypot(*(np.mgrid[:28, :28] - 13.5)) / 14
    disc = np.clip(1.5 - at, 0, 1).astype(np.float32)
    arrays = np.array(boxes, np.float32), np.array(labels, np.int64), np.array(scores, np.float32)
    return Instances(names, *arrays, (disc,) * len(scores), size_hw)


def seen(candidates: Instances, suppresses: bool = True) -> Seen:
    sides = candidates.size_hw
    return Seen(
        picture=encode_jpeg(np.full((640 * sides[0] // sides[1], 640, 3), 90, np.uint8)), candidates=candidates,
        suppresses=suppresses, seconds=0.5, device="cpu", notes=("turned",),
    )  # fmt: skip


TWICE = answer(
    (0, 0.9, (10, 10, 60, 60)), (0, 0.8, (12, 10, 62, 60)), (1, 0.7, (60, 10, 110, 60)), (0, 0.3, (140, 20, 180, 60))
)  # fmt: skip


def rows_in(html: str) -> int:
    return html.count("<tr>") - html.count("<thead>")


# --- Try it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confidence", "iou", "left"),
    [(0.5, 0.5, 2), (0.5, 0.99, 3), (0.01, 0.5, 3), (0.95, 0.5, 0), (0.75, 0.5, 1)],
)
def test_a_slider_shows_what_select_gives(confidence: float, iou: float, left: int) -> None:
    picture, words = tab.shown(seen(TWICE), confidence, iou, 0.5)
    assert rows_in(words) == left
    assert f"{left} left by non-max suppression" in words
    assert ("No object found" in words) == (left == 0)
    assert picture.startswith("<figure")
    assert "Note: turned" in words


def test_the_mask_threshold_changes_areas_and_no_object() -> None:
    areas = []
    for threshold in (0.1, 0.5, 0.9):
        _, words = tab.shown(seen(TWICE), 0.5, 0.5, threshold)
        assert rows_in(words) == 2
        areas.append(int(re.findall(r'number">([\d,]+)</td></tr>', words)[0].replace(",", "")))
    assert areas[0] > areas[1] > areas[2] > 500
    assert areas[1] == pytest.approx(np.pi * 25**2, rel=0.05), "a disc of 50 pixels across"


def test_a_network_that_says_each_object_once_is_left_alone() -> None:
    _, words = tab.shown(seen(TWICE, suppresses=False), 0.5, 0.0, 0.5)
    assert rows_in(words) == 3
    assert "no suppression" in words


def test_before_the_first_answer_a_slider_shows_nothing() -> None:
    assert tab.shown(None, 0.5, 0.5, 0.5) == (tab.WAITING, "")


def test_objects_follow_the_size_of_the_picture() -> None:
    larger = at_size(TWICE, (200, 600))
    assert larger.boxes_xyxy[0].tolist() == [30, 20, 180, 120]
    assert larger.areas()[0] == pytest.approx(6 * TWICE.areas()[0], rel=0.02)
    assert "Found: 3 cat, 1 dog" in show_instances(np.zeros((50, 100, 3), np.uint8), TWICE)


def test_names_from_a_checkpoint_are_escaped() -> None:
    found = answer((0, 0.9, (10, 10, 60, 60)), names=("<script>", "b"))
    html = "".join(tab.shown(seen(found), 0.5, 0.5, 0.5)) + "".join(count.both(seen(found), 0.5, 0.5, 0.5))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("model", ["mask_rcnn", "unet", "sam"])
def test_what_is_seen_is_kept_without_the_network(tiny, picture: str, model: str) -> None:
    found = see(TASK, picture, tiny[model])
    assert found.candidates.size_hw == (77, 109)
    assert found.pixels().shape[:2] == (452, 640)
    assert len(found.candidates)
    assert len(found_in(found, 1.0, 0.5)) <= len(found_in(found, 0.0, 0.5))


@pytest.mark.parametrize("model", ["mask_rcnn", "unet"])
@pytest.mark.parametrize("size_hw", [(1, 1), (1, 2000), (3000, 2), (7, 5)])
def test_pictures_of_any_shape_are_answered(tiny, tmp_path: Path, model: str, size_hw) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(encode_png(np.full((*size_hw, 3), 128, np.uint8)))
    answered = TASK.predict(path, tiny[model], confidence=0.0)
    assert answered.result.size_hw == size_hw
    assert set(answered.to_json()) == {"instances", "size_hw", "seconds", "device", "checkpoint"}


@pytest.mark.parametrize(
    "wrong", [{"confidence": -0.1}, {"confidence": 1.5}, {"iou": float("nan")}, {"iou": 2}]
)
def test_thresholds_outside_0_to_1_are_refused(picture: str, wrong: dict) -> None:
    with pytest.raises(BadInput) as refused:
        TASK.predict(Path(picture), **wrong)
    assert refused.value.code == "bad_value"


def test_a_checkpoint_that_is_none_is_refused(picture: str) -> None:
    with pytest.raises(CheckpointError) as refused:
        TASK.predict(Path(picture), checkpoint="/etc/passwd")
    assert refused.value.code == "checkpoint_unknown"


def test_frames_of_a_clip(tiny, picture: str) -> None:
    pixels = decode_picture(Path(picture)).pixels
    drawn, found = LOADER.run(tiny["mask_rcnn"], TASK.id, lambda p: tab.annotate(p, pixels, 0.0, 0.5, 0.5))
    assert drawn.shape == pixels.shape
    assert (drawn != pixels).any() == bool(len(found))


# --- Look inside ------------------------------------------------------------------------------------------------


def test_proposals_and_one_of_them(tiny, picture: str) -> None:
    found, sight, _ = LOADER.run(tiny["mask_rcnn"], TASK.id, lambda p: rpn.proposed(p, picture))
    assert sight.shape == (96, 128, 3)
    heat = rpn.heat_of(found, sight, 10)
    assert f"the 10 likeliest of {len(found.proposals)} proposals" in heat
    assert "24 x 32 cells of 4 pixels" in heat
    for number in (1, 10_000):
        one = rpn.proposal_of(found, sight, (NAME,), number)
        assert f"Proposal {min(number, len(found.proposals))} of" in one
        assert rows_in(one) == 3


@pytest.mark.parametrize("bins", [7, 14])
def test_a_region_is_read_in_both_ways(tiny, picture: str, bins: int) -> None:
    map, numbers, both = LOADER.run(tiny["mask_rcnn"], TASK.id, lambda p: align.read(p, picture, 3, bins))
    assert "a cell is 4 pixels" in map
    assert f"{bins} x {bins} bins" in map
    assert rows_in(numbers) == 4 + bins
    assert rows_in(both) == 2 * bins


def test_the_drawing_shows_the_region_and_what_rounding_makes_of_it() -> None:
    channel = np.zeros((30, 40), np.float32)
    reading = roi_reading(channel, np.array([41.0, 33.0, 87.0, 66.0]), stride=4)
    drawn = align.region_on_map(channel, reading)
    assert drawn.shape[1] > 500
    from hub_models.draw import COLOURS

    for colour in (COLOURS[align.EXACT], COLOURS[align.ROUNDED], (255, 255, 255)):
        assert (drawn == colour).all(-1).sum() > 50
    words = align.moved(reading, 4)
    assert "10.25" in words
    assert "-1.0" in words, "the left side moves from 10.25 to 10 cells: a pixel to the left"


def test_a_mask_from_few_values_to_pixels() -> None:
    stages, facts = mask.stages_of(seen(TWICE), 0.5, 0.5, 1, 0.42)
    assert "28 x 28 values" in stages
    assert "At least 0.42" in stages
    assert stages.count("<figure") == 3
    pixels = [int(value.replace(",", "")) for value in re.findall(r'number">([\d,]+)</td>', facts)]
    assert len(pixels) == 6
    assert pixels == sorted(pixels, reverse=True), "a higher threshold leaves less"
    assert mask.stages_of(seen(answer()), 0.5, 0.5, 1, 0.5)[0] == "<p>No object at these thresholds.</p>"
    assert mask.stages_of(seen(TWICE), 0.5, 0.5, 99, 0.5)[0].count("<figure") == 3


def test_what_is_cut_out_keeps_its_colours() -> None:
    crop = np.zeros((4, 4, 3), np.uint8)
    crop[..., 0] = 200
    cut = mask.cut_out(crop, np.eye(4, dtype=bool))
    assert (cut[np.eye(4, dtype=bool)] == (200, 0, 0)).all()
    outside = cut[~np.eye(4, dtype=bool)]
    assert (outside[:, :1] == outside).all(), "grey"


def test_the_three_losses_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_RUNS", str(tmp_path))
    assert losses.runs_with_losses(TASK) == []
    assert losses.NO_RUN in losses.words_of(None, [])
    for name, header in (("mine", "step,loss,L_cls,L_box,L_mask"), ("other", "step,loss")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "command.json").write_text('{"recipe": "instance_segmentation", "arguments": []}')
        numbers = "".join(f"{i},3.0" + ",1.0,1.5,0.5" * (name == "mine") + "\n" for i in range(1, 6))
        (folder / "log.csv").write_text(f"{header}\n{numbers}")
    assert losses.runs_with_losses(TASK) == ["mine"]
    assert len(losses.curves("mine")) == 15
    assert set(losses.curves("mine")["term"]) == {"L_cls", "L_box", "L_mask"}
    assert len(losses.curves("other")) == len(losses.curves(None)) == 0
    assert "L_box from 1.50 to 1.50" in losses.words_of("mine", ["mine"])
    assert "no step" in losses.words_of("other", ["mine"])
    assert runs.names("instance_segmentation")


def test_touching_objects_are_taken_apart(tiny, picture: str) -> None:
    maps, steps, numbers = LOADER.run(tiny["unet"], TASK.id, lambda p: separate.apart(p, picture))
    for name in separate.CLASSES:
        assert f"Probability of {name}" in maps
    assert steps.count("<figure") == 3
    assert rows_in(numbers) == 3


def test_which_checkpoints_a_view_fits() -> None:
    assert separate.separates(row("unet"))
    assert not separate.separates(row("mask_rcnn"))
    assert not separate.separates(row("SamModel", "transformers"))


def test_semantic_and_instance_count_differently() -> None:
    pictures, numbers = count.both(seen(TWICE.chosen(np.array([0, 3]))), 0.0, 0.5, 0.5)
    assert pictures.count("<figure") == 3
    assert "both count 2" in numbers
    close = answer((0, 0.9, (10, 10, 60, 60)), (0, 0.8, (58, 10, 108, 60)))
    assert "2 objects, but 1 connected areas" in count.both(seen(close), 0.5, 0.5, 0.5)[1]
    assert "No object" in count.both(seen(answer()), 0.5, 0.5, 0.5)[1]


def test_every_checkpoint_is_compared_and_what_fails_is_told(tiny, picture: str) -> None:
    pixels = decode_picture(Path(picture)).pixels
    listed = {row.id: row for row in compare.oldest_first(TASK, downloads=True)}
    assert set(tiny.values()) <= set(listed)
    controls = (0.0, 0.5, 0.5)
    found = compare.outcome_of(TASK, listed[tiny["unet"]], lambda p: compared.predict(p, pixels, *controls))
    assert found.seconds > 0
    assert "objects in" in compare.card_of(found, pixels, compared.card, *controls)
    row = compare.row_of(found, compared.COLUMNS, compared.cells, *controls)
    assert len(row) == len(compare.headings(compared.COLUMNS))
    failed = compare.Outcome(checkpoint=listed[tiny["unet"]], problem="The weights are damaged.")
    row = compare.row_of(failed, compared.COLUMNS, compared.cells, *controls)
    assert row[3] == "The weights are damaged."
    assert "The weights are damaged." in compare.card_of(failed, pixels, compared.card, *controls)


# --- Point at it ------------------------------------------------------------------------------------------------


@pytest.fixture
def state(tiny, picture: str) -> pointed.Pointed:
    steps = list(point.embed(TASK, picture, tiny["sam"], progress=lambda *a, **k: None))
    return steps[-1][0]


def test_the_encoder_looks_once_and_every_click_is_answered(
    tiny, state: pointed.Pointed, monkeypatch
) -> None:
    def refuse(*arguments):
        raise AssertionError("the encoder was asked again")

    predictor = LOADER.get(tiny["sam"], TASK.id)
    monkeypatch.setattr(predictor, "embed", refuse)
    sight, proposals = pointed.shown(state)
    assert "0 points on the object" in sight
    assert proposals == ""
    state = pointed.with_gesture(state, (0.5, 0.5, 0.5, 0.5), True)
    assert state.points == ((54.5, 38.5, True),)
    state, sight, proposals = point.answered(TASK, state)
    assert "1 point on the object, 0 beside it" in sight
    assert proposals.count("<figure") == rows_in(proposals) == len(state.found) > 0
    state, sight, _ = point.answered(TASK, pointed.with_point(state, 5, 6, False))
    assert "1 point on the object, 1 beside it" in sight
    state, sight, _ = point.answered(TASK, pointed.with_gesture(state, (0.8, 0.9, 0.2, 0.1), True))
    assert np.allclose(state.box, (21.8, 7.7, 87.2, 69.3))
    assert "a box" in sight
    bare, sight, proposals = point.answered(TASK, replace(state, points=(), box=None))
    assert bare.found is None
    assert proposals == ""


def test_a_state_fits_into_the_memory_of_a_session(state: pointed.Pointed) -> None:
    assert state.embedded.values.dtype == np.float16
    assert state.size_hw == (77, 109)


def test_what_cannot_be_asked_is_said(state: pointed.Pointed) -> None:
    for wrong in ((-1, 5), (109, 5), (5, 77)):
        with pytest.raises(BadInput, match="inside the picture of 109 x 77"):
            pointed.with_point(state, *wrong, True)
    with pytest.raises(BadInput, match="Look at the picture"):
        pointed.with_gesture(None, (0, 0, 0, 0), True)
    full = replace(state, points=((1.0, 1.0, True),) * pointed.MOST_POINTS)
    with pytest.raises(BadInput, match="at most"):
        pointed.with_point(full, 1, 1, True)
    assert pointed.shown(None) == (pointed.WAITING, "")


# --- the task ---------------------------------------------------------------------------------------------------


def test_the_examples_are_here_and_differ() -> None:
    examples = available(TASK)
    assert set(examples) >= {"cell", "coins", "cat"}
    assert len(set(examples.values())) == len(examples)


def test_the_form_is_that_of_the_recipe() -> None:
    from finetune.instance_options import build_parser
    from finetune.instance_segmentation import main  # noqa: F401  (the module is there)

    arguments = FORM.arguments("", "DIR", None, *(control.value for control in FORM.controls))
    parsed = build_parser().parse_args([*arguments, "--output", "x"])
    assert (parsed.model, parsed.data, parsed.epochs, parsed.batch) == ("mask-rcnn", "DIR", 40, 4)
    assert TASK.recipe == "instance_segmentation"


def test_failures_name_examples_that_are_here() -> None:
    assert {failure.example for failure in FAILURES} <= set(available(TASK))
    assert {failure.checkpoint for failure in FAILURES} <= {"mask_rcnn.nuclei", "unet.nuclei"}
    assert SPEC.channels == 3


@pytest.mark.parametrize("model", ["mask_rcnn", "unet"])
def test_two_sizes_are_told_apart_and_one_is_taken(tiny, picture: str, model: str, monkeypatch) -> None:
    """The figures of the view are those of the predictor, and it takes the size that the demo takes."""
    pixels = decode_picture(Path(picture)).pixels
    for crowd, said in ((10**6, "one look is enough"), (1, "the demo looks again")):
        monkeypatch.setattr("hub_models.predictors.closer.CROWD", crowd)
        monkeypatch.setattr("hub_models.predictors.closer.TINY", 10.0**6)
        monkeypatch.setattr("hub_models.predictors.closer.SURE", 0.0)

        def work(predictor):
            return closer.in_both_sizes(predictor, picture, 0.05, 0.5, 0.5), predictor.predict(
                pixels, 0.05, 0.5
            )

        (pictures, facts), taken = LOADER.run(tiny[model], TASK.id, work)
        assert said in facts
        assert len(re.findall("<figcaption>[^<]*the demo takes this", pictures)) == 1
        assert f": {len(taken)} objects; the demo takes this" in pictures
        assert rows_in(facts) == 2
