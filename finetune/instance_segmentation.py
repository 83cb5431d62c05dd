"""Train a network that finds the pixels of every object.

    python -m finetune.instance_segmentation --model mask-rcnn --data DIR --output runs/mine

DIR holds images/ and labels/ (label maps of 8 or 16 bits: 0 = background, another number for each object), or pictures
with a COCO JSON whose annotations have a segmentation. --model is mask-rcnn or unet (ours; the U-Net for one class),
yolo-seg (Ultralytics, AGPL-3.0), or a checkpoint of ours. Run the same command again to resume. The result,
`OUTPUT/checkpoint`, opens in the hub's tab and can be pushed; `OUTPUT/objects.jpg` shows whether the masks of the data
lie where they should.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from finetune.about_instances import about_own_instances
from finetune.boxed_pictures import BoxAugmentation
from finetune.decoded import Decoded
from finetune.finish import Measure, golden_picture
from finetune.instance_check import Checked, check_instances, instance_pictures, train_and_dev_instances
from finetune.instance_figures import measure_instances, small_example
from finetune.instance_options import build_parser, recipe_values
from finetune.instance_pictures import AugmentedInstances, AugmentedSeparation, mask_targets_of
from finetune.instance_starts import start_instances
from finetune.loop import Evaluate, Settings, Step, fit
from finetune.pictures import normalised
from finetune.running import Push, Show
from finetune.segmentation_losses import loss_named
from finetune.semantic_segmentation import parameter_groups as semantic_groups
from finetune.starting_point import Start
from finetune.whole_run import Parts, run_of, two_epochs
from finetune.write import Storage
from hub_models.architectures.detection import LEAST_SCORE
from hub_models.instance_metrics import mask_map50, packed
from hub_models.predictors.closer import look_closer
from hub_models.predictors.detector import letterbox
from hub_models.predictors.instances import select_instances, separate, to_instances
from hub_models.preprocess import InputSpec
from hub_models.segments import Instances

TASK = "instance-segmentation"
SEPARATION_WEIGHTS = (
    1.0,
    1.0,
    2.0,
)  # of background, inside, border in the cross-entropy: borders are few pixels


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""
    dev_share: float = 0.15
    dev_block: int = 10
    class_name: str = "object"  # of label maps without classes.txt
    size_hw: tuple[int, int] | None = None  # the picture is made to fit into it; None: 384 x 384
    crop_hw: tuple[int, int] = (256, 256)  # part of it that is shown in training
    passes: int = 1  # times that a picture comes in an epoch
    augment: BoxAugmentation = "photo"
    frozen_stages: int = 2  # of an ImageNet backbone, with its stem
    backbone_rate: float = 0.3  # rate of the rest of the backbone / rate of what comes after it
    card_examples: bool = True  # dev pictures stand in the card, and on the Hub after a push
    storage: Storage = "fp16"
    smoke: bool = False


def read_data(recipe: Recipe, show: Show) -> dict[str, Checked]:
    """ "train" and "dev", checked; a contact sheet of the objects stands in the output folder."""
    parts = train_and_dev_instances(
        recipe.data,
        recipe.dev_data,
        recipe.dev_share,
        recipe.dev_block,
        recipe.settings.seed,
        recipe.class_name,
    )
    if recipe.smoke:
        few = 8 * recipe.settings.batch * recipe.settings.accumulate
        parts = tuple(data.subset(range(min(few, len(data)))) for data in parts)
    train_data, dev_data, report = check_instances(*parts, show)
    show(report.text())
    recipe.output.mkdir(parents=True, exist_ok=True)
    instance_pictures(train_data, recipe.output / "objects.jpg")
    return {"train": train_data, "dev": dev_data}


def train(recipe: Recipe, start: Start, train_data: Checked, dev_data: Checked, show: Show) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    settings, spec = recipe.settings, start.input
    model = start.model.to(memory_format=torch.channels_last)
    show(f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters")
    shown = (train_data.pictures, spec, model.stride, recipe.augment, settings.seed)
    shown = (*shown, recipe.crop_hw, recipe.passes)
    if start.architecture == "mask_rcnn":
        most = max(len(boxes) for boxes in train_data.boxes.boxes)
        data, step = AugmentedInstances(*shown, most=most), mask_rcnn_step(spec)
    else:
        data, step = AugmentedSeparation(*shown), separation_step(spec)
    names = ("model", "augment", "crop_hw", "passes", "frozen_stages", "backbone_rate", "smoke")
    unchanging = {name: getattr(recipe, name) for name in names}
    progress = fit(
        model,
        parameter_groups(model, recipe),
        data,
        step=step,
        evaluate=evaluation(dev_data, spec),
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging | {"input": spec, "classes": ", ".join(train_data.boxes.class_names)},
    )
    return progress.stopped


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict]:
    """As in semantic segmentation; a backbone keeps its normalisation, for batches are too small to learn one."""
    if hasattr(model, "backbone"):
        for layer in model.backbone.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.requires_grad_(False)
    return semantic_groups(model, recipe)


def mask_rcnn_step(spec: InputSpec) -> Step:
    def step(network: nn.Module, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        pictures, *objects = batch
        terms = network(normalised(pictures, spec), mask_targets_of(*objects))
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}

    return step


def separation_step(spec: InputSpec) -> Step:
    loss = loss_named("dice", torch.tensor(SEPARATION_WEIGHTS))

    def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        pictures, classes = batch
        terms = loss(network(normalised(pictures, spec)).float(), classes)
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}

    return step


def evaluation(data: Checked, spec: InputSpec) -> Evaluate:
    """Mask mAP@0.5 on `data`, as the demo would answer."""
    read = Decoded(data.boxes.read)
    true_runs: list[list[dict]] = []

    def evaluate(network: nn.Module) -> dict[str, float]:
        if not true_runs:
            true_runs.extend(packed(data.pictures.read(i)[1]) for i in range(len(data.pictures)))
        found = [answer(network, read(i), spec, data.boxes.class_names) for i in range(len(data.boxes))]
        return {"mask_map50": mask_map50(found, data.boxes, true_runs)}

    return evaluate


def answer(network: nn.Module, pixels: np.ndarray, spec: InputSpec, names: tuple[str, ...]) -> Instances:
    """What `network`, in training or not, finds in a picture from 1 % on, after suppression, as the demo would."""
    return look_closer(partial(answer_at, network, pixels, names), spec)


def answer_at(network: nn.Module, pixels: np.ndarray, names: tuple[str, ...], spec: InputSpec) -> Instances:
    picture, scale = letterbox(pixels, spec, network.stride)
    x = normalised(torch.from_numpy(picture)[None].to(next(network.parameters()).device), spec)
    if hasattr(network, "detect"):
        found = to_instances(network.detect(x)[0], scale, names, pixels.shape[:2])
        return select_instances(found, LEAST_SCORE, 0.5)
    rows, columns = (max(1, round(side * scale)) for side in pixels.shape[:2])
    return separate(network(x)[0, :, :rows, :columns].float().softmax(0), names, pixels.shape[:2])


def start_ours(recipe: Recipe, data: Checked) -> Start:
    return start_instances(recipe.model, data, recipe.size_hw)


def measure(recipe: Recipe, data: Mapping[str, Checked], dataset: str, show: Show) -> Measure:
    return measure_instances(data["train"], data["dev"], dataset, show, recipe.card_examples)


def golden(recipe: Recipe, dev_data: Checked) -> np.ndarray:
    return small_example(dev_data) if recipe.card_examples else golden_picture()


def shortened(recipe: Recipe) -> Recipe:
    return replace(two_epochs(recipe), passes=1)


PARTS = Parts(
    task=TASK,
    read_data=read_data,
    start_from=start_ours,
    train=train,
    measure=measure,
    golden=golden,
    shortened=shortened,
)
run = run_of(PARTS)


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    chosen = build_parser().parse_args(arguments)
    values, settings = recipe_values(chosen)
    recipe = Recipe(**values, settings=Settings(**settings))
    about_for = partial(about_own_instances, recipe=recipe, arguments=arguments, options=chosen)
    where = Push(repo=chosen.push_to_hub, private=chosen.private)
    if recipe.model.partition(":")[0] == "yolo-seg":
        return importlib.import_module("finetune.yolo_seg").run(recipe, about_for, where, chosen.publish_only)
    return run(recipe, about_for, where, chosen.publish_only)


if __name__ == "__main__":
    sys.exit(main())
