"""Quality over the length of the sentence: measured on held-out sentences by the recipe, and tried on the visitor's own."""

import re

import gradio as gr
import numpy as np

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.text import clean
from hub_models.ui import on_click
from hub_models.ui.compare import oldest_first
from hub_models.ui.frame import Shared
from hub_models.ui.plot import Curve, curves
from hub_models.ui.tables import problem, table

MOST_PARTS = 6  # beginnings of the visitor's sentence


def length_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "What attention is for: BLEU of held-out sentences, in groups by the number of words of the source. The "
        "figures come from the checkpoints' own measurements (their cards have them too), 95 % intervals in the "
        "table. Where a network has one vector for all words, its curve falls away from the others as the sentences "
        "get longer."
    )
    gr.HTML(measured(task))
    gr.Markdown(
        "**On your sentence.** It is cut after a quarter, a half and so on, and each beginning is translated: how "
        "probable does the network find its own translation, per piece? A network that loses the thread becomes "
        "unsure."
    )
    with gr.Row():
        show = gr.Button("Translate the beginnings", variant="primary")
        stop = gr.Button("Cancel", min_width=60)
    shown = gr.HTML()

    def view(text):
        cleaned, _ = clean(text or "")
        parts = beginnings(cleaned)
        rows = []
        for checkpoint in oldest_first(task, False):
            for part in parts:
                found = task.predict(part, checkpoint.id).result
                mean = found.log_probability / max(1, len(found.pieces))
                rows.append(
                    [checkpoint.title, len(part.split()), found.written, f"{float(np.exp(mean)):.1%}"]
                )
                yield table(("Network", "Words", "Translation", "Mean probability of a piece"), rows)
        if not rows:
            yield problem("No checkpoint is here.")

    on_click(show.click, view, [shared.input], [shown], stop=stop)


def beginnings(text: str) -> list[str]:
    """The first quarter of the words, the first half, ... the whole; of a short text fewer."""
    words = text.split()
    counts = sorted({max(1, round(len(words) * share)) for share in (0.25, 0.5, 0.75, 1)})[-MOST_PARTS:]
    return [" ".join(words[:count]) for count in counts]


def groups_of(row: Checkpoint) -> list[tuple[int, Metric]]:
    """(fewest words, BLEU) of the groups that the checkpoint was measured on, the shortest first."""
    found = []
    for metric in row.metrics:
        match = re.fullmatch(r"(?:dev|test|all), (?:above )?(\d+).* words", metric.split)
        if metric.name == "BLEU" and match:
            found.append((int(match[1]), metric))
    return sorted(found, key=lambda one: one[0])


def measured(task: Task) -> str:
    """Curves and a table of all checkpoints whose card has BLEU by length."""
    known = [(row, groups_of(row)) for row in sorted(LOADER.menu(task.id), key=lambda row: row.year)]
    known = [(row, groups) for row, groups in known if groups]
    if not known:
        return problem("No checkpoint with figures by length is here yet. The recipe measures them.")
    longest = max(first for _, groups in known for first, _ in groups)
    drawn = [
        Curve(
            name=row.title,
            x=np.array([first / longest for first, _ in groups]),
            y=np.array([metric.value for _, metric in groups]),
        )
        for row, groups in known
    ]
    rows = [
        [row.title, metric.split.partition(", ")[2], f"{metric.value:.1%}", f"{metric.low:.1%} to {metric.high:.1%}",
         metric.count]
        for row, groups in known
        for _, metric in groups
    ]  # fmt: skip
    says = f"BLEU (1 is 100) over the fewest words in a group, from 1 to {longest}."
    return curves(drawn, f"fewest words of a group / {longest}", "BLEU", says) + table(
        ("Network", "Sentences", "BLEU", "95 % interval", "n"), rows
    )
