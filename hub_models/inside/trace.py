"""Run a network once and write down what every module received and returned."""

import copy
import difflib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hub_models.errors import BadInput

MOST_EXTRA_TOKENS = 16  # class, distillation and register tokens before the tokens of the picture


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call of one module. `name` as in `named_modules()`; `name#2` if it is the module's second call."""

    name: str
    module: nn.Module
    received: Tensor
    returned: Tensor
    channels_last: bool  # returned is (1, h, w, C) and not (1, C, h, w)

    @property
    def repeated(self) -> bool:
        return "#" in self.name


@dataclass(frozen=True, kw_only=True)
class Trace:
    """All steps in the order in which they ended. `grid_hw`: of the first convolution, so of ViT tokens."""

    steps: tuple[Step, ...]
    logits: Tensor  # (1, classes)
    picture_hw: tuple[int, int]
    grid_hw: tuple[int, int] | None

    def step(self, name: str) -> Step:
        """The step called `name`; BadInput `layer_unknown` if no such module ran."""
        found = {step.name: step for step in self.steps}
        if name not in found:
            near = ", ".join(difflib.get_close_matches(name, found, n=5, cutoff=0)) or "none"
            raise BadInput(
                "layer_unknown", f"Expected a layer that this network ran, such as {near}; got {name}."
            )
        return found[name]

    def map_of(self, step: Step) -> Tensor | None:
        """What `step` returned as feature maps (1, C, h, w); None if it is no map of the picture."""
        return as_map(step.returned, step.channels_last, self.picture_hw, self.grid_hw)


def as_map(
    returned: Tensor, channels_last: bool, picture_hw: tuple[int, int], grid_hw: tuple[int, int] | None
) -> Tensor | None:
    """(1, C, h, w), (1, h, w, C) or tokens (1, extra + h * w, C) -> (1, C, h, w); None for anything else."""
    if returned.ndim == 4:
        maps = returned.permute(0, 3, 1, 2) if channels_last else returned
        # (1, heads, tokens, C) of an attention layer has four axes too, but not the shape of the picture
        (h, w), (height, width) = maps.shape[2:], picture_hw
        return maps if abs(h * width - w * height) <= max(height, width) else None
    if returned.ndim == 3 and grid_hw is not None:
        extra = returned.shape[1] - grid_hw[0] * grid_hw[1]
        if 0 <= extra <= MOST_EXTRA_TOKENS:
            return returned[:, extra:].transpose(1, 2).unflatten(2, grid_hw)  # (1, h * w, C) -> (1, C, h, w)
    return None


def twin(network: nn.Module) -> nn.Module:
    """A copy with hooks and flags of its own around the very same weights; nothing works in place."""
    shared = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    copied = copy.deepcopy(network, shared)
    for module in copied.modules():
        if getattr(module, "inplace", False):
            module.inplace = False  # else a ReLU overwrites the map of the convolution before it
    return copied


@contextmanager
def gradients(x: Tensor) -> Iterator[Tensor]:
    """A copy of `x` that gradients reach, also where the caller is in inference mode."""
    with torch.inference_mode(False), torch.enable_grad():
        yield x.detach().clone().requires_grad_()


def first_tensor(value: object) -> Tensor | None:
    """The tensor, or the first tensor of a tuple (layers of transformers return tuples)."""
    values = value if isinstance(value, tuple) else (value,)
    return next((v for v in values if isinstance(v, Tensor)), None)


def trace(network: nn.Module, x: Tensor) -> Trace:
    """Run a twin of `network` on `x` (1, C, H, W)."""
    private = twin(network)
    names = {module: name for name, module in private.named_modules() if name}
    default = getattr(network, "output_fmt", "NCHW") == "NHWC"  # timm says so of Swin and its like
    steps: list[Step] = []
    calls: Counter[str] = Counter()
    layout: dict[int, bool] = {}  # id of a tensor -> channels last; the steps keep the tensors alive

    def write_down(module: nn.Module, args: tuple, kwargs: dict, output: object) -> None:
        received, returned = first_tensor((*args, *kwargs.values())), first_tensor(output)
        if received is None or returned is None:
            return
        calls[names[module]] += 1
        number = calls[names[module]]
        last = _channels_last(module, received, returned, layout, default)
        layout[id(returned)] = last
        name = names[module] if number == 1 else f"{names[module]}#{number}"
        steps.append(Step(name=name, module=module, received=received, returned=returned, channels_last=last))

    for module in names:
        module.register_forward_hook(write_down, with_kwargs=True)
    output = private(x)
    convolutions = [step for step in steps if isinstance(step.module, nn.Conv2d)]
    return Trace(
        steps=tuple(steps),
        logits=getattr(output, "logits", output),
        picture_hw=tuple(x.shape[2:]),
        grid_hw=tuple(convolutions[0].returned.shape[2:]) if convolutions else None,
    )


def _channels_last(
    module: nn.Module, received: Tensor, returned: Tensor, layout: dict[int, bool], default: bool
) -> bool:
    if returned.ndim != 4:
        return False
    if id(returned) in layout:  # a container returns what its last layer returned
        return layout[id(returned)]
    name = type(module).__name__
    if isinstance(module, nn.Linear | nn.LayerNorm) or name.lower().startswith("rmsnorm"):
        return "2d" not in name  # timm's LayerNorm2d is a LayerNorm over the channels of (1, C, h, w)
    if isinstance(module, nn.Conv2d | nn.BatchNorm2d | nn.GroupNorm) or "Pool" in name:
        return False
    if not any(module.children()) and received.ndim == 4:
        return layout.get(id(received), default)
    return default
