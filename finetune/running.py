"""What every recipe does around its training: errors as sentences, the best weights, the push, the status file."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from accelerate import PartialState
from torch import nn

from finetune.about import AboutFor
from finetune.progress import tell, told
from finetune.publish import push
from finetune.state import best_weights, on_cpu
from hub_models.errors import HubError

Show = Callable[[str], None]


class HasOutput(Protocol):
    """A Recipe: of whatever task, it names the folder of its run."""

    output: Path


@dataclass(frozen=True, kw_only=True)
class Push:
    repo: str = ""  # user/name on the Hub; "": no push
    private: bool = False


NO_PUSH = Push()


def run_parts(parts: Callable[[Show, bool], None], output: Path, show: Show) -> int:
    """`parts(show, is_main)`, the work of a run; the exit code. An error of a person is one sentence.

    Of several processes only the main one shows and writes the status file.
    """
    is_main = PartialState(cpu=on_cpu()).is_main_process
    show = show if is_main else lambda words: None
    try:
        with told(output) if is_main else nullcontext():
            parts(show, is_main)
    except HubError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return 130  # as shells report Ctrl-C
    return 0


def recipe_run(work: Callable[..., None]) -> Callable[..., int]:
    """`run(recipe, about_for, where, publish_only, show)` around the `work` of a recipe.

    It trains, measures, writes OUTPUT/checkpoint and pushes it; what it returns is the exit code.
    """

    def run(
        recipe: HasOutput,
        about_for: AboutFor,
        where: Push = NO_PUSH,
        publish_only: bool = False,
        show: Show = print,
    ) -> int:
        def parts(show: Show, is_main: bool) -> None:
            work(recipe, about_for, where, publish_only=publish_only, show=show, is_main=is_main)

        return run_parts(parts, recipe.output, show)

    return run


def saying(output: Path, show: Show, is_main: bool) -> Show:
    """A `show` that the status file repeats."""

    def say(words: str) -> None:
        show(words)
        if is_main:
            tell(output, "checking data", words)

    return say


def have_weights(output: Path, model: nn.Module, needed: bool) -> bool:
    """Give `model` the best weights of the run; where there are none yet, say so in the status, or raise if `needed`."""
    if best_weights(output, model, needed=needed):
        return True
    tell(output, "stopped", "Stopped before the first epoch ended: there are no weights to keep yet.")
    return False


def end_run(output: Path, where: Push, stopped: bool, show: Show) -> None:
    """Push OUTPUT/checkpoint if asked for and the run came to its end; say how it ended."""
    if where.repo and not stopped:
        push_result(output / "checkpoint", where, show)
    tell(output, *(("stopped", "The best weights so far are kept.") if stopped else ("finished",)))


def push_result(folder: Path, where: Push, show: Show) -> None:
    try:
        show(push(folder, where.repo, private=where.private, show=show))
    except HubError:
        show(
            f"The checkpoint is whole. Push it alone: python -m finetune.publish {folder} --repo {where.repo}"
        )
        raise
