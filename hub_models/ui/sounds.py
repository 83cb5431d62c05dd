"""Where a person gives a sound: upload or microphone, examples, and a microphone that goes on and on; and players."""

import base64
import html
from types import MethodType

import gradio as gr
import numpy as np
from gradio.data_classes import FileData
from gradio.events import EventListener

from hub_models.sound import encode
from hub_models.task import Task
from hub_models.ui.components import uploaded
from hub_models.ui.examples import available, example_buttons
from hub_models.ui.frame import Preset

# as gradio's own, but every piece queues like a click and gives its place in the lane back
PIECE = EventListener(
    "stream",
    callback=lambda component: setattr(component, "streaming", True),
    event_specific_args=[{"name": "stream_every"}],
)


class SoundInput(gr.Audio):
    """An audio component that gives the path of the file as it was uploaded, undecoded.

    No constructor of its own: gradio reads what to send to the browser from the constructor's signature.
    """

    is_template = True  # to the browser it is gradio's Audio

    def preprocess(self, payload: FileData | None) -> str | None:
        if payload is None:
            return None
        return str(uploaded(payload.path, payload.url))


def sound_input(task: Task, preset: Preset, example_width: int = 90) -> tuple[SoundInput, gr.State]:
    """(the input, the name of the example in it), with a button an example."""
    examples = available(task)
    sound = SoundInput(
        value=str(examples[preset.example]) if preset.example in examples else None,
        label="Sound: upload or record",
        sources=["upload", "microphone"],
        type="filepath",
        buttons=["download"],
        interactive=True,
    )
    example = gr.State(preset.example)
    example_buttons(examples, sound, example, min_width=example_width)
    return sound, example


def live_input() -> tuple[SoundInput, MethodType]:
    """(a microphone, its event for every piece that it has heard): `on_click(event, ..., every=seconds)`."""
    microphone = SoundInput(
        sources=["microphone"], streaming=True, type="filepath", label="Microphone", interactive=True
    )
    return microphone, MethodType(PIECE.listener, microphone)


def player(samples: np.ndarray, rate: int, says: str) -> str:
    """(T,) float32 as HTML that plays, with what it is in words."""
    data = base64.b64encode(encode(samples, rate)).decode()
    words = html.escape(says, quote=True)
    return (
        f'<figure class="result"><audio controls preload="metadata" aria-label="{words}" style="width:min(100%,26rem)" '
        f'src="data:audio/wav;base64,{data}"></audio><figcaption>{html.escape(says)}</figcaption></figure>'
    )
