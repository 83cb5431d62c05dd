"""One head of a Transformer that reads characters, in numbers."""

import gradio as gr

from hub_models.errors import BadInput
from hub_models.inside.attention_steps import AttentionSteps
from hub_models.loader import LOADER
from hub_models.tabs.attention_head import SHOWN, Attention, head_view
from hub_models.tabs.language_model_next import name_of
from hub_models.task import Task
from hub_models.tasks.language_model import prompt
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared


def attention_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A Transformer has no state. In each layer every character makes a **query** (what it looks for), a "
        "**key** (what it offers) and a **value** (what it hands over), by three matrices (equation 10.17). A "
        "query is compared with all keys by a product, divided by the root of their dimension; what comes later "
        "is **masked**, or the network would see what it shall guess; **softmax** makes weights of the scores, "
        f"and the answer is the weighted sum of the values (10.16). Here: the first {SHOWN} characters of your "
        "text and one head, number by number."
    )

    def find(text: str | None, checkpoint: str | None) -> tuple[Attention, ...]:
        return attentions(task, text, checkpoint)

    head_view(shared, transformer_menu(task, shared), find, label="Layer", item="character")


def attentions(task: Task, text: str | None, checkpoint: str | None) -> tuple[Attention, ...]:
    words, layers = attended(task, text, checkpoint, SHOWN)
    return tuple(Attention(str(number), words, words, steps) for number, steps in enumerate(layers, 1))


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
