"""The Gram matrix of a layer as a picture, which channels go together, and that it does not know where anything is."""

from dataclasses import dataclass

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.predictors.style_layers import LAYERS
from hub_models.tabs.style_transfer_given import READER, Given, given, inputs_of, reader_menu
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

SIDE, SHOWN = 192, 240  # pixels of what is read; of a matrix on the page, at least
TILES = 6  # the style picture is cut into 6 x 6, which are mixed up
WORDS = (
    "Row i, column j holds the sum over all positions k of F_ik F_jk (equation 9.7): how often channels i and j are active "
    "at the same place, wherever that is. On the diagonal stands how active each channel is. The matrices are shown by "
    "their roots, as shares of the largest entry. Below, the style picture is cut into tiles that are mixed up: every "
    "object is gone, and the matrix hardly changes, because a sum does not know the order of what was added."
)


@dataclass(frozen=True, kw_only=True)
class Matrices:
    """Gram matrices (C, C) of one layer: per position, so that sizes do not count."""

    content: np.ndarray
    style: np.ndarray
    mixed: np.ndarray  # of the style picture with its tiles mixed up
    tiles: np.ndarray  # that picture, (H, W, 3) uint8


def gram_view(task: Task, shared: Shared) -> None:
    gr.Markdown(WORDS)
    names = layer_names(task, READER)
    with gr.Row():
        reader = reader_menu(task)
        layer = gr.Dropdown(names, value=names[1], label="Layer", interactive=True)
        show = gr.Button("Show", variant="primary")
    shown = gr.HTML()

    def follow(identity: str):
        found = layer_names(task, identity)
        return gr.Dropdown(choices=found, value=found[1])

    on_click(reader.change, follow, [reader], [layer], light=True, show_progress="hidden")

    def view(identity: str, name: str, picture: str | None, *controls) -> str:
        if name not in layer_names(task, identity):
            raise BadInput("bad_value", f"Expected a layer of this classifier, got {name[:40]!r}.")
        seen = given(picture, controls, SIDE)
        found = LOADER.run(identity, task.id, lambda predictor: matrices(predictor, seen, name))
        return page(seen, found, name)

    on_click(show.click, view, [reader, layer, *inputs_of(shared)], [shown])


def layer_names(task: Task, identity: str) -> list[str]:
    """The layers that are read for the style, without loading the classifier."""
    return list(LAYERS[LOADER.checkpoint(identity, task.id).model].style)


def matrices(predictor, seen: Given, layer: str) -> Matrices:
    import torch

    from hub_models.inside.style import gram, per_position

    tiles = mixed_up(seen.style)
    with torch.inference_mode():
        found = [
            gram(per_position(predictor.network(predictor.tensor(pixels), [layer])[layer]))[0].cpu().numpy()
            for pixels in (seen.pixels, seen.style, tiles)
        ]
    return Matrices(content=found[0], style=found[1], mixed=found[2], tiles=tiles)


def mixed_up(pixels: np.ndarray, count: int = TILES) -> np.ndarray:
    """`pixels` (H, W, 3) cut into count x count equal tiles, in another order; what does not fit is cut off."""
    height, width = (side // count for side in pixels.shape[:2])
    tiles = [
        pixels[row * height : (row + 1) * height, column * width : (column + 1) * width]
        for row in range(count)
        for column in range(count)
    ]
    order = np.random.default_rng(0).permutation(len(tiles))
    rows = [
        np.concatenate([tiles[i] for i in order[r * count : (r + 1) * count]], axis=1) for r in range(count)
    ]
    return np.concatenate(rows)


def far(one: np.ndarray, style: np.ndarray) -> float:
    """The relative style cost of one layer: equation 9.8, divided by the squared norm of the style's matrix."""
    return float(((one - style) ** 2).sum() / (style**2).sum())


def page(seen: Given, found: Matrices, layer: str) -> str:
    """Three matrices, the pictures that they are of, the distances, and which channels go together."""
    largest = max(found.content.max(), found.style.max())
    cells = [
        (seen.pixels, found.content, "the picture"),
        (seen.style, found.style, f"the style {seen.name}"),
        (found.tiles, found.mixed, "the style, its tiles mixed up"),
    ]
    drawn = "".join(
        f"<div>{show_picture(pixels, f'{what[0].upper()}{what[1:]}.')}"
        f"{show_picture(as_picture(matrix, largest), f'Its Gram matrix in {layer}.', lossless=True)}</div>"
        for pixels, matrix, what in cells
    )
    rows = [
        [what, f"{far(matrix, found.style):.4f}"] for _, matrix, what in cells if matrix is not found.style
    ]
    size = len(found.style)
    return (
        f'<div style="display:grid;grid-template-columns:repeat(auto-fill,minmax(12rem,1fr));gap:0.8rem">{drawn}</div>'
        f"<p>{layer}: {size} channels, so {size} x {size} entries.</p>"
        + table(["From the style", "Relative cost of this layer (equation 9.8)"], rows)
        + table(["Channels of the style", "F_i F_j / the lengths of both"], together(found.style))
    )


def as_picture(matrix: np.ndarray, largest: float) -> np.ndarray:
    """(C, C) >= 0 -> (h, w, 3) uint8, each entry a square, light where it is large."""
    times = -(-SHOWN // len(matrix))
    shares = np.sqrt(np.clip(matrix / max(largest, 1e-12), 0, 1))
    return draw.heat(np.kron(shares, np.ones((times, times))))


def together(matrix: np.ndarray, most: int = 5) -> list[list[str]]:
    """The pairs of different channels that go together most, as cosines."""
    lengths = np.sqrt(np.maximum(np.diag(matrix), 1e-12))
    cosines = np.triu(matrix / np.outer(lengths, lengths), 1)
    order = np.argsort(-cosines, axis=None)[:most]
    pairs = np.column_stack(np.unravel_index(order, cosines.shape))
    return [[f"{i} and {j}", f"{cosines[i, j]:.2f}"] for i, j in pairs]
