"""All checkpoints, from one file a task. Data only: reading it imports neither torch nor gradio."""

import importlib
import pkgutil
from functools import cache

from hub_models.checkpoint import Checkpoint


@cache
def checkpoints(task: str | None = None) -> tuple[Checkpoint, ...]:
    """The rows of `task` (an id with dashes), or of all tasks, in the order in which the files list them."""
    rows: list[Checkpoint] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        if task is None or module == task.replace("-", "_"):
            rows += importlib.import_module(f"{__name__}.{module}").CHECKPOINTS
    return tuple(rows)
