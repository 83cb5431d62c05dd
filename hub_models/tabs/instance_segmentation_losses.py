"""Equation 9.1 while a network learns: the three losses of Mask R-CNN, from the log of a run on this machine."""

import html

import gradio as gr
import pandas as pd

from hub_models import runs
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.finetune import SMOOTHING, command

TERMS = ("L_cls", "L_box", "L_mask")
FORMULA = r"$$L = L_{cls} + L_{box} + L_{mask} \qquad (9.1)$$"
NO_RUN = (
    "No run of Mask R-CNN on this machine yet. Start one in the part Fine-tune, or with the command below: every step "
    "writes its three losses to log.csv, and they are drawn here."
)


def losses_view(task: Task) -> None:
    gr.Markdown(
        "Each region that learns has three tasks at once (lecture, section 9.2.3): say its class (cross-entropy over the "
        "classes and background), move its box (smooth L1, only where there is an object), and fill its mask (binary "
        "cross-entropy a pixel, only the mask of the true class; so classes do not compete inside a mask). The losses "
        "are added; those of the region proposal network, which learns beside them, come on top."
    )
    gr.Markdown(FORMULA, latex_delimiters=[{"left": "$$", "right": "$$", "display": True}])
    with gr.Row():
        chosen = gr.Dropdown(runs_with_losses(task), label="Run", value=None, interactive=True, min_width=200)
        again = gr.Button("Read its log")
    says = gr.HTML(words_of(None, runs_with_losses(task)))
    plot = gr.LinePlot(
        curves(None), x="step", y="loss", color="term", height=280, title="Losses, step by step"
    )
    gr.Code(
        command(task.recipe, "my-run", ["--model", "mask-rcnn", "--data", "DIR"]),
        language="shell", label="The command", wrap_lines=True, lines=2, max_lines=4,
    )  # fmt: skip

    def look(name: str | None):
        names = runs_with_losses(task)
        return gr.Dropdown(choices=names), words_of(name, names), curves(name)

    on_click(
        [again.click, chosen.change], look, [chosen], [chosen, says, plot], light=True, show_progress="hidden"
    )


def runs_with_losses(task: Task) -> list[str]:
    """The runs of this task's recipe here, whose log has the three losses."""
    return [
        name
        for name in runs.names(task.recipe)
        if set(TERMS) <= set(next(iter(runs.rows(name, "log.csv")), ()))
    ]


def curves(name: str | None) -> pd.DataFrame:
    """(step, loss, term) of run `name`, smoothed, long form for the plot."""
    steps = pd.DataFrame(runs.rows(name, "log.csv") if name else [])
    if not set(TERMS) <= set(steps):
        return pd.DataFrame({"step": [], "loss": [], "term": []})
    parts = [
        pd.DataFrame({"step": steps["step"], "loss": steps[term].ewm(span=SMOOTHING).mean(), "term": term})
        for term in TERMS
    ]
    return pd.concat(parts)


def words_of(name: str | None, names: list[str]) -> str:
    """What the curves show, in numbers, as HTML."""
    if name is None:
        return f"<p>{'Choose a run.' if names else NO_RUN}</p>"
    rows = curves(name)
    if not len(rows):
        return f"<p>The run {html.escape(name)} has written no step with the three losses yet.</p>"
    ends = ", ".join(
        f"{term} from {part['loss'].iloc[0]:.2f} to {part['loss'].iloc[-1]:.2f}"
        for term, part in rows.groupby("term")
    )
    words = f"{runs.status(name).text()} {ends}, mean over about {SMOOTHING} logged steps."
    return f"<p>{html.escape(words)}</p>"
