"""The window that slides: its score at every place, what one place of OverFeat's map has seen, and the work saved."""

from dataclasses import dataclass

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes, resized_boxes, show_frames
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.network_picture import network_picture
from hub_models.ui.tables import table

ANY, ALL = "any object", "all sizes"


@dataclass(frozen=True, kw_only=True)
class Slid:
    """What the window said everywhere, and how much work that was."""

    picture: np.ndarray  # (h, w, 3) uint8: what the network sees
    names: tuple[str, ...]
    maps: tuple  # of inside.windows.WindowMap
    work: tuple  # of inside.windows.LevelWork
    reach: tuple[int, int]  # side and step of the window on a level, pixels

    def sizes(self) -> list[str]:
        return [f"{found.window_hw[1]:.0f} x {found.window_hw[0]:.0f} pixels" for found in self.maps]


def windows_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The first idea (lecture, section 8.2): slide a window over the picture, at several sizes, and ask a "
        "classifier at every place. OverFeat (section 8.2.1) turns the classifier into convolutions from end to end, "
        "so that one pass over the whole picture gives a map of answers, one for each window, and what windows share "
        "is computed once."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, of_model("overfeat"))
        show = gr.Button("Slide the window", variant="primary")
    slid = gr.State(None)
    with gr.Row():
        name = gr.Dropdown([ANY], value=ANY, label="Score of", interactive=True)
        size = gr.Dropdown([ALL], value=ALL, label="Size of the window in the picture", interactive=True)
        count = gr.Slider(0, 50, 10, step=1, label="Most certain windows drawn", interactive=True)
    with gr.Row():
        with gr.Column(min_width=280):
            heat = gr.HTML()
        with gr.Column(min_width=280):
            with gr.Row():
                down = gr.Slider(0, 100, 50, step=1, label="Percent from the top", interactive=True)
                across = gr.Slider(0, 100, 50, step=1, label="from the left", interactive=True)
            one = gr.HTML()
    facts = gr.HTML()

    def begin(picture, identity, number, y, x):
        found = LOADER.run(identity, task.id, lambda predictor: slide(predictor, picture))
        menus = gr.Dropdown([ANY, *found.names], value=ANY), gr.Dropdown([ALL, *found.sizes()], value=ALL)
        return (
            found,
            *menus,
            heat_of(found, ANY, ALL, int(number)),
            window_of(found, ALL, y, x),
            work_of(found),
        )

    def again(found, chosen, level, number):
        return heat_of(found, chosen, level, int(number)) if found else ""

    def place(found, level, y, x):
        return window_of(found, level, y, x) if found else ""

    outputs = [slid, name, size, heat, one, facts]
    on_click(show.click, begin, [shared.input, menu, count, down, across], outputs)
    quick = {"light": True, "show_progress": "hidden"}
    on_click([name.input, size.input, count.change], again, [slid, name, size, count], [heat], **quick)
    on_click([size.input, down.change, across.change], place, [slid, size, down, across], [one], **quick)


def slide(predictor, picture: str | None) -> Slid:
    from hub_models.inside import windows as inside

    pixels = decode_picture(uploaded(picture)).pixels
    x, _ = predictor.preprocess(pixels)
    return Slid(
        picture=network_picture(predictor, pixels),
        names=predictor.names,
        maps=inside.window_maps(predictor.network, x),
        work=inside.work(predictor.network, x),
        reach=inside.receptive_field_of_map(predictor.network),
    )


def chosen_maps(found: Slid, size: str) -> tuple:
    return found.maps if size == ALL else (found.maps[found.sizes().index(size)],)


def heat_of(found: Slid, name: str, size: str, count: int) -> str:
    """The score at every place as colours, with the most certain windows."""
    from hub_models.inside import windows as inside

    maps = chosen_maps(found, size)
    label = None if name == ANY else found.names.index(name)
    heat = inside.all_levels_heat(maps, found.picture.shape[:2], label)
    best = inside.strongest(maps, 10_000)
    wanted = np.flatnonzero(best.labels == label) if label is not None else np.arange(len(best.labels))
    wanted = wanted[:count]
    texts = [f"{found.names[best.labels[i]]} {best.scores[i]:.0%}" for i in wanted]
    says = (
        f"Score of {name}, window of {size}: dark 0, bright 1, at the middle of each window. "
        f"Framed: the {len(wanted)} most certain windows, before non-max suppression."
    )
    large = for_eyes(draw.overlay(found.picture, heat, 0.5))
    boxes = resized_boxes(best.windows[wanted], found.picture.shape[:2], large.shape[:2])
    return show_picture(draw.framed(large, boxes, best.labels[wanted].tolist(), texts), says)


def window_of(found: Slid, size: str, y: float, x: float) -> str:
    """One place of the map: the window that it has seen, cut out, and what it says."""
    level = chosen_maps(found, size)[-1]
    down, across = level.map_hw
    row, column = min(down - 1, int(down * y / 100)), min(across - 1, int(across * x / 100))
    box = level.windows[row, column]
    wide, tall = level.window_hw[1], level.window_hw[0]
    says = (
        f"Place ({row}, {column}) of a map of {down} x {across}: it has seen this window of {wide:.0f} x {tall:.0f} "
        f"pixels and nothing else. Its neighbour's window lies {found.reach[1]} of {found.reach[0]} pixels further."
    )
    probabilities = level.probabilities[row, column]
    rows = [[n, f"{p:.1%}"] for n, p in zip((*found.names, "background"), probabilities, strict=True)]
    picture = show_frames(found.picture, box[None], [0], [""], says)
    return picture + table(["Class", "Probability"], rows)


def work_of(found: Slid) -> str:
    """Multiplications of both ways, level by level."""
    from hub_models.inside import windows as inside

    rows = [
        [
            f"{level.window_hw[1]:.0f} x {level.window_hw[0]:.0f}",
            f"{level.level_hw[1]} x {level.level_hw[0]}",
            level.windows,
            level.one_by_one,
            level.together,
            f"{level.one_by_one / level.together:.1f}",
        ]
        for level in found.work
    ]
    windows, one_by_one, together = inside.total(found.work)
    rows.append(["all", "", windows, one_by_one, together, f"{one_by_one / together:.1f}"])
    headers = [
        "Window",
        "Picture at this size",
        "Windows",
        "Multiplications one by one",
        "in one pass",
        "times less",
    ]
    return table(headers, rows, "The work: every window through the network alone, or all of them together")
