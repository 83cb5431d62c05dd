"""YOLO of the Ultralytics library (AGPL-3.0, and so are weights made with it), for `--model yolo ...`.

yolo                          small: neck and head of YOLO11 with 64 channels on our EfficientNet-Lite0 up to stride 16,
                              which brings the weights of ImageNet, so that a few hundred pictures are enough
yolo:yolo11n                  any detector that the library describes (yolov8n, yolo11s, yolo12n, ...), random weights
yolo:yolo11_small.bccd        a checkpoint of ours made by this recipe, by id or folder: all weights that still fit

The library's own trainer does the work, with its mosaic, moving average and clipping: --ema and --clip-norm are not
used. The picture's longer side becomes the longer side of --size (320).
"""

import copy
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import torch
from torch import nn

from finetune.backbone import IMAGENET_ROW, imagenet_backbone
from finetune.object_detection import PARTS, TASK, Recipe
from finetune.progress import StopOnSignal, room_on_disk
from finetune.running import Show
from finetune.starting_point import Start, copy_fitting
from finetune.whole_run import run_of
from hub_models import loader
from hub_models.architectures.efficientnet_lite import EfficientNetLite0
from hub_models.box_dataset import BoxedPictures
from hub_models.errors import BadData
from hub_models.predictors.ultralytics import BACKBONE, YOLO_INPUT, detection_model
from hub_models.predictors.ultralytics_offline import ultralytics
from hub_models.preprocess import InputSpec

SIDE = 320
WIDTH = 64  # channels of neck and head
SMALL = {  # as the library writes a network: [from, repeats, layer, arguments]
    "scales": {"n": [0.5, 1.0, 1024]},
    "scale": "n",
    "backbone": [
        [-1, 1, "TorchVision", [80, BACKBONE, None, True, 0, True]],  # 0: maps of stem and stages
        [0, 1, "Index", [40, 6]],  # 1: stride 8
        [0, 1, "Index", [80, 7]],  # 2: stride 16
        [-1, 1, "Conv", [WIDTH, 3, 2]],  # 3: stride 32
        [-1, 1, "C3k2", [WIDTH, False]],
        [-1, 1, "SPPF", [WIDTH, 5]],  # 5
    ],
    "head": [
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 2], 1, "Concat", [1]],
        [-1, 1, "C3k2", [WIDTH, False]],  # 8
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 1], 1, "Concat", [1]],
        [-1, 1, "C3k2", [WIDTH, False]],  # 11: stride 8, small objects
        [-1, 1, "Conv", [WIDTH, 3, 2]],
        [[-1, 8], 1, "Concat", [1]],
        [-1, 1, "C3k2", [WIDTH, False]],  # 14: stride 16
        [-1, 1, "Conv", [WIDTH, 3, 2]],
        [[-1, 5], 1, "Concat", [1]],
        [-1, 1, "C3k2", [WIDTH, False]],  # 17: stride 32, large objects
        [[11, 14, 17], 1, "Detect", ["nc"]],
    ],
}


CITED = {
    "yolo11": ("Glenn Jocher, Jing Qiu: Ultralytics YOLO11 (2024), software without a paper", 2024),
    "yolov8": (
        "Glenn Jocher, Ayush Chaurasia, Jing Qiu: Ultralytics YOLOv8 (2023), software without a paper",
        2023,
    ),
}
SMALL_DEVIATIONS = (
    "neck and head of YOLO11 with 64 channels; in place of its backbone the stages of EfficientNet-Lite0 up to stride "
    "16 with the weights of ImageNet"
)


def named(architecture: str) -> tuple[str, tuple[str, int, str]]:
    """(what the network is called, (whom to cite, year, deviations from that))."""
    family = re.match(r"yolov?\d*", architecture)[0]
    cited, year = CITED.get(family, ("see the documentation of Ultralytics", date.today().year))
    if architecture == "yolo11_small":
        return "YOLO11 (Ultralytics, small)", (cited, year, SMALL_DEVIATIONS)
    return f"{architecture} (Ultralytics)", (cited, year, "")


def start_from(recipe: Recipe, data: BoxedPictures) -> Start:
    """The network that `recipe.model` names. BadData `model_unknown`."""
    return started(recipe.model, recipe.size_hw, data.class_names, "yolo11_small", SMALL, TASK)


def started(
    asked: str,
    size_hw: tuple[int, int] | None,
    class_names: tuple[str, ...],
    small: str,
    description: dict,
    task: str,
) -> Start:
    """The network that `asked` (yolo:NAME, yolo-seg:NAME) names; without NAME the one `description` describes."""
    name, parent = asked.partition(":")[2], None
    if not name:
        model = described(description, class_names)
        give_imagenet(model)
        architecture, origin = small, f"{IMAGENET_ROW} (Apache-2.0) for the backbone"
    elif parent := found(name, task):
        before = loader.build(parent, "cpu")
        model = described(before.yaml, class_names)
        kept = copy_fitting(before, model)
        architecture = parent.model
        origin = f"{parent.id} ({parent.weights_licence}), {kept:.0%} of its weights"
    else:
        model = described(library_description(name, task), class_names)
        architecture, origin = name, "random weights"
    side = max(size_hw or ((SIDE,) if parent is None else parent.input.size_hw))
    spec = InputSpec(**vars(YOLO_INPUT) | {"size_hw": (side, side)})
    return Start(
        model=model,
        library="ultralytics",
        architecture=architecture,
        input=spec,
        origin=origin,
        parent=parent,
    )


def described(description: dict, class_names: tuple[str, ...]) -> nn.Module:
    """The network for these classes; what describes it is kept for its config.json."""
    plain = {**copy.deepcopy(description), "nc": len(class_names)}
    model = detection_model(plain, len(class_names))
    model._hub_mixin_config = {"yaml": plain}
    return model


def give_imagenet(model: nn.Module) -> None:
    """The weights of ImageNet for the backbone, changed for pictures in 0..1 where they were made for -1..1.

    w * (2 x - 1) = 2 w * x - sum of w: the convolution doubles, the mean of the normalisation after it grows.
    """
    source = EfficientNetLite0(last_stage=3)
    imagenet_backbone(source)
    layers = model.model[0].m
    layers.load_state_dict(nn.Sequential(*source.stem, *source.stages).state_dict())
    with torch.no_grad():
        layers[1].running_mean += layers[0].weight.sum((1, 2, 3))
        layers[0].weight *= 2


def found(name: str, task: str = TASK):
    """The checkpoint that `name` means, if it is one of this recipe."""
    rows = loader.LOADER.menu(task)
    if Path(name).is_dir() or name in {row.id for row in rows}:
        row = loader.LOADER.resolve(name, task)
        if row.library == "ultralytics":
            return row
    return None


def library_description(name: str, task: str = TASK) -> dict:
    """The description that the library carries under `name`, its last letter the scale: yolo11n, yolo11n-seg."""
    package = ultralytics()
    paths = Path(package.__path__[0], "cfg", "models").rglob("yolo*.yaml")
    ending = "" if task == TASK else "-seg"
    listed = {path.stem: path for path in paths if task == TASK or path.stem.endswith(ending)}
    match = re.fullmatch(r"(yolov?\d+)([a-z]?)(.*)", name)
    stem = match[1] + match[3] if match else name
    if stem not in listed:
        known = ", ".join(sorted(n for n in listed if re.fullmatch(rf"yolov?\d+{ending}", n)))
        asked = "yolo" if task == TASK else "yolo-seg"
        raise BadData(
            "model_unknown",
            f"Expected {asked}, {asked}:NAME with a network of Ultralytics ({known}, and the letter of its size: "
            f"yolo11n{ending}), or the folder of one, got {name!r}.",
        )
    from ultralytics.utils import YAML

    description = YAML.load(listed[stem])
    if match[2] not in description.get("scales", {"": None}):
        raise BadData(
            "model_unknown",
            f"Expected the size of {stem} to be one of {', '.join(description['scales'])}, got {name!r}.",
        )
    return {**description, "scale": match[2]}


def train(
    recipe: Recipe, start: Start, train_data: BoxedPictures, dev_data: BoxedPictures, show: Show
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    from finetune.yolo_trainer import YoloRun

    return trained(YoloRun, recipe, start, train_data, dev_data, show)


def trained(
    kind: type, recipe: Recipe, start: Start, train_data: BoxedPictures, dev_data: BoxedPictures, show: Show
) -> bool:
    """`train` by a run of this `kind`, a YoloRun."""
    from finetune.yolo_trainer import Interrupted

    show(f"{start.architecture}: {sum(p.numel() for p in start.model.parameters()):,} parameters")
    names = ("model", "augment", "frozen_stages", "backbone_rate", "smoke")
    unchanging = {name: getattr(recipe, name) for name in names}
    unchanging |= {"input": start.input, "classes": ", ".join(train_data.class_names)}
    with room_on_disk(), StopOnSignal() as stop:
        run = kind(
            start.model.to(memory_format=torch.channels_last), train_data, dev_data, settings=recipe.settings,
            size=start.input.size_hw[0], augment=recipe.augment, backbone=backbone_rule(recipe, start.model),
            folder=recipe.output, recipe=unchanging, stop=stop, show=show,
        )  # fmt: skip
        try:
            run.train()
        except Interrupted:
            return True
        return stop.asked and run.progress.epoch < recipe.settings.epochs


run = run_of(replace(PARTS, start_from=start_from, train=train))


def backbone_rule(recipe: Recipe, model: nn.Module) -> tuple[list[str], list[str], float]:
    """(names of layers that stay, names of the rest of the backbone, its rate); for our backbone only."""
    first = model.model[0]
    if type(first).__name__ != "TorchVision":
        return [], [], 1.0
    stages = len(first.m) - 3  # after convolution, normalisation, ReLU
    if not 0 <= recipe.frozen_stages <= stages:
        raise BadData(
            "bad_value", f"Expected --frozen-stages from 0 to {stages}, got {recipe.frozen_stages}."
        )
    still = [0, 1, *range(3, 3 + recipe.frozen_stages)] if recipe.frozen_stages else []
    return [f"0.m.{number}" for number in still], ["model.0."], recipe.backbone_rate
