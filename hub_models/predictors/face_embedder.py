"""A network that gives a face a place: aligned crop -> the network's size -> a vector of length 1.

A face is asked about three times, as it is, mirrored and a little nearer, and the mean direction counts: what differs
between the three is not the person.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures.efficientnet_lite import imagenet_tensors
from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.face_gallery import Calibration
from hub_models.faces import Embedding
from hub_models.predictors.weights import bytes_of, read_tensors
from hub_models.preprocess import InputSpec, crop_pixels, normalise

AT_ONCE = 16  # faces in a batch
NEARER = 0.055  # of a side, cut off on all four


def views(face: np.ndarray) -> list[np.ndarray]:
    """(H, W, 3) -> itself, its mirror image, and its middle."""
    down, across = (round(NEARER * side) for side in face.shape[:2])
    height, width = face.shape[:2]
    return [face, face[:, ::-1], face[down : height - down, across : width - across]]


class EmbedderProtocol(Protocol):
    """What every network offers that embeds faces, of whatever library."""

    checkpoint: Checkpoint
    spec: InputSpec
    device: str
    bytes: int
    calibration: Calibration | None  # None: nobody measured what its distances mean

    def predict(self, pixels: np.ndarray) -> Embedding:
        """A face, upright as `faces.align` cuts it, (H, W, 3) uint8 RGB."""

    def predict_many(self, faces: Sequence[np.ndarray]) -> np.ndarray:
        """Faces of any sizes -> (N, D) float32, each of length 1."""


class FaceEmbedder:
    """Around a network (B, C, h, w) -> (B, D): its answer at unit length, whether or not it has that itself."""

    def __init__(
        self, checkpoint: Checkpoint, network: nn.Module, spec: InputSpec, names: tuple[str, ...], device: str
    ) -> None:
        self.checkpoint, self.spec, self.names, self.device = checkpoint, spec, tuple(names), device
        self.network = network.to(memory_format=torch.channels_last)
        self.bytes = bytes_of(self.network)
        try:
            self.calibration = Calibration.from_json(getattr(network, "calibration", None))
        except (ValueError, TypeError) as error:
            raise CheckpointError(
                "checkpoint_foreign",
                f"Expected measured distances beside the weights of {checkpoint.model}: {error}.",
            ) from error

    def crop(self, pixels: np.ndarray) -> np.ndarray:
        """What the network sees of a face: (H, W, 3) uint8 -> (h, w, C) uint8."""
        return np.ascontiguousarray(crop_pixels(pixels, self.spec).transpose(1, 2, 0))

    def preprocess(self, faces: Sequence[np.ndarray]) -> Tensor:
        """Faces (H, W, 3) uint8 RGB -> (B, C, h, w) float32 on the device."""
        batch = np.stack([normalise(crop_pixels(face, self.spec), self.spec) for face in faces])
        return torch.from_numpy(batch).to(self.device)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) -> (B, D)."""
        with torch.inference_mode():
            return self.network(x)

    def postprocess(self, vectors: Tensor, faces: int) -> np.ndarray:
        """(faces x views, D) -> (faces, D) float32: the mean direction of each face's views, at length 1."""
        directions = F.normalize(vectors.float(), dim=1).unflatten(0, (faces, -1))
        return F.normalize(directions.mean(1), dim=1).cpu().numpy()

    def predict_many(self, faces: Sequence[np.ndarray]) -> np.ndarray:
        found = []
        for start in range(0, len(faces), AT_ONCE):
            some = faces[start : start + AT_ONCE]
            seen = [np.ascontiguousarray(view) for face in some for view in views(face)]
            found.append(self.postprocess(self.forward(self.preprocess(seen)), len(some)))
        return np.concatenate(found)

    def predict(self, pixels: np.ndarray) -> Embedding:
        return Embedding(self.predict_many([pixels])[0])

    def untrained(self, imagenet: Path | None) -> "FaceEmbedder":
        """The same network before its first training step: new weights, always the same; a backbone with `imagenet`.

        `imagenet`: the file of those weights; None: the architecture has no backbone.
        """
        module = importlib.import_module(f"hub_models.architectures.{self.checkpoint.model}")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = module.MODEL(**self.network._hub_mixin_config | {"calibration": None})
        if imagenet is not None:
            stages = len(network.backbone.stages)
            network.backbone.load_state_dict(imagenet_tensors(read_tensors(imagenet), stages - 1))
        network = network.eval().to(self.device)
        return FaceEmbedder(self.checkpoint, network, self.spec, (), self.device)
