"""A run whose network is trained in one piece, whatever its task: data, start, training, measuring, checkpoint, push."""

import argparse
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Protocol, TypeVar

import torch

from finetune.about import AboutFor
from finetune.finish import Measure, Trained, finish, golden_picture
from finetune.options import recipe_values
from finetune.progress import tell
from finetune.publish import preflight
from finetune.running import HasOutput, Push, Show, end_run, have_weights, recipe_run, saying
from finetune.settings import Settings
from finetune.starting_point import Start
from finetune.state import progress_in
from finetune.write import Storage
from hub_models.local import Given


class RecipeOfOne(HasOutput, Protocol):
    settings: Settings
    storage: Storage
    smoke: bool


R = TypeVar("R", bound=RecipeOfOne)
D = TypeVar("D")  # the data of the task, with `class_names`


def two_epochs(recipe: R) -> R:
    """The recipe of a smoke run."""
    return replace(recipe, settings=replace(recipe.settings, epochs=2, patience=0))


@dataclass(frozen=True, kw_only=True)
class Parts(Generic[R, D]):
    """What differs from task to task."""

    task: str
    read_data: Callable[[R, Show], Mapping[str, D]]  # "train", "dev" and what else is measured, checked
    start_from: Callable[[R, D], Start]  # where the network comes from, for the training data
    train: Callable[[R, Start, D, D, Show], bool]  # how it learns; True: stopped before its end
    measure: Callable[[R, Mapping[str, D], str, Show], Measure]  # the string names the data set
    golden: Callable[[R, D], Given] = lambda recipe, dev: golden_picture()
    shortened: Callable[[R], R] = two_epochs


def work(
    recipe: R,
    about_for: AboutFor,
    where: Push,
    *,
    publish_only: bool,
    show: Show,
    is_main: bool,
    parts: Parts[R, D],
) -> None:
    """The parts of a run, in order."""
    if is_main:
        tell(recipe.output, "checking data")
    if recipe.smoke:
        recipe = parts.shortened(recipe)
    data = parts.read_data(recipe, saying(recipe.output, show, is_main))
    torch.manual_seed(recipe.settings.seed)
    start = parts.start_from(recipe, data["train"])
    if where.repo and is_main:
        show(preflight(where.repo, None, 2 * sum(p.numel() for p in start.model.parameters())).text())
    stopped = False if publish_only else parts.train(recipe, start, data["train"], data["dev"], show)
    if not is_main or not have_weights(recipe.output, start.model, needed=publish_only):
        return
    about = about_for(start, data["train"])
    trained = Trained(
        task=parts.task,
        start=start,
        class_names=data["train"].class_names,
        seed=recipe.settings.seed,
        minutes=progress_in(recipe.output).seconds / 60,
        golden_input=parts.golden(recipe, data["dev"]),
        storage=recipe.storage,
    )
    finish(trained, about, recipe.output, parts.measure(recipe, data, about.dataset, show), show)
    end_run(recipe.output, where, stopped, show)


def run_of(parts: Parts[R, D]) -> Callable[..., int]:
    """`run(recipe, about_for, where, publish_only, show)`; what it returns is the exit code."""
    return recipe_run(partial(work, parts=parts))


def run_asked(
    parser: argparse.ArgumentParser,
    recipe_of: Callable[..., R],  # the fields of the recipe, by name
    about_own: Callable[..., AboutFor],  # (recipe=, arguments=, options=), after what a run gives it
    run: Callable[..., int],
    arguments: Sequence[str] | None,  # None: those of the command line
    values_of: Callable[
        [argparse.Namespace], tuple[dict, dict]
    ] = recipe_values,  # where the options are others
    others: Mapping[str, str]
    | None = None,  # --model, up to its colon -> module:function of finetune that runs it
) -> int:
    """The run that the command line asks for; its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    chosen = parser.parse_args(arguments)
    values, settings = values_of(chosen)
    recipe = recipe_of(**values, settings=Settings(**settings))
    if others and (other := others.get("".join(recipe.model.partition(":")[:2]))):
        module, _, function = other.partition(":")
        run = getattr(importlib.import_module(f"finetune.{module}"), function)
    about_for = partial(about_own, recipe=recipe, arguments=arguments, options=chosen)
    return run(recipe, about_for, Push(repo=chosen.push_to_hub, private=chosen.private), chosen.publish_only)
