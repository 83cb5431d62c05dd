"""One region of the shared map, read by RoI pooling and by RoIAlign: what rounding to whole cells does."""

import gradio as gr
import numpy as np
from PIL import Image, ImageDraw

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.proposals import proposed
from hub_models.ui.tables import table

WIDE, TILE = 640, 28  # pixels of the part of the map that is shown, and of a value that was read
ROOM = 3  # cells of the map that are shown around the region
SIDES = ("left", "top", "right", "bottom")
EXACT, ROUNDED = 0, 1  # colours


def align_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A region lies between the cells of the map. RoI pooling (Fast R-CNN) rounds its sides, and then those of its "
        "7 x 7 bins, to whole cells and keeps the largest value of each bin. RoIAlign (Mask R-CNN, lecture, section "
        "9.2.2) rounds nothing: it reads four points in each bin between the nearest cells, and takes their mean. "
        "Here the same region of the same channel is read in both ways."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, of_model("mask_rcnn"))
        number = gr.Slider(1, 200, 1, step=1, label="Proposal, the likeliest first", interactive=True)
        grid = gr.Dropdown([("7 x 7, as for the class", 7), ("14 x 14, as for the mask", 14)], value=7, label="Bins",
                           interactive=True)  # fmt: skip
        show = gr.Button("Read the region", variant="primary")
    with gr.Row():
        with gr.Column(min_width=280):
            map = gr.HTML()
        with gr.Column(min_width=280):
            numbers = gr.HTML()
    both = gr.HTML()

    def view(picture, identity, place, bins):
        return LOADER.run(
            identity, task.id, lambda predictor: read(predictor, picture, int(place), int(bins))
        )

    inputs = [shared.input, menu, number, grid]
    on_click([show.click, number.release, grid.change], view, inputs, [map, numbers, both])


def read(predictor, picture: str | None, place: int, bins: int) -> tuple[str, str, str]:
    """(the map with the region, how far rounding moves it, the values of both ways) of one proposal."""
    from hub_models.inside.instances import roi_reading
    from hub_models.inside.proposals import shared_map, strongest_channel

    found, _, x = proposed(predictor, picture)
    if not len(found.proposals):
        return "<p>No proposal in this picture.</p>", "", ""
    shared, stride = shared_map(predictor.network, x), predictor.network.head.stride
    region = found.proposals[min(place, len(found.proposals)) - 1]
    number = strongest_channel(shared, region, stride)
    reading = roi_reading(shared[number], region, stride, bins)
    says = (
        f"Channel {number + 1} of {len(shared)}, a cell is {stride} pixels of the network's picture. Solid: the region "
        f"as it is, with its {bins} x {bins} bins and the points where RoIAlign reads. Dashed: the cells that RoI "
        "pooling takes instead."
    )
    picture_of_map = show_picture(region_on_map(shared[number], reading), says, lossless=True)
    return picture_of_map, moved(reading, stride), values(reading)


def region_on_map(channel: np.ndarray, reading) -> np.ndarray:
    """The map (h, w) around the region as colours, with the region, its bins and the points of RoIAlign."""
    low = np.maximum(0, np.floor(np.minimum(reading.region[:2], reading.rounded[:2])).astype(int) - ROOM)
    high = np.ceil(np.maximum(reading.region[2:], reading.rounded[2:])).astype(int) + ROOM
    high = np.minimum(high, channel.shape[::-1])
    part = channel[low[1] : high[1], low[0] : high[0]]
    side = max(6, WIDE // part.shape[1])
    largest = float(np.abs(channel).max()) or 1.0
    picture = Image.fromarray(draw.heat(part / largest).repeat(side, 0).repeat(side, 1))
    pen = ImageDraw.Draw(picture)
    bin = float(np.diff(reading.borders).min()) * side  # pixels of the drawing
    width, dot = max(1, round(bin / 16)), max(1, bin / 12)
    for axis, borders in enumerate(reading.borders):
        for border in borders:
            lines(pen, axis, border, reading.region, low, side, draw.COLOURS[EXACT], width)
    for x, y in (reading.points.reshape(-1, 2) - low) * side:
        pen.ellipse((x - dot, y - dot, x + dot, y + dot), fill=(255, 255, 255), outline=draw.SHADE)
    box = (np.asarray(reading.rounded, float) - np.tile(low, 2)) * side
    framed = np.array(picture)
    return draw.framed(framed, box[None], [ROUNDED], [""])


def lines(pen, axis: int, at: float, region: np.ndarray, low, side: int, colour, width: int) -> None:
    """A border of the bins: across (axis 0) it runs down, down (axis 1) it runs across."""
    start, end = region[1 - axis], region[3 - axis]
    place = (at - low[axis]) * side
    span = [(edge - low[1 - axis]) * side for edge in (start, end)]
    ends = [(place, span[0]), (place, span[1])] if axis == 0 else [(span[0], place), (span[1], place)]
    pen.line(ends, fill=draw.SHADE, width=width + 2)
    pen.line(ends, fill=colour, width=width)


def moved(reading, stride: int) -> str:
    """Each side before and after rounding, in cells and in pixels; and the bins."""
    rows = [
        [side, f"{before:.2f}", int(after), f"{shift:+.1f}"]
        for side, before, after, shift in zip(
            SIDES, reading.region, reading.rounded, reading.shift, strict=True
        )
    ]
    sides = table(
        ["Side", "In cells", "RoI pooling takes", "Moved by pixels"], rows, f"A cell is {stride} pixels"
    )
    across, taken = reading.borders[0], reading.rounded_bins[0]
    bins = [
        [i + 1, f"{across[i]:.2f} to {across[i + 1]:.2f}", f"{first} to {last}", int(last - first)]
        for i, (first, last) in enumerate(taken)
    ]
    headers = ["Bin, from the left", "Its borders in cells", "RoI pooling: cells", "How many"]
    return sides + table(
        headers, bins, "Bins of RoI pooling differ in width, overlap or are empty; those of RoIAlign do not"
    )


def values(reading) -> str:
    """What both ways read, as pictures of one scale and as numbers."""
    largest = float(max(reading.pooled.max(), reading.aligned.max(), 1e-9))
    shown = []
    for name, grid in (("RoI pooling: the largest of whole cells", reading.pooled),
                       ("RoIAlign: the mean of four points between cells", reading.aligned)):  # fmt: skip
        small = draw.heat(grid / largest).repeat(TILE, 0).repeat(TILE, 1)
        picture = show_picture(small, name, lossless=True, width=f"min(100%, {small.shape[1]}px)")
        rows = [[f"{value:.2f}" for value in row] for row in grid]
        shown.append(f"<div>{picture}{table([str(i + 1) for i in range(grid.shape[1])], rows)}</div>")
    return f'<div class="pair">{"".join(shown)}</div>'
