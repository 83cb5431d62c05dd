"""What each fusion computes: the first numbers of the two vectors, multiplied, put in a row, and in all pairs."""

import gradio as gr
import numpy as np

from hub_models.loader import LOADER
from hub_models.tabs.visual_question_answering_given import OURS, answerer, given, numbers_of
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.heat import heat_table
from hub_models.ui.tables import table

WORDS = (
    "Multimodal fusion (lecture, section 10.9.2): the picture has become a vector v, the question a vector q. "
    "**Element-wise product**: number i of the one times number i of the other; large where both agree. **Concatenation**: "
    "one behind the other; nothing is compared yet, and the layer after it has to do it. **Bilinear**: every number of v "
    "times every number of q; all pairs are there, and their count is the square. Here are the first numbers of v and q of "
    "your picture and question as they go into the fusion of the chosen network, in each of the three ways; a network was "
    "trained with one of them."
)


def fusion_view(task: Task, shared: Shared) -> None:
    gr.Markdown(WORDS)
    menu = fitting_menu(task, shared, OURS)
    count = gr.Slider(2, 8, 4, step=1, label="Numbers of each vector that are shown", interactive=True)
    show = gr.Button("Fuse them", variant="primary")
    shown = gr.HTML()

    def view(picture, question, checkpoint, numbers):
        from hub_models.inside.questions import two_vectors

        pixels, cleaned = given(picture, question)
        answerer(task, checkpoint)

        def work(loaded):
            vectors = two_vectors(loaded.network, loaded.look(pixels), numbers_of(loaded, cleaned))
            return vectors, loaded.network.fusion

        (seen, heard), own = LOADER.run(checkpoint, task.id, work)
        return page(seen, heard, own, int(numbers))

    on_click(show.click, view, [shared.input, *shared.controls, menu, count], [shown])


def page(seen, heard, own: str, count: int) -> str:
    """Two short vectors and their three fusions; `own`: that of the network."""
    from hub_models.inside.questions import fused

    v, q = seen[:count], heard[:count]
    found = fused(v, q)
    names = [f"{i + 1}" for i in range(len(v))]
    both = np.stack([v.cpu().numpy(), q.cpu().numpy(), found["product"]])
    joined = heat_table(
        [f"v{i}" for i in names] + [f"q{i}" for i in names],
        ["[v, q]"],
        found["concatenation"][None],
        f"Concatenation: {2 * len(v)} numbers.",
        1.0,
    )
    pairs = heat_table(
        [f"q{i}" for i in names],
        [f"v{i}" for i in names],
        found["bilinear"].reshape(len(v), len(v)),
        f"Bilinear: {len(v)} x {len(v)} products. The product of above is its diagonal.",
        1.0,
    )
    product = heat_table(names, ["v", "q", "v x q"], both, f"Element-wise product: {len(v)} numbers.", 1.0)
    return product + joined + pairs + sizes(len(seen), own)


def sizes(width: int, own: str) -> str:
    """How many numbers each fusion makes of two vectors of `width`, and weights a layer of 64 behind it has."""
    made = {"product": width, "concatenation": 2 * width, "bilinear": width * width}
    rows = [[name + " (this network)" * (name == own), count, 64 * count] for name, count in made.items()]
    heads = ["Fusion", f"Numbers from two vectors of {width}", "Weights of a layer of 64 behind it"]
    return table(heads, rows)
