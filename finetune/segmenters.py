"""The network that a recipe for labelling pixels starts from.

segnet, unet, enet, fcn, deconvnet   ours, from random weights
unet-lite                            ours, its backbone with the weights of ImageNet
timm:BACKBONE, scratch:BACKBONE      the same way up on any backbone of timm, pretrained or from random weights
segnet.camvid                        a checkpoint of ours by id, or its folder: all weights that still fit
"""

import importlib
from dataclasses import replace

from torch import nn

from finetune.backbone import IMAGENET_ROW, imagenet_backbone
from finetune.starting_point import Start, find_ours, gone_on_from, timm_model
from hub_models.errors import BadData
from hub_models.preprocess import InputSpec

TASK = "semantic-segmentation"
MODELS = {
    "segnet": "segnet",
    "unet": "unet",
    "enet": "enet",
    "unet-lite": "unet_lite",
    "fcn": "fcn",
    "deconvnet": "deconvnet",
}
ELSEWHERE = ("segformer:HUB_ID", "timm:BACKBONE", "scratch:BACKBONE")
SPEC = InputSpec(size_hw=(192, 256), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")


def start_segmenter(name: str, classes: int, size_hw: tuple[int, int] | None) -> Start:
    """The network called `name` for `classes`. BadData `model_unknown`."""
    if name in MODELS:
        model = build(MODELS[name], classes)
        origin = "random weights"
        if hasattr(model, "backbone"):
            imagenet_backbone(model.backbone)
            origin = f"{IMAGENET_ROW} (Apache-2.0) for the backbone"
        return Start(
            model=model,
            library="ours",
            architecture=MODELS[name],
            input=sized(SPEC, size_hw),
            origin=origin,
            parent=None,
        )
    kind, _, backbone = name.partition(":")
    if kind in ("timm", "scratch"):
        return from_backbone(backbone, kind == "timm", classes, size_hw)
    parent = find_ours(name, TASK, [*MODELS, *ELSEWHERE], "or the folder of such a network of ours")
    return gone_on_from(parent, build(parent.model, classes), sized(parent.input, size_hw))


def from_backbone(name: str, pretrained: bool, classes: int, size_hw: tuple[int, int] | None) -> Start:
    """A U-Net on a backbone of timm. BadData `model_unknown`; HubUnavailable."""
    from hub_models.predictors.timm import input_spec
    from hub_models.predictors.timm_segmenter import TimmUNet

    features = timm_model(name, pretrained, features_only=True)
    cfg = features.pretrained_cfg
    try:
        model = TimmUNet(name.partition(".")[0], classes, features)
    except ValueError as error:
        raise BadData(
            "model_unknown", f"Expected a backbone for a U-Net: {error}. Choose another."
        ) from error
    spec = replace(SPEC, **{key: getattr(input_spec(cfg), key) for key in ("mean", "std")})
    return Start(
        model=model,
        library="timm",
        architecture=name.partition(".")[0],
        input=sized(spec, size_hw),
        origin=f"timm {name}, pretrained" if pretrained else "random weights",
        parent=None,
    )


def sized(spec: InputSpec, size_hw: tuple[int, int] | None) -> InputSpec:
    return spec if size_hw is None else replace(spec, size_hw=size_hw)


def build(architecture: str, classes: int) -> nn.Module:
    return importlib.import_module(f"hub_models.architectures.{architecture}").MODEL(classes=classes)
