"""The one vector of a network without attention: what several sentences become, and how far they lie from each other."""

import gradio as gr

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.text import clean
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.heat import heat_table

MOST = 8  # sentences
NUMBERS = 16  # of each vector that are drawn
OTHERS = (
    "A young woman in a red coat is reading a book.\n"
    "A woman reads a book.\n"
    "A book is reading a woman.\n"
    "A young man in a red coat is reading a newspaper.\n"
    "Two dogs are running through the snow."
)


def context_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Without attention the encoder is a sequence-to-vector network: all that the decoder gets to know of a sentence is "
        "one vector, c. Sentences of like meaning should lie near each other, and those that differ in one word apart, or "
        "the decoder cannot tell them apart. Your sentence and the ones below, a line each: the cosine of the angle between "
        "their vectors (1: the same direction), and below each sentence what the decoder writes from its vector."
    )
    menu = fitting_menu(task, shared, of_model("seq2seq"))
    others = gr.Textbox(
        OTHERS, label="More sentences, a line each", lines=5, max_lines=MOST, interactive=True
    )
    show = gr.Button("Squeeze them", variant="primary")
    near, drawn = gr.HTML(), gr.HTML()

    def view(text, more, checkpoint):
        if not checkpoint:
            raise BadInput("bad_value", "Expected a network without attention, but none is here. Train one.")
        lines = [clean(line)[0] for line in [text or "", *(more or "").split("\n")] if line.strip()]
        sentences = list(dict.fromkeys(lines))[:MOST]
        if len(sentences) < 2:
            raise BadInput("bad_value", f"Expected 2 to {MOST} different sentences, got {len(sentences)}.")

        def work(predictor):
            import torch

            from hub_models.inside.translation import fed, squeezed

            rows = [torch.tensor(predictor.numbers(one), device=predictor.device) for one in sentences]
            found = squeezed(predictor.network, rows)
            signs = predictor.signs
            written = [
                predictor.text(
                    fed(predictor.network, torch.from_numpy(vector).to(predictor.device), signs.start, signs.end,
                        signs.never, 2 * len(row) + 10)
                )
                for vector, row in zip(found.vectors, rows, strict=True)
            ]  # fmt: skip
            return found, written

        found, written = LOADER.run(checkpoint, task.id, work)
        places = [str(i + 1) for i in range(len(sentences))]
        names = [
            f"{place}. {one[:60]} → {said[:60]}"
            for place, one, said in zip(places, sentences, written, strict=True)
        ]
        few = min(NUMBERS, found.vectors.shape[1])
        return (
            heat_table(places, names, found.cosines, "Cosines between the vectors c.", 1.0)
            + heat_table(places, names, found.distances, "Their distances."),
            heat_table(
                [f"c{i + 1}" for i in range(few)],
                places,
                found.vectors[:, :few],
                f"The first {few} of {found.vectors.shape[1]} numbers of each vector: as many for 3 words as for 30.",
                1.0,
            ),
        )

    on_click(show.click, view, [shared.input, others, menu], [near, drawn])
