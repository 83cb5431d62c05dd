"""What the tabs of all tasks share: an announced load, values that come with gradio's progress, failures."""

import gradio as gr
import pytest

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.task import task
from hub_models.ui.click import check_numbers
from hub_models.ui.failures import Failure, failure_buttons
from hub_models.ui.loading import loading, with_progress

TASK, SMALL = task("image-classification"), "lenet5.mnist"


def test_a_first_load_is_announced_and_a_second_is_not() -> None:
    LOADER.unload(SMALL)
    row = LOADER.checkpoint(SMALL)
    assert list(loading(TASK, SMALL, gr.Progress())) == [
        f"<p>Loading {row.title} ({row.weights_licence}) ...</p>"
    ]
    assert list(loading(TASK, SMALL, gr.Progress())) == []


def test_the_values_come_in_order_and_the_progress_last() -> None:
    def answer(*given):
        yield given

    progress = gr.Progress()
    assert list(with_progress(answer)(progress, 1, 2)) == [(1, 2, progress)]


def test_an_emptied_number_is_told_behind_the_progress() -> None:
    numbers = [gr.Number(label="Row"), gr.Number(label="Column")]
    check_numbers(numbers, [gr.Progress(), 1, 2])
    with pytest.raises(BadInput, match="Column"):
        check_numbers(numbers, [gr.Progress(), 1, None])


@pytest.mark.filterwarnings("ignore:The value passed into gr.Dropdown")  # no menu is open here
@pytest.mark.parametrize(("settings", "asked", "set_to"), [((), [0.3], "skip"), ((0.7,), [], 0.7)])
def test_a_failure_comes_with_its_settings_or_leaves_them(settings, asked, set_to) -> None:
    """Those whose example or checkpoint is not here have no button."""
    told = []

    def answer(*given):
        told.append(given)
        yield ("shown",)

    failure = Failure(title="t", example="cat", checkpoint=SMALL, why="w", settings=settings)
    missing = Failure(title="t", example="none", checkpoint=SMALL, why="w")
    with gr.Blocks() as page:
        components = [gr.Image(), gr.Dropdown(), gr.Slider(), gr.HTML()]
        failure_buttons(TASK, [missing, failure], answer, components[:3], components[3:])
    (event,) = page.fns.values()
    assert [component._id for component in event.inputs] == [components[2]._id] * len(asked)
    (step,) = with_progress_of(event.fn)(gr.Progress(), *asked)
    path, menu, control, shown = step
    assert path.endswith("chelsea.png")
    assert (menu.value, shown) == (SMALL, "shown")
    assert control == (set_to if settings else gr.skip())
    assert told[0][:1] + told[0][2:4] == (TASK, SMALL, 0.7 if settings else 0.3)


def with_progress_of(guarded):
    """The function inside its deadline and its guard."""
    while hasattr(guarded, "__wrapped__"):
        guarded = guarded.__wrapped__
    return guarded
