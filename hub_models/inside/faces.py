"""What happens inside face recognition, on aligned faces (S, S, 3) uint8: harder pictures, what a distance depends on,
and what a triplet costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from hub_models.face_gallery import squared_distances

Embed = Callable[[Sequence[np.ndarray]], np.ndarray]  # faces -> (N, D) of unit length
STEPS = 9  # points of a curve
CELLS = 8  # patches along a side of the map
GREY = 127
MARGIN = 0.2  # of a triplet, as in FaceNet
MOST_BLUR, MOST_TURN, MOST_COVER = 8.0, 60.0, 0.9  # pixels of 128; degrees; share of the face


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What is done to a face. `blur` in pixels of 128, `dark` and `cover` shares in 0..1, `turn` in degrees."""

    blur: float = 0.0
    dark: float = 0.0
    turn: float = 0.0
    cover: float = 0.0

    def on(self, face: np.ndarray) -> np.ndarray:
        """(S, S, 3) uint8 -> the same face, harder to know: turned, darkened, blurred, then covered from below."""
        size = face.shape[0]
        picture = Image.fromarray(face)
        if self.turn:
            edge = tuple(int(value) for value in face.reshape(-1, 3).mean(0))
            picture = picture.rotate(-self.turn, Image.Resampling.BILINEAR, fillcolor=edge)
        if self.dark:
            picture = picture.point(lambda value: round(value * (1 - self.dark)))
        if self.blur:
            picture = picture.filter(ImageFilter.GaussianBlur(self.blur * size / 128))
        pixels = np.array(picture)
        pixels[size - round(self.cover * size) :] = GREY
        return pixels


# what can be done to a face: (words, its largest value)
TROUBLES = {
    "blur": ("blur", MOST_BLUR),
    "dark": ("darkness", 0.95),
    "turn": ("rotation", MOST_TURN),
    "cover": ("covered from below", MOST_COVER),
}


def distances_under(embed: Embed, reference: np.ndarray, face: np.ndarray) -> dict[str, np.ndarray]:
    """Trouble -> (STEPS,) distances of `face` to `reference` while that one trouble grows from nothing to its most."""
    shares = np.linspace(0, 1, STEPS)
    faces = [
        replace(Trouble(), **{name: float(share * most)}).on(face)
        for name, (_, most) in TROUBLES.items()
        for share in shares
    ]
    vectors = embed([reference, *faces])
    found = squared_distances(vectors[:1], vectors[1:])[0].reshape(len(TROUBLES), STEPS)
    return dict(zip(TROUBLES, found, strict=True))


def depends_on(embed: Embed, reference: np.ndarray, face: np.ndarray) -> tuple[float, np.ndarray]:
    """(distance of the two, (CELLS, CELLS) how much it grows when that patch of `face` is covered with grey).

    Covering a part and looking what changes: "Visualizing and Understanding Convolutional Networks" (Zeiler, Fergus;
    2014), section 4.2. The patches are two cells wide, so that neighbours overlap.
    """
    size = face.shape[0]
    edges = np.linspace(0, size, CELLS + 1).round().astype(int)
    covered = []
    for row in range(CELLS):
        for column in range(CELLS):
            patched = face.copy()
            top, left = (
                max(0, (edges[row] + edges[max(0, row - 1)]) // 2),
                (edges[column] + edges[max(0, column - 1)]) // 2,
            )
            bottom = (edges[row + 1] + edges[min(CELLS, row + 2)]) // 2
            right = (edges[column + 1] + edges[min(CELLS, column + 2)]) // 2
            patched[top:bottom, left:right] = GREY
            covered.append(patched)
    vectors = embed([reference, face, *covered])
    found = squared_distances(vectors[:1], vectors[1:])[0]
    return float(found[0]), (found[1:] - found[0]).reshape(CELLS, CELLS)


@dataclass(frozen=True)
class Triplet:
    """Distances of an anchor to a positive and to a negative, and what equations 9.3 and 9.4 say of them."""

    positive: float
    negative: float

    @property
    def loss(self) -> float:
        """Equation 9.4 of this triplet, cut off at zero."""
        return max(0.0, self.positive - self.negative + MARGIN)

    @property
    def kind(self) -> str:
        if self.negative <= self.positive:
            return "hard: the other person is nearer"
        return "semi-hard: right, but not by the margin" if self.loss else "easy: nothing to learn"


def triplet_of(embed: Embed, anchor: np.ndarray, positive: np.ndarray, negative: np.ndarray) -> Triplet:
    vectors = embed([anchor, positive, negative])
    near, far = squared_distances(vectors[:1], vectors[1:])[0]
    return Triplet(float(near), float(far))
