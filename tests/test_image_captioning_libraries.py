"""BLIP and GIT of transformers: tiny networks of the real classes, saved and loaded as the Hub's are."""

import math

import numpy as np
import pytest
import torch
from caption_sets import drawn, row, write_tiny_library

from hub_models import catalog, compute
from hub_models.compute import Deadline
from hub_models.errors import Overloaded
from hub_models.predictors import transformers as from_transformers
from hub_models.predictors.generation import ARGMAX, Choosing
from hub_models.predictors.transformers_captioner import TransformersCaptioner

ROW = row("net", library="transformers", source="local:x", recipe="none")
BEAMS = Choosing(beams=3, length_power=0.7)


@pytest.fixture(scope="module", params=["blip", "git"])
def captioner(request: pytest.FixtureRequest, tmp_path_factory) -> TransformersCaptioner:
    folder = write_tiny_library(tmp_path_factory.mktemp(request.param), request.param)
    return from_transformers.load(ROW, folder, "cpu")


def test_the_rows_name_classes_of_the_library():
    import transformers

    rows = [c for c in catalog.checkpoints("image-captioning") if c.library == "transformers"]
    assert len(rows) >= 2
    for checkpoint in rows:
        assert hasattr(transformers, checkpoint.model)


def test_greedy_is_what_the_library_generates(captioner):
    x = captioner.preprocess(drawn(4))
    theirs = captioner.network.generate(pixel_values=x, max_new_tokens=12, do_sample=False, num_beams=1)
    found = captioner.predict(drawn(4), ARGMAX, 6)
    whole = captioner.tokenizer.decode(captioner.without_marks(theirs[0].tolist())).split()
    assert list(found.words) == whole[:6]
    assert found.attention is None


@pytest.mark.parametrize("choosing", [ARGMAX, BEAMS, Choosing(temperature=1.0, seed=3)])
def test_an_answer_is_whole_and_repeats(captioner, choosing):
    found, again = (captioner.predict(drawn(4), choosing, 6) for _ in range(2))
    assert found.words == again.words
    assert len(found.words) <= 6
    assert (found.log_probabilities <= 0).all()
    assert len(found.alternatives) == len(found.words) + 1
    assert len(found.others) == (2 if choosing.beams > 1 else 0)


def test_the_probability_of_a_word_is_that_of_its_pieces(captioner):
    pieces = captioner.tokenizer.convert_tokens_to_ids(["a", "square", "##s", "lies"])
    x = captioner.preprocess(drawn(4))
    with torch.inference_mode():
        found = captioner.told(x, tuple(pieces), 9)
        given = torch.tensor([[captioner.begin, *pieces]])
        logs = captioner.network(pixel_values=x, input_ids=given).logits[0, -5:].log_softmax(-1)
    assert found.words == ("a", "squares", "lies")
    by_hand = [logs[0, pieces[0]], logs[1, pieces[1]] + logs[2, pieces[2]], logs[3, pieces[3]]]
    assert np.allclose(found.log_probabilities, by_hand, atol=1e-4)
    assert found.ending == pytest.approx(float(logs[4, captioner.end]), abs=1e-4)
    cut = captioner.told(x, tuple(pieces), 2)
    assert cut.words == ("a", "squares")
    assert math.isnan(cut.ending)


def test_a_visitor_who_leaves_stops_it(captioner):
    token = compute.CURRENT.set(Deadline(cancelled=lambda: True))
    try:
        with pytest.raises(Overloaded):
            captioner.predict(drawn(4))
    finally:
        compute.CURRENT.reset(token)
