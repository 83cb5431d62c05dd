"""The naive way: a window around every pixel through the whole network, against one pass over the picture."""

from dataclasses import dataclass

import gradio as gr
import numpy as np

from hub_models import draw, draw_segments
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.tabs.semantic_segmentation_stages import OURS
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes, resized_boxes
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.network_picture import network_picture
from hub_models.ui.tables import table

GRID = (4, 6)  # pixels that are tried, down and across
SIDES = [("32 pixels", 32), ("64 pixels", 64), ("128 pixels", 128), ("all that the answer depends on", 0)]


@dataclass(frozen=True, kw_only=True)
class Both:
    picture: np.ndarray  # (h, w, 3) uint8 as the network sees it
    names: tuple[str, ...]
    found: object  # inside.pixel_windows.PixelWindows


def windows_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The first idea (lecture, section 9.1): cut a window out around every pixel, classify its centre, next pixel. What "
        "neighbouring windows share is computed again and again. A fully convolutional network labels all pixels in one "
        "pass. Here are both ways with the same weights, at a few pixels: do they agree, and how long would all pixels take?"
    )
    with gr.Row():
        menu = fitting_menu(task, shared, OURS)
        side = gr.Dropdown(SIDES, value=64, label="Side of the window", interactive=True, min_width=240)
        show = gr.Button("Label both ways", variant="primary")
    shown = gr.HTML()

    def view(picture, identity, pixels_wide):
        return shown_of(
            LOADER.run(identity, task.id, lambda predictor: both(predictor, picture, pixels_wide))
        )

    on_click(show.click, view, [shared.input, menu, side], [shown])


def both(predictor, picture: str | None, side: int) -> Both:
    """`side` of the windows in pixels of the network; 0: each pixel's whole receptive field."""
    from hub_models.inside.pixel_windows import pixel_windows

    pixels = decode_picture(uploaded(picture)).pixels
    x, used = predictor.preprocess(pixels)
    return Both(
        picture=network_picture(predictor, pixels, used),
        names=predictor.names,
        found=pixel_windows(predictor.network, x, used, GRID, side or None),
    )


def shown_of(seen: Both) -> str:
    """The windows in the picture, the answers of both ways, and the time."""
    found = seen.found
    count = found.by_window.size
    windows = found.windows.reshape(-1, 4)
    large = for_eyes(seen.picture)
    middle = len(windows) // 2 + found.by_window.shape[1] // 2
    boxes = resized_boxes(windows[[middle]], seen.picture.shape[:2], large.shape[:2])
    says = (
        f"One of the {count} windows, {windows[middle][2] - windows[middle][0]} x {windows[middle][3] - windows[middle][1]} "
        f"pixels of the network's {found.size_hw[1]} x {found.size_hw[0]}, and the pixels that were tried. A cross: the two "
        "ways say different classes there."
    )
    picture = show_picture(dotted(draw.framed(large, boxes, [0], [""]), seen), says, lossless=True)
    occurring = sorted(set(found.at_once.ravel().tolist()))
    legend = draw_segments.legend([(label, seen.names[label]) for label in occurring])
    parts = (f'<div style="flex:1 1 15rem">{part}</div>' for part in (picture + legend, numbers(seen)))
    return f'<div class="pair">{"".join(parts)}</div>'


def dotted(pixels: np.ndarray, seen: Both) -> np.ndarray:
    """A square in the colour of the class of each tried pixel, crossed where the ways differ."""
    found = seen.found
    drawn = pixels.copy()
    down, across = (new / old for new, old in zip(pixels.shape[:2], seen.picture.shape[:2], strict=True))
    half = max(3, round(max(pixels.shape[:2]) / 60))
    palette = draw_segments.class_colours(256)
    for i, row in enumerate(found.rows):
        for j, column in enumerate(found.columns):
            y, x = round((row + 0.5) * down), round((column + 0.5) * across)
            area = drawn[max(0, y - half) : y + half, max(0, x - half) : x + half]
            area[:] = draw.SHADE
            area[2:-2, 2:-2] = palette[found.at_once[i, j]]
            if found.at_once[i, j] != found.by_window[i, j]:
                rows, columns = np.indices(area.shape[:2])
                area[(abs(rows - columns) < 2) | (abs(rows + columns - area.shape[1]) < 2)] = 255
    return drawn


def numbers(seen: Both) -> str:
    found = seen.found
    height, width = found.size_hw
    rows = [
        ["One window", f"{found.window_ms:.1f} ms"],
        [f"All {height * width:,} pixels, a window each (extrapolated)", duration(found.all_windows_ms)],
        ["All pixels in one pass", f"{found.picture_ms:.1f} ms"],
        ["The naive way takes", f"{found.times_slower:,.0f} times as long"],
        ["Same class at the pixels tried", f"{found.agreement:.0%} of {found.by_window.size}"],
        ["Largest difference of the outputs", f"{found.largest_difference:.2g}"],
    ]
    whole = found.largest_difference < 1e-3  # what summing in another order may change
    words = (
        "The windows hold all that the answers depend on, so both ways say the same: only the time differs."
        if whole
        else "The windows are smaller than what the network looks at, so their answers know less of the scene."
    )
    return table(["", "Measured"], rows) + f"<p>{words}</p>"


def duration(milliseconds: float) -> str:
    seconds = milliseconds / 1000
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
