"""Mask2Former of the transformers library, trained for instances: a mask and a class a query, without suppression."""

import numpy as np
import torch
from torch import Tensor

from hub_models.architectures.detection import LEAST_SCORE
from hub_models.predictors.instances import select_instances
from hub_models.predictors.transformers_detector import AroundNetwork
from hub_models.predictors.whole_maps import to_instances
from hub_models.segments import Instances


class TransformersInstances(AroundNetwork):
    """The library's own picture processor in front, its scores behind."""

    suppresses = False  # the network was taught to give one mask an object

    def forward(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Mask logits (N, h, w) over the whole picture, labels (N,), scores (N,): as many as the network has queries."""
        with torch.inference_mode():
            said = self.network(**inputs)
            chances = said.class_queries_logits[0].float().softmax(1)[:, :-1]  # (Q, C), without "nothing"
            certain, best = chances.flatten().topk(len(chances))
            query, labels = best // chances.shape[1], best % chances.shape[1]
            masks = said.masks_queries_logits[0].float()[query]
            inside = masks > 0
            sure = (masks.sigmoid() * inside).sum((1, 2)) / inside.sum((1, 2)).clamp(min=1)
        return masks, labels, certain * sure

    def candidates(self, pixels: np.ndarray) -> Instances:
        masks, labels, scores = self.forward(self.preprocess(pixels))
        kept = scores >= LEAST_SCORE
        return to_instances(masks[kept], labels[kept], scores[kept], self.names, pixels.shape[:2])

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Instances:
        return select_instances(self.candidates(pixels), confidence, iou, self.suppresses)
