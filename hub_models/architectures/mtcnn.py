"""MTCNN, after "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks"
(Zhang, Zhang, Li, Qiao; 2016)

The idea that mattered: three small networks, one after the other, each stricter than the last. The first (P-Net) sees
12 x 12 pixels and is a fully convolutional sliding window, run over the picture at many sizes; it is cheap and wrong
often. What it proposes is cut out for the second (R-Net, 24 x 24 pixels), and what that keeps for the third (O-Net,
48 x 48). Each says how probably there is a face and how the box should move. Nearly all of a picture is thrown away by
the cheapest network.

Deviations: the five points that O-Net gives, too, are left out; crops are averaged by RoIAlign, and what lies beyond
the picture is grey; the last network's answers are given from 5 % on, so that a slider can choose. It cannot be trained
here: the paper trains its parts one after the other, on what the part before got wrong.

Pictures (B, 3, H, W) -> P-Net's probabilities of a face (B, (H - 10) / 2 - 4, (W - 10) / 2 - 4); `detect` -> boxes.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import nms, roi_align

from hub_models.architectures.detection import Found, clip_boxes, sides

WINDOW, STRIDE = 12, 2  # pixels that a cell of P-Net sees; between two cells
SHRINK = 0.709  # of the area of the picture about one half, from size to size
PROPOSED, REFINED, LEAST = 0.6, 0.7, 0.05  # least probability in P-Net, R-Net and O-Net
SAME_SIZE, SAME = 0.5, 0.7  # largest IoU of two boxes of one size of the picture; of all
MOST = 600  # proposals a picture
RANGE = 127.5 / 128  # its pixels were (x - 127.5) / 128, ours are (x - 127.5) / 127.5


def convolution(before: int, channels: int, kernel: int, pool: int = 0) -> list[nn.Module]:
    """Convolution without padding, PReLU and, if wanted, a pooling of stride 2 that keeps a rest at the border."""
    layers = [nn.Conv2d(before, channels, kernel), nn.PReLU(channels)]
    return [*layers, nn.MaxPool2d(pool, 2, ceil_mode=True)] if pool else layers


class Judge(nn.Module):
    """R-Net and O-Net: convolutions, a dense layer, two answers."""

    def __init__(self, layers: list[nn.Module], flat: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.hidden = nn.Sequential(nn.Linear(flat, hidden), nn.PReLU(hidden))
        self.face, self.move = nn.Linear(hidden, 2), nn.Linear(hidden, 4)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, s, s) -> (probability (N,), moves of the sides (N, 4) in widths and heights)."""
        maps = self.layers(crops).permute(0, 3, 2, 1)  # column after column, as the weights were learned
        x = self.hidden(torch.flatten(maps, 1))
        return self.face(x).softmax(1)[:, 1], self.move(x)


class MTCNN(nn.Module, PyTorchModelHubMixin):
    """`smallest`: pixels of the narrowest face that is looked for, in the picture that it is given."""

    stride = 1

    def __init__(self, classes: int = 1, smallest: int = 20) -> None:
        super().__init__()
        self.classes, self.smallest = classes, smallest
        self.propose = nn.Sequential(
            *convolution(3, 10, 3, 2), *convolution(10, 16, 3), *convolution(16, 32, 3)
        )
        self.face, self.move = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)
        refine = [*convolution(3, 28, 3, 3), *convolution(28, 48, 3, 3), *convolution(48, 64, 2)]
        self.refine = Judge(refine, 64 * 3 * 3, 128)
        judge = [
            *convolution(3, 32, 3, 3),
            *convolution(32, 64, 3, 3),
            *convolution(64, 64, 3, 2),
            *convolution(64, 128, 2),
        ]
        self.judge = Judge(judge, 128 * 3 * 3, 256)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.face(self.propose(pictures * RANGE)).softmax(1)[:, 1]

    def sizes(self, size_hw: tuple[int, int]) -> list[tuple[int, int]]:
        """The sizes (H, W) at which P-Net sees a picture: `smallest` becomes WINDOW, then smaller ones."""
        scale, found = WINDOW / self.smallest, []
        while min(size_hw) * scale >= WINDOW:
            found.append((int(size_hw[0] * scale + 1), int(size_hw[1] * scale + 1)))
            scale *= SHRINK
        return found

    def proposals(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """One picture (1, 3, H, W) -> boxes (N, 4) xyxy in its pixels, already moved, and probabilities (N,)."""
        size_hw = picture.shape[2:]
        boxes, scores = [picture.new_zeros(0, 4)], [picture.new_zeros(0)]
        for height, width in self.sizes(size_hw):
            maps = self.propose(F.interpolate(picture, (height, width), mode="area") * RANGE)
            probability = self.face(maps).softmax(1)[0, 1]
            rows, columns = (probability >= PROPOSED).nonzero(as_tuple=True)
            certain = probability[rows, columns]
            corner = STRIDE * torch.stack([columns, rows], dim=1).to(picture)
            growth = picture.new_tensor([size_hw[1] / width, size_hw[0] / height]).repeat(2)
            window = torch.cat([corner, corner + WINDOW], dim=1) * growth
            kept = nms(window, certain, SAME_SIZE)
            moves = self.move(maps)[0, :, rows, columns].T
            boxes.append(moved(window, moves)[kept])
            scores.append(certain[kept])
        every, certain = torch.cat(boxes), torch.cat(scores)
        kept = nms(every, certain, SAME)[:MOST]
        return every[kept], certain[kept]

    def detect(self, pictures: Tensor) -> list[Found]:
        """Candidates of each picture."""
        return [self.in_one(picture[None]) for picture in pictures]

    def in_one(self, picture: Tensor) -> Found:
        """The cascade on one picture (1, 3, H, W)."""
        boxes, scores = self.proposals(picture)
        for network, size, least in ((self.refine, 24, REFINED), (self.judge, 48, LEAST)):
            if not len(boxes):
                break
            boxes = squared(boxes)
            scores, moves = network(roi_align(picture * RANGE, [boxes], size, aligned=True))
            kept = scores >= least
            boxes, scores = moved(boxes, moves)[kept], scores[kept]
            best = nms(boxes, scores, SAME)
            boxes, scores = boxes[best], scores[best]
        boxes = clip_boxes(boxes, tuple(picture.shape[2:]))
        return Found(boxes, torch.zeros(len(boxes), dtype=torch.int64, device=boxes.device), scores)


def moved(boxes: Tensor, moves: Tensor) -> Tensor:
    """Boxes (N, 4) xyxy with each side moved by a share of their width or height."""
    return boxes + moves * sides(boxes).repeat(1, 2)


def squared(boxes: Tensor) -> Tensor:
    """The squares about the centres of boxes (N, 4), as wide as their longer side."""
    centre, half = (boxes[:, :2] + boxes[:, 2:]) / 2, sides(boxes).amax(1, keepdim=True) / 2
    return torch.cat([centre - half, centre + half], dim=1)


MODEL = MTCNN
