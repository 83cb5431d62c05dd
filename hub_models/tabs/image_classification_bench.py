"""The convolution bench: a kernel of one's own on one's own picture, with every number of one window."""

import html

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.picture import decode_picture, fit_within
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table


def bench_view(shared: Shared) -> None:
    from hub_models.inside.convolution import PRESETS

    gr.Markdown(
        "Convolution by hand (lecture, section 7.1.1): the kernel slides over your picture, here made grey; what "
        "lies under it is multiplied and summed. Type a kernel of your own, or choose one."
    )
    first = list(PRESETS)[3]
    with gr.Row():
        with gr.Column(min_width=240):
            preset = gr.Dropdown(list(PRESETS), value=first, label="Kernel", interactive=True)
            about = gr.Markdown(PRESETS[first].sentence)
            kernel = gr.Textbox(
                kernel_text(PRESETS[first].kernel),
                label="Its numbers, a row a line",
                lines=4,
                interactive=True,
            )
            padding = gr.Radio(["valid", "same"], value="valid", label="Padding", interactive=True)
            stride = gr.Slider(1, 4, 1, step=1, label="Stride s", interactive=True)
            dilation = gr.Slider(1, 4, 1, step=1, label="Dilation", interactive=True)
            pooling = gr.Radio(
                ["none", "max", "average"], value="none", label="then 2x2 pooling", interactive=True
            )
            with gr.Row():
                down = gr.Slider(0, 100, 50, step=1, label="Window: percent from the top", interactive=True)
                across = gr.Slider(0, 100, 50, step=1, label="from the left", interactive=True)
            show = gr.Button("Convolve", variant="primary")
        with gr.Column(min_width=280):
            result, numbers = gr.HTML(), gr.HTML()

    def choose(name):
        return kernel_text(PRESETS[name].kernel), PRESETS[name].sentence

    on_click(preset.change, choose, [preset], [kernel, about], light=True, show_progress="hidden")
    inputs = [shared.input, kernel, padding, stride, dilation, pooling, down, across]
    again = [down.release, across.release, stride.release, dilation.release, padding.input, pooling.input]
    on_click([show.click, kernel.submit, *again], convolve_by_hand, inputs, [result, numbers])


def kernel_text(kernel: np.ndarray) -> str:
    return "\n".join("  ".join(f"{value:.4g}" for value in row) for row in kernel)


def convolve_by_hand(
    picture, kernel_words, padding, stride, dilation, pooling, down, across
) -> tuple[str, str]:
    """(pictures before and after, the numbers of one window) as HTML."""
    from hub_models.inside import convolution as bench

    pixels = fit_within(decode_picture(uploaded(picture)).pixels, 256)
    grey = (pixels @ np.array([0.299, 0.587, 0.114])).astype(np.float64)  # luma of ITU-R BT.601
    kernel = bench.parse_kernel(kernel_words)
    stride, dilation = int(stride), int(dilation)
    done = bench.convolve(grey, kernel, padding, stride, dilation)
    height, width = done.output.shape
    row, col = min(height - 1, int(height * down / 100)), min(width - 1, int(width * across / 100))
    window = bench.window_numbers(grey, kernel, padding, stride, dilation, row=row, col=col)
    before = draw.outline(np.repeat(grey[:, :, None], 3, 2).astype(np.uint8), window.box_xyxy)
    shown, size = done.output, done.size_formula
    if pooling != "none":
        pooled = bench.pool(done.output, 2, 2, pooling)
        shown, size = pooled.output, f"{size}; pooled: {pooled.size_formula}"
    says_after = f"After the kernel: {shown.shape[0]} x {shown.shape[1]}. {size}"
    pictures = (
        '<div class="pair">'
        + show_picture(before, "Your picture, grey, with the window framed.")
        + show_picture(draw.grey_tile(shown), says_after, lossless=True)
        + "</div>"
    )
    pairs = zip(window.patch.ravel(), window.kernel.ravel(), strict=True)
    products = [f"{pixel:.0f} · {weight:.3g}" for pixel, weight in pairs]
    side = len(kernel)
    rows = [products[start : start + side] for start in range(0, side * side, side)]
    grid = table([f"column {n + 1}" for n in range(side)], rows, f"The window of output cell ({row}, {col})")
    terms = " + ".join(f"({product})" for product in products)
    return pictures, f"{grid}<p>{html.escape(terms)} = <b>{window.total:.2f}</b></p>"
