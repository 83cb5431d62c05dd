"""The tab of image captioning: what Try it yields, what each view shows, hostile pictures, failures, the form."""

from pathlib import Path

import gradio as gr
import hostile_pictures
import numpy as np
import pytest
from caption_sets import drawn, row, tiny_captioner, write_tiny_library
from PIL import Image

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.predictors import transformers as from_transformers
from hub_models.tabs import image_captioning as tab
from hub_models.tabs import image_captioning_beams as beams
from hub_models.tabs import image_captioning_compare as compared
from hub_models.tabs import image_captioning_looks as looks
from hub_models.tabs import image_captioning_seen as shared
from hub_models.tabs import image_captioning_steps as steps
from hub_models.tabs.image_captioning_failures import FAILURES
from hub_models.tabs.image_captioning_form import FORM
from hub_models.task import task
from hub_models.ui.compare import Outcome
from hub_models.ui.examples import available

TASK = task("image-captioning")
OURS = ("local.tiny_lstm", "local.tiny_attention")
LIBRARY = "local.tiny_git"
GREEDY = (1, 0.0, 0.7, 6, 0)


@pytest.fixture(scope="module", autouse=True)
def opened(tmp_path_factory):
    """Tiny networks in place of loaded ones."""
    with_known = {"local.tiny_lstm": "caption_lstm", "local.tiny_attention": "caption_attention"}
    for identity, model in with_known.items():
        predictor = tiny_captioner(model, known=3)
        predictor.network.known_captions[:, :3] = 4
        put(identity, row(model), predictor)
    folder = write_tiny_library(tmp_path_factory.mktemp("git"), "git")
    checkpoint = row("git", library="transformers")
    put(LIBRARY, checkpoint, from_transformers.load(checkpoint, folder, "cpu"))
    yield
    for identity in (*OURS, LIBRARY):
        LOADER.unload(identity)
        del LOADER.local[identity]


def put(identity: str, checkpoint, predictor) -> None:
    from dataclasses import replace

    predictor.checkpoint = LOADER.local[identity] = replace(checkpoint, id=identity)
    LOADER.ready[identity] = predictor


@pytest.fixture
def picture(tmp_path) -> str:
    Image.fromarray(drawn(4)).save(tmp_path / "picture.png")
    return str(tmp_path / "picture.png")


def seen(picture: str, checkpoint: str) -> shared.Seen:
    return shared.see(TASK, picture, checkpoint, length=6)


# --- Try it ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checkpoint", OURS)
def test_a_caption_grows_word_by_word(picture, checkpoint):
    *so_far, (shown, numbers) = tab.described(TASK, picture, checkpoint, *GREEDY, gr.Progress())
    assert len(so_far) >= 2
    assert all("..." in words for words, _ in so_far)
    caption = TASK.predict(Path(picture), checkpoint, *GREEDY).result
    assert caption.caption in shown
    assert "What else there was" in numbers
    assert "ms on" in numbers


def test_beams_are_listed_and_the_library_answers_too(picture):
    *_, (_, numbers) = tab.described(TASK, picture, OURS[0], 3, 0.0, 0.7, 6, 0, gr.Progress())
    assert "Also kept by the beam search" in numbers
    *_, (shown, _) = tab.described(TASK, picture, LIBRARY, *GREEDY, gr.Progress())
    assert "<b>" in shown


def test_the_controls_are_those_of_predict():
    with gr.Blocks():
        values = [control.value for control in tab.choosing_controls()]
    assert values == list(TASK.options.values())


@pytest.mark.parametrize("odd", hostile_pictures.HOSTILE_PICTURES, ids=lambda odd: odd.name)
def test_odd_pictures_get_a_caption_or_a_sentence(odd, tmp_path):
    path = tmp_path / f"odd{odd.suffix}"
    path.write_bytes(odd.make())
    if odd.code is None:
        assert TASK.predict(path, OURS[0], *GREEDY).result.text()
        return
    with pytest.raises(BadInput) as caught:
        TASK.predict(path, OURS[0], *GREEDY)
    assert caught.value.code == odd.code
    assert str(tmp_path) not in str(caught.value)


def test_words_are_escaped():
    predictor = tiny_captioner(words=("<b>x</b>",))
    found = predictor.predict(drawn(1), length=3)
    assert "<b>x</b>" not in shared.sentence(found)


# --- Look inside -----------------------------------------------------------------------------------------------------


def test_where_it_looks_is_a_picture_a_word_with_words(picture):
    found = seen(picture, OURS[1])
    maps, regions = looks.drawn(found, found.caption.attention, "looks at")
    assert maps.count("<img") == len(found.caption.words)
    assert maps.count("alt=") == maps.count("<img")
    assert "1.00" in regions  # the weights of a word sum to 1


def test_without_attention_there_is_nothing_to_look_at(picture):
    assert seen(picture, OURS[0]).caption.attention is None
    assert "no attention" in looks.GRADIENT


def test_networks_of_the_library_say_that_they_show_nothing(picture):
    with pytest.raises(BadInput, match="one of ours"):
        seen(picture, LIBRARY)


def test_the_steps_list_what_else_there_was(picture):
    found = seen(picture, OURS[0]).caption
    words = [*found.words, "(end)"]
    kept = (words, found.alternatives)
    first, last = steps.at(kept, 1), steps.at(kept, len(words) + 5)
    assert "after “&lt;SOS&gt;”" in first
    assert f"Step {len(words)}" in last
    assert steps.at(None, 1) == ""


def test_every_way_is_listed_with_its_beams(picture):
    predictor = LOADER.get(OURS[0], TASK.id)
    found = predictor.predict(drawn(4), length=6)
    rows = beams.listed("5 beams", found, 0.7)
    assert len(rows) == 1 + len(found.others)
    assert rows[0][1] == found.caption
    names = [name for name, _ in beams.ways(4, 0.7, 0.5)]
    assert names[:2] == ["greedy", "4 beams"]
    assert names.count("drawn, temperature 0.5") == beams.DRAWS


def test_a_card_of_the_comparison(picture):
    checkpoint = LOADER.checkpoint(OURS[0])
    found = compared.predict(LOADER.get(OURS[0], TASK.id), drawn(4), *GREEDY)
    outcome = Outcome(checkpoint=checkpoint, found=found, seconds=0.01)
    assert compared.cells(outcome)[0] == found.caption
    assert "<img" in compared.card(np.zeros((8, 8, 3), np.uint8), outcome)


def views_of_tab() -> list:
    """The functions of all buttons of the tab."""
    from hub_models.ui.frame import Preset

    with gr.Blocks() as page:
        TASK.tab(Preset(checkpoint=OURS[1]))
    return list(page.fns.values())


def test_every_view_answers(picture):
    """Each button that asks for the picture and a checkpoint is pressed once, for both kinds of network."""
    pressed = 0
    for event in views_of_tab():
        kinds = [type(component).__name__ for component in event.inputs]
        if event.fn is None or kinds[:2] != ["PictureInput", "Dropdown"]:
            continue
        values = [component.value for component in event.inputs[2:]]
        function = event.fn
        while hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        if function.__name__ not in ("view", "begin"):
            continue
        for checkpoint in OURS:
            answer = function(picture, checkpoint, *values)
            shown = list(answer)[-1] if hasattr(answer, "__next__") else answer
            assert shown
        pressed += 1
    assert pressed == 5


# --- failures and form -----------------------------------------------------------------------------------------------


def test_failures_can_be_repeated():
    examples = available(TASK)
    for failure in FAILURES:
        assert failure.example in {example.name for example in TASK.examples}
        assert len(failure.settings) == 5
        assert failure.checkpoint.endswith(".flickr8k")
    assert {"coffee", "tower"} <= set(examples)


def test_the_form_makes_the_command_of_the_recipe():
    from finetune.caption_options import build_parser

    values = [control.value for control in (*FORM.choices, *FORM.figures)]
    arguments = FORM.arguments("", "pictures", None, *values)
    chosen = build_parser().parse_args([*arguments, "--output", "x"])
    assert (chosen.model, chosen.data, chosen.epochs) == ("caption_attention.flickr8k", "pictures", 10)
