"""Networks of transformers that answer questions: tiny ones of the real classes, the library's own answers, fine-tuning."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from question_sets import drawing, write_questions, write_tiny_blip, write_tiny_vilt

from finetune.visual_question_answering import main as recipe
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput
from hub_models.local import read_local
from hub_models.predictors import transformers as library
from hub_models.predictors.transformers_answerer import ANOTHER, BEAMS, TransformersAnswerer
from hub_models.shapes import draw_shape

QUESTION = "what color is the shape?"
PIXELS = draw_shape(drawing(2))
ROW = Checkpoint(
    id="net.tests", task="visual-question-answering", title="Net", architecture="Net", year=2020, library="transformers",
    source="local:x", model="ViltForQuestionAnswering", sentence="A test.", paper="None.", weights_licence="none",
    data_licence="none", trained_on="nothing", parameters=1, megabytes=0.1, recipe="none",
)  # fmt: skip


@pytest.fixture(scope="module")
def vilt(tmp_path_factory) -> TransformersAnswerer:
    return library.load(ROW, write_tiny_vilt(tmp_path_factory.mktemp("vilt")), "cpu")


@pytest.fixture(scope="module")
def blip(tmp_path_factory) -> TransformersAnswerer:
    return library.load(ROW, write_tiny_blip(tmp_path_factory.mktemp("blip")), "cpu")


def test_vilt_answers_as_the_library_does(vilt: TransformersAnswerer) -> None:
    inputs = vilt.processor(images=Image.fromarray(PIXELS), return_tensors="pt")
    words = vilt.tokenizer(QUESTION, return_tensors="pt")
    with torch.no_grad():
        expected = vilt.network(**words, **inputs).logits.softmax(1)[0].numpy()
    found = vilt.predict(PIXELS, QUESTION)
    assert found.names == ("yes", "no", "red")
    assert np.allclose(found.probabilities, expected, atol=1e-5)
    assert vilt.answers(vilt.look(PIXELS), [QUESTION, QUESTION]) == [found.top(1)[0][0]] * 2


def test_blip_writes_what_the_library_writes(blip: TransformersAnswerer) -> None:
    inputs = blip.preprocess(PIXELS, QUESTION)
    taken = {name: inputs[name] for name in ("input_ids", "pixel_values", "attention_mask")}
    with torch.no_grad():
        best = blip.network.generate(
            **taken, num_beams=BEAMS, length_penalty=0.0, do_sample=False, max_new_tokens=12
        )
    expected = blip.tokenizer.decode(best[0], skip_special_tokens=True).strip() or "(nothing)"
    found = blip.predict(PIXELS, QUESTION)
    assert expected in found.names and ANOTHER in found.names
    assert found.probabilities.min() >= 0 and blip.names == ()
    shares = dict(zip(found.names, found.probabilities, strict=True))
    assert expected == max((n for n in shares if n != ANOTHER), key=shares.get)


def test_a_probability_is_that_of_the_pieces(blip: TransformersAnswerer) -> None:
    """The score of a beam is the sum of the logarithms: what the decoder says of these pieces, step by step."""
    inputs = blip.preprocess(PIXELS, QUESTION)
    taken = {name: inputs[name] for name in ("input_ids", "pixel_values", "attention_mask")}
    with torch.no_grad():
        out = blip.network.generate(
            **taken, num_beams=BEAMS, num_return_sequences=1, length_penalty=0.0, do_sample=False,
            max_new_tokens=3, return_dict_in_generate=True, output_scores=True,
        )  # fmt: skip
        steps = blip.network.text_decoder.compute_transition_scores(
            out.sequences, out.scores, out.beam_indices, normalize_logits=False
        )
    assert float(out.sequences_scores[0]) == pytest.approx(float(steps[0].sum()), abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (300, 3), (40, 90)])
@pytest.mark.parametrize("kind", ["vilt", "blip"])
def test_pictures_of_any_size(kind: str, size: tuple[int, int], request: pytest.FixtureRequest) -> None:
    """ViLT keeps the sides in proportion, so of a strip nothing is left: that is said."""
    predictor, pixels = request.getfixturevalue(kind), np.zeros((*size, 3), np.uint8)
    if kind == "vilt" and size == (300, 3):
        with pytest.raises(BadInput, match="nearer to a square"):
            predictor.predict(pixels, QUESTION)
        return
    assert predictor.predict(pixels, QUESTION).probabilities.sum() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("kind", ["vilt", "blip"])
def test_long_questions_are_cut_and_it_is_said(kind: str, request: pytest.FixtureRequest) -> None:
    predictor = request.getfixturevalue(kind)
    long = "is there a cat in this picture " * 40
    assert predictor.predict(PIXELS, long).probabilities.sum() == pytest.approx(1, abs=1e-3)
    assert "only the first 40" in predictor.remarks(long)[0] and predictor.remarks(QUESTION) == ()


@pytest.mark.parametrize("lora", ["0", "2"])
def test_a_vilt_is_fine_tuned(lora: str, tmp_path: Path, capsys) -> None:
    """New answers; whole, or by thin matrices that are merged in the end; resumed; opened as any ViLT."""
    data = write_questions(tmp_path / "data", 8, 2)
    start = write_tiny_vilt(tmp_path / "vilt")
    arguments = ["--model", f"transformers:{start}", "--data", str(data), "--output", str(tmp_path / "run"),
                 "--epochs", "1", "--batch", "12", "--learning-rate", "0.01", "--lora-rank", lora]  # fmt: skip
    assert recipe(arguments) == 0
    assert "of them learn" in capsys.readouterr().out
    folder = tmp_path / "run" / "checkpoint"
    row = read_local(folder)
    assert (row.library, row.model) == ("transformers", "vilt")
    found = library.load(row, folder, "cpu").predict(PIXELS, QUESTION)
    assert {"circle", "triangle", "yes", "no"} <= set(found.names)
    assert recipe([*arguments, "--lora-rank", "4" if lora == "2" else "1"]) == 1
    assert "resume_changed" in capsys.readouterr().err


def test_a_network_that_writes_is_refused(tmp_path: Path, capsys) -> None:
    data, start = write_questions(tmp_path / "data", 6, 2), write_tiny_blip(tmp_path / "blip")
    arguments = ["--model", f"transformers:{start}", "--data", str(data), "--output", str(tmp_path / "run")]
    assert recipe(arguments) == 1
    assert any(code in capsys.readouterr().err for code in ("model_unknown", "checkpoint_foreign"))
