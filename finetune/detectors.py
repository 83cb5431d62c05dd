"""The detector that a recipe starts from.

faster-rcnn, fast-rcnn, yolo-grid, yolo-anchors   ours, its backbone with the weights of ImageNet
scratch:faster-rcnn                               the same from random weights
faster_rcnn.bccd                                  a checkpoint of ours by id, or its folder: all weights that still fit
"""

import importlib
import inspect
from pathlib import Path

import numpy as np
from torch import nn

from finetune.backbone import IMAGENET_ROW, imagenet_backbone
from finetune.starting_point import Start
from hub_models import loader
from hub_models.box_dataset import BoxedPictures
from hub_models.catalog import checkpoints
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadData
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
    parent = find_detector(name)
    spec = parent.input if size_hw is None else InputSpec(**vars(parent.input) | {"size_hw": size_hw})
    model = build(parent.model, data, spec, seed)
    kept = copy_fitting(loader.build(parent, "cpu"), model)
    return Start(
        model=model,
        library="ours",
        architecture=parent.model,
        input=spec,
        origin=f"{parent.id} ({parent.weights_licence}), {kept:.0%} of its weights",
        parent=parent,
    )


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


def find_detector(name: str) -> Checkpoint:
    known = [c for c in checkpoints(TASK) if c.library == "ours" and c.kind == "bundled"]
    if name.startswith("local.") or Path(name).is_dir() or name in {c.id for c in known}:
        found = loader.LOADER.resolve(name, TASK)
        if found.library == "ours":
            return found
    listed = ", ".join([*MODELS, *ELSEWHERE, *(c.id for c in known)])
    raise BadData(
        "model_unknown",
        f"Expected --model to be one of {listed}, scratch:NAME, or the folder of a detector of ours; got {name!r}.",
    )


def copy_fitting(source: nn.Module, target: nn.Module) -> float:
    """Copy all tensors of equal name and shape; the share of `target`'s weights that came along."""
    wanted = target.state_dict()
    fitting = {n: t for n, t in source.state_dict().items() if n in wanted and wanted[n].shape == t.shape}
    target.load_state_dict(wanted | fitting)
    return sum(t.numel() for t in fitting.values()) / sum(t.numel() for t in wanted.values())
