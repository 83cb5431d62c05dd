"""The hub with tasks that misbehave on purpose, served like the real one: `python -m dummy_app --port ...`.

DUMMY_TASKS: that many tasks in all (at least those below); DUMMY_FOLDER: where they write what became of them.
"""

import os
import threading
import time
from pathlib import Path

import gradio as gr
import numpy as np

from hub_models import compute, ui
from hub_models.loader import Loader
from hub_models.results import Labels
from hub_models.task import Answer, Task
from hub_models.ui import on_click, serve
from hub_models.ui.tables import problem

SECRET = "/home/somebody/hf_secretToken"
FOLDER = Path(os.environ.get("DUMMY_FOLDER", "."))


def says(text: str) -> Answer:
    return Answer(
        result=Labels((text, "other"), np.array([0.75, 0.25], np.float32)),
        seconds=0,
        device="cpu",
        checkpoint="",
    )


def echo(text: str, seconds: str = "0.02") -> Answer:
    """The text, after a while."""
    time.sleep(float(seconds))
    return says(text)


def bug(text: str) -> Answer:
    raise KeyError(SECRET)


def nan(text: str) -> Answer:
    return Answer(
        result=Labels(("a",), np.array([np.nan], np.float32)), seconds=0, device="cpu", checkpoint=""
    )


def hang(text: str) -> Answer:
    """Never asks whether anybody still waits."""
    threading.Event().wait(600)
    return says(text)


def steps(text: str) -> Answer:
    """Many small steps, with a look at the deadline between them."""
    (FOLDER / f"{text}.began").touch()
    try:
        for _ in range(6000):
            time.sleep(0.01)
            compute.check()
    finally:
        (FOLDER / f"{text}.stopped").touch()
    return says(text)


class Forgetful(Loader):
    """A loader whose predictor has room for one megabyte only; `unload` is written down."""

    def get(self, identity: str, task: str | None = None, tell=None):
        return int(identity)

    def unload(self, identity: str | None = None) -> None:
        with (FOLDER / "unloaded").open("a") as file:
            file.write("x")
        super().unload(identity)


def memory(text: str, need: str = "2") -> Answer:
    def work(megabytes: int) -> Answer:
        tried.append(megabytes)
        if megabytes > len(tried):
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return says(f"{text} after {len(tried)}")

    tried: list[int] = []
    return Forgetful(device="cpu").run(need, "memory", work)


class Dummy(Task):
    def tab(self, preset) -> None:
        gr.Markdown(f"## {self.title}")
        text = gr.Textbox("hello", label="Text")
        run, stop = gr.Button("Run"), gr.Button("Cancel")
        answer = gr.HTML("nothing yet", elem_id=f"answer-{self.id}")
        on_click(
            run.click, lambda given: problem(self.predict(given).result.text()), [text], [answer], stop=stop
        )


def task(identity: str, number: int, predict=echo) -> Dummy:
    return Dummy(
        id=identity,
        title=f"Dummy task {identity}",
        lecture=f"{1 + number % 16}.{1 + number // 16}",
        summary="Takes a text and answers with it, as a stand-in for a task of the lecture.",
        papers=("Nobody: Nothing (2026)",),
        predict=predict,
        default="none",
    )


def build() -> gr.Blocks:
    named = {f.__name__: f for f in (echo, bug, nan, hang, steps, memory)}
    tasks = [task(name, i, function) for i, (name, function) in enumerate(named.items())]
    tasks += [task(f"dummy-{i}", i) for i in range(len(tasks), int(os.environ.get("DUMMY_TASKS", "0")))]
    return ui.page(sorted(tasks, key=lambda t: [int(part) for part in t.lecture.split(".")]))


if __name__ == "__main__":
    serve.main(build)
