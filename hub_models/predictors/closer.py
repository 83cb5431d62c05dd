"""Look closer: where most of what a network finds is tiny, it is asked again about the picture enlarged.

A network learns objects of the sizes that its pictures have. What is smaller than two cells of its map it may still
notice, but cannot outline. Looking at a picture in several sizes is the old remedy, the image pyramid; here the second
size is looked at only where the first shows that it is needed, for it has nine times as many pixels.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hub_models import compute
from hub_models.predictors.detector import growth, select
from hub_models.preprocess import InputSpec
from hub_models.segments import Instances

SURE = 0.3  # score from which an object counts here
OVERLAP = 0.5  # IoU with a better one from which it does not
CROWD = 50  # objects, at least: some specks in a picture of one cell are no reason
TINY = 8.0  # pixels of the network's picture: median side, below which they are looked at again
CLOSER = 3  # times as large

Find = Callable[[InputSpec], Instances]  # the objects of a picture that the network sees in this size


def look_closer(find: Find, spec: InputSpec) -> Instances:
    """What `find` finds in the size of `spec`; where that is a crowd of tiny objects, what it finds enlarged.

    Overloaded `cancelled` between the two.
    """
    found = find(spec)
    if not is_tiny_crowd(found, spec):
        return found
    compute.check()
    return find(enlarged(spec))


def enlarged(spec: InputSpec) -> InputSpec:
    height, width = spec.size_hw
    return replace(spec, size_hw=(CLOSER * height, CLOSER * width))


def is_tiny_crowd(found: Instances, spec: InputSpec) -> bool:
    return is_tiny(seen_sides(found, spec))


def is_tiny(seen: np.ndarray) -> bool:
    """Whether objects of these sides (n,), as `seen_sides` counts them, are to be looked at again."""
    return len(seen) >= CROWD and float(np.median(seen)) < TINY


def seen_sides(found: Instances, spec: InputSpec) -> np.ndarray:
    """(n,) square roots of the areas of the boxes that count, in pixels of the picture that the network sees.

    Boxes that overlap a better one do not count: a large object has many candidates.
    """
    boxes = select(found, SURE, OVERLAP, most=len(found)).boxes_xyxy
    return growth(spec, found.size_hw) * np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(axis=1))
