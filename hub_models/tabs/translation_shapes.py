"""Encoder-decoder and vector-to-sequence (lecture, section 10.3.3), drawn around the visitor's sentence and computed."""

import gradio as gr

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.text import clean
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.unrolled import unrolled

MOST = 8  # pieces of either sentence that are drawn
SHAPES = {
    "encoder and decoder": "First the sentence becomes one vector, then the translation is made of it; each step reads the "
    "piece that was written before. The states are coloured by how much they change from step to step.",
    "vector to sequence": "The second half alone: the vector c of your sentence goes in, the same at every step, and a "
    "sentence comes out. A caption for a picture is made in this way from the picture's vector.",
}


def shapes_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Two of the five shapes of recurrent networks, which translation is made of. What stands above the states was "
        "written, greedily, by the network chosen here for your sentence."
    )
    menu = fitting_menu(task, shared, of_model("seq2seq"))
    shape = gr.Radio(list(SHAPES), value="encoder and decoder", label="Shape", interactive=True)
    show = gr.Button("Draw it on my sentence", variant="primary")
    shown = gr.HTML()

    def view(text, checkpoint, chosen):
        if not checkpoint:
            raise BadInput("bad_value", "Expected a network without attention, but none is here. Train one.")
        cleaned, _ = clean(text or "")

        def work(predictor):
            import torch

            from hub_models.inside.translation import changes, fed

            numbers = predictor.numbers(cleaned)
            source = torch.tensor(numbers, device=predictor.device)
            with torch.inference_mode():
                context = predictor.network.context(source[None])[0]
            signs = predictor.signs
            written = fed(predictor.network, context, signs.start, signs.end, signs.never, MOST)
            strength = changes(predictor.network, source, written, MOST)
            return predictor.pieces_of(numbers[:MOST]), predictor.pieces_of(written), strength

        given, said, strength = LOADER.run(checkpoint, task.id, work)
        says = f"{chosen[0].upper()}{chosen[1:]}. {SHAPES[chosen]} At most {MOST} pieces of each sentence are drawn."
        if chosen == "vector to sequence":
            words = ("c", *[""] * max(0, len(said) - 1))
            return unrolled(words, chosen, outputs=said, strength=strength[len(given) :], says=says)
        return unrolled(given, chosen, outputs=said or ("<EOS>",), strength=strength, says=says)

    on_click([show.click, shape.input], view, [shared.input, menu, shape], [shown])
