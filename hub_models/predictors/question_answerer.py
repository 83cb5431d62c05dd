"""Answers to questions about pictures, around a network of ours: picture and words -> logits -> probabilities."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from hub_models.architectures.vqa import Reading, VisualQuestionAnswerer
from hub_models.checkpoint import Checkpoint
from hub_models.local import VOCABULARY, label_names
from hub_models.predictors.reading import Reads, padded
from hub_models.preprocess import InputSpec, crop_pixels, normalise
from hub_models.results import Labels
from hub_models.vocabulary import read_vocabulary

FLAT = 0.8  # share of a drawing that its two commonest colours cover; of a photograph it is far less
LOOK = 64  # pixels to which a picture is shrunk to see whether it is a drawing


class QuestionAnswerer(Reads):
    """Safe to call from several threads at once. `spec` None: features of an ImageNet network are its regions."""

    spec: InputSpec | None

    @classmethod
    def from_folder(
        cls, checkpoint: Checkpoint, network: VisualQuestionAnswerer, files: Path, device: str
    ) -> "QuestionAnswerer":
        vocabulary = read_vocabulary(files / VOCABULARY)
        made = cls(checkpoint, network, vocabulary, label_names(files), device)
        made.spec = checkpoint.input
        if made.spec is None:
            from hub_models.predictors.regions import regions

            made.bytes += regions(device).bytes
        return made

    def look(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 RGB -> the regions of the picture (1, K, D)."""
        if self.spec is None:
            from hub_models.predictors.regions import regions

            given = regions(self.device)(pixels)
        else:
            given = torch.from_numpy(normalise(crop_pixels(pixels, self.spec), self.spec)).to(self.device)
        with torch.inference_mode():
            return self.network.regions(given[None])

    def seen(self, pixels: np.ndarray) -> np.ndarray:
        """The part of the picture that is looked at: its middle square, or all of it. (h, w, 3) uint8."""
        if self.spec is None:
            return pixels
        side = min(pixels.shape[:2])
        top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
        return np.ascontiguousarray(pixels[top : top + side, left : left + side])

    def read(self, regions: Tensor, questions: Sequence[str], see: float = 1.0, hear: float = 1.0) -> Reading:
        """What happens in the network, for every question about one picture; 0 takes the picture or the question away."""
        rows = [self.vocabulary.numbers(word.text for word in self.cut(question)) for question in questions]
        with torch.inference_mode():
            numbers = padded(rows, self.device)
            return self.network.read(regions.expand(len(rows), -1, -1), numbers, see, hear)

    def probabilities(
        self, regions: Tensor, questions: Sequence[str], see: float = 1.0, hear: float = 1.0
    ) -> np.ndarray:
        """(questions, answers) float32."""
        return self.read(regions, questions, see, hear).logits.float().softmax(1).cpu().numpy()

    def answers(
        self, regions: Tensor, questions: Sequence[str], see: float = 1.0, hear: float = 1.0
    ) -> list[str]:
        """The most probable answer to every question about one picture that was looked at."""
        return [self.names[i] for i in self.probabilities(regions, questions, see, hear).argmax(1)]

    def predict(self, pixels: np.ndarray, question: str) -> Labels:
        return Labels(self.names, self.probabilities(self.look(pixels), [question])[0])

    def outside(self, pixels: np.ndarray) -> tuple[str, ...]:
        """A note where the picture is of another kind than those that it learned from."""
        drawn = is_drawing(pixels)
        if self.network.taught == "drawings" and not drawn:
            return (
                "this network has seen drawings with a plain ground only, and this looks like a photograph: "
                "its answer is a guess",
            )
        if self.network.taught == "photographs" and drawn:
            return (
                "this network has seen photographs only, and this looks like a drawing: its answer is a guess",
            )
        return ()


def is_drawing(pixels: np.ndarray) -> bool:
    """Whether two colours, a ground and a thing, cover most of (H, W, 3) uint8."""
    small = np.asarray(Image.fromarray(pixels).resize((LOOK, LOOK), Image.Resampling.NEAREST)) // 16
    codes = small.astype(np.int64) @ np.array([256, 16, 1])
    counts = np.sort(np.bincount(codes.ravel()))[-2:]
    return counts.sum() / LOOK**2 >= FLAT
