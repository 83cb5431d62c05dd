"""The caption step by step: what else the network might have said at each place, with its probability."""

import gradio as gr

from hub_models.tabs.image_captioning_seen import see
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table
from hub_models.ui.unrolled import unrolled


def steps_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Vector to sequence (lecture, section 10.3.3): &lt;SOS&gt; goes in, the first word comes out and goes in "
        "again, until &lt;EOS&gt; is the answer. The picture is given at every step. Move the slider to see what "
        "else the network might have said there. Where two words are nearly as probable, the caption could as "
        "well have gone the other way."
    )
    menu = fitting_menu(task, shared, lambda row: row.library == "ours")
    show = gr.Button("Show the steps", variant="primary")
    kept = gr.State(None)
    drawing = gr.HTML()
    place = gr.Slider(1, 2, 1, step=1, label="Step", interactive=True)
    best = gr.HTML(elem_id="alternatives")

    def begin(picture, checkpoint):
        caption = see(task, picture, checkpoint).caption
        words = [*caption.words, "(end)"]
        says = "What each step reads, and what it answers."
        shown = unrolled(["<SOS>", *caption.words], "sequence to sequence", outputs=words, says=says)
        memory = (words, caption.alternatives)
        slider = gr.Slider(minimum=1, maximum=max(2, len(words)), value=min(2, len(words)), step=1)
        return memory, shown, slider, at(memory, min(2, len(words)))

    on_click(show.click, begin, [shared.input, menu], [kept, drawing, place, best])
    on_click(place.release, at, [kept, place], [best], light=True, show_progress="hidden")


def at(kept: tuple | None, place: float) -> str:
    """The most probable words at step `place`, counted from 1."""
    if kept is None:
        return ""
    words, alternatives = kept
    step = min(max(int(place), 1), len(words)) - 1
    before = " ".join(words[:step]) or "<SOS>"
    rows = [
        [word, f"{share:.1%}", "chosen" if word == words[step] else ""] for word, share in alternatives[step]
    ]
    return table(["May come", "Probability", ""], rows, f"Step {step + 1}, after “{before}”")
