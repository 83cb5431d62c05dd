"""The tab of neural style transfer: a picture, a style, and the picture in that style; then how both are told apart."""

from functools import partial

import gradio as gr

from hub_models.loader import LOADER
from hub_models.predictors.style_pictures import STYLE_PICTURES, named_style
from hub_models.tabs.style_transfer_canvas import go_on, optimises, paint, style_menu, styles_of
from hub_models.tabs.style_transfer_clip import clip_tab
from hub_models.tabs.style_transfer_failures import FAILURES
from hub_models.tabs.style_transfer_form import FORM
from hub_models.tabs.style_transfer_inside import look_inside
from hub_models.task import Task
from hub_models.tasks.style_transfer import BEGINNINGS, MOST_ITERATIONS, MOST_SIDE
from hub_models.ui import PictureInput, frame, on_click, show_picture
from hub_models.ui.asking import on_ask, picture_input, run_buttons
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import with_progress

WAITING = "<p>Choose a picture and a style, then press Paint.</p>"
SIZES = (
    ("as the checkpoint likes it", 0),
    *((f"{side} pixels", side) for side in (128, 256, 384, 512, 768, MOST_SIDE)),
)


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def try_it(task: Task, preset: Preset) -> Shared:
    """Checkpoint, style and settings; a picture, or a clip."""
    with gr.Row():
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
        with gr.Column(min_width=280):
            style = style_menu(styles_of(LOADER.checkpoint(checkpoint.value, task.id)))
            shown_style = gr.HTML(style_shown(style.value), elem_id="style-shown")
    settings = (style, *settings_part())

    def follow(identity: str):
        names = styles_of(LOADER.checkpoint(identity, task.id))
        return gr.Dropdown(choices=list(names), value=names[0]), style_shown(names[0])

    quick = {"light": True, "show_progress": "hidden"}
    on_click(checkpoint.change, follow, [checkpoint], [style, shown_style], **quick)
    on_click(style.input, style_shown, [style], [shown_style], **quick)
    with gr.Tabs():
        with gr.Tab("A picture"):
            shared = picture_part(task, preset, checkpoint, settings)
        with gr.Tab("A clip or the camera"):
            clip_tab(task, shared)
    return shared


def style_shown(name: str) -> str:
    """The picture of a named style, small; nothing for a style that came without one."""
    if name not in STYLE_PICTURES:
        return "<p>The picture of this style did not come with the network.</p>"
    return show_picture(named_style(name), f"The style {name}.", width="8rem")


def settings_part() -> tuple[gr.components.Component, ...]:
    """Style picture, size, strength, colours, and what an optimisation can be told: the other fields of Asked."""
    with gr.Row():
        with gr.Column(min_width=280), gr.Accordion("A picture of your own as the style", open=False):
            given = PictureInput(label="Style picture", sources=["upload", "clipboard"], height=200)
        with gr.Column(min_width=280), gr.Accordion("Size, strength, colours", open=False):
            size = gr.Dropdown(list(SIZES), value=0, label="Longer side of the answer", interactive=True)
            strength = gr.Slider(0, 1, 1, step=0.05, label="Strength", interactive=True)
            keep = gr.Checkbox(
                label="Keep the colours of the picture: only brightness is transferred", interactive=True
            )
        with gr.Column(min_width=280), gr.Accordion("Optimisation (equation 9.5)", open=False):
            iterations = gr.Slider(1, MOST_ITERATIONS, 100, step=1, label="Iterations", interactive=True)
            alpha = gr.Number(
                1, label="alpha: weight of the content", minimum=0, maximum=1e6, interactive=True
            )
            beta = gr.Number(100, label="beta: weight of the style", minimum=0, maximum=1e9, interactive=True)
            begin = gr.Radio(list(BEGINNINGS), value="content", label="Start from", interactive=True)
            optimiser = gr.Radio(["L-BFGS", "Adam"], value="L-BFGS", label="Optimiser", interactive=True)
    return given, size, strength, keep, iterations, alpha, beta, begin, optimiser


def picture_part(
    task: Task, preset: Preset, checkpoint: gr.Dropdown, settings: tuple[gr.components.Component, ...]
) -> Shared:
    canvas = gr.State(None)
    with gr.Row(elem_classes="in-and-out"):
        with gr.Column(min_width=280):
            picture, example = picture_input(task, preset)
            buttons = run_buttons(task, "Paint", checkpoint, example)
            more = gr.Button("Go on with more iterations", visible=optimises(task, checkpoint.value))
        with gr.Column(min_width=280):
            shown = gr.HTML(WAITING, elem_id="painted")
        with gr.Column(min_width=280):
            facts = gr.HTML(elem_id="answer")
    asked, outputs = [picture, checkpoint, *settings], [canvas, shown, facts]
    on_click(more.click, with_progress(partial(go_on, task)), [canvas, *asked], outputs, stop=buttons[1])

    def follow(identity: str):
        return gr.Button(visible=optimises(task, identity))

    on_click(checkpoint.change, follow, [checkpoint], [more], light=True, show_progress="hidden")
    on_ask(task, paint, buttons, asked, outputs, FAILURES)
    return Shared(checkpoint=checkpoint, input=picture, controls=settings)
