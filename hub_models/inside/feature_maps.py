"""A network layer by layer: what goes in and out, what it costs, and the feature maps themselves."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.errors import BadInput
from hub_models.inside.formulas import (
    Formula,
    convolution_parameters,
    linear_parameters,
    norm_parameters,
    output_size,
    sizes_text,
)
from hub_models.inside.trace import Step, trace

Pair = tuple[int, int]
NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm)


@dataclass(frozen=True, kw_only=True)
class LayerFacts:
    """One layer that ran, in the notation of the lecture.

    Shapes are (n_H, n_W, n_C) for maps, (n,) for vectors, (tokens, n_C) in a Transformer. `f`, `s` and
    `dilation` are (vertical, horizontal), `p` is (top, bottom, left, right); None where there is no window.
    `parameters` is counted, `parameters_formula` and `sizes` are computed; None where no formula applies.
    A layer that runs again (`name#2`) uses the parameters counted before.
    """

    name: str
    kind: str  # convolution, pooling, linear, normalisation or activation
    type: str  # the class in PyTorch
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    f: Pair | None
    p: tuple[int, int, int, int] | None
    s: Pair | None
    dilation: Pair | None
    groups: int
    parameters: int
    parameters_formula: Formula | None
    sizes: tuple[Formula, Formula] | None  # n_H and n_W by formula 7.1
    multiplications: int  # of weights with inputs: convolutions and linear layers only

    @property
    def size_text(self) -> str:
        return sizes_text(self.sizes) if self.sizes else ""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """`elsewhere`: parameters that stand in none of the listed layers, such as a class token."""

    parameters: int
    elsewhere: int
    multiplications: int


@dataclass(frozen=True, kw_only=True)
class FeatureMaps:
    """`maps` (K, h, w) float32, `channels` (K,), `means` (K,): most active first; `shape`: n_H, n_W, n_C."""

    maps: np.ndarray
    channels: np.ndarray
    means: np.ndarray
    shape: tuple[int, int, int]
    layer_name: str


def layers(network: nn.Module, x: Tensor) -> list[LayerFacts]:
    """Every convolution, pooling, linear, normalisation and activation layer, as they ran on `x`."""
    with torch.inference_mode():
        steps = trace(network, x).steps
    return [facts_of(step, kind) for step in steps if (kind := kind_of(step.module))]


def totals(network: nn.Module, facts: list[LayerFacts]) -> Totals:
    """What the whole network costs."""
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Totals(
        parameters=parameters,
        elsewhere=parameters - sum(layer.parameters for layer in facts),
        multiplications=sum(layer.multiplications for layer in facts),
    )


def feature_maps(network: nn.Module, x: Tensor, layer_name: str, most: int = 64) -> FeatureMaps:
    """The `most` most active feature maps that the layer (or block) called `layer_name` returned."""
    with torch.inference_mode():
        seen = trace(network, x)
        step = seen.step(layer_name)
        maps = step.returned[:, :, None, None] if step.returned.ndim == 2 else seen.map_of(step)
    if maps is None:
        raise BadInput(
            "no_feature_map", f"Expected a layer that returns feature maps; {layer_name} returns none."
        )
    array = maps[0].float().cpu().numpy()  # (1, C, h, w) -> (C, h, w)
    means = array.mean(axis=(1, 2))
    order = np.argsort(-means, kind="stable")[:most]
    channels, height, width = array.shape
    return FeatureMaps(
        maps=array[order],
        channels=order,
        means=means[order],
        shape=(height, width, channels),
        layer_name=layer_name,
    )


def kind_of(module: nn.Module) -> str | None:
    """The lecture's word for a layer; None for containers and layers of other kinds."""
    name, home = type(module).__name__, type(module).__module__
    if isinstance(module, nn.Conv2d):
        return "convolution"
    if isinstance(module, nn.Linear):
        return "linear"
    if isinstance(module, NORMS) or name.lower().startswith("rmsnorm"):  # timm's may hold an activation
        return "normalisation"
    is_leaf = not any(module.children())
    if is_leaf and "Pool" in name:
        return "pooling"
    # torch.nn.modules.activation, timm.layers.activations, transformers.activations
    return "activation" if is_leaf and "activation" in home.rpartition(".")[2] else None


def facts_of(step: Step, kind: str) -> LayerFacts:
    """The facts of one call of one layer."""
    module, received, returned = step.module, step.received, step.returned
    own = {name: p.numel() for name, p in module.named_parameters(recurse=False)}
    slides = kind in ("convolution", "pooling") and received.ndim == 4
    window = window_of(module, tuple(received.shape[2:])) if slides else None
    if isinstance(module, nn.Conv2d):
        # one multiplication a weight of the filter, for each number that comes out
        multiplications = returned.numel() * module.weight[0].numel()
    else:
        multiplications = returned.numel() * module.in_features if isinstance(module, nn.Linear) else 0
    channels_last = step.channels_last and received.ndim == 4
    return LayerFacts(
        name=step.name,
        kind=kind,
        type=type(module).__name__,
        input_shape=shape_of(received, channels_last),
        output_shape=shape_of(returned, step.channels_last),
        f=window.f if window else None,
        p=window.p if window else None,
        s=window.s if window else None,
        dilation=window.dilation if window else None,
        groups=getattr(module, "groups", 1) if kind == "convolution" else 1,
        parameters=0 if step.repeated else sum(own.values()),
        parameters_formula=parameters_by_formula(module, kind, own),
        sizes=window.sizes(tuple(received.shape[2:])) if window else None,
        multiplications=multiplications,
    )


def shape_of(tensor: Tensor, channels_last: bool) -> tuple[int, ...]:
    """(1, C, h, w) -> (h, w, C); everything else without its first axis."""
    shape = tuple(tensor.shape[1:])
    return (*shape[1:], shape[0]) if len(shape) == 3 and not channels_last else shape


def parameters_by_formula(module: nn.Module, kind: str, own: dict[str, int]) -> Formula | None:
    """Formula 7.2 for this layer. `own`: how many numbers each of its parameters holds."""
    more = {name: count for name, count in own.items() if name not in ("weight", "bias")}
    if isinstance(module, nn.Conv2d):
        return convolution_parameters(
            module.kernel_size,
            channels_in=module.in_channels,
            channels=module.out_channels,
            groups=module.groups,
            bias="bias" in own,
            more=more,
        )
    if isinstance(module, nn.Linear):
        return linear_parameters(
            features_in=module.in_features, features=module.out_features, bias="bias" in own, more=more
        )
    if kind == "normalisation":
        return norm_parameters(own)
    return None if own else Formula(text="nothing to learn: 0", value=0)


@dataclass(frozen=True, kw_only=True)
class Window:
    """The sliding window of a convolution or pooling; fields as in LayerFacts."""

    f: Pair
    p: tuple[int, int, int, int]
    s: Pair
    dilation: Pair
    ceil: bool = False

    def sizes(self, n_hw: Pair) -> tuple[Formula, Formula]:
        """Formula 7.1 down and across."""
        height, width = (
            output_size(
                n_hw[i],
                f=self.f[i],
                p=self.p[2 * i : 2 * i + 2],
                s=self.s[i],
                dilation=self.dilation[i],
                ceil=self.ceil,
            )
            for i in (0, 1)
        )
        return height, width


def window_of(module: nn.Module, n_hw: tuple[int, ...]) -> Window | None:
    """The window of a layer that receives maps of n_H x n_W; None if windows differ or are unknown."""
    if "Adaptive" in type(module).__name__:
        out = pair(getattr(module, "output_size", 1))
        out = tuple(n if o is None else o for o, n in zip(out, n_hw, strict=True))
        if any(n % o for n, o in zip(n_hw, out, strict=True)):
            return None
        f = (n_hw[0] // out[0], n_hw[1] // out[1])
        return Window(f=f, p=(0, 0, 0, 0), s=f, dilation=(1, 1))
    if not hasattr(module, "kernel_size"):
        return None
    f, s = pair(module.kernel_size), pair(module.stride)
    dilation = pair(getattr(module, "dilation", 1))
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, f, strict=True))
    if type(module).__name__.endswith("Same") or getattr(module, "same_pad", False):
        # TensorFlow's "same": as much as gives ⌈n / s⌉, the odd cell at the end; as timm's layers pad
        amounts = [max((-(-n_hw[i] // s[i]) - 1) * s[i] + reach[i] - n_hw[i], 0) for i in (0, 1)]
    elif module.padding == "same":
        amounts = [r - 1 for r in reach]
    else:
        amounts = [2 * side for side in pair(0 if module.padding == "valid" else module.padding)]
    top, left = amounts[0] // 2, amounts[1] // 2
    p = (top, amounts[0] - top, left, amounts[1] - left)
    return Window(f=f, p=p, s=s, dilation=dilation, ceil=getattr(module, "ceil_mode", False))


def pair(value: int | tuple) -> Pair:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)
