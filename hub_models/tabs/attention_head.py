"""One head of a Transformer, step by step in numbers: Q, K, V, products, scaled and masked, softmax, output.

The view of whatever reads words, pieces of words or characters: of language models and of translators.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import gradio as gr
import numpy as np

from hub_models.inside.attention_steps import AttentionSteps
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.heat import heat_table

SHOWN = 12  # pieces in the tables: what can be read
NUMBERS = 8  # of a vector of Q, K and V
STEPS = (
    "1. Queries, keys and values",
    "2. Products Q Kᵀ",
    "3. Divided by √d, and masked",
    "4. Softmax",
    "5. Output: weights times V",
)


class Attention(NamedTuple):
    """One attention of one layer: the pieces that look, those that are looked at, and its steps."""

    name: str
    looking: Sequence[str]
    looked: Sequence[str]
    steps: AttentionSteps


Find = Callable[[str | None, str | None], tuple[Attention, ...]]  # (text, checkpoint) -> every attention


def head_view(
    shared: Shared, menu: gr.Dropdown, find: Find, *, label: str, item: str, first: int = 0
) -> None:
    """Button, menus and tables. `label`: of the menu of attentions, of which `first` is shown first; `item`: a piece."""
    show = gr.Button("Compute the attention", variant="primary")
    kept = gr.State(None)
    with gr.Row():
        which = gr.Dropdown([], label=label, interactive=True)
        head = gr.Dropdown([], label="Head", interactive=True)
        step = gr.Dropdown(list(STEPS), value=STEPS[0], label="Step", interactive=True)
    shown = gr.HTML()

    def begin(text, checkpoint, chosen):
        found = find(text, checkpoint)
        names = [attention.name for attention in found]
        heads = [str(i + 1) for i in range(len(found[0].steps.Q))]
        return (
            found,
            gr.Dropdown(names, value=names[first]),
            gr.Dropdown(heads, value="1"),
            one_step(found, names[first], "1", chosen, item),
        )

    def again(found, name, number, chosen):
        return one_step(found, name, number, chosen, item)

    on_click(show.click, begin, [shared.input, menu, step], [kept, which, head, shown])
    moved = [which.input, head.input, step.input]
    on_click(moved, again, [kept, which, head, step], [shown], light=True, show_progress="hidden")


def one_step(
    found: tuple[Attention, ...] | None, name: str | None, head: str | None, step: str, item: str
) -> str:
    """The tables of one step, as HTML."""
    if found is None or name is None or head is None:
        return ""
    _, looking, looked, one = next(attention for attention in found if attention.name == name)
    h, width = int(head) - 1, one.Q.shape[-1]
    if step == STEPS[0]:
        return (
            vector_table("Q", looking, one.Q[h], f"queries: what each {item} looks for")
            + vector_table("K", looked, one.K[h], f"keys: what each {item} offers")
            + vector_table("V", looked, one.V[h], "values: what each hands over")
        )
    if step == STEPS[4]:
        after = (
            "Weights times V: what this head adds. The heads are put side by side (10.19), times Wᴼ (10.20)"
        )
        return vector_table("o", looking, one.heads[h], after)
    masked = not one.mask.all()
    infinite = " What is masked is minus infinity, shown as 0." if masked else ""
    nothing = "; nothing is left where it was masked" if masked else ""
    values, says, strongest = {
        STEPS[1]: (one.products[h], "Q Kᵀ: how well the query of a row fits the key of a column.", 0.0),
        STEPS[2]: (
            np.where(one.mask, one.scores[h], 0.0), f"Divided by √{width} = {width**0.5:.2f}.{infinite}", 0.0,
        ),
        STEPS[3]: (one.weights[h], f"Softmax: each row sums to 1{nothing}.", 1.0),
    }[step]  # fmt: skip
    # heat_table has a column a word, and so has a row of the attention
    return heat_table(looked, looking, values, says, strongest)


def vector_table(letter: str, words: Sequence[str], values: np.ndarray, says: str) -> str:
    """Vectors (T, d / heads), a column a piece, as HTML."""
    width = values.shape[-1]
    few = min(NUMBERS, width)
    names = [f"{letter}{i + 1}" for i in range(few)]
    return heat_table(
        words, names, values[:, :few].T, f"{letter}, {says}. The first {few} of {width} numbers."
    )
