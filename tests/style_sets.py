"""Small pictures and tiny networks for the tests of style transfer."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from hub_models.architectures.style_features import VggFeatures
from hub_models.checkpoint import Checkpoint
from hub_models.predictors.gatys import Gatys
from hub_models.preprocess import InputSpec
from hub_models.stylized import Layers

SPEC = InputSpec(size_hw=(32, 32), mean=(0.5,) * 3, std=(0.5,) * 3)


def row(identity: str = "gatys.tiny", model: str = "style_features", **more: object) -> Checkpoint:
    facts = {
        "task": "style-transfer", "title": "Tiny", "architecture": "Optimisation of the pixels", "year": 2015,
        "library": "ours", "source": "hub:nobody/nothing", "sentence": "Tiny.", "paper": "None.",
        "weights_licence": "mit", "data_licence": "none", "trained_on": "nothing", "parameters": 1, "megabytes": 0.1,
        "input": SPEC,
    }  # fmt: skip
    return Checkpoint(id=identity, model=model, **(facts | more))


def tiny_gatys() -> Gatys:
    """The optimisation around random convolutions."""
    torch.manual_seed(0)
    network = VggFeatures(((4, 4), (6,)), SPEC.mean, SPEC.std).eval().requires_grad_(False)
    predictor = Gatys(row(), network, SPEC, (), "cpu")
    predictor.layers = Layers(content={"conv2_1": 1.0}, style={"conv1_1": 1.0, "conv2_1": 1.0})
    return predictor


def waves(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(height, width, 3) uint8: smooth colours."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    planes = [np.sin(x * a + y * b + c) for a, b, c in rng.uniform(0.05, 0.6, (3, 3))]
    return ((np.stack(planes, 2) + 1) * 127).astype(np.uint8)


def write_picture(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path
