"""R-CNN, after "Rich feature hierarchies for accurate object detection and semantic segmentation"
(Girshick, Donahue, Darrell, Malik; 2014).

The idea that mattered: where labelled boxes are few, borrow. Selective search says where an object might be, a
network that learned ImageNet describes each of these windows by a vector of features, and simple learners do the
rest: a linear support vector machine a class says what it is, a linear regressor a class moves its box.
Each window goes through the whole network alone, which is why one picture took 47 seconds.

Deviations: EfficientNet-Lite0 in place of AlexNet, its ImageNet weights used as they are, without fine-tuning; windows
are warped to 96x96; the 1000 best proposals; margins become probabilities (Platt, 1999), so that thresholds have a
meaning.

This file holds what is learned: features of windows (N, 1280) -> (N, C, 5), the probability of each class and the
offsets of its box.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torchvision.ops import roi_align

from hub_models.architectures.detection import Found, clip_boxes, decode_boxes, found_from, sides
from hub_models.architectures.efficientnet_lite import HEAD

SIDE = 96  # pixels of a warped window
CONTEXT = 7  # of them, on each side, that show what is around the proposal: 16 of 227 in the paper


class RCNN(nn.Module, PyTorchModelHubMixin):
    """A linear SVM and a linear box regressor for each class, on features of the warped windows."""

    stride = 1  # windows are cut from the picture, which may have any size

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.classes = classes
        self.svm = nn.Linear(HEAD, classes)
        self.steepness = nn.Parameter(torch.ones(classes))  # of the curve from margin to probability
        self.shift = nn.Parameter(torch.zeros(classes))
        self.regressor = nn.Linear(HEAD, classes * 4)

    def forward(self, features: Tensor) -> Tensor:
        """(N, 1280) -> (N, C, 5): the probability, then dx, dy, log of the growth of width and height."""
        probabilities = torch.sigmoid(self.steepness * self.svm(features) + self.shift)
        offsets = self.regressor(features).unflatten(1, (self.classes, 4))
        return torch.cat([probabilities[:, :, None], offsets], dim=2)

    def detect(self, features: Tensor, proposals: Tensor, size_hw: tuple[int, int]) -> Found:
        """Features (N, 1280) of the windows `proposals` (N, 4) of one picture -> each with each class."""
        answer = self(features)
        boxes = clip_boxes(decode_boxes(answer[:, :, 1:], proposals[:, None]), size_hw)
        return found_from(boxes, answer[:, :, 0])


def with_context(boxes: Tensor) -> Tensor:
    """Boxes (N, 4), wider and higher so that CONTEXT pixels of the warped window lie outside the old ones."""
    room = sides(boxes) * (CONTEXT / (SIDE - 2 * CONTEXT))
    return torch.cat([boxes[:, :2] - room, boxes[:, 2:] + room], dim=1)


def warp(picture: Tensor, boxes: Tensor) -> Tensor:
    """Windows of a normalised picture (1, 3, H, W), with context, each stretched to (N, 3, 96, 96).

    Outside the picture is 0, the mean colour.
    """
    return roi_align(picture, [with_context(boxes)], SIDE, sampling_ratio=-1, aligned=True)


PREDICTOR = "proposals:RCNNPredictor"
MODEL = RCNN
EXAMPLE = ({"classes": 3}, (2, HEAD), (2, 3, 5))
