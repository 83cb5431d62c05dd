"""The skip connections of U-Net, one by one: which pixels change their class when the decoder loses them."""

from dataclasses import dataclass

import gradio as gr
import numpy as np

from hub_models import draw_segments
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.network_picture import network_picture
from hub_models.ui.tables import table

OPACITY = 0.7
MOST_SKIPS = 5  # of any U-Net of ours
CHANGED = 5  # colour of pixels that changed: vermillion of the palette


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What a U-Net says with and without some skip connections; all of (h, w) as the network sees the picture."""

    picture: np.ndarray
    names: tuple[str, ...]
    whole: np.ndarray
    cut: np.ndarray

    def changed(self) -> list[tuple[str, float, float, float]]:
        """(class, share of its pixels before, after, share of those before that have another class now)."""
        rows = []
        for label, name in enumerate(self.names):
            before, after = self.whole == label, self.cut == label
            if before.any() or after.any():
                lost = (before & ~after).sum() / max(1, before.sum())
                rows.append((name, float(before.mean()), float(after.mean()), float(lost)))
        return sorted(rows, key=lambda row: -row[1])


def skips_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "U-Net hands every map of the encoder across to the decoder (lecture, section 9.1.4). The map from below says what "
        "is there, the one from the side says where exactly. Cut connections, by zeros in place of their maps, and see what "
        "the decoder can do without them. It was trained with all of them: what it loses shows what it relies on."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, of_model("unet", "unet_lite"))
        kept = gr.CheckboxGroup(
            [(name_of(number), number) for number in range(MOST_SKIPS)],
            value=[],
            label="Skip connections that stay",
            info="Full size is the finest. What a network does not have is left out.",
            min_width=280,
        )
        show = gr.Button("Cut the others", variant="primary")
    shown = gr.HTML()

    def view(picture, identity, stay):
        pixels = decode_picture(uploaded(picture)).pixels
        return shown_of(LOADER.run(identity, task.id, lambda predictor: cut(predictor, pixels, stay)), stay)

    on_click([show.click, kept.input], view, [shared.input, menu, kept], [shown])


def name_of(number: int) -> str:
    return "full size" if number == 0 else f"1/{2**number}"


def first_skip(network) -> int:
    """The power of two by which the finest skipped map of `network` is smaller than the picture."""
    return 1 if hasattr(network, "backbone") else 0


def cut(predictor, pixels: np.ndarray, stay: list[int]) -> Cut:
    """Both answers to the same picture. `stay`: powers of two of the connections that are not cut."""
    from hub_models.inside.segmentation import without_skips

    network = predictor.network
    x, (rows, columns) = predictor.preprocess(pixels)
    first = first_skip(network)
    count = len(network.up) if hasattr(network, "up") else len(network.merge)
    found = without_skips(network, x, [first + number in stay for number in range(count)])
    return Cut(
        picture=network_picture(predictor, pixels, (rows, columns)),
        names=predictor.names,
        whole=found.whole[:rows, :columns],
        cut=found.cut[:rows, :columns],
    )


def shown_of(found: Cut, stay: list[int]) -> str:
    """With all, without some, and the pixels that changed."""
    share = float((found.whole != found.cut).mean())
    left = ", ".join(name_of(number) for number in sorted(stay)) or "none"
    pictures = [
        (labelled(found, found.whole), "With all skip connections."),
        (labelled(found, found.cut), f"Connections that stay: {left}."),
        (changes(found), f"{share:.1%} of the pixels have another class, here in vermillion."),
    ]
    tiles = "".join(show_picture(pixels, says, lossless=True) for pixels, says in pictures)
    occurring = sorted(set(np.unique(found.whole)) | set(np.unique(found.cut)))
    legend = draw_segments.legend([(int(label), found.names[label]) for label in occurring])
    rows = [[n, f"{before:.1%}", f"{after:.1%}", f"{lost:.0%}"] for n, before, after, lost in found.changed()]
    headers = ["Class", "Share with all", "Share without", "of its pixels lost"]
    return f'<div class="pair">{tiles}</div>{legend}{table(headers, rows)}'


def labelled(found: Cut, labels: np.ndarray) -> np.ndarray:
    large = for_eyes(found.picture)
    painted = draw_segments.coloured(draw_segments.resized_labels(labels, large.shape[:2]))
    return np.round((1 - OPACITY) * large + OPACITY * painted).astype(np.uint8)


def changes(found: Cut) -> np.ndarray:
    """The picture in dark grey, and what changed in one colour."""
    large = for_eyes(found.picture)
    changed = draw_segments.resized_labels((found.whole != found.cut).astype(np.uint8), large.shape[:2]) > 0
    dark = np.repeat(large.mean(axis=2, keepdims=True) * 0.5, 3, axis=2).astype(np.uint8)
    dark[changed] = draw_segments.class_colours(CHANGED + 1)[CHANGED]
    return dark
