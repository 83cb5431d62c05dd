"""A triplet of one's own, by the network before the first training step and by the trained one."""

import gradio as gr

from hub_models.catalog import checkpoints
from hub_models.errors import BadInput
from hub_models.inside.faces import MARGIN, Triplet, triplet_of
from hub_models.loader import LOADER, find
from hub_models.tabs.face_recognition_held import Enrolled, Held
from hub_models.tabs.face_recognition_space import faces_at_hand
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import show_picture
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

IMAGENET = "efficientnet_lite0.imagenet"  # what the backbone knew before
WITH_BACKBONE = ("face_embedding",)


def triplets_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The triplet loss (equations 9.3 and 9.4) wants the positive, another picture of the anchor's person, nearer than "
        f"the negative, by a margin of {MARGIN}. Choose three of your faces. Before training the network has the weights "
        "of ImageNet, where it has a backbone, and random ones elsewhere: all faces are alike to it, and distances small."
    )
    checkpoint = fitting_menu(task, shared, of_model("face_embedding", "siamese"))
    with gr.Row():
        menus = [
            gr.Dropdown([], label=label, interactive=True)
            for label in ("Anchor", "Positive: same person", "Negative")
        ]
    show = gr.Button("Show", variant="primary")
    with gr.Row():
        faces_shown = gr.HTML()
        facts = gr.HTML()
    asked = [shared.input, shared.second, shared.people]

    def offer(first: Held | None, second: Held | None, people: Enrolled):
        names, _ = faces_at_hand(first, second, people)
        options = [(f"{i + 1}: {name}", i) for i, name in enumerate(names)]
        return [gr.Dropdown(options)] * 3

    for menu in menus:
        on_click(menu.focus, offer, asked, menus, light=True, show_progress="hidden")

    def view(first: Held | None, second: Held | None, people: Enrolled, identity: str, *places):
        _, faces = faces_at_hand(first, second, people)
        if any(place is None or not 0 <= int(place) < len(faces) for place in places):
            raise BadInput(
                "too_few_faces",
                "Expected an anchor, a positive and a negative. Give two faces to verify and enrol a third, then choose "
                "one in each menu.",
            )
        chosen = [faces[int(place)] for place in places]
        pictures = "".join(
            f'<div style="width:112px">{show_picture(face, says)}</div>'
            for face, says in zip(chosen, ("anchor", "positive", "negative"), strict=True)
        )
        rows = before_and_after(task, identity, chosen)
        return f'<div class="pair">{pictures}</div>', triplet_table(*rows)

    on_click(show.click, view, [*asked, checkpoint, *menus], [faces_shown, facts])


def before_and_after(task: Task, identity: str, faces: list) -> tuple[Triplet, Triplet]:
    """The triplet by the untrained network and by the trained one."""
    row = LOADER.checkpoint(identity, task.id)
    imagenet = None
    if row.model in WITH_BACKBONE:
        (backbone,) = (c for c in checkpoints() if c.id == IMAGENET)
        imagenet = find(backbone)

    def work(predictor):
        first = predictor.untrained(imagenet)
        return triplet_of(first.predict_many, *faces), triplet_of(predictor.predict_many, *faces)

    return LOADER.run(identity, task.id, work)


def triplet_table(before: Triplet, after: Triplet) -> str:
    both = (before, after)
    rows = [
        ["distance to the positive", *(f"{t.positive:.3f}" for t in both)],
        ["distance to the negative", *(f"{t.negative:.3f}" for t in both)],
        ["how much farther the negative is", *(f"{t.negative - t.positive:+.3f}" for t in both)],
        [f"loss at margin {MARGIN} (eq. 9.4)", *(f"{t.loss:.3f}" for t in both)],
        ["kind of triplet", *(t.kind for t in both)],
    ]
    return table(["", "before training", "after training"], rows, "One triplet")
