"""Backpropagation through time: how strongly the answer depends on the state after every word, cell by cell."""

import copy

import gradio as gr
import numpy as np

from hub_models.loader import LOADER
from hub_models.tabs.reading_states import embedded
from hub_models.tabs.reading_words import reader
from hub_models.task import Task
from hub_models.text import clean
from hub_models.ui import on_click
from hub_models.ui.compare import oldest_first
from hub_models.ui.frame import Shared
from hub_models.ui.heat import heat_table
from hub_models.ui.tables import problem, table
from hub_models.ui.unrolled import unrolled

MOST = 40  # words
DRAWN = 12  # steps in a graph
GRAPHS = 4  # the two oldest cells, each before training and after it


def gradients_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "To learn, the loss of the last step is sent back through the unrolled network (lecture, section 10.3.2). Every "
        "step back multiplies the gradient by the same kind of matrix once more, and by the slope of tanh; as long as the "
        "weights are random it shrinks to nothing within some steps, and the first words cannot teach (Pascanu, Mikolov, "
        "Bengio, 2013). The long-term state of an LSTM is multiplied by its forget gate only, and the gate can learn to "
        "stay open. Each number is the length of the gradient of the answer by the state after that word, for each network "
        "that answers from its last state: before training, with random weights, and after it. These sentences are short "
        "and the question is simple, so even the plain cell has learned to add up what it reads without losing the "
        "beginning; it still ends behind the others."
    )
    show = gr.Button("Send the gradient back", variant="primary")
    norms_shown, graph, facts = gr.HTML(), gr.HTML(), gr.HTML()

    def view(text):
        cleaned, _ = clean(text or "")
        rows, names, decays, words = [], [], [], []
        for row in oldest_first(task, downloads=False):
            if row.model != "text_classifier":
                continue
            predictor = reader(task, row.id)
            if predictor.network.pooling != "last" or predictor.network.recurrent.bidirectional:
                continue
            words = [word.text for word in predictor.cut(cleaned)][:MOST]
            for when, fresh in (("before training", True), ("trained", False)):
                norms, shrinks = LOADER.run(
                    row.id, task.id, lambda loaded, words=words, fresh=fresh: gradients(loaded, words, fresh)
                )
                rows.append(norms)
                names.append(f"{row.title}, {when}")
                decays.append([names[-1], f"{shrinks:.3f}", f"{shrinks**10:.1e}"])
        if not rows:
            return problem("No network here answers from its last state."), "", ""
        values = np.stack([norms / max(float(norms.max()), 1e-12) for norms in rows])
        heat = heat_table(
            words,
            names,
            values,
            "Length of the gradient at every word, as a share of the largest of its network.",
            1.0,
        )
        drawn = [
            unrolled(
                words[-DRAWN:], "sequence to vector", strength=shares[-DRAWN:].tolist(),
                says=f"{name}, the last steps: the stronger a state is coloured, the more of the gradient reaches it.",
            )
            for name, shares in zip(names[:GRAPHS], values, strict=False)
        ]  # fmt: skip
        facts_table = table(["Network", "Factor for a step back", "Factor for ten steps"], decays)
        return heat, "".join(drawn), facts_table

    on_click(show.click, view, [shared.input], [norms_shown, graph, facts])


def gradients(predictor, words: list[str], fresh: bool = False) -> tuple[np.ndarray, float]:
    """(norms (T,), factor for a step back) of the answer that the network gives; `fresh`: its layer with random weights."""
    from hub_models.inside.recurrence import decay, gradient_norms

    network = predictor.network
    layer = with_random_weights(network.recurrent) if fresh else network.recurrent

    def answer(states):
        logits = network.classifier(states[-1])
        return logits[logits.argmax()]

    norms = gradient_norms(layer, embedded(predictor, words), answer)
    return norms, decay(norms)


def with_random_weights(layer):
    """A layer like `layer` as it was before training: always the same one."""
    import torch

    new = copy.deepcopy(layer)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        new.reset_parameters()
    return new
