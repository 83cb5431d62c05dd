"""Networks of the transformers library, from the Hub or a folder."""

import importlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.local import read_config
from hub_models.predictors import Predictor
from hub_models.predictors.classifier import Classifier
from hub_models.predictors.transformers_detector import LAST
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
    "translation": ("AutoModelForSeq2SeqLM", "a translator"),
    "image-captioning": ("AutoModelForImageTextToText", "a network that describes pictures"),
    "visual-question-answering": (
        "AutoModelForVisualQuestionAnswering",
        "a network that answers questions about pictures",
    ),
    "audio-classification": ("AutoModelForAudioClassification", "a classifier of sounds"),
}
OF_MODEL = {  # (task, what config.json calls itself) -> class, where it is not that of the task
    ("semantic-segmentation", "mask2former"): "AutoModelForUniversalSegmentation",
    ("instance-segmentation", "sam"): "SamModel",
    ("visual-question-answering", "blip"): "BlipForQuestionAnswering",
    ("audio-classification", "whisper"): "WhisperForConditionalGeneration",
}
WRAPPERS = {  # task -> module of predictors, class; imported by name: a Space takes only its own files along
    "object-detection": "transformers_detector:TransformersDetector",
    "semantic-segmentation": "transformers_segmenter:TransformersSegmenter",
    "instance-segmentation": "transformers_instances:TransformersInstances",
    "sentiment": "transformers_text:TransformersTextClassifier",
    "named-entities": "transformers_text:TransformersTagger",
    "language-model": "transformers_generator:TransformersGenerator",
    "translation": "transformers_translator:TransformersTranslator",
    "image-captioning": "transformers_captioner:TransformersCaptioner",
    "visual-question-answering": "transformers_answerer:TransformersAnswerer",
    "audio-classification": "transformers_sounds:TransformersSoundClassifier",
}
OF_MODEL_WRAPPERS = {
    ("instance-segmentation", "sam"): "transformers_sam:SamPredictor",
    ("audio-classification", "whisper"): "transformers_sounds:TransformersTranscriber",
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
    kind = OF_MODEL.get((checkpoint.task, str(read_config(files).get("model_type"))), kind)
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
    place = WRAPPERS.get(checkpoint.task)
    place = OF_MODEL_WRAPPERS.get((checkpoint.task, network.config.model_type), place)
    if place is not None:
        name, _, kind = place.partition(":")
        return getattr(importlib.import_module(f"hub_models.predictors.{name}"), kind)(
            checkpoint, network, files, device
        )
    names = [network.config.id2label[i] for i in range(network.config.num_labels)]
    spec = checkpoint.input or InputSpec(size_hw=(224, 224))
    predictor = TransformersClassifier(checkpoint, network, spec, names, device, fold=False)
    predictor.processor = AutoImageProcessor.from_pretrained(files, local_files_only=True)
    return predictor
