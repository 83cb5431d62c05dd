"""Pictures that our networks are known to get wrong, and what they teach. Each is computed live."""

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
    confidence: float = 0.5
    iou: float = 0.5
    threshold: float = 0.5


FAILURES: tuple[Failure, ...] = (
    Failure(
        title="Stars are nuclei",
        example="stars",
        checkpoint="mask_rcnn.nuclei",
        why="Light blobs on black: among fluorescent nuclei, the pictures where it was taught to find anything, there is "
        "nothing else like it. It outlines galaxies as carefully as cells.",
    ),
    Failure(
        title="A threshold for the mask is no threshold for the object",
        example="coins",
        checkpoint="mask_rcnn.nuclei",
        why="With a mask threshold of 0.9 the same objects are left, each eaten away at its rim, where the mask falls from "
        "1 to 0. Areas measured this way depend on the threshold: see the column of pixels.",
        threshold=0.9,
    ),
)

Segment = Callable[..., Iterator[tuple]]  # (task, picture, checkpoint, confidence, iou, threshold, progress)


def failures(task: Task, examples: dict[str, Path], segment: Segment, outputs: list) -> None:
    """Labelled failures that anyone can repeat with one click.

    `outputs`: picture, checkpoint, confidence, iou, mask threshold, and what `segment` yields.
    """
    known = {c.id for c in LOADER.menu(task.id)}
    for failure in FAILURES:
        if failure.checkpoint not in known or failure.example not in examples:
            continue
        with gr.Row():
            gr.Markdown(f"**{failure.title}.** {failure.why}")
            show = gr.Button("Show me", size="sm", min_width=80, scale=0)

        def repeat(
            failure=failure,
            path=str(examples[failure.example]),
            progress=gr.Progress(),  # noqa: B008
        ):
            settings = (failure.confidence, failure.iou, failure.threshold)
            for answer in segment(task, path, failure.checkpoint, *settings, progress):
                yield path, gr.Dropdown(value=failure.checkpoint), *settings, *answer

        on_click(show.click, repeat, [], outputs)
