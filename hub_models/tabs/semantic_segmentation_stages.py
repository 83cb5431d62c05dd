"""Encoder and decoder, stage by stage: the maps get small and many, then large again."""

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

OURS = of_model("fcn", "deconvnet", "unet", "unet_lite", "enet", "segnet")
SMALL = 170  # pixels of the longer side of a map in the overview
OVERVIEW = f"display:grid;grid-template-columns:repeat(auto-fill,minmax(7rem,{SMALL}px));gap:0.8rem"
MOST = 16  # maps of the chosen stage


def stages_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "An encoder makes the picture small, so that a cell sees much of it and has many channels to say what is there; "
        "a decoder makes it large again, so that every pixel gets an answer (lecture, section 9.1). Watch outlines "
        "dissolve on the way down and come back on the way up."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, OURS)
        show = gr.Button("Show the stages", variant="primary")
    overview = gr.HTML()
    which = gr.Dropdown([], label="One stage: its most active maps", interactive=True)
    maps = gr.HTML()

    def begin(picture, identity):
        found = look(task, identity, picture)
        names = [stage.name for stage in found]
        middle = names[len(names) // 2]
        return overview_of(found), gr.Dropdown(names, value=middle), maps_of(found, middle)

    def choose(picture, identity, name):
        return maps_of(look(task, identity, picture), name) if name else ""

    on_click(show.click, begin, [shared.input, menu], [overview, which, maps])
    on_click(which.input, choose, [shared.input, menu, which], [maps])


def look(task: Task, identity: str, picture: str | None) -> list:
    """The stages of the network on the visitor's picture, of `inside.segmentation.Stage`."""
    from hub_models.inside.segmentation import stages

    pixels = decode_picture(uploaded(picture)).pixels

    def work(predictor):
        x, _ = predictor.preprocess(pixels)
        return stages(predictor.network, x, MOST)

    return LOADER.run(identity, task.id, work)


def overview_of(found: list) -> str:
    """The most active map of every stage side by side, all equally large, and the sizes as a table."""
    tiles, rows = [], []
    for stage in found:
        height, width = stage.maps.shape[1:]
        tiles.append(
            show_picture(
                draw.grey_tile(for_a_tile(stage.maps[0])),
                f"{stage.name}: map {stage.channels[0] + 1}, the most active",
                lossless=True,
            )
        )
        rows.append(
            [stage.name.partition(":")[0], f"{height} x {width}", stage.width, height * width * stage.width]
        )
    grid = f'<div style="{OVERVIEW}">{"".join(tiles)}</div>'
    return grid + table(
        ["Stage", "Cells", "Channels", "Numbers"], rows, "From the picture down, and up again"
    )


def for_a_tile(map: np.ndarray) -> np.ndarray:
    """A map (h, w) with every number as a square, at least SMALL pixels at its longer side."""
    times = max(1, -(-SMALL // max(map.shape)))
    return map.repeat(times, 0).repeat(times, 1)


def maps_of(found: list, name: str) -> str:
    stage = next((stage for stage in found if stage.name == name), None)
    if stage is None:
        return "<p>Show the stages again: the picture or the checkpoint has changed.</p>"
    says = (
        f"{stage.name}: the {len(stage.maps)} most active of {stage.width} maps, the first is map {stage.channels[0] + 1}; "
        "each on its own scale."
    )
    return show_picture(draw.montage(stage.maps, columns=4), says, lossless=True, width="min(100%, 720px)")
