"""Pictures of faces with who is on them, as training and evaluation of face recognition read them.

    person/picture.jpg     a folder or a zip with one folder a person, perhaps inside train/, val/ and test/

Pictures of one person that were taken together (frames of a video, a burst) look alike for other reasons than the face.
`takes` tells them apart, where that is known, so that figures can leave such pairs out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hub_models.data_files import Chosen
from hub_models.dataset import LabelledPictures
from hub_models.errors import BadData
from hub_models.landmark_dataset import split_people


@dataclass(frozen=True, kw_only=True)
class FacePictures:
    """`read(i)` gives a picture (H, W, 3) uint8 RGB of person `people[labels[i]]`, an aligned crop or a photograph.

    `takes` (N,) int64: pictures of one number were taken together. `names` are for messages alone.
    """

    people: tuple[str, ...]
    labels: np.ndarray  # (N,) int64, index into `people`
    takes: np.ndarray
    names: tuple[str, ...]
    read: Callable[[int], np.ndarray]

    class_names: tuple[
        str, ...
    ] = ()  # none travel with the weights: a network knows no names, only distances

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, indices: Sequence[int]) -> "FacePictures":
        """The pictures at `indices`, in that order; people without a picture keep their number."""
        chosen = np.asarray(indices, np.int64)
        return replace(
            self,
            labels=self.labels[chosen],
            takes=self.takes[chosen],
            names=tuple(self.names[i] for i in chosen),
            read=Chosen(self.read, chosen),
        )

    def counts(self) -> dict[str, int]:
        """Pictures of each person who has any."""
        found = np.bincount(self.labels, minlength=len(self.people))
        return {name: int(count) for name, count in zip(self.people, found, strict=True) if count}


def faces_of(data: LabelledPictures) -> FacePictures:
    """A folder a person -> pictures of faces, of which nobody knows which were taken together: each is a take."""
    return FacePictures(
        people=data.class_names,
        labels=data.labels,
        takes=np.arange(len(data)),
        names=data.names,
        read=data.read,
    )


def split_by_person(data: FacePictures, share: float, seed: int) -> tuple[FacePictures, FacePictures]:
    """(rest, split off): about `share` of the people, with all their pictures. BadData `people_few`."""
    rest, off = split_people([data.people[label] for label in data.labels], share, seed)
    rest, off = data.subset(rest), data.subset(off)
    if min(len(rest.counts()), len(off.counts())) < 2:
        raise BadData(
            "people_few",
            f"Expected at least four people, so that two can train and two others be compared, got {len(data.counts())}. "
            "Add a folder of pictures for each further person.",
        )
    return rest, off
