"""Train a network that labels every pixel, on pictures with masks.

    python -m finetune.semantic_segmentation --model unet --data DIR --output runs/mine

DIR holds images/, masks/ of the same names and classes.txt, perhaps in parts train/, val/ and test/. --model is segnet,
unet, enet, fcn or deconvnet (ours, from random weights), unet-lite (ours, on an ImageNet backbone), timm:BACKBONE,
segformer:HUB_ID, or a checkpoint of ours. Run the same command again to resume. The result, `OUTPUT/checkpoint`, opens
in the hub's tab and can be pushed; `OUTPUT/masks.jpg` shows whether the masks lie where they should.
"""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from finetune.about_segmenter import about_own_masks
from finetune.decoded import Decoded
from finetune.finish import Measure, golden_picture
from finetune.freezing import block_groups
from finetune.loop import Evaluate, Settings, Step, fit
from finetune.mask_check import check_masks, mask_pictures, masks_by_part
from finetune.masked_pictures import AugmentedMasks, MaskAugmentation, class_frequencies
from finetune.object_detection import parameter_groups as backbone_groups
from finetune.pictures import normalised
from finetune.running import Push, Show
from finetune.segmentation_losses import LossName, WeightsName, class_weights, loss_named
from finetune.segmentation_options import build_parser, recipe_values
from finetune.segmenter_figures import measure_segmenter
from finetune.segmenters import start_segmenter
from finetune.starting_point import Start
from finetune.whole_run import Parts, run_of
from finetune.write import Storage
from hub_models.architectures.efficientnet_lite import EfficientNetLite0
from hub_models.mask_dataset import MaskedPictures
from hub_models.picture import fit_within
from hub_models.predictors.detector import letterbox
from hub_models.predictors.segmenter import to_semantic_map
from hub_models.preprocess import InputSpec
from hub_models.segmentation_metrics import confusion_of, mean_iou, pixel_accuracy

TASK = "semantic-segmentation"
GOLDEN_SIDE = 112  # pixels: golden outputs keep theirs uncompressed


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
    class_names: tuple[str, ...] | None = None  # of data without classes.txt
    size_hw: tuple[int, int] | None = None  # the picture is made to fit into it; None: 192 x 256
    crop_hw: tuple[int, int] | None = (
        None  # size at which parts of pictures are shown in training; None: size_hw
    )
    loss: LossName = "cross-entropy"
    class_weights: WeightsName = "none"
    augment: MaskAugmentation = "photo"
    frozen_stages: int = 1  # of an ImageNet backbone, with its stem
    backbone_rate: float = 0.3  # rate of the rest of the backbone / rate of what comes after it
    card_examples: bool = True  # dev pictures stand in the card, and on the Hub after a push
    storage: Storage = "fp16"
    smoke: bool = False


def read_data(recipe: Recipe, show: Show) -> dict[str, MaskedPictures]:
    """ "train" and "dev", checked, and "test" where the data has it; a contact sheet stands in the output folder."""
    data = masks_by_part(
        recipe.data,
        recipe.dev_data,
        recipe.dev_share,
        recipe.dev_block,
        recipe.settings.seed,
        recipe.class_names,
    )
    train_data, dev_data = data["train"], data["dev"]
    if recipe.smoke:
        few = 8 * recipe.settings.batch * recipe.settings.accumulate
        train_data = train_data.subset(range(min(few, len(train_data))))
        dev_data = dev_data.subset(range(min(few, len(dev_data))))
    train_data, dev_data, report = check_masks(train_data, dev_data, show)
    show(report.text())
    recipe.output.mkdir(parents=True, exist_ok=True)
    mask_pictures(train_data, recipe.output / "masks.jpg")
    return {**data, "train": train_data, "dev": dev_data}


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a kind of network is asked, in training and about a whole picture, and how its parts learn."""

    stride: int
    groups: Callable[[nn.Module, Recipe], list[dict]]  # of the optimizer
    logits: Callable[
        [nn.Module, Tensor, tuple[int, int]], Tensor
    ]  # (B, 3, h, w) normalised -> (B, C, *size_hw)
    probabilities: Callable[
        [nn.Module, np.ndarray, InputSpec], Tensor
    ]  # pixels -> (C, h, w) over the whole picture


def train(
    recipe: Recipe, start: Start, train_data: MaskedPictures, dev_data: MaskedPictures, show: Show
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    start.model.to(memory_format=torch.channels_last)
    way = Way(
        stride=start.model.stride,
        groups=parameter_groups,
        logits=lambda network, pictures, size_hw: network(pictures),
        probabilities=probabilities,
    )
    return train_by(way, recipe, start, train_data, dev_data, show)


def train_by(
    way: Way,
    recipe: Recipe,
    start: Start,
    train_data: MaskedPictures,
    dev_data: MaskedPictures,
    show: Show,
) -> bool:
    """`train` for a network that is asked in this `way`."""
    settings, spec, model = recipe.settings, start.input, start.model
    show(f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters")
    names = (
        "model",
        "loss",
        "class_weights",
        "augment",
        "crop_hw",
        "frozen_stages",
        "backbone_rate",
        "smoke",
    )
    unchanging = {name: getattr(recipe, name) for name in names}
    progress = fit(
        model,
        way.groups(model, recipe),
        AugmentedMasks(train_data, recipe.crop_hw or spec.size_hw, way.stride, recipe.augment, settings.seed),
        step=step_with(way, recipe, spec, train_data),
        evaluate=evaluation(way, dev_data, spec),
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging | {"input": spec, "classes": ", ".join(train_data.class_names)},
    )
    return progress.stopped


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict]:
    """A backbone learns slowly and its first stages not at all; biases and normalisation without decay."""
    settings = recipe.settings
    backbone = getattr(model, "backbone", None)
    if isinstance(backbone, EfficientNetLite0):
        return backbone_groups(model, settings, recipe)
    groups: list[dict] = []
    for inside, factor in ((True, recipe.backbone_rate), (False, 1.0)):
        chosen = [p for n, p in model.named_parameters() if n.startswith("backbone.") == inside]
        groups += block_groups(chosen, settings.learning_rate * factor, settings.weight_decay)
    return groups


def probabilities(network: nn.Module, pixels: np.ndarray, spec: InputSpec) -> Tensor:
    """(H, W, 3) uint8 -> (classes, h, w) that cover the whole picture, as the demo would answer."""
    picture, scale = letterbox(pixels, spec, network.stride)
    rows, columns = (max(1, round(side * scale)) for side in pixels.shape[:2])
    x = torch.from_numpy(picture)[None].to(next(network.parameters()).device)
    return network(normalised(x, spec))[0, :, :rows, :columns].float().softmax(0)


def step_with(way: Way, recipe: Recipe, spec: InputSpec, data: MaskedPictures) -> Step:
    weights = None
    if recipe.class_weights != "none":
        weights = class_weights(recipe.class_weights, class_frequencies(data))
    loss = loss_named(recipe.loss, weights)

    def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        pictures, labels = batch
        logits = way.logits(network, normalised(pictures, spec), tuple(labels.shape[1:]))
        terms = loss(logits.float(), labels)
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}

    return step


def evaluation(way: Way, data: MaskedPictures, spec: InputSpec) -> Evaluate:
    """Mean IoU on `data`, in the size of its masks."""
    read = Decoded(data.read, lambda pair: pair[0].nbytes + pair[1].nbytes)

    def evaluate(network: nn.Module) -> dict[str, float]:
        confusion = 0
        for index in range(len(data)):
            pixels, labels = read(index)
            coarse = way.probabilities(network, pixels, spec)
            found = to_semantic_map(coarse, data.class_names, labels.shape)
            confusion = confusion + confusion_of(labels, found.labels, len(data.class_names))
        return {"mean_iou": float(mean_iou(confusion)), "accuracy": float(pixel_accuracy(confusion))}

    return evaluate


def start_ours(recipe: Recipe, data: MaskedPictures) -> Start:
    return start_segmenter(recipe.model, len(data.class_names), recipe.size_hw)


def measure(recipe: Recipe, data: Mapping[str, MaskedPictures], dataset: str, show: Show) -> Measure:
    return measure_segmenter(data, dataset, show, recipe.card_examples)


def golden(recipe: Recipe, dev_data: MaskedPictures) -> np.ndarray:
    return fit_within(dev_data.read(0)[0], GOLDEN_SIDE) if recipe.card_examples else golden_picture()


PARTS = Parts(
    task=TASK, read_data=read_data, start_from=start_ours, train=train, measure=measure, golden=golden
)
run = run_of(PARTS)


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    chosen = build_parser().parse_args(arguments)
    values, settings = recipe_values(chosen)
    recipe = Recipe(**values, settings=Settings(**settings))
    about_for = partial(about_own_masks, recipe=recipe, arguments=arguments, options=chosen)
    where = Push(repo=chosen.push_to_hub, private=chosen.private)
    if recipe.model.partition(":")[0] == "segformer":
        module = importlib.import_module("finetune.segformer")
        return module.run(recipe, about_for, where, chosen.publish_only)
    return run(recipe, about_for, where, chosen.publish_only)


if __name__ == "__main__":
    sys.exit(main())
