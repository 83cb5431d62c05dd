"""The tab of face landmarks: 68 points on every face, then how a network finds them and what they are good for."""

import html
import io
from collections.abc import Iterator, Sequence
from functools import partial

import gradio as gr
import numpy as np
from PIL import Image

from hub_models import draw_faces
from hub_models.faces import GROUPS, Landmarks
from hub_models.finding_faces import CONFIDENCE, faces_by
from hub_models.predictors.face_landmarker import FaceLandmarker
from hub_models.tabs.face_landmarks_failures import FAILURES
from hub_models.tabs.face_landmarks_form import FORM
from hub_models.tabs.face_landmarks_inside import look_inside
from hub_models.tabs.face_landmarks_seen import Seen, see
from hub_models.task import Task
from hub_models.ui import frame, on_click, show_picture
from hub_models.ui.asking import on_ask, picture_input, run_buttons
from hub_models.ui.components import uploaded
from hub_models.ui.consent import consent
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.tables import table
from hub_models.ui.video import clip_view

WAITING = "<p>Choose a picture, then press Find the points.</p>"
WORDS = (
    "Faces are personal data. The people on the pictures have agreed that I look at their faces here, or are myself. "
    "Uploads are deleted within two hours and kept nowhere else; nothing is guessed about age, gender or mood."
)
NUMBERS, LINES, BOXES = "numbers on large faces", "lines", "boxes"
HEADERS = ("Face", "Certainty", "Box x0, y0, x1, y1", "Eyes apart (pixels)", "Turned (degrees)")


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def find_points(
    task: Task,
    picture: str | None,
    checkpoint: str,
    confidence: float,
    groups: Sequence[str],
    marks: Sequence[str],
    progress: gr.Progress,
) -> Iterator[tuple[Seen | None, str, str, str]]:
    """(what was seen, the picture, table, upright faces): first that a download or a load begins, then the answer."""
    path = uploaded(picture)
    for words in loading(task, checkpoint, progress):
        yield None, "", words, ""
    seen = see(path, checkpoint, confidence)
    yield seen, sight(seen, groups, marks), facts(seen), upright(seen)


def sight(seen: Seen | None, groups: Sequence[str], marks: Sequence[str]) -> str:
    """The picture with what is to be shown of its faces, and what the colours mean."""
    if seen is None:
        return ""
    pixels = np.asarray(Image.open(io.BytesIO(seen.picture)))
    drawn = draw_faces.landmarks(
        pixels,
        seen.found,
        boxes=BOXES in marks,
        lines=LINES in marks,
        numbers=NUMBERS in marks,
        groups=groups,
    )
    return show_picture(drawn, seen.found.text()) + draw_faces.legend()


def facts(seen: Seen) -> str:
    """A row a face, then time, device and notes."""
    notes = "".join(f" Note: {note}." for note in seen.notes)
    rows = table(HEADERS, seen.given.rows()) if len(seen.given) else ""
    words = f"{seen.seconds * 1000:.0f} ms on {seen.device}, the finder included.{notes}"
    return f"<p><b>{html.escape(seen.given.text())}</b></p>{rows}<p>{html.escape(words)}</p>"


def upright(seen: Seen) -> str:
    """The faces turned and scaled so that eyes, nose and mouth lie where they always lie."""
    faces = "".join(
        f'<div style="width:128px">{show_picture(face, f"face {number}, upright")}</div>'
        for number, face in enumerate(seen.upright, 1)
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:0.6rem">{faces}</div>'


def try_it(task: Task, preset: Preset) -> Shared:
    """Checkpoint and what is shown; after the consent a picture, or a clip; points and upright faces."""
    with gr.Row():
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
            confidence = gr.Slider(
                0.05, 0.95, CONFIDENCE, step=0.05, interactive=True, label="Least certainty of a face"
            )
        with gr.Column(min_width=280):
            groups = gr.CheckboxGroup(list(GROUPS), value=list(GROUPS), label="Points", interactive=True)
            marks = gr.CheckboxGroup(
                [LINES, NUMBERS, BOXES], value=[LINES, BOXES], label="Drawn beside", interactive=True
            )
    parts: list[Shared] = []

    def panel(agreed: gr.Checkbox) -> None:
        with gr.Tabs():
            with gr.Tab("A picture"):
                parts.append(picture_part(task, preset, checkpoint, (confidence, groups, marks)))
            with gr.Tab("A clip or the camera"):
                clip_view(task, parts[0], annotate, faces_a_frame)

    consent(panel, WORDS)
    return parts[0]


def picture_part(
    task: Task, preset: Preset, checkpoint: gr.Dropdown, controls: tuple[gr.components.Component, ...]
) -> Shared:
    """One picture and its faces; what is drawn of them is answered without a network."""
    seen = gr.State(None)
    with gr.Row():
        with gr.Column(min_width=280):
            picture, example = picture_input(task, preset, "Picture with faces", example_width=60)
            buttons = run_buttons(task, "Find the points", checkpoint, example)
        with gr.Column(min_width=280):
            shown = gr.HTML(WAITING, elem_id="points")
            answer = gr.HTML(elem_id="answer")
            faces = gr.HTML(elem_id="upright")
    _, groups, marks = controls
    on_click(
        [groups.change, marks.change],
        sight,
        [seen, groups, marks],
        [shown],
        light=True,
        show_progress="hidden",
    )
    on_ask(
        task, find_points, buttons, [picture, checkpoint, *controls], [seen, shown, answer, faces], FAILURES
    )
    return Shared(checkpoint=checkpoint, input=picture, controls=controls)


def annotate(
    predictor: FaceLandmarker,
    pixels: np.ndarray,
    confidence: float,
    groups: Sequence[str],
    marks: Sequence[str],
) -> tuple[np.ndarray, Landmarks]:
    """A frame with its faces; for `clip_view`."""
    found = faces_by(predictor, pixels, confidence)
    drawing = partial(
        draw_faces.landmarks, boxes=BOXES in marks, lines=LINES in marks, numbers=NUMBERS in marks
    )
    return drawing(pixels, found, groups=groups), found


def faces_a_frame(results: Sequence[Landmarks]) -> list[list[str]]:
    """For `clip_view`: how many faces a frame has on average, and how certain they are."""
    faces = [len(found) for found in results]
    certain = np.concatenate([found.scores for found in results])
    rows = [["faces a frame", f"{np.mean(faces):.1f}"]]
    return rows + ([["certainty", f"{certain.mean():.0%}"]] if len(certain) else [])
