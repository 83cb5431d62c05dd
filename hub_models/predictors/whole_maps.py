"""Objects from maps that cover the whole picture (Mask2Former, SAM), with the box that each map fills."""

import numpy as np
from torch import Tensor
from torch.nn import functional as F

from hub_models.segments import Instances

MOST_CELLS = 96  # of a side of a mask that is kept: it has to fit into the memory of a session


def to_instances(
    logits: Tensor, labels: Tensor, scores: Tensor, names: tuple[str, ...], size_hw: tuple[int, int]
) -> Instances:
    """Mask logits (N, h, w) that cover a picture of `size_hw`, with labels (N,) and scores (N,) in 0..1 -> Instances.

    The box is that of the cells above one half, at twice the resolution and one such cell wider, so that the
    enlarged mask can fall below one half inside of it. A map that is nowhere above one half is no object.
    """
    order = scores.argsort(descending=True, stable=True)
    boxes, masks, kept = [], [], []
    for number in order.tolist():
        fine = F.interpolate(logits[number][None, None].float(), scale_factor=2, mode="bilinear")[
            0, 0
        ].sigmoid()
        rows, columns = ((fine > 0.5).any(side).nonzero().flatten().tolist() for side in (1, 0))
        if not rows:
            continue
        (top, bottom), (left, right) = (
            (max(0, cells[0] - 1), min(most, cells[-1] + 2))
            for cells, most in zip((rows, columns), fine.shape, strict=True)
        )
        boxes.append(
            [left / fine.shape[1], top / fine.shape[0], right / fine.shape[1], bottom / fine.shape[0]]
        )
        masks.append(shrunk(fine[top:bottom, left:right]))
        kept.append(number)
    height, width = size_hw
    shares = np.array(boxes, np.float32).reshape(-1, 4)
    return Instances(
        names,
        shares * np.float32([width, height, width, height]),
        labels[kept].cpu().numpy().astype(np.int64),
        scores[kept].float().cpu().numpy(),
        tuple(masks),
        size_hw,
    )


def shrunk(mask: Tensor) -> np.ndarray:
    """A mask (h, w) with at most `MOST_CELLS` cells a side, as numpy."""
    size = [min(side, MOST_CELLS) for side in mask.shape]
    if size != list(mask.shape):
        mask = F.adaptive_avg_pool2d(mask[None, None], size)[0, 0]
    return mask.clamp(0, 1).cpu().numpy()
