"""Pictures with boxes as a detector sees them in training: letterboxed, moved, mirrored, in other light.

All pictures of a batch share one canvas. Boxes are moved with the picture; of an object that was cut at the border
less than a quarter may remain before it no longer counts.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.transforms import v2

from hub_models.architectures.detection import Targets, clip_boxes, sides
from hub_models.box_dataset import BoxedPictures
from hub_models.predictors.detector import letterbox
from hub_models.preprocess import InputSpec

BoxAugmentation = Literal["none", "photo", "any_way_up"]
LEAST_LEFT = 0.25  # of an object's area inside the picture
LEAST_SIDE = 2.0  # pixels
NO_LABEL = -1


@dataclass(frozen=True)
class Move:
    """Scale about the corner, then shift (pixels), then mirror: (B, 4) boxes and the picture the same way."""

    scale: float
    shift_xy: tuple[float, float]
    mirrored: bool
    upside_down: bool

    def picture(self, picture: Tensor, fill: list[int], canvas_hw: tuple[int, int] | None = None) -> Tensor:
        """(3, h, w) uint8 -> the canvas, by default of the same size; what comes in from outside is `fill`."""
        height, width = picture.shape[1:]
        new_h, new_w = max(1, round(height * self.scale)), max(1, round(width * self.scale))
        resized = v2.functional.resize(picture, [new_h, new_w], antialias=True)
        canvas = torch.tensor(fill, dtype=torch.uint8)[:, None, None].repeat(
            1, *(canvas_hw or (height, width))
        )
        return self.placed(resized, canvas)

    def placed(self, resized: Tensor, canvas: Tensor) -> Tensor:
        """What was (C, h, w) and is resized already, where it belongs on `canvas` (C, H, W), which is changed."""
        (new_h, new_w), (height, width) = resized.shape[1:], canvas.shape[1:]
        left, top = round(self.shift_xy[0]), round(self.shift_xy[1])
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(width, left + new_w), min(height, top + new_h)
        if x0 < x1 and y0 < y1:
            canvas[:, y0:y1, x0:x1] = resized[:, y0 - top : y1 - top, x0 - left : x1 - left]
        flips = [2] * self.mirrored + [1] * self.upside_down
        return canvas.flip(flips) if flips else canvas

    def boxes(self, boxes: Tensor, size_hw: tuple[int, int]) -> Tensor:
        """(N, 4) xyxy -> where they are now, not yet cut at the border of the canvas."""
        height, width = size_hw
        moved = boxes * self.scale + torch.tensor([round(s) for s in self.shift_xy] * 2, dtype=boxes.dtype)
        if self.mirrored:
            moved = torch.stack([width - moved[:, 2], moved[:, 1], width - moved[:, 0], moved[:, 3]], 1)
        if self.upside_down:
            moved = torch.stack([moved[:, 0], height - moved[:, 3], moved[:, 2], height - moved[:, 1]], 1)
        return moved


NO_MOVE = Move(1.0, (0.0, 0.0), False, False)


def draw_move(size_hw: tuple[int, int], upside_down: bool, canvas_hw: tuple[int, int] | None = None) -> Move:
    """A move drawn from torch's random numbers: 0.7 to 1.4 times as large, shifted so that most stays inside.

    `canvas_hw`: of what the picture is moved onto, by default as large as the picture.
    """
    (height, width), (canvas_h, canvas_w) = size_hw, canvas_hw or size_hw
    scale, x, y, mirror, flip = torch.rand(5).tolist()
    scale = 0.7 * 2**scale  # 0.7 to 1.4, shrinking as likely as growing
    room = (canvas_w - width * scale, canvas_h - height * scale)  # below 0: how much is cut off
    return Move(scale, (x * room[0], y * room[1]), mirror < 0.5, upside_down and flip < 0.5)


class AugmentedBoxes(Dataset):
    """`data[(epoch, i)]` -> (picture (3, h, w) uint8, boxes (M, 4), labels (M,), proposals (P, 4)).

    The same for the same seed, epoch and i. M is the largest number of objects in a picture; what is not used has the
    label -1. `proposals`: boxes of each picture by selective search, or None: then P = 0.
    """

    def __init__(
        self,
        data: BoxedPictures,
        spec: InputSpec,
        stride: int,
        augment: BoxAugmentation,
        seed: int,
        proposals: list[np.ndarray] | None = None,
    ) -> None:
        self.data, self.spec, self.stride, self.augment, self.seed = data, spec, stride, augment, seed
        self.canvas_hw = tuple(-(-side // stride) * stride for side in spec.size_hw)
        self.fill = [round(255 * mean) for mean in spec.mean]
        self.most = max(1, *(len(boxes) for boxes in data.boxes))
        self.proposals = proposals
        self.most_proposals = max((len(p) for p in proposals), default=0) if proposals else 0
        self.light = v2.ColorJitter(0.3, 0.3, 0.3, 0.02)
        self.kept: dict[int, tuple[Tensor, float]] = {}

    def __len__(self) -> int:
        return len(self.data)

    def letterboxed(self, index: int) -> tuple[Tensor, float]:
        """((3, h, w) uint8 on the canvas, factor by which the picture grew), decoded once."""
        if index not in self.kept:
            seen, scale = letterbox(self.data.read(index), self.spec, self.stride)
            canvas = torch.tensor(self.fill, dtype=torch.uint8)[:, None, None].repeat(1, *self.canvas_hw)
            canvas[:, : seen.shape[1], : seen.shape[2]] = torch.from_numpy(seen)
            self.kept[index] = canvas, scale
        return self.kept[index]

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        epoch, index = key
        picture, scale = self.letterboxed(index)
        move = NO_MOVE
        if self.augment != "none":
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed((self.seed * 1_000_003 + epoch) * 1_000_003 + index)
                move = draw_move(self.canvas_hw, self.augment == "any_way_up")
                picture = self.light(move.picture(picture, self.fill))
        boxes = move.boxes(torch.from_numpy(self.data.boxes[index]).float() * scale, self.canvas_hw)
        labels = torch.from_numpy(self.data.labels[index]).long()
        boxes, kept = still_inside(boxes, self.canvas_hw)
        return (
            picture,
            padded(boxes, self.most),
            padded(labels[kept], self.most, NO_LABEL),
            self.moved_proposals(index, scale, move),
        )

    def moved_proposals(self, index: int, scale: float, move: Move) -> Tensor:
        if self.proposals is None:
            return torch.zeros(0, 4)
        boxes = move.boxes(torch.from_numpy(self.proposals[index]).float() * scale, self.canvas_hw)
        return padded(still_inside(boxes, self.canvas_hw)[0], self.most_proposals)


def still_inside(boxes: Tensor, size_hw: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """(boxes cut at the border, without those of which little is left; mask (N,) of what was kept)."""
    cut = clip_boxes(boxes, size_hw)
    left = sides(cut).prod(1) / sides(boxes).prod(1).clamp(min=1e-6)
    kept = (left >= LEAST_LEFT) & (sides(cut) >= LEAST_SIDE).all(1)
    return cut[kept], kept


def padded(rows: Tensor, most: int, value: float = 0.0) -> Tensor:
    """(N, ...) -> (most, ...), the rest filled with `value`."""
    full = rows.new_full((most, *rows.shape[1:]), value)
    full[: len(rows)] = rows[:most]
    return full


def targets_of(boxes: Tensor, labels: Tensor) -> Targets:
    """A batch of padded boxes (B, M, 4) and labels (B, M) -> the true objects of each picture."""
    real = labels != NO_LABEL
    return Targets(
        [b[r] for b, r in zip(boxes, real, strict=True)], [n[r] for n, r in zip(labels, real, strict=True)]
    )


def proposals_of(proposals: Tensor) -> list[Tensor]:
    """A batch of padded proposals (B, P, 4) -> those of each picture that are boxes."""
    return [p[(sides(p) > 0).all(1)] for p in proposals]
