"""The faces that a run of face recognition trains on and those that choose its weights: upright crops, people apart."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from finetune.data_check import own_parts, readable
from finetune.decoded import Decoded
from finetune.hub_dataset import open_data
from hub_models.dataset import LabelledPictures
from hub_models.errors import BadData
from hub_models.face_pictures import FacePictures, faces_of, split_by_person
from hub_models.finding_faces import largest_face

FEWEST = 2  # pictures of a person: with one there is no pair


@dataclass(frozen=True)
class FoundFaces:
    """`found(i)`: the largest face of a photograph, upright. BadInput `no_face`, or what decoding raises."""

    read: Callable[[int], np.ndarray]

    def __call__(self, i: int) -> np.ndarray:
        return largest_face(self.read(i))[0]


def read_data(recipe, show: Callable[[str], None]) -> dict[str, FacePictures]:
    """ "train" and "dev", checked, for a Recipe of face recognition. BadData `people_few`, `people_shared`, ..."""
    train, dev = own_parts(recipe.data, recipe.dev_data, open_data, lambda data, names: data)
    if dev is None:
        train, dev = split_by_person(faces_of(train), recipe.dev_share, recipe.settings.seed)
    else:
        refuse_shared(train, dev)
        train, dev = faces_of(train), faces_of(dev)
    if recipe.faces == "find":
        train, dev = (replace(data, read=FoundFaces(data.read)) for data in (train, dev))
    return checked(train, dev, recipe, show)


def checked(
    train: FacePictures, dev: FacePictures, recipe, show: Callable[[str], None]
) -> dict[str, FacePictures]:
    """Both without what cannot be read and without people of fewer than two pictures; said in words."""
    train, dev = (replace(data, read=Decoded(data.read)) for data in (train, dev))
    if recipe.smoke:
        train, dev = (some_people(data, 2 * recipe.settings.batch) for data in (train, dev))
    found = readable(train, dev, show, max(1, recipe.settings.workers))
    train, dev = with_pairs(found.train), with_pairs(found.dev)
    if min(len(train.counts()), len(dev.counts())) < 2:
        raise BadData(
            "people_few",
            f"Expected at least two people with {FEWEST} readable faces each to train on, and two others to choose the "
            f"weights on, got {len(train.counts())} and {len(dev.counts())}. {left_out(found.unreadable)}",
        )
    for split, data in (("train", train), ("dev", dev)):
        show(f"{split}: {len(data):,} faces of {len(data.counts()):,} people")
    if found.unreadable:
        show(left_out(found.unreadable))
    return {"train": train, "dev": dev}


def left_out(unreadable: tuple[str, ...]) -> str:
    if not unreadable:
        return "Add pictures."
    return f"Left out, unreadable or without a face: {len(unreadable)} ({'; '.join(unreadable[:3])})."


def refuse_shared(train: LabelledPictures, dev: LabelledPictures) -> None:
    """Raise BadData where somebody is in both parts: the figures would be about people that it knows."""
    there = [{data.class_names[label] for label in np.unique(data.labels)} for data in (train, dev)]
    if shared := sorted(there[0] & there[1]):
        raise BadData(
            "people_shared",
            f"Expected other people in the dev part than in the training part, but {len(shared)} are in both "
            f"({', '.join(shared[:3])}). Move each person's folder to one side.",
        )


def some_people(data: FacePictures, most: int) -> FacePictures:
    return data.subset(np.flatnonzero(np.isin(data.labels, np.unique(data.labels)[:most])))


def with_pairs(data: FacePictures) -> FacePictures:
    """Without people of whom there is a single picture."""
    counts = np.bincount(data.labels, minlength=len(data.people))
    return data.subset(np.flatnonzero(counts[data.labels] >= FEWEST))
