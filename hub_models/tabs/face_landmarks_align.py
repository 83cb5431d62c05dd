"""Alignment before and after: five places of the face brought as near as possible to five fixed ones."""

import html

import gradio as gr
import numpy as np
from PIL import Image, ImageDraw

from hub_models import draw
from hub_models.draw import COLOURS, SHADE
from hub_models.faces import FIXED_PLACES, align, box_of, five_places, framing, moved, similarity, warped
from hub_models.tabs.face_landmarks_seen import largest_in
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

SIDE = 384  # pixels on the page
NAMES = ("right eye", "left eye", "tip of the nose", "right corner of the mouth", "left corner of the mouth")


def align_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A network that compares faces should not have to learn that a head can lean. So each face is turned, scaled and "
        "shifted until eyes, nose and mouth lie where they always lie, as near as one turn, one scale and one shift can "
        "bring them (least squares in closed form, Umeyama 1991). It never stretches or mirrors: the proportions of the "
        "face stay. Dots are where the five places are, rings where they should be."
    )
    show = gr.Button("Align the face", variant="primary")
    with gr.Row():
        before, after = gr.HTML(), gr.HTML()
    numbers = gr.HTML()

    def view(picture, checkpoint):
        _, pixels, points = largest_in(uploaded(picture), checkpoint)
        return aligned(pixels, points)

    on_click(show.click, view, [shared.input, shared.checkpoint], [before, after, numbers])


def aligned(pixels: np.ndarray, points: np.ndarray) -> tuple[str, str, str]:
    """(before, after, the transform in numbers) as HTML."""
    goal = FIXED_PLACES * SIDE
    square = framing(box_of(points), SIDE)
    before = warped(pixels, square, SIDE)
    five = five_places(points)
    matrix = similarity(five, goal)
    there = moved(five, matrix)
    left = np.linalg.norm(there - goal, axis=1)
    scale, turn = float(np.hypot(*matrix[:, 0])), float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    rows = [
        [name, *(f"{value:.0f}" for value in (*place, *target)), f"{far / SIDE:.1%}"]
        for name, place, target, far in zip(NAMES, five, goal, left, strict=True)
    ]
    headers = ("Place", "x in the picture", "y", "x that it should have", "y", "left over, of the square")
    words = f"Turned by {turn:.1f} degrees, scaled by {scale:.2f}; {left.mean() / SIDE:.1%} of the square left over."
    return (
        show_picture(marked(before, moved(five, square), goal), "Before: cut out around the points"),
        show_picture(marked(align(pixels, points, SIDE), there, goal), "After: aligned"),
        f"<p>{html.escape(words)}</p>{table(headers, rows)}",
    )


def marked(pixels: np.ndarray, places: np.ndarray, goal: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    for x, y in goal:
        pen.ellipse((x - 9, y - 9, x + 9, y + 9), outline=SHADE, width=5)
        pen.ellipse((x - 8, y - 8, x + 8, y + 8), outline=draw.ORANGE, width=3)
    for x, y in places:
        pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=COLOURS[1], outline=SHADE)
    return np.array(picture)
