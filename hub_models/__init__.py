"""The hub from Python. Nothing heavy is imported before a model is asked for.

import hub_models

answer = hub_models.predict("image-classification", "photo.jpg")
answer.result.top(3)                                     # [("cheetah", 0.97), ...]
predictor = hub_models.load("efficientnet_lite0.imagenet")
predictor.predict(pixels)                                # (H, W, 3) uint8 RGB -> Labels
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub_models.checkpoint import Checkpoint
    from hub_models.predictors import Predictor
    from hub_models.task import Answer, Task

__version__ = "0.1.0"
__all__ = ["__version__", "all_tasks", "checkpoints", "load", "predict"]


def all_tasks() -> tuple[Task, ...]:
    """Every task, in lecture order. (`hub_models.tasks` is the package in which they lie.)"""
    from hub_models.task import tasks

    return tasks()


def checkpoints(task: str | None = None) -> tuple[Checkpoint, ...]:
    """The rows of the catalogue, of one task or of all."""
    from hub_models.catalog import checkpoints as rows
    from hub_models.task import task as find

    return rows(task and find(task).id)


def load(checkpoint: str) -> Predictor:
    """The ready predictor of an id, or of a folder that a recipe wrote; Hub weights are fetched when missing."""
    from hub_models.loader import LOADER

    return LOADER.get(LOADER.resolve(checkpoint).id)


def predict(
    task: str, *inputs: str | Path, checkpoint: str | None = None, **options: float | str | Path
) -> Answer:
    """Ask `task` once. `checkpoint`: an id, or a folder that a recipe wrote; None: the task's own choice.

    `options` are those of the task, such as `confidence=0.3` of object detection; BadInput lists them.
    """
    from hub_models.errors import BadInput
    from hub_models.loader import LOADER
    from hub_models.task import task as find

    chosen = find(task)
    if len(inputs) != len(chosen.inputs):
        wanted = " and ".join(chosen.inputs)
        raise BadInput("bad_value", f"Expected {wanted} for {task}, got {len(inputs)} inputs.")
    if unknown := set(options) - {*chosen.options, *chosen.optional_files}:
        known = ", ".join([*chosen.options, *chosen.optional_files]) or "none"
        raise BadInput(
            "bad_value", f"Expected options of {task} ({known}), got {', '.join(sorted(unknown))[:80]}."
        )
    converted = [
        Path(x) if kind is Path else x for x, kind in zip(inputs, chosen.inputs.values(), strict=True)
    ]
    options |= {name: Path(options[name]) for name in chosen.optional_files if name in options}
    identity = LOADER.resolve(checkpoint or chosen.default, task).id
    return chosen.predict(*converted, checkpoint=identity, **options)
