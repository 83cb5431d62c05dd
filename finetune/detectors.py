"""The detector that a recipe starts from.

faster-rcnn, fast-rcnn, yolo-grid, yolo-anchors   ours, its backbone with the weights of ImageNet
scratch:faster-rcnn                               the same from random weights
faster_rcnn.bccd                                  a checkpoint of ours by id, or its folder: all weights that still fit
"""

import importlib
import inspect

import numpy as np
from torch import nn

from finetune.backbone import IMAGENET_ROW, imagenet_backbone
from finetune.starting_point import Start, find_ours, gone_on_from
from hub_models.box_dataset import BoxedPictures
from hub_models.inside.anchors import cluster_anchors
from hub_models.preprocess import InputSpec

TASK = "object-detection"
MODELS = {
    "yolo-anchors": "yolo_anchors",
    "yolo-grid": "yolo_grid",
    "faster-rcnn": "faster_rcnn",
    "fast-rcnn": "fast_rcnn",
}
ELSEWHERE = ("yolo", "rt-detr")  # trained by another module: see finetune/object_detection.py
ANCHORS = 5  # clusters of the training boxes
SPEC = InputSpec(size_hw=(320, 416), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")


def start_detector(name: str, data: BoxedPictures, size_hw: tuple[int, int] | None, seed: int) -> Start:
    """The network called `name` for the classes and box sizes of `data`. BadData `model_unknown`."""
    kind, _, rest = name.rpartition(":")
    if rest in MODELS and kind in ("", "scratch"):
        spec = SPEC if size_hw is None else InputSpec(**vars(SPEC) | {"size_hw": size_hw})
        model = build(MODELS[rest], data, spec, seed)
        if kind == "":
            imagenet_backbone(model.backbone)
        origin = "random weights" if kind else f"{IMAGENET_ROW} (Apache-2.0) for the backbone"
        return Start(
            model=model,
            library="ours",
            architecture=MODELS[rest],
            input=spec,
            origin=origin,
            parent=None,
        )
    parent = find_ours(name, TASK, [*MODELS, *ELSEWHERE], "scratch:NAME, or the folder of a detector of ours")
    spec = parent.input if size_hw is None else InputSpec(**vars(parent.input) | {"size_hw": size_hw})
    return gone_on_from(parent, build(parent.model, data, spec, seed), spec)


def build(architecture: str, data: BoxedPictures, spec: InputSpec, seed: int) -> nn.Module:
    """A network of ours for the classes of `data`, with anchors that fit its boxes where it has anchors to choose."""
    kind = importlib.import_module(f"hub_models.architectures.{architecture}").MODEL
    arguments: dict[str, object] = {"classes": len(data.class_names)}
    if "anchors_wh" in inspect.signature(kind).parameters:
        arguments["anchors_wh"] = anchors_for(data, spec, seed)
    return kind(**arguments)


def anchors_for(data: BoxedPictures, spec: InputSpec, seed: int) -> tuple[tuple[float, float], ...]:
    """Width and height of typical boxes, in pixels of the pictures that the network sees."""
    scaled = []
    for index, boxes in enumerate(data.boxes):
        if len(boxes):
            height, width = data.read(index).shape[:2]
            scaled.append(
                (boxes[:, 2:] - boxes[:, :2]) * min(spec.size_hw[0] / height, spec.size_hw[1] / width)
            )
    wh = np.concatenate(scaled)
    count = min(ANCHORS, len(np.unique(wh, axis=0)))
    return tuple((round(float(w), 1), round(float(h), 1)) for w, h in cluster_anchors(wh, count, seed).wh)
