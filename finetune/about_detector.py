"""What a person must know of a detector that was trained on their own data."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from finetune.about import About, block_split_of, command, hub_id_of, identifier, paper_of
from finetune.starting_point import Start
from hub_models.box_dataset import BoxedPictures

AGPL = (
    "Ultralytics puts its library, and weights made with it, under AGPL-3.0: who offers a service with them, or passes "
    "them on, has to offer the source of the whole program under that licence, or to buy another licence there."
)


def about_own_boxes(start: Start, data: BoxedPictures, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.object_detection` with `arguments` on somebody's own data."""
    dataset, classes = Path(recipe.data).stem or "pictures", len(data.class_names)
    objects = sum(len(boxes) for boxes in data.boxes)
    network, (paper, year, deviations) = named(start)
    return About(
        id=f"{start.architecture}.{identifier(dataset)}",
        title=options.name or f"{network} on {dataset}",
        architecture=network,
        year=year,
        paper=paper,
        sentence=f"{network}, trained from {start.origin} to find {classes} classes of {dataset}.",
        weights_licence="AGPL-3.0" if start.library == "ultralytics" else "unstated: yours to choose",
        dataset=dataset,
        trained_on=f"{dataset} ({len(data):,} pictures, {objects:,} objects of {classes} classes)",
        data=f"{dataset}: {len(data):,} pictures with {objects:,} boxes",
        data_licence=options.data_licence,
        data_hub_id=hub_id_of(recipe.data),
        split=block_split_of(recipe),
        command=command("object_detection", arguments),
        deviations=deviations,
        limits=("Finds only its own classes, and takes what resembles them for them.", *notices(start)),
    )


def named(start: Start) -> tuple[str, tuple[str, int, str]]:
    """(what the network is called, (paper, year, deviations from it))."""
    if start.library == "ours":
        return type(start.model).__name__, paper_of(start.architecture)
    module = importlib.import_module(
        "finetune.yolo" if start.library == "ultralytics" else "finetune.rt_detr"
    )
    return module.named(start.architecture)


def notices(start: Start) -> tuple[str, ...]:
    """What the licence of the library asks of those who use the weights."""
    return (AGPL,) if start.library == "ultralytics" else ()
