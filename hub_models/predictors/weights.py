"""Reading weights without running anything that stands in them: safetensors, or tensors-only pickles.

Weights that travel with the repository may be packed: a tensor of 8-bit whole numbers, and beside it `NAME.scale`, by
which each of its rows (output channels) is multiplied.
"""

from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError

SCALE = ".scale"  # after the name of a packed tensor


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
    return any(name.endswith(SCALE) and name.removesuffix(SCALE) in tensors for name in tensors)


def unpacked(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors with their scales -> the tensors that they stand for. Others come back as they are."""
    whole = {}
    for name, tensor in tensors.items():
        scale = tensors.get(name + SCALE)
        if name.endswith(SCALE) and name.removesuffix(SCALE) in tensors:
            continue
        rows = () if scale is None else (-1, *[1] * (tensor.ndim - 1))
        whole[name] = tensor if scale is None else tensor.float() * scale.float().view(rows)
    return whole


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
