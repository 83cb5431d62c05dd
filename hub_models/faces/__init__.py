"""Faces in a picture: their places and points, an upright crop of each, and how far two of them are apart."""

from hub_models.faces.alignment import FIXED_PLACES, align, moved, similarity, warped
from hub_models.faces.answers import Comparison, Embedding, Landmarks
from hub_models.faces.framing import ROOM, box_of, box_of_points_in, found_box, framing, inverse, moved_box
from hub_models.faces.points import (
    GROUPS,
    OUTER_CORNERS,
    POINTS,
    eye_distance,
    five_places,
    mean_error,
    mirrored_order,
)

__all__ = [
    "FIXED_PLACES",
    "GROUPS",
    "OUTER_CORNERS",
    "POINTS",
    "ROOM",
    "Comparison",
    "Embedding",
    "Landmarks",
    "align",
    "box_of",
    "box_of_points_in",
    "eye_distance",
    "five_places",
    "found_box",
    "framing",
    "inverse",
    "mean_error",
    "mirrored_order",
    "moved",
    "moved_box",
    "similarity",
    "warped",
]
