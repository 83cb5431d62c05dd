"""Clips as files: the component that takes and shows them undecoded, and clips to begin with."""

import importlib.util
import secrets
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
from gradio.data_classes import FileData
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from hub_models.picture import decode_picture, fit_within
from hub_models.ui.click import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared
from hub_models.video_writer import write_video

EXAMPLES = {
    "earth": "gradio/media_assets/videos/b.mp4",
    "earth, 30 s": "gradio/media_assets/videos/world.mp4",
}


class VideoFile(gr.Video):
    """A video component that hands files over as they are: uploads undecoded, results without gradio's ffmpeg.

    No constructor of its own, as for PictureInput.
    """

    is_template = True  # to the browser it is gradio's Video

    def preprocess(self, payload: FileData | None) -> str | None:
        return payload.path if payload is not None else None

    def postprocess(self, value: str | None) -> FileData | None:
        return FileData(path=value, orig_name=Path(value).name) if value else None


def example_buttons(shared: Shared, clip: VideoFile) -> None:
    """Clips from installed packages, and one made of the picture of Try it."""
    for name, place in EXAMPLES.items():
        button = gr.Button(name, size="sm", min_width=60)

        def put(place=place):
            package, _, inside = place.partition("/")
            file = Path(importlib.util.find_spec(package).submodule_search_locations[0]) / inside
            return save_file_to_cache(file, cache_dir=get_upload_folder())

        on_click(button.click, put, [], [clip], light=True, show_progress="hidden")
    pan = gr.Button("pan over the picture of Try it", size="sm", min_width=60)

    def panned(picture):
        file = new_file("pan.mp4")
        write_video(pan_over(decode_picture(uploaded(picture)).pixels), 10, file)
        return str(file)

    on_click(pan.click, panned, [shared.input], [clip])


def pan_over(pixels: np.ndarray, frames: int = 40) -> Iterator[np.ndarray]:
    """A window of 70 % of the picture (H, W, 3) that moves once around its middle, at most 640 pixels wide."""
    pixels = fit_within(pixels, 900)
    height, width = pixels.shape[:2]
    window_h, window_w = max(1, round(0.7 * height)), max(1, round(0.7 * width))
    for turn in np.linspace(0, 2 * np.pi, frames, endpoint=False):
        top = round((height - window_h) * (1 - np.cos(turn)) / 2)
        left = round((width - window_w) * (1 - np.sin(turn)) / 2)
        yield pixels[top : top + window_h, left : left + window_w]


def new_file(name: str) -> Path:
    """In a folder of its own under the uploads, from where it is served, and swept away in time."""
    folder = Path(get_upload_folder()) / secrets.token_hex(20)
    folder.mkdir(parents=True)
    return folder / name
