"""YOLO's grid: how certain each cell is, which cell answers for an object, its anchors and its label."""

from dataclasses import dataclass

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.results import Boxes
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import at_size, for_eyes, numbered, resized_boxes, show_frames
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.network_picture import network_picture
from hub_models.ui.tables import table

OBJECT, CELL, ANCHOR = 0, 6, 1  # styles of lines


@dataclass(frozen=True, kw_only=True)
class Gridded:
    """The cells' answers to a picture; all in pixels of `picture` (h, w, 3), which is what the network sees."""

    picture: np.ndarray
    view: object  # inside.yolo.GridView
    found: Boxes


def yolo_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "YOLO (lecture, section 8.5) looks once. The picture is divided into cells, and the cell into which the "
        "midpoint of an object falls is responsible for it. With anchors (section 8.5.2) each cell has several boxes "
        "of typical shape to start from, and the one that fits best answers. The objects here are those that the "
        "network finds at the thresholds of *Try it*."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, of_model("yolo_grid", "yolo_anchors"))
        show = gr.Button("Show the grid", variant="primary")
    state = gr.State(None)
    shape = gr.HTML()
    with gr.Row():
        with gr.Column(min_width=280):
            heat, said = gr.HTML(), gr.HTML()
        with gr.Column(min_width=280):
            which = gr.Dropdown([], label="Object", interactive=True)
            sight, label = gr.HTML(), gr.HTML()

    def begin(picture, identity, confidence, iou):
        grid = LOADER.run(identity, task.id, lambda predictor: gridded(predictor, picture, confidence, iou))
        names = numbered(grid.found)
        first = names[0] if names else None
        return grid, shape_of(grid), heat_of(grid), gr.Dropdown(names, value=first), *object_of(grid, first)

    inputs = [shared.input, menu, *shared.controls]
    on_click(show.click, begin, inputs, [state, shape, heat, which, sight, said, label])
    on_click(which.input, object_of, [state, which], [sight, said, label], light=True, show_progress="hidden")


def gridded(predictor, picture: str | None, confidence: float, iou: float) -> Gridded:
    from hub_models.inside.yolo import grid_view

    pixels = decode_picture(uploaded(picture)).pixels
    x, scale = predictor.preprocess(pixels)
    found = predictor.predict(pixels, confidence, iou)
    size_hw = round(pixels.shape[0] * scale), round(pixels.shape[1] * scale)
    return Gridded(
        picture=network_picture(predictor, pixels),
        view=grid_view(predictor.network, x),
        found=at_size(found, size_hw),
    )


def shape_of(grid: Gridded) -> str:
    from hub_models.inside.yolo import shape_text

    which = "" if grid.view.anchors_wh is None else " (equation 8.4)"
    return f"<p>The output for this picture{which}: {shape_text(grid.view)}.</p>"


def heat_of(grid: Gridded) -> str:
    """The confidence of every cell as its colour, the grid, and where the objects' midpoints lie."""
    view, side = grid.view, grid.view.stride
    heat = view.confidence.repeat(side, 0).repeat(side, 1)
    large = lined(for_eyes(draw.overlay(grid.picture, heat, 0.5)), view.rows, view.columns)
    cells = [view.responsible(box) for box in grid.found.boxes_xyxy]
    frames = np.array([view.cell_xyxy(cell.row, cell.column) for cell in cells], np.float32).reshape(-1, 4)
    frames = resized_boxes(frames, grid.picture.shape[:2], large.shape[:2])
    texts = [str(number) for number in range(1, len(cells) + 1)]
    says = (
        f"{view.rows} x {view.columns} cells of {side} pixels; bright: certain that an object has its midpoint there. "
        f"Framed and numbered: the responsible cells of the {len(cells)} objects found."
    )
    return show_picture(draw.framed(large, frames, [CELL] * len(cells), texts), says)


def lined(pixels: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A copy with the lines between cells, half as bright as what they cross."""
    drawn = pixels.copy()
    for row in range(1, rows):
        drawn[round(row * len(drawn) / rows)] //= 2
    for column in range(1, columns):
        drawn[:, round(column * drawn.shape[1] / columns)] //= 2
    return drawn


def object_of(grid: Gridded | None, name: str | None) -> tuple[str, str, str]:
    """(picture, what its cell said, what the cell should have said) of one object."""
    from hub_models.inside.yolo import label_of

    if grid is None or name is None:
        return "", "", "<p>No object at the thresholds of Try it.</p>" if grid else ""
    number = int(name.partition(":")[0]) - 1
    view, box, label = grid.view, grid.found.boxes_xyxy[number], int(grid.found.labels[number])
    cell = view.responsible(box)
    starts = anchors_at(grid, cell.row, cell.column)
    boxes = np.concatenate([box[None], np.array([view.cell_xyxy(cell.row, cell.column)]), starts])
    styles = [OBJECT, CELL] + [ANCHOR] * len(starts)
    meaning = [(OBJECT, "the object"), (CELL, "the responsible cell")]
    meaning += [(ANCHOR, "the anchors, at the middle of the cell")] if len(starts) else []
    says = (
        f"{name}: its midpoint lies in cell ({cell.row}, {cell.column}), counted from the upper left. Of the cell's "
        f"{view.anchors} boxes number {cell.anchor + 1} overlaps it most, with an IoU of {cell.iou:.2f}."
    )
    texts = [""] * len(boxes)
    sight = show_frames(grid.picture, boxes, styles, texts, says) + draw.line_legend(meaning)
    vector = label_of(box, label, grid.found.names, view)
    words = "The label of this cell, equation 8.1: b_x and b_y within the cell, b_h and b_w in cells"
    return sight, boxes_of(grid, cell.row, cell.column), table(["Part", "Value"], vector.rows(), words)


def anchors_at(grid: Gridded, row: int, column: int) -> np.ndarray:
    """(A, 4): the anchors around the middle of a cell; (0, 4) where the network has none."""
    if grid.view.anchors_wh is None:
        return np.empty((0, 4))
    left, top, right, bottom = grid.view.cell_xyxy(row, column)
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    half = grid.view.anchors_wh / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def boxes_of(grid: Gridded, row: int, column: int) -> str:
    """What the cell said: each of its boxes with its confidence."""
    view = grid.view
    rows = []
    for number in range(view.anchors):
        sides = ", ".join(f"{side:.0f}" for side in view.all_boxes_xyxy[number, row, column])
        rows.append([number + 1, f"{view.all_confidences[number, row, column]:.1%}", sides])
    headers = ["Box", "p_c", "x0, y0, x1, y1"]
    if view.anchors_wh is not None:
        headers.append("from the anchor, w x h")
        rows = [[*r, f"{w:.0f} x {h:.0f}"] for r, (w, h) in zip(rows, view.anchors_wh, strict=True)]
    return table(headers, rows, f"What cell ({row}, {column}) said, in pixels of the network's picture")
