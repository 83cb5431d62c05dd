"""Pictures with the pixels of every object, as training and evaluation of instance segmentation read them.

    label maps  images/a.jpg + labels/a.png: 0 = background, every other number one object; label_maps.py
    COCO        pictures + a JSON with images, annotations (polygons, run lengths) and categories; coco.py

as a folder or a zip of one, with or without parts train, val (dev, valid) and test. Nothing is decoded until a
picture is asked for. The true objects are `Instances` with a score of 1 whose masks hold one cell a pixel, 0 or 1.
"""

from pathlib import Path

from hub_models.box_dataset import coco as boxed_coco
from hub_models.data_files import open_files
from hub_models.errors import BadData
from hub_models.instance_dataset import coco, label_maps
from hub_models.instance_dataset.pictures import InstancePictures, boxed, same_instance_classes

__all__ = ["InstancePictures", "boxed", "open_instances", "same_instance_classes"]


def open_instances(path: str | Path, class_name: str = "object") -> dict[str, InstancePictures]:
    """The pictures with objects at `path`, by part: "train", "dev", "test", or "all" where it has none.

    `class_name` says what the objects of label maps are where there is no classes.txt.
    Raises BadData: `data_missing`, `masks_missing`, `mask_pairs`, `labels_ambiguous`, `labels_unreadable`, ...
    """
    files = open_files(Path(path))
    documents = boxed_coco.label_files(files)
    maps = label_maps.has_maps(files)
    if documents and maps:
        raise BadData(
            "labels_ambiguous",
            f"Expected objects in one layout, found a COCO JSON and label maps in the {files.what}; keep one of them.",
        )
    if documents:
        return coco.read_objects(files, documents)
    if not maps:
        raise BadData(
            "masks_missing",
            f"Expected the pixels of the objects beside the pictures, found none in the {files.what}. Add a label map "
            "for each picture (labels/a.png for images/a.jpg: 0 = background, another number for each object), or a "
            "COCO JSON with segmentation.",
        )
    return label_maps.read_objects(files, class_name)
