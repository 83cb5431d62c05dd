"""How good a checkpoint is on labelled data: one module a task, found by its name.

Each exports `evaluate_path(checkpoint, path, show, tell) -> dict` and `text(report) -> str`.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.task import task

SPLITS = ("test", "dev", "all", "train")  # the first that the data has is measured
Show = Callable[[int, int], None]  # (samples so far, samples in all), or bytes of a download


def module_for(task_id: str) -> ModuleType:
    """The evaluation of `task_id`. BadInput `task_unknown`, `evaluation_missing`."""
    wanted = task(task_id).module
    known = [m.name for m in pkgutil.iter_modules(__path__)]
    if wanted not in known:
        listed = ", ".join(name.replace("_", "-") for name in known)
        raise BadInput(
            "evaluation_missing", f"Expected a task that can be evaluated ({listed}); {task_id} cannot yet."
        )
    return importlib.import_module(f"{__name__}.{wanted}")


def measured(
    task_id: str,
    checkpoint: str,
    path: str | Path,
    open_data: Callable[[str | Path], Mapping[str, object]],
    measure: Callable[
        ..., dict
    ],  # (predictor, part, show, name=, split=), and train= where it has a baseline to teach
    show: Show | None,
    tell: Show | None,
) -> dict:
    """What `measure` reports of `checkpoint` on the first of SPLITS that the data at `path` has."""
    identity = LOADER.resolve(checkpoint, task_id).id
    parts = open_data(path)
    split = next(name for name in SPLITS if name in parts)
    given = {"name": Path(path).name, "split": split}
    if "train" in inspect.signature(measure).parameters:
        given["train"] = parts.get("train") if split != "train" else None
    return LOADER.run(
        identity, task_id, lambda predictor: measure(predictor, parts[split], show, **given), tell
    )


def evaluate(
    task_id: str, checkpoint: str, data_path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on the data at `data_path`.

    `show` hears about samples, `tell` about a download. The keys stand in the task's module.
    """
    return module_for(task_id).evaluate_path(checkpoint, data_path, show, tell)


def text(report: dict) -> str:
    """A report for people."""
    return module_for(report["task"]).text(report)
