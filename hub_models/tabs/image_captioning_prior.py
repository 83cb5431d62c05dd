"""The language alone against the language with the picture: which words the picture is to thank for."""

import html

import gradio as gr
import numpy as np

from hub_models.inside.captions import with_and_without
from hub_models.loader import LOADER
from hub_models.tabs.image_captioning_seen import ours, see
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.heat import tinted
from hub_models.ui.tables import table


def prior_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A caption network is a language model that is also told of a picture. Set the picture's vector to zero, "
        "and it tells what is most usual. The same caption is then read by both: a word that the language alone "
        "expects as well, such as <i>a</i> after <i>in</i>, says nothing about the picture; a word that is far "
        "more probable with the picture was seen."
    )
    menu = fitting_menu(task, shared, lambda row: row.library == "ours")
    show = gr.Button("Take the picture away", variant="primary")
    said, words, numbers = gr.HTML(elem_id="prior"), gr.HTML(), gr.HTML()

    def view(picture, checkpoint):
        seen = see(task, picture, checkpoint)

        def work(predictor):
            alone = ours(predictor).describe(predictor.nothing())
            return alone, *with_and_without(predictor, seen.regions, seen.numbers)

        alone, with_, without = LOADER.run(checkpoint, task.id, work)
        gained = (with_.log_probabilities - without.log_probabilities).astype(float)
        told = (
            f"<p>With the picture: <b>{html.escape(with_.caption)}</b></p>"
            f"<p>Without: <b>{html.escape(alone.caption)}</b></p>"
        )
        says = "By how much the picture raises the logarithm of each word's probability (orange), or lowers it (blue)."
        rows = [
            [word, f"{np.exp(float(a)):.1%}", f"{np.exp(float(b)):.1%}", f"{g:+.2f}"]
            for word, a, b, g in zip(
                with_.words, with_.log_probabilities, without.log_probabilities, gained, strict=True
            )
        ]
        heads = ["Word", "Probability with the picture", "Without", "Logarithm of the ratio"]
        return told, tinted(with_.words, gained.tolist(), says), table(heads, rows)

    on_click(show.click, view, [shared.input, menu], [said, words, numbers])
