"""Train a detector of objects on pictures with boxes.

    python -m finetune.object_detection --model faster-rcnn --data DIR --output runs/mine

DIR holds Pascal VOC XML, COCO JSON or a YOLO folder. --model is faster-rcnn, fast-rcnn, yolo-anchors or yolo-grid
(ours), yolo (Ultralytics, AGPL-3.0), rt-detr (transformers), or a checkpoint of ours. Run the same command again to
resume. The result, `OUTPUT/checkpoint`, opens in the hub's tab and can be pushed; `OUTPUT/labels.jpg` shows whether
the boxes of the data lie where they should. The sliding window and R-CNN, which are not trained in one piece, have
recipes of their own: finetune.sliding_window and finetune.rcnn.
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

from finetune.about_detector import about_own_boxes
from finetune.box_check import check_boxes, label_pictures, train_and_dev_boxes
from finetune.boxed_pictures import AugmentedBoxes, BoxAugmentation, proposals_of, targets_of
from finetune.detection_options import build_parser, recipe_values
from finetune.detector_figures import measure_detector, small_example
from finetune.detectors import start_detector
from finetune.finish import Measure, golden_picture
from finetune.freezing import block_groups
from finetune.loop import Evaluate, Settings, Step, fit
from finetune.pictures import normalised
from finetune.proposals import cached_proposals
from finetune.running import Push, Show
from finetune.starting_point import Start
from finetune.whole_run import Parts, run_of
from finetune.write import Storage
from hub_models.architectures.detection import LEAST_SCORE
from hub_models.box_dataset import BoxedPictures
from hub_models.detection_metrics import map50_of
from hub_models.errors import BadData
from hub_models.predictors.detector import letterbox, select, to_boxes
from hub_models.preprocess import InputSpec

TASK = "object-detection"


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
    size_hw: tuple[int, int] | None = None  # the picture is made to fit into it; None: 320 x 416
    augment: BoxAugmentation = "photo"
    frozen_stages: int = 2  # of the backbone, with its stem: they see edges, and cost most of the time
    backbone_rate: float = 0.2  # rate of the rest of the backbone / rate of what comes after it
    card_examples: bool = True  # dev pictures stand in the card, and on the Hub after a push
    storage: Storage = "fp16"
    smoke: bool = False


def read_data(recipe: Recipe, show: Show) -> dict[str, BoxedPictures]:
    """ "train" and "dev", checked; a contact sheet of the labels stands in the output folder."""
    train_data, dev_data = train_and_dev_boxes(
        recipe.data, recipe.dev_data, recipe.dev_share, recipe.dev_block, recipe.settings.seed
    )
    if recipe.smoke:
        few = 8 * recipe.settings.batch * recipe.settings.accumulate
        train_data = train_data.subset(range(min(few, len(train_data))))
        dev_data = dev_data.subset(range(min(few, len(dev_data))))
    train_data, dev_data, report = check_boxes(train_data, dev_data, show)
    show(report.text())
    recipe.output.mkdir(parents=True, exist_ok=True)
    label_pictures(train_data, recipe.output / "labels.jpg")
    return {"train": train_data, "dev": dev_data}


def train(
    recipe: Recipe,
    start: Start,
    train_data: BoxedPictures,
    dev_data: BoxedPictures,
    show: Callable[[str], None],
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    settings, spec = recipe.settings, start.input
    model = start.model.to(memory_format=torch.channels_last)
    regions = getattr(model, "takes_proposals", False)
    proposals = [
        cached_proposals(data, recipe.output / f"proposals-{split}.npz", show) if regions else None
        for split, data in (("train", train_data), ("dev", dev_data))
    ]
    show(f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters")
    names = ("model", "augment", "frozen_stages", "backbone_rate", "smoke")
    unchanging = {name: getattr(recipe, name) for name in names}
    progress = fit(
        model,
        parameter_groups(model, settings, recipe),
        AugmentedBoxes(train_data, spec, model.stride, recipe.augment, settings.seed, proposals[0]),
        step=step_with(spec, regions),
        evaluate=evaluation(dev_data, spec, proposals[1]),
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging | {"input": spec, "classes": ", ".join(train_data.class_names)},
    )
    return progress.stopped


def parameter_groups(model: nn.Module, settings: Settings, recipe: "Recipe") -> list[dict]:
    """The first stages stay, the rest of the backbone learns slowly; biases and normalisation without decay."""
    stages = model.backbone.stages
    if not 0 <= recipe.frozen_stages <= len(stages):
        raise BadData(
            "bad_value",
            f"Expected --frozen-stages from 0 to {len(stages)}, got {recipe.frozen_stages}.",
        )
    if recipe.frozen_stages:
        for part in (model.backbone.stem, *stages[: recipe.frozen_stages]):
            part.requires_grad_(False)
    groups = []
    for inside, factor in ((True, recipe.backbone_rate), (False, 1.0)):
        chosen = [
            p for n, p in model.named_parameters() if n.startswith("backbone.") == inside and p.requires_grad
        ]
        groups += block_groups(chosen, settings.learning_rate * factor, settings.weight_decay)
    return groups


def step_with(spec: InputSpec, regions: bool) -> Step:
    def step(network: nn.Module, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        pictures, boxes, labels, proposals = batch
        more = (proposals_of(proposals),) if regions else ()
        terms = network(normalised(pictures, spec), targets_of(boxes, labels), *more)
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}

    return step


def evaluation(data: BoxedPictures, spec: InputSpec, proposals: list[np.ndarray] | None) -> Evaluate:
    """mAP@0.5 on `data`, as the demo would answer."""
    seen: dict[int, tuple[Tensor, float, tuple[int, int]]] = {}

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, found = next(network.parameters()).device, []
        for index in range(len(data)):
            if index not in seen:
                pixels = data.read(index)
                picture, scale = letterbox(pixels, spec, network.stride)
                seen[index] = torch.from_numpy(picture), scale, pixels.shape[:2]
            picture, scale, size_hw = seen[index]
            regions = () if proposals is None else ([torch.from_numpy(proposals[index]).to(device) * scale],)
            answer = network.detect(normalised(picture[None].to(device), spec), *regions)[0]
            candidates = to_boxes(answer, scale, data.class_names, size_hw)
            found.append(select(candidates, LEAST_SCORE, 0.5))
        return {"map50": map50_of(found, data)}

    return evaluate


def start_ours(recipe: Recipe, data: BoxedPictures) -> Start:
    return start_detector(recipe.model, data, recipe.size_hw, recipe.settings.seed)


def measure(recipe: Recipe, data: Mapping[str, BoxedPictures], dataset: str, show: Show) -> Measure:
    return measure_detector(data["train"], data["dev"], dataset, show, recipe.card_examples)


def golden(recipe: Recipe, dev_data: BoxedPictures) -> np.ndarray:
    return small_example(dev_data) if recipe.card_examples else golden_picture()


PARTS = Parts(
    task=TASK, read_data=read_data, start_from=start_ours, train=train, measure=measure, golden=golden
)
run = run_of(PARTS)


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    chosen = build_parser().parse_args(arguments)
    values, settings = recipe_values(chosen)
    recipe = Recipe(**values, settings=Settings(**settings))
    about_for = partial(about_own_boxes, recipe=recipe, arguments=arguments, options=chosen)
    where = Push(repo=chosen.push_to_hub, private=chosen.private)
    family = recipe.model.partition(":")[0]
    if family in ("yolo", "rt-detr"):
        module = importlib.import_module("finetune.yolo" if family == "yolo" else "finetune.rt_detr")
        return module.run(recipe, about_for, where, chosen.publish_only)
    return run(recipe, about_for, where, chosen.publish_only)


if __name__ == "__main__":
    sys.exit(main())
