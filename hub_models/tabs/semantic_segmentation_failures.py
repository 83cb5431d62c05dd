"""Pictures that our networks are known to label wrongly, and what they teach. Each is computed live."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.ui import on_click


@dataclass(frozen=True, kw_only=True)
class Failure:
    title: str
    example: str
    checkpoint: str
    why: str


FAILURES = (
    Failure(
        title="A cat is a house",
        example="cat",
        checkpoint="unet_lite.camvid",
        why="There is no class for cats, and none for *something else*: softmax must give each pixel to one of eleven "
        "things that stand in streets. Most of it becomes building, a quarter of all that it has seen.",
    ),
    Failure(
        title="A lawn without colour is a road",
        example="cameraman",
        checkpoint="unet_lite.camvid",
        why="It saw the world from behind a windscreen: what is flat, grey and below is road, a dark shape in the middle a "
        "car or a cyclist. The picture has no colour that could say grass, and CamVid has no class for it.",
    ),
    Failure(
        title="The sky of an evening is not sky",
        example="rocket",
        checkpoint="unet_lite.camvid",
        why="In the drives of its training the sky is the brightest part of the picture. Here it is dark, "
        "so it is given to anything else. More changes of light in training help, more data help more.",
    ),
)

Segment = Callable[..., Iterator[tuple]]  # (task, picture, checkpoint, opacity, progress)


def failures(
    task: Task, examples: dict[str, Path], segment: Segment, opacity: gr.Slider, outputs: list
) -> None:
    """Labelled failures that anyone can repeat with one click. `outputs`: picture, checkpoint, what `segment` yields."""
    known = {c.id for c in LOADER.menu(task.id)}
    for failure in FAILURES:
        if failure.checkpoint not in known or failure.example not in examples:
            continue
        with gr.Row():
            gr.Markdown(f"**{failure.title}.** {failure.why}")
            show = gr.Button("Show me", size="sm", min_width=80, scale=0)

        def repeat(
            mixed,
            failure=failure,
            path=str(examples[failure.example]),
            progress=gr.Progress(),  # noqa: B008
        ):
            for answer in segment(task, path, failure.checkpoint, mixed, progress):
                yield path, gr.Dropdown(value=failure.checkpoint), *answer

        on_click(show.click, repeat, [opacity], outputs)
