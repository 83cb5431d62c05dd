"""What a region proposal network says, as HTML: objectness at every cell, and the boxes that come of it."""

import numpy as np

from hub_models import draw
from hub_models.picture import decode_picture
from hub_models.ui.components import show_picture, uploaded
from hub_models.ui.detections import for_eyes, resized_boxes, show_frames
from hub_models.ui.network_picture import network_picture

ANCHOR, PROPOSAL, REFINED = 1, 3, 0  # styles of lines


def proposed(predictor, picture: str | None) -> tuple:
    """(RegionProposals, the network's picture (h, w, 3), the same as a tensor) of the visitor's picture."""
    from hub_models.inside.proposals import region_proposals

    pixels = decode_picture(uploaded(picture)).pixels
    x, _ = predictor.preprocess(pixels)
    return region_proposals(predictor.network, x), network_picture(predictor, pixels), x


def heat_of(found, seen: np.ndarray, count: int) -> str:
    """Objectness at every cell, and the likeliest proposals."""
    best = found.proposals[:count]
    large = for_eyes(draw.overlay(seen, found.objectness_map(), 0.5))
    boxes = resized_boxes(best, seen.shape[:2], large.shape[:2])
    rows, columns, each = found.objectness.shape
    says = (
        f"{rows} x {columns} cells of {found.stride} pixels with {each} anchors each; bright: likely an object. Framed: "
        f"the {len(best)} likeliest of {len(found.proposals)} proposals, near duplicates left out."
    )
    return show_picture(draw.framed(large, boxes, [PROPOSAL] * len(boxes), [""] * len(boxes)), says)


def steps_of(found, i: int) -> np.ndarray:
    """(3, 4): the anchor of proposal `i`, the proposal, and the box that the second stage makes of it."""
    row, column, which = found.origins[i]
    return np.stack([found.anchors[row, column, which], found.proposals[i], found.refined[i]])


def picture_of_steps(found, seen: np.ndarray, names: tuple[str, ...], i: int, verdict: str) -> str:
    """The three boxes of `steps_of` in the network's picture; `verdict` is a sentence with {} for what is said of it."""
    row, column, which = found.origins[i]
    said = f"{names[found.labels[i]]} {found.certainty[i]:.0%}"
    says = (
        f"Proposal {i + 1} of {len(found.proposals)}, objectness {found.scores[i]:.0%}, from anchor {which + 1} of cell "
        f"({row}, {column}). {verdict.format(said)}"
    )
    boxes, styles = steps_of(found, i)[::-1], [REFINED, PROPOSAL, ANCHOR]  # the last step on top
    meaning = [(ANCHOR, "anchor"), (PROPOSAL, "proposal"), (REFINED, "refined box")]
    return show_frames(seen, boxes, styles, [said, "", ""], says) + draw.line_legend(meaning)
