"""A classifier of pictures around any network that maps (B, C, h, w) to (B, classes)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.predictors.folded import folded
from hub_models.predictors.weights import bytes_of
from hub_models.preprocess import InputSpec, crop_pixels, normalise
from hub_models.results import Labels


class Classifier:
    """Pixels -> preprocess -> forward -> postprocess -> Labels. Safe to call from several threads at once."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: nn.Module,
        spec: InputSpec,
        names: Sequence[str],
        device: str,
        *,
        fold: bool = True,
    ) -> None:
        self.checkpoint, self.spec, self.device = checkpoint, spec, device
        # the layout that convolutions on a CPU want: EfficientNet-Lite0 21 ms instead of 28, others not slower
        self.network = network.to(memory_format=torch.channels_last)
        # `network` is for looking inside; answers come from `quick`, the same function in fewer steps
        example = torch.rand(1, spec.channels, *spec.size_hw, device=device)
        self.quick = folded(self.network, example) if fold else self.network
        self.names = tuple(names)
        self.bytes = bytes_of(self.network, self.quick)

    def crop(self, pixels: np.ndarray) -> np.ndarray:
        """What the network sees of a picture: (H, W, 3) uint8 -> (h, w, C) uint8."""
        return np.ascontiguousarray(crop_pixels(pixels, self.spec).transpose(1, 2, 0))

    def preprocess(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 RGB -> (1, C, h, w) float32 on the device."""
        return torch.from_numpy(normalise(crop_pixels(pixels, self.spec), self.spec))[None].to(self.device)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) -> logits (B, classes)."""
        with torch.inference_mode():
            return self.quick(x)

    def postprocess(self, logits: Tensor) -> Labels:
        """Logits (1, classes) -> probabilities by softmax (lecture, section 6.2.8)."""
        return Labels(self.names, logits[0].float().softmax(0).cpu().numpy())

    def predict(self, pixels: np.ndarray) -> Labels:
        return self.postprocess(self.forward(self.preprocess(pixels)))

    def predict_many(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """Pictures of any sizes -> probabilities (B, classes) float32."""
        batch = np.stack([normalise(crop_pixels(p, self.spec), self.spec) for p in pictures])
        return self.forward(torch.from_numpy(batch).to(self.device)).float().softmax(1).cpu().numpy()
