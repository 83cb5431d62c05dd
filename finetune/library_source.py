"""Where the first weights of a network of the transformers library come from: the catalogue's row, the Hub, a folder."""

from dataclasses import replace
from pathlib import Path

from hub_models.catalog import checkpoints
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadData
from hub_models.fetch import fetch


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
