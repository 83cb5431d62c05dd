"""Face landmarks with the checkpoints that ship: what they find, what the tab shows, and odd pictures."""

from pathlib import Path

import hostile_pictures
import numpy as np
import pytest
from PIL import Image

from hub_models import faces
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput, CheckpointError, HubError
from hub_models.finding_faces import FINDER, largest_face
from hub_models.inside.boxes import iou_matrix
from hub_models.loader import LOADER
from hub_models.local import package_file
from hub_models.picture import decode_picture, encode_jpeg, encode_png
from hub_models.staging import code_files
from hub_models.tabs import face_landmarks as tab
from hub_models.tabs import face_landmarks_align as alignment
from hub_models.tabs import face_landmarks_compare as compared
from hub_models.tabs import face_landmarks_heatmaps as heatmaps
from hub_models.tabs import face_landmarks_mean as mean
from hub_models.tabs import face_landmarks_trouble as trouble
from hub_models.tabs.face_landmarks_failures import FAILURES
from hub_models.tabs.face_landmarks_seen import SQUARE, largest_in, of_architecture, see
from hub_models.task import task
from hub_models.ui.compare import Outcome
from hub_models.ui.examples import available

TASK = task("face-landmarks")
BOTH = [row.id for row in LOADER.menu(TASK.id) if row.kind == "bundled"]
FACE = (181, 62, 268, 172)  # of the astronaut, by eye


@pytest.fixture(scope="module")
def astronaut() -> Path:
    return package_file("skimage/data/astronaut.png")


def test_both_ways_ship():
    assert {LOADER.checkpoint(identity).model for identity in BOTH} == {"landmarks", "landmark_heatmaps"}


@pytest.mark.parametrize("checkpoint", BOTH)
def test_the_astronaut(astronaut: Path, checkpoint: str):
    answer = TASK.predict(astronaut, checkpoint)
    found = answer.result
    assert len(found) == 1 and answer.checkpoint == checkpoint
    assert iou_matrix(found.boxes_xyxy, np.float32([FACE]))[0, 0] > 0.5
    points = found.points[0]
    assert points[30] == pytest.approx((225, 130), abs=8)  # tip of the nose
    assert points[8] == pytest.approx((225, 177), abs=10)  # chin
    right, left = faces.five_places(points)[:2]
    assert right == pytest.approx((207, 107), abs=6) and left == pytest.approx((246, 107), abs=6)
    assert len(answer.to_json()["faces"][0]["points_xy"]) == 68


@pytest.mark.parametrize("turn", [-15, 15])
def test_a_leaning_face_becomes_upright(astronaut: Path, turn: float):
    straight = decode_picture(astronaut).pixels[20:240, 110:330]
    leaning = np.asarray(
        Image.fromarray(straight).rotate(-turn, Image.Resampling.BILINEAR, fillcolor=(128, 128, 128))
    )
    faces_of = [largest_face(pixels)[0].astype(int) for pixels in (straight, leaning)]
    assert np.abs(faces_of[0] - faces_of[1])[20:110, 25:105].mean() < 25


def test_a_crop_that_is_all_face(astronaut: Path):
    x0, y0, x1, y1 = FACE
    face, note = largest_face(decode_picture(astronaut).pixels[y0 - 12 : y1 + 8, x0 - 12 : x1 + 12])
    assert face.shape == (128, 128, 3) and note == ""


def test_no_face_says_what_to_do():
    with pytest.raises(BadInput, match="seen from the front") as caught:
        largest_face(np.full((200, 300, 3), 90, np.uint8))
    assert caught.value.code == "no_face"


@pytest.mark.parametrize("odd", hostile_pictures.HOSTILE_PICTURES, ids=lambda odd: odd.name)
def test_odd_pictures(tmp_path: Path, odd: hostile_pictures.HostilePicture):
    path = tmp_path / f"odd{odd.suffix}"
    path.write_bytes(odd.make())
    if odd.code is None:
        assert TASK.predict(path).result.size_hw == decode_picture(path).pixels.shape[:2]
    else:
        with pytest.raises(HubError) as caught:
            TASK.predict(path)
        assert caught.value.code == odd.code


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 700), (700, 1), (3, 500)])
def test_pictures_too_small_for_a_face_have_none(tmp_path: Path, size_hw: tuple[int, int]):
    path = tmp_path / "small.png"
    path.write_bytes(encode_png(np.full((*size_hw, 3), 200, np.uint8)))
    assert TASK.predict(path).result.text() == "No face found."


def test_a_grey_face_with_alpha(astronaut: Path, tmp_path: Path):
    grey = Image.open(astronaut).convert("LA")
    grey.putalpha(Image.new("L", grey.size, 255))
    grey.save(tmp_path / "grey.png")
    assert len(TASK.predict(tmp_path / "grey.png").result) == 1


@pytest.mark.parametrize(
    ("settings", "error"), [(("nobody.knows",), CheckpointError), ((TASK.default, 1.5), BadInput)]
)
def test_wrong_settings_are_said(astronaut: Path, settings: tuple, error: type):
    with pytest.raises(error):
        TASK.predict(astronaut, *settings)


def test_a_space_takes_the_finder_along():
    names = code_files(TASK)
    assert f"hub_models/checkpoints/{FINDER}/model.safetensors" in names
    assert "hub_models/catalog/object_detection.py" in names
    assert "hub_models/tabs/object_detection.py" not in names
    assert not any("yolo_grid.bccd" in name for name in names)


# --- the tab ---------------------------------------------------------------------------------------------------------


def test_what_the_tab_shows(astronaut: Path):
    seen = see(astronaut, TASK.default, 0.5)
    assert len(seen.upright) == len(seen.found) == 1 and seen.found.size_hw == (640, 640)
    everything = tab.sight(seen, list(faces.GROUPS), [tab.LINES, tab.BOXES])
    assert 'alt="Found 1 face' in everything and "left brow 22-26" in everything
    assert tab.sight(seen, [], []) != everything
    assert "the finder included" in tab.facts(seen) and "face 1, upright" in tab.upright(seen)
    assert tab.sight(None, [], []) == ""


def test_clips_are_summed_up_a_second(astronaut: Path):
    pixels = decode_picture(astronaut).pixels
    drawn, found = LOADER.run(
        TASK.default, TASK.id, lambda predictor: tab.annotate(predictor, pixels, 0.5, ["mouth"], [])
    )
    assert drawn.shape == pixels.shape and (drawn != pixels).any()
    assert tab.faces_a_frame([found, found.chosen(np.array([False]))])[0] == ["faces a frame", "0.5"]


def test_failures_can_be_shown():
    examples = available(TASK)
    assert all(failure.example in examples for failure in FAILURES)


def test_the_maps_of_a_face(astronaut: Path):
    identity = of_architecture(TASK.id, "landmarks.youtube_faces", heatmaps.MODEL)
    kept = heatmaps.maps_of(TASK, astronaut, identity)
    assert kept.maps.shape == (68, 24, 24) and kept.pixels.shape == (SQUARE, SQUARE, 3)
    assert kept.maps.astype(np.float32).sum((1, 2)) == pytest.approx(np.ones(68), abs=0.02)
    picture, numbers = heatmaps.one_of(kept, 30)
    assert "Point 30, nose" in picture and "The soft-argmax in numbers" in numbers
    assert heatmaps.one_of(None, 30) == ("", "") and "All 68 maps" in heatmaps.overview(kept)


def test_regression_adds_to_the_mean_face(astronaut: Path):
    identity = of_architecture(TASK.id, TASK.default, mean.MODEL)
    face, _, _ = largest_in(astronaut, identity)
    start, found = LOADER.run(identity, TASK.id, lambda predictor: mean.start_and_found(predictor, face))
    assert faces.mean_error(found, face.points) < 0.08
    assert 0.01 < faces.mean_error(start, found) < 0.6
    assert mean.arrows(mean.large(face.pixels), start * 3, found * 3).shape == (576, 576, 3)


def test_alignment_in_numbers(astronaut: Path):
    _, pixels, points = largest_in(astronaut, TASK.default)
    before, after, numbers = alignment.aligned(pixels, points)
    assert "Before" in before and "After" in after
    assert "Turned by" in numbers and "tip of the nose" in numbers


def test_trouble_moves_the_points(astronaut: Path):
    face, _, _ = largest_in(astronaut, TASK.default)
    assert "moved by 0.0%" in trouble.harder(TASK, TASK.default, face, 0, 0, 0, 0)
    found = LOADER.run(TASK.default, TASK.id, lambda predictor: trouble.alone(face, predictor))
    assert all(values[0] == pytest.approx(0, abs=1e-4) for values in found.values())
    assert found["turn"][2] < 0.1 < max(values[-1] for values in found.values())
    assert "error at the end of each slider" in trouble.charts("Heatmaps", found)


def test_a_picture_without_a_face_has_nothing_to_look_into(tmp_path: Path):
    (tmp_path / "grey.jpg").write_bytes(encode_jpeg(np.full((80, 80, 3), 127, np.uint8)))
    with pytest.raises(BadInput) as caught:
        largest_in(tmp_path / "grey.jpg", TASK.default)
    assert caught.value.code == "no_face"
    with pytest.raises(BadInput):
        of_architecture(TASK.id, TASK.default, "nothing")


def test_cards_side_by_side(astronaut: Path):
    pixels = decode_picture(astronaut).pixels
    row: Checkpoint = LOADER.checkpoint(TASK.default)
    found = LOADER.run(
        TASK.default, TASK.id, lambda predictor: compared.predict(predictor, pixels, 0.5, [], [])
    )
    outcome = Outcome(checkpoint=row, found=found, seconds=0.03)
    assert compared.cells(outcome, 0.5)[0] == 1
    assert "2018, Landmark heatmaps: 30 ms" in compared.card(pixels, outcome, 0.5)
