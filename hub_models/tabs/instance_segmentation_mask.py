"""The mask of one object: as few numbers as the network gives, enlarged to its box, and cut by a threshold."""

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.segments import Instances
from hub_models.tabs.instance_segmentation_seen import at_size, found_in
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.candidates import Seen, see
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

SIDE = 420  # pixels of the longer side of what is shown
ROOM = 0.15  # of the box's sides, around it


def mask_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The network does not answer in pixels (lecture, section 9.2.1): it gives a small map of values from 0 to 1 over "
        "the object's box. It is enlarged to the box smoothly, between the centres of its cells, and what is at least "
        "the threshold belongs to the object."
    )
    seen = gr.State(None)
    with gr.Row():
        show = gr.Button("Find objects", variant="primary")
        number = gr.Slider(1, 100, 1, step=1, label="Object, the most certain first", interactive=True)
        threshold = gr.Slider(0.01, 0.99, 0.5, step=0.01, label="Threshold of the mask", interactive=True)
    stages, facts = gr.HTML(elem_id="mask-stages"), gr.HTML()

    def begin(picture, identity, confidence, iou, mask, place):
        found = see(task, picture, identity)
        return found, mask, *view(found, confidence, iou, place, mask)

    def view(found: Seen[Instances] | None, confidence, iou, place, cut):
        return ("", "") if found is None else stages_of(found, confidence, iou, int(place), cut)

    inputs = [shared.input, shared.checkpoint, *shared.controls, number]
    on_click(show.click, begin, inputs, [seen, threshold, stages, facts])
    moved = [slider.change for slider in (number, threshold)]
    inputs = [seen, *shared.controls[:2], number, threshold]
    on_click(moved, view, inputs, [stages, facts], light=True, show_progress="hidden")


def stages_of(
    seen: Seen[Instances], confidence: float, iou: float, place: int, threshold: float
) -> tuple[str, str]:
    """(three pictures of one object's mask, what they count), as HTML."""
    found = found_in(seen, confidence, iou)
    if not len(found):
        return "<p>No object at these thresholds.</p>", ""
    i = min(place, len(found)) - 1
    small = found.masks[i]
    pixels = seen.pixels()
    scaled = at_size(found, pixels.shape[:2])
    (top, left), (bottom, right) = crop_of(scaled.boxes_xyxy[i], pixels.shape[:2])
    soft = np.zeros(pixels.shape[:2], np.float32)
    part, (row, column) = scaled.soft_mask(i)
    soft[row : row + part.shape[0], column : column + part.shape[1]] = part
    crop, enlarged = pixels[top:bottom, left:right], soft[top:bottom, left:right]
    grow = max(1, SIDE // max(small.shape))
    cells = show_picture(
        draw.heat(small).repeat(grow, 0).repeat(grow, 1),
        f"What the network says: {small.shape[0]} x {small.shape[1]} values from 0 (dark) to 1 (bright).",
        lossless=True,
    )
    name = f"{found.names[found.labels[i]]} {found.scores[i]:.0%}"
    smooth = show_picture(
        draw.overlay(crop, enlarged, 0.6), f"Enlarged to the box of object {i + 1}: {name}."
    )
    cut = show_picture(
        cut_out(crop, enlarged >= threshold), f"At least {threshold:.2f}: what belongs to the object."
    )
    row_style = "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:0.8rem"
    return f'<div style="{row_style}">{cells}{smooth}{cut}</div>', facts_of(found, i, threshold)


def crop_of(box: np.ndarray, size_hw: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """((top, left), (bottom, right)) of a box with some room around it, inside the picture."""
    x0, y0, x1, y1 = box
    room = ROOM * max(x1 - x0, y1 - y0) + 2
    top, left = max(0, int(y0 - room)), max(0, int(x0 - room))
    return (top, left), (min(size_hw[0], int(y1 + room) + 1), min(size_hw[1], int(x1 + room) + 1))


def cut_out(crop: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The object in its colours, everything else grey and pale."""
    pale = np.repeat((0.3 * crop.mean(2, keepdims=True) + 170), 3, 2).clip(0, 255)
    return np.where(mask[:, :, None], crop, pale).astype(np.uint8)


def facts_of(found, i: int, threshold: float) -> str:
    """How the pixels of the object, in the picture given, depend on the threshold."""
    x0, y0, x1, y1 = found.boxes_xyxy[i]
    whole = max(1.0, float((x1 - x0) * (y1 - y0)))
    soft, _ = found.soft_mask(i)
    cuts = sorted({0.1, 0.3, 0.5, 0.7, 0.9, round(threshold, 2)})
    rows = [[f"{cut:.2f}", int((soft >= cut).sum()), f"{(soft >= cut).sum() / whole:.1%}"] for cut in cuts]
    cells = " x ".join(map(str, found.masks[i].shape))
    caption = f"Box of {x1 - x0:.0f} x {y1 - y0:.0f} pixels of the picture given, from {cells} values"
    return table(["Threshold", "Pixels of the object", "Share of its box"], rows, caption)
