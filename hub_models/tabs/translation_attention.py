"""One head of the translating Transformer in numbers: in the encoder, in the decoder, or across."""

import gradio as gr

from hub_models.tabs.attention_head import SHOWN, Attention, head_view
from hub_models.tabs.translation_seen import seen, sides, transformer_menu
from hub_models.task import Task
from hub_models.ui.frame import Shared


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

    def find(text: str | None, checkpoint: str | None) -> tuple[Attention, ...]:
        return attentions(task, text, checkpoint)

    across = -1  # in the last layer
    head_view(shared, transformer_menu(task, shared), find, label="Attention", item="piece", first=across)


def attentions(task: Task, text: str | None, checkpoint: str | None) -> tuple[Attention, ...]:
    found = seen(task, text, checkpoint, SHOWN)
    return tuple(
        Attention(f"{place}, layer {layer}", *sides(found, place), steps)
        for place, layer, steps in found.looks
    )
