"""Semantic against instance: the same pixels as a map of classes and as objects, and what each of them can count."""

import html

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.segments import Instances
from hub_models.tabs.instance_segmentation_seen import at_size, found_in, show_instances
from hub_models.tabs.instance_segmentation_separate import coloured
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.candidates import Seen, see
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

CARDS = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:0.8rem"


def count_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A semantic map says *cow* for every pixel of every cow, and cannot say how many there are (lecture, sections 9.1 "
        "and 9.2). Here the objects of *Try it* are painted in both ways. From the map one can still count what is "
        "connected; where objects touch or one lies before another, that number is wrong."
    )
    show = gr.Button("Compare both", variant="primary")
    pictures, numbers = gr.HTML(), gr.HTML()

    def view(picture, identity, confidence, iou, threshold):
        return both(see(task, picture, identity), confidence, iou, threshold)

    on_click(show.click, view, [shared.input, shared.checkpoint, *shared.controls], [pictures, numbers])


def both(seen: Seen[Instances], confidence: float, iou: float, threshold: float) -> tuple[str, str]:
    """(both paintings and what is connected, both counts), as HTML."""
    from hub_models.inside.instances import counted_twice

    found = found_in(seen, confidence, iou)
    pixels = seen.pixels()
    scaled = at_size(found, pixels.shape[:2])
    counted = counted_twice(scaled, threshold)
    names = ", ".join(count.name for count in counted) or "nothing"
    semantic = show_picture(
        by_class(pixels, scaled, threshold),
        f"Semantic: every pixel has its class ({names}), one colour a class.",
    )
    parts = np.zeros(pixels.shape[:2], int)
    for count in counted:
        parts = np.where(count.labels > 0, parts.max() + count.labels, parts)
    connected = show_picture(
        coloured(pixels, parts), f"What is connected in that map: {int(parts.max())} areas, a colour each."
    )
    objects = show_instances(
        pixels, found, threshold, f"Instance: {len(found)} objects, a colour and a number each."
    )
    rows = [[c.name, f"{c.share:.1%}", c.blobs, c.objects] for c in counted]
    headers = ["Class", "Share of the pixels: both know it", "Counted from the map", "Counted by objects"]
    words = "".join(f"<p>{html.escape(count.text())}</p>" for count in counted)
    listed = table(headers, rows) + words if rows else "<p>No object at these thresholds.</p>"
    return f'<div style="{CARDS}">{semantic}{connected}{objects}</div>', listed


def by_class(pixels: np.ndarray, found, threshold: float) -> np.ndarray:
    """The picture with all objects of a class in one colour."""
    numbers = found.label_map(threshold)
    classes = np.concatenate([[0], found.labels + 1])[numbers]
    palette = np.array([draw.SHADE, *draw.COLOURS], np.uint8)
    colour = palette[np.where(classes > 0, (classes - 1) % len(draw.COLOURS) + 1, 0)]
    return np.where(classes[:, :, None] > 0, 0.45 * pixels + 0.55 * colour, pixels).round().astype(np.uint8)
