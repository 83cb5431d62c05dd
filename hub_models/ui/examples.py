"""Examples from the installed packages, so that nothing has to be fetched or shipped."""

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import gradio as gr

from hub_models.loader import LOADER
from hub_models.task import Example, Task
from hub_models.ui.click import on_click


def example_path(example: Example) -> Path | None:
    """The file, or None where its package is not installed (a Space installs less)."""
    package, _, inside = example.place.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / inside
    return path if path.is_file() else None


def available(task: Task) -> dict[str, Path]:
    """Name -> file of the examples that are here."""
    found = {example.name: example_path(example) for example in task.examples}
    return {name: path for name, path in found.items() if path is not None}


def example_buttons(
    examples: dict[str, Path], picture: gr.Image, example: gr.State, min_width: int = 60
) -> None:
    """A button an example, which puts it into `picture` and its name into `example`."""
    with gr.Row():
        for name, path in examples.items():
            button = gr.Button(name, size="sm", min_width=min_width)

            def put(name=name, path=path):
                return str(path), name

            on_click(button.click, put, [], [picture, example], light=True, show_progress="hidden")


def failure_buttons(
    task: Task,
    examples: dict[str, Path],
    failures: Sequence[tuple[str, str, str, str]],  # title, example, checkpoint, why
    answer: Callable[..., Iterator[tuple]],  # (task, picture, checkpoint, progress) -> what is shown
    outputs: Sequence[gr.components.Component],  # picture, checkpoint, and what `answer` yields
) -> None:
    """Labelled failures that anyone can repeat with one click."""
    known = {c.id for c in LOADER.menu(task.id)}
    for title, example, identity, why in failures:
        if identity not in known or example not in examples:
            continue
        with gr.Row():
            gr.Markdown(f"**{title}.** {why}")
            show = gr.Button("Show me", size="sm", min_width=80, scale=0)

        def repeat(path=str(examples[example]), identity=identity, progress=gr.Progress()):  # noqa: B008
            for shown in answer(task, path, identity, progress):
                yield path, gr.Dropdown(value=identity), *shown

        on_click(show.click, repeat, [], list(outputs))


def link_button(task: Task, checkpoint: gr.Dropdown, example: gr.State) -> None:
    """A button that copies a link which opens this tab with these settings."""
    button = gr.Button("Copy link", size="sm")
    button.click(
        None,
        [checkpoint, example],
        None,
        js=(
            "(checkpoint, example) => { const u = new URL(window.location); u.search = '';"
            f" u.searchParams.set('task', '{task.id}'); u.searchParams.set('checkpoint', checkpoint);"
            " if (example) u.searchParams.set('example', example);"
            " history.replaceState(null, '', u); navigator.clipboard?.writeText(u.toString()); }"
        ),
        api_visibility="private",
    )
