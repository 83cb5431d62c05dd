"""The sliding window: the same weights window by window and in one pass, and what that saves."""

import numpy as np
import pytest
import torch
from box_layouts import noisy_voc
from torch import nn

from finetune.hard_background import hard_background
from finetune.sliding_window import main as recipe
from finetune.window_crops import Letterboxed, Window, WindowCrops, sides_of
from hub_models import compute
from hub_models.architectures.detection import decode_boxes, iou_matrix
from hub_models.architectures.overfeat import STRIDE, WINDOW, OverFeat
from hub_models.box_dataset import BoxedPictures
from hub_models.dataset import FromArray
from hub_models.errors import Overloaded
from hub_models.inside import windows as inside
from hub_models.local import read_local
from hub_models.predictors import ours
from hub_models.predictors.detector import DetectorProtocol
from hub_models.predictors.windows import WindowDetector
from hub_models.preprocess import InputSpec

SPEC = InputSpec(size_hw=(96, 128), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")
SMALL = {"sides": (24.0, 40.0), "channels": (4, 6, 8, 12)}


def network(**arguments) -> OverFeat:
    """Small, in evaluation mode, with statistics and weights that let different pictures differ."""
    torch.manual_seed(0)
    made = OverFeat(**SMALL | arguments)
    made(torch.randn(64, 3, WINDOW, WINDOW))  # statistics of batch normalisation
    for head in (made.classifier, made.boxes):
        if head is not None:
            nn.init.normal_(head.weight, std=1.0)
    return made.eval().requires_grad_(False)


def detector(net: OverFeat) -> WindowDetector:
    return WindowDetector(None, net, SPEC, ("a", "b", "c"), "cpu")


def test_size_of_the_network_of_the_recipe():
    assert sum(p.numel() for p in OverFeat().parameters()) == 145_440


def test_a_picture_of_one_window_gives_the_same_both_ways():
    net, crop = network(), torch.randn(2, 3, WINDOW, WINDOW)
    assert net.maps(crop).shape == (2, 16, 1, 1)
    assert torch.allclose(net.maps(crop).flatten(1), net(crop))
    assert torch.allclose(net.one_by_one(crop), net.maps(crop), atol=1e-5)


@pytest.mark.parametrize("size_hw", [(40, 40), (47, 48), (72, 88), (73, 95)])
def test_a_place_of_the_map_is_the_network_on_that_crop(size_hw):
    net, picture = network(), torch.randn(1, 3, *size_hw)
    maps = net.maps(picture)
    down, across = maps.shape[2:]
    assert (down, across) == tuple((side - WINDOW) // STRIDE + 1 for side in size_hw)
    for i, j in {(0, 0), (down - 1, across - 1), (down // 2, across // 3)}:
        crop = picture[:, :, 8 * i : 8 * i + WINDOW, 8 * j : 8 * j + WINDOW]
        assert torch.allclose(net(crop)[0], maps[0, :, i, j], atol=1e-5)
    assert torch.allclose(net.one_by_one(picture), maps, atol=1e-5)


def test_a_place_of_the_map_knows_its_window_and_nothing_else():
    net, picture = network(), torch.randn(1, 3, 72, 88)
    before = net.maps(picture)[0, :, 2, 3]
    picture[:, :, 16 : 16 + WINDOW, 24 : 24 + WINDOW] += 1
    inside_changed = net.maps(picture)[0, :, 2, 3]
    assert not torch.allclose(before, inside_changed)
    other = torch.randn_like(picture)
    other[:, :, 16 : 16 + WINDOW, 24 : 24 + WINDOW] = picture[:, :, 16 : 16 + WINDOW, 24 : 24 + WINDOW]
    assert torch.allclose(net.maps(other)[0, :, 2, 3], inside_changed, atol=1e-5)


@pytest.mark.parametrize("regresses", [True, False])
def test_detection_is_the_same_both_ways(regresses):
    picture = torch.randn(2, 3, 72, 96)
    together = network(regresses=regresses)
    naive = network(regresses=regresses, mode="windows")
    naive.load_state_dict(together.state_dict())
    for one, other in zip(together.detect(picture), naive.detect(picture), strict=True):
        assert len(one.scores) > 20
        assert torch.allclose(one.scores.sort().values, other.scores.sort().values, atol=1e-5)
        overlaps = iou_matrix(one.boxes, other.boxes)
        overlaps[one.labels[:, None] != other.labels[None]] = 0
        assert overlaps.max(dim=1).values.min() > 0.999


def test_without_regression_the_box_is_the_window_cut_at_the_border():
    net = network(regresses=False, sides=(40.0,), border=0)
    found = net.detect(torch.randn(1, 3, 56, 64))[0]
    wanted = {(8.0 * j, 8.0 * i, 8.0 * j + 40, 8.0 * i + 40) for i in range(3) for j in range(4)}
    assert {tuple(box) for box in found.boxes.tolist()} == wanted
    bordered = network(regresses=False, sides=(40.0,), border=16).detect(torch.randn(1, 3, 56, 64))[0]
    assert (bordered.boxes >= 0).all()
    assert bordered.boxes[:, 2].max() == 64
    assert bordered.boxes[:, 3].max() == 56
    assert {(0.0, 0.0, 24.0, 24.0)} <= {tuple(box) for box in bordered.boxes.tolist()}


@pytest.mark.parametrize(("aspect", "width", "height"), [(1.0, 80, 80), (4.0, 160, 40), (0.25, 40, 160)])
def test_windows_have_their_side_and_aspect_in_the_picture(aspect, width, height):
    net = network(sides=(80.0,), aspects=(aspect,), border=0)
    (level,) = net.pyramid(torch.randn(1, 3, 240, 320))
    windows = net.positions(level)
    assert torch.allclose(windows[:, 2] - windows[:, 0], torch.tensor(float(width)))
    assert torch.allclose(windows[:, 3] - windows[:, 1], torch.tensor(float(height)))
    assert windows.min() == 0
    assert windows[:, 2].max() <= 320
    assert windows[:, 3].max() <= 240


def test_a_bright_square_is_seen_by_the_window_around_it():
    """The window's place on the level, its place in the picture and the crop it saw are the same place."""
    net = network(sides=(80.0,), border=16)
    picture = torch.full((1, 3, 240, 320), -1.0)
    picture[:, :, 96:176, 144:224] = 1.0
    (level,) = net.pyramid(picture)
    cut = level.pictures.unfold(2, WINDOW, STRIDE).unfold(3, WINDOW, STRIDE)[0].mean((0, 3, 4))
    brightest = net.positions(level)[int(cut.flatten().argmax())]
    assert brightest.tolist() == [144.0, 96.0, 224.0, 176.0]


def test_the_naive_way_can_be_stopped_between_its_batches():
    net = network(mode="windows")
    predictor = detector(net)
    pixels = np.zeros((96, 128, 3), np.uint8)
    predictor.candidates(pixels)
    token = compute.CURRENT.set(compute.Deadline(seconds=-1.0))
    try:
        with pytest.raises(Overloaded, match="longer than"):
            predictor.candidates(pixels)
    finally:
        compute.CURRENT.reset(token)


def test_the_predictor_answers_in_pixels_of_the_picture_given():
    predictor: DetectorProtocol = detector(network())
    pixels = np.random.default_rng(0).integers(0, 255, (300, 200, 3), np.uint8)
    found = predictor.candidates(pixels)
    assert found.size_hw == (300, 200)
    assert found.boxes_xyxy[:, 2].max() <= 200
    assert found.boxes_xyxy[:, 3].max() > 150
    assert len(predictor.predict(pixels, confidence=0.0, iou=0.3)) < len(found)


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 200), (7, 5), (500, 20)])
def test_any_picture_gives_an_answer(size_hw):
    found = detector(network()).candidates(np.zeros((*size_hw, 3), np.uint8))
    assert found.size_hw == size_hw


# --- look inside -----------------------------------------------------------------------------------------------------


def test_maps_of_the_inside_are_those_of_the_network():
    net, x = network(), torch.randn(1, 3, 96, 128)
    maps = inside.window_maps(net, x)
    windows, probabilities, offsets = net.answers(x)
    assert np.allclose(np.concatenate([m.windows.reshape(-1, 4) for m in maps]), windows)
    rows = np.concatenate([m.probabilities.reshape(-1, 4) for m in maps])
    assert np.allclose(rows, probabilities[0], atol=1e-6)
    assert [m.window_hw for m in maps] == [(24.0, pytest.approx(24.0, abs=0.1)), (40.0, 40.0)]
    boxes = np.concatenate([m.boxes.reshape(-1, 3, 4) for m in maps])
    assert np.allclose(boxes, net.boxes_of(windows, offsets[0], (96, 128)), atol=1e-4)
    assert inside.window_maps(network(regresses=False), x)[0].boxes is None


def test_strongest_windows_are_the_most_certain_of_all_levels():
    net, x = network(), torch.randn(1, 3, 96, 128)
    maps = inside.window_maps(net, x)
    best = inside.strongest(maps, 5)
    rows = np.concatenate([m.probabilities[..., :-1].reshape(-1, 3) for m in maps])
    assert np.allclose(best.scores, np.sort(rows.max(1))[::-1][:5])
    for window, label, score, level in zip(best.windows, best.labels, best.scores, best.levels, strict=True):
        place = (maps[level].windows == window).all(-1)
        assert maps[level].probabilities[place][0, label] == score


def test_heat_shows_each_score_in_the_middle_of_its_window():
    net, x = network(sides=(40.0,), border=0), torch.randn(1, 3, 96, 128)
    (found,) = inside.window_maps(net, x)
    heat = inside.score_heat(found, (96, 128), 1)
    assert heat.shape == (96, 128)
    for i, j in ((0, 0), (3, 5), (7, 11)):
        left, top, right, bottom = found.windows[i, j]
        assert heat[int((top + bottom) / 2), int((left + right) / 2)] == found.probabilities[i, j, 1]
    assert np.array_equal(inside.all_levels_heat((found, found), (96, 128), 1), heat)


def test_window_and_stride_follow_from_the_layers():
    assert inside.receptive_field_of_map(OverFeat()) == (WINDOW, STRIDE)


def counted(net: OverFeat, crops: torch.Tensor) -> int:
    """Multiplications of all convolutions, counted while they run."""
    total = 0

    def add(layer: nn.Conv2d, args: tuple, out: torch.Tensor) -> None:
        nonlocal total
        total += out[0, 0].numel() * layer.weight.numel() * len(out)

    hooks = [m.register_forward_hook(add) for m in net.modules() if isinstance(m, nn.Conv2d)]
    net.maps(crops)
    for hook in hooks:
        hook.remove()
    return total


def test_multiplications_are_those_that_happen_and_sharing_saves_most_of_them():
    net, x = OverFeat().eval(), torch.randn(1, 3, 240, 320)
    rows = inside.work(net, x)
    one = counted(net, torch.randn(1, 3, WINDOW, WINDOW))
    for row, level in zip(rows, net.pyramid(x), strict=True):
        assert row.together == counted(net, level.pictures)
        assert row.one_by_one == row.windows * one
    windows, one_by_one, together = inside.total(rows)
    assert windows == sum(level.map_hw[0] * level.map_hw[1] for level in net.pyramid(x))
    assert one_by_one > 8 * together
    (single,) = inside.work(OverFeat(sides=(40.0,), border=0), torch.randn(1, 3, 40, 40))
    assert single.one_by_one == single.together


# --- recipe ----------------------------------------------------------------------------------------------------------

SQUARES = InputSpec(size_hw=(96, 128), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")


def squares(count: int = 6) -> BoxedPictures:
    """Grey pictures of 192 x 256 with a red (class 0) and a green (class 1) square each, the red one at the border."""
    random = np.random.default_rng(4)
    images = np.full((count, 192, 256, 3), 90, np.uint8)
    boxes = []
    for number in range(count):
        side, top = (int(random.integers(40, 70)) for _ in range(2))
        left = int(random.integers(110, 170))
        images[number, top : top + side, :side] = (230, 20, 20)
        images[number, 100 : 100 + side, left : left + side] = (20, 230, 20)
        boxes.append(np.array([(0, top, side, top + side), (left, 100, left + side, 100 + side)], np.float32))
    return BoxedPictures(
        class_names=("red", "green"),
        names=tuple(f"{number}.png" for number in range(count)),
        boxes=tuple(boxes),
        labels=tuple(np.array([0, 1]) for _ in range(count)),
        read=FromArray(images),
    )


def crops(**arguments) -> WindowCrops:
    settings = {"samples": 40, "any_side_up": True, "seed": 1} | arguments
    return WindowCrops(Letterboxed(squares(), SQUARES), network(classes=2), **settings)


def test_windows_of_training_hold_their_object_where_the_offsets_say():
    data, seen = crops(), [0, 0, 0]
    whole = torch.tensor([[0.0, 0.0, WINDOW, WINDOW]])
    for number in range(40):
        crop, label, offsets = data[(0, number)]
        seen[label] += 1
        coloured = (crop.max(0).values.int() - crop.min(0).values.int()) > 100
        if label == 2:
            assert not offsets.any()
            continue
        left, top, right, bottom = decode_boxes(offsets[None], whole)[0].tolist()
        rows, columns = torch.nonzero(coloured, as_tuple=True)
        found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert np.allclose(np.clip((left, top, right, bottom), 0, WINDOW), found, atol=1.6)
        assert crop[label][coloured].float().mean() > 150
    assert min(seen) >= 5
    again = crops()
    assert all(torch.equal(again[(0, n)][0], data[(0, n)][0]) for n in (7, 3))
    assert not torch.equal(crops(seed=2)[(0, 7)][0], data[(0, 7)][0])


def test_windows_over_the_edge_see_mean_colour_there():
    pictures = Letterboxed(squares(), SQUARES)
    crop = pictures.crop(Window(0, np.array([-20.0, -20, 20, 20]), -1))
    assert crop.shape == (WINDOW, WINDOW, 3)
    assert (crop[:19, :19] == 128).all()
    assert not (crop[21:, 21:] == 128).all()


def test_hard_background_comes_back_in_training():
    hard = (Window(3, np.array([60.0, 5, 100, 45]), -1),)
    pictures = Letterboxed(squares(), SQUARES)
    wanted = pictures.crop(hard[0])[20, 20].tolist()
    data = WindowCrops(pictures, network(classes=2), samples=60, any_side_up=False, seed=0, hard=hard)
    background = [data[(0, n)][0] for n in range(60) if data[(0, n)][1] == 2]
    same = [c for c in background if torch.equal(c, background[0]) or torch.equal(c.flip(2), background[0])]
    assert len(background) > 20
    assert wanted == [90, 90, 90]
    assert len(same) >= len(background) / 5


def test_hard_background_is_what_the_network_takes_for_an_object(tmp_path):
    net = network(classes=2)
    net.classifier.bias.copy_(torch.tensor([5.0, 0.0, -5.0]))  # sees objects everywhere
    nn.init.zeros_(net.classifier.weight)
    pictures = Letterboxed(squares(3), SQUARES)
    hard = hard_background(net, pictures, tmp_path / "hard.safetensors", lambda words: None)
    assert 100 < len(hard) <= 3 * 60
    for window in hard:
        assert pictures.overlaps(window.picture, window.xyxy[None]).max() < 0.3
    again = hard_background(None, pictures, tmp_path / "hard.safetensors", lambda words: None)
    assert [tuple(w.xyxy) for w in again] == [tuple(w.xyxy) for w in hard]


def test_window_sides_cover_the_objects():
    sides = sides_of(squares(), SQUARES)
    assert 20 < sides[0] <= sides[-1] < 45  # squares of 40 to 70 pixels, at half size
    assert list(sides) == sorted(sides)


@pytest.mark.parametrize("model", ["sliding-window", "overfeat"])
def test_the_recipe_trains_both_phases_and_writes_a_checkpoint(model, tmp_path):
    noisy_voc(squares(8), tmp_path / "data")
    output = tmp_path / "run"
    arguments = ["--model", model, "--data", str(tmp_path / "data"), "--output", str(output), "--smoke"]
    arguments += ["--dev-block", "1", "--size", "96x128", "--sides", "40", "--batch", "4"]
    assert recipe(arguments) == 0
    row = read_local(output / "checkpoint")
    predictor = ours.load(row, output / "checkpoint", "cpu")
    assert type(predictor) is WindowDetector
    assert predictor.network.mode == {"sliding-window": "windows", "overfeat": "convolutional"}[model]
    assert (predictor.network.boxes is None) == (model == "sliding-window")
    assert predictor.names == ("green", "red")
    assert row.metrics[0].name == "mAP@0.5"
    if model == "overfeat":
        first = (output / "best.safetensors").read_bytes()
        assert recipe(arguments) == 0  # nothing is left to do: the same weights
        assert (output / "best.safetensors").read_bytes() == first
