"""RT-DETR of the transformers library, for `--model rt-detr ...`: one box an object, without anchors or suppression.

rt-detr                       PekingU/rtdetr_r18vd from the Hub, trained on COCO (a download of 81 MB)
rt-detr:USER/NAME             another RT-DETR or RT-DETRv2 on the Hub, in safetensors
rt-detr:FOLDER                one in a folder, as `save_pretrained` or this recipe wrote it

The network's own loss is used. It sees every picture squeezed into a square, --size (the larger side of it) or what
its picture processor says, so training and dev pictures are squeezed in the same way; their IoUs stay as they are.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from finetune.boxed_pictures import AugmentedBoxes, targets_of
from finetune.freezing import block_groups
from finetune.library_source import pretrained, source_of, start_of_library
from finetune.loop import Evaluate, Settings, fit
from finetune.object_detection import PARTS, TASK, Recipe
from finetune.running import Show
from finetune.starting_point import Start
from finetune.whole_run import run_of
from hub_models.architectures.detection import LEAST_SCORE, Found, centres, sides
from hub_models.box_dataset import BoxedPictures
from hub_models.detection_metrics import map50_of
from hub_models.errors import BadData
from hub_models.predictors.detector import select, to_boxes
from hub_models.preprocess import InputSpec

DEFAULT = "rt_detr_resnet18.coco"
KINDS = ("rt_detr", "rt_detr_v2")
STRIDE = 32
TERMS = ("loss_vfl", "loss_bbox", "loss_giou")  # classes, sides of boxes, their overlap
PAPER = "Zhao, Lv, Xu, Wei, Wang, Dang, Liu, Chen: DETRs Beat YOLOs on Real-time Object Detection (2023)"


def named(architecture: str) -> tuple[str, tuple[str, int, str]]:
    """(what the network is called, (whom to cite, year, deviations from that))."""
    return "RT-DETR", (PAPER, 2023, "")


def start_from(recipe: Recipe, data: BoxedPictures) -> Start:
    """The network that `recipe.model` names, for the classes of `data`. BadData `model_unknown`; HubUnavailable."""
    from transformers import AutoConfig, AutoImageProcessor, AutoModelForObjectDetection

    row, folder = source_of("rt-detr", recipe.model.partition(":")[2], DEFAULT, TASK)
    if AutoConfig.from_pretrained(folder, local_files_only=True).model_type not in KINDS:
        raise BadData(
            "model_unknown", f"Expected an RT-DETR ({', '.join(KINDS)}) in {row.title}, found another."
        )
    model = pretrained(AutoModelForObjectDetection, folder, data.class_names, f"an RT-DETR in {row.title}")
    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    side = max(recipe.size_hw) if recipe.size_hw else max(processor.size["height"], processor.size["width"])
    side = -(-side // STRIDE) * STRIDE
    processor.size = {"height": side, "width": side}
    spec = InputSpec(size_hw=(side, side), mean=(0.0,) * 3, std=(1.0,) * 3, interpolation="bilinear")
    return start_of_library(row, model, processor, spec)


@dataclass(frozen=True)
class Squeezed:
    """`read` that makes every picture a square of `side` pixels."""

    read: Callable[[int], np.ndarray]
    side: int

    def __call__(self, number: int) -> np.ndarray:
        picture = Image.fromarray(self.read(number))
        return np.array(picture.resize((self.side, self.side), Image.Resampling.BILINEAR))


def squeezed(data: BoxedPictures, side: int) -> BoxedPictures:
    """The same pictures as squares, with their boxes."""
    boxes = []
    for number, corners in enumerate(data.boxes):
        height, width = data.read(number).shape[:2]
        boxes.append((corners * (side / np.array([width, height, width, height]))).astype(np.float32))
    return replace(data, boxes=tuple(boxes), read=Squeezed(data.read, side))


def train(
    recipe: Recipe, start: Start, train_data: BoxedPictures, dev_data: BoxedPictures, show: Show
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    settings, spec, side = recipe.settings, start.input, start.input.size_hw[0]
    show(f"{start.architecture}: {sum(p.numel() for p in start.model.parameters()):,} parameters")
    names = ("model", "augment", "frozen_stages", "backbone_rate", "smoke")
    unchanging = {name: getattr(recipe, name) for name in names}
    progress = fit(
        start.model,
        parameter_groups(start.model, settings, recipe),
        AugmentedBoxes(squeezed(train_data, side), spec, STRIDE, recipe.augment, settings.seed),
        step=step,
        evaluate=evaluation(squeezed(dev_data, side), start.processor),
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging | {"input": spec, "classes": ", ".join(train_data.class_names)},
    )
    return progress.stopped


run = run_of(replace(PARTS, start_from=start_from, train=train))


def parameter_groups(model: nn.Module, settings: Settings, recipe: Recipe) -> list[dict]:
    """The first stages of the backbone stay, its rest learns slowly; biases and normalisation without decay."""
    still = (
        ["embedder.", *(f"stages.{i}." for i in range(recipe.frozen_stages))] if recipe.frozen_stages else []
    )
    groups: list[dict] = []
    learning = {True: [], False: []}
    for name, parameter in model.named_parameters():
        inside = ".backbone." in name
        if inside and any(f".{part}" in name for part in still):
            parameter.requires_grad_(False)
        else:
            learning[inside].append(parameter)
    for inside, factor in ((True, recipe.backbone_rate), (False, 1.0)):
        groups += block_groups(learning[inside], settings.learning_rate * factor, settings.weight_decay)
    return groups


def step(network: nn.Module, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
    pictures, boxes, labels, _ = batch
    side, targets = pictures.shape[-1], targets_of(boxes, labels)
    truth = [
        {"class_labels": classes, "boxes": torch.cat([centres(corners), sides(corners)], 1) / side}
        for corners, classes in zip(targets.boxes, targets.labels, strict=True)
    ]
    said = network(pixel_values=pictures.float() / 255, labels=truth)
    return {"loss": said.loss, **{name: said.loss_dict[name] for name in TERMS}}


def evaluation(data: BoxedPictures, processor_json: str) -> Evaluate:
    """mAP@0.5 on squeezed pictures, as the demo would answer."""
    from transformers import RTDetrImageProcessor

    processor = RTDetrImageProcessor(**json.loads(processor_json))

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, found = next(network.parameters()).device, []
        for number in range(len(data)):
            pixels = data.read(number)
            x = torch.from_numpy(pixels).permute(2, 0, 1)[None].to(device).float() / 255
            size_hw = pixels.shape[:2]
            (answer,) = processor.post_process_object_detection(
                network(pixel_values=x), threshold=LEAST_SCORE, target_sizes=[size_hw]
            )
            candidates = to_boxes(
                Found(answer["boxes"], answer["labels"], answer["scores"]), 1.0, data.class_names, size_hw
            )
            found.append(select(candidates, LEAST_SCORE, 0.5, suppresses=False))
        return {"map50": map50_of(found, data)}

    return evaluate
