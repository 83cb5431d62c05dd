"""What the models answer: small frozen records of numpy arrays, checked when they are made."""

import base64
import io
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from PIL import Image

GOLDEN_SCORE = 1e-3  # a probability may differ by this much on another machine
GOLDEN_PIXELS = 1.0  # and a side of a box by this much


class Result(Protocol):
    """Every result can be read: as rows of a table, as a sentence (alt text), as JSON; and kept as plain arrays."""

    def rows(self) -> list[list[str]]: ...

    def text(self) -> str: ...

    def to_json(self) -> dict: ...

    def arrays(self) -> dict[str, np.ndarray]:
        """What a golden output keeps of it."""

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        """In words what differs from `golden`, the arrays of an earlier answer to the same input; "": nothing."""


def shapes_differ(found: dict[str, np.ndarray], golden: dict[str, np.ndarray]) -> str:
    """Whether the two hold arrays of the same names and shapes; "" where they do."""
    told = [{name: array.shape for name, array in arrays.items()} for arrays in (golden, found)]
    return "" if told[0] == told[1] else f"expected {told[0]}, got {told[1]}"


def png_base64(pixels: np.ndarray) -> str:
    """Pixels (H, W, 3) or a map (H, W), uint8, as a PNG in base64: how JSON holds a picture."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


@dataclass(frozen=True)
class Labels:
    """Probabilities of classes. `names`: all classes; `probabilities` (classes,) float32, in 0..1, summing to 1."""

    names: tuple[str, ...]
    probabilities: np.ndarray

    def __post_init__(self) -> None:
        if self.probabilities.shape != (len(self.names),):
            raise ValueError(
                f"expected probabilities ({len(self.names)},), one a name, got {self.probabilities.shape}"
            )
        if not np.isfinite(self.probabilities).all():
            raise ValueError("expected finite probabilities, got NaN or infinity")
        if abs(float(self.probabilities.sum()) - 1) > 1e-3:
            raise ValueError(f"expected probabilities that sum to 1, got {self.probabilities.sum()}")

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The `count` most probable (name, probability), best first; equal ones in class order."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.names[i], float(self.probabilities[i])) for i in order]

    def rows(self, count: int = 5) -> list[list[str]]:
        return [[name, f"{probability:.1%}"] for name, probability in self.top(count)]

    def text(self) -> str:
        listed = ", ".join(f"{name} {probability:.0%}" for name, probability in self.top(3))
        return f"Most probable classes: {listed}."

    def to_json(self, count: int = 5) -> dict:
        return {"labels": [{"label": n, "probability": round(p, 6)} for n, p in self.top(count)]}

    def arrays(self) -> dict[str, np.ndarray]:
        return {"probabilities": self.probabilities}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        if words := shapes_differ(self.arrays(), golden):
            return words
        distance = np.abs(self.probabilities - golden["probabilities"]).max()
        return "" if distance <= GOLDEN_SCORE else f"a probability differs by {distance:.2g}"


@dataclass(frozen=True)
class Boxes:
    """Objects found in a picture, the most certain first.

    `names`: all classes; `boxes_xyxy` (N, 4) float32, pixels of the picture given, x0 <= x1 and y0 <= y1;
    `labels` (N,) int64, index into `names`; `scores` (N,) float32 in 0..1, descending; `size_hw` of the picture.
    """

    names: tuple[str, ...]
    boxes_xyxy: np.ndarray
    labels: np.ndarray
    scores: np.ndarray
    size_hw: tuple[int, int]

    def __post_init__(self) -> None:
        count = len(self.scores)
        if self.boxes_xyxy.shape != (count, 4) or self.labels.shape != (count,):
            raise ValueError(
                f"expected boxes ({count}, 4) and labels ({count},), one a score, "
                f"got {self.boxes_xyxy.shape} and {self.labels.shape}"
            )
        if not (np.isfinite(self.boxes_xyxy).all() and np.isfinite(self.scores).all()):
            raise ValueError("expected finite boxes and scores, got NaN or infinity")
        if (self.boxes_xyxy[:, :2] > self.boxes_xyxy[:, 2:]).any():
            raise ValueError("expected boxes x0, y0, x1, y1 with x0 <= x1 and y0 <= y1")
        if count and not (self.labels.min() >= 0 and self.labels.max() < len(self.names)):
            raise ValueError(f"expected labels below {len(self.names)}, got {self.labels.max()}")
        if (np.diff(self.scores) > 0).any():
            raise ValueError("expected scores in descending order")

    def __len__(self) -> int:
        return len(self.scores)

    def chosen(self, keep: np.ndarray) -> "Boxes":
        """The boxes at `keep`: ascending indices, or a mask (N,) of bool."""
        return replace(
            self, boxes_xyxy=self.boxes_xyxy[keep], labels=self.labels[keep], scores=self.scores[keep]
        )

    def counts(self) -> dict[str, int]:
        """How many objects of each class that occurs, in the order of `names`."""
        found = np.bincount(self.labels, minlength=len(self.names))
        return {name: int(count) for name, count in zip(self.names, found, strict=True) if count}

    def rows(self) -> list[list[str]]:
        return [
            [self.names[label], f"{score:.1%}", ", ".join(f"{side:.0f}" for side in box)]
            for box, label, score in zip(self.boxes_xyxy, self.labels, self.scores, strict=True)
        ]

    def text(self) -> str:
        if not len(self):
            return "No object found."
        listed = ", ".join(f"{count} {name}" for name, count in self.counts().items())
        return f"Found: {listed}. Most certain: {self.names[self.labels[0]]} {self.scores[0]:.0%}."

    def to_json(self) -> dict:
        return {
            "boxes": [
                {
                    "label": self.names[label],
                    "score": round(float(score), 6),
                    "box_xyxy": [round(float(side), 2) for side in box],
                }
                for box, label, score in zip(self.boxes_xyxy, self.labels, self.scores, strict=True)
            ],
            "size_hw": list(self.size_hw),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        return {"boxes_xyxy": self.boxes_xyxy, "labels": self.labels, "scores": self.scores}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        """Boxes are compared with the nearest of their class: equal scores may change places."""
        if words := shapes_differ(self.arrays(), golden):
            return words
        free = np.ones(len(self), bool)
        for box, label, score in zip(golden["boxes_xyxy"], golden["labels"], golden["scores"], strict=True):
            far = np.abs(self.boxes_xyxy - box).max(axis=1)
            far[~free | (self.labels != label)] = np.inf
            nearest = int(far.argmin())
            if far[nearest] > GOLDEN_PIXELS:
                return f"no {self.names[label]} within {GOLDEN_PIXELS:g} pixel of the box {np.round(box)}"
            free[nearest] = False
            if abs(self.scores[nearest] - score) > 10 * GOLDEN_SCORE:
                return f"the score of a box differs by {abs(self.scores[nearest] - score):.2g}"
        return ""


@dataclass(frozen=True)
class Location:
    """One object at most: the output vector of equation 8.1, (p_c, b_x, b_y, b_h, b_w, c_1, ..., c_C).

    `vector` (5 + C,) float32: p_c is the probability that an object is there; b_x, b_y the centre and b_h, b_w the
    height and width of its box as shares of the picture's width and height; c the probabilities of the classes.
    `size_hw` of the picture given.
    """

    names: tuple[str, ...]
    vector: np.ndarray
    size_hw: tuple[int, int]

    def __post_init__(self) -> None:
        if self.vector.shape != (5 + len(self.names),):
            raise ValueError(f"expected a vector ({5 + len(self.names)},), got {self.vector.shape}")
        if not np.isfinite(self.vector).all():
            raise ValueError("expected a finite vector, got NaN or infinity")

    @property
    def box_xyxy(self) -> np.ndarray:
        """(4,) float32 in pixels of the picture, cut at its border."""
        height, width = self.size_hw
        x, y, h, w = self.vector[1:5]
        corners = np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2]) * (width, height, width, height)
        return np.clip(corners, 0, (width, height, width, height)).astype(np.float32)

    @property
    def label(self) -> str:
        return self.names[int(self.vector[5:].argmax())]

    def rows(self) -> list[list[str]]:
        parts = ["p_c", "b_x", "b_y", "b_h", "b_w", *(f"c_{i + 1} ({n})" for i, n in enumerate(self.names))]
        return [[part, f"{value:.3f}"] for part, value in zip(parts, self.vector, strict=True)]

    def text(self) -> str:
        certain = f"an object with probability {self.vector[0]:.0%}"
        if self.vector[0] < 0.5:
            return f"No object: {certain}."
        box = ", ".join(f"{side:.0f}" for side in self.box_xyxy)
        return f"One {self.label} ({certain}) in the box {box}."

    def to_json(self) -> dict:
        return {
            "object": round(float(self.vector[0]), 6),
            "label": self.label,
            "box_xyxy": [round(float(side), 2) for side in self.box_xyxy],
            "vector": [round(float(value), 6) for value in self.vector],
            "size_hw": list(self.size_hw),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        return {"vector": self.vector}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        if words := shapes_differ(self.arrays(), golden):
            return words
        distance = np.abs(self.vector - golden["vector"]).max()
        return "" if distance <= GOLDEN_SCORE else f"a number of the vector differs by {distance:.2g}"
