"""A window that slides over the picture, after "OverFeat: Integrated Recognition, Localization and Detection
using Convolutional Networks" (Sermanet, Eigen, Zhang, Mathieu, Fergus, LeCun; 2014).

The idea that mattered: the dense layers of a classifier of crops are convolutions too, the first of them as
large as the map it receives, the others 1x1. So the very same weights run over a picture of any size and give
a map with one place for every position of the window, and what neighbouring windows share is computed once.
`mode` says which of the two ways is taken:

    windows          every window is cut out and goes through the whole network alone (naive sliding window)
    convolutional    the whole picture goes through the network once, and the answers stand side by side

Both give the same numbers: no convolution pads, so a place of the map knows its window and nothing else. Objects
of other sizes are found on a pyramid: the picture is made smaller or larger until they fill the window. A window
that is not square is a square one on a picture that was squeezed. A border of mean colour lets windows reach over
the edge. A second head moves and stretches the window to the object it holds, one box a class.

Deviations: a small network with batch normalisation; boxes regressed as in R-CNN (shift in sides of the window,
logarithm of the growth; smooth L1 instead of squared error); non-max suppression instead of merging boxes; no
second pass of the last pooling with shifted windows.

Crops (B, 3, 40, 40) -> (B, classes + 1 + 4 classes): logits, the last of them background, then a box a class.
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import conv_bn_relu
from hub_models.architectures.detection import Found, clip_boxes, decode_boxes, found_from

WINDOW, STRIDE = 40, 8  # of the layers below: ((3 * 2 + 2) * 2 + 2) * 2 + 4 and 2 * 2 * 2
BATCH = 64  # windows together in the naive way
OFFSETS_SCALE = 10.0  # offsets are small: the head gives them tenfold, as in Fast R-CNN's reference code


class Level(NamedTuple):
    """The picture at one size of the pyramid."""

    pictures: Tensor  # (B, 3, h, w) with its border
    factor_hw: tuple[float, float]  # by which height and width grew

    @property
    def map_hw(self) -> tuple[int, int]:
        """Positions of the window: down, across."""
        height, width = self.pictures.shape[2:]
        return (height - WINDOW) // STRIDE + 1, (width - WINDOW) // STRIDE + 1


class Answers(NamedTuple):
    """What all windows of all levels say; a position is a window."""

    windows: Tensor  # (positions, 4) xyxy, pixels of the picture; those of the border reach over its edge
    probabilities: Tensor  # (B, positions, classes + 1), the last of them background
    offsets: Tensor | None  # (B, positions, classes, 4) as `decode_boxes` wants them


class OverFeat(nn.Module, PyTorchModelHubMixin):
    """Three convolutions with pooling, two dense layers as convolutions, and the heads."""

    stride, window = STRIDE, WINDOW
    between_batches: Callable[[], None] | None = None  # called by the naive way, which takes long: may raise

    def __init__(
        self,
        classes: int = 3,
        mode: Literal["windows", "convolutional"] = "convolutional",
        regresses: bool = True,
        sides: tuple[float, ...] = (42.0, 90.0, 110.0, 160.0, 220.0),
        aspects: tuple[float, ...] = (1.0,),
        border: int = 16,
        channels: tuple[int, int, int, int] = (16, 32, 64, 160),
    ) -> None:
        """`sides`: of the windows in pixels of the picture; `aspects`: their width / height at equal area.

        `border`: pixels around each level. `regresses` False: the box is the window, and there is no second head.
        """
        super().__init__()
        self.classes, self.mode, self.regresses, self.border = classes, mode, regresses, border
        self.sides, self.aspects = tuple(sides), tuple(aspects)
        first, second, third, dense = channels
        self.features = nn.Sequential(  # 40 -> 36 -> 18 -> 16 -> 8 -> 6 -> 3
            conv_bn_relu(3, first, kernel_size=5),
            nn.MaxPool2d(2),
            conv_bn_relu(first, second, kernel_size=3),
            nn.MaxPool2d(2),
            conv_bn_relu(second, third, kernel_size=3),
            nn.MaxPool2d(2),
        )
        self.dense = nn.Sequential(  # (64, 3, 3) -> (160, 1, 1): what a linear layer on 576 numbers computes
            conv_bn_relu(third, dense, kernel_size=3),
            nn.Dropout(0.3),
            conv_bn_relu(dense, dense, kernel_size=1),
        )
        self.classifier = nn.Conv2d(dense, classes + 1, 1)
        self.boxes = nn.Conv2d(dense, 4 * classes, 1) if regresses else None

    def maps(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, outputs, positions down, positions across)."""
        x = self.dense(self.features(pictures))
        heads = [self.classifier(x)] if self.boxes is None else [self.classifier(x), self.boxes(x)]
        return torch.cat(heads, dim=1)

    def forward(self, crops: Tensor) -> Tensor:
        return self.maps(crops).flatten(1)  # (B, outputs, 1, 1) -> (B, outputs)

    def split(self, outputs: Tensor) -> tuple[Tensor, Tensor | None]:
        """(N, outputs) -> logits (N, classes + 1) and offsets (N, classes, 4) as `decode_boxes` wants them."""
        logits, offsets = outputs[:, : self.classes + 1], outputs[:, self.classes + 1 :]
        return logits, offsets.unflatten(1, (-1, 4)) / OFFSETS_SCALE if self.regresses else None

    def windows(self) -> list[tuple[float, float]]:
        """Height and width of every window in pixels of the picture, the pyramid's levels in order."""
        return [(side / a**0.5, side * a**0.5) for side in self.sides for a in self.aspects]

    def pyramid(self, pictures: Tensor) -> Iterator[Level]:
        """The levels on which (B, 3, H, W) holds at least one window."""
        height, width = pictures.shape[2:]
        for window_h, window_w in self.windows():
            size = max(1, round(height * WINDOW / window_h)), max(1, round(width * WINDOW / window_w))
            if min(size) + 2 * self.border < WINDOW:
                continue
            smaller = F.interpolate(pictures, size, mode="bilinear", antialias=True, align_corners=False)
            yield Level(F.pad(smaller, (self.border,) * 4), (size[0] / height, size[1] / width))

    def one_by_one(self, pictures: Tensor) -> Tensor:
        """The same as `maps`, every window on its own: (B, 3, H, W) -> (B, outputs, down, across)."""
        cut = pictures.unfold(2, WINDOW, STRIDE).unfold(3, WINDOW, STRIDE)  # (B, 3, down, across, 40, 40)
        batch, _, down, across = cut.shape[:4]
        cut = cut.permute(0, 2, 3, 1, 4, 5)
        answers = []
        for number in range(0, batch * down * across, BATCH):
            if self.between_batches is not None:
                self.between_batches()
            chosen = torch.arange(number, min(number + BATCH, batch * down * across))
            places = torch.unravel_index(chosen, (batch, down, across))
            answers.append(self(cut[places]))
        return torch.cat(answers).unflatten(0, (batch, down, across)).permute(0, 3, 1, 2)

    def positions(self, level: Level) -> Tensor:
        """The window of every position of the map, row by row: (down * across, 4) xyxy, pixels of the picture."""
        down, across = level.map_hw
        top, left = torch.meshgrid(torch.arange(down), torch.arange(across), indexing="ij")
        corner = torch.stack([left, top], dim=-1).reshape(-1, 2) * STRIDE - self.border  # x, y in the level
        factor = torch.tensor([level.factor_hw[1], level.factor_hw[0]])
        boxes = torch.cat([corner / factor, (corner + WINDOW) / factor], dim=1)
        return boxes.to(level.pictures.device)

    def answers_on(self, level: Level, together: bool) -> Answers:
        """What every window of one level says, in one pass or one by one."""
        look = self.maps if together else self.one_by_one
        outputs = look(level.pictures).flatten(2).transpose(1, 2)  # (B, C, down, across) -> (B, P, C)
        logits, offsets = self.split(outputs.flatten(0, 1))
        shape = outputs.shape[:2]
        return Answers(
            self.positions(level),
            logits.softmax(1).unflatten(0, shape),
            None if offsets is None else offsets.unflatten(0, shape),
        )

    def answers(self, pictures: Tensor) -> Answers:
        """What every window of every level says of (B, 3, H, W)."""
        levels = [self.answers_on(level, self.mode == "convolutional") for level in self.pyramid(pictures)]
        windows, probabilities, offsets = zip(*levels, strict=True)
        moved = torch.cat(offsets, dim=1) if self.regresses else None
        return Answers(torch.cat(windows), torch.cat(probabilities, dim=1), moved)

    def boxes_of(self, windows: Tensor, offsets: Tensor | None, size_hw: tuple[int, int]) -> Tensor:
        """Windows (P, 4), moved and stretched by offsets (P, classes, 4) where there are any, cut at the border.

        (P, 4), or (P, classes, 4).
        """
        return clip_boxes(windows if offsets is None else decode_boxes(offsets, windows[:, None]), size_hw)

    def detect(self, pictures: Tensor) -> list[Found]:
        """(B, 3, H, W) -> every window as a box, a `Found` a picture."""
        windows, probabilities, offsets = self.answers(pictures)
        found = []
        for number in range(len(pictures)):
            own = None if offsets is None else offsets[number]
            boxes = self.boxes_of(windows, own, tuple(pictures.shape[2:]))
            found.append(found_from(boxes, probabilities[number, :, :-1]))
        return found


MODEL = OverFeat
PREDICTOR = "windows:WindowDetector"
EXAMPLE = ({"classes": 3}, (2, 3, 40, 40), (2, 16))
