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

FREEZE = {
    "nothing: all layers learn": "0",
    "the first half of the blocks": "half",
    "all but the last layer": "head",
}


def arguments(
    model: str,
    data: str,
    archive: str | None,
    epochs: float,
    rate: float,
    batch: float,
    freeze: str,
    augment: str,
) -> list[str]:
    """The recipe's arguments for what the controls say."""
    return [
        "--model", model,
        "--data", archive or data or "DATA",
        "--epochs", str(int(epochs)),
        "--learning-rate", f"{rate:g}",
        "--batch", str(int(batch)),
        "--freeze-blocks", FREEZE[freeze],
        "--augment", augment,
    ]  # fmt: skip


def command(recipe: str, name: str, *controls) -> str:
    """The same as a line for the shell, on this machine or on one with a GPU."""
    return shlex.join(
        ["python", "-m", f"finetune.{recipe}", *arguments(*controls), "--output", f"runs/{name}"]
    )


def curves(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(loss by step, accuracy by step) of run `name`, long form for the plots."""
    steps = pd.DataFrame(runs.rows(name, "log.csv"))
    epochs = pd.DataFrame(runs.rows(name, "epochs.csv"))
    loss = pd.DataFrame({"step": [], "loss": [], "of": []})
    score = pd.DataFrame({"step": [], "accuracy": [], "of": []})
    if len(steps):
        loss = pd.DataFrame(
            {"step": steps["step"], "loss": steps["loss"].ewm(span=10).mean(), "of": "training"}
        )
        score = pd.DataFrame(
            {"step": steps["step"], "accuracy": steps["train_accuracy"].ewm(span=10).mean(), "of": "training"}
        )
    if len(epochs):
        loss = pd.concat(
            [loss, pd.DataFrame({"step": epochs["step"], "loss": epochs["dev_loss"], "of": "dev"})]
        )
        score = pd.concat(
            [score, pd.DataFrame({"step": epochs["step"], "accuracy": epochs["accuracy"], "of": "dev"})]
        )
    return loss, score


def look(name: str | None) -> tuple:
    """All that is shown of run `name`: sentence, log, two curves, and whether to look again soon."""
    if not name:
        empty = pd.DataFrame({"step": [], "loss": [], "accuracy": [], "of": []})
        return "No run chosen.", "", empty, empty, gr.Timer(active=False)
    state = runs.status(name)
    loss, score = curves(name)
    return state.text(), runs.last_lines(name), loss, score, gr.Timer(active=state.alive)


def fine_tune(task: Task, checkpoint: gr.Dropdown) -> None:
    """Controls and curves for the recipe of `task`."""
    if not task.recipe:
        gr.Markdown("This task has no recipe yet.")
        return
    gr.Markdown(
        "Transfer learning (lecture, section 6.2.9): keep what the first layers have learned, put a new last layer "
        "on top, and train on your own pictures, one folder a class. Start small here, or copy the command to a "
        "machine with a GPU. A run survives a reload of this page, and a killed run resumes where it was."
    )
    with gr.Row():
        with gr.Column():
            name = gr.Textbox("my-run", label="Name of the run", interactive=True)
            data = gr.Textbox(
                label="Data: a folder on this machine, or a Hub dataset id",
                placeholder="pictures/ with one folder a class",
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
            freeze = gr.Dropdown(list(FREEZE), value=list(FREEZE)[2], label="Frozen layers", interactive=True)
            augment = gr.Dropdown(
                ["photo", "strong", "shift", "digits", "none"],
                value="photo",
                label="Augmentation",
                interactive=True,
            )
            with gr.Row():
                epochs = gr.Number(5, label="Epochs", minimum=1, maximum=1000, precision=0, interactive=True)
                batch = gr.Number(32, label="Batch", minimum=1, maximum=4096, precision=0, interactive=True)
                rate = gr.Number(0.005, label="Learning rate", minimum=1e-6, maximum=10, interactive=True)
    controls = [checkpoint, data, archive, epochs, rate, batch, freeze, augment]
    preview = gr.Code(
        command(task.recipe, "my-run", checkpoint.value, "", None, 5, 0.005, 32, list(FREEZE)[2], "photo"),
        language="shell",
        label="The command",
        wrap_lines=True,
        lines=2,
        max_lines=4,
    )

    def show_command(run_name: str, *values) -> str:
        return command(task.recipe, run_name, *values)

    on_click(
        [name.change, *(c.change for c in controls)],
        show_command,
        [name, *controls],
        [preview],
        light=True,
        show_progress="hidden",
    )
    if not runs.training_allowed():
        gr.Markdown(
            "This server does not train for its visitors. Copy the command and run it in a clone of the repository, "
            "on your own machine; there this part also shows the curves and pushes the result to the Hub."
        )
        return
    with gr.Row():
        start = gr.Button("Start", variant="primary")
        stop = gr.Button("Stop, keep the best")
        resume = gr.Button("Resume")
        running = next((run for run in runs.names() if runs.alive(run)), None)  # after a reload of the page
        chosen = gr.Dropdown(runs.names(), label="Run", value=running, min_width=160, interactive=True)
    says = gr.Markdown("No run chosen.", elem_classes="run-says")
    with gr.Row():
        loss = gr.LinePlot(x="step", y="loss", color="of", height=240, title="Loss")
        score = gr.LinePlot(x="step", y="accuracy", color="of", height=240, title="Accuracy", y_lim=[0, 1])
    with gr.Accordion("What the recipe printed", open=False):
        log = gr.Code("", language=None, label="Log", lines=8)
    timer = gr.Timer(2.0, active=running is not None)
    shown = [says, log, loss, score, timer]

    def begin(run_name: str, *values):
        checkpoint_id, folder, packed = values[0], values[1].strip(), values[2]
        if not packed and not folder:
            raise BadInput(
                "data_missing", "Expected a folder, a zip or a Hub dataset id of pictures, got none."
            )
        LOADER.checkpoint(checkpoint_id, task.id)
        if packed:  # uploads are swept away after an hour, a run may take longer
            kept = runs.folder_of(run_name) / "data.zip"
            kept.parent.mkdir(parents=True, exist_ok=True)
            values = (*values[:2], str(shutil.copy(packed, kept)), *values[3:])
        runs.start(run_name, task.recipe, arguments(*values))
        return gr.Dropdown(choices=runs.names(), value=run_name), *look(run_name)

    on_click(start.click, begin, [name, *controls], [chosen, *shown], light=True)

    def end(run_name: str | None):
        if run_name:
            runs.stop(run_name)
        return look(run_name)

    on_click(stop.click, end, [chosen], shown, light=True)

    def again(run_name: str | None):
        if not run_name:
            raise BadInput("run_unknown", "Choose the run to resume from the menu beside this button.")
        runs.resume(run_name)
        return look(run_name)

    on_click(resume.click, again, [chosen], shown, light=True)
    on_click([timer.tick, chosen.change], look, [chosen], shown, light=True, show_progress="hidden")
    on_click(
        chosen.focus,
        lambda: gr.Dropdown(choices=runs.names()),
        [],
        [chosen],
        light=True,
        show_progress="hidden",
    )
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
