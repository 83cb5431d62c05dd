"""What a person must know of instance segmentation that was trained on their own data."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from finetune.about import About, block_split_of, command, hub_id_of, identifier, paper_of
from finetune.about_detector import notices
from finetune.instance_check import Checked
from finetune.starting_point import Start

NAMES = {"mask_rcnn": "Mask R-CNN", "unet": "U-Net"}


def about_own_instances(start: Start, data: Checked, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.instance_segmentation` with `arguments` on somebody's own data."""
    dataset, classes = Path(recipe.data).stem or "pictures", len(data.boxes.class_names)
    objects = int(data.boxes.objects().sum())
    network, (paper, year, deviations) = named(start)
    return About(
        id=f"{start.architecture}.{identifier(dataset)}",
        title=options.name or f"{network} on {dataset}",
        architecture=network,
        year=year,
        paper=paper,
        sentence=f"{network}, trained from {start.origin} to find the pixels of objects of {classes} classes of {dataset}.",
        weights_licence="AGPL-3.0" if start.library == "ultralytics" else "unstated: yours to choose",
        dataset=dataset,
        trained_on=f"{dataset} ({len(data.boxes):,} pictures, {objects:,} objects of {classes} classes)",
        data=f"{dataset}: {len(data.boxes):,} pictures with the pixels of {objects:,} objects",
        data_licence=options.data_licence,
        data_hub_id=hub_id_of(recipe.data),
        split=block_split_of(recipe),
        command=command("instance_segmentation", arguments),
        deviations=deviations,
        limits=("Finds only its own classes, and takes what resembles them for them.", *notices(start)),
    )


def named(start: Start) -> tuple[str, tuple[str, int, str]]:
    """(what the network is called, (paper, year, deviations from it))."""
    if start.library == "ours":
        return NAMES[start.architecture], paper_of(start.architecture)
    return importlib.import_module("finetune.yolo_seg").named(start.architecture)
