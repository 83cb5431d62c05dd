"""Face embeddings of timm: networks that others trained with ArcFace or CosFace on millions of faces.

They expect the eyes where the training code of ArcFace ("ArcFace: Additive Angular Margin Loss for Deep Face
Recognition", Deng and others, 2019) puts them: lower and nearer to each other than `faces.align` does.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import timm
import torch
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.faces import FIXED_PLACES
from hub_models.local import read_config
from hub_models.predictors.face_embedder import FaceEmbedder
from hub_models.predictors.weights import assign, read_tensors

# Of a square of 112 pixels: height of both eyes, and how far apart they are
EYES_HIGH, EYES_APART = 51.6 / 112, 35.2 / 112


def reframed(face: np.ndarray) -> np.ndarray:
    """An aligned face (S, S, 3) as these networks want it framed: a larger square; its border repeats what is lacking."""
    (right, high), (left, _) = FIXED_PLACES[0], FIXED_PLACES[1]
    side = face.shape[0]
    larger = (left - right) / EYES_APART  # side of the new square / side of the old one
    above = round(side * (EYES_HIGH * larger - high))
    beside = round(side * (larger - 1) / 2)
    below = max(0, math.ceil(side * larger) - side - above)
    padded = np.pad(face, ((max(0, above), below), (beside, beside), (0, 0)), mode="edge")
    return padded[: padded.shape[1]]


class TimmEmbedder(FaceEmbedder):
    """A network of timm around which an aligned face becomes a vector; nobody measured its threshold here."""

    def crop(self, pixels: np.ndarray) -> np.ndarray:
        return super().crop(reframed(pixels))

    def preprocess(self, faces: Sequence[np.ndarray]) -> Tensor:
        return super().preprocess([reframed(face) for face in faces])


def build(checkpoint: Checkpoint, files: Path, device: str) -> nn.Module:
    """The network of `checkpoint` with the weights in `files`, a folder in Hub layout that says how it is built."""
    config = read_config(files)
    name, outputs, more = (config.get(key) for key in ("architecture", "num_classes", "model_args"))
    more = more or {}
    plain = isinstance(more, dict) and all(isinstance(value, int | float | str) for value in more.values())
    # the name comes with the weights: one that makes timm fetch something else is no name
    if not (isinstance(name, str) and timm.is_model(name) and isinstance(outputs, int) and plain):
        raise CheckpointError(
            "checkpoint_foreign", f"Expected a network of timm in config.json, got {str(name)[:60]!r}."
        )
    with torch.device("meta"):
        network = timm.create_model(name, num_classes=outputs, **more)
    return assign(network, read_tensors(files / "model.safetensors"), checkpoint).to(device)


def load(checkpoint: Checkpoint, files: Path, device: str) -> TimmEmbedder:
    return TimmEmbedder(checkpoint, build(checkpoint, files, device), checkpoint.input, (), device)
