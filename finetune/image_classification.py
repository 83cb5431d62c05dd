"""Fine-tune, or train from scratch, a classifier of pictures.

    python -m finetune.image_classification --model efficientnet_lite0.imagenet --data DIR --output runs/mine

DIR is a folder (class/picture.jpg, with or without train/ and val/), a zip of one, an npz, or a Hub dataset id.
Run the same command again to resume. The result, `OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
On many GPUs: `accelerate launch --multi_gpu --num_processes 4 -m finetune.image_classification ...`.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from finetune.about import AboutFor, about_own_data
from finetune.classifier_figures import measure_classifier
from finetune.data_check import check_data, few, listed, train_and_dev
from finetune.finish import Trained, finish
from finetune.freezing import FrozenBlocks, parameter_groups
from finetune.loop import Evaluate, Settings, Step, fit
from finetune.options import build_parser, recipe_values
from finetune.pictures import Augmentation, AugmentedPictures, PlainPictures, normalised
from finetune.progress import tell
from finetune.publish import preflight
from finetune.running import Push, end_run, have_weights, recipe_run, saying
from finetune.starting_point import Colour, Start, in_colour, start_from
from finetune.state import progress_in
from finetune.write import Storage
from hub_models.dataset import LabelledPictures
from hub_models.preprocess import InputSpec

__all__ = ["Push", "Recipe", "build_parser", "main", "run"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""  # where the data has no dev part of its own, and none is to be split off
    dev_share: float = 0.15
    dev_block: int = 1  # pictures in a row that stay on one side of the split
    spec: InputSpec | None = None  # None: what the pretrained weights want
    size_hw: tuple[int, int] | None = None  # other pictures than `spec` says
    colour: Colour | None = None
    augment: Augmentation = "photo"
    label_smoothing: float = 0.1
    dropout: float | None = None  # None: the network's own
    freeze_blocks: FrozenBlocks = 0
    rate_decay: float = 1.0  # rate of a block / rate of the next
    storage: Storage = "fp16"  # of the weights in OUTPUT/checkpoint
    smoke: bool = False  # 2 epochs of 8 batches: does it run at all?


def work(
    recipe: Recipe,
    about_for: AboutFor,
    where: Push,
    *,
    publish_only: bool,
    show: Callable[[str], None],
    is_main: bool,
) -> None:
    """The parts of a run, in order."""
    if is_main:
        tell(recipe.output, "checking data")
    if recipe.smoke:
        recipe = replace(recipe, settings=replace(recipe.settings, epochs=2, patience=0))
    train_data, dev_data = read_data(recipe)
    torch.manual_seed(recipe.settings.seed)
    start = starting_point(recipe, len(train_data.class_names))
    if where.repo and is_main:
        show(preflight(where.repo, None, 2 * sum(p.numel() for p in start.model.parameters())).text())
    train_data, dev_data, report = check_data(
        train_data, dev_data, saying(recipe.output, show, is_main), recipe.settings.workers
    )
    show(report.text())
    stopped = False if publish_only else train(recipe, start, train_data, dev_data, show)
    if not is_main or not have_weights(recipe.output, start.model, needed=publish_only):
        return
    about = about_for(start, train_data)
    trained = Trained(
        task="image-classification",
        start=start,
        class_names=train_data.class_names,
        seed=recipe.settings.seed,
        minutes=progress_in(recipe.output).seconds / 60,
        storage=recipe.storage,
    )
    finish(trained, about, recipe.output, measure_classifier(train_data, dev_data, about.dataset, show), show)
    end_run(recipe.output, where, stopped, show)


run = recipe_run(work)


def read_data(recipe: Recipe) -> tuple[LabelledPictures, LabelledPictures]:
    settings = recipe.settings
    train_data, dev_data = train_and_dev(
        recipe.data, recipe.dev_data, recipe.dev_share, recipe.dev_block, settings.seed
    )
    if recipe.smoke:
        samples = 8 * settings.batch * settings.accumulate
        train_data, dev_data = few(train_data, samples, settings.seed), few(dev_data, samples, settings.seed)
    return train_data, dev_data


def starting_point(recipe: Recipe, classes: int) -> Start:
    """The network of `recipe`, and pictures of the size and colour that it asks for."""

    def changed(spec: InputSpec) -> InputSpec:
        spec = in_colour(spec, recipe.colour) if recipe.colour else spec
        return replace(spec, size_hw=recipe.size_hw) if recipe.size_hw else spec

    return start_from(recipe.model, classes, recipe.dropout, recipe.spec, changed)


def train(
    recipe: Recipe,
    start: Start,
    train_data: LabelledPictures,
    dev_data: LabelledPictures,
    show: Callable[[str], None],
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    settings, spec = recipe.settings, start.input
    model = start.model.to(memory_format=torch.channels_last)
    rate, decay = settings.learning_rate, settings.weight_decay
    groups = parameter_groups(model, rate, recipe.rate_decay, decay, recipe.freeze_blocks)
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    show(
        f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters, {learned:,} learn"
    )
    unchanging = {
        name: getattr(recipe, name)
        for name in ("model", "augment", "label_smoothing", "dropout", "freeze_blocks", "rate_decay", "smoke")
    } | {"input": spec, "classes": listed(train_data.class_names)}
    progress = fit(
        model,
        groups,
        AugmentedPictures(train_data, spec, recipe.augment, settings.seed),
        step=step_with(spec, recipe.label_smoothing),
        evaluate=evaluation(dev_data, spec, settings),
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging,
    )
    return progress.stopped


def step_with(spec: InputSpec, label_smoothing: float) -> Step:
    def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        pictures, labels = batch
        logits = network(normalised(pictures, spec)).float()
        loss = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
        return {"loss": loss, "train_accuracy": (logits.argmax(1) == labels).float().mean()}

    return step


def evaluation(data: LabelledPictures, spec: InputSpec, settings: Settings) -> Evaluate:
    loader = DataLoader(
        PlainPictures(data, spec),
        settings.batch,
        num_workers=settings.workers,
        persistent_workers=settings.workers > 0,
    )

    def evaluate(network: nn.Module) -> dict[str, float]:
        device = next(network.parameters()).device
        right, loss = 0, 0.0
        for pictures, labels in loader:
            logits = network(normalised(pictures.to(device), spec)).float().cpu()
            right += (logits.argmax(1) == labels).sum().item()
            loss += F.cross_entropy(logits, labels, reduction="sum").item()
        return {"accuracy": right / len(data), "dev_loss": loss / len(data)}

    return evaluate


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    chosen = build_parser().parse_args(arguments)
    values, settings = recipe_values(chosen)
    recipe = Recipe(**values, settings=Settings(**settings))
    about_for = partial(about_own_data, recipe=recipe, arguments=arguments, options=chosen)
    return run(recipe, about_for, Push(repo=chosen.push_to_hub, private=chosen.private), chosen.publish_only)


if __name__ == "__main__":
    sys.exit(main())
