"""Where might an object be? Selective search, after "Selective Search for Object Recognition"
(Uijlings, van de Sande, Gevers, Smeulders; 2013).

The idea that mattered: objects have no one size, so group. Begin with many small segments (Felzenszwalb and
Huttenlocher, 2004), merge the two neighbours that are most alike, again and again until one region is left: every
region that ever existed proposes its bounding box. Alike means four things at once, each in 0..1: colour and texture
(histogram intersection), both small, and one filling the gaps of the other. Because no single likeness suits every
picture, several groupings are made (colour spaces, coarseness of the start) and their boxes put into one order.

Deviations: the picture is shrunk first; the colour spaces are HSV, Lab and RGB; one set of likenesses (all four);
boxes with a side under 8 pixels are left out.
"""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from hub_models.errors import BadInput
from hub_models.grouping import Grouping, Strategy, group

LONGEST_ASPECT = 100  # of a picture: a thinner strip has no side left when it is shrunk
STRATEGIES = (
    Strategy(colour="lab", scale=100),
    Strategy(colour="hsv", scale=50),
    Strategy(colour="rgb", scale=50),
    Strategy(colour="rgb", scale=25),
)


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """`boxes_xyxy` (N, 4) float32, pixels of the picture given, most object-like first, none twice.

    `scale`: by which the picture was shrunk before the groupings.
    """

    boxes_xyxy: np.ndarray
    groupings: tuple[Grouping, ...] = field(repr=False)
    scale: float = 1.0


def selective_search(
    pixels: np.ndarray,
    *,
    most: int = 2000,
    longest: int = 256,
    least_side: float = 8.0,
    seed: int = 0,
    strategies: tuple[Strategy, ...] = STRATEGIES,
) -> Proposals:
    """(H, W, 3) uint8 RGB -> at most `most` boxes with sides of at least `least_side` pixels.

    The picture is shrunk until its longest side has `longest` pixels. `seed` decides the order within a rank.
    """
    height, width = pixels.shape[:2]
    if max(height, width) > LONGEST_ASPECT * min(height, width):
        raise BadInput(
            "aspect",
            f"Expected a picture at most {LONGEST_ASPECT} times as long as wide, got {width} x {height} pixels.",
        )
    scale = min(1.0, longest / max(height, width))
    small = Image.fromarray(pixels)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = small.resize(size, Image.Resampling.BILINEAR)
    groupings = tuple(group(np.asarray(small), strategy) for strategy in strategies)
    grown = np.array([width / small.width, height / small.height] * 2, np.float32)
    boxes = ranked([grouping.boxes * grown for grouping in groupings], seed)
    boxes = boxes[(boxes[:, 2:] - boxes[:, :2] >= least_side).all(axis=1)]
    return Proposals(boxes_xyxy=boxes[:most], groupings=groupings, scale=scale)


def ranked(groupings: list[np.ndarray], seed: int) -> np.ndarray:
    """Boxes of several groupings, each in the order of merging -> all in one order, each box once.

    The last region of a grouping has rank 1, the one before it 2, ...; a rank times a random number in 0..1 is the
    place in the common order, so that large regions do not always win (section 3.4 of the paper).
    """
    random = np.random.default_rng(seed)
    places = [np.arange(len(boxes), 0, -1) * random.random(len(boxes)) for boxes in groupings]
    boxes = np.concatenate(groupings)[np.argsort(np.concatenate(places), kind="stable")]
    _, first = np.unique(np.round(boxes), axis=0, return_index=True)
    return boxes[np.sort(first)]
