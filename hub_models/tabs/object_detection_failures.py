"""Pictures that our detectors are known to get wrong, and what they teach. Each is computed live."""

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


FAILURES = (
    Failure(
        title="Old coins are blood cells",
        example="coins",
        checkpoint="faster_rcnn.bccd",
        why="Round and of the right size: in blood smears, the only pictures where it was taught to find anything, that is "
        "a cell. Nothing taught it what else is round, so it finds every coin and is sure of it.",
    ),
    Failure(
        title="So are the eyes of a cat",
        example="cat",
        checkpoint="faster_rcnn.bccd",
        why="Background is a class too, but the network has only seen that of a microscope. On anything else its scores "
        "mean little: it is as sure of the eyes as of most cells. Move the confidence up and they stay.",
    ),
    Failure(
        title="Coffee full of white cells",
        example="coffee",
        checkpoint="overfeat.bccd",
        why="On blood smears OverFeat is one of the best here. But a window of wood or porcelain is like no window that it "
        "was shown as background, and softmax must choose: hundreds of windows become cells, many with above 99 %.",
    ),
    Failure(
        title="Cells that touch are missed",
        example="blood 1",
        checkpoint="faster_rcnn.bccd",
        why="Experts count 15 red cells here. Where cells are pressed together there is no outline, and no box is at least "
        "50 % certain. Move the confidence down: they come, and wrong ones with them. Precision and recall trade.",
    ),
    Failure(
        title="Non-max suppression removes neighbours",
        example="blood 2",
        checkpoint="yolo11_small.bccd",
        why="With an IoU threshold of 0.02 two boxes may hardly touch, so of two cells side by side only the more certain "
        "one is left. Move the slider back to 0.5 and the others return.",
        iou=0.02,
    ),
)

Detect = Callable[..., Iterator[tuple]]  # (task, picture, checkpoint, confidence, iou, progress)


def failures(task: Task, examples: dict[str, Path], detect: Detect, outputs: list) -> None:
    """Labelled failures that anyone can repeat with one click.

    `outputs`: picture, checkpoint, confidence, iou, and what `detect` yields.
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
            settings = (failure.checkpoint, failure.confidence, failure.iou)
            for answer in detect(task, path, *settings, progress):
                yield path, gr.Dropdown(value=failure.checkpoint), failure.confidence, failure.iou, *answer

        on_click(show.click, repeat, [], outputs)
