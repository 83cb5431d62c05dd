"""Pooling that remembers, and unpooling: numbers of the visitor's own feature map, with the switches marked."""

from dataclasses import dataclass

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.tabs.semantic_segmentation_grid import grid, side_by_side
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared

PATCH = 4  # cells of the patch's side
CHANNELS = 6
WIDE = 480  # pixels of a map as it is shown, at least


@dataclass(frozen=True, kw_only=True)
class Pooling:
    """One pooling of a network on the visitor's picture."""

    found: object  # inside.segmentation.StageSwitches
    stages: int  # of the network
    stage: int

    def name_of(self, stage: int) -> str:
        """The pooling's number and the size of the map that it makes smaller; each stage halves it."""
        height, width = (round(side * 2.0 ** (self.stage - stage)) for side in self.found.before.shape[1:])
        return f"{stage + 1}: {height} x {width} cells"

    def channels(self) -> list[tuple[str, int]]:
        return [(f"map {channel + 1}", number) for number, channel in enumerate(self.found.channels)]


def switches_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Pooling keeps the largest of four numbers and forgets where it stood. Here every pooling writes that down: the "
        "switch variables of DeconvNet, the max-pooling indices of SegNet (lecture, sections 9.1.1, 9.1.3). Unpooling puts "
        "a value back to that place and zeros elsewhere: a large but sparse map, which the decoder's convolutions fill."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, of_model("segnet", "deconvnet", "enet"))
        stage = gr.Dropdown(
            [("1", 0)], value=0, label="Pooling, the finest first", interactive=True, min_width=240
        )
        show = gr.Button("Pool and unpool", variant="primary")
    pooling = gr.State(None)
    with gr.Row():
        channel = gr.Dropdown([], label="Feature map, the most active first", interactive=True, min_width=240)
        down = gr.Slider(
            0, 100, 50, step=0.5, label="Patch: percent from the top", interactive=True, min_width=240
        )
        across = gr.Slider(0, 100, 50, step=0.5, label="from the left", interactive=True, min_width=240)
    numbers, maps = gr.HTML(), gr.HTML()

    def begin(picture, identity, number):
        seen = LOADER.run(identity, task.id, lambda predictor: pool(predictor, picture, int(number or 0)))
        y, x = strongest(seen.found.before[0])
        stages = gr.Dropdown(
            [(seen.name_of(number), number) for number in range(seen.stages)], value=seen.stage
        )
        shown = shown_of(seen, 0, y, x)
        return (
            seen,
            stages,
            gr.Dropdown(seen.channels(), value=0),
            gr.Slider(value=y),
            gr.Slider(value=x),
            *shown,
        )

    def again(seen, number, y, x):
        return shown_of(seen, int(number or 0), y, x) if seen else ("", "")

    outputs = [pooling, stage, channel, down, across, numbers, maps]
    on_click([show.click, stage.input], begin, [shared.input, menu, stage], outputs)
    moved = [channel.input, down.input, across.input]
    on_click(
        moved, again, [pooling, channel, down, across], [numbers, maps], light=True, show_progress="hidden"
    )


def pool(predictor, picture: str | None, stage: int) -> Pooling:
    """The pooling `stage` of the network, or its last where it has fewer."""
    from hub_models.inside.segmentation import pooling_switches
    from hub_models.inside.semantic_views import enet_switches

    x, _ = predictor.preprocess(decode_picture(uploaded(picture)).pixels)
    is_enet = predictor.checkpoint.model == "enet"
    stages = 2 if is_enet else len(predictor.network.encoder)
    stage = min(stage, stages - 1)
    compute = enet_switches if is_enet else pooling_switches
    return Pooling(found=compute(predictor.network, x, stage, CHANNELS), stages=stages, stage=stage)


def strongest(map: np.ndarray) -> tuple[float, float]:
    """Where a map (h, w) is largest, in percent from the top and from the left."""
    row, column = np.unravel_index(map.argmax(), map.shape)
    return round(200 * row / map.shape[0]) / 2, round(200 * column / map.shape[1]) / 2


def shown_of(seen: Pooling, number: int, y: float, x: float) -> tuple[str, str]:
    """(numbers of the patch through pooling and unpooling, the maps with the patch framed) as HTML."""
    from hub_models.inside.segmentation import unpooling_example

    found = seen.found
    map = found.before[number]
    row, column = int(map.shape[0] * y / 100), int(map.shape[1] * x / 100)
    side = min(PATCH, *(n // 2 * 2 for n in map.shape))
    patch = unpooling_example(map, row, column, side)
    (top, left), switched = patch.corner, np.zeros(patch.values.shape, bool)
    switched[patch.switches[..., 0], patch.switches[..., 1]] = True
    area = np.s_[top : top + side, left : left + side]
    numbers = side_by_side(
        grid(patch.values, f"The encoder's map, rows {top} to {top + side - 1}, columns {left} to {left + side - 1}. "
             "Marked: the largest of each 2x2 cell, its place is the switch.", switched),
        grid(patch.pooled, "Pooled: the largest of each cell. The place is gone from the map."),
        grid(patch.unpooled, "Unpooled: back to the place that the switch says, zeros elsewhere.", switched),
        grid(found.unpooled[number][area], "What the decoder puts there: its own values at the same places.", switched),
        grid(found.dense[0][area], "After the decoder's convolutions, most active map: neighbours have filled the gaps."),
    )  # fmt: skip
    sparse, dense = found.filled
    box = left, top, left + side, top + side
    pictures = [
        (map, "The encoder's map before pooling, the patch framed."),
        (found.unpooled[number], f"Unpooled in the decoder: {sparse:.0%} of the cells are not zero."),
        (found.dense[0], f"After the decoder's convolutions, its most active map: {dense:.0%} are not zero."),
    ]
    tiles = "".join(show_picture(framed(map, box), says, lossless=True) for map, says in pictures)
    return numbers, f'<div class="pair">{tiles}</div>'


def framed(map: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """A map (h, w) in grey, every number a square, with the patch framed."""
    times = max(1, -(-WIDE // max(map.shape)))
    large = draw.grey_tile(map).repeat(times, 0).repeat(times, 1)
    return draw.outline(large, tuple(side * times for side in box), width=max(2, times // 3))
