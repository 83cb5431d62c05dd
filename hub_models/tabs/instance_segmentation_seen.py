"""What is left of the objects that a network found, at thresholds, and how it is shown."""

from dataclasses import replace

import numpy as np

from hub_models import draw_segments
from hub_models.segments import Instances
from hub_models.ui import show_picture
from hub_models.ui.candidates import Seen
from hub_models.ui.detections import resized_boxes


def found_in(seen: Seen[Instances], confidence: float, iou: float) -> Instances:
    """What is left at these thresholds."""
    from hub_models.predictors.instances import select_instances

    return select_instances(seen.candidates, confidence, iou, seen.suppresses)


def at_size(found: Instances, size_hw: tuple[int, int]) -> Instances:
    """The same objects in a picture of another size."""
    boxes = resized_boxes(found.boxes_xyxy, found.size_hw, size_hw)
    return replace(found, boxes_xyxy=boxes, size_hw=size_hw)


def show_instances(pixels: np.ndarray, found: Instances, threshold: float = 0.5, says: str = "") -> str:
    """The picture with its objects as HTML. `pixels` may be of another size than `found`."""
    drawn = draw_segments.instances(pixels, at_size(found, pixels.shape[:2]), threshold)
    return show_picture(drawn, says or found.text())
