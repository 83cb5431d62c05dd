"""The hidden state after every word, and what the gates let through: the recurrent layer of a network of ours at work."""

import gradio as gr
import numpy as np

from hub_models.inside.recurrence import GATE_NAMES, Recurrence
from hub_models.loader import LOADER
from hub_models.tabs.reading_words import READERS, reader
from hub_models.task import Task
from hub_models.text import clean
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.heat import MOST_WORDS, heat_table

HIDDEN, CELL, MEANS = "hidden state h", "long-term state c", "means of all gates"
UNITS = 24  # numbers of the state that are drawn: those that change most


def states_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The same weights at every step: h(t) is computed from the word x(t) and from h(t-1) (equation 10.1). Each row "
        "is one "
        "number of the state, each column the moment after a word; orange above zero, blue below. An LSTM keeps a "
        "second, "
        "long-term state (equations 10.6 to 10.11): the **input gate** i says how much of what is new (g) is stored, "
        "the **forget gate** f how much of the old is kept, the **output gate** o how much is shown. A GRU (10.12 to "
        "10.15) has "
        "one gate z for keeping and storing, and a gate r for what of the past takes part. Where a gate stays at 1, a "
        "state "
        "passes unchanged; watch what *not* and *but* do."
    )
    menu = fitting_menu(task, shared, of_model(*READERS))
    show = gr.Button("Show what happens in the layer", variant="primary")
    kept = gr.State(None)
    with gr.Row():
        which = gr.Dropdown([], label="Layer and direction", interactive=True)
        what = gr.Dropdown([], label="What", interactive=True)
    shown = gr.HTML()

    def begin(text, checkpoint):
        cleaned, _ = clean(text or "")
        predictor = reader(task, checkpoint)
        words = [word.text for word in predictor.cut(cleaned)][:MOST_WORDS]
        found = LOADER.run(checkpoint, task.id, lambda loaded: layers_of(loaded, words))
        names = list(found)
        options = choices(found[names[0]])
        memory = (words, found)
        return (
            memory,
            gr.Dropdown(names, value=names[0]),
            gr.Dropdown(options, value=options[0]),
            drawn(memory, names[0], options[0]),
        )

    on_click(show.click, begin, [shared.input, menu], [kept, which, what, shown])
    on_click(
        [which.input, what.input], drawn, [kept, which, what], [shown], light=True, show_progress="hidden"
    )


def layers_of(predictor, words: list[str]) -> dict[str, Recurrence]:
    """What the recurrent layer of `predictor` does along `words`, by layer and direction."""
    from hub_models.inside.recurrence import recurrences

    network = predictor.network
    x = embedded(predictor, words)
    found = recurrences(network.recurrent, x)
    ways = network.recurrent.bidirectional
    return {
        f"layer {one.layer + 1}" + (", from the end" if one.backwards else ", forwards" if ways else ""): one
        for one in found
    }


def embedded(predictor, words: list[str]):
    """The input of the recurrent layer (T, D) for `words`."""
    import torch

    if hasattr(predictor.network, "spelling"):  # a tagger, which looks at the characters too
        numbers, characters = predictor.preprocess([words])
        with torch.inference_mode():
            return predictor.network.embed(numbers, characters)[0]
    numbers = torch.tensor([predictor.vocabulary.numbers(words)], device=predictor.device)
    with torch.inference_mode():
        return predictor.network.embed(numbers)[0]


def choices(one: Recurrence) -> list[str]:
    gates = [f"{GATE_NAMES[gate]} {gate}" for gate in one.gates if gate in GATE_NAMES]
    return [HIDDEN, *([CELL] if one.cell is not None else []), *gates, *([MEANS] if gates else [])]


def drawn(kept: tuple | None, which: str | None, what: str | None) -> str:
    """The heat map of the chosen numbers."""
    if kept is None or which is None or what is None:
        return ""
    words, found = kept
    one = found[which]
    if what == MEANS:
        gates = [gate for gate in one.gates if gate not in ("g", "h")]
        means = np.stack([one.gates[gate].mean(1) for gate in gates])
        names = [f"{GATE_NAMES[gate]} {gate}" for gate in gates]
        return heat_table(
            words, names, means, "How far each gate is open after each word, on average: 0 to 1.", 1.0
        )
    values = {HIDDEN: one.hidden, CELL: one.cell}.get(what)
    if values is None:
        values = one.gates[what.rpartition(" ")[2]]
    order = np.sort(np.argsort(-values.std(0), kind="stable")[:UNITS])
    says = (
        f"{what[0].upper()}{what[1:]}, {which}: the {len(order)} of {values.shape[1]} numbers that change most along "
        "the "
        f"text, from {values.min():.2f} to {values.max():.2f}."
    )
    return heat_table(words, [f"{unit + 1}" for unit in order], values[:, order].T, says)
