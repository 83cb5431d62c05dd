"""The classes of a data set as a checkpoint calls them: by equal names, or by plain numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hub_models.box_dataset import BoxedPictures
from hub_models.errors import BadData
from hub_models.results import Boxes

MOST_LISTED = 40  # class names in a sentence, rows in a text


def indices_of(names: dict[int, str], known: Sequence[str], what: str) -> dict[int, int]:
    """The keys of `names` -> index into `known`: by equal names, or by plain numbers. BadData `classes_unknown`.

    `what` gave the names, for the advice.
    """
    by_name: dict[str, list[int]] = {}
    for i, label in enumerate(known):
        by_name.setdefault(plain(label), []).append(i)
    found = {label: by_name.get(plain(name), []) for label, name in names.items()}
    if all(
        len(candidates) == 1 for candidates in found.values()
    ):  # two classes of one name cannot be told apart
        return {label: candidates[0] for label, candidates in found.items()}
    numbers = {
        label: int(name)
        for label, name in names.items()
        if name.isascii() and name.isdecimal() and len(name) < 10
    }
    if len(numbers) == len(names) and max(numbers.values()) < len(known):
        return numbers
    strange = [name for label, name in names.items() if len(found[label]) != 1]
    raise BadData(
        "classes_unknown",
        f"Expected the classes of the checkpoint, by name or by number ({listed(known)}); "
        f"it does not know {listed(strange)}. Rename the {what}, or choose another checkpoint.",
    )


def plain(name: str) -> str:
    return name.casefold().replace(" ", "").replace("_", "")


def listed(names: Sequence[str]) -> str:
    """Names for a sentence; of many, the first ones and how many there are."""
    words = ", ".join(name[:60] for name in names[:MOST_LISTED])
    return words if len(names) <= MOST_LISTED else f"{words}, ... {len(names)} in all"


@dataclass(frozen=True, kw_only=True)
class SharedClasses:
    """The classes that the data labels, as the checkpoint calls them and in its order."""

    names: tuple[str, ...]
    of_data: np.ndarray  # class of the data -> index into `names`, or -1: it does not occur and is not known
    of_checkpoint: (
        np.ndarray
    )  # class of the checkpoint -> index into `names`, or -1: the data does not label it

    def of(self, data: BoxedPictures) -> BoxedPictures:
        return replace(data, class_names=self.names, labels=tuple(self.of_data[n] for n in data.labels))

    def among(self, found: Boxes) -> Boxes:
        """The answers of these classes."""
        labels = self.of_checkpoint[found.labels]
        keep = labels >= 0
        return Boxes(self.names, found.boxes_xyxy[keep], labels[keep], found.scores[keep], found.size_hw)


def shared_classes(data: BoxedPictures, known: Sequence[str]) -> SharedClasses:
    """BadData `classes_unknown` where an object is of a class that the checkpoint does not know."""
    occurring = {i: data.class_names[i] for i in np.flatnonzero(data.objects()).tolist()}
    if not occurring:
        raise BadData("data_missing", "Expected pictures with boxes to measure on, got no box. Draw some.")
    index = indices_of(occurring, known, "classes of the data")
    for i, name in enumerate(data.class_names):
        if i not in occurring and name in known:
            index[i] = known.index(name)
    chosen = sorted(set(index.values()))
    return SharedClasses(
        names=tuple(known[i] for i in chosen),
        of_data=np.array(
            [chosen.index(index[i]) if i in index else -1 for i in range(len(data.class_names))]
        ),
        of_checkpoint=np.array([chosen.index(i) if i in chosen else -1 for i in range(len(known))]),
    )
