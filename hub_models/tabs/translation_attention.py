"""One head of the Transformer, step by step in numbers: Q, K, V, products, scaled and masked, softmax, output."""

import gradio as gr
import numpy as np

from hub_models.tabs.translation_seen import Seen, seen, sides, transformer_menu
from hub_models.task import Task
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


def attention_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A Transformer has three kinds of attention (lecture, figure 10.16). In the **encoder** every piece of your "
        "sentence looks at all others. In the **decoder** every piece of the translation looks at those before it, "
        "the rest is masked. And the decoder looks **across**: its pieces make the queries, the encoder's output "
        "the keys and values; this is the attention that Bahdanau and Luong have. All three compute the same "
        "(10.16, 10.17): a query is compared with every key, softmax makes weights, the answer is the weighted sum "
        f"of the values. Here: the first {SHOWN} pieces of your sentence and of its translation, one head, number "
        "by number."
    )
    menu = transformer_menu(task, shared)
    show = gr.Button("Compute the attention", variant="primary")
    kept = gr.State(None)
    with gr.Row():
        which = gr.Dropdown([], label="Attention", interactive=True)
        head = gr.Dropdown([], label="Head", interactive=True)
        step = gr.Dropdown(list(STEPS), value=STEPS[0], label="Step", interactive=True)
    shown = gr.HTML()

    def begin(text, checkpoint, chosen):
        found = seen(task, text, checkpoint, SHOWN)
        names = [name_of(place, layer) for place, layer, _ in found.looks]
        heads = [str(i + 1) for i in range(len(found.looks[0][2].Q))]
        first = names[-1]  # across, in the last layer
        return (
            found,
            gr.Dropdown(names, value=first),
            gr.Dropdown(heads, value="1"),
            one_step(found, first, "1", chosen),
        )

    on_click(show.click, begin, [shared.input, menu, step], [kept, which, head, shown])
    on_click(
        [which.input, head.input, step.input],
        one_step,
        [kept, which, head, step],
        [shown],
        light=True,
        show_progress="hidden",
    )


def name_of(place: str, layer: int) -> str:
    return f"{place}, layer {layer}"


def one_step(found: Seen | None, which: str | None, head: str | None, step: str) -> str:
    """The tables of one step."""
    if found is None or which is None or head is None:
        return ""
    place, _, one = next(look for look in found.looks if name_of(*look[:2]) == which)
    looking, looked = sides(found, place)
    h, width = int(head) - 1, one.Q.shape[-1]
    few = min(NUMBERS, width)
    if step == STEPS[0]:
        vectors = (
            ("Q", looking, "queries: what each piece looks for"),
            ("K", looked, "keys: what each piece offers"),
            ("V", looked, "values: what each hands over"),
        )
        return "".join(
            vector_table(letter, words, getattr(one, letter)[h], few, says) for letter, words, says in vectors
        )
    if step == STEPS[4]:
        after = (
            "Weights times V: what this head adds. The heads are put side by side (10.19), times Wᴼ (10.20)"
        )
        return vector_table("o", looking, one.heads[h], few, after)
    masked = "" if one.mask.all() else " What is masked is minus infinity, shown as 0."
    values, says, strongest = {
        STEPS[1]: (one.products[h], "Q Kᵀ: how well the query of a row fits the key of a column.", 0.0),
        STEPS[2]: (
            np.where(one.mask, one.scores[h], 0.0), f"Divided by √{width} = {width**0.5:.2f}.{masked}", 0.0,
        ),
        STEPS[3]: (one.weights[h], "Softmax: each row sums to 1.", 1.0),
    }[step]  # fmt: skip
    return heat_table(looked, looking, values, says, strongest)


def vector_table(letter: str, words: tuple[str, ...], values: np.ndarray, few: int, says: str) -> str:
    """Vectors (T, d / heads), a column a piece."""
    width = values.shape[-1]
    names = [f"{letter}{i + 1}" for i in range(few)]
    return heat_table(
        words, names, values[:, :few].T, f"{letter}, {says}. The first {few} of {width} numbers."
    )
