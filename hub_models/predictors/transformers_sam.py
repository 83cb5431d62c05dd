"""Segment Anything of the transformers library: what lies at a point or in a box, of whatever kind it is.

The picture goes through the large encoder once; every click asks the small decoder only.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput
from hub_models.predictors.instances import select_instances
from hub_models.predictors.transformers_detector import library_inputs, processor_of
from hub_models.predictors.weights import bytes_of
from hub_models.predictors.whole_maps import to_instances
from hub_models.segments import Instances

GRID = 8  # points a side, where nobody points: the paper's code asks at 32, for minutes on a CPU
AT_ONCE = 16  # points that go through the decoder together
NAMES = ("object",)


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """What the encoder said of one picture; small enough for the memory of a session (2 MB).

    `values` (1, C, h, w) float16; `seen_hw` the picture's size in the network's square, at its upper left corner.
    """

    values: np.ndarray
    size_hw: tuple[int, int]
    seen_hw: tuple[int, int]


class SamPredictor:
    """Masks for points and boxes; asked for all objects, it is asked at a grid of points."""

    suppresses = True
    names = NAMES

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str) -> None:
        self.checkpoint, self.network, self.device = checkpoint, network, device
        self.processor = processor_of(files)
        self.side = network.config.vision_config.image_size
        self.bytes = bytes_of(network)

    def embed(self, pixels: np.ndarray) -> Embedded:
        """(H, W, 3) uint8 RGB -> what every later question needs. BadInput `aspect`."""
        inputs = library_inputs(self, pixels)
        with torch.inference_mode():
            values = self.network.get_image_embeddings(inputs["pixel_values"])
        seen = tuple(inputs["reshaped_input_sizes"][0].tolist())
        return Embedded(values=values.half().cpu().numpy(), size_hw=pixels.shape[:2], seen_hw=seen)

    def masks(
        self,
        embedded: Embedded,
        points_xy: np.ndarray,
        labels: np.ndarray,
        box: np.ndarray | None = None,
    ) -> Instances:
        """Three proposals for one object, with the overlap that the network expects of each as its score.

        `points_xy` (N, 2) in pixels of the picture, `labels` (N,): 1 on the object, 0 beside it; `box` (4,) xyxy.
        """
        if not len(points_xy) and box is None:
            raise BadInput("prompt_missing", "Expected a point or a box, got none. Click into the picture.")
        asked = {}
        if len(points_xy):
            asked["input_points"] = self.scaled(points_xy, embedded).view(1, 1, -1, 2)
            asked["input_labels"] = torch.as_tensor(labels, device=self.device).long().view(1, 1, -1)
        if box is not None:
            asked["input_boxes"] = self.scaled(np.reshape(box, (2, 2)), embedded).view(1, 1, 4)
        return self.to_result(*self.decode(embedded, asked), embedded)

    def scaled(self, points_xy: np.ndarray, embedded: Embedded) -> Tensor:
        """Points (N, 2) of the picture in the network's square."""
        (height, width), (seen_h, seen_w) = embedded.size_hw, embedded.seen_hw
        scaled = np.asarray(points_xy, np.float64) * (seen_w / width, seen_h / height)
        return torch.as_tensor(scaled, dtype=torch.float32, device=self.device)

    def decode(self, embedded: Embedded, asked: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Mask logits (N, h, w) over the picture and the expected overlap (N,) of each, three a question."""
        values = torch.from_numpy(embedded.values).to(self.device).float()
        with torch.inference_mode():
            said = self.network(image_embeddings=values, multimask_output=True, **asked)
        maps = said.pred_masks[0].flatten(0, 1)  # (questions, 3, h, w) -> (N, h, w)
        used = [max(1, round(part * maps.shape[-1] / self.side)) for part in embedded.seen_hw]
        return maps[:, : used[0], : used[1]], said.iou_scores[0].flatten().clamp(0, 1)

    def to_result(self, maps: Tensor, scores: Tensor, embedded: Embedded) -> Instances:
        labels = torch.zeros(len(scores), dtype=torch.long)
        return to_instances(maps, labels, scores, NAMES, embedded.size_hw)

    def candidates(self, pixels: np.ndarray) -> Instances:
        """The proposals at a grid of points over the whole picture."""
        embedded = self.embed(pixels)
        height, width = embedded.size_hw
        shares = (np.arange(GRID) + 0.5) / GRID
        points = np.stack(np.meshgrid(shares * width, shares * height), -1).reshape(-1, 2)
        found = []
        for first in range(0, len(points), AT_ONCE):
            some = self.scaled(points[first : first + AT_ONCE], embedded).view(1, -1, 1, 2)
            ones = torch.ones(some.shape[:3], dtype=torch.long, device=self.device)
            found.append(self.decode(embedded, {"input_points": some, "input_labels": ones}))
        maps, scores = (torch.cat(parts) for parts in zip(*found, strict=True))
        return self.to_result(maps, scores, embedded)

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Instances:
        return select_instances(self.candidates(pixels), confidence, iou, self.suppresses)
