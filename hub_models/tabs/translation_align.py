"""The alignment: for each piece that was written, how much the network looked at each piece of the sentence."""

import gradio as gr
import numpy as np

from hub_models.tabs.translation_shown import alignment, numbers
from hub_models.task import Task
from hub_models.translation import Translation
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

LOOKERS = ("bahdanau", "luong", "transformer")


def align_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "At step t the decoder looks at every state i of the encoder; the weights α(t, i) come from a softmax, so each row "
        "sums to 1, and the weighted sum of the states is the context of this step (lecture, section 10.9). Nobody told the "
        "network which word belongs to which: it found out because it helps. English and French order words alike, so the "
        "weights run down the diagonal, but where the order turns (*a red coat*, *un manteau rouge*) they turn too. "
        "Bahdanau's network looks **before** it takes a step, with its previous state; Luong's after it. Of a "
        "Transformer this is the mean of the heads of the decoder's last layer; **All heads** has each of them."
    )
    menu = fitting_menu(task, shared, looks)
    show = gr.Button("Align", variant="primary")
    shown, told, every = gr.HTML(), gr.HTML(), gr.HTML()

    def view(text, checkpoint, beams, penalty):
        found = task.predict(text or "", checkpoint, beams, penalty).result
        says = f"{found.written} A row a piece that was written. {turned(found)}"
        return alignment(found, says), numbers(found), all_weights(found)

    on_click(show.click, view, [shared.input, menu, *shared.controls], [shown, told, every])


def looks(row) -> bool:
    return row.model in LOOKERS or row.library == "transformers"


def turned(found: Translation) -> str:
    """How often the place that is looked at most goes back, in words."""
    if found.alignment is None or len(found.pieces) < 2:
        return ""
    places = found.alignment.argmax(1)
    back = int((np.diff(places) < 0).sum())
    return f"{back} of {len(places) - 1} steps look further left than the step before: there the order turns."


def all_weights(found: Translation) -> str:
    """Every number of the alignment."""
    if found.alignment is None:
        return ""
    rows = [
        [piece, *(f"{weight:.2f}" for weight in line)]
        for piece, line in zip(found.pieces, found.alignment, strict=True)
    ]
    inner = table(["α", *found.given], rows, "α(t, i): a row a step t, a column a piece i of the sentence.")
    return f"<details><summary>All weights as numbers</summary>{inner}</details>"
