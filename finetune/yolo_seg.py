"""YOLO with masks of the Ultralytics library (AGPL-3.0, and so are weights made with it), for `--model yolo-seg ...`.

yolo-seg                      small: the network of finetune.yolo, its head with 32 prototypes and their coefficients
yolo-seg:yolo11n-seg          any network with masks that the library describes (yolov8n-seg, ...), random weights
yolo-seg:DIR                  a folder that this recipe wrote: all weights that still fit

Source of the idea: "YOLACT: Real-time Instance Segmentation" (Bolya, Zhou, Xiao, Lee; 2019). The library's own trainer
does the work: --crop, --passes, --ema and --clip-norm are not used. It takes one outline an object, so holes are
filled, and of objects that overlap the smaller one lies on top. The picture's longer side becomes the longer side of
--size (320).
"""

from dataclasses import replace

from finetune import yolo
from finetune.instance_check import Checked
from finetune.instance_segmentation import PARTS, TASK, Recipe
from finetune.running import Show
from finetune.starting_point import Start
from finetune.whole_run import run_of

PROTOTYPES = 32
NAME = "yolo11_small_seg"
SMALL = yolo.SMALL | {
    "head": [*yolo.SMALL["head"][:-1], [[11, 14, 17], 1, "Segment", ["nc", PROTOTYPES, yolo.WIDTH]]]
}


def named(architecture: str) -> tuple[str, tuple[str, int, str]]:
    """(what the network is called, (whom to cite, year, deviations from that))."""
    if architecture != NAME:
        return yolo.named(architecture)
    _, (cited, year, deviations) = yolo.named("yolo11_small")
    return "YOLO11 with masks (Ultralytics, small)", (cited, year, deviations)


def start_from(recipe: Recipe, data: Checked) -> Start:
    """The network that `recipe.model` names. BadData `model_unknown`."""
    return yolo.started(recipe.model, recipe.size_hw, data.class_names, NAME, SMALL, TASK)


def train(recipe: Recipe, start: Start, train_data: Checked, dev_data: Checked, show: Show) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    from finetune.yolo_masks import YoloMaskRun

    return yolo.trained(YoloMaskRun, recipe, start, train_data, dev_data, show)


run = run_of(replace(PARTS, start_from=start_from, train=train))
