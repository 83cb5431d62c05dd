"""Classification with localization: pixels -> stretch -> network -> the vector of equation 8.1.

The whole picture is stretched to the size that the network sees, whatever its aspect. So the shares b_x, b_y, b_h
and b_w that the network gives are shares of the user's own picture too, and nothing has to be taken back; the price
is that objects are seen squeezed, to which training has accustomed the network. Nothing is cut off: an object may lie
at the border.
"""

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.predictors.weights import bytes_of
from hub_models.preprocess import RESAMPLING, InputSpec, normalise
from hub_models.results import Location


def stretched(pixels: np.ndarray, spec: InputSpec) -> np.ndarray:
    """The whole picture at `spec.size_hw`: (H, W, 3) uint8 -> (3, h, w) uint8."""
    height, width = spec.size_hw
    picture = Image.fromarray(pixels)
    if picture.size != (width, height):
        picture = picture.resize((width, height), RESAMPLING[spec.interpolation])
    return np.ascontiguousarray(np.asarray(picture).transpose(2, 0, 1))  # (h, w, 3) -> (3, h, w)


class Localizer:
    """A network (1, 3, h, w) -> (1, 5 + classes) around which pixels become a `Location`."""

    def __init__(
        self, checkpoint: Checkpoint, network: nn.Module, spec: InputSpec, names: tuple[str, ...], device: str
    ) -> None:
        self.checkpoint, self.spec, self.names, self.device = checkpoint, spec, tuple(names), device
        self.network = network.to(memory_format=torch.channels_last)
        self.bytes = bytes_of(self.network)

    def preprocess(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 RGB -> (1, 3, h, w) float32 on the device."""
        return torch.from_numpy(normalise(stretched(pixels, self.spec), self.spec))[None].to(self.device)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, h, w) -> vectors (B, 5 + classes)."""
        with torch.inference_mode():
            return self.network(x)

    def postprocess(self, vectors: Tensor, size_hw: tuple[int, int]) -> Location:
        return Location(self.names, vectors[0].float().cpu().numpy(), size_hw)

    def predict(self, pixels: np.ndarray) -> Location:
        return self.postprocess(self.forward(self.preprocess(pixels)), pixels.shape[:2])
