"""One beginning, continued in every way of choosing."""

from collections.abc import Iterator

import gradio as gr

from hub_models.continuation import Guessed
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.tasks.language_model import prompt, way, whole
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

LENGTH = 120
RUN = 4  # parts in a row that are counted as a repetition where they come again
WAYS = (  # name, temperature, top-k, top-p, beams
    ("argmax", 0.0, 0, 1.0, 1),
    ("drawn, temperature 0.5", 0.5, 0, 1.0, 1),
    ("drawn, temperature 1", 1.0, 0, 1.0, 1),
    ("drawn, temperature 1.5", 1.5, 0, 1.0, 1),
    ("top-k, k = 5", 1.0, 5, 1.0, 1),
    ("top-p, p = 0.9", 1.0, 0, 0.9, 1),
    ("beam search, 4 beams", 1.0, 0, 1.0, 4),
)


def choosing_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The network answers with probabilities; to write, one has to be chosen (lecture, section 10.4.2). "
        "**Argmax** takes the largest and soon repeats itself. **Drawing** gives every entry its chance; dividing "
        "the logits by a **temperature** below 1 makes the probable more probable, above 1 less. **Top-k** and "
        "**top-p** cut off the long tail of the improbable. **Beam search** keeps several beginnings and looks "
        "for the text that is most probable as a whole: its log probability is higher than that of argmax, its "
        "text not more alive."
    )
    with gr.Row():
        seed = gr.Number(
            0, precision=0, minimum=0, label="Seed of the draws", interactive=True, min_width=120
        )
        show = gr.Button("Continue in every way", variant="primary")
        stop = gr.Button("Cancel", min_width=60)
    shown = gr.HTML()

    def view(text, checkpoint, chance) -> Iterator[str]:
        given, _ = prompt(text or "")
        number = whole("seed", chance, 0, 2**32 - 1)
        rows: list[list[str]] = []
        for name, *values in WAYS:
            choosing = way(*values, number)
            found = LOADER.run(
                checkpoint, task.id, lambda predictor, c=choosing: predictor.predict(given, LENGTH, c).written
            )
            rows.append([name, found.text, f"{found.log_probability:.1f}", f"{repeated(found):.0%}"])
            yield table(["Way", "What it writes", "Log probability", f"Runs of {RUN} that came before"], rows)

    on_click(show.click, view, [shared.input, shared.checkpoint, seed], [shown], stop=stop)


def repeated(found: Guessed) -> float:
    """The share of the runs of RUN parts that had been written before; 0 of a text that is too short for two."""
    runs = [found.parts[i : i + RUN] for i in range(len(found.parts) - RUN + 1)]
    return 1 - len(set(runs)) / len(runs) if len(runs) > 1 else 0.0
