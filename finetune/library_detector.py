"""A run of a detector that another library defines: the parts of `finetune.object_detection` around its training."""

from collections.abc import Callable
from dataclasses import replace

import torch

from finetune.about import AboutFor
from finetune.detector_figures import measure_detector, small_example
from finetune.finish import Trained, finish, golden_picture
from finetune.object_detection import TASK, Recipe, read_data
from finetune.progress import tell
from finetune.publish import preflight
from finetune.running import Push, Show, end_run, have_weights, run_parts, saying
from finetune.starting_point import Start
from finetune.state import progress_in
from hub_models.box_dataset import BoxedPictures

StartFrom = Callable[[Recipe, BoxedPictures], Start]
Train = Callable[[Recipe, Start, BoxedPictures, BoxedPictures, Show], bool]  # True: stopped before its end


def run_library(
    recipe: Recipe,
    about_for: AboutFor,
    where: Push,
    *,
    publish_only: bool,
    show: Show,
    start_from: StartFrom,
    train: Train,
) -> int:
    """Train, measure, write OUTPUT/checkpoint and push it; the exit code."""

    def parts(show: Show, is_main: bool) -> None:
        if is_main:
            tell(recipe.output, "checking data")
        asked = recipe
        if recipe.smoke:
            asked = replace(recipe, settings=replace(recipe.settings, epochs=2, patience=0))
        train_data, dev_data = read_data(asked, saying(recipe.output, show, is_main))
        torch.manual_seed(recipe.settings.seed)
        start = start_from(asked, train_data)
        if where.repo and is_main:
            show(preflight(where.repo, None, 2 * sum(p.numel() for p in start.model.parameters())).text())
        stopped = False if publish_only else train(asked, start, train_data, dev_data, show)
        if not is_main or not have_weights(recipe.output, start.model, needed=publish_only):
            return
        about = about_for(start, train_data)
        trained = Trained(
            task=TASK,
            start=start,
            class_names=train_data.class_names,
            seed=recipe.settings.seed,
            minutes=progress_in(recipe.output).seconds / 60,
            golden_pixels=small_example(dev_data) if recipe.card_examples else golden_picture(),
        )
        measure = measure_detector(train_data, dev_data, about.dataset, show, recipe.card_examples)
        finish(trained, about, recipe.output, measure, show)
        end_run(recipe.output, where, stopped, show)

    return run_parts(parts, recipe.output, show)
