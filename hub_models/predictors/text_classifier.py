"""A classifier of texts around a network of ours: text -> words -> numbers -> logits -> probabilities."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from hub_models.predictors.reading import Reads, padded
from hub_models.results import Labels

AT_ONCE = 64  # texts in a batch


class TextClassifier(Reads):
    """Safe to call from several threads at once."""

    def preprocess(self, text: str) -> Tensor:
        """Text -> numbers of its words (1, T) int64."""
        return padded([self.vocabulary.numbers(word.text for word in self.cut(text))], self.device)

    def forward(self, numbers: Tensor) -> Tensor:
        """(B, T) int64 -> logits (B, classes)."""
        with torch.inference_mode():
            return self.network(numbers)

    def postprocess(self, logits: Tensor) -> Labels:
        """Logits (1, classes) -> probabilities by softmax."""
        return Labels(self.names, logits[0].float().softmax(0).cpu().numpy())

    def predict(self, text: str) -> Labels:
        return self.postprocess(self.forward(self.preprocess(text)))

    def predict_many(self, texts: Sequence[str]) -> np.ndarray:
        """Texts -> probabilities (B, classes) float32."""
        found = []
        for start in range(0, len(texts), AT_ONCE):
            rows = [
                self.vocabulary.numbers(w.text for w in self.cut(t)) for t in texts[start : start + AT_ONCE]
            ]
            found.append(self.forward(padded(rows, self.device)).float().softmax(1).cpu().numpy())
        return np.concatenate(found) if found else np.zeros((0, len(self.names)), np.float32)
