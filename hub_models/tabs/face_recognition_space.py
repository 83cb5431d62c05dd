"""The embeddings of all faces at hand on a plane, and their true distances beside."""

import gradio as gr
import numpy as np

from hub_models.errors import BadInput
from hub_models.face_gallery import plane, squared_distances
from hub_models.tabs.face_recognition_held import Enrolled, Held, gallery_of
from hub_models.tabs.face_recognition_plots import plane_of
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

FEWEST = 3  # points that span a plane


def space_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A network gives a face not a name but a place (FaceNet): here the places, flattened from all their dimensions "
        "to the two in which they differ most, by principal components. Enrol a few people, two pictures each if you can, "
        "and see whether pictures of one person gather. The table has the distances of equation 9.2, which decide."
    )
    show = gr.Button("Show", variant="primary")
    drawing, distances = gr.HTML(), gr.HTML()

    def view(first: Held | None, second: Held | None, people: Enrolled, checkpoint: str):
        names, faces = faces_at_hand(first, second, people)
        if len(faces) < FEWEST:
            raise BadInput(
                "too_few_faces",
                f"Expected at least {FEWEST} faces for a plane, got {len(faces)}. Give two to verify and enrol some people.",
            )
        _, vectors = gallery_of(task, checkpoint, Enrolled(), *faces)
        (points,) = plane(vectors)
        return plane_of(points, names, None), distance_table(names, vectors)

    on_click(
        show.click,
        view,
        [shared.input, shared.second, shared.people, shared.checkpoint],
        [drawing, distances],
    )


def faces_at_hand(
    first: Held | None, second: Held | None, people: Enrolled
) -> tuple[list[str], list[np.ndarray]]:
    """(names, faces): the two of verification, then the enrolled ones."""
    given = [(name, held.face) for name, held in (("first", first), ("second", second)) if held is not None]
    given += zip(people.names, people.faces, strict=True)
    return [name for name, _ in given], [face for _, face in given]


def distance_table(names: list[str], vectors: np.ndarray) -> str:
    numbered = [f"{i + 1}: {name}" for i, name in enumerate(names)]
    found = squared_distances(vectors, vectors)
    rows = [[numbered[i], *(f"{value:.2f}" for value in found[i])] for i in range(len(names))]
    return table(["", *numbered], rows, "Squared distances (equation 9.2)")
