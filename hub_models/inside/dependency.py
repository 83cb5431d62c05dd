"""What depends on what in a network: its layers with positive weights and nothing that blocks a path.

Inside `with Dependency():` the gradient of a cell is zero exactly at the inputs on which it cannot depend,
whatever the weights. Works on functions and not on modules, so that layers of any library and functional
calls are met alike; it holds for the calling thread alone and changes no network.

Expects float64: a corner of the field of 100 layers of 3x3 filters has a share of 9^-100.

All filters of a layer get equal weights, so their maps are equal too: one is computed, and `expand` shows
it as many (stride 0 along the channels). Most of the functions below only keep it so.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class Dependency(TorchFunctionMode):
    """Replaces functions by `REPLACED` while active; give it float64 and take gradients inside."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        replaced = REPLACED.get(func.__name__, func)
        return replaced(*args, **(kwargs or {}))


def _equal_channels(x: object) -> bool:
    return isinstance(x, Tensor) and x.ndim == 4 and x.stride(1) == 0


def _once(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`function`, which treats channels alike, on one channel for all where they are equal."""

    def on_one_channel(x, *args, **kwargs):
        if _equal_channels(x):
            return function(x[:, :1], *args, **kwargs).expand(-1, x.shape[1], -1, -1)
        return function(x, *args, **kwargs)

    return on_one_channel


def _combine(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Sum or product of two maps. Never in place, for the maps of equal channels share their memory."""

    def on_one_channel(x, y, **kwargs):
        if _equal_channels(x) and _equal_channels(y) and x.shape[1] == y.shape[1]:
            return function(x[:, :1], y[:, :1], **kwargs).expand(-1, x.shape[1], -1, -1)
        return function(x, y, **kwargs)

    return on_one_channel


def _multiply(x, y):
    """A constant factor, such as a layer scale that starts at 1e-6 or 0, decides nothing."""
    if isinstance(x, Tensor) and x.ndim == 4 and not (isinstance(y, Tensor) and y.requires_grad):
        return x
    return _combine(torch.mul)(x, y)


def _convolve(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    channels, per_group = weight.shape[:2]
    window = weight.shape[2:]
    if _equal_channels(x):
        means, groups = x[:, :1], 1
    else:
        means = x.unflatten(1, (groups, per_group)).mean(2)  # (B, C, ...) -> (B, groups, ...)
    kernel = torch.full((groups, 1, *window), 1 / window.numel(), dtype=x.dtype, device=x.device)
    convolve = F.conv1d if len(window) == 1 else F.conv2d
    maps = convolve(means, kernel, None, stride, padding, dilation, groups)
    if groups == 1:
        return maps.expand(-1, channels, *maps.shape[2:])
    return maps.repeat_interleave(channels // groups, dim=1)


def _average_pool(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    if dilation not in (1, (1, 1)):
        raise NotImplementedError("a dilated max pooling has no average pooling to stand for it")
    return F.avg_pool2d(x, kernel_size, stride, padding, ceil_mode)


def _pool_with_indices(x, kernel_size, *args, **kwargs):
    """Where the largest value stood is asked of nobody here: `_unpool` fills the whole cell."""
    return _once(_average_pool)(x, kernel_size), None


@_once
def _unpool(x, indices, kernel_size, stride, padding, output_size):
    return F.interpolate(x, size=output_size)


def _convolve_transposed(x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Through groups as if there were one, which no network of ours has."""
    kernel = torch.full((1, 1, *weight.shape[2:]), 1.0, dtype=x.dtype, device=x.device)
    means = x[:, :1] if _equal_channels(x) else x.mean(1, keepdim=True)
    maps = F.conv_transpose2d(means, kernel, None, stride, padding, output_padding, 1, dilation)
    return maps.expand(-1, weight.shape[1], -1, -1)


def _pass_on(x, *args, **kwargs):
    return x


@_once
def _bounded(x, *args, **kwargs):
    """Rising everywhere and bounded, but unlike a sigmoid never flat in float64."""
    return 0.5 + 0.5 * x / (1 + x.abs())


def _layer_norm(x, normalized_shape, *args, **kwargs):
    """Mixes what it takes statistics of. Bounded as the real one, else products of two branches explode."""
    if len(normalized_shape) == 1 and x.stride(-1) == 0:
        return _bounded(x[..., :1]).expand_as(x)
    return _bounded(x + x.mean(tuple(range(-len(normalized_shape), 0)), keepdim=True))


@_once
def _norm_over_positions(x, *args, **kwargs):
    return _bounded(x + x.mean(tuple(range(2, x.ndim)), keepdim=True))


def _linear(x, weight, bias=None):
    return x.mean(-1, keepdim=True).expand(*x.shape[:-1], weight.shape[0])


# fmt: off
PASSED_ON = (
    "relu", "relu_", "leaky_relu", "leaky_relu_", "prelu", "elu", "elu_", "celu", "selu", "gelu", "silu",
    "silu_", "mish", "hardswish", "softplus", "batch_norm", "local_response_norm",
)
BOUNDED = (
    "sigmoid", "sigmoid_", "hardsigmoid", "hardsigmoid_", "tanh", "tanh_", "relu6", "hardtanh", "hardtanh_",
    "clamp", "clamp_",
)
# fmt: on
REPLACED: dict[str, Callable] = (
    dict.fromkeys(PASSED_ON, _pass_on)
    | dict.fromkeys(BOUNDED, _bounded)
    | dict.fromkeys(("add", "add_", "__add__", "__iadd__", "__radd__"), _combine(torch.add))
    | dict.fromkeys(("mul", "mul_", "__mul__", "__imul__", "__rmul__"), _multiply)
    | {
        "conv1d": _convolve,
        "conv2d": _convolve,
        "conv_transpose2d": _convolve_transposed,
        "linear": _linear,
        "max_pool2d": _once(_average_pool),
        "max_pool2d_with_indices": _pool_with_indices,
        "max_unpool2d": _unpool,
        "avg_pool2d": _once(F.avg_pool2d),
        "adaptive_avg_pool2d": _once(F.adaptive_avg_pool2d),
        "adaptive_max_pool2d": _once(F.adaptive_avg_pool2d),
        "group_norm": _norm_over_positions,
        "instance_norm": _norm_over_positions,
        "layer_norm": _layer_norm,
        "rms_norm": _layer_norm,
    }
)
