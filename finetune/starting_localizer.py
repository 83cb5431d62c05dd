"""The localizer that a recipe starts from.

localizer          ours, its backbone with the weights of ImageNet
localizer.bccd     a checkpoint of ours by id, or its folder, with a new last layer for the new classes
"""

from pathlib import Path

from torch import nn

from finetune.backbone import IMAGENET_ROW, imagenet_backbone
from finetune.starting_point import Start
from hub_models import loader
from hub_models.architectures.localizer import Localizer
from hub_models.catalog import checkpoints
from hub_models.errors import BadData
from hub_models.preprocess import InputSpec

TASK, NEW = "localization", "localizer"
HALF = (0.5, 0.5, 0.5)  # mean and std that EfficientNet-Lite0 was trained with
SPEC = InputSpec(size_hw=(128, 128), mean=HALF, std=HALF, interpolation="bilinear")


def start_localizer(name: str, classes: int, size_hw: tuple[int, int] | None, last_stage: int = 4) -> Start:
    """The network called `name` with a last layer for `classes`. BadData `model_unknown`."""
    if name == NEW:
        model, spec, parent = Localizer(classes, last_stage), SPEC, None
        imagenet_backbone(model.backbone)
        origin = f"{IMAGENET_ROW} (Apache-2.0) for the backbone"
    else:
        refuse_unknown(name)
        parent = loader.LOADER.resolve(name, TASK)
        model, spec = loader.build(parent, "cpu").float().requires_grad_(True), parent.input
        model.classifier = nn.Linear(model.classifier.in_features, 5 + classes)
        model.classes = classes
        model._hub_mixin_config = dict(model._hub_mixin_config) | {"classes": classes}
        origin = f"{parent.id} ({parent.weights_licence})"
    return Start(
        model=model,
        library="ours",
        architecture="localizer",
        input=spec if size_hw is None else InputSpec(**vars(spec) | {"size_hw": size_hw}),
        origin=origin,
        parent=parent,
    )


def refuse_unknown(name: str) -> None:
    known = [c.id for c in checkpoints(TASK) if c.library == "ours"]
    if not name.startswith("local.") and not Path(name).is_dir() and name not in known:
        raise BadData(
            "model_unknown",
            f"Expected --model to be one of {', '.join([NEW, *known])}, or the folder of a localizer of ours; "
            f"got {name!r}.",
        )
