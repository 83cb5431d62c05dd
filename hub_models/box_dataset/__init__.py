"""Pictures with boxes on disk, as training and evaluation read them: Pascal VOC XML, COCO JSON or YOLO text files.

    VOC     images/a.jpg + annotations/a.xml (JPEGImages/ + Annotations/, or side by side); voc.py
    COCO    pictures + a JSON with images, annotations and categories; coco.py
    YOLO    images/a.jpg + labels/a.txt + data.yaml with the names of the classes; yolo.py

as a folder or a zip of one, with or without parts train, val (dev, valid) and test. Nothing is decoded until a
picture is asked for. Boxes are (x0, y0, x1, y1) in pixels of the upright picture, the right and lower side excluded.
"""

from pathlib import Path

from hub_models.box_dataset import coco, voc, yolo
from hub_models.box_dataset.assemble import assemble
from hub_models.box_dataset.pictures import BoxedPictures, Problem, same_boxed_classes, split_off_boxes
from hub_models.data_files import SUFFIXES, open_files
from hub_models.errors import BadData

__all__ = ["BoxedPictures", "Problem", "open_boxes", "same_boxed_classes", "split_off_boxes"]

LAYOUTS = {"Pascal VOC XML": voc, "COCO JSON": coco, "YOLO": yolo}


def open_boxes(path: str | Path) -> dict[str, BoxedPictures]:
    """The pictures with boxes at `path`, by part: "train", "dev", "test", or "all" where it has none.

    Raises BadData: `data_missing`, `labels_missing`, `labels_ambiguous`, `labels_unreadable`, `boxes_format`,
    `archive_unreadable`, ...
    """
    files = open_files(Path(path))
    if not any(name.lower().endswith(SUFFIXES) for name in files.names):
        raise BadData(
            "data_missing",
            f"Expected pictures with boxes, found no picture in the {files.what}. "
            f"Supported endings: {', '.join(SUFFIXES)}.",
        )
    labels = {name: found for name, layout in LAYOUTS.items() if (found := layout.label_files(files))}
    if not labels:
        raise BadData(
            "labels_missing",
            f"Expected boxes beside the pictures, found none in the {files.what}. Add them as Pascal VOC (a.xml for "
            "a.jpg), COCO (one JSON with images, annotations and categories) or YOLO (labels/a.txt and data.yaml).",
        )
    if len(labels) > 1:
        raise BadData(
            "labels_ambiguous",
            f"Expected boxes in one layout, found {' and '.join(labels)} in the {files.what}; keep one of them.",
        )
    [(name, found)] = labels.items()
    return assemble(files, LAYOUTS[name].read_labels(files, found))
