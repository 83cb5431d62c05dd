"""What is said of faces: where their points are, what a network knows one by, how far two of them are apart."""

from dataclasses import dataclass, replace

import numpy as np

from hub_models.faces.points import POINTS, eye_distance, five_places
from hub_models.results import GOLDEN_PIXELS, GOLDEN_SCORE, shapes_differ


@dataclass(frozen=True)
class Landmarks:
    """Faces of a picture with their points, the most certain first.

    `boxes_xyxy` (N, 4) float32 and `points` (N, 68, 2) float32, x and y in pixels of the picture; `scores` (N,)
    float32 in 0..1, descending: how certain it is that a face is there; `size_hw` of the picture.
    """

    boxes_xyxy: np.ndarray
    points: np.ndarray
    scores: np.ndarray
    size_hw: tuple[int, int]

    def __post_init__(self) -> None:
        count = len(self.scores)
        if self.boxes_xyxy.shape != (count, 4) or self.points.shape != (count, POINTS, 2):
            raise ValueError(
                f"expected boxes ({count}, 4) and points ({count}, {POINTS}, 2), one a score, "
                f"got {self.boxes_xyxy.shape} and {self.points.shape}"
            )
        if not all(np.isfinite(array).all() for array in (self.boxes_xyxy, self.points, self.scores)):
            raise ValueError("expected finite boxes, points and scores, got NaN or infinity")
        if (np.diff(self.scores) > 0).any():
            raise ValueError("expected scores in descending order")

    def __len__(self) -> int:
        return len(self.scores)

    def chosen(self, keep: np.ndarray) -> "Landmarks":
        """The faces at `keep`: ascending indices, or a mask (N,) of bool."""
        return replace(
            self, boxes_xyxy=self.boxes_xyxy[keep], points=self.points[keep], scores=self.scores[keep]
        )

    def largest(self) -> int:
        """The number of the face with the largest box. ValueError where there is none."""
        if not len(self):
            raise ValueError("expected at least one face")
        return int((self.boxes_xyxy[:, 2:] - self.boxes_xyxy[:, :2]).prod(1).argmax())

    def turns(self) -> np.ndarray:
        """How far each face is turned in the picture's plane, (N,) degrees; positive: clockwise."""
        places = five_places(self.points)
        x, y = np.moveaxis(places[:, 1] - places[:, 0], -1, 0)
        return np.degrees(np.arctan2(y, x))

    def rows(self) -> list[list[str]]:
        """Number, certainty, box, distance of the outer eye corners in pixels, turn in degrees."""
        apart = eye_distance(self.points)
        return [
            [
                f"{i + 1}",
                f"{score:.1%}",
                ", ".join(f"{side:.0f}" for side in box),
                f"{eyes:.0f}",
                f"{turn:.0f}",
            ]
            for i, (box, score, eyes, turn) in enumerate(
                zip(self.boxes_xyxy, self.scores, apart, self.turns(), strict=True)
            )
        ]

    def text(self) -> str:
        if not len(self):
            return "No face found."
        faces = "1 face" if len(self) == 1 else f"{len(self)} faces"
        return f"Found {faces} with {POINTS} points each; the most certain {self.scores[0]:.0%}."

    def to_json(self) -> dict:
        """`points_xy`: jaw 0-16, brows 17-26, nose 27-35, eyes 36-47, mouth 48-67."""
        return {
            "faces": [
                {
                    "score": round(float(score), 6),
                    "box_xyxy": [round(float(side), 2) for side in box],
                    "points_xy": [[round(float(x), 2), round(float(y), 2)] for x, y in points],
                }
                for box, score, points in zip(self.boxes_xyxy, self.scores, self.points, strict=True)
            ],
            "size_hw": list(self.size_hw),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        return {"boxes_xyxy": self.boxes_xyxy, "points": self.points, "scores": self.scores}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        if words := shapes_differ(self.arrays(), golden):
            return words
        if not len(self):
            return ""
        far = max(np.abs(self.arrays()[name] - golden[name]).max() for name in ("boxes_xyxy", "points"))
        if far > GOLDEN_PIXELS:
            return f"a point or a box lies {far:.2g} pixels away"
        distance = np.abs(self.scores - golden["scores"]).max()
        return "" if distance <= 10 * GOLDEN_SCORE else f"a score differs by {distance:.2g}"


@dataclass(frozen=True)
class Embedding:
    """What a network knows a face by: `vector` (D,) float32 of length 1."""

    vector: np.ndarray

    def __post_init__(self) -> None:
        if self.vector.ndim != 1 or not self.vector.size:
            raise ValueError(f"expected a vector (D,), got {self.vector.shape}")
        if not np.isfinite(self.vector).all():
            raise ValueError("expected a finite vector, got NaN or infinity")
        if abs(float(np.linalg.norm(self.vector)) - 1) > 1e-3:
            raise ValueError(f"expected a vector of length 1, got {np.linalg.norm(self.vector):.4g}")

    def distance(self, other: "Embedding") -> float:
        """Equation 9.2: the squared distance to another, 0..4."""
        return float(((self.vector.astype(float) - other.vector) ** 2).sum())

    def rows(self) -> list[list[str]]:
        return [[f"{number}", f"{value:.4f}"] for number, value in enumerate(self.vector)]

    def text(self) -> str:
        return f"A vector of {len(self.vector)} numbers and length 1."

    def to_json(self) -> dict:
        return {"embedding": [round(float(value), 6) for value in self.vector]}

    def arrays(self) -> dict[str, np.ndarray]:
        return {"vector": self.vector}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        if words := shapes_differ(self.arrays(), golden):
            return words
        distance = np.abs(self.vector - golden["vector"]).max()
        return "" if distance <= 10 * GOLDEN_SCORE else f"a number of the vector differs by {distance:.2g}"


@dataclass(frozen=True)
class Comparison:
    """Two faces compared: their squared `distance` (equation 9.2, 0..4) and the `threshold` up to which it is one person.

    `false_accept`: share of pairs of different people below the threshold, `false_reject`: share of pairs of one person
    above it, both in 0..1 and measured on people that the network had not seen, as `measured_on` says in words. Where
    nobody measured them, threshold and both rates are None: then there is a distance, and no verdict.
    """

    distance: float
    threshold: float | None
    false_accept: float | None
    false_reject: float | None
    measured_on: str

    def __post_init__(self) -> None:
        known = [number for number in (self.threshold, *self.rates) if number is not None]
        if len(known) not in (0, 3):
            raise ValueError("expected a threshold with both of its error rates, or none of them")
        if not np.isfinite([self.distance, *known]).all() or min(self.distance, *known, 0) < 0:
            raise ValueError(f"expected finite numbers from 0, got {(self.distance, *known)}")
        if known and max(known[1:]) > 1:
            raise ValueError(f"expected error rates in 0..1, got {self.false_accept} and {self.false_reject}")

    @property
    def rates(self) -> tuple[float | None, float | None]:
        return self.false_accept, self.false_reject

    @property
    def same(self) -> bool | None:
        """Whether it is probably one person; None: without error rates nothing is said."""
        return None if self.threshold is None else self.distance <= self.threshold

    def rows(self) -> list[list[str]]:
        distance = ["squared distance (eq. 9.2)", f"{self.distance:.3f}"]
        if self.threshold is None:
            return [distance, ["answer", "none: its error rates are not known"]]
        return [
            distance,
            ["threshold", f"{self.threshold:.3f}"],
            ["answer", "same person" if self.same else "different people"],
            ["different people taken for one", f"{self.false_accept:.1%}"],
            ["one person taken for two", f"{self.false_reject:.1%}"],
        ]

    def text(self) -> str:
        if self.threshold is None:
            return f"Distance {self.distance:.2f}. {self.measured_on}"
        answer = "the same person" if self.same else "different people"
        side = "below" if self.same else "above"
        return (
            f"Probably {answer}: distance {self.distance:.2f}, {side} the threshold {self.threshold:.2f}. At this "
            f"threshold {self.false_accept:.1%} of pairs of different people are taken for one person and "
            f"{self.false_reject:.1%} of pairs of one person for two ({self.measured_on})."
        )

    def to_json(self) -> dict:
        numbers = {
            "distance": self.distance,
            "threshold": self.threshold,
            "false_accept_rate": self.false_accept,
            "false_reject_rate": self.false_reject,
        }
        rounded = {name: None if value is None else round(value, 6) for name, value in numbers.items()}
        return {"same": self.same, **rounded, "measured_on": self.measured_on}

    def arrays(self) -> dict[str, np.ndarray]:
        return {"distance": np.array([self.distance], np.float32)}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        if words := shapes_differ(self.arrays(), golden):
            return words
        far = abs(self.distance - float(golden["distance"][0]))
        return "" if far <= 0.02 else f"the distance differs by {far:.2g}"
