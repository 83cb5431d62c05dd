"""Recognition: faces enrolled under a name in this session, and which of them a picture is nearest to."""

import html
from collections.abc import Sequence

import gradio as gr

from hub_models.errors import BadInput
from hub_models.face_gallery import Calibration, judged
from hub_models.loader import LOADER
from hub_models.tabs.face_recognition_given import NOTHING, face_input
from hub_models.tabs.face_recognition_held import MOST_ENROLLED, Enrolled, Held, gallery_of, name_of, needed
from hub_models.tabs.face_recognition_plots import distance_bars
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import show_picture
from hub_models.ui.consent import must_agree
from hub_models.ui.frame import Shared
from hub_models.ui.loading import loading, with_progress

NOBODY = "<p>Nobody is enrolled. One picture a person is enough to begin.</p>"


def recognise_part(task: Task, shared: Shared, agreed: gr.Checkbox) -> None:
    enrolling, asked_about = gr.State(None), gr.State(None)
    with gr.Row():
        with gr.Column(min_width=280):
            gr.Markdown("**Enrol**: a face and a name, kept in this session alone.")
            shown_new = face_input(task, "Face to enrol", enrolling, agreed)
            name = gr.Textbox(label="Name (a nickname is enough)", max_length=200, interactive=True)
            enrol = gr.Button("Enrol")
        with gr.Column(min_width=280):
            gr.Markdown("**Ask**: whose face is this?")
            shown_asked = face_input(task, "Face to recognise", asked_about, agreed)
            with gr.Row():
                ask = gr.Button("Who is it?", variant="primary")
                stop = gr.Button("Cancel", min_width=60)
            answer = gr.HTML(elem_id="who")
    enrolled = gr.HTML(NOBODY, elem_id="enrolled")
    forget_all = gr.Button("Forget everyone and all pictures", variant="stop")

    def add(yes: bool, people: Enrolled, held: Held | None, words: str):
        must_agree(yes)
        face, called = needed(held, "a face to enrol").face, name_of(words)
        if len(people.faces) >= MOST_ENROLLED:
            raise BadInput(
                "too_many", f"Expected at most {MOST_ENROLLED} faces in a session. Forget some first."
            )
        people = people.with_face(called, face)
        return people, listed(people), None, "", NOTHING

    on_click(
        enrol.click, add, [agreed, shared.people, enrolling, name], [shared.people, enrolled, enrolling, name, shown_new],
        light=True,
    )  # fmt: skip

    def forget_everything():
        return Enrolled(), NOBODY, None, None, None, None, NOTHING, NOTHING, ""

    held = [enrolling, asked_about, shared.input, shared.second]
    on_click(
        forget_all.click, forget_everything, [],
        [shared.people, enrolled, *held, shown_new, shown_asked, answer], light=True,
    )  # fmt: skip

    def who(people: Enrolled, held: Held | None, checkpoint: str, own: bool, threshold: float, progress):
        face = needed(held, "a face to recognise").face
        if not people.faces:
            raise BadInput(
                "nobody_enrolled", "Expected enrolled people to compare with, got none. Enrol one first."
            )
        yield from loading(task, checkpoint, progress)
        gallery, asked = gallery_of(task, checkpoint, people, face)
        calibration = LOADER.run(checkpoint, task.id, lambda predictor: predictor.calibration)
        yield recognised(gallery.distances(asked[0]), calibration, None if own else threshold)

    on_click(
        ask.click, with_progress(who),
        [shared.people, asked_about, shared.checkpoint, shared.own, shared.threshold], [answer], stop=stop,
    )  # fmt: skip


def recognised(
    rows: Sequence[tuple[str, float]], calibration: Calibration | None, threshold: float | None
) -> str:
    """The nearest person if near enough, how often such an answer is wrong, and all distances."""
    name, distance = rows[0]
    said = judged(distance, calibration, threshold)
    if said.same is None:
        words = f"Nearest: {name}. {said.text()}"
    elif said.same:
        wrong = 1 - (1 - said.false_accept) ** len(rows)
        words = (
            f"Probably {name}, at distance {distance:.2f}. Of strangers about {wrong:.0%} would be taken for one of "
            f"{len(rows)} enrolled people at the threshold {said.threshold:.2f}, and {said.false_reject:.0%} of the "
            f"pictures of {name} would be too far away ({said.measured_on})."
        )
    else:
        words = (
            f"Probably nobody of the {len(rows)} enrolled: the nearest, {name}, is {distance:.2f} away, farther than the "
            f"threshold {said.threshold:.2f}, which {said.false_reject:.0%} of pairs of one person are, too "
            f"({said.measured_on})."
        )
    return f"<p><b>{html.escape(words)}</b></p>{distance_bars(rows, said.threshold)}"


def listed(people: Enrolled) -> str:
    """The enrolled faces with their names, small."""
    faces = "".join(
        f'<div style="width:96px">{show_picture(face, name)}</div>'
        for name, face in zip(people.names, people.faces, strict=True)
    )
    count = (
        f"{len(people.people)} {'person' if len(people.people) == 1 else 'people'}, {len(people.faces)} faces"
    )
    return f'<p>Enrolled: {count}.</p><div style="display:flex;flex-wrap:wrap;gap:0.6rem">{faces}</div>'
