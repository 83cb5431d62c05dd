"""What a person must know of instance segmentation that was trained on their own data."""

import importlib
from collections.abc import Sequence

from finetune.about import About, Cited, about_own, paper_of
from finetune.about_detector import limits_of
from finetune.instance_check import Checked
from finetune.starting_point import Start

NAMES = {"mask_rcnn": "Mask R-CNN", "unet": "U-Net"}


def about_own_instances(start: Start, data: Checked, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.instance_segmentation` with `arguments` on somebody's own data."""
    pictures, classes, objects = len(data.boxes), len(data.boxes.class_names), int(data.boxes.objects().sum())
    network, cited = named(start)
    return about_own(
        "instance_segmentation",
        start,
        recipe,
        arguments,
        options,
        network=network,
        cited=cited,
        does=f"to find the pixels of objects of {classes} classes of",
        trained_on=f"{pictures:,} pictures, {objects:,} objects of {classes} classes",
        data=f"{pictures:,} pictures with the pixels of {objects:,} objects",
        limits=limits_of(start),
    )


def named(start: Start) -> tuple[str, Cited]:
    """(what the network is called, (paper, year, deviations from it))."""
    if start.library == "ours":
        return NAMES[start.architecture], paper_of(start.architecture)
    return importlib.import_module("finetune.yolo_seg").named(start.architecture)
