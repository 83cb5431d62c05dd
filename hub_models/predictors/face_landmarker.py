"""The points of faces: a square around each face -> network -> points, back in the picture.

The network sees a square ROOM times as wide as the box around a face's points, because hair, ears and shoulders help to
place them, and because nobody knows that box exactly: it is guessed, and training has moved it about. A second look
(`passes` 2) frames the face by the points of the first one, which takes back what the box was wrong by.
"""

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.faces import POINTS, ROOM, Landmarks, box_of, framing, inverse, moved, warped
from hub_models.predictors.weights import bytes_of
from hub_models.preprocess import InputSpec, normalise

TOGETHER = 16  # faces in a batch
PASSES = 2


class FaceLandmarker:
    """A network (B, 3, h, h) -> points (B, 68, 2) in shares, around which pixels become `Landmarks`."""

    def __init__(
        self, checkpoint: Checkpoint, network: nn.Module, spec: InputSpec, names: tuple[str, ...], device: str
    ) -> None:
        self.checkpoint, self.spec, self.names, self.device = checkpoint, spec, tuple(names), device
        self.network = network.to(memory_format=torch.channels_last)
        self.bytes = bytes_of(self.network)

    @property
    def size(self) -> int:
        """Pixels of a side of the square that the network sees."""
        return self.spec.size_hw[0]

    def preprocess(self, pixels: np.ndarray, matrices: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 and a `framing` a face (N, 2, 3) -> (N, 3, h, h) float32 on the device."""
        squares = np.stack([warped(pixels, matrix, self.size) for matrix in matrices]).transpose(0, 3, 1, 2)
        return torch.from_numpy(normalise(np.ascontiguousarray(squares), self.spec)).to(self.device)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, h, h) -> points (N, 68, 2) in shares of the square."""
        with torch.inference_mode():
            return torch.cat([self.network(some) for some in x.split(TOGETHER)])

    def postprocess(self, shares: Tensor, matrices: np.ndarray) -> np.ndarray:
        """Points in shares of the squares -> (N, 68, 2) float32 in pixels of the picture."""
        points = shares.float().cpu().numpy().astype(float) * self.size
        back = [moved(some, inverse(matrix)) for some, matrix in zip(points, matrices, strict=True)]
        return np.stack(back).astype(np.float32)

    def points_in(self, pixels: np.ndarray, boxes: np.ndarray, passes: int = PASSES) -> np.ndarray:
        """The points of the faces in `boxes` (N, 4), boxes such as `box_of` would give: (N, 68, 2) float32."""
        points = np.zeros((0, POINTS, 2), np.float32)
        for _ in range(passes if len(boxes) else 0):
            matrices = np.stack([framing(box, self.size) for box in boxes.astype(float)])
            points = self.postprocess(self.forward(self.preprocess(pixels, matrices)), matrices)
            boxes = box_of(points)
        return points

    def predict(self, pixels: np.ndarray) -> Landmarks:
        """The points of the one face that fills (H, W, 3) uint8 as it fills a training crop; `finding_faces` finds them."""
        height, width = pixels.shape[:2]
        centre, half = np.array([width, height]) / 2, max(height, width) / ROOM / 2
        points = self.points_in(pixels, np.concatenate([centre - half, centre + half])[None])
        return Landmarks(box_of(points), points, np.ones(1, np.float32), (height, width))
