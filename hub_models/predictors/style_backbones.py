"""Classifiers that style transfer reads: their weights in a network that gives the maps of its layers."""

from pathlib import Path

from torch import nn

from hub_models.architectures.efficientnet_lite import imagenet_tensors
from hub_models.architectures.style_features import FeatureNetwork, LiteFeatures, VggFeatures
from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.predictors.style_layers import LAYERS
from hub_models.predictors.weights import read_tensors
from hub_models.preprocess import InputSpec

LAST_STAGE = 3  # of EfficientNet-Lite0: later maps are 1/16 of the picture and smaller
VGG19 = ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,))  # up to conv5_1, the last that is read


def lite(files: Path, spec: InputSpec) -> FeatureNetwork:
    """EfficientNet-Lite0 from the file of its package."""
    network = LiteFeatures(LAST_STAGE, spec.mean, spec.std)
    network.backbone.load_state_dict(imagenet_tensors(read_tensors(files), LAST_STAGE))
    return network


def vgg19(checkpoint: Checkpoint, files: Path) -> FeatureNetwork:
    """VGG-19 as timm has it on the Hub."""
    from hub_models.predictors import timm

    features = timm.build(checkpoint, files, "cpu").features
    network = VggFeatures(VGG19, checkpoint.input.mean, checkpoint.input.std)
    found = [layer for layer in features if isinstance(layer, nn.Conv2d)]
    for block in network.blocks:
        for convolution in block:
            convolution.load_state_dict(found.pop(0).state_dict())
    return network


def build(checkpoint: Checkpoint, files: Path) -> FeatureNetwork:
    """The classifier of `checkpoint`, a row of timm whose weights are in `files`, to be read layer by layer."""
    if checkpoint.model == "tf_efficientnet_lite0":
        network = lite(files, checkpoint.input)
    elif checkpoint.model == "vgg19":
        network = vgg19(checkpoint, files)
    else:
        raise CheckpointError(
            "checkpoint_foreign",
            f"Expected one of the classifiers {', '.join(LAYERS)} to read content and style from, "
            f"got {checkpoint.model!r}.",
        )
    return network.eval().requires_grad_(False)
