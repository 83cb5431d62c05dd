"""Pictures with the pixels of objects before the first epoch: which train, which choose the weights, what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from finetune.box_check import CELL, MOST_SHOWN, BoxReport, check_boxes, contact_sheet, some_for_dev
from finetune.data_check import own_parts
from finetune.hub_dataset import open_with
from hub_models import draw_segments
from hub_models.box_dataset import BoxedPictures
from hub_models.errors import BadData, BadInput
from hub_models.instance_dataset import InstancePictures, open_instances, same_instance_classes
from hub_models.instance_dataset.pictures import PixelsOnly
from hub_models.picture import encode_jpeg, fit_within


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Readable pictures with their objects, and the same with the boxes of the objects, known without reading."""

    pictures: InstancePictures
    boxes: BoxedPictures

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.pictures.class_names


def open_instance_data(name: str, class_name: str) -> dict[str, InstancePictures]:
    """The pictures with objects, by part, in the folder or zip `name`, or in the Hub data set of that name."""
    return open_with(partial(open_instances, class_name=class_name), name, (".json", ".txt"))


def train_and_dev_instances(
    data: str, dev_data: str, dev_share: float, dev_block: int, seed: int, class_name: str
) -> tuple[InstancePictures, InstancePictures]:
    """(train, dev) of `data`: its own dev part, that of `dev_data`, or a share split off. A test part is not touched."""
    train, dev = own_parts(
        data, dev_data, partial(open_instance_data, class_name=class_name), same_instance_classes
    )
    if dev is not None:
        return train, dev
    return some_for_dev(train, dev_share, dev_block, seed)


def check_instances(
    train: InstancePictures, dev: InstancePictures, show: Callable[[str], None]
) -> tuple[Checked, Checked, BoxReport]:
    """Every picture and its masks are read: leave out the unreadable and, of training, those that are also in dev.

    Raises BadData: `data_unreadable`, and what `check_boxes` raises.
    """
    boxed = [with_boxes(data, show) for data in (train, dev)]
    *kept, report = check_boxes(*boxed, show)
    parts = []
    for data, boxes in zip((train, dev), kept, strict=True):
        position = {name: i for i, name in enumerate(data.names)}
        parts.append(Checked(pictures=data.subset([position[name] for name in boxes.names]), boxes=boxes))
    return *parts, report


def with_boxes(data: InstancePictures, show: Callable[[str], None]) -> BoxedPictures:
    """The pictures whose objects can be read, with their boxes."""
    read, boxes, labels, troubles = [], [], [], []
    for index in range(len(data)):
        try:
            _, objects = data.read(index)
        except BadInput as error:
            troubles.append(f"{PurePosixPath(data.names[index]).name}: {error}")
            continue
        read.append(index)
        boxes.append(objects.boxes_xyxy)
        labels.append(objects.labels)
    if troubles:
        show(f"left out, {len(troubles):,} pictures whose objects cannot be read ({'; '.join(troubles[:3])})")
    if len(troubles) > len(data) / 2:
        raise BadData(
            "data_unreadable",
            f"Expected pictures with objects, but {len(troubles):,} of {len(data):,} cannot be read. {troubles[0]}",
        )
    kept = data.subset(read)
    return BoxedPictures(
        class_names=kept.class_names,
        names=kept.names,
        boxes=tuple(boxes),
        labels=tuple(labels),
        read=PixelsOnly(kept.read),
        problems=kept.problems,
    )


def instance_pictures(data: Checked, path: Path) -> None:
    """Write a contact sheet of up to 12 pictures with their objects, so that a person sees whether they fit."""
    with_objects = [i for i, boxes in enumerate(data.boxes.boxes) if len(boxes)]
    chosen = np.unique(np.linspace(0, len(with_objects) - 1, MOST_SHOWN).astype(int))
    cells = []
    for number in chosen:
        pixels, objects = data.pictures.read(with_objects[number])
        cells.append(fit_within(draw_segments.instances(pixels, objects), CELL))
    path.write_bytes(encode_jpeg(contact_sheet(cells)))
