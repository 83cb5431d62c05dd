"""The tab of face verification and recognition: two faces and their distance, people enrolled for this session."""

from dataclasses import dataclass

import gradio as gr

from hub_models.tabs.face_recognition_form import FORM
from hub_models.tabs.face_recognition_held import Enrolled
from hub_models.tabs.face_recognition_inside import look_inside
from hub_models.tabs.face_recognition_recognise import recognise_part
from hub_models.tabs.face_recognition_verify import verify_part
from hub_models.task import Task
from hub_models.ui import frame
from hub_models.ui.consent import consent
from hub_models.ui.frame import Preset, Shared, checkpoint_menu

RULES = (
    "Pictures that you upload are read once and their files removed; upright faces stay in the memory of this session "
    "until you forget them or leave. Nothing is guessed about age, gender or mood. An answer is a guess with the error "
    "rates beside it, for learning how such systems work, and never a reason to decide anything about a person."
)


@dataclass(frozen=True, kw_only=True)
class FaceShared(Shared):
    """`input` is the first face; all faces are States that hold a `Held`, or None."""

    second: gr.State
    people: gr.State  # Enrolled
    own: gr.Checkbox
    threshold: gr.Slider


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def try_it(task: Task, preset: Preset) -> FaceShared:
    """Consent; checkpoint and threshold; two faces to compare; people to enrol and to recognise."""
    with gr.Row():
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
        with gr.Column(min_width=280):
            own = gr.Checkbox(True, label="The threshold that comes with the checkpoint", interactive=True)
            threshold = gr.Slider(
                0, 4, 1.0, step=0.01, interactive=True, label="or this one",
                info="Squared distance up to which two faces count as one person: 0 equal, 2 unrelated, 4 opposite.",
            )  # fmt: skip
    shared = FaceShared(
        checkpoint=checkpoint,
        input=gr.State(None),
        second=gr.State(None),
        people=gr.State(Enrolled()),
        own=own,
        threshold=threshold,
    )

    def panel(agreed: gr.Checkbox) -> None:
        with gr.Tabs(overflow_behavior="wrap"):
            with gr.Tab("Verify: one person or two?"):
                verify_part(task, preset, shared, agreed)
            with gr.Tab("Recognise: who is it?"):
                recognise_part(task, shared, agreed)

    gr.Markdown(RULES)
    consent(panel)
    return shared
