"""The tab and the call of face recognition: what they answer, to odd pictures too, and that no picture stays."""

import io
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import hostile_pictures
import numpy as np
import pytest
from gradio.utils import get_upload_folder
from PIL import Image
from server import Client, Refused, Server

from hub_models.errors import BadInput
from hub_models.face_gallery import Calibration
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_png
from hub_models.tabs import face_recognition_plots as plots
from hub_models.tabs.face_recognition_given import held_if_agreed
from hub_models.tabs.face_recognition_held import Enrolled, Held, gallery_of, hold, name_of, needed
from hub_models.tabs.face_recognition_pixels import coloured
from hub_models.tabs.face_recognition_recognise import listed, recognised
from hub_models.tabs.face_recognition_space import faces_at_hand
from hub_models.tabs.face_recognition_threshold import drawn
from hub_models.tabs.face_recognition_triplets import before_and_after, triplet_table
from hub_models.tabs.face_recognition_trouble import distance_curves
from hub_models.tabs.face_recognition_verify import pair_of, shown
from hub_models.task import task
from hub_models.ui.consent import forget, must_agree
from hub_models.ui.examples import available
from hub_models.ui.frame import Preset

TASK = task("face-recognition")
ORL = "siamese.orl"
EXAMPLES = available(TASK)
KNOWN = Calibration(1.0, np.linspace(0, 2, 101), np.linspace(0.5, 4, 101), "noise")


@pytest.fixture
def uploads(tmp_path, monkeypatch) -> Iterator[Path]:
    """gradio's folder of uploads, empty."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    assert get_upload_folder() == str(tmp_path / "uploads")
    yield tmp_path / "uploads"


def uploaded(folder: Path, data: bytes, name: str = "face.png") -> Path:
    path = folder / "0123abcd" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def held() -> dict[str, Held]:
    """Faces of the examples, found once."""
    return {name: hold(EXAMPLES[name]) for name in ("astronaut", "astronaut again", "two men")}


# --- the call ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def same():
    return TASK.predict(EXAMPLES["astronaut"], EXAMPLES["astronaut"], ORL)


def test_a_picture_is_near_itself_and_the_answer_has_its_error_rates(same):
    answer = same.to_json()
    assert answer["same"] is True and answer["distance"] < 1e-3
    assert 0 < answer["false_accept_rate"] < 0.3 and 0 <= answer["false_reject_rate"] < 0.3
    assert "%" in same.result.text() and "not trained on" in same.result.text()


def test_a_threshold_of_ones_own_changes_the_rates_and_strange_ones_are_refused(same):
    path = EXAMPLES["astronaut"]
    loose = TASK.predict(path, path, ORL, 4.0).to_json()
    assert loose["threshold"] == 4 and loose["false_accept_rate"] == 1 and loose["false_reject_rate"] == 0
    for threshold in (-0.5, 4.5, float("nan")):
        with pytest.raises(BadInput) as error:
            TASK.predict(path, path, ORL, threshold)
        assert error.value.code == "bad_value"


def test_of_several_faces_the_largest_is_taken_and_said():
    answer = TASK.predict(EXAMPLES["two men"], EXAMPLES["astronaut"], ORL)
    assert any("largest" in note and note.startswith("picture 1") for note in answer.notes)


def test_a_picture_without_a_face_is_said():
    with pytest.raises(BadInput) as error:
        TASK.predict(EXAMPLES["pagoda"], EXAMPLES["astronaut"], ORL)
    assert error.value.code == "no_face" and "largest" not in error.value.message


def test_odd_pictures_are_answered_or_refused_by_name(tmp_path, same):
    """One pixel, a strip, a drawing, a grey picture with alpha, what is no picture."""
    astronaut = decode_picture(EXAMPLES["astronaut"]).pixels
    grey = Image.fromarray(astronaut).convert("L")
    with_alpha = Image.merge("LA", (grey, Image.new("L", grey.size, 255)))
    file = io.BytesIO()
    with_alpha.save(file, "PNG")
    given = {
        "grey.png": (file.getvalue(), ""),
        "pixel.png": (hostile_pictures.one_pixel_png(), "no_face"),
        "strip.png": (hostile_pictures.strip_png(), "no_face"),
        "black.png": (encode_png(np.zeros((200, 200, 3), np.uint8)), "no_face"),
        "huge.png": (hostile_pictures.png_header_of_60000(), "image_too_large"),
        "words.png": (hostile_pictures.html_named_png(), "not_an_image"),
        "empty.png": (b"", "file_empty"),
    }
    for name, (data, code) in given.items():
        path = tmp_path / name
        path.write_bytes(data)
        try:
            answer = TASK.predict(path, EXAMPLES["astronaut"], ORL)
            assert code == "" and np.isfinite(answer.result.distance), name
        except BadInput as error:
            assert error.code == code, name
    assert TASK.predict(EXAMPLES["astronaut"], EXAMPLES["astronaut"], ORL).result == same.result


# --- no picture stays -------------------------------------------------------------------------------------------------


def test_an_upload_is_gone_once_it_was_read_whatever_came_of_it(uploads):
    astronaut = encode_png(decode_picture(EXAMPLES["astronaut"]).pixels)
    held = hold(uploaded(uploads, astronaut))
    assert held.face.shape == (128, 128, 3) and files_in(uploads) == []
    for data, code in ((encode_png(np.zeros((99, 99, 3), np.uint8)), "no_face"), (b"?", "not_an_image")):
        with pytest.raises(BadInput) as error:
            hold(uploaded(uploads, data))
        assert error.value.code == code and files_in(uploads) == []
    with pytest.raises(BadInput) as error:
        held_if_agreed(False, uploaded(uploads, astronaut))
    assert error.value.code == "consent_missing" and files_in(uploads) == []


def test_a_file_from_elsewhere_stays(uploads, tmp_path):
    elsewhere = tmp_path / "mine.png"
    elsewhere.write_bytes(b"mine")
    forget(elsewhere)
    forget(EXAMPLES["astronaut"])
    assert elsewhere.exists() and EXAMPLES["astronaut"].exists()
    uploads.mkdir()
    twice = uploaded(uploads, b"equal files lie in one place")
    forget(twice)
    forget(twice)
    assert list(uploads.iterdir()) == []
    link = uploads / "link.png"
    link.symlink_to(elsewhere)
    forget(link)
    assert elsewhere.exists()


def test_the_endpoint_leaves_no_picture_on_the_server(app_server: Server):
    folder = app_server.temp / "uploads"
    astronaut = EXAMPLES["astronaut"].read_bytes()
    with app_server.client() as visitor:
        given = [visitor.upload(astronaut, "first.png"), visitor.upload(astronaut + b" ", "second.png")]
        mine = {Path(file["path"]).name for file in given}
        assert {path.name for path in files_in(folder)} >= mine
        answer = visitor.call([*given, ORL, None], "face-recognition")
        assert answer["same"] is True
        assert not {path.name for path in files_in(folder)} & mine
        refused = visitor.upload(encode_png(np.zeros((64, 64, 3), np.uint8)), "refused.png")
        code = refusal(visitor, [refused, visitor.upload(astronaut, "first.png"), ORL, None])
        assert code == "no_face" and "refused.png" not in {path.name for path in files_in(folder)}
    assert "first.png" not in app_server.log()


def refusal(visitor: Client, data: list) -> str:
    with pytest.raises(Refused) as error:
        visitor.call(data, "face-recognition")
    return error.value.code


def test_consent_must_be_said():
    must_agree(True)
    for value in (False, None, "yes", 1):
        with pytest.raises(BadInput) as error:
            must_agree(value)
        assert error.value.code == "consent_missing"


# --- names and the gallery --------------------------------------------------------------------------------------------


def test_names_are_lines_of_text_and_never_markup():
    assert name_of("  Ada \n Lovelace\u202e ") == "Ada Lovelace"
    for words, code in ((None, "text_empty"), (" \n", "text_empty"), ("x" * 41, "text_too_long")):
        with pytest.raises(BadInput) as error:
            name_of(words)
        assert error.value.code == code
    face = np.zeros((128, 128, 3), np.uint8)
    shown_list = listed(Enrolled().with_face("<script>alert(1)</script>", face))
    said = recognised([("<img src=x>", 0.2), ("b", 1.4)], KNOWN, None)
    drawing = plots.plane_of(np.zeros((1, 2)), ["<b>"], None)
    for html in (shown_list, said, drawing):
        assert "<script>" not in html and "<img src=x>" not in html and "<b>:" not in html and "&lt;" in html


def test_recognition_names_the_nearest_or_nobody_with_the_chance_of_error():
    assert "Probably Ada" in recognised([("Ada", 0.4), ("Alan", 1.2)], KNOWN, None)
    nobody = recognised([("Ada", 1.4)], KNOWN, None)
    assert "Probably nobody" in nobody and "Ada" in nobody
    accept = KNOWN.error_rates(1.0)[0]
    assert f"about {1 - (1 - accept) ** 2:.0%}" in recognised([("Ada", 0.4), ("Alan", 1.2)], KNOWN, None)
    unknown = recognised([("Ada", 0.4)], None, None)
    assert "Nearest: Ada" in unknown and "Probably" not in unknown


def test_enrolled_faces_are_recognised(held):
    known, other = held["astronaut"], held["two men"]
    people = Enrolled().with_face("Eileen", known.face).with_face("man", other.face)
    gallery, asked = gallery_of(TASK, ORL, people, known.face)
    rows = gallery.distances(asked[0])
    assert rows[0][0] == "Eileen" and rows[0][1] < 1e-4 < rows[1][1]
    names, faces = faces_at_hand(known, None, people)
    assert names == ["first", "Eileen", "man"] and len(faces) == 3
    with pytest.raises(BadInput):
        needed(None, "a first picture")


# --- what the views show ----------------------------------------------------------------------------------------------


def test_a_pair_is_shown_with_its_verdict_rates_and_place_on_the_histograms(held):
    found = pair_of(TASK, ORL, [held["astronaut"].face] * 2)
    told = shown(found, True, 1.0)
    assert "Probably the same person" in told and "your pair" in told and "one person taken for two" in told
    assert "above the threshold" in shown(found, False, 0.0) or found.distance == 0


def test_the_threshold_view_counts():
    histograms, roc, rates = drawn(KNOWN, 1.0)
    accept, reject = KNOWN.error_rates(1.0)
    assert f"{accept:.1%}" in rates and f"{reject:.1%}" in rates and f"{1 - reject:.1%} true accepts" in roc
    assert histograms.count("<svg") == 1
    total = plots.shares(KNOWN.same, np.linspace(0, 4, 30)).sum()
    assert total == pytest.approx(1, abs=0.02)


def test_a_triplet_before_and_after_training(held):
    faces = [held[name].face for name in ("astronaut", "astronaut again", "two men")]
    before, after = before_and_after(TASK, ORL, faces)
    assert before.positive != after.positive
    words = triplet_table(before, after)
    assert "before training" in words and f"{after.positive:.3f}" in words


def test_curves_and_map_have_words():
    found = {name: np.linspace(0, 2, 9) for name in ("blur", "dark", "turn", "cover")}
    assert "rotation 0.00 to 2.00" in distance_curves(found)
    change = np.zeros((8, 8))
    change[2, 3] = 1
    painted = coloured(np.full((128, 128, 3), 100, np.uint8), change).astype(int)
    row, column = np.unravel_index((painted[..., 0] - painted[..., 2]).argmax(), painted.shape[:2])
    assert 70 < row < 130 and 110 < column < 170  # cell (2, 3) of 8 x 8 in 320 pixels


def test_the_tab_can_be_laid_out_and_starts_without_consent():
    with gr.Blocks() as blocks:
        TASK.tab(Preset())
    boxes = [b for b in blocks.blocks.values() if isinstance(b, gr.Checkbox) and b.elem_id == "consent"]
    assert len(boxes) == 1 and boxes[0].value is False
    hidden = [b for b in blocks.blocks.values() if isinstance(b, gr.Column) and not b.visible]
    assert hidden
    names = {fn.api_name for fn in blocks.fns.values() if fn.api_visibility == "public"}
    assert not names  # no event of the page can be called by name
    LOADER.unload()
