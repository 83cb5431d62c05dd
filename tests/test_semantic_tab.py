"""The tab of semantic segmentation: how maps are drawn, what its views compute, and what it answers to odd pictures."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import hostile_pictures
import numpy as np
import pytest
from PIL import Image
from tiny_segmenters import NAMES, NETWORKS, SPEC, row, write_tiny

from hub_models import catalog, draw, draw_segments
from hub_models.checkpoint import Metric
from hub_models.errors import BadInput, CheckpointError
from hub_models.inside.semantic_views import enet_switches
from hub_models.inside.typed_grid import parse_grid
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_png
from hub_models.segments import SemanticMap
from hub_models.tabs import semantic_segmentation as tab
from hub_models.tabs import semantic_segmentation_compare as compared
from hub_models.tabs import semantic_segmentation_probabilities as probabilities
from hub_models.tabs import semantic_segmentation_skips as skips
from hub_models.tabs import semantic_segmentation_stages as stages
from hub_models.tabs import semantic_segmentation_switches as switches
from hub_models.tabs import semantic_segmentation_table as measured
from hub_models.tabs import semantic_segmentation_transposed as transposed
from hub_models.tabs import semantic_segmentation_windows as windows
from hub_models.tabs.semantic_segmentation_failures import FAILURES
from hub_models.tabs.semantic_segmentation_grid import grid
from hub_models.tabs.semantic_segmentation_seen import Seen, see, seen_of
from hub_models.tabs.semantic_segmentation_sight import class_table, pixel, sight
from hub_models.task import task
from hub_models.ui import compare
from hub_models.ui.examples import available

TASK = task("semantic-segmentation")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Iterator[dict[str, str]]:
    """A network of each kind with random weights, opened as visitors' runs are: model -> id."""
    folders = write_tiny(tmp_path_factory.mktemp("tiny"))
    opened = {model: LOADER.open_local(folder).id for model, folder in folders.items()}
    yield opened
    LOADER.unload()
    for identity in opened.values():
        del LOADER.local[identity]


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    blocks = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    path.write_bytes(
        encode_png(blocks.repeat(10, 0).repeat(10, 1)[:47, :65])
    )  # 47 x 65: no stride divides it
    return str(path)


def answer(labels: list[list[int]], names: tuple[str, ...] = NAMES) -> SemanticMap:
    """A map whose probabilities are 0.8 for the label, the rest shared."""
    array = np.array(labels, np.uint8)
    maps = np.full((len(names), *array.shape), 0.2 / (len(names) - 1), np.float32)
    np.put_along_axis(maps, array[None].astype(np.int64), 0.8, axis=0)
    return SemanticMap(names, array, maps)


# --- drawing ---------------------------------------------------------------------------------------------------------


def test_no_two_of_the_first_72_classes_look_alike():
    colours = draw_segments.class_colours(72).tolist()
    looks = [(*colour, draw_segments.texture(label)) for label, colour in enumerate(colours)]
    assert len(set(looks)) == 72
    assert [draw_segments.texture(label) for label in range(7)] == [""] * 7  # the palette of draw.py, plain
    assert draw_segments.class_colours(7).tolist() == [list(colour) for colour in draw.COLOURS]


def test_a_class_is_its_colour_and_a_border_is_dark():
    labels = np.zeros((40, 60), np.uint8)
    labels[:, 30:] = 8
    painted = draw_segments.coloured(labels)
    assert (painted[:, :29] == draw.COLOURS[0]).all()
    assert (painted[:, 29] == draw.SHADE).all()
    right = {tuple(colour) for colour in painted[:, 30:].reshape(-1, 3).tolist()}
    assert right == {tuple(draw_segments.class_colours(9)[8].tolist()), (0, 0, 0)}  # grey with black stripes


def test_labels_are_never_mixed_when_they_are_resized():
    labels = np.random.default_rng(0).choice(np.array([0, 10], np.uint8), (50, 70))
    for size_hw in ((13, 17), (50, 70), (201, 99), (1, 1)):
        resized = draw_segments.resized_labels(labels, size_hw)
        assert resized.shape == size_hw
        assert set(np.unique(resized)) <= {0, 10}


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 900), (30, 40)])
def test_opacity_goes_from_the_picture_to_the_map(size_hw):
    pixels = np.random.default_rng(0).integers(0, 256, (*size_hw, 3), np.uint8)
    found = answer([[0, 1], [2, 1]])
    assert (draw_segments.semantic(pixels, found, 0) == pixels).all()
    painted = draw_segments.coloured(draw_segments.resized_labels(found.labels, size_hw))
    assert (draw_segments.semantic(pixels, found, 1) == painted).all()


def test_the_legend_names_what_occurs_and_is_escaped():
    shown = draw_segments.class_legend(answer([[1, 1, 1, 2]]))
    assert "tree &lt;b&gt; 75%" in shown
    assert "sky 25%" in shown
    assert "road" not in shown
    assert shown.count("<svg") == 2


# --- Try it ----------------------------------------------------------------------------------------------------------


def seen(labels: list[list[int]], size_hw: tuple[int, int] = (2, 3)) -> Seen:
    found = answer(labels)
    large = SemanticMap(NAMES, draw_segments.resized_labels(found.labels, size_hw), found.probabilities)
    return seen_of(np.full((*size_hw, 3), 90, np.uint8), large, 0.25, "cpu", ("grey",))


def test_what_is_kept_is_as_large_as_the_screen_and_counts_the_pixels_given():
    kept = seen([[0, 1, 1], [0, 1, 2]])
    assert kept.found.size_hw == (427, 640)
    assert kept.size_hw == (2, 3)
    assert kept.pixels == ((1, 3), (0, 2), (2, 1))
    assert kept.certainty == pytest.approx([0.8, 0.8, 0.8], abs=1e-3)
    assert len(kept.picture) + kept.found.labels.nbytes + kept.found.probabilities.nbytes < 400_000


@pytest.mark.parametrize(("row", "column", "label"), [(0, 0, 0), (0, 2, 1), (1, 2, 2), (1, 0, 0)])
def test_a_pixel_says_its_class(row, column, label):
    kept = seen([[0, 1, 1], [0, 1, 2]])
    found = kept.at(row, column)
    assert found.top(1)[0][0] == NAMES[label]
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-3)
    assert f"Row {row}, column {column}" in pixel(kept, row, column)


def test_the_sight_is_two_layers_a_legend_and_a_mark():
    kept = seen([[0, 1, 1], [0, 1, 2]])
    plain, marked = sight(kept, 0.35), sight(kept, 0.35, 1, 0)
    assert plain.count("<img") == 2
    assert 'data-rows="2" data-columns="3"' in plain
    assert "opacity:0.35" in plain
    assert "data:image/png;base64," in plain  # a map is never a JPEG
    assert re.search(r'class="mark".* hidden>', plain)
    assert "left:16.667%;top:75.000%" in marked
    assert all(len(alt) > 10 for alt in re.findall(r'alt="([^"]*)"', plain))
    assert "<b>" not in plain.replace("</b>", "")


def test_the_table_counts_every_class():
    shown = class_table(seen([[0, 1, 1], [0, 1, 1]]))
    assert "2 of 3 classes occur" in shown
    assert "66.7%" in shown
    assert "tree &lt;b&gt;" in shown
    assert "<td" in shown
    assert "0.25" not in shown
    assert "Note: grey." in tab.took(seen([[0]]))


@pytest.mark.parametrize(("row", "column"), [(-1, 0), (2, 0), (0, 3), (10**9, 0)])
def test_pixels_outside_the_picture_are_refused(row, column):
    with pytest.raises(BadInput, match="row from 0 to 1 and a column from 0 to 2"):
        tab.inside_picture(seen([[0, 1, 1], [0, 1, 2]]), row, column)


def test_a_pixel_is_asked_only_after_an_answer():
    with pytest.raises(BadInput, match="Press Segment first"):
        tab.inside_picture(None, 0, 0)


def test_a_clip_keeps_shares_and_no_maps():
    class Always:
        def predict(self, pixels):
            return answer([[0, 0, 1, 2]])

    drawn, kept = tab.annotate(Always(), np.zeros((20, 40, 3), np.uint8), 0.5)
    assert drawn.shape == (20, 40, 3)
    assert kept.shares == {"road": 0.5, "tree <b>": 0.25, "sky": 0.25}
    assert "road 50%" in kept.text()
    second = tab.FrameShares(shares={"sky": 1.0})
    assert tab.shares_a_second([kept, second]) == [["sky", "62%"], ["road", "25%"], ["tree <b>", "12%"]]


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 20_000), (20_000, 1), (3, 2), (47, 65), (130, 70)])
@pytest.mark.parametrize("model", NETWORKS)
def test_pictures_of_any_shape_are_answered_in_their_own_size(tiny, tmp_path, model, size_hw):
    path = tmp_path / "picture.png"
    Image.fromarray(np.full(size_hw, 128, np.uint8)).save(path)
    found = TASK.predict(path, tiny[model])
    assert found.result.size_hw == size_hw
    assert sum(found.result.shares().values()) == pytest.approx(1)
    kept = see(TASK, str(path), tiny[model])
    assert kept.size_hw == size_hw
    assert max(kept.found.size_hw) <= 1280
    last = size_hw[0] - 1, size_hw[1] - 1
    assert pixel(kept, *last).count("<tr>") == 1 + 3
    assert sight(kept, 0.5, *last)


def test_16_bit_pictures_are_answered_with_a_note(tiny, tmp_path):
    path = tmp_path / "deep.png"
    path.write_bytes(hostile_pictures.grey_16_bit_png())
    assert "16-bit" in TASK.predict(path, tiny["enet"]).notes[0]


def test_the_json_has_a_map_in_the_pictures_size(tiny, picture):
    told = TASK.predict(Path(picture), tiny["segnet"]).to_json()
    assert set(told) == {"classes", "names", "map_png", "size_hw", "seconds", "device", "checkpoint"}
    assert told["size_hw"] == [47, 65]


def test_there_are_examples_of_streets_and_of_other_things():
    assert {"bus", "pagoda", "cat"} <= set(available(TASK))


# --- Look inside -----------------------------------------------------------------------------------------------------


def test_the_maps_of_all_classes_are_shown(tiny, picture):
    pixels = decode_picture(Path(picture)).pixels
    found = LOADER.get(tiny["unet"], TASK.id).predict(pixels)
    assert probabilities.tiles(pixels, found).count("<figure") == len(NAMES)
    kept = pixels, found.names, found.probabilities
    for name in (*NAMES, probabilities.UNSURE):
        shown = probabilities.one_of(kept, name)
        assert shown.count("<img") == 1
    assert "How unsure" in shown
    assert probabilities.one_of(None, None) == ""


@pytest.mark.parametrize("model", NETWORKS)
def test_every_stage_of_every_network_is_shown(tiny, picture, model):
    found = stages.look(TASK, tiny[model], picture)
    overview = stages.overview_of(found)
    assert overview.count("<img") == len(found)
    assert overview.count("<tr>") == 1 + len(found)
    for stage in found:
        assert f"of {stage.width} maps" in stages.maps_of(found, stage.name)
    assert "Show the stages again" in stages.maps_of(found, "another")


@pytest.mark.parametrize("model", ["segnet", "deconvnet", "enet"])
@pytest.mark.parametrize("stage", [0, 1, 9])
def test_pooling_and_unpooling_by_numbers(tiny, picture, model, stage):
    seen_pooling = switches.pool(LOADER.get(tiny[model], TASK.id), picture, stage)
    found = seen_pooling.found
    assert seen_pooling.stage == min(stage, 1)
    assert np.take_along_axis(found.before.reshape(len(found.before), -1),
                              (found.rows * found.before.shape[2] + found.columns).reshape(len(found.before), -1),
                              1).reshape(found.pooled.shape) == pytest.approx(found.pooled)  # fmt: skip
    assert found.unpooled.shape == found.before.shape
    cells = found.unpooled.reshape(len(found.unpooled), found.pooled.shape[1], 2, found.pooled.shape[2], 2)
    assert ((cells != 0).sum(axis=(2, 4)) <= 1).all()  # one value a cell, at most
    y, x = switches.strongest(found.before[0])
    for place in ((y, x), (0, 0), (100, 100)):
        numbers, maps = switches.shown_of(seen_pooling, 0, *place)
        assert numbers.count("<table") == 5
        assert numbers.count("font-weight:700") >= 4 * 3  # the switches, in three of the grids
        assert maps.count("<img") == 3


def test_unpooled_values_of_enet_lie_at_the_switches(tiny, picture):
    predictor = LOADER.get(tiny["enet"], TASK.id)
    x, _ = predictor.preprocess(decode_picture(Path(picture)).pixels)
    for stage in (0, 1):
        found = enet_switches(predictor.network, x, stage)
        for map, rows, columns in zip(found.unpooled, found.rows, found.columns, strict=True):
            elsewhere = map.copy()
            elsewhere[rows, columns] = 0
            assert not elsewhere.any()
            assert map.any()
    with pytest.raises(BadInput, match="from 0 to 1"):
        enet_switches(predictor.network, x, 2)


def test_small_pictures_have_small_patches(tiny, tmp_path):
    path = tmp_path / "line.png"
    Image.fromarray(np.zeros((1, 900), np.uint8)).save(path)
    for stage in (0, 1):
        seen_pooling = switches.pool(LOADER.get(tiny["segnet"], TASK.id), str(path), stage)
        assert switches.shown_of(seen_pooling, 0, 50, 50)[0].count("<table") == 5


@pytest.mark.parametrize("name", transposed.PRESETS)
def test_transposed_convolution_is_that_of_torch(name):
    chosen = transposed.PRESETS[name]
    for count in range(5):
        shown = transposed.shown_of(transposed.PATCH, chosen.kernel, chosen.stride, chosen.padding, count)
        assert ("conv_transpose2d" in shown) == (count == 4)
    difference = float(re.search(r"differs by at most (\S+)\.<", shown)[1])
    assert difference < 1e-9


def test_the_numbers_of_a_stamp_are_marked_and_summed():
    shown = transposed.shown_of("1 2\n3 4", "1 1\n1 1", 1, 0, 4)
    for total in ("10.00", "3.00", "7.00", "6.00", "4.00"):  # 1+2+3+4, 1+2, 3+4, 2+4, and the corner
        assert f">{total}</td>" in shown
    assert "Cells are met by 1 to 4 stamps" in shown
    assert "Every cell is met by 1 stamp." in transposed.shown_of("1 2", "1 1\n1 1", 2, 0, 2)


@pytest.mark.parametrize(
    ("map", "kernel", "stride", "padding", "words"),
    [
        ("", "1", 1, 0, "the small map"),
        ("1 2\n3", "1", 1, 0, "the small map"),
        ("1 x", "1", 1, 0, "Expected numbers in the small map"),
        ("1 nan", "1", 1, 0, "up to a million"),
        ("1 1e9", "1", 1, 0, "up to a million"),
        ("1", "1 2", 1, 0, "the kernel"),
        ("1", "1/0", 1, 0, "Expected numbers in the kernel"),
        ("1 2 3 4 5 6", "1", 1, 0, "at most 5 x 5"),
        ("1", "1 " * 3000, 1, 0, "2000 characters"),
        ("1", "1", 9, 0, "a stride from 1 to 4"),
        ("1", "1", 1, 1, "a padding below"),
    ],
)
def test_what_cannot_be_transposed_is_said(map, kernel, stride, padding, words):
    with pytest.raises(BadInput, match=words):
        transposed.shown_of(map, kernel, stride, padding, 1)


def test_grids_are_read_as_people_write_them():
    assert parse_grid("1, −2; 1/4 3", "it", 4).tolist() == [[1, -2], [0.25, 3]]


def test_a_grid_marks_and_never_writes_minus_zero():
    shown = grid(np.array([[0.0, -0.001], [1.5, -2.25]]), "<i>", np.array([[True, False], [False, False]]))
    assert shown.count("font-weight:700") == 1
    assert ">0.00</td>" in shown
    assert ">−2.25</td>" in shown
    assert "&lt;i&gt;" in shown


@pytest.mark.parametrize("model", NETWORKS)
def test_numbers_are_taken_from_the_coarsest_map(tiny, picture, model):
    words = transposed.from_picture(TASK, picture, tiny[model])
    values = parse_grid(words, "it", transposed.LARGEST_PATCH)
    assert max(values.shape) <= 3
    assert transposed.shown_of(words, "1 2\n3 4", 2, 0, values.size)


@pytest.mark.parametrize(("model", "own"), [("unet", [0, 1]), ("unet_lite", [1, 2])])
def test_cutting_no_connection_changes_nothing(tiny, picture, model, own):
    predictor = LOADER.get(tiny[model], TASK.id)
    pixels = decode_picture(Path(picture)).pixels
    assert skips.cut(predictor, pixels, own).changed() == [
        (name, before, before, 0.0) for name, before, _, _ in skips.cut(predictor, pixels, own).changed()
    ]
    found = skips.cut(predictor, pixels, [])
    assert found.whole.shape == found.cut.shape == found.picture.shape[:2]
    assert (found.whole != found.cut).any()
    assert skips.shown_of(found, []).count("<img") == 3
    assert "full size" in skips.shown_of(found, [0])


@pytest.mark.parametrize("model", NETWORKS)
def test_windows_that_hold_all_agree_with_one_pass(tiny, picture, model):
    predictor = LOADER.get(tiny[model], TASK.id)
    whole = windows.both(predictor, picture, 0)
    assert whole.found.agreement == 1
    shown = windows.shown_of(whole)
    assert "both ways say the same" in shown
    assert "100% of 24" in shown
    assert windows.shown_of(windows.both(predictor, picture, 32)).count("<img") == 1


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(900, "0.9 s"), (600_000, "10 minutes"), (36_000_000, "10.0 hours")]
)
def test_long_times_are_said_in_words(milliseconds, words):
    assert windows.duration(milliseconds) == words


def test_table_9_1_is_measured(tiny, picture):
    pixels = decode_picture(Path(picture)).pixels
    both = []
    for model in measured.PAIR:
        predictor = LOADER.get(tiny[model], TASK.id)
        both.append(measured.measured(model, predictor, pixels, predictor.checkpoint))
    deconvnet, segnet = both
    assert (deconvnet.paper, segnet.paper) == (251_788_949, 29_441_419)
    assert deconvnet.transposed == 3  # that of fc6 and one a stage
    assert segnet.transposed == 0
    for found in both:
        assert 0 < found.sparse <= 0.25  # unpooling fills one cell of four
        assert found.sparse < found.dense <= 1
        assert found.decoder < found.parameters
    shown = measured.shown_of(both)
    assert "IoU" not in shown
    assert "random" not in shown


def test_costs_without_weights_are_told_apart(picture, monkeypatch):
    monkeypatch.setattr(measured, "random_predictor", random_tiny)
    monkeypatch.setattr(LOADER, "menu", lambda identity: ())
    pixels = decode_picture(Path(picture)).pixels
    shown = measured.shown_of([measured.measure(TASK, model, pixels) for model in measured.PAIR])
    assert "No weights of DeconvNet and SegNet are here" in shown
    assert "<td>After the convolutions that follow</td><td></td><td></td>" in shown


def random_tiny(model: str):
    from hub_models.predictors.segmenter import Segmenter

    return Segmenter(None, NETWORKS[model]().eval().requires_grad_(False), SPEC, NAMES, "cpu")


def test_measured_iou_comes_from_the_catalogue():
    metric = Metric(dataset="CamVid", split="dev", name="mean IoU", value=0.5, count=9, low=0.4, high=0.6)
    found = measured.Measured(
        title="SegNet", checkpoint=replace(row("segnet"), metrics=(metric,)),
        parameters=1, decoder=1, multiply_adds=1, milliseconds=1, transposed=0, ordinary=1, sparse=0.2, dense=1, paper=2,
    )  # fmt: skip
    assert "50.0%" in measured.shown_of([found, found])


def test_every_checkpoint_is_compared_and_what_fails_is_told(tiny, picture, monkeypatch):
    pixels = decode_picture(Path(picture)).pixels
    rows = [LOADER.checkpoint(tiny[model]) for model in ("enet", "unet")]
    outcome = compare.outcome_of(TASK, rows[0], lambda p: p.predict(pixels))
    assert outcome.seconds > 0
    shown = compare.card_of(outcome, pixels, compared.card)
    assert "Tiny enet" in shown
    assert "data:image/png" in shown
    assert "%" in compare.row_of(outcome, compared.COLUMNS, compared.cells)[3]

    def broken(*_: object):
        raise CheckpointError("checkpoint_corrupt", "The weights are damaged.")

    monkeypatch.setattr(LOADER, "run", broken)
    failed = compare.outcome_of(TASK, rows[1], lambda p: p.predict(pixels))
    row = compare.row_of(failed, compared.COLUMNS, compared.cells)
    assert row[3] == "The weights are damaged."
    assert len(row) == len(compare.headings(compared.COLUMNS))
    assert "The weights are damaged." in compare.card_of(failed, pixels, compared.card)


def test_each_list_of_classes_has_a_legend():
    found, foreign = answer([[1]]), replace(answer([[2]]), names=("a", "b", "c"))
    kept = {}
    assert compared.legends(kept, found).count("<ul") == 1
    shown = compared.legends(kept, foreign)
    assert shown.count("<ul") == 2
    assert ">c<" in shown
    assert ">a<" not in shown


# --- failures --------------------------------------------------------------------------------------------------------

WRONG = {  # title -> class and the share of the picture that it has at least and at most
    "A cat is a house": ("building", 0.3, 1.0),
    "A lawn without colour is a road": ("road", 0.2, 1.0),
    "The sky of an evening is not sky": ("sky", 0.0, 0.35),
}


def test_the_failures_that_are_shown_are_failures():
    assert {failure.title for failure in FAILURES} == set(WRONG)
    here = {c.id for c in catalog.checkpoints(TASK.id)}
    for failure in FAILURES:
        assert failure.example in available(TASK)
        if failure.checkpoint in here:
            name, least, most = WRONG[failure.title]
            shares = TASK.predict(available(TASK)[failure.example], failure.checkpoint).result.shares()
            assert least <= shares.get(name, 0) <= most
