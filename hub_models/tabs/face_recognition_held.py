"""Faces of a session: an upload is read once, its file is removed, and the upright face stays in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub_models.errors import BadInput
from hub_models.face_gallery import Gallery
from hub_models.finding_faces import largest_face
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_jpeg, fit_within
from hub_models.task import Task
from hub_models.ui.components import show_picture
from hub_models.ui.consent import forget

MOST_ENROLLED = 60  # pictures of a session
LONGEST_NAME = 40
SEEN_SIDE = 360  # pixels of the longer side of a picture on the page


@dataclass(frozen=True)
class Held:
    """The largest face of a picture: `face` (128, 128, 3) uint8, upright; `small`, the picture as a JPEG; `notes`."""

    face: np.ndarray
    small: bytes
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Enrolled:
    """People of a session: a name for each of the faces."""

    names: tuple[str, ...] = ()
    faces: tuple[np.ndarray, ...] = ()

    def with_face(self, name: str, face: np.ndarray) -> "Enrolled":
        return Enrolled((*self.names, name), (*self.faces, face))

    @property
    def people(self) -> tuple[str, ...]:
        """Each name once, in the order of enrolment."""
        return tuple(dict.fromkeys(self.names))


def hold(path: Path) -> Held:
    """Read a picture, keep its largest face, and remove the file if it was uploaded. BadInput as `largest_face`."""
    try:
        decoded = decode_picture(path)
        face, note = largest_face(decoded.pixels)
    finally:
        forget(path)
    notes = tuple(words for words in (*decoded.notes, note) if words)
    return Held(face, encode_jpeg(fit_within(decoded.pixels, SEEN_SIDE), 85), notes)


def needed(held: Held | None, what: str) -> Held:
    if held is None:
        raise BadInput(
            "file_missing", f"Expected {what}, got none. Upload a picture with a face, or take an example."
        )
    return held


def name_of(words: str | None) -> str:
    """A name as a person typed it, on one line. BadInput `text_empty`, `text_too_long`."""
    name = " ".join("".join(c for c in (words or "") if c.isprintable()).split())
    if not name:
        raise BadInput(
            "text_empty", "Expected a name for this face, got none. Type one; a nickname is enough."
        )
    if len(name) > LONGEST_NAME:
        raise BadInput(
            "text_too_long", f"Expected a name of at most {LONGEST_NAME} characters, got {len(name)}."
        )
    return name


def embedded(task: Task, checkpoint: str, faces: Sequence[np.ndarray]) -> np.ndarray:
    """(N, D) of unit length, by the checkpoint's network."""
    return LOADER.run(checkpoint, task.id, lambda predictor: predictor.predict_many(list(faces)))


def gallery_of(
    task: Task, checkpoint: str, people: Enrolled, *more: np.ndarray
) -> tuple[Gallery, np.ndarray]:
    """(the enrolled people with their embeddings, those of `more` faces): one batch."""
    vectors = embedded(task, checkpoint, [*people.faces, *more])
    count = len(people.faces)
    return Gallery(people.names, vectors[:count] if count else None), vectors[count:]


def show_held(held: Held, what: str) -> str:
    """The upright face as HTML, as large on the page as it is."""
    says = f"{what}: the largest face, upright" + "".join(f". Note: {note}" for note in held.notes)
    return show_picture(held.face, says, width="min(100%, 192px)")
