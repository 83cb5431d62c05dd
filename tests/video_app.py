"""A page with the video part of a tab alone, served like the real one: `python -m video_app --port ...`.

The network is a bundled one; its answer is drawn as stripes. VIDEO_WAIT: seconds that each frame takes longer.
"""

import os
import time

import gradio as gr
import numpy as np

from hub_models import ui
from hub_models.task import task
from hub_models.ui import PictureInput, serve
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.video import clip_view

TASK = "image-classification"


def annotate(predictor, pixels: np.ndarray, every: float):
    """A white line every so many rows, and what the network says."""
    time.sleep(float(os.environ.get("VIDEO_WAIT", "0")))
    drawn = pixels.copy()
    drawn[:: int(every)] = 255
    return drawn, predictor.predict(pixels)


def summarise(results) -> list[list[str]]:
    names = [result.top(1)[0][0] for result in results]
    return [[name, str(names.count(name))] for name in dict.fromkeys(names)]


def build() -> gr.Blocks:
    with gr.Blocks(title="Video", analytics_enabled=False, delete_cache=(600, 3600)) as blocks:
        checkpoint = checkpoint_menu(task(TASK), Preset(checkpoint="resnet20.cifar10"))
        picture = PictureInput(label="Picture", sources=["upload"])
        every = gr.Slider(2, 50, 20, step=1, label="Rows", interactive=True)
        shared = Shared(checkpoint=checkpoint, input=picture, controls=(every,))
        clip_view(task(TASK), shared, annotate, summarise)
    return blocks


if __name__ == "__main__":
    assert ui  # sets the environment before gradio starts
    serve.main(build)
