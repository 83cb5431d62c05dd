"""The network a recipe starts from, and the surgery on its last layer (lecture, section 6.2.9).

architecture:resnet      a network of ours, from random weights
resnet20.cifar10         a checkpoint of the catalogue, with its weights; so local.NAME, or its folder
resnet50.a1_in1k         any timm name, with its pretrained weights from the Hub (timm:NAME does the same)
scratch:resnet18         any timm name, from random weights
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
Colour = Literal["RGB", "grey", "grey_light_on_dark"]


@dataclass(frozen=True, kw_only=True)
class Start:
    """A network with a new last layer, and what it wants to see or read."""

    model: nn.Module
    library: Library
    architecture: str  # name for the library: "resnet" (ours) or "tf_efficientnet_lite0" (timm)
    input: InputSpec | None  # None: it reads text
    origin: str  # for the model card: where the first weights came from
    parent: Checkpoint | None
    processor: str = ""  # JSON of transformers' picture processor
    files: Mapping[str, bytes] = field(
        default_factory=dict
    )  # of a network that reads text: vocabulary, tokenizer


def start_from(
    name: str,
    classes: int,
    dropout: float | None,
    spec: InputSpec | None,
    changed: Callable[[InputSpec], InputSpec] = lambda spec: spec,
) -> Start:
    """Build `name` for `classes`. None: dropout as the network has it, pictures as its weights want them.

    `changed` is what to make of that `spec`.

    Raises BadData `model_unknown`, `bad_value` (the network does not take such pictures); HubUnavailable.
    """
    kind, _, rest = name.partition(":")
    if kind == "architecture":
        start = from_architecture(rest, classes, dropout, spec)
    elif kind in ("timm", "scratch"):
        start = from_timm(rest, kind == "timm", classes, dropout, spec)
    elif checkpoint := find_checkpoint(name):
        start = from_checkpoint(checkpoint, classes, dropout, spec)
    else:
        start = from_timm(name, True, classes, dropout, spec)
    start = replace(start, input=changed(start.input))
    refuse_misfit(start, name)
    return start


def find_checkpoint(name: str) -> Checkpoint | None:
    """The checkpoint of the catalogue or of this machine that `name` means; None: it means none."""
    if name.startswith("local.") or Path(name).is_dir():
        return loader.LOADER.resolve(name, TASK)
    return next((c for c in checkpoints(TASK) if c.id == name), None)


def from_architecture(name: str, classes: int, dropout: float | None, spec: InputSpec | None) -> Start:
    known = [m.name for m in pkgutil.iter_modules(architectures.__path__)]
    if name not in known:
        raise BadData(
            "model_unknown", f"Expected architecture: with one of {', '.join(known)}, got {name!r}."
        )
    module = importlib.import_module(f"hub_models.architectures.{name}")
    model = module.MODEL(**module.EXAMPLE[0] | {"classes": classes})
    set_dropout(model, dropout)
    _, channels, height, width = module.EXAMPLE[1]
    own = in_colour(InputSpec(size_hw=(height, width)), "RGB" if channels == 3 else "grey")
    return Start(
        model=model,
        library="ours",
        architecture=name,
        input=spec or own,
        origin="random weights",
        parent=None,
    )


def set_dropout(model: nn.Module, dropout: float | None) -> None:
    """Change the rate of every dropout layer of a network of ours."""
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Dropout)]
    if dropout and not layers:
        raise BadData("bad_value", f"Expected no --dropout: {type(model).__name__} has no dropout layer.")
    for layer in layers:
        layer.p = layer.p if dropout is None else dropout


def in_colour(spec: InputSpec, colour: Colour) -> InputSpec:
    """`spec` for pictures of `colour`, from -1 to 1."""
    half = (0.5,) * (3 if colour == "RGB" else 1)
    return replace(spec, colour=colour, mean=half, std=half)


def from_timm(
    name: str, pretrained: bool, classes: int, dropout: float | None, spec: InputSpec | None
) -> Start:
    from hub_models.predictors.timm import input_spec

    model = timm_model(name, pretrained, num_classes=classes, drop_rate=dropout or 0.0)
    return Start(
        model=model,
        library="timm",
        architecture=name.partition(".")[0],
        input=spec or input_spec(model.pretrained_cfg),
        origin=f"timm {name}, pretrained" if pretrained else "random weights",
        parent=None,
    )


def timm_model(name: str, pretrained: bool, **options: object) -> nn.Module:
    """`timm.create_model`, with sentences. BadData `model_unknown`; HubUnavailable."""
    import timm
    from huggingface_hub.errors import HTTPError

    architecture = name.partition(".")[0]
    if not timm.is_model(architecture):
        near = ", ".join(timm.list_models(f"*{architecture[:6]}*")[:8]) or "see timm.list_models()"
        raise BadData(
            "model_unknown", f"Expected a timm model or a catalogue id, got {name!r}. Near names: {near}."
        )
    try:
        return timm.create_model(name, pretrained=pretrained, **options)
    except RuntimeError as error:
        if "retrained" not in str(
            error
        ):  # "Invalid pretrained tag ...", "No pretrained weights exist for ..."
            raise
        tags = ", ".join(timm.list_pretrained(f"{architecture}.*")) or f"none; use scratch:{architecture}"
        raise BadData(
            "model_unknown", f"Expected pretrained weights named {name!r}. There are: {tags}."
        ) from error
    except (HTTPError, OSError, ValueError) as error:
        code = code_of(error)
        if code is None:
            raise
        raise HubUnavailable(
            code,
            f"Expected the weights of {name} from the Hub, but it cannot be reached or refuses. Check the connection, "
            f"start from a checkpoint that is here (efficientnet_lite0.imagenet), or from scratch:{architecture}.",
        ) from error


def from_checkpoint(
    checkpoint: Checkpoint, classes: int, dropout: float | None, spec: InputSpec | None
) -> Start:
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
        model.drop_rate = dropout or 0.0
    else:
        model.classifier = nn.Linear(model.classifier.in_features, classes)
        model._hub_mixin_config = dict(model._hub_mixin_config) | {"classes": classes}
        set_dropout(model, dropout)
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


def find_ours(name: str, task: str, listed: Sequence[str], what: str) -> Checkpoint:
    """The checkpoint of ours that `name` means: an id of the catalogue, of this machine, or a folder.

    BadData `model_unknown` lists what else is taken (`listed`) and says of what kind a folder has to be (`what`).
    """
    known = [c.id for c in checkpoints(task) if c.library == "ours" and c.kind == "bundled"]
    if name.startswith("local.") or Path(name).is_dir() or name in known:
        found = loader.LOADER.resolve(name, task)
        if found.library == "ours":
            return found
    raise BadData(
        "model_unknown",
        f"Expected --model to be one of {', '.join([*listed, *known])}, {what}; got {name!r}.",
    )


def gone_on_from(parent: Checkpoint, model: nn.Module, spec: InputSpec) -> Start:
    """`model`, of the same architecture, with all weights of `parent` that fit it."""
    kept = copy_fitting(loader.build(parent, "cpu"), model)
    return Start(
        model=model,
        library="ours",
        architecture=parent.model,
        input=spec,
        origin=f"{parent.id} ({parent.weights_licence}), {kept:.0%} of its weights",
        parent=parent,
    )


def copy_fitting(source: nn.Module, target: nn.Module) -> float:
    """Copy all tensors of equal name and shape; the share of `target`'s weights that came along."""
    wanted = target.state_dict()
    fitting = {n: t for n, t in source.state_dict().items() if n in wanted and wanted[n].shape == t.shape}
    target.load_state_dict(wanted | fitting)
    return sum(t.numel() for t in fitting.values()) / sum(t.numel() for t in wanted.values())
