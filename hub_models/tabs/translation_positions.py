"""Positional encodings: the waves that tell a Transformer where a piece stands, and how alike two places are."""

import gradio as gr
import numpy as np

from hub_models.tabs.translation_heads import picture
from hub_models.ui import on_click
from hub_models.ui.plot import Curve, curves
from hub_models.ui.tables import table

DRAWN = (0, 8, 16, 32)  # numbers of the vector that are drawn as waves
WRITTEN = 6  # numbers in the table


def positions_view() -> None:
    gr.Markdown(
        "Attention alone would not notice if the words were shuffled. So a pattern is added to the vector of each "
        "piece that tells where it stands (lecture, section 10.10): number 2i is sin(p / 10000^(2i/d)) and number "
        "2i + 1 the cosine, fast waves in the first numbers, slow ones in the last. From one position to another at "
        "a fixed distance the pattern turns in the same way everywhere, which is how a head can look for “the one "
        "before”. The last curve is the product of the pattern at a place with the pattern at the first: it falls "
        "with the distance."
    )
    with gr.Row():
        length = gr.Slider(8, 128, 40, step=8, label="Positions", interactive=True)
        width = gr.Slider(16, 256, 128, step=16, label="Numbers in a vector, d", interactive=True)
    shown = gr.HTML(drawn(40, 128))
    on_click(
        [length.release, width.release], drawn, [length, width], [shown], light=True, show_progress="hidden"
    )


def sinusoids(length: int, d: int) -> np.ndarray:
    """(length, d), as hub_models.architectures.transformer computes them; a test holds them equal."""
    angle = np.arange(length)[:, None] * 10_000 ** (-np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], -1).reshape(length, -1)


def drawn(length: float, width: float) -> str:
    """The table as a picture, some of its columns as waves, its first rows as numbers."""
    count, d = int(length), int(width)
    values = sinusoids(count, d)
    x = np.linspace(0, 1, count)
    waves = [Curve(name=f"number {i}", x=x, y=(values[:, i] + 1) / 2) for i in DRAWN if i < d]
    alike = values @ values[0] / (values[0] @ values[0])
    waves.append(Curve(name="product with position 0", x=x, y=np.clip((alike + 1) / 2, 0, 1)))
    says = f"Positions 0 to {count - 1} from left to right; 0 is -1, 1 is 1."
    rows = [[str(p), *(f"{number:.3f}" for number in values[p, :WRITTEN])] for p in range(min(count, 8))]
    return (
        picture(
            ((values + 1) / 2).astype(np.float32),
            f"{count} positions, a row each; {d} numbers, a column each.",
        )
        + curves(waves, "position", "value, from -1 to 1", says)
        + table(
            ["p", *(f"number {i}" for i in range(WRITTEN))], rows, "The first numbers of the first positions."
        )
    )
