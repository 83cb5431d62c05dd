"""The network a recipe starts from, and the surgery on its last layer (lecture, section 6.2.9).

    architecture:resnet      a network of ours, from random weights
    resnet20.cifar10         a checkpoint of the catalogue, with its weights
    resnet50.a1_in1k         any timm name, with its pretrained weights from the Hub (timm:NAME does the same)
    scratch:resnet18         any timm name, from random weights
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from hub_models.catalog import checkpoints
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadData
from hub_models.preprocess import InputSpec


@dataclass(frozen=True, kw_only=True)
class Start:
    """A network with a new last layer, and what it wants to see."""

    model: nn.Module
    library: str
    architecture: str  # name for the library: "resnet" (ours) or "tf_efficientnet_lite0" (timm)
    input: InputSpec
    origin: str  # for the model card: where the first weights came from
    parent: Checkpoint | None


def start_from(name: str, classes: int, dropout: float, spec: InputSpec | None) -> Start:
    """Build `name` for `classes`; `spec` is needed where the weights bring no preprocessing of their own."""
    kind, _, rest = name.partition(":")
    if kind == "architecture":
        if spec is None:
            raise BadData("bad_value", f"Expected --size with {name}: its weights bring no picture size.")
        module = importlib.import_module(f"hub_models.architectures.{rest}")
        arguments = dict(module.EXAMPLE[0]) | {"classes": classes}
        model = module.MODEL(**arguments)
        origin = "random weights"
        return Start(model=model, library="ours", architecture=rest, input=spec, origin=origin, parent=None)
    if kind in ("timm", "scratch"):
        return from_timm(rest, kind == "timm", classes, dropout, spec)
    for checkpoint in checkpoints("image-classification"):
        if checkpoint.id == name:
            return from_catalogue(checkpoint, classes, dropout, spec)
    return from_timm(name, True, classes, dropout, spec)


def from_timm(name: str, pretrained: bool, classes: int, dropout: float, spec: InputSpec | None) -> Start:
    import timm

    from hub_models.predictors.timm import input_spec

    if not timm.is_model(name.split(".")[0]):
        near = ", ".join(timm.list_models(f"*{name.split('.')[0][:6]}*")[:8]) or "see timm.list_models()"
        raise BadData("model_unknown", f"Expected a timm model or a catalogue id, got {name}. Near names: {near}.")
    model = timm.create_model(name, pretrained=pretrained, num_classes=classes, drop_rate=dropout)
    return Start(
        model=model,
        library="timm",
        architecture=name.split(".")[0],
        input=spec or input_spec(model.pretrained_cfg),
        origin=f"timm {name}, pretrained" if pretrained else "random weights",
        parent=None,
    )


def from_catalogue(checkpoint: Checkpoint, classes: int, dropout: float, spec: InputSpec | None) -> Start:
    from hub_models.loader import build

    model = build(checkpoint, "cpu").float()
    if checkpoint.library == "timm":
        model.reset_classifier(classes)
        model.drop_rate = dropout
    else:
        model.classifier = nn.Linear(model.classifier.in_features, classes)
        model._hub_mixin_config = dict(model._hub_mixin_config) | {"classes": classes}
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    return Start(
        model=model,
        library=checkpoint.library,
        architecture=checkpoint.model,
        input=spec or checkpoint.input,
        origin=f"{checkpoint.id} ({checkpoint.weights_licence})",
        parent=checkpoint,
    )


def blocks(model: nn.Module) -> list[list[str]]:
    """Parameter names from input to output, a list a block; the last block is the new classifier."""
    if hasattr(model, "group_matcher"):  # timm knows its own blocks
        from timm.models import group_parameters

        return [names for _, names in sorted(group_parameters(model, model.group_matcher(coarse=True)).items())]
    grouped: dict[str, list[str]] = {}
    for name, _ in model.named_parameters():
        key = "classifier" if name.startswith("classifier.") else ".".join(name.split(".")[:2])
        grouped.setdefault(key, []).append(name)
    return list(grouped.values())


def parameter_groups(
    model: nn.Module, rate: float, rate_decay: float, weight_decay: float, frozen_blocks: int
) -> list[dict]:
    """Optimizer groups: the first `frozen_blocks` do not learn, each block learns `rate_decay` times as fast
    as the next, and biases and normalisation are free of weight decay. -1 freezes all but the classifier."""
    named, layers = dict(model.named_parameters()), blocks(model)
    frozen = len(layers) - 1 if frozen_blocks < 0 else min(frozen_blocks, len(layers) - 1)
    groups = []
    for number, names in enumerate(layers):
        if number < frozen:
            for name in names:
                named[name].requires_grad_(False)
            continue
        groups += block_groups([named[n] for n in names], rate * rate_decay ** (len(layers) - 1 - number), weight_decay)
    return groups


def block_groups(parameters: list[nn.Parameter], rate: float, weight_decay: float) -> Iterator[dict]:
    for chosen, decay in (
        ([p for p in parameters if p.ndim > 1], weight_decay),
        ([p for p in parameters if p.ndim <= 1], 0.0),
    ):
        if chosen:
            yield {"params": chosen, "lr": rate, "weight_decay": decay}
