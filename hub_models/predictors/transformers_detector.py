"""Detectors of the transformers library (DETR and its relatives): one box an object, without suppression."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.architectures.detection import LEAST_SCORE, Found
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput
from hub_models.predictors.detector import select, to_boxes
from hub_models.predictors.weights import bytes_of
from hub_models.results import Boxes

LAST = "channels_last"  # the library guesses otherwise, wrongly for pictures one pixel high


def processor_of(files: Path):
    """The library's picture processor that lies beside the weights."""
    from transformers import AutoImageProcessor

    return AutoImageProcessor.from_pretrained(files, local_files_only=True)


def library_inputs(predictor, pixels: np.ndarray) -> dict[str, Tensor]:
    """What the network of `predictor` takes for (H, W, 3) uint8 RGB, on its device. BadInput `aspect`."""
    try:
        inputs = predictor.processor(images=pixels, return_tensors="pt", input_data_format=LAST)
    except ValueError as error:  # a strip of which no pixel of height is left at the network's size
        raise too_long(predictor.checkpoint, pixels.shape[:2]) from error
    return {name: tensor.to(predictor.device) for name, tensor in inputs.items()}


def too_long(checkpoint: Checkpoint, size_hw: tuple[int, int]) -> BadInput:
    """The sentence for a picture of which nothing would be left in one direction."""
    return BadInput(
        "aspect",
        f"Expected a picture nearer to a square for {checkpoint.title}, got {size_hw[1]} x {size_hw[0]} pixels. "
        "Cut it, or choose another checkpoint.",
    )


class AroundNetwork:
    """A network of the library behind its own picture processor; the class names come from its configuration."""

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str) -> None:
        self.checkpoint, self.network, self.device = checkpoint, network, device
        self.processor = processor_of(files)
        self.names = tuple(network.config.id2label[i] for i in range(network.config.num_labels))
        self.bytes = bytes_of(network)

    def preprocess(self, pixels: np.ndarray) -> dict[str, Tensor]:
        """(H, W, 3) uint8 RGB -> what the network takes, on the device. BadInput `aspect`."""
        return library_inputs(self, pixels)


class TransformersDetector(AroundNetwork):
    """The library's own picture processor in front and behind."""

    suppresses = False

    def forward(self, inputs: dict[str, Tensor], size_hw: tuple[int, int]) -> Found:
        """Candidates in pixels of a picture of `size_hw`."""
        with torch.inference_mode():
            said = self.network(**inputs)
        (found,) = self.processor.post_process_object_detection(
            said, threshold=LEAST_SCORE, target_sizes=[size_hw]
        )
        return Found(found["boxes"], found["labels"], found["scores"])

    def candidates(self, pixels: np.ndarray) -> Boxes:
        size_hw = pixels.shape[:2]
        return to_boxes(self.forward(self.preprocess(pixels), size_hw), 1.0, self.names, size_hw)

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Boxes:
        return select(self.candidates(pixels), confidence, iou, self.suppresses)
