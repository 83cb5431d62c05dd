"""Small pictures with boxes, written to disk as Pascal VOC, COCO or YOLO: the same boxes in each."""

import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from hub_models.box_dataset import BoxedPictures

WIDE, HIGH = 40, 30  # pixels of every picture
CAT, DOG = (4, 6, 14, 16), (20, 3, 36, 27)  # xyxy
Objects = dict[str, list[tuple[str, tuple[int, int, int, int]]]]
ONE: Objects = {"a": [("cat", CAT)], "b": [("dog", DOG), ("cat", CAT)]}
TWO: Objects = {"a": [("cat", CAT), ("dog", DOG)], "b": []}


def picture(path: Path, shade: int = 90, size_wh: tuple[int, int] = (WIDE, HIGH), **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size_wh, (shade, shade, shade)).save(path, **options)


def xml(
    objects: list, *, filename: str = "", size: str = f"<width>{WIDE}</width><height>{HIGH}</height>"
) -> str:
    """An annotation of Pascal VOC: coordinates from 1, the last pixel included."""
    entries = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{x0 + 1}</xmin><ymin>{y0 + 1}</ymin><xmax>{x1}</xmax>"
        f"<ymax>{y1}</ymax></bndbox></object>"
        for name, (x0, y0, x1, y1) in objects
    )
    return f"<annotation><filename>{filename}</filename><size>{size}</size>{entries}</annotation>"


def voc(folder: Path, objects: Objects, pictures: str = "images", labels: str = "annotations") -> None:
    for number, (stem, found) in enumerate(objects.items()):
        picture(folder / pictures / f"{stem}.png", number)
        write(folder / labels / f"{stem}.xml", xml(found))


def coco_json(objects: Objects, ids: dict[str, int], **more: object) -> dict:
    images = [
        {"id": i, "file_name": f"{s}.png", "width": WIDE, "height": HIGH} for i, s in enumerate(objects, 7)
    ]
    annotations = [
        {"id": n, "image_id": i, "category_id": ids[name], "bbox": [x0, y0, x1 - x0, y1 - y0], "iscrowd": 0}
        for i, found in enumerate(objects.values(), 7)
        for n, (name, (x0, y0, x1, y1)) in enumerate(found)
    ]
    categories = [{"id": i, "name": name} for name, i in ids.items()]
    return {"images": images, "annotations": annotations, "categories": categories} | more


IDS = {"dog": 18, "cat": 17}


def coco(
    folder: Path, objects: Objects, pictures: str = "images", labels: str = "annotations/boxes.json"
) -> None:
    for number, stem in enumerate(objects):
        picture(folder / pictures / f"{stem}.png", number)
    write(folder / labels, json.dumps(coco_json(objects, IDS)))


def yolo(
    folder: Path,
    objects: Objects,
    pictures: str = "images",
    labels: str = "labels",
    names: str = "[cat, dog]",
) -> None:
    for number, (stem, found) in enumerate(objects.items()):
        picture(folder / pictures / f"{stem}.png", number)
        lines = [
            f"{('cat', 'dog').index(name)} {(x0 + x1) / 2 / WIDE} {(y0 + y1) / 2 / HIGH} "
            f"{(x1 - x0) / WIDE} {(y1 - y0) / HIGH}"
            for name, (x0, y0, x1, y1) in found
        ]
        if lines:
            write(folder / labels / f"{stem}.txt", "\n".join(lines))
    write(folder / "data.yaml", f"names: {names}\n")


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def pack(folder: Path, inside: str = "", name: str = "") -> Path:
    """A zip beside `folder` of what is in it, or in its folder `inside`, with names as seen from `folder`."""
    path = (folder / name).with_suffix(".zip") if name else folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((folder / inside).rglob("*.*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return path


def noisy_voc(data: BoxedPictures, folder: Path) -> None:
    """Drawn pictures with their boxes as images/ and annotations/.

    Flat colours have no variance, and training would crawl through numbers too small for the processor: so, noise.
    """
    for part in ("images", "annotations"):
        (folder / part).mkdir(parents=True)
    random = np.random.default_rng(0)
    for number, name in enumerate(data.names):
        pixels = data.read(number)
        noisy = np.clip(pixels + random.normal(0, 10, pixels.shape), 0, 255)
        Image.fromarray(noisy.astype(np.uint8)).save(folder / "images" / name)
        objects = "".join(
            f"<object><name>{data.class_names[label]}</name><bndbox><xmin>{box[0]:.0f}</xmin><ymin>{box[1]:.0f}</ymin>"
            f"<xmax>{box[2]:.0f}</xmax><ymax>{box[3]:.0f}</ymax></bndbox></object>"
            for box, label in zip(data.boxes[number], data.labels[number], strict=True)
        )
        (folder / "annotations" / f"{number}.xml").write_text(
            f"<annotation><filename>{name}</filename><size><width>{pixels.shape[1]}</width>"
            f"<height>{pixels.shape[0]}</height></size>{objects}</annotation>"
        )
