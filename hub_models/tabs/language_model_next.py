"""The distribution over what comes next, after every part of the visitor's text."""

import gradio as gr
import numpy as np

from hub_models.continuation import Guessed
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.tasks.language_model import prompt
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

MOST = 120  # parts of the text that are listed: the last ones
BEST = 10  # entries in the large table
FEW = 4  # entries beside each part
NAMES = {"\n": "end of line", " ": "space", "": "(nothing)"}


def next_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "After every part the network answers with a probability for everything that may come next; they sum to "
        "1. The loss of a step is minus the logarithm of the probability of what really came (equation 10.5): "
        "small where the network expected it, large where it was surprised. Look where the surprises are: at the "
        "beginnings of words and lines, hardly inside them."
    )
    show = gr.Button("Show what it expects", variant="primary")
    kept = gr.State(None)
    place = gr.Slider(1, 2, 1, step=1, label="After how many parts of the text", interactive=True)
    best, listing = gr.HTML(), gr.HTML()

    def begin(text, checkpoint):
        given, _ = prompt(text or "")
        found, logs, entries = LOADER.run(
            checkpoint, task.id, lambda predictor: expectations(predictor, given)
        )
        memory = (found, logs.astype(np.float16), entries)
        count = len(found.parts)
        slider = gr.Slider(minimum=1, maximum=max(2, count), value=count, step=1)
        return memory, slider, after(memory, count), all_steps(memory)

    on_click(show.click, begin, [shared.input, shared.checkpoint], [kept, place, best, listing])
    on_click(place.release, after, [kept, place], [best], light=True, show_progress="hidden")


def expectations(predictor, text: str) -> tuple[Guessed, np.ndarray, tuple[tuple[str, ...], ...]]:
    """(the text, log probabilities (parts, BEST entries) after each part, the names of these entries)."""
    found = predictor.score(text)
    numbers = predictor.numbers(text)
    begin = max(0, len(found.parts) - MOST)
    steps, (_, memory) = [], predictor.advance(numbers[None, : begin + 1], None)
    for number in numbers[begin + 1 :]:
        logs, memory = predictor.advance(number.view(1, 1), memory)
        steps.append(logs[0].float().cpu().numpy())
    logs = np.stack(steps)  # (parts, entries)
    order = np.argsort(-logs, axis=1, kind="stable")[:, :BEST]
    shown = tuple(tuple(name_of(predictor.entries[i]) for i in row) for row in order)
    tail = Guessed(found.parts[begin:], found.log_probabilities[begin:], found.ranks[begin:])
    return tail, np.take_along_axis(logs, order, 1), shown


def name_of(part: str) -> str:
    """A part as one can read it in a table."""
    return NAMES.get(part, part.replace("\n", "⏎").replace(" ", "␣") if part != part.strip() else part)


def after(kept: tuple | None, place: float) -> str:
    """The most probable entries after the part at `place`, counted from 1."""
    if kept is None:
        return ""
    found, logs, entries = kept
    at = min(max(int(place), 1), len(found.parts)) - 1
    before = "".join(found.parts[: at + 1])[-40:].replace("\n", "⏎")
    really = f" Really came: {name_of(found.parts[at + 1])}." if at + 1 < len(found.parts) else ""
    rows = [
        [name, f"{np.exp(float(log)):.1%}", f"{-float(log):.2f}"]
        for name, log in zip(entries[at], logs[at], strict=True)
    ]
    return table(["What may come", "Probability", "Loss if it comes"], rows, f"After “{before}”.{really}")


def all_steps(kept: tuple) -> str:
    """A row a part: what came, how probable it was, what was expected after it."""
    found, logs, entries = kept
    rows = []
    for i, part in enumerate(found.parts):
        known = found.ranks[i] >= 0
        best = zip(entries[i][:FEW], logs[i][:FEW], strict=True)
        rows.append([
            str(i + 1),
            name_of(part),
            f"{np.exp(float(found.log_probabilities[i])):.1%}" if known else "unknown",
            f"{-float(found.log_probabilities[i]):.2f}" if known else "",
            ", ".join(f"{name} {np.exp(float(log)):.0%}" for name, log in best),
        ])  # fmt: skip
    return table(["t", "Came", "Probability", "Loss", "Expected after it"], rows)
