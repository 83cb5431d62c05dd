"""Networks of the transformers library that label pixels: SegFormer, UperNet, and Mask2Former trained for it."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hub_models.predictors.segmenter import to_semantic_map
from hub_models.predictors.transformers_detector import AroundNetwork
from hub_models.segments import SemanticMap

FINEST = 4  # pixels of the network's picture between two cells: no network here computes finer maps


class TransformersSegmenter(AroundNetwork):
    """The library's own picture processor in front; the map in the picture's own size behind."""

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Probabilities (classes, h, w) that cover the whole picture."""
        with torch.inference_mode():
            said = self.network(**inputs)
        if "masks_queries_logits" in said:
            return class_shares(said.class_queries_logits[0], said.masks_queries_logits[0].float().sigmoid())
        return coarse(said.logits, inputs["pixel_values"].shape[2:])[0].float().softmax(0)

    def predict(self, pixels: np.ndarray) -> SemanticMap:
        return to_semantic_map(self.forward(self.preprocess(pixels)), self.names, pixels.shape[:2])


def coarse(logits: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Logits (B, C, h, w) for a picture of `size_hw`; what the library enlarged to it is taken back to its cells."""
    if tuple(logits.shape[2:]) != tuple(size_hw):
        return logits
    return F.avg_pool2d(logits, FINEST, ceil_mode=True)


def class_shares(query_logits: Tensor, masks: Tensor) -> Tensor:
    """What Mask2Former's queries say of each cell: each votes for its classes where its mask is.

    Logits (Q, C + 1), the last for "nothing", and masks (Q, h, w) in 0..1 -> (C, h, w), summing to 1.
    Source: "Per-Pixel Classification is Not All You Need" (Cheng, Schwing, Kirillov; 2021), section 3.4.
    """
    votes = torch.einsum("qc,qhw->chw", query_logits.float().softmax(1)[:, :-1], masks) + 1e-9
    return votes / votes.sum(0)
