"""The network for face recognition that a recipe starts from.

face-embedding                 ours, its backbone with the weights of ImageNet
siamese                        ours, small, for grey pictures, from random weights
face_embedding.youtube_faces   a checkpoint of ours by id, or its folder, with all its weights
"""

import importlib
from dataclasses import replace

from finetune.backbone import IMAGENET_ROW, imagenet_backbone
from finetune.starting_point import Start, find_ours, gone_on_from, refuse_misfit
from hub_models.preprocess import InputSpec

TASK = "face-recognition"
MODELS = {"face-embedding": "face_embedding", "siamese": "siamese"}
SPECS = {
    "face-embedding": InputSpec(size_hw=(96, 96), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear"),
    "siamese": InputSpec(size_hw=(64, 64), mean=(0.5,), std=(0.5,), interpolation="bilinear", colour="grey"),
}


def start_embedder(name: str, size_hw: tuple[int, int] | None) -> Start:
    """The network called `name`. BadData `model_unknown`, `bad_value`."""
    if name in MODELS:
        model = importlib.import_module(f"hub_models.architectures.{MODELS[name]}").MODEL()
        start = Start(
            model=model,
            library="ours",
            architecture=MODELS[name],
            input=SPECS[name],
            origin="random weights",
            parent=None,
        )
        if hasattr(model, "backbone"):
            imagenet_backbone(model.backbone)
            start = replace(start, origin=f"{IMAGENET_ROW} (Apache-2.0) for the backbone")
    else:
        parent = find_ours(name, TASK, list(MODELS), "or the folder of such a network of ours")
        model = importlib.import_module(f"hub_models.architectures.{parent.model}").MODEL()
        start = gone_on_from(parent, model, parent.input)
    if size_hw is not None:
        start = replace(start, input=replace(start.input, size_hw=size_hw))
    refuse_misfit(start, name)
    return start
