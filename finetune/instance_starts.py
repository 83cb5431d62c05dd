"""The network that a recipe for instance segmentation starts from.

mask-rcnn           ours, its backbone with the weights of ImageNet
unet                ours, from random weights: background, inside and border, taken apart into objects; one class
mask_rcnn.nuclei    a checkpoint of ours by id, or its folder: all weights that still fit
"""

from dataclasses import replace

import numpy as np
from torch import nn

from finetune.backbone import IMAGENET_ROW, imagenet_backbone
from finetune.instance_check import Checked
from finetune.starting_point import Start, find_ours, gone_on_from
from hub_models.architectures.mask_rcnn import MaskRCNN
from hub_models.architectures.unet import UNet
from hub_models.errors import BadData
from hub_models.predictors.detector import growth
from hub_models.predictors.instances import SEPARATED
from hub_models.preprocess import InputSpec

TASK = "instance-segmentation"
MODELS = {"mask-rcnn": "mask_rcnn", "unet": "unet"}
ELSEWHERE = ("yolo-seg",)  # trained by another module: see finetune/instance_segmentation.py
ANCHORS = 6
SMALLEST_ANCHOR = 6.0  # pixels: a cell and a half of the shared map
SPEC = InputSpec(size_hw=(384, 384), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")


def start_instances(name: str, data: Checked, size_hw: tuple[int, int] | None) -> Start:
    """The network called `name` for the classes and box sizes of `data`. BadData `model_unknown`, `data_classes`."""
    kind, _, rest = name.rpartition(":")
    if rest in MODELS and kind in ("", "scratch"):
        spec = SPEC if size_hw is None else replace(SPEC, size_hw=size_hw)
        model = build(MODELS[rest], data, spec)
        origin = "random weights"
        if kind == "" and hasattr(model, "backbone"):
            imagenet_backbone(model.backbone)
            origin = f"{IMAGENET_ROW} (Apache-2.0) for the backbone"
        return Start(
            model=model,
            library="ours",
            architecture=MODELS[rest],
            input=spec,
            origin=origin,
            parent=None,
        )
    parent = find_ours(
        name, TASK, [*MODELS, *ELSEWHERE], "scratch:NAME, or the folder of such a network of ours"
    )
    spec = parent.input if size_hw is None else replace(parent.input, size_hw=size_hw)
    return gone_on_from(parent, build(parent.model, data, spec), spec)


def build(architecture: str, data: Checked, spec: InputSpec) -> nn.Module:
    classes = len(data.pictures.class_names)
    if architecture == "mask_rcnn":
        return MaskRCNN(classes, anchor_sides=anchor_sides_for(data, spec))
    if classes != 1:
        raise BadData(
            "data_classes",
            f"Expected objects of one class for a U-Net, whose objects are only told apart by their borders, got "
            f"{classes} classes. Take --model mask-rcnn.",
        )
    return UNet(len(SEPARATED))


def anchor_sides_for(data: Checked, spec: InputSpec) -> tuple[float, ...]:
    """Square roots of typical areas in pixels of the pictures as the network sees them, each larger by the same factor."""
    found = []
    for index, boxes in enumerate(data.boxes.boxes):
        if len(boxes):
            scale = growth(spec, data.boxes.read(index).shape[:2])
            found.append(np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(1)) * scale)
    low, high = np.maximum(np.percentile(np.concatenate(found), (10, 98)), SMALLEST_ANCHOR)
    return tuple(round(float(side), 1) for side in np.geomspace(low, max(high, 1.2 * low), ANCHORS))
