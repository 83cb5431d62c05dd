"""What the views of the Transformer share: the text translated, then every attention of every layer over both sentences."""

from typing import NamedTuple

import gradio as gr

from hub_models.errors import BadInput
from hub_models.inside.attention_steps import AttentionSteps
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.text import clean
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared

BEGIN = "<SOS>"


class Seen(NamedTuple):
    """`given` and `read`: the pieces that the encoder and the decoder read; `looks`: (place, layer, its steps)."""

    given: tuple[str, ...]
    read: tuple[str, ...]
    looks: tuple[tuple[str, int, AttentionSteps], ...]


def transformer_menu(task: Task, shared: Shared) -> gr.Dropdown:
    return fitting_menu(task, shared, of_model("transformer"))


def seen(task: Task, text: str | None, checkpoint: str | None, most: int) -> Seen:
    """The first `most` pieces of the text and of its greedy translation, as a Transformer of ours attends to them."""
    if not checkpoint:
        raise BadInput(
            "bad_value", "Expected a Transformer of ours, but none is here. Train one in Fine-tune."
        )
    cleaned, _ = clean(text or "")

    def work(predictor) -> Seen:
        import torch

        from hub_models.inside.translation import looks_of

        source = predictor.numbers(cleaned)[:most]
        best = predictor.searches([source], 1)[0].best
        target = [predictor.signs.start, *best.numbers[:-1]][:most]
        numbers = (torch.tensor(row, device=predictor.device) for row in (source, target))
        return Seen(
            predictor.pieces_of(source),
            (BEGIN, *predictor.pieces_of(target[1:])),
            tuple(looks_of(predictor.network, *numbers)),
        )

    return LOADER.run(checkpoint, task.id, work)


def sides(found: Seen, place: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(pieces that look, pieces that are looked at)."""
    from hub_models.inside.translation import ACROSS, SELF

    looking = found.given if place == SELF else found.read
    return looking, found.given if place in (SELF, ACROSS) else found.read
