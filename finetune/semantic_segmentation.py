"""Train a network that labels every pixel, on pictures with masks.

    python -m finetune.semantic_segmentation --model unet --data DIR --output runs/mine

DIR holds images/, masks/ of the same names and classes.txt, perhaps in parts train/, val/ and test/. --model is segnet,
unet, enet, fcn or deconvnet (ours, from random weights), unet-lite (ours, on an ImageNet backbone), timm:BACKBONE,
segformer:HUB_ID, or a checkpoint of ours. Run the same command again to resume. The result, `OUTPUT/checkpoint`, opens
in the hub's tab and can be pushed; `OUTPUT/masks.jpg` shows whether the masks lie where they should.
"""

import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from finetune.about import AboutFor
from finetune.about_segmenter import about_own_masks
from finetune.decoded import Decoded
from finetune.finish import Trained, finish, golden_picture
from finetune.freezing import block_groups
from finetune.loop import Evaluate, Settings, Step, fit
from finetune.mask_check import check_masks, mask_pictures, open_masked_data, train_and_dev_masks
from finetune.masked_pictures import AugmentedMasks, MaskAugmentation, class_frequencies
from finetune.object_detection import parameter_groups as backbone_groups
from finetune.pictures import normalised
from finetune.progress import tell
from finetune.publish import preflight
from finetune.running import Push, Show, end_run, have_weights, recipe_run, saying
from finetune.segmentation_losses import Loss, LossName, WeightsName, class_weights, loss_named
from finetune.segmentation_options import build_parser, recipe_values
from finetune.segmenter_figures import measure_segmenter
from finetune.segmenters import start_segmenter
from finetune.starting_point import Start
from finetune.state import progress_in
from finetune.write import Storage
from hub_models.architectures.efficientnet_lite import EfficientNetLite0
from hub_models.mask_dataset import MaskedPictures
from hub_models.picture import fit_within
from hub_models.predictors.detector import letterbox
from hub_models.predictors.segmenter import to_semantic_map
from hub_models.preprocess import InputSpec
from hub_models.segmentation_metrics import confusion_of, mean_iou, pixel_accuracy

TASK = "semantic-segmentation"
GOLDEN_SIDE = 160  # pixels: golden outputs keep theirs uncompressed


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


StartFrom = Callable[[Recipe, MaskedPictures], Start]
Train = Callable[[Recipe, Start, MaskedPictures, MaskedPictures, Show], bool]  # True: stopped before its end


def work(
    recipe: Recipe,
    about_for: AboutFor,
    where: Push,
    *,
    publish_only: bool,
    show: Show,
    is_main: bool,
    start_from: StartFrom,
    train: Train,
) -> None:
    """The parts of a run, in order. Where the network comes from and how it learns is `start_from` and `train`."""
    if is_main:
        tell(recipe.output, "checking data")
    if recipe.smoke:
        recipe = replace(recipe, settings=replace(recipe.settings, epochs=2, patience=0))
    parts = read_data(recipe, saying(recipe.output, show, is_main))
    torch.manual_seed(recipe.settings.seed)
    start = start_from(recipe, parts["train"])
    if where.repo and is_main:
        show(preflight(where.repo, None, 2 * sum(p.numel() for p in start.model.parameters())).text())
    stopped = False if publish_only else train(recipe, start, parts["train"], parts["dev"], show)
    if not is_main or not have_weights(recipe.output, start.model, needed=publish_only):
        return
    about = about_for(start, parts["train"])
    golden = fit_within(parts["dev"].read(0)[0], GOLDEN_SIDE) if recipe.card_examples else golden_picture()
    trained = Trained(
        task=TASK,
        start=start,
        class_names=parts["train"].class_names,
        seed=recipe.settings.seed,
        minutes=progress_in(recipe.output).seconds / 60,
        golden_pixels=golden,
        storage=recipe.storage,
    )
    measure = measure_segmenter(parts, about.dataset, show, recipe.card_examples)
    finish(trained, about, recipe.output, measure, show)
    end_run(recipe.output, where, stopped, show)


def read_data(recipe: Recipe, show: Show) -> dict[str, MaskedPictures]:
    """ "train" and "dev", checked, and "test" where the data has it; a contact sheet stands in the output folder."""
    train_data, dev_data = train_and_dev_masks(
        recipe.data,
        recipe.dev_data,
        recipe.dev_share,
        recipe.dev_block,
        recipe.settings.seed,
        recipe.class_names,
    )
    own = open_masked_data(recipe.data, recipe.class_names)
    test = {"test": own["test"]} if "test" in own else {}
    if recipe.smoke:
        few = 8 * recipe.settings.batch * recipe.settings.accumulate
        train_data = train_data.subset(range(min(few, len(train_data))))
        dev_data = dev_data.subset(range(min(few, len(dev_data))))
    train_data, dev_data, report = check_masks(train_data, dev_data, show)
    show(report.text())
    recipe.output.mkdir(parents=True, exist_ok=True)
    mask_pictures(train_data, recipe.output / "masks.jpg")
    return {"train": train_data, "dev": dev_data, **test}


def train(
    recipe: Recipe, start: Start, train_data: MaskedPictures, dev_data: MaskedPictures, show: Show
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    settings, spec = recipe.settings, start.input
    model = start.model.to(memory_format=torch.channels_last)
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
        parameter_groups(model, recipe),
        AugmentedMasks(
            train_data, recipe.crop_hw or spec.size_hw, model.stride, recipe.augment, settings.seed
        ),
        step=step_with(recipe, spec, train_data),
        evaluate=evaluation(dev_data, spec),
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


def loss_of(recipe: Recipe, data: MaskedPictures) -> Loss:
    weights = None
    if recipe.class_weights != "none":
        weights = class_weights(recipe.class_weights, class_frequencies(data))
    return loss_named(recipe.loss, weights)


def step_with(recipe: Recipe, spec: InputSpec, data: MaskedPictures) -> Step:
    loss = loss_of(recipe, data)

    def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        pictures, labels = batch
        terms = loss(network(normalised(pictures, spec)).float(), labels)
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}

    return step


def evaluation(data: MaskedPictures, spec: InputSpec) -> Evaluate:
    """Mean IoU on `data`, in the size of its masks, as the demo would answer."""
    read = Decoded(data.read, lambda pair: pair[0].nbytes + pair[1].nbytes)
    classes = len(data.class_names)

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, confusion = next(network.parameters()).device, 0
        for index in range(len(data)):
            pixels, labels = read(index)
            picture, scale = letterbox(pixels, spec, network.stride)
            rows, columns = (max(1, round(side * scale)) for side in labels.shape)
            logits = network(normalised(torch.from_numpy(picture)[None].to(device), spec))
            probabilities = logits[0, :, :rows, :columns].float().softmax(0)
            found = to_semantic_map(probabilities, data.class_names, labels.shape)
            confusion = confusion + confusion_of(labels, found.labels, classes)
        return {"mean_iou": float(mean_iou(confusion)), "accuracy": float(pixel_accuracy(confusion))}

    return evaluate


def start_ours(recipe: Recipe, data: MaskedPictures) -> Start:
    return start_segmenter(recipe.model, len(data.class_names), recipe.size_hw)


run = recipe_run(partial(work, start_from=start_ours, train=train))


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
