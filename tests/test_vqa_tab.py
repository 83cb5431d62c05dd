"""The tab of visual question answering: its views on a small network trained here, what it refuses, its failures."""

from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from question_sets import write_questions
from test_text import code_of

from finetune.visual_question_answering import main as recipe
from hub_models.inside.questions import looked, two_vectors
from hub_models.loader import LOADER
from hub_models.shapes import Drawing, draw_shape
from hub_models.tabs import visual_question_answering as tab
from hub_models.tabs import visual_question_answering_alone as alone
from hub_models.tabs import visual_question_answering_compare as compare
from hub_models.tabs import visual_question_answering_fusion as fusion
from hub_models.tabs import visual_question_answering_look as look
from hub_models.tabs import visual_question_answering_many as many
from hub_models.tabs.visual_question_answering_failures import FAILURES
from hub_models.tabs.visual_question_answering_given import given, numbers_of
from hub_models.task import task
from hub_models.ui.compare_answers import row
from hub_models.ui.examples import available, texts
from hub_models.ui.use_it import code

TASK = task("visual-question-answering")
PICTURES, QUESTIONS = available(TASK), texts(TASK)
CIRCLE = str(PICTURES["circle"])
QUESTION = "what color is the <b>shape</b>?"


@pytest.fixture(scope="module")
def identity(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("run")
    data = write_questions(folder / "drawings", 8, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUB_RUNS", str(folder / "none"))
        arguments = ["--model", "vqa-bilinear", "--data", str(data), "--output", str(folder / "vqa_tab")]
        assert (
            recipe([*arguments, "--epochs", "1", "--batch", "4", "--hidden", "16", "--embedding", "8"]) == 0
        )
        yield LOADER.open_local(folder / "vqa_tab" / "checkpoint").id
    LOADER.unload()
    LOADER.local.clear()


def asked(picture: str | None, question: str, checkpoint: str) -> str:
    return list(tab.answered(TASK, picture, checkpoint, question, gr.Progress()))[-1][0]


def test_the_tab_answers_and_html_stays_text(identity: str) -> None:
    shown = asked(CIRCLE, "is there a <script>alert(1)</script> circle?", identity)
    assert "<script>" not in shown and 'class="bar"' in shown and "not in its vocabulary" in shown


@pytest.mark.parametrize(
    ("picture", "question", "expected"),
    [(CIRCLE, "", "text_empty"), (CIRCLE, "\u202e", "text_empty"), (CIRCLE, "x" * 2_000, "text_too_long"),
     (None, "is there a circle?", "file_missing")],
)  # fmt: skip
def test_the_tab_says_what_is_wrong(picture: str | None, question: str, expected: str, identity: str) -> None:
    assert code_of(lambda: asked(picture, question, identity)) == expected


def test_maps_are_laid_over_the_picture(identity: str) -> None:
    predictor = LOADER.get(identity, TASK.id)
    pixels, cleaned = given(CIRCLE, QUESTION)
    found = looked(predictor, pixels, cleaned)
    shown = look.page(found, predictor.seen(pixels), predictor.names, 0.5)
    assert shown.count("<img") == 1 + len(found.words) and "<b>" not in shown and "&lt;" in shown
    assert "Attention over 64 regions" in shown and "0.016" in shown
    even = np.full((8, 8), 1 / 64)
    assert look.spread(even) == pytest.approx(64) and look.spread(np.eye(1)) == pytest.approx(1)
    one = np.zeros((8, 8))
    one[2, 5] = 1
    assert look.place(one) == "row 3, column 6"
    assert look.enlarged(np.zeros((10, 5000, 3), np.uint8), 100).shape == (100, 400, 3)


def test_three_fusions_in_numbers(identity: str) -> None:
    predictor = LOADER.get(identity, TASK.id)
    pixels, cleaned = given(CIRCLE, "is there a circle?")
    vectors = two_vectors(predictor.network, predictor.look(pixels), numbers_of(predictor, cleaned))
    shown = fusion.page(*vectors, predictor.network.fusion, 3)
    assert "9" not in shown.partition("Concatenation")[0][:20]
    for words in ("Element-wise product: 3 numbers", "Concatenation: 6 numbers", "Bilinear: 3 x 3 products"):
        assert words in shown
    assert "bilinear (this network)" in shown and f"{24 * 24:,}" in shown
    assert f"{float(vectors[0][0] * vectors[1][0]):.2f}" in shown


def test_one_of_the_two_is_taken_away(identity: str) -> None:
    predictor = LOADER.get(identity, TASK.id)
    assert alone.top(np.array([0.1, 0.7, 0.2]), ("a", "b", "c")) == ["b 70%", "c 20%", "a 10%"]
    measured = alone.on_drawings(predictor)
    assert measured.count("<tr>") == 4 and "95 % interval" in measured


def test_many_questions_and_many_pictures(identity: str) -> None:
    predictor = LOADER.get(identity, TASK.id)
    assert "a guess" in many.card(predictor, "cat", np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8),
                                  "is there a cat?")  # fmt: skip
    table = many.by_shape(predictor, "is there a <i>?")
    assert table.count("<tr>") == 9 and "<i>" not in table
    assert all(len(line) < 1000 for line in many.QUESTIONS.splitlines())


def test_side_by_side(identity: str) -> None:
    year, title, _, said, *_ = row(
        compare.asking_both(TASK), LOADER.checkpoint(identity), (Path(CIRCLE), "is there a circle?")
    )
    assert year == "2015" and title.startswith("VQA") and "%" in said
    refused = row(compare.asking_both(TASK), LOADER.checkpoint(identity), (Path(CIRCLE), "x" * 2_000))
    assert refused[3].startswith("Expected a text of at most")


def test_the_code_for_other_programs_has_picture_and_question() -> None:
    python, shell, http, _ = code(TASK, "vqa_product.easy", "http://127.0.0.1:1")
    question = next(iter(QUESTIONS.values()))
    assert f'"my_picture", "{question}"' in python
    assert f"my_picture '{question}'" in shell
    assert "upload -F files=@my_picture" in http and f'\\"{question}\\"' in http and "$PICTURE" in http


def test_examples_are_pictures_and_questions() -> None:
    assert {"circle", "triangle", "rectangle", "two shapes", "cat"} <= set(PICTURES) and len(QUESTIONS) >= 5
    assert list(TASK.inputs) == ["picture", "question"] and not TASK.reads


def test_a_drawing_becomes_the_picture() -> None:
    pixels = draw_shape(Drawing(shape="circle", colour="pink", x=0.2, y=0.8, size=0.2))
    assert tuple(pixels[51, 13]) == (255, 128, 190) and pixels.flags.writeable


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.title)
def test_the_failures_are_real(failure) -> None:
    """What each of them says is what comes out."""
    (question,) = failure.settings
    answer = TASK.predict(PICTURES[failure.example], question, failure.checkpoint)
    label, _ = answer.result.top(1)[0]
    assert f"*{label}*" in failure.why or f"*{label}*" in failure.title, (label, answer.notes)
