"""Reading an Ultralytics .pt file, which is a pickle of the whole network, without making anything in it.

torch's restricted unpickler makes tensors, numbers, words and containers. Every other class or function that the
file names is given to it as `Inert`, which keeps what it is given and does nothing. What comes out is a tree to read
tensors and the description of the network from; the network is then built from these by `predictors/ultralytics`.
A file that names anything else than what such files name is refused before it is read.
"""

import re
import threading
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor

from hub_models.errors import CheckpointError

EXPECTED = re.compile(
    r"ultralytics\.(nn|utils)\.[\w.]+|torch\.nn\.modules\.[\w.]+|torch\.Size|numpy\.(_core|core)\.multiarray\.scalar"
    r"|numpy\.dtype|numpy\.dtypes\.\w+|pathlib\.\w+|builtins\.(getattr|set)|collections\.\w+"
)
LOCK = threading.Lock()  # the list of allowed names belongs to the process


class Inert:
    """Stands for anything that a pickle names."""

    def __new__(cls, *arguments: object, **named: object) -> "Inert":
        return object.__new__(cls)

    def __init__(self, *arguments: object, **named: object) -> None: ...

    def __setstate__(self, state: object) -> None:
        self.state = state

    @property
    def attributes(self) -> dict:
        """What the object would have had as its `__dict__`."""
        state = getattr(self, "state", None)
        return state if isinstance(state, dict) else {}


def read_pickle(path: Path) -> tuple[tuple[str, ...], dict, dict[str, Tensor]]:
    """(class names, description of the network, tensors by name). CheckpointError `checkpoint_unsafe`, ..."""
    root = unpickled(path)
    network = root.get("ema") or root.get("model") if isinstance(root, dict) else None
    if not isinstance(network, Inert):
        raise unfit(path)
    names, description = network.attributes.get("names"), network.attributes.get("yaml")
    if isinstance(names, dict):
        names = [names[key] for key in sorted(names)]
    if not isinstance(description, dict) or not isinstance(names, list):
        raise unfit(path)
    return tuple(str(name) for name in names), description, dict(tensors_in(network, ""))


def unfit(path: Path) -> CheckpointError:
    return CheckpointError(
        "checkpoint_foreign", f"Expected a detector of Ultralytics in {path.name}, found none."
    )


def unpickled(path: Path) -> object:
    """The contents of the file, with `Inert` for all that is no tensor, number, word or container."""
    try:
        named = torch.serialization.get_unsafe_globals_in_checkpoint(path)
        strange = sorted(name for name in named if not EXPECTED.fullmatch(name))
        if strange:
            raise UnpicklingError(strange[0])
        allowed = [Inert, *((Inert, name) for name in named)]
        with LOCK, torch.serialization.safe_globals(allowed):
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(
            "checkpoint_missing", f"Expected the weights {path.name}, found none. Fetch them again."
        ) from error
    except UnpicklingError as error:
        raise CheckpointError(
            "checkpoint_unsafe",
            f"Expected the weights of an Ultralytics detector in {path.name}, but the file asks for something else on "
            "loading; nothing was run. Use a safetensors file.",
        ) from error
    except (EOFError, RuntimeError, ValueError, OSError, LookupError, TypeError, AttributeError) as error:
        raise CheckpointError(
            "checkpoint_corrupt",
            f"Expected whole weights in {path.name}, but the file is cut short or damaged. Fetch it again.",
        ) from error


def tensors_in(module: Inert, prefix: str):
    """(name, tensor) of a network, as its `state_dict` would have them."""
    parts = module.attributes
    left_out = parts.get("_non_persistent_buffers_set") or ()
    for kind in ("_parameters", "_buffers"):
        for name, tensor in (parts.get(kind) or {}).items():
            if isinstance(tensor, Tensor) and not (kind == "_buffers" and name in left_out):
                yield f"{prefix}{name}", tensor.detach()
    for name, inner in (parts.get("_modules") or {}).items():
        if isinstance(inner, Inert):
            yield from tensors_in(inner, f"{prefix}{name}.")
