"""Examples: files of the installed packages, so that nothing has to be fetched or shipped, and texts."""

import importlib.util
from pathlib import Path

import gradio as gr

from hub_models.task import Example, Task
from hub_models.ui.click import on_click


def example_path(example: Example) -> Path | None:
    """The file, or None where it is a text, or its package is not installed (a Space installs less)."""
    if not example.place:
        return None
    package, _, inside = example.place.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / inside
    return path if path.is_file() else None


def available(task: Task) -> dict[str, Path]:
    """Name -> file of the examples that are files and are here."""
    found = {example.name: example_path(example) for example in task.examples}
    return {name: path for name, path in found.items() if path is not None}


def texts(task: Task) -> dict[str, str]:
    """Name -> text of the examples that are texts."""
    return {example.name: example.text for example in task.examples if example.text}


def example_buttons(
    examples: dict[str, Path] | dict[str, str],
    given: gr.components.Component,
    example: gr.State,
    min_width: int = 60,
) -> None:
    """A button an example, which puts its file or text into `given` and its name into `example`."""
    with gr.Row():
        for name, value in examples.items():
            button = gr.Button(name, size="sm", min_width=min_width)

            def put(name=name, value=value):
                return str(value), name

            on_click(button.click, put, [], [given, example], light=True, show_progress="hidden")


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
