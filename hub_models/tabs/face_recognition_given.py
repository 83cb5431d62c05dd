"""A place to give a face: upload, camera or an example; what is given goes into a State and its file away."""

from pathlib import Path

import gradio as gr

from hub_models.tabs.face_recognition_held import Held, hold, show_held
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import PictureInput
from hub_models.ui.consent import forget, must_agree
from hub_models.ui.examples import available

NOTHING = "<p>No face yet.</p>"


def face_input(
    task: Task, what: str, into: gr.State, agreed: gr.Checkbox, example: gr.State | None = None
) -> gr.HTML:
    """`into` holds the face that was given last; the HTML shows it. `example` hears the name of an example."""
    picture = PictureInput(
        label=f"{what}: upload, camera or paste", sources=["upload", "webcam", "clipboard"], height=220
    )
    examples = available(task)
    shown = gr.HTML(NOTHING)

    def given(yes: bool, path: str | None):
        if path is None:  # it was emptied, by us or by the visitor
            return gr.skip(), gr.skip(), gr.skip()
        held = held_if_agreed(yes, Path(path))
        return held, None, show_held(held, what)

    on_click(picture.change, given, [agreed, picture], [into, picture, shown])
    with gr.Row():
        for name, path in examples.items():
            button = gr.Button(name, size="sm", min_width=60)

            def put(yes: bool, name=name, path=path):
                held = held_if_agreed(yes, path)
                return (held, show_held(held, what), name)[: 2 if example is None else 3]

            on_click(button.click, put, [agreed], [into, shown, *([] if example is None else [example])])
    return shown


def held_if_agreed(agreed: bool, path: Path) -> Held:
    """BadInput `consent_missing`, and what `hold` raises; an uploaded file is gone in any case."""
    if agreed is not True:
        forget(path)
    must_agree(agreed)
    return hold(path)
