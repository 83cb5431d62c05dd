"""What a person must know of a detector that was trained on their own data."""

import importlib
from collections.abc import Sequence

from finetune.about import About, Cited, about_own, paper_of
from finetune.starting_point import Start
from hub_models.box_dataset import BoxedPictures

AGPL = (
    "Ultralytics puts its library, and weights made with it, under AGPL-3.0: who offers a service with them, or passes "
    "them on, has to offer the source of the whole program under that licence, or to buy another licence there."
)


def about_own_boxes(start: Start, data: BoxedPictures, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.object_detection` with `arguments` on somebody's own data."""
    classes, objects = len(data.class_names), sum(len(boxes) for boxes in data.boxes)
    network, cited = named(start)
    return about_own(
        "object_detection",
        start,
        recipe,
        arguments,
        options,
        network=network,
        cited=cited,
        does=f"to find {classes} classes of",
        trained_on=f"{len(data):,} pictures, {objects:,} objects of {classes} classes",
        data=f"{len(data):,} pictures with {objects:,} boxes",
        limits=limits_of(start),
    )


def named(start: Start) -> tuple[str, Cited]:
    """(what the network is called, (paper, year, deviations from it))."""
    if start.library == "ours":
        return type(start.model).__name__, paper_of(start.architecture)
    module = importlib.import_module(
        "finetune.yolo" if start.library == "ultralytics" else "finetune.rt_detr"
    )
    return module.named(start.architecture)


def limits_of(start: Start) -> tuple[str, ...]:
    """What networks that find objects cannot do, and what the licence of the library asks of those who use them."""
    notices = (AGPL,) if start.library == "ultralytics" else ()
    return ("Finds only its own classes, and takes what resembles them for them.", *notices)
