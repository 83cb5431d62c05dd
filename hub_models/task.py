"""A task of the lecture: what it is called, how it is computed, where its tab is. `tasks()` finds them all."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hub_models.results import Result

MAYBE_FILE = Path | None
CHAPTERS = {
    1: "Introduction",
    2: "Regression and gradient descent",
    3: "Logistic regression",
    4: "Neural networks",
    5: "Evaluating learners",
    6: "Large data, big models",
    7: "Convolutional networks",
    8: "Localization and detection",
    9: "Segmentation, faces, style",
    10: "Sequences and attention",
    11: "Audio",
    12: "Generative networks",
    13: "Video and action",
    14: "Human pose",
    15: "3D and motion",
    16: "Beyond the notes",
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A result with what it took: the JSON of every interface."""

    result: Result
    seconds: float  # of the model's work, without loading
    device: str
    checkpoint: str
    notes: tuple[str, ...] = ()  # what was done to the input that the person may not expect

    def to_json(self) -> dict:
        return self.result.to_json() | {
            "seconds": round(self.seconds, 4),
            "device": self.device,
            "checkpoint": self.checkpoint,
        }


@dataclass(frozen=True, kw_only=True)
class Example:
    """An input: a file in an installed package (`place` is module/file, as in a Checkpoint's source), or a text."""

    name: str
    place: str = ""
    text: str = ""
    says: str = ""  # alt text of a picture: what is to be seen

    def __post_init__(self) -> None:
        if bool(self.place) == bool(self.text):
            raise ValueError(f"expected a place or a text for the example {self.name!r}")


@dataclass(frozen=True, kw_only=True)
class Task:
    """`predict(input..., checkpoint) -> Answer`: a `Path` parameter is a file of the visitor's, a `str` one a text."""

    id: str
    title: str
    lecture: str  # "7.2": chapter and section; gives the order
    summary: str  # one sentence: what goes in, what comes out
    papers: tuple[str, ...]
    predict: Callable[..., Answer]
    default: str  # id of the checkpoint chosen at first
    recipe: str = ""  # module of finetune that trains for this task
    needs: tuple[str, ...] = ()  # requirements of a Space, beyond gradio
    examples: tuple[Example, ...] = ()
    asks: tuple[str, ...] = ()  # ids of checkpoints of other tasks that `predict` needs
    forgets: bool = False  # a file that was uploaded for its endpoint is removed once it was read

    @property
    def chapter(self) -> int:
        return int(self.lecture.split(".")[0])

    @property
    def module(self) -> str:
        return self.id.replace("-", "_")

    @property
    def inputs(self) -> dict[str, type]:
        """What `predict` has to be given: its parameters without a default, with their types."""
        parameters = inspect.signature(self.predict, eval_str=True).parameters.values()
        return {p.name: p.annotation for p in parameters if p.default is p.empty}

    @property
    def reads(self) -> bool:
        """Its input is text and nothing else."""
        return set(self.inputs.values()) == {str}

    @property
    def options(self) -> dict[str, float | str]:
        """What `predict` may be given beside the checkpoint and files, with its defaults."""
        parameters = inspect.signature(self.predict, eval_str=True).parameters.values()
        return {
            p.name: p.default
            for p in parameters
            if p.default is not p.empty and p.name != "checkpoint" and p.annotation != MAYBE_FILE
        }

    @property
    def optional_files(self) -> tuple[str, ...]:
        """Files that `predict` may be given: its parameters of type `Path | None`."""
        parameters = inspect.signature(self.predict, eval_str=True).parameters.values()
        return tuple(p.name for p in parameters if p.annotation == MAYBE_FILE)

    def tab(self, preset) -> None:
        """Create the tab's components in whatever gradio Blocks is open."""
        importlib.import_module(f"hub_models.tabs.{self.module}").tab(self, preset)


@cache
def tasks() -> tuple[Task, ...]:
    """Every module in `tasks/`, in lecture order."""
    package = importlib.import_module("hub_models.tasks")
    found = [
        importlib.import_module(f"hub_models.tasks.{m.name}").TASK
        for m in pkgutil.iter_modules(package.__path__)
    ]
    return tuple(sorted(found, key=lambda t: [int(part) for part in t.lecture.split(".")]))


def task(identity: str) -> Task:
    """The task called `identity`; HubError lists the right names."""
    from hub_models.errors import BadInput

    for candidate in tasks():
        if candidate.id == identity:
            return candidate
    known = ", ".join(t.id for t in tasks())
    raise BadInput("task_unknown", f"Expected one of the tasks {known}; got {str(identity)[:80]!r}.")
