"""Networks of the transformers library, from the Hub or a folder."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.local import read_config
from hub_models.predictors import Predictor
from hub_models.predictors.classifier import Classifier
from hub_models.predictors.transformers_detector import LAST, TransformersDetector
from hub_models.predictors.transformers_segmenter import TransformersSegmenter
from hub_models.preprocess import InputSpec

KINDS = {  # task -> class of the library, in words
    "image-classification": ("AutoModelForImageClassification", "a picture classifier"),
    "object-detection": ("AutoModelForObjectDetection", "a detector of objects"),
    "semantic-segmentation": ("AutoModelForSemanticSegmentation", "a network that labels pixels"),
    "instance-segmentation": (
        "AutoModelForUniversalSegmentation",
        "a network that finds objects and their masks",
    ),
    "language-model": ("AutoModelForCausalLM", "a language model"),
    "sentiment": ("AutoModelForSequenceClassification", "a classifier of texts"),
    "named-entities": ("AutoModelForTokenClassification", "a tagger of words"),
}
OF_MODEL = {  # what config.json calls itself -> class, where it is not that of the task
    "mask2former": "AutoModelForUniversalSegmentation",
    "sam": "SamModel",
}


class TransformersClassifier(Classifier):
    """The library's own picture processor in front, `.logits` behind; the rest is a Classifier."""

    processor = None

    def crop(self, pixels: np.ndarray) -> np.ndarray:
        plain = self.processor(pixels, return_tensors="np", do_normalize=False, input_data_format=LAST)[
            "pixel_values"
        ][0]
        return np.ascontiguousarray((plain.transpose(1, 2, 0) * 255).round().astype(np.uint8))

    def preprocess(self, pixels: np.ndarray) -> Tensor:
        return self.processor(pixels, return_tensors="pt", input_data_format=LAST)["pixel_values"].to(
            self.device
        )

    def forward(self, x: Tensor) -> Tensor:
        with torch.inference_mode():
            return self.network(pixel_values=x).logits

    def predict_many(self, pictures: list[np.ndarray]) -> np.ndarray:
        batch = torch.cat([self.preprocess(p) for p in pictures])
        return self.forward(batch).float().softmax(1).cpu().numpy()


def build(checkpoint: Checkpoint, files: Path, device: str) -> torch.nn.Module:
    """The network with its weights: safetensors only, no code from the repository."""
    import transformers

    kind, words = KINDS[checkpoint.task]
    if checkpoint.task.endswith("segmentation"):
        kind = OF_MODEL.get(str(read_config(files).get("model_type")), kind)
    try:
        network = getattr(transformers, kind).from_pretrained(
            files, use_safetensors=True, local_files_only=True, dtype=torch.float32
        )
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0].replace(str(files), "the folder")
        raise CheckpointError(
            "checkpoint_foreign", f"Expected {words} of transformers in safetensors: {reason}"
        ) from error
    return network.eval().requires_grad_(False).to(device)


def load(checkpoint: Checkpoint, files: Path, device: str) -> Predictor:
    from transformers import AutoImageProcessor

    network = build(checkpoint, files, device)
    if checkpoint.task == "object-detection":
        return TransformersDetector(checkpoint, network, files, device)
    if checkpoint.task == "semantic-segmentation":
        return TransformersSegmenter(checkpoint, network, files, device)
    if checkpoint.task == "instance-segmentation":
        # not above: a Space of another task does not take these files along
        from hub_models.predictors.transformers_instances import TransformersInstances
        from hub_models.predictors.transformers_sam import SamPredictor

        kind = SamPredictor if network.config.model_type == "sam" else TransformersInstances
        return kind(checkpoint, network, files, device)
    if checkpoint.task in ("sentiment", "named-entities"):
        from hub_models.predictors.transformers_text import TransformersTagger, TransformersTextClassifier

        reads = TransformersTextClassifier if checkpoint.task == "sentiment" else TransformersTagger
        return reads(checkpoint, network, files, device)
    if checkpoint.task == "language-model":
        from hub_models.predictors.transformers_generator import TransformersGenerator

        return TransformersGenerator(checkpoint, network, files, device)
    names = [network.config.id2label[i] for i in range(network.config.num_labels)]
    spec = checkpoint.input or InputSpec(size_hw=(224, 224))
    predictor = TransformersClassifier(checkpoint, network, spec, names, device, fold=False)
    predictor.processor = AutoImageProcessor.from_pretrained(files, local_files_only=True)
    return predictor
