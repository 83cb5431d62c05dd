"""The network a recipe starts from, and the surgery on its last layer (lecture, section 6.2.9).

    architecture:resnet      a network of ours, from random weights
    resnet20.cifar10         a checkpoint of the catalogue, with its weights; so local.NAME, or its folder
    resnet50.a1_in1k         any timm name, with its pretrained weights from the Hub (timm:NAME does the same)
    scratch:resnet18         any timm name, from random weights
"""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import nn

from hub_models import architectures, loader
from hub_models.catalog import checkpoints
from hub_models.checkpoint import Checkpoint, Library
from hub_models.errors import BadData, HubUnavailable
from hub_models.fetch import code_of
from hub_models.local import read_config
from hub_models.preprocess import InputSpec

TASK = "image-classification"
FrozenBlocks = int | Literal["half", "head"]  # from the input on; "head": all but the classifier


@dataclass(frozen=True, kw_only=True)
class Start:
    """A network with a new last layer, and what it wants to see."""

    model: nn.Module
    library: Library
    architecture: str  # name for the library: "resnet" (ours) or "tf_efficientnet_lite0" (timm)
    input: InputSpec
    origin: str  # for the model card: where the first weights came from
    parent: Checkpoint | None


def start_from(name: str, classes: int, dropout: float, spec: InputSpec | None) -> Start:
    """Build `name` for `classes`; `spec` is needed where the weights bring no preprocessing of their own.

    Raises BadData `model_unknown`, `bad_value` (the network does not take such pictures); HubUnavailable.
    """
    kind, _, rest = name.partition(":")
    if kind == "architecture":
        start = from_architecture(rest, classes, spec)
    elif kind in ("timm", "scratch"):
        start = from_timm(rest, kind == "timm", classes, dropout, spec)
    elif checkpoint := find_checkpoint(name):
        start = from_checkpoint(checkpoint, classes, dropout, spec)
    else:
        start = from_timm(name, True, classes, dropout, spec)
    refuse_misfit(start, name)
    return start


def find_checkpoint(name: str) -> Checkpoint | None:
    """The checkpoint of the catalogue or of this machine that `name` means; None: it means none."""
    if name.startswith("local.") or Path(name).is_dir():
        return loader.LOADER.resolve(name, TASK)
    return next((c for c in checkpoints(TASK) if c.id == name), None)


def from_architecture(name: str, classes: int, spec: InputSpec | None) -> Start:
    known = [m.name for m in pkgutil.iter_modules(architectures.__path__)]
    if name not in known:
        raise BadData("model_unknown", f"Expected architecture: with one of {', '.join(known)}, got {name!r}.")
    if spec is None:
        raise BadData("bad_value", f"Expected --size with architecture:{name}: it brings no picture size.")
    module = importlib.import_module(f"hub_models.architectures.{name}")
    model = module.MODEL(**module.EXAMPLE[0] | {"classes": classes})
    return Start(
        model=model, library="ours", architecture=name, input=spec, origin="random weights", parent=None
    )


def from_timm(name: str, pretrained: bool, classes: int, dropout: float, spec: InputSpec | None) -> Start:
    import timm

    from hub_models.predictors.timm import input_spec

    architecture = name.partition(".")[0]
    if not timm.is_model(architecture):
        near = ", ".join(timm.list_models(f"*{architecture[:6]}*")[:8]) or "see timm.list_models()"
        raise BadData("model_unknown", f"Expected a timm model or a catalogue id, got {name!r}. Near names: {near}.")
    try:
        model = timm.create_model(name, pretrained=pretrained, num_classes=classes, drop_rate=dropout)
    except RuntimeError as error:
        if "retrained" not in str(error):  # "Invalid pretrained tag ...", "No pretrained weights exist for ..."
            raise
        tags = ", ".join(timm.list_pretrained(f"{architecture}.*")) or f"none; use scratch:{architecture}"
        raise BadData("model_unknown", f"Expected pretrained weights named {name!r}. There are: {tags}.") from error
    except Exception as error:  # what the Hub's client raises; a bug stays one
        code = code_of(error)
        if code is None:
            raise
        raise HubUnavailable(
            code,
            f"Expected the weights of {name} from the Hub, but it cannot be reached or refuses. Check the connection, "
            f"start from a checkpoint that is here (efficientnet_lite0.imagenet), or from scratch:{architecture}.",
        ) from error
    return Start(
        model=model,
        library="timm",
        architecture=architecture,
        input=spec or input_spec(model.pretrained_cfg),
        origin=f"timm {name}, pretrained" if pretrained else "random weights",
        parent=None,
    )


def from_checkpoint(checkpoint: Checkpoint, classes: int, dropout: float, spec: InputSpec | None) -> Start:
    """The weights of `checkpoint` with a new last layer."""
    if checkpoint.library not in ("timm", "ours"):
        raise BadData(
            "model_unknown",
            f"Expected a checkpoint of timm or of ours to train from, got one of {checkpoint.library}. "
            "Most networks of it are in timm too: give a timm name.",
        )
    model = loader.build(checkpoint, "cpu").float()
    if checkpoint.library == "timm":
        model.reset_classifier(classes)
        model.drop_rate = dropout
    else:
        model.classifier = nn.Linear(model.classifier.in_features, classes)
        model._hub_mixin_config = dict(model._hub_mixin_config) | {"classes": classes}
    model.requires_grad_(True)
    return Start(
        model=model,
        library=checkpoint.library,
        architecture=checkpoint.model,
        input=spec or checkpoint.input or spec_of(checkpoint),
        origin=f"{checkpoint.id} ({checkpoint.weights_licence})",
        parent=checkpoint,
    )


def spec_of(checkpoint: Checkpoint) -> InputSpec:
    """What the weights' own configuration says, where the catalogue leaves it to that."""
    from hub_models.predictors.timm import input_spec

    return input_spec(read_config(loader.find(checkpoint))["pretrained_cfg"])


def refuse_misfit(start: Start, name: str) -> None:
    """Raise BadData unless the network takes pictures as `start.input` makes them."""
    spec = start.input
    was_training = start.model.training
    try:
        with torch.inference_mode():
            start.model.eval()(torch.zeros(1, spec.channels, *spec.size_hw))
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0][:200]
        raise BadData(
            "bad_value",
            f"Expected a --size and --colour that {name} takes, but {spec.size_hw[1]} x {spec.size_hw[0]} pixels in "
            f"{spec.colour} do not fit: {reason}",
        ) from error
    start.model.train(was_training)


def blocks(model: nn.Module) -> list[list[str]]:
    """Parameter names from input to output, a list a block; the last block is the classifier and nothing else."""
    names = [name for name, _ in model.named_parameters()]
    if hasattr(model, "group_matcher"):  # timm knows its own blocks
        from timm.models import group_parameters

        heads = model.pretrained_cfg["classifier"]
        heads = (heads,) if isinstance(heads, str) else tuple(heads)
        grouped = [list(g) for _, g in sorted(group_parameters(model, model.group_matcher(coarse=True)).items())]
    else:
        heads = ("classifier",)
        by_prefix: dict[str, list[str]] = {}
        for name in names:
            by_prefix.setdefault(".".join(name.split(".")[:2]), []).append(name)
        grouped = list(by_prefix.values())
    head = [name for name in names if name.startswith(tuple(f"{h}." for h in heads))]
    body = [[name for name in group if name not in head] for group in grouped]
    return [*(group for group in body if group), head]


def parameter_groups(
    model: nn.Module, rate: float, rate_decay: float, weight_decay: float, frozen_blocks: FrozenBlocks
) -> list[dict]:
    """Optimizer groups: the first `frozen_blocks` do not learn, each block learns `rate_decay` times as fast
    as the next, and biases and normalisation are free of weight decay."""
    named, layers = dict(model.named_parameters()), blocks(model)
    most = len(layers) - 1
    frozen = {"half": len(layers) // 2, "head": most}.get(frozen_blocks, frozen_blocks)
    if not 0 <= frozen <= most:
        raise BadData(
            "bad_value",
            f"Expected --freeze-blocks from 0 to {most} (this network's blocks without the classifier), "
            f"half or head; got {frozen_blocks}.",
        )
    groups = []
    for number, names in enumerate(layers):
        if number < frozen:
            for name in names:
                named[name].requires_grad_(False)
        else:
            groups += block_groups([named[n] for n in names], rate * rate_decay ** (most - number), weight_decay)
    return groups


def block_groups(parameters: list[nn.Parameter], rate: float, weight_decay: float) -> Iterator[dict]:
    for chosen, decay in (
        ([p for p in parameters if p.ndim > 1], weight_decay),
        ([p for p in parameters if p.ndim <= 1], 0.0),
    ):
        if chosen:
            yield {"params": chosen, "lr": rate, "weight_decay": decay}
