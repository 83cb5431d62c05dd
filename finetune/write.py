"""Write a trained network as a folder in Hub layout: weights, configuration, model card, golden output."""

import contextlib
import errno
import importlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch
from safetensors.numpy import save as save_arrays
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from finetune.card import CardFacts, card_text
from finetune.row import row_source
from hub_models.checkpoint import Checkpoint, Library
from hub_models.errors import CheckpointError, Overloaded
from hub_models.local import (
    CARD,
    CONFIG,
    FILES,
    GOLDEN,
    PROCESSOR,
    WEIGHTS,
    Given,
    asked,
    checkpoint_to_json,
    golden_arrays,
    read_local,
)
from hub_models.predictors.weights import BASE, SCALE, SHAPE, base_tensors, deflated, in_steps

Storage = Literal[
    "fp16", "int8", "int5"
]  # of the weights: bits a number takes; packed is what only our loader reads
LEAST_PACKED = 1024  # numbers in a tensor that is worth packing
# in a channel's standard deviation: n steps take log2(4.13 n) bits a number (entropy of the normal distribution)
STEPS = {"int8": 32.0, "int5": 8.0}
FEW = 64  # numbers in a filter below which it gets the finest steps: first layers and depthwise ones are sensitive
LARGEST = 2**15 - 1


def half(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """All floating-point tensors as fp16, but float32 where a value does not fit into fp16."""
    small = {}
    for name, tensor in tensors.items():
        kept = tensor.detach().cpu()
        if kept.is_floating_point():
            as_half = kept.half()
            kept = as_half if as_half.isfinite().all() else kept.float()
        small[name] = kept.contiguous().clone()  # safetensors refuses tensors that share memory
    return small


def packed(tensors: dict[str, Tensor], storage: Storage, bases: Sequence[Tensor] = ()) -> dict[str, Tensor]:
    """Weights of convolutions and linear layers as whole numbers, deflated, with a step for each output channel.

    The rest as `half` keeps it. A step is a share of the channel's standard deviation, so the error is 3.6 % of that
    with 8 steps (about 5 bits a number once deflated) and 0.9 % with 32 (about 7 bits). Where one of `bases` is so
    like a tensor that their difference takes less room, that is kept; the error stays the same.
    """
    small = half(tensors)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and tensor.ndim > 1 and tensor.numel() >= LEAST_PACKED:
            rows = tensor.detach().float().cpu().flatten(1)
            finest = rows.abs().amax(1) / LARGEST
            few = tensor.ndim == 4 and rows.shape[1] < FEW
            step = torch.maximum(rows.std(1, correction=0) / STEPS["int8" if few else storage], finest)
            step = step.clamp(min=1e-12)
            small |= packed_tensor(name, (rows / step[:, None]).round().view(tensor.shape), step, bases)
    return small


def packed_tensor(name: str, numbers: Tensor, step: Tensor, bases: Sequence[Tensor]) -> dict[str, Tensor]:
    """Whole `numbers` as float32, a `step` for each row, as they are kept under `name`: by themselves or from a base."""
    kept = {
        name: deflated(numbers.to(torch.int16)),
        name + SCALE: step,
        name + SHAPE: torch.tensor(numbers.shape),
    }
    steps = step.view(-1, *[1] * (numbers.ndim - 1))
    alike = {
        place: numbers - in_steps(base, steps)
        for place, base in enumerate(bases)
        if base.shape == numbers.shape
    }
    if alike:
        place = min(alike, key=lambda place: float(alike[place].abs().mean()))
        if alike[place].abs().max() <= LARGEST:
            difference = deflated(alike[place].to(torch.int16))
            if len(difference) < len(kept[name]):
                kept |= {name: difference, name + BASE: torch.tensor(place)}
    return kept


def bases_here() -> list[Tensor]:
    """What a packed network may be the difference to; none where that package is not installed."""
    with contextlib.suppress(CheckpointError):
        return base_tensors()
    return []


def write_checkpoint(
    folder: Path,
    *,
    model: nn.Module,
    library: Library,
    class_names: Sequence[str],
    golden_input: Given,
    checkpoint: Checkpoint,
    extra_card: CardFacts,
    pictures: Mapping[str, bytes] | None = None,
    processor: str = "",
    files: Mapping[str, bytes] | None = None,
    storage: Storage = "fp16",
    arguments: Mapping[str, object] | None = None,
) -> Checkpoint:
    """Write `folder` in Hub layout and return the Checkpoint that it now holds.

    `golden_input` is what the predictor is asked; `pictures` are files that the card shows, by name; `processor`
    is the JSON of transformers' picture processor, `files` what a network that reads text needs. Source, library,
    parameters and megabytes of `checkpoint` are set to what was written. All is made beside `folder` first.
    Overloaded `disk_full` leaves `folder` as it was.
    """
    # a class name that was a folder's name may hold bytes that are no text
    names = tuple(name.encode("utf-8", "replace").decode() for name in class_names)
    state = model.state_dict()
    kept = half(state) if storage == "fp16" else packed(state, storage, bases_here())
    weights = save_tensors(kept, {"format": "pt"})
    checkpoint = replace(
        checkpoint,
        library=library,
        source=f"local:{folder}",
        sha256=None,
        revision=None,
        parameters=sum(p.numel() for p in model.parameters()),
        megabytes=round(len(weights) / 1e6, 2),
    )
    beside = dict(files or {}) | ({PROCESSOR: processor.encode()} if processor else {})
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was killed here
    try:
        unfinished.mkdir(parents=True)
        (unfinished / WEIGHTS).write_bytes(weights)
        write_config(unfinished / CONFIG, model, names, checkpoint, arguments or {})
        for name, data in beside.items():
            (unfinished / name).write_bytes(data)
        predictor = importlib.import_module(f"hub_models.predictors.{library}").load(
            checkpoint, unfinished, "cpu"
        )
        golden = golden_arrays(golden_input) | predictor.predict(*asked(golden_input)).arrays()
        (unfinished / GOLDEN).write_bytes(save_arrays(golden))
        class_name = type(model).__name__ if library == "ours" else ""
        text = card_text(checkpoint, names, class_name, extra_card, golden_input)
        (unfinished / CARD).write_text(text, encoding="utf-8")
        for name, data in (pictures or {}).items():
            (unfinished / name).write_bytes(data)
        folder.mkdir(parents=True, exist_ok=True)
        for name in (*(pictures or {}), *beside, *FILES):
            (unfinished / name).replace(folder / name)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise Overloaded(
            "disk_full",
            f"Expected room for {len(weights) / 1e6:,.1f} MB of weights, but the disk is full. Free some.",
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return read_local(folder)


def write_config(
    path: Path,
    model: nn.Module,
    names: tuple[str, ...],
    checkpoint: Checkpoint,
    arguments: Mapping[str, object],
) -> None:
    """`config.json`: what the library's own loader reads, the class names, and our `checkpoint`.

    `arguments` of a network of ours replace those that it was made with.
    """
    ours = {"label_names": list(names), "checkpoint": checkpoint_to_json(checkpoint)}
    if hasattr(model, "pretrained_cfg"):  # as timm made it
        from timm.models._hub import save_config_for_hf

        spec = checkpoint.input
        if spec is None:
            raise ValueError(
                f"{checkpoint.id}: expected the input that the network was trained with, got None"
            )
        data = {
            "input_size": (spec.channels, *spec.size_hw),
            "mean": spec.mean,
            "std": spec.std,
            "crop_pct": spec.crop,
            "interpolation": spec.interpolation,
        }
        save_config_for_hf(model, path, model_config=ours, data_config=data)
        return
    about = {"architecture": checkpoint.model, "num_classes": len(names)}
    path.write_text(
        json.dumps({**model._hub_mixin_config, **arguments, **about, **ours}, indent=2), encoding="utf-8"
    )


def catalogue_row(folder: Path) -> str:
    """The row for `hub_models/catalog/`, once the folder is copied to `hub_models/checkpoints/<id>`."""
    checkpoint = read_local(folder)
    return row_source(replace(checkpoint, source=f"bundled:{checkpoint.id}"))
