"""The network for the points of a face that a recipe starts from.

regression, heatmaps            ours, their backbone with the weights of ImageNet
landmarks.youtube_faces         a checkpoint of ours by id, or its folder, with all its weights
"""

import importlib

from finetune.backbone import IMAGENET_ROW, imagenet_backbone
from finetune.starting_point import Start, find_ours, gone_on_from
from hub_models.preprocess import InputSpec

TASK = "face-landmarks"
MODELS = {"regression": "landmarks", "heatmaps": "landmark_heatmaps"}
HALF = (0.5, 0.5, 0.5)  # mean and std that EfficientNet-Lite0 was trained with
SPEC = InputSpec(size_hw=(96, 96), mean=HALF, std=HALF, interpolation="bilinear")


def start_landmarker(name: str, size_hw: tuple[int, int] | None) -> Start:
    """The network called `name`. BadData `model_unknown`."""
    if name in MODELS:
        model = importlib.import_module(f"hub_models.architectures.{MODELS[name]}").MODEL()
        imagenet_backbone(model.backbone)
        return Start(
            model=model,
            library="ours",
            architecture=MODELS[name],
            input=SPEC if size_hw is None else InputSpec(**vars(SPEC) | {"size_hw": size_hw}),
            origin=f"{IMAGENET_ROW} (Apache-2.0) for the backbone",
            parent=None,
        )
    parent = find_ours(name, TASK, list(MODELS), "or the folder of such a network of ours")
    model = importlib.import_module(f"hub_models.architectures.{parent.model}").MODEL()
    spec = parent.input if size_hw is None else InputSpec(**vars(parent.input) | {"size_hw": size_hw})
    return gone_on_from(parent, model, spec)
