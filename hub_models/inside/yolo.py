"""What YOLO's cells say about a picture: the grid, who is responsible for what, and the label of one cell.

Section 8.5 of the notes. A network here is one of `architectures/yolo_grid.py` and `yolo_anchors.py`: it has `stride`,
and `cells(pictures)` gives boxes, confidences and class probabilities cell by cell.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.inside.boxes import iou_matrix
from hub_models.inside.formulas import Formula

Box = np.ndarray | tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels of the network's picture


@dataclass(frozen=True, kw_only=True)
class GridView:
    """The answers of all cells to one picture, `rows` x `columns` of them, each `stride` pixels wide and high.

    Of a cell's A boxes, `best_anchor` (S, S) int64 names the one with the highest `confidence` (S, S) float32 in 0..1;
    `boxes_xyxy` (S, S, 4) float32 is that box in pixels of the network's picture, `classes` (S, S, C) float32 its class
    probabilities. `all_confidences` (A, S, S) and `all_boxes_xyxy` (A, S, S, 4) are those of every box. `anchors_wh`
    (A, 2) in pixels; None: the cells have boxes, but no anchors to start from.
    """

    stride: int
    confidence: np.ndarray
    classes: np.ndarray
    best_anchor: np.ndarray
    boxes_xyxy: np.ndarray
    all_confidences: np.ndarray
    all_boxes_xyxy: np.ndarray
    anchors_wh: np.ndarray | None

    @property
    def rows(self) -> int:
        return self.confidence.shape[0]

    @property
    def columns(self) -> int:
        return self.confidence.shape[1]

    @property
    def anchors(self) -> int:
        """A, boxes of a cell."""
        return len(self.all_confidences)

    def scores(self) -> np.ndarray:
        """(S, S, C) float32: class probability times confidence of each cell's best box."""
        return self.classes * self.confidence[..., None]

    def cell_xyxy(self, row: int, column: int) -> tuple[int, int, int, int]:
        """The cell itself, in pixels of the network's picture."""
        side = self.stride
        return column * side, row * side, (column + 1) * side, (row + 1) * side

    def responsible(self, box: Box) -> "Responsible":
        """The cell with the midpoint of `box`, and which of its boxes overlaps it most."""
        row, column = cell_of(box, self.stride, self.rows, self.columns)
        overlaps = iou_matrix(np.asarray(box)[None], self.all_boxes_xyxy[:, row, column])[0]
        anchor = int(overlaps.argmax())
        return Responsible(row=row, column=column, anchor=anchor, iou=float(overlaps[anchor]))


@dataclass(frozen=True, kw_only=True)
class Responsible:
    """Who answers for an object: cell, box of the cell (with anchors: which anchor), and its IoU with the object."""

    row: int
    column: int
    anchor: int
    iou: float


def grid_view(network: nn.Module, x: Tensor) -> GridView:
    """What the cells of `network` say about the picture `x` (1, 3, H, W), H and W multiples of its stride."""
    with torch.inference_mode():
        cells = network.cells(x)
    boxes, confidences, classes = (part[0].float().cpu().numpy() for part in cells)
    best = confidences.argmax(0)  # (A, S, S) -> (S, S)
    anchors = getattr(network, "anchors_wh", None)
    return GridView(
        stride=network.stride,
        confidence=np.take_along_axis(confidences, best[None], 0)[0],
        classes=np.take_along_axis(classes, best[None, ..., None], 0)[0],
        best_anchor=best,
        boxes_xyxy=np.take_along_axis(boxes, best[None, ..., None], 0)[0],
        all_confidences=confidences,
        all_boxes_xyxy=boxes,
        anchors_wh=None if anchors is None else np.array(anchors),
    )


def cell_of(box: Box, stride: int, rows: int, columns: int) -> tuple[int, int]:
    """(row, column) of the cell with the midpoint of `box`; the nearest one for a midpoint outside the picture."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return int(np.clip(y // stride, 0, rows - 1)), int(np.clip(x // stride, 0, columns - 1))


@dataclass(frozen=True, kw_only=True)
class CellLabel:
    """The label of one cell, equation 8.1: `vector` (5 + C,) float64 = p_c, b_x, b_y, b_h, b_w, c_1, ..., c_C.

    b_x, b_y: the midpoint in the cell, from its upper left corner (0, 0) to its lower right (1, 1); b_h, b_w in cells.
    """

    row: int
    column: int
    names: tuple[str, ...]  # of the classes
    vector: np.ndarray

    def rows(self) -> list[list[str]]:
        parts = ["p_c", "b_x", "b_y", "b_h", "b_w", *(f"c_{i + 1} ({n})" for i, n in enumerate(self.names))]
        if not self.vector[0]:  # without an object nothing else counts, in the loss neither
            return [["p_c", "0"], *([part, "?"] for part in parts[1:])]
        return [[part, f"{value:.2f}"] for part, value in zip(parts, self.vector, strict=True)]


def label_of(box: Box, label: int, names: tuple[str, ...], view: GridView) -> CellLabel:
    """The label of the cell responsible for `box` of class `label`."""
    row, column = cell_of(box, view.stride, view.rows, view.columns)
    x0, y0, x1, y1 = (float(side) / view.stride for side in box)
    parts = [1.0, (x0 + x1) / 2 - column, (y0 + y1) / 2 - row, y1 - y0, x1 - x0]
    return CellLabel(
        row=row, column=column, names=names, vector=np.array([*parts, *np.eye(len(names))[label]])
    )


def empty_label(row: int, column: int, names: tuple[str, ...]) -> CellLabel:
    """The label of a cell in which no object has its midpoint: p_c = 0."""
    return CellLabel(row=row, column=column, names=names, vector=np.zeros(5 + len(names)))


def output_depth(anchors: int, classes: int) -> Formula:
    """Equation 8.4's depth, with the numbers put in."""
    value = anchors * (1 + 4 + classes)
    return Formula(text=f"A · (1 + 4 + C) = {anchors} · (1 + 4 + {classes}) = {value}", value=value)


def grid_depth(boxes: int, classes: int) -> Formula:
    """The depth without anchors: the classes stand once a cell, whatever the number of boxes (notes, section 8.5)."""
    value = boxes * (1 + 4) + classes
    return Formula(text=f"B · (1 + 4) + C = {boxes} · (1 + 4) + {classes} = {value}", value=value)


def shape_text(view: GridView) -> str:
    """The shape of the network's output for this picture: equation 8.4, or its kind without anchors."""
    depth = (grid_depth if view.anchors_wh is None else output_depth)(view.anchors, view.classes.shape[-1])
    return f"S × S × depth = {view.rows} × {view.columns} × {depth.value}, with depth = {depth.text}"
