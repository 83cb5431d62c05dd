"""A picture as 49 feature vectors, one a region: what captions and answers to questions are made from.

The whole picture is squeezed into a square, so that nothing of it is cut off, and goes through EfficientNet-Lite0 with the
weights of ImageNet, which stay in their package and are never trained here. Its last map has 7 x 7 places of 1280
numbers: row by row, place i sees the part of the picture around row i // 7 and column i % 7. The mean over the places is
the vector from which the classifier of ImageNet reads its classes.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from hub_models import compute
from hub_models.architectures.efficientnet_lite import HEAD, EfficientNetLite0Classifier
from hub_models.catalog import checkpoints
from hub_models.local import package_file
from hub_models.predictors.folded import folded
from hub_models.predictors.weights import bytes_of, read_tensors
from hub_models.preprocess import InputSpec, normalise

BACKBONE = "efficientnet_lite0.imagenet"
SPEC = InputSpec(size_hw=(224, 224), mean=(0.5,) * 3, std=(0.5,) * 3)  # as the weights were trained
GRID = 7  # places along each side: 224 / 32
PLACES, CHANNELS = GRID * GRID, HEAD
AT_ONCE = 2  # pictures: 18 ms each on a core, of which more at once do not fit the cache (30 ms for 16)


def squeezed(pixels: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB -> (3, 224, 224) uint8: all of the picture, whatever its sides."""
    height, width = SPEC.size_hw
    small = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.ascontiguousarray(np.asarray(small).transpose(2, 0, 1))


class Regions:
    """Pictures -> features of their regions. CheckpointError `checkpoint_missing` if the package is not installed."""

    def __init__(self, device: str = "cpu") -> None:
        (row,) = (c for c in checkpoints("image-classification") if c.id == BACKBONE)
        tensors = read_tensors(package_file(row.place))
        network = EfficientNetLite0Classifier()
        network.load_state_dict(dict(zip(network.state_dict(), tensors.values(), strict=True)))
        layers = nn.Sequential(network.backbone, network.head)
        layers = layers.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.layers = folded(layers, torch.zeros(1, 3, *SPEC.size_hw)).to(device)
        self.device, self.bytes = device, bytes_of(self.layers)

    def __call__(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 RGB -> (49, 1280) float32 on the device."""
        return self.many([pixels])[0]

    @torch.inference_mode()
    def many(self, pictures: Sequence[np.ndarray]) -> Tensor:
        """Pictures (H, W, 3) uint8 RGB of any sizes -> (B, 49, 1280) float32 on the device. Overloaded `cancelled`."""
        lots = [torch.zeros(0, PLACES, CHANNELS, device=self.device)]
        for begin in range(0, len(pictures), AT_ONCE):
            compute.check()
            seen = np.stack([normalise(squeezed(p), SPEC) for p in pictures[begin : begin + AT_ONCE]])
            x = torch.from_numpy(seen).to(self.device, memory_format=torch.channels_last)
            lots.append(self.layers(x).flatten(2).transpose(1, 2))  # (b, 1280, 7, 7) -> (b, 49, 1280)
        return torch.cat(lots)


@cache
def regions(device: str) -> Regions:
    """The one of this program on `device`: all predictors share it."""
    return Regions(device)
