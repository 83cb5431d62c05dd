"""Where the first weights of a network of the transformers library come from: the catalogue's row, the Hub, a folder."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from finetune.starting_point import Start
from hub_models.catalog import checkpoints
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadData, CheckpointError
from hub_models.fetch import fetch
from hub_models.preprocess import InputSpec


def source_of(option: str, name: str, default: str, task: str) -> tuple[Checkpoint, Path]:
    """(the row that `--model OPTION:NAME` means, the folder with its files); without a name that of `default`.

    BadData `model_unknown`; HubUnavailable.
    """
    (row,) = (row for row in checkpoints(task) if row.id == default)
    if name and Path(name).is_dir():
        return replace(row, title="the folder given", weights_licence="its licence is not known"), Path(name)
    if name and name.count("/") != 1:
        raise BadData(
            "model_unknown",
            f"Expected {option}, {option}:USER/NAME on the Hub or {option}:FOLDER, got {name[:80]!r}.",
        )
    if name:
        row = replace(row, source=f"hub:{name}", title=name, weights_licence="see its card on the Hub")
    return row, fetch(row)


def pretrained(kind: type, folder: Path, class_names: Sequence[str], what: str) -> nn.Module:
    """The network of transformers' class `kind` in `folder`, its last layers for other classes where these differ.

    CheckpointError `checkpoint_foreign`; `what` says what was expected.
    """
    try:
        return kind.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, dtype=torch.float32,
            id2label=dict(enumerate(class_names)), label2id={n: i for i, n in enumerate(class_names)},
            ignore_mismatched_sizes=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise CheckpointError(
            "checkpoint_foreign", f"Expected whole weights of {what} in safetensors."
        ) from error


def start_of_library(row: Checkpoint, model: nn.Module, processor, spec: InputSpec) -> Start:
    """`model` and its picture processor, which makes pictures as `spec` says, from the weights of `row`."""
    model._hub_mixin_config = json.loads(model.config.to_json_string(use_diff=False))
    return Start(
        model=model,
        library="transformers",
        architecture=model.config.model_type,
        input=spec,
        origin=f"{row.title} ({row.weights_licence})",
        parent=None,
        processor=processor.to_json_string(),
    )
