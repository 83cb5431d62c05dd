"""The lecture's table of RNN against Transformer (section 10.11), measured: cost over length, and memory over distance."""

import gradio as gr

from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

HEADERS = (
    "Network",
    "Characters",
    "Read at once, ms",
    "Training step, ms",
    "Write one more, ms",
    "Kept between two characters, KB",
    "Weights of attention",
)

COPIED = ("Network", "Fillers", "Right", "Training steps", "Seconds")


def length_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "An RNN reads step by step, so twice the text takes twice the time, but all that it keeps is its state, "
        "however long the text. A Transformer computes all positions at once, and every character looks at every "
        "earlier one: the weights of attention grow with the square of the length, and for each character that it "
        "writes it needs the keys and values of all before it (the cache). Two fresh networks of about 390,000 "
        "weights each, measured on this machine, now, on one text at a time. On a GPU the Transformer gains most: "
        "what does not wait for the step before can run in parallel."
    )
    with gr.Row():
        show = gr.Button("Measure", variant="primary")
        stop = gr.Button("Cancel", min_width=60)
    shown = gr.HTML()

    def view():
        from hub_models.inside.over_length import costs

        rows = []
        for one in costs():
            rows.append([
                {"lstm": "LSTM", "transformer": "Transformer"}[one.kind],
                one.length,
                f"{one.reading * 1000:.1f}",
                f"{one.learning * 1000:.1f}",
                f"{one.writing * 1000:.2f}",
                f"{one.remembered / 1024:,.1f}",
                one.weights_of_attention,
            ])  # fmt: skip
            yield table(HEADERS, rows)

    on_click(show.click, view, [], [shown], stop=stop)
    copying_view()


def copying_view() -> None:
    """Accuracy over distance, of networks that are trained on the spot."""
    gr.Markdown(
        "**How far back can it learn to look?** Each network reads one of eight symbols, then fillers, then a mark, and "
        "shall say the symbol again. It is fresh and small, and is trained here for the seconds that you give it. A guess "
        "is right one time in eight. An RNN has to carry the symbol through every step, and its gradient back through every "
        "step; a Transformer is one step away from it, however far (section 10.11)."
    )
    with gr.Row():
        distance = gr.Slider(2, 200, 20, step=1, interactive=True, min_width=140, label="Fillers in between")
        seconds = gr.Slider(
            2, 60, 10, step=1, interactive=True, min_width=140, label="Seconds of training for each"
        )
    with gr.Row():
        show = gr.Button("Train and compare", variant="primary")
        stop = gr.Button("Cancel", min_width=60)
    shown = gr.HTML()

    def view(apart, allowed):
        from hub_models.inside.copying import KINDS, copies

        rows = []
        for one in copies((int(apart),), float(allowed)):
            rows.append([
                KINDS[one.kind], one.distance, f"{one.accuracy:.0%}", one.steps, f"{one.seconds:.1f}",
            ])  # fmt: skip
            yield table(COPIED, rows)

    on_click(show.click, view, [distance, seconds], [shown], stop=stop)
