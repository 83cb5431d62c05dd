"""The hidden state after every character, and what the gates let through."""

import gradio as gr

from hub_models.inside.recurrence import Recurrence
from hub_models.loader import LOADER
from hub_models.tabs.language_model_next import name_of
from hub_models.tabs.reading_states import choices, drawn
from hub_models.task import Task
from hub_models.tasks.language_model import prompt
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.heat import MOST_WORDS


def states_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "All that a recurrent network knows of the text is its state: it is computed from the state before and "
        "the new character (equation 10.1), with the same weights at every step. Each row is one number of it, "
        "each column the moment after a character; orange above zero, blue below. An LSTM also has a long-term "
        "state and three gates (10.6 to 10.11), a GRU two gates (10.12 to 10.15). Some numbers count how far the "
        "line has gone, some switch at the end of a word, some stay on as long as one person speaks."
    )
    menu = fitting_menu(
        task, shared, lambda row: row.model == "character_model" and row.architecture != "Transformer"
    )
    show = gr.Button("Show what happens in the layer", variant="primary")
    kept = gr.State(None)
    with gr.Row():
        which = gr.Dropdown([], label="Layer", interactive=True)
        what = gr.Dropdown([], label="What", interactive=True)
    shown = gr.HTML()

    def begin(text, checkpoint):
        given, _ = prompt(text or "")
        given = given[:MOST_WORDS]
        found = LOADER.run(checkpoint, task.id, lambda predictor: layers_of(predictor, given))
        first, options = next(iter(found)), choices(next(iter(found.values())))
        memory = ([name_of(character) for character in given], found)
        menus = gr.Dropdown(list(found), value=first), gr.Dropdown(options, value=options[0])
        return memory, *menus, drawn(memory, first, options[0])

    on_click(show.click, begin, [shared.input, menu], [kept, which, what, shown])
    on_click(
        [which.input, what.input], drawn, [kept, which, what], [shown], light=True, show_progress="hidden"
    )


def layers_of(predictor, text: str) -> dict[str, Recurrence]:
    """What each recurrent layer of `predictor` does along the characters of `text`, after the beginning of a line."""
    import torch

    from hub_models.inside.recurrence import recurrences

    network = predictor.network
    with torch.inference_mode():
        x = network.embed(predictor.numbers(text)[None])[0]
    found = recurrences(network.recurrent, x)
    return {f"layer {one.layer + 1}": without_first(one) for one in found}


def without_first(one: Recurrence) -> Recurrence:
    """Without the step of the newline that stands for <SOS>."""
    from dataclasses import replace

    gates = {name: values[1:] for name, values in one.gates.items()}
    cell = None if one.cell is None else one.cell[1:]
    return replace(one, hidden=one.hidden[1:], cell=cell, gates=gates)
