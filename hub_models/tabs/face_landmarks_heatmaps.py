"""The heatmap of one point over the face, all of them at once, and how a mean becomes a place, in numbers."""

from dataclasses import dataclass

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.faces import GROUPS, POINTS, framing
from hub_models.inside.landmarks import SoftArgmax, all_at_once, soft_argmax_of
from hub_models.loader import LOADER
from hub_models.tabs.face_landmarks_seen import largest_in, of_architecture
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

MODEL = "landmark_heatmaps"
FIRST = 30  # the tip of the nose


@dataclass(frozen=True)
class Kept:
    """The square that the network saw, (S, S, 3) uint8, and its maps (68, h, w) in half precision."""

    pixels: np.ndarray
    maps: np.ndarray


def heatmaps_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The network ends with 68 maps; softmax over the cells of each makes them probabilities of where the point lies. "
        "The largest cell alone would be rounded to a cell, and has no gradient. The soft-argmax is the mean of all cells' "
        "places, each weighted with its probability: it falls between cells, and learning can pull at it. Look at a point "
        "of the jaw, whose map is long: along the edge of the cheek every place is as good."
    )
    show = gr.Button("Show the maps", variant="primary")
    kept = gr.State(None)
    point = gr.Slider(0, POINTS - 1, FIRST, step=1, label="Point", interactive=True)
    with gr.Row():
        one, every = gr.HTML(), gr.HTML()
    numbers = gr.HTML()

    def begin(picture, checkpoint, number):
        identity = of_architecture(task.id, checkpoint, MODEL)
        seen = maps_of(task, uploaded(picture), identity)
        return seen, *one_of(seen, number), overview(seen)

    on_click(show.click, begin, [shared.input, shared.checkpoint, point], [kept, one, numbers, every])
    on_click(point.change, one_of, [kept, point], [one, numbers], light=True, show_progress="hidden")


def maps_of(task: Task, path, identity: str) -> Kept:
    """The maps of the largest face in the picture."""
    face, _, _ = largest_in(path, identity)

    def work(predictor):
        import torch

        size = predictor.size
        matrix = framing(np.array([0.0, 0.0, *face.pixels.shape[1::-1]]), size, room=1.0)
        x = predictor.preprocess(face.pixels, matrix[None])
        with torch.inference_mode():
            maps = predictor.network.heatmaps(x)[0]
        return maps.cpu().numpy().astype(np.float16)

    return Kept(face.pixels, LOADER.run(identity, task.id, work))


def group_of(point: int) -> str:
    return next(name for name, part in GROUPS.items() if part.start <= point < part.stop)


def one_of(kept: Kept | None, number: float) -> tuple[str, str]:
    """(one map over the face, its numbers)."""
    if kept is None:
        return "", ""
    heatmap = kept.maps[int(number)].astype(np.float32)
    found = soft_argmax_of(heatmap)
    says = f"Point {int(number)}, {group_of(int(number))}: at most {float(heatmap.max()):.0%} in one of {heatmap.size} cells"
    shown = draw.overlay(for_eyes(kept.pixels), heatmap / max(float(heatmap.max()), 1e-6), 0.6)
    return show_picture(shown, says, width="min(100%, 420px)"), in_numbers(found, heatmap.shape)


def overview(kept: Kept) -> str:
    says = "All 68 maps at once, each against its own peak: long spots are points whose place along an edge is unsure."
    shown = draw.overlay(for_eyes(kept.pixels), all_at_once(kept.maps.astype(np.float32)), 0.6)
    return show_picture(shown, says, width="min(100%, 420px)")


def in_numbers(found: SoftArgmax, shape: tuple[int, int]) -> str:
    """The cells around the peak with the sums of rows and columns, and the places that follow."""
    top, left = found.corner
    side = len(found.patch)
    headers = ["", *(f"column {left + i}" for i in range(side)), "sum of the whole row"]
    rows = [
        [f"row {top + i}", *(f"{value:.3f}" for value in found.patch[i]), f"{found.down[top + i]:.3f}"]
        for i in range(side)
    ]
    rows.append(["sum of the column", *(f"{found.across[left + i]:.3f}" for i in range(side)), ""])
    words = (
        f"Of {shape[0]} x {shape[1]} cells these {side} x {side} hold {found.inside:.0%}. Largest cell: row "
        f"{found.largest[0]}, column {found.largest[1]}. Soft-argmax: row = sum of row x its sum = {found.mean[0]:.2f}, "
        f"column = {found.mean[1]:.2f}; spread about it {found.spread:.2f} cells."
    )
    return table(headers, rows, "The soft-argmax in numbers") + f"<p>{words}</p>"
