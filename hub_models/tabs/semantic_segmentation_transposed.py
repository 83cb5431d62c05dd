"""Transposed convolution by hand: each number stamps the kernel, the stamps are laid down one by one and summed."""

from dataclasses import dataclass
from functools import partial

import gradio as gr
import numpy as np

from hub_models.errors import BadInput
from hub_models.inside.typed_grid import parse_grid
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.tabs.semantic_segmentation_grid import grid, side_by_side
from hub_models.tabs.semantic_segmentation_stages import OURS
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared

LARGEST_PATCH, LARGEST_KERNEL, MOST_STRIDE = 5, 5, 4
PATCH = "1  2\n3  4"
SIDE = 3  # of the patch that is taken from the picture's map


@dataclass(frozen=True)
class Preset:
    kernel: str
    stride: int
    padding: int


PRESETS = {
    "3 x 3, stride 2: stamps overlap": Preset("1  2  1\n2  4  2\n1  2  1", 2, 0),
    "2 x 2, stride 2: stamps side by side, as in U-Net": Preset("1  2\n3  4", 2, 0),
    "4 x 4, stride 2, padding 1: bilinear enlarging, as FCN begins": Preset(
        "1/16  3/16  3/16  1/16\n3/16  9/16  9/16  3/16\n3/16  9/16  9/16  3/16\n1/16  3/16  3/16  1/16", 2, 1
    ),
    "3 x 3, stride 1, padding 1: keeps the size, as in DeconvNet": Preset("0  1  0\n1  2  1\n0  1  0", 1, 1),
    "2 x 2 of ones, stride 3: gaps stay": Preset("1  1\n1  1", 3, 0),
}
FIRST = next(iter(PRESETS))


def transposed_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A transposed convolution (the lecture's deconvolution, section 9.1.2) goes from one number to many: each number "
        "multiplies the whole kernel, the result is stamped onto a larger map, and where stamps overlap they are added. "
        "Change the numbers, the kernel and the stride, and lay down one stamp after the other."
    )
    with gr.Row():
        with gr.Column(min_width=240):
            preset = gr.Dropdown(list(PRESETS), value=FIRST, label="Example", interactive=True)
            patch = gr.Textbox(PATCH, label="The small map, a row a line", lines=3, interactive=True)
            kernel = gr.Textbox(
                PRESETS[FIRST].kernel, label="The kernel, a row a line", lines=4, interactive=True
            )
            with gr.Row():
                stride = gr.Slider(
                    1, MOST_STRIDE, 2, step=1, label="Stride s", interactive=True, min_width=100
                )
                padding = gr.Slider(0, 2, 0, step=1, label="Padding p", interactive=True, min_width=100)
            show = gr.Button("Transpose", variant="primary")
            menu = fitting_menu(task, shared, OURS)
            mine = gr.Button("Take the numbers from my picture's coarsest map", size="sm")
        with gr.Column(scale=2, min_width=280):
            step = gr.Slider(0, 4, 1, step=1, label="Stamps laid down, of 4", interactive=True)
            with gr.Row():
                back, forth = gr.Button("Take one back", min_width=80), gr.Button("Next stamp", min_width=80)
            shown = gr.HTML(shown_of(PATCH, PRESETS[FIRST].kernel, 2, 0, 1))

    def view(map, words, s, p):
        count = parse_grid(map, "the small map", LARGEST_PATCH).size
        slider = gr.Slider(value=count, maximum=count, label=f"Stamps laid down, of {count}")
        return slider, shown_of(map, words, int(s), int(p), count)

    def choose(map, name):
        chosen = PRESETS[name]
        numbers = chosen.kernel, chosen.stride, chosen.padding
        return *numbers, *view(map, *numbers)

    def take(given, identity, words, s, p):
        map = from_picture(task, given, identity)
        return map, *view(map, words, s, p)

    def move(by, map, words, s, p, number):
        count = parse_grid(map, "the small map", LARGEST_PATCH).size
        now = min(count, max(0, int(number) + by))
        return now, shown_of(map, words, int(s), int(p), now)

    quick = {"light": True, "show_progress": "hidden"}
    changed = [show.click, patch.submit, kernel.submit, stride.input, padding.input]
    on_click(changed, view, [patch, kernel, stride, padding], [step, shown], **quick)
    on_click(preset.input, choose, [patch, preset], [kernel, stride, padding, step, shown], **quick)
    on_click(mine.click, take, [shared.input, menu, kernel, stride, padding], [patch, step, shown])
    for trigger, by in ((back.click, -1), (forth.click, 1), (step.input, 0)):
        on_click(trigger, partial(move, by), [patch, kernel, stride, padding, step], [step, shown], **quick)


def from_picture(task: Task, picture: str | None, identity: str) -> str:
    """The 3 x 3 numbers around the largest of the coarsest map of the encoder, most active channel."""
    from hub_models.inside.segmentation import stages

    pixels = decode_picture(uploaded(picture)).pixels

    def work(predictor):
        x, _ = predictor.preprocess(pixels)
        return stages(predictor.network, x, 1)

    coarse = min(LOADER.run(identity, task.id, work), key=lambda stage: stage.maps[0].size).maps[0]
    row, column = np.unravel_index(coarse.argmax(), coarse.shape)
    top, left = (
        max(0, min(at - SIDE // 2, n - SIDE)) for at, n in zip((row, column), coarse.shape, strict=True)
    )
    cut = coarse[top : top + SIDE, left : left + SIDE]
    return "\n".join("  ".join(f"{value:.2f}" for value in row) for row in cut)


def shown_of(map: str, kernel: str, stride: int, padding: int, count: int) -> str:
    """The map, the kernel, and the canvas after `count` stamps, with the sum of all as PyTorch has it, as HTML."""
    from hub_models.inside.segmentation import transposed_convolution

    patch = parse_grid(map, "the small map", LARGEST_PATCH)
    weights = parse_grid(kernel, "the kernel", LARGEST_KERNEL, square=True)
    if not 1 <= stride <= MOST_STRIDE:
        raise BadInput("bad_value", f"Expected a stride from 1 to {MOST_STRIDE}, got {stride}.")
    done = transposed_convolution(patch, weights, stride, padding)
    now, under = np.zeros(patch.shape, bool), np.zeros(done.stamps[0].total.shape, bool)
    small = [
        grid(patch, "The small map. Marked: the number that is stamped now.", now),
        grid(weights, "The kernel."),
    ]
    canvas, says = np.zeros(under.shape), "Nothing is laid down yet."
    if count:
        stamp = done.stamps[count - 1]
        top, left = stamp.corner
        now[stamp.at] = under[top : top + len(weights), left : left + len(weights)] = True
        small[0] = grid(patch, "The small map. Marked: the number that is stamped now.", now)
        small.append(grid(stamp.stamped, f"The stamp: {stamp.value:g} times the kernel."))
        canvas, says = (
            stamp.total,
            f"After stamp {count} of {len(done.stamps)}, which was added at the marked cells.",
        )
    cut = np.ones(canvas.shape, bool)
    cut[padding : len(cut) - padding, padding : cut.shape[1] - padding] = False
    large = [grid(canvas, says + (" Blue: padding, cut off in the end." if padding else ""), under, cut)]
    if count == len(done.stamps):
        theirs = same_as_torch(done.output, patch, weights, stride, padding)
        large.append(grid(done.output, f"The result. {theirs}"))
    return f"{side_by_side(*small)}<br>{side_by_side(*large)}<p>{done.size_formula}</p>{met(done)}"


def met(done) -> str:
    """How unevenly the stamps overlap."""
    least, most = int(done.overlaps.min()), int(done.overlaps.max())
    if least == most:
        return f"<p>Every cell is met by {most} stamp{'s' * (most != 1)}.</p>"
    return (
        f"<p>Cells are met by {least} to {most} stamps. Where that changes from cell to cell, networks leave a pattern "
        "like a chessboard in what they enlarge.</p>"
    )


def same_as_torch(
    output: np.ndarray, patch: np.ndarray, kernel: np.ndarray, stride: int, padding: int
) -> str:
    """Whether `torch.nn.functional.conv_transpose2d` gives the same numbers."""
    import torch
    from torch.nn.functional import conv_transpose2d

    small, weights = (torch.from_numpy(array)[None, None] for array in (patch, kernel))
    theirs = conv_transpose2d(small, weights, stride=stride, padding=padding)[0, 0].numpy()
    return f"PyTorch's conv_transpose2d differs by at most {np.abs(theirs - output).max():.0e}."
