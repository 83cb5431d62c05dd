"""Faces: points and their order, alignment, framing, what is said of them, and data with points."""

import shutil

import numpy as np
import pytest
from face_sets import plain_face, scene, write_faces

from hub_models import faces
from hub_models.draw_faces import dotted, landmarks, legend
from hub_models.errors import BadData
from hub_models.faces import FIXED_PLACES, Comparison, Embedding, Landmarks
from hub_models.landmark_dataset import open_landmarks, person_of, split_people


def turned(
    points: np.ndarray, degrees: float, scale: float = 1.0, shift: tuple[float, float] = (0, 0)
) -> np.ndarray:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T + shift


# --- points ----------------------------------------------------------------------------------------------------------


def test_the_groups_are_all_points_once():
    numbers = [i for part in faces.GROUPS.values() for i in range(part.start, part.stop)]
    assert numbers == list(range(faces.POINTS))


def test_a_mirrored_face_has_its_points_in_the_mirrored_order():
    face, order = plain_face(), faces.mirrored_order()
    assert sorted(order) == list(range(68)) and (order[order] == np.arange(68)).all()
    assert np.allclose((face * (-1, 1) + (1, 0))[order], face, atol=1e-9)


def test_the_error_is_a_share_of_the_distance_of_the_outer_eye_corners():
    face = plain_face()
    assert faces.eye_distance(face) == pytest.approx(0.64 + 0.07 - 0.36 + 0.07)
    assert faces.mean_error(face + np.array([0.042, 0]), face) == pytest.approx(0.1)
    assert faces.mean_error(np.stack([face, face * 2]), np.stack([face, face * 2])).tolist() == [0, 0]


# --- alignment -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [0, 30, -90, 170])
@pytest.mark.parametrize("scale", [0.3, 1, 7])
def test_a_similarity_is_found_again(degrees: float, scale: float):
    places = FIXED_PLACES * 100
    matrix = faces.similarity(turned(places, degrees, scale, (5, -9)), places)
    assert np.allclose(faces.moved(turned(places, degrees, scale, (5, -9)), matrix), places)
    assert np.hypot(*matrix[:, 0]) == pytest.approx(1 / scale)


def test_a_face_is_never_mirrored_or_stretched():
    places = FIXED_PLACES * 100
    for source in (places * (-1, 1), places * (3, 1)):
        matrix = faces.similarity(source, places)[:, :2]
        assert np.linalg.det(matrix) > 0
        assert np.allclose(matrix @ matrix.T, np.eye(2) * np.linalg.det(matrix))


def test_points_in_one_place_are_only_shifted():
    matrix = faces.similarity(np.full((5, 2), 7.0), FIXED_PLACES)
    assert np.allclose(matrix[:, :2], np.eye(2), atol=1e-6) and np.isfinite(matrix).all()


@pytest.mark.parametrize("degrees", [0, 25, -60])
def test_aligned_faces_look_alike_however_they_were_turned(degrees: float):
    points = turned(plain_face() - 0.5, degrees, 150, (160, 150))
    picture = dotted(np.full((300, 320, 3), 120, np.uint8), points, lines=False)
    upright = faces.align(picture, points, 96)
    straight = dotted(
        np.full((300, 320, 3), 120, np.uint8), turned(plain_face() - 0.5, 0, 150, (160, 150)), lines=False
    )
    expected = faces.align(straight, turned(plain_face() - 0.5, 0, 150, (160, 150)), 96)
    assert upright.shape == (96, 96, 3)
    assert np.abs(upright.astype(int) - expected).mean() < 6


@pytest.mark.parametrize("place", [(0, 0), (10, -400), (5000, 5000)])
def test_a_face_beyond_the_picture_repeats_its_border(place: tuple[int, int]):
    pixels = np.full((40, 30, 3), 77, np.uint8)
    assert (faces.align(pixels, plain_face() * 50 + place, 32) == 77).all()


def test_nothing_is_skipped_where_much_is_shrunk():
    """Single white lines in black: shrunk to a tenth all become grey, none vanishes."""
    pixels = np.zeros((400, 400, 3), np.uint8)
    pixels[:, ::10] = 250
    small = faces.warped(pixels, np.array([[0.1, 0, 0], [0, 0.1, 0]]), 40)
    assert small.mean() == pytest.approx(25, abs=3) and small.std() < 6


# --- framing ---------------------------------------------------------------------------------------------------------


def test_the_box_fills_its_share_of_the_square():
    box = np.array([10.0, 20.0, 60.0, 100.0])
    matrix = faces.framing(box, 112)
    corners = faces.moved(np.array([[10.0, 20.0], [60.0, 100.0]]), matrix)
    assert np.allclose(corners.mean(0), 56)
    assert np.ptp(corners[:, 1]) == pytest.approx(112 / faces.ROOM)
    assert np.allclose(faces.moved(corners, faces.inverse(matrix)), [[10, 20], [60, 100]])


def test_a_turned_face_is_turned_back():
    points = turned(plain_face() - 0.5, 25, 100, (70, 80))
    framed = faces.moved(points, faces.framing(faces.box_of(points), 112, turn=25))
    eyes = faces.five_places(framed)[:2]
    assert eyes[0, 1] == pytest.approx(eyes[1, 1])


def test_a_finders_box_and_back():
    boxes = np.array([[0.0, 0, 10, 20], [5, 5, 100, 50]])
    assert np.allclose(faces.box_of_points_in(faces.found_box(boxes)), boxes)
    assert (faces.found_box(boxes)[:, 1] < boxes[:, 1]).all()  # half of the forehead


# --- what is said ----------------------------------------------------------------------------------------------------


def two_faces() -> Landmarks:
    points = np.stack([plain_face() * 100, plain_face() * 50 + 110]).astype(np.float32)
    return Landmarks(faces.box_of(points), points, np.float32([0.9, 0.6]), (200, 220))


def test_landmarks_read_as_rows_words_and_json():
    found = two_faces()
    assert found.text() == "Found 2 faces with 68 points each; the most certain 90%."
    assert found.largest() == 0 and found.turns() == pytest.approx([0, 0], abs=1e-4)
    assert found.rows()[0] == ["1", "90.0%", "20, 28, 80, 82", "42", "0"]
    told = found.to_json()
    assert len(told["faces"][1]["points_xy"]) == 68 and told["size_hw"] == [200, 220]
    assert len(found.chosen(np.array([False, True]))) == 1
    assert found.unlike(found.arrays()) == ""
    assert "pixels away" in found.unlike(found.arrays() | {"points": found.points + 2})
    assert "score" in found.unlike(found.arrays() | {"scores": found.scores - np.float32(0.2)})
    assert "expected" in found.unlike(found.chosen([0]).arrays())


def test_no_face_is_an_answer():
    none = Landmarks(
        np.zeros((0, 4), np.float32), np.zeros((0, 68, 2), np.float32), np.zeros(0, np.float32), (5, 5)
    )
    assert none.text() == "No face found." and none.rows() == [] and none.unlike(none.arrays()) == ""
    assert none.turns().shape == (0,)
    with pytest.raises(ValueError, match="at least one face"):
        none.largest()


@pytest.mark.parametrize(
    "broken",
    [
        {"points": np.zeros((1, 68, 2))},
        {"scores": np.float32([0.1, 0.5])},
        {"boxes_xyxy": np.full((2, 4), np.nan)},
    ],
)
def test_inconsistent_landmarks_are_refused(broken: dict):
    with pytest.raises(ValueError, match="expected"):
        Landmarks(**{**vars(two_faces()), **broken})


def test_an_embedding_has_length_one():
    one, other = Embedding(np.float32([1, 0])), Embedding(np.float32([0.6, 0.8]))
    assert one.distance(other) == pytest.approx(0.4**2 + 0.8**2)
    assert one.unlike(one.arrays()) == "" and one.unlike(other.arrays())
    for wrong in (np.float32([1, 1]), np.float32([np.nan, 1]), np.zeros((1, 2), np.float32)):
        with pytest.raises(ValueError, match="expected"):
            Embedding(wrong)


def test_a_comparison_is_always_said_with_its_error_rates():
    near = Comparison(0.4, 0.9, 0.021, 0.103, "20 people")
    assert near.same and "the same person" in near.text() and "2.1%" in near.text() and "10.3%" in near.text()
    far = Comparison(1.4, 0.9, 0.021, 0.103, "20 people")
    assert not far.same and "different people" in far.text() and far.to_json()["false_accept_rate"] == 0.021
    with pytest.raises(ValueError, match="error rates"):
        Comparison(0.4, 0.9, 1.5, 0.1, "20 people")


def test_faces_are_drawn_in_the_colours_of_their_groups():
    ground = np.zeros((240, 240, 3), np.uint8)
    face = plain_face() * 220
    assert (dotted(ground, face, groups=()) == ground).all()
    everything = dotted(ground, face, numbers=True)
    only_mouth = dotted(ground, face, groups=("mouth",))
    assert (only_mouth[:100] == 0).all() and (only_mouth[120:] > 0).any() and (everything[:100] > 0).any()
    shown = landmarks(ground, two_faces())
    assert shown.shape == ground.shape and (shown != ground).any()
    assert all(name in legend() for name in faces.GROUPS)


# --- data ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["npz", "csv"])
def test_a_table_beside_the_pictures(tmp_path, table: str):
    data = open_landmarks(write_faces(tmp_path / "data", table=table))["all"]
    assert len(data) == 18 and len(set(data.people)) == 6 and data.people[0] == "Person_A"
    assert np.allclose(data.points[4], scene(4)[1], atol=1e-3)
    assert (data.read(4) == scene(4)[0]).all()
    assert (data.subset([4, 2]).read(0) == scene(4)[0]).all()


def test_a_packed_table_and_packed_pictures(tmp_path):
    folder = write_faces(tmp_path / "data", table="csv")
    assert len(open_landmarks(shutil.make_archive(str(tmp_path / "packed"), "zip", folder))["all"]) == 18
    other = write_faces(tmp_path / "other")
    shutil.make_archive(str(tmp_path / "pictures"), "zip", other)
    for picture in other.glob("*.png"):
        picture.unlink()
    (tmp_path / "pictures.zip").rename(other / "train.zip")
    (other / "faces.npz").rename(other / "train.npz")
    data = open_landmarks(other)["train"]
    assert (data.read(5) == scene(5)[0]).all()


def test_people_are_split_and_not_pictures(tmp_path):
    data = open_landmarks(write_faces(tmp_path))["all"]
    rest, off = split_people(data.people, 0.3, seed=0)
    sides = [{data.people[i] for i in side} for side in (rest, off)]
    assert len(sides[1]) == 2 and not sides[0] & sides[1] and len(rest) + len(off) == len(data)
    assert (rest, off) == split_people(data.people, 0.3, seed=0) != split_people(data.people, 0.3, seed=1)


@pytest.mark.parametrize(
    ("name", "person"), [("a/Ada_Lovelace_01.jpg", "Ada_Lovelace"), ("x12.png", "x"), ("7.png", "7")]
)
def test_whose_picture_it_is(name: str, person: str):
    assert person_of(name) == person


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("a.png,1,2\n", "points_shape"),
        ("a.png," + ",".join(["x"] * 136), "points_shape"),
        ("a.png," + ",".join(["nan"] * 136), "points_shape"),
        ("missing.png," + ",".join(["1"] * 136), "pictures_missing"),
        ("", "points_shape"),
        (None, "points_missing"),
    ],
)
def test_a_wrong_table_is_said(tmp_path, content: str | None, code: str):
    write_faces(tmp_path, people=1, table="csv")
    if content is None:
        (tmp_path / "faces.csv").unlink()
    else:
        (tmp_path / "faces.csv").write_text(content, encoding="utf-8")
    with pytest.raises(BadData) as caught:
        open_landmarks(tmp_path)
    assert caught.value.code == code
