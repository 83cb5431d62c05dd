"""The pictures that localization trains on and those that choose its weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from finetune.box_check import check_boxes, train_and_dev_boxes
from finetune.one_object_sets import at_most_one, cut_crops, joined
from hub_models.box_dataset import BoxedPictures, split_off_boxes
from hub_models.data_files import SUFFIXES, open_files
from hub_models.errors import BadData

CROPS_EACH = 4  # crops of every class, and of nothing, that are cut from a dev picture
SMOKE_PICTURES = 24


def read_data(recipe, show: Callable[[str], None]) -> tuple[BoxedPictures, BoxedPictures]:
    """(training pictures with any number of objects, dev pictures with one or none) for a Recipe of localization."""
    seed = recipe.settings.seed
    train, dev = train_and_dev_boxes(recipe.data, recipe.dev_data, recipe.dev_share, recipe.dev_block, seed)
    if recipe.smoke:
        train, dev = (data.subset(range(min(SMOKE_PICTURES, len(data)))) for data in (train, dev))
    train, dev, report = check_boxes(train, dev, show, recipe.settings.workers)
    show(report.text())
    dev = one_or_none(dev, recipe.pictures == "crops")
    if recipe.background_dir:
        empty = open_background(recipe.background_dir, train.class_names)
        more, chosen = split_off_boxes(empty, recipe.dev_share, recipe.dev_block, seed)
        if recipe.smoke:
            more, chosen = (data.subset(range(min(SMOKE_PICTURES, len(data)))) for data in (more, chosen))
        show(f"{len(more):,} pictures without objects train, {len(chosen):,} choose the weights")
        train, dev = joined([train, more]), joined([dev, chosen])
    objects = sum(len(boxes) for boxes in dev.boxes)
    show(f"dev: {objects:,} with an object, {len(dev) - objects:,} without")
    return train, dev


def one_or_none(data: BoxedPictures, crops: bool) -> BoxedPictures:
    """`data` as pictures with one object or none: crops of them, or those that are so already."""
    return cut_crops(data, CROPS_EACH, seed=0) if crops else at_most_one(data)


def open_background(path: str | Path, class_names: tuple[str, ...]) -> BoxedPictures:
    """The pictures in a folder or a zip, as pictures without any object. BadData `data_missing`."""
    files = open_files(Path(path))
    order = [i for i, name in enumerate(files.names) if name.lower().endswith(SUFFIXES)]
    if not order:
        raise BadData(
            "data_missing", f"Expected pictures without objects, found no picture in the {files.what}."
        )
    return BoxedPictures(
        class_names=class_names,
        names=tuple(files.names[i] for i in order),
        boxes=tuple(np.empty((0, 4), np.float32) for _ in order),
        labels=tuple(np.empty(0, np.int64) for _ in order),
        read=files.pictures(order),
    )
