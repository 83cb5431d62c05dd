"""Reading weights without running anything that stands in them: safetensors, or tensors-only pickles."""

from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a .safetensors file (memory-mapped), or of a .pth file that holds nothing but tensors."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
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
