"""Train classification with localization: one object a picture, its class and its box (lecture, section 8.1).

    python -m finetune.localization --data DIR --output runs/mine
    python -m finetune.localization --data DIR --pictures crops --augment any_way_up --output runs/mine

DIR holds Pascal VOC XML, COCO JSON or a YOLO folder. Pictures with one object are used as they are; with --pictures
crops, crops that hold one object or none are cut out of pictures with many. --background-dir: a folder of pictures without
any object, which teach p_c = 0. Run the same command again to resume. The result, `OUTPUT/checkpoint`, opens in the
hub's tab and can be pushed.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from finetune.about_localizer import about_own_objects
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.light import other_light
from finetune.localization_data import read_data
from finetune.localization_options import build_parser, recipe_values
from finetune.localizer_figures import measure_localizer
from finetune.loop import Evaluate, Settings, Step, fit
from finetune.one_object import OneObjectCrops
from finetune.one_object_sets import truths_of
from finetune.pictures import normalised
from finetune.running import Show
from finetune.starting_localizer import start_localizer
from finetune.starting_point import Start
from finetune.whole_run import Parts, run_asked, run_of, two_epochs
from finetune.write import Storage
from hub_models.architectures.localizer import answered_right, localization_loss
from hub_models.box_dataset import BoxedPictures
from hub_models.predictors.localizer import stretched
from hub_models.preprocess import InputSpec

TASK = "localization"
TOGETHER = 64  # dev pictures in a batch


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    data: str
    output: Path
    settings: Settings
    model: str = "localizer"
    dev_data: str = ""
    dev_share: float = 0.15
    dev_block: int = 10
    background_dir: str = ""  # pictures without any object
    pictures: str = "whole"  # or "crops"
    crops: int = 2000  # in an epoch
    none_share: float = 0.2  # of the crops hold no object
    augment: str = "photo"  # or "any_way_up"
    size_hw: tuple[int, int] | None = None
    last_stage: int = 4  # of the backbone, where it starts from ImageNet: 3 or 4 give maps of a sixteenth
    backbone_rate: float = 0.3  # rate of the backbone / rate of the head
    frozen_stages: int = 2  # of the backbone, with its stem; 0: none, not even the stem
    storage: Storage = "fp16"
    smoke: bool = False


def train(
    recipe: Recipe,
    start: Start,
    train_data: BoxedPictures,
    dev_data: BoxedPictures,
    show: Callable[[str], None],
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    model = start.model.to(memory_format=torch.channels_last)
    groups = groups_of(model, recipe)
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    show(
        f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters, {learned:,} learn"
    )
    crops = OneObjectCrops(
        train_data,
        start.input,
        samples=recipe.crops,
        none_share=recipe.none_share,
        any_side_up=recipe.augment == "any_way_up",
        seed=recipe.settings.seed,
    )
    unchanging = {
        name: getattr(recipe, name)
        for name in ("model", "pictures", "none_share", "augment", "size_hw", "frozen_stages")
    }
    progress = fit(
        model,
        groups,
        crops,
        step=step_with(start.input),
        evaluate=evaluation(dev_data, start.input),
        settings=recipe.settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging,
    )
    return progress.stopped


def groups_of(model: nn.Module, recipe: Recipe) -> list[dict]:
    """Optimizer groups: the first stages do not learn, the backbone learns slower than the head."""
    settings, backbone = recipe.settings, model.backbone
    for part in [backbone.stem, *backbone.stages[: recipe.frozen_stages]] if recipe.frozen_stages else []:
        part.requires_grad_(False)
    slow = [p for p in backbone.parameters() if p.requires_grad]
    fast = [p for name, p in model.named_parameters() if not name.startswith("backbone.")]
    rate = settings.learning_rate
    return [
        *block_groups(slow, rate * recipe.backbone_rate, settings.weight_decay),
        *block_groups(fast, rate, settings.weight_decay),
    ]


def step_with(spec: InputSpec) -> Step:
    def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        pictures, truths = batch
        answers = network(other_light(normalised(pictures, spec))).float()
        losses = localization_loss(answers, truths)
        return losses | {"train_localized": answered_right(answers.detach(), truths).float().mean()}

    return step


def evaluation(data: BoxedPictures, spec: InputSpec) -> Evaluate:
    """Share of the dev pictures that are answered right, and the loss of equation 8.2."""
    pictures = torch.stack([torch.from_numpy(stretched(data.read(i), spec)) for i in range(len(data))])
    truths = truths_of(data)

    def evaluate(network: nn.Module) -> dict[str, float]:
        device = next(network.parameters()).device
        batches = [normalised(some.to(device), spec) for some in pictures.split(TOGETHER)]
        answers = torch.cat([network(batch).float().cpu() for batch in batches])
        right = answered_right(answers, truths)
        losses = localization_loss(answers, truths)
        return {"localized": right.float().mean().item(), "dev_loss": losses["loss"].item()}

    return evaluate


def parts_of_data(recipe: Recipe, show: Show) -> dict[str, BoxedPictures]:
    return dict(zip(("train", "dev"), read_data(recipe, show), strict=True))


def start_from(recipe: Recipe, data: BoxedPictures) -> Start:
    return start_localizer(recipe.model, len(data.class_names), recipe.size_hw, recipe.last_stage)


def measure(recipe: Recipe, data: Mapping[str, BoxedPictures], dataset: str, show: Show) -> Measure:
    return measure_localizer(data["train"], data["dev"], recipe.pictures == "crops", dataset, show)


def shortened(recipe: Recipe) -> Recipe:
    return replace(two_epochs(recipe), crops=8 * recipe.settings.batch)


run = run_of(
    Parts(
        task=TASK,
        read_data=parts_of_data,
        start_from=start_from,
        train=train,
        measure=measure,
        shortened=shortened,
    )
)


def main(arguments: Sequence[str] | None = None) -> int:
    return run_asked(build_parser(), Recipe, about_own_objects, run, arguments, recipe_values)


if __name__ == "__main__":
    sys.exit(main())
