"""What the views of style transfer take from Try it: picture and style as pixels, and a classifier to read them with."""

from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np

from hub_models.loader import LOADER
from hub_models.picture import decode_picture, fit_within
from hub_models.predictors.style_pictures import STYLE_PICTURES, in_size, named_style
from hub_models.tabs.style_transfer_canvas import OPTIMISED, Asked
from hub_models.task import Task
from hub_models.tasks.style_transfer import LIMITS
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared, choices

READER = "gatys.vgg_small"


@dataclass(frozen=True, kw_only=True)
class Given:
    """`pixels` and `style` (H, W, 3) uint8; `name` of the style, for people."""

    pixels: np.ndarray
    style: np.ndarray
    name: str


def given(picture: str | None, controls: tuple, side: int) -> Given:
    """Picture, shrunk to `side`, and style of Try it; a style that came without a picture is the first that has one."""
    asked = Asked(**dict(zip(Asked.__dataclass_fields__, controls, strict=True)))
    pixels = fit_within(decode_picture(uploaded(picture), limits=LIMITS).pixels, side)
    if asked.style_picture:
        style, name = decode_picture(Path(asked.style_picture), limits=LIMITS).pixels, "of the picture given"
    else:
        name = asked.style if asked.style in STYLE_PICTURES else next(iter(STYLE_PICTURES))
        style = named_style(name)
    return Given(pixels=pixels, style=in_size(style, side), name=name)


def reader_menu(task: Task) -> gr.Dropdown:
    """The classifiers that can be read layer by layer."""
    rows = [(text, i) for text, i in choices(task) if LOADER.checkpoint(i, task.id).architecture == OPTIMISED]
    return gr.Dropdown(rows, value=READER, label="Classifier that is read", interactive=True)


def inputs_of(shared: Shared) -> list[gr.components.Component]:
    return [shared.input, *shared.controls]
