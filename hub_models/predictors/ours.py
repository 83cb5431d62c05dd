"""Checkpoints of the networks in `architectures/`: a folder in Hub layout."""

import importlib
import inspect
from pathlib import Path

import torch
from torch import nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.local import VOCABULARY, label_names, read_config
from hub_models.predictors import Predictor
from hub_models.predictors.weights import assign, read_tensors
from hub_models.vocabulary import read_vocabulary

WRAPPERS = {  # task -> module of predictors, class
    "image-classification": "classifier:Classifier",
    "localization": "localizer:Localizer",
    "object-detection": "detector:Detector",
    "semantic-segmentation": "segmenter:Segmenter",
    "instance-segmentation": "instances:SeparatedInstances",
    "face-recognition": "face_embedder:FaceEmbedder",
    "face-landmarks": "face_landmarker:FaceLandmarker",
    "style-transfer": "stylizer:Stylizer",
    "sentiment": "text_classifier:TextClassifier",
    "named-entities": "tagger:Tagger",
    "language-model": "character_generator:CharacterGenerator",
    "time-series": "forecaster:Forecaster",
    "translation": "translator:Translator",
    "image-captioning": "captioner:Captioner",
    "visual-question-answering": "question_answerer:QuestionAnswerer",
    "audio-classification": "sound_classifier:SoundClassifier",
}


def build(checkpoint: Checkpoint, files: Path, device: str) -> nn.Module:
    """The network of `checkpoint` with the weights in the folder `files`."""
    config = read_config(files)
    try:
        model_class = importlib.import_module(f"hub_models.architectures.{checkpoint.model}").MODEL
    except ModuleNotFoundError as error:
        raise CheckpointError(
            "checkpoint_foreign",
            f"Expected a network of ours, but there is no architecture named {checkpoint.model!r}.",
        ) from error
    arguments = {name: config[name] for name in inspect.signature(model_class).parameters if name in config}
    tensors = read_tensors(files / "model.safetensors")
    with torch.device("meta"):
        model = model_class(**arguments)
    return assign(model, tensors, checkpoint).to(device)


def load(checkpoint: Checkpoint, files: Path, device: str) -> Predictor:
    """A ready predictor for the checkpoint's task; class names and preprocessing come with the weights.

    What a network that reads text has in place of an InputSpec is its Vocabulary. A predictor class that needs more than
    these has `from_folder(checkpoint, network, files, device)`.
    """
    network = build(checkpoint, files, device)
    kind = wrapper(checkpoint)
    if hasattr(kind, "from_folder"):
        return kind.from_folder(checkpoint, network, files, device)
    names = label_names(files)
    spec = checkpoint.input or read_vocabulary(files / VOCABULARY)
    return kind(checkpoint, network, spec, names, device)


def wrapper(checkpoint: Checkpoint) -> type:
    """The predictor class: the architecture's own (`PREDICTOR`), or the one of the task."""
    module = importlib.import_module(f"hub_models.architectures.{checkpoint.model}")
    place = getattr(module, "PREDICTOR", None) or WRAPPERS.get(checkpoint.task)
    if place is None:
        raise CheckpointError(
            "checkpoint_foreign",
            f"Expected a network of ours for one of {', '.join(WRAPPERS)}, got one for {checkpoint.task!r}.",
        )
    name, _, kind = place.partition(":")
    return getattr(importlib.import_module(f"hub_models.predictors.{name}"), kind)
