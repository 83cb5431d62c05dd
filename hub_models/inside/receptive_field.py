"""Receptive field: the pixels on which one cell of a feature map depends, and how much it depends on each.

The theoretical field follows from the windows alone. Along a chain of layers there is a recurrence
(`by_recurrence`); with skips and branches we let the network say it itself: the same layers with positive
weights, without anything that could block a path, and every pixel whose gradient is not zero counts.
The effective field (Luo, Li, Urtasun, Zemel, "Understanding the Effective Receptive Field in Deep
Convolutional Neural Networks", 2016) is the gradient of the real network, with its real weights.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.errors import BadInput
from hub_models.inside.dependency import Dependency
from hub_models.inside.trace import as_map, gradients, trace, twin

LARGER = (3, 10)  # how many times the picture's side is tried to find a field that the picture cuts off
NARROW = 96  # the other side meanwhile: every network of the lecture still has maps there


@dataclass(frozen=True, kw_only=True)
class ReceptiveField:
    """`box_xyxy`: theoretical field in pixels of the network's input, cut at its border (ends excluded).

    `size_hw`: of the uncut field of a cell in the middle. None on a side where it is unbounded, larger than
    10 times the picture, or cut off in a network that takes no larger picture. `effective` (H, W) float32
    in 0..1: size of the gradient, summed over the colours, scaled by its largest value; zero throughout if
    the cell is switched off.
    """

    box_xyxy: tuple[int, int, int, int]
    size_hw: tuple[int | None, int | None]
    effective: np.ndarray
    layer_name: str
    unit: tuple[int, int]
    map_hw: tuple[int, int]


def by_recurrence(windows: list[tuple[int, int, int]]) -> tuple[int, int]:
    """Side of the field and distance of neighbouring fields after a chain of (f, s, dilation).

    Each layer adds (f - 1) * dilation steps, and a step is as long as the product of the strides so far.
    """
    side, step = 1, 1
    for f, s, dilation in windows:
        side += (f - 1) * dilation * step
        step *= s
    return side, step


def receptive_field(network: nn.Module, x: Tensor, layer_name: str, unit: tuple[int, int]) -> ReceptiveField:
    """The field of the cell `unit` = (row, column) of what `layer_name` returned, over all its channels."""
    with torch.inference_mode():
        seen = trace(network, x)
    step = seen.step(layer_name)
    maps = seen.map_of(step)
    if maps is None:
        raise BadInput(
            "no_feature_map", f"Expected a layer that returns feature maps; {layer_name} returns none."
        )
    map_hw = tuple(maps.shape[2:])
    if not (0 <= unit[0] < map_hw[0] and 0 <= unit[1] < map_hw[1]):
        raise BadInput("bad_value", f"Expected a cell of a map of {map_hw[0]} x {map_hw[1]}, got {unit}.")

    def find_map(returned: Tensor) -> Tensor:
        return as_map(returned, step.channels_last, seen.picture_hw, seen.grid_hw)

    with gradients(x) as picture:
        influence = _gradient(network, picture, layer_name, find_map, unit)
    effective = influence / influence.max() if influence.max() > 0 else influence
    with gradients(torch.ones_like(x, dtype=torch.float64)) as ones, Dependency():
        depends = _gradient(network, ones, layer_name, find_map, unit) > 0
    tokens = step.returned.ndim == 3
    return ReceptiveField(
        box_xyxy=_box(depends),
        size_hw=(None, None) if tokens else _uncut_size(network, x, layer_name, step.channels_last),
        effective=effective.astype(np.float32),
        layer_name=layer_name,
        unit=unit,
        map_hw=map_hw,
    )


class _Reached(Exception):
    """Ends a forward pass at the layer of interest."""

    def __init__(self, returned: Tensor) -> None:
        super().__init__()
        self.returned = returned


def _returned_by(network: nn.Module, x: Tensor, layer_name: str) -> Tensor:
    """What the layer returns on `x`; the layers behind it do not run, so `x` may have any size."""
    private = twin(network)
    name, _, number = layer_name.partition("#")
    calls = 0

    def stop(module: nn.Module, args: tuple, output: Tensor | tuple) -> None:
        nonlocal calls
        calls += 1
        if calls == int(number or 1):
            raise _Reached(output[0] if isinstance(output, tuple) else output)

    private.get_submodule(name).register_forward_hook(stop)
    try:
        private(x)
    except _Reached as reached:
        return reached.returned
    raise RuntimeError(f"{layer_name} did not run")


def _gradient(
    network: nn.Module,
    x: Tensor,
    layer_name: str,
    find_map: Callable[[Tensor], Tensor],
    unit: tuple[int, int] | None,
) -> np.ndarray:
    """Size of d(sum over channels of one cell) / d(pixel), summed over colours: (H, W).

    `unit` None is the middle cell."""
    maps = find_map(_returned_by(network, x, layer_name))
    row, column = unit or (maps.shape[2] // 2, maps.shape[3] // 2)
    (gradient,) = torch.autograd.grad(maps[0, :, row, column].sum(), x)
    return gradient[0].abs().sum(0).cpu().numpy()


def _uncut_size(
    network: nn.Module, x: Tensor, layer_name: str, channels_last: bool
) -> tuple[int | None, int | None]:
    """Height and width of the field of a middle cell, on a picture made larger until nothing is cut off.

    One side is made larger at a time: a tall strip for the height, a wide one for the width.
    """

    def find_map(returned: Tensor) -> Tensor:
        return returned.permute(0, 3, 1, 2) if channels_last else returned

    sizes: list[int | None] = [None, None]
    for side in (0, 1):
        for times in (1, *LARGER):
            shape = list(x.shape)
            if times > 1:
                shape[2 + side], shape[3 - side] = times * shape[2 + side], min(NARROW, shape[3 - side])
            ones = torch.ones(shape, dtype=torch.float64, device=x.device)
            try:
                with gradients(ones) as canvas, Dependency():
                    depends = _gradient(network, canvas, layer_name, find_map, None) > 0
            except (AssertionError, RuntimeError, ValueError):
                if times == 1:
                    raise
                break  # Swin and others with a fixed number of positions refuse larger pictures
            touched = np.flatnonzero(depends.any(axis=1 - side))
            if touched[0] > 0 and touched[-1] < shape[2 + side] - 1:
                sizes[side] = int(touched[-1] - touched[0]) + 1
                break
    return sizes[0], sizes[1]


def _box(depends: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(depends.any(axis=1)), np.flatnonzero(depends.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
