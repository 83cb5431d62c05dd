"""The Fine-tune part: the recipe's command with its arguments, live curves of a run on this machine, the push."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import gradio as gr
import pandas as pd

from hub_models import runs
from hub_models.errors import BadInput, HubUnavailable
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.ui.click import on_click
from hub_models.ui.form import CLASSIFICATION, Form

SMOOTHING = 10  # steps over which the curves of training are averaged


def command(recipe: str, name: str, arguments: list[str]) -> str:
    """The same as a line for the shell, on this machine or on one with a GPU."""
    return shlex.join(["python", "-m", f"finetune.{recipe}", *arguments, "--output", f"runs/{name}"])


def curves(name: str, form: Form) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(loss by step, score by step) of run `name`, long form for the plots."""
    steps, epochs = pd.DataFrame(runs.rows(name, "log.csv")), pd.DataFrame(runs.rows(name, "epochs.csv"))

    def curve(of_steps: str, of_epochs: str, called: str) -> pd.DataFrame:
        parts = [pd.DataFrame({"step": [], called: [], "of": []})]
        if of_steps in steps:
            smooth = steps[of_steps].ewm(span=SMOOTHING).mean()
            parts.append(pd.DataFrame({"step": steps["step"], called: smooth, "of": "training"}))
        if of_epochs in epochs:
            parts.append(pd.DataFrame({"step": epochs["step"], called: epochs[of_epochs], "of": "dev"}))
        return pd.concat(parts[1:] or parts)

    return curve("loss", "dev_loss", "loss"), curve(form.train_score, form.score, "score")


def look(name: str | None, form: Form) -> tuple:
    """All that is shown of run `name`: sentence, log, two curves, and whether to look again soon."""
    if not name:
        empty = pd.DataFrame({"step": [], "loss": [], "score": [], "of": []})
        return "No run chosen.", "", empty, empty, gr.Timer(active=False)
    state = runs.status(name)
    loss, score = curves(name, form)
    return state.text(), runs.last_lines(name), loss, score, gr.Timer(active=state.alive)


def fine_tune(task: Task, checkpoint: gr.Dropdown, form: Form = CLASSIFICATION) -> None:
    """Controls and curves for the recipe of `task`."""
    if not task.recipe:
        gr.Markdown("This task has no recipe yet.")
        return
    gr.Markdown(form.words)
    name, controls = ask(checkpoint, form)
    first = form.arguments(checkpoint.value, "", None, *(control.value for control in form.controls))
    preview = gr.Code(
        command(task.recipe, name.value, first),
        language="shell",
        label="The command",
        wrap_lines=True,
        lines=2,
        max_lines=4,
    )

    def show_command(run_name: str, *values) -> str:
        return command(task.recipe, run_name, form.arguments(*values))

    on_click(
        [name.change, *(c.change for c in controls)],
        show_command,
        [name, *controls],
        [preview],
        light=True,
        show_progress="hidden",
    )
    if runs.training_allowed():
        train_here(task, checkpoint, form, name, controls)
    else:
        gr.Markdown(
            "This server does not train for its visitors. Copy the command and run it in a clone of the repository, "
            "on your own machine; there this part also shows the curves and pushes the result to the Hub."
        )


def ask(checkpoint: gr.Dropdown, form: Form) -> tuple[gr.Textbox, list]:
    """The name of the run, and what `form.arguments` takes: checkpoint, data, archive and the controls."""
    with gr.Row():
        with gr.Column():
            name = gr.Textbox("my-run", label="Name of the run", interactive=True)
            data = gr.Textbox(
                label="Data: a folder on this machine, or a Hub dataset id",
                placeholder=form.data,
                interactive=True,
            )
            archive = gr.File(
                label="or a zip of such a folder",
                file_types=[".zip"],
                type="filepath",
                height=110,
                visible=runs.training_allowed(),  # the command is for another machine then
                interactive=True,
            )
        with gr.Column():
            menus = [choice.component() for choice in form.choices]
            with gr.Row():
                fields = [figure.component() for figure in form.figures]
    return name, [checkpoint, data, archive, *menus, *fields]


def train_here(task: Task, checkpoint: gr.Dropdown, form: Form, name: gr.Textbox, controls: list) -> None:
    """Start, stop and resume runs on this machine, and watch them."""

    def mine() -> list[str]:
        return runs.names(task.recipe)

    with gr.Row():
        start = gr.Button("Start", variant="primary")
        stop = gr.Button("Stop, keep the best")
        resume = gr.Button("Resume")
        running = next((run for run in mine() if runs.alive(run)), None)  # after a reload of the page
        chosen = gr.Dropdown(mine(), label="Run", value=running, min_width=160, interactive=True)
    says = gr.Markdown("No run chosen.", elem_classes="run-says")
    with gr.Row():
        loss = gr.LinePlot(x="step", y="loss", color="of", height=240, title="Loss")
        score = gr.LinePlot(x="step", y="score", color="of", height=240, title=form.title, y_lim=[0, 1])
    with gr.Accordion("What the recipe printed", open=False):
        log = gr.Code("", language=None, label="Log", lines=8)
    timer = gr.Timer(2.0, active=running is not None)
    shown = [says, log, loss, score, timer]

    def begin(run_name: str, *values):
        checkpoint_id, folder, packed = values[0], values[1].strip(), values[2]
        if not packed and not folder:
            raise BadInput("data_missing", f"Expected {form.wanted}, got none.")
        if form.takes_checkpoint:
            LOADER.checkpoint(checkpoint_id, task.id)
        if packed:  # uploads are swept away after an hour, a run may take longer
            kept = runs.folder_of(run_name) / "data.zip"
            kept.parent.mkdir(parents=True, exist_ok=True)
            values = (*values[:2], str(shutil.copy(packed, kept)), *values[3:])
        runs.start(run_name, task.recipe, form.arguments(*values))
        return gr.Dropdown(choices=mine(), value=run_name), *look(run_name, form)

    on_click(start.click, begin, [name, *controls], [chosen, *shown], light=True)

    def end(run_name: str | None):
        if run_name:
            runs.stop(run_name)
        return look(run_name, form)

    on_click(stop.click, end, [chosen], shown, light=True)

    def again(run_name: str | None):
        if not run_name:
            raise BadInput("run_unknown", "Choose the run to resume from the menu beside this button.")
        runs.resume(run_name)
        return look(run_name, form)

    on_click(resume.click, again, [chosen], shown, light=True)

    def watch(run_name: str | None):
        return look(run_name, form)

    on_click([timer.tick, chosen.change], watch, [chosen], shown, light=True, show_progress="hidden")

    def list_again():
        return gr.Dropdown(choices=mine())

    on_click(chosen.focus, list_again, [], [chosen], light=True, show_progress="hidden")
    finished(task, checkpoint, chosen)


def finished(task: Task, checkpoint: gr.Dropdown, chosen: gr.Dropdown) -> None:
    """What can be done with a result: open it in this tab, push it to the Hub."""
    with gr.Accordion("Open the result, push it to the Hub", open=True), gr.Row():
        with gr.Column():
            opening = gr.Button("Open in Try it")
        with gr.Column():
            repo = gr.Textbox(label="Repository on the Hub", placeholder="user/name", interactive=True)
            token = gr.Textbox(
                label="Token with write right (empty: the one of this machine's login)",
                type="password",
                interactive=True,
            )
            private = gr.Checkbox(label="Private", interactive=True)
            push = gr.Button("Push")
            pushed = gr.Markdown()

    def open_result(run_name: str | None):
        opened = LOADER.open_local(result_folder(run_name))
        gr.Info(f"{opened.title} is open in Try it.")
        rows = [(c.menu_text(), c.id) for c in LOADER.menu(task.id)]
        return gr.Dropdown(choices=rows, value=opened.id)

    on_click(opening.click, open_result, [chosen], [checkpoint], light=True)

    def push_result(run_name: str | None, repository: str, secret: str, is_private: bool):
        yield "Pushing: checking token, name and right to write ..."
        yield push_folder(result_folder(run_name), repository.strip(), secret, is_private)

    on_click(push.click, push_result, [chosen, repo, token, private], [pushed], seconds=660)


def result_folder(run_name: str | None) -> Path:
    if not run_name:
        raise BadInput("run_unknown", "Choose a finished run from the menu first.")
    folder = runs.folder_of(run_name) / "checkpoint"
    if not (folder / "model.safetensors").exists():
        raise BadInput("run_unfinished", f"The run {run_name} has no result yet. Let it finish, or stop it.")
    return folder


def push_folder(folder: Path, repository: str, token: str, private: bool, seconds: float = 600) -> str:
    """Run `python -m finetune.publish` on `folder`; its last line is the address, or the reason it failed."""
    argv = [sys.executable, "-m", "finetune.publish", str(folder), "--repo", repository]
    environment = dict(os.environ)
    if token:
        environment["HF_TOKEN"] = (
            token  # by environment, never by argument: arguments are public on a machine
        )
    began = time.monotonic()
    done = subprocess.run(
        argv + ["--private"] * private,
        capture_output=True,
        text=True,
        env=environment,
        timeout=seconds,
        cwd=Path(__file__).parent.parent.parent,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise HubUnavailable("push_failed", (done.stderr.strip().splitlines() or ["The push failed."])[-1])
    return f"Pushed in {time.monotonic() - began:.0f} s: {done.stdout.strip().splitlines()[-1]}"
