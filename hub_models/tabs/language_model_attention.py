"""One head of a Transformer, step by step in numbers: Q, K, V, products, scaled, masked, softmax, output."""

import gradio as gr
import numpy as np

from hub_models.errors import BadInput
from hub_models.inside.attention_steps import AttentionSteps
from hub_models.loader import LOADER
from hub_models.tabs.language_model_next import name_of
from hub_models.task import Task
from hub_models.tasks.language_model import prompt
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.heat import heat_table

SHOWN = 12  # characters in the tables: what can be read
NUMBERS = 8  # of a vector of Q, K and V
STEPS = (
    "1. Queries, keys and values",
    "2. Products Q Kᵀ",
    "3. Divided by √d, and masked",
    "4. Softmax",
    "5. Output: weights times V",
)


def attention_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A Transformer has no state. In each layer every character makes a **query** (what it looks for), a "
        "**key** (what it offers) and a **value** (what it hands over), by three matrices (equation 10.17). A "
        "query is compared with all keys by a product, divided by the root of their dimension; what comes later "
        "is **masked**, or the network would see what it shall guess; **softmax** makes weights of the scores, "
        f"and the answer is the weighted sum of the values (10.16). Here: the first {SHOWN} characters of your "
        "text and one head, number by number."
    )
    menu = transformer_menu(task, shared)
    show = gr.Button("Compute the attention", variant="primary")
    kept = gr.State(None)
    with gr.Row():
        layer = gr.Dropdown([], label="Layer", interactive=True)
        head = gr.Dropdown([], label="Head", interactive=True)
        step = gr.Dropdown(list(STEPS), value=STEPS[0], label="Step", interactive=True)
    shown = gr.HTML()

    def begin(text, checkpoint, which):
        words, found = attended(task, text, checkpoint, SHOWN)
        memory = (words, found)
        layers = [str(i + 1) for i in range(len(found))]
        heads = [str(i + 1) for i in range(len(found[0].Q))]
        return (
            memory,
            gr.Dropdown(layers, value="1"),
            gr.Dropdown(heads, value="1"),
            one_step(memory, "1", "1", which),
        )

    on_click(show.click, begin, [shared.input, menu, step], [kept, layer, head, shown])
    on_click(
        [layer.input, head.input, step.input],
        one_step,
        [kept, layer, head, step],
        [shown],
        light=True,
        show_progress="hidden",
    )


def transformer_menu(task: Task, shared: Shared) -> gr.Dropdown:
    return fitting_menu(
        task, shared, lambda row: row.model == "character_model" and row.architecture == "Transformer"
    )


def attended(
    task: Task, text: str | None, checkpoint: str | None, most: int
) -> tuple[list[str], tuple[AttentionSteps, ...]]:
    """(the first characters of the text as they are shown, all steps of every layer over them)."""
    if not checkpoint:
        raise BadInput(
            "bad_value", "Expected a Transformer of ours, but none is here. Train one in Fine-tune."
        )
    given, _ = prompt(text or "")

    def work(predictor):
        from hub_models.inside.attention_steps import steps_of

        count = min(most, predictor.network.context)
        return steps_of(predictor.network, predictor.numbers(given)[1 : count + 1])

    found = LOADER.run(checkpoint, task.id, work)
    return [name_of(character) for character in given[: len(found[0].x)]], found


def one_step(kept: tuple | None, layer: str | None, head: str | None, step: str) -> str:
    """The tables of one step."""
    if kept is None or layer is None or head is None:
        return ""
    words, found = kept
    one, h = found[int(layer) - 1], int(head) - 1
    width = one.Q.shape[-1]
    few = [f"{i + 1}" for i in range(min(NUMBERS, width))]
    if step == STEPS[0]:
        names = (
            ("Q", "queries: what each character looks for"),
            ("K", "keys: what each offers"),
            ("V", "values"),
        )
        return "".join(
            heat_table(
                words,
                [f"{letter}{i}" for i in few],
                getattr(one, letter)[h][:, : len(few)].T,
                f"{letter}, {says}. The first {len(few)} of {width} numbers, a column a character.",
            )
            for letter, says in names
        )
    if step == STEPS[4]:
        return heat_table(
            words,
            [f"o{i}" for i in few],
            one.heads[h][:, : len(few)].T,
            f"Weights times V: the first {len(few)} of {width} numbers that this head adds for each character. The "
            "heads are then put side by side (10.19) and multiplied by Wᴼ (10.20).",
        )
    values, says, strongest = {
        STEPS[1]: (one.products[h], "Q Kᵀ: how well the query of a row fits the key of a column.", 0.0),
        STEPS[2]: (
            np.where(one.mask, one.scores[h], 0.0),
            f"Divided by √{width} = {width**0.5:.2f}. Right of the diagonal all is masked: minus infinity, shown as 0.",
            0.0,
        ),
        STEPS[3]: (one.weights[h], "Softmax: each row sums to 1; nothing is left where it was masked.", 1.0),
    }[step]
    # heat_table has a column a word, and so has a row of the attention
    return heat_table(words, words, values, says, strongest)
