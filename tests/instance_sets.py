"""Small data sets with the pixels of objects: the squares and discs of `mask_sets`, a label map or COCO JSON each."""

import json
from pathlib import Path

import numpy as np
from mask_sets import scene
from PIL import Image

from hub_models.segments import run_lengths

CLASSES = ("square", "disc")
SIZE_HW = (40, 56)


def label_maps(folder: Path, count: int, first: int = 0, dtype: type = np.uint8, name: str = "") -> Path:
    """images/ and labels/ with `count` scenes: object 1 is the square, object 2 the disc."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        picture, numbers = scene(number)
        Image.fromarray(picture).save(folder / "images" / f"{number}.png")
        Image.fromarray(numbers.astype(dtype)).save(folder / "labels" / f"{number}.png")
    if name:
        (folder / "classes.txt").write_text(name, encoding="utf-8")
    return folder


def annotation(number: int, image: int, category: int, segmentation: object, **more: object) -> dict:
    return {"id": number, "image_id": image, "category_id": category, "segmentation": segmentation, **more}


def square_polygon(number: int) -> list[float]:
    """The outline of the square of a scene, x, y, x, y, ..."""
    rows, columns = (np.flatnonzero((scene(number)[1] == 1).any(axis)) for axis in (1, 0))
    left, top, right, bottom = (float(v) for v in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    return [left, top, right, top, right, bottom, left, bottom]


def of_scene(number: int, image: int) -> list[dict]:
    """Its square as a polygon, its disc as run lengths."""
    disc = run_lengths(scene(number)[1] == 2)
    return [
        annotation(2 * number + 1, image, 5, [square_polygon(number)]),
        annotation(2 * number + 2, image, 9, disc),
    ]


def coco(
    folder: Path,
    count: int,
    annotations: list[dict] | None = None,
    first: int = 0,
    json_name: str = "objects.json",
) -> Path:
    """`count` scenes and their JSON; image i + 1 is scene i. `annotations` in place of the true ones."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    numbers = range(first, first + count)
    for number in numbers:
        Image.fromarray(scene(number)[0]).save(folder / "images" / f"{number}.png")
    if annotations is None:
        annotations = [entry for number in numbers for entry in of_scene(number, number + 1)]
    document = {
        "images": [{"id": n + 1, "file_name": f"{n}.png", "height": 40, "width": 56} for n in numbers],
        "annotations": annotations,
        "categories": [{"id": 9, "name": "disc"}, {"id": 5, "name": "square"}],
    }
    (folder / json_name).write_text(json.dumps(document), encoding="utf-8")
    return folder


def nuclei(folder: Path, count: int) -> Path:
    """images/ and labels/: four soft bright discs on black, as nuclei glow under a microscope."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    y, x = np.mgrid[:128, :160]
    for number in range(count):
        random = np.random.default_rng(number)
        light, numbers = np.full((128, 160), 8.0), np.zeros((128, 160), np.uint8)
        for cell, place in enumerate(((32, 40), (36, 116), (92, 48), (96, 112)), 1):
            row, column = place + random.integers(-6, 7, 2)
            away = np.hypot((y - row) / 12, (x - column) / 10)
            light += 110 / (1 + np.exp(8 * (away - 1)))
            numbers[away < 1] = cell
        grey = np.clip(light + random.normal(0, 3, light.shape), 0, 255).astype(np.uint8)
        Image.fromarray(grey).convert("RGB").save(folder / "images" / f"{number}.png")
        Image.fromarray(numbers).save(folder / "labels" / f"{number}.png")
    return folder
