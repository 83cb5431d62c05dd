"""Pictures with boxes in every layout: the same boxes come out of each; what is wrong is counted or refused."""

import json
import multiprocessing
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from box_layouts import (
    CAT,
    DOG,
    HIGH,
    IDS,
    ONE,
    TWO,
    WIDE,
    Objects,
    coco,
    coco_json,
    pack,
    picture,
    voc,
    write,
    xml,
    yolo,
)
from PIL import Image

from hub_models.box_dataset import BoxedPictures, Problem, open_boxes, same_boxed_classes, split_off_boxes
from hub_models.box_dataset.assemble import split_of
from hub_models.data_files import FolderFiles
from hub_models.dataset import FromArray
from hub_models.errors import BadData, BadInput, HubError
from hub_models.picture import decode_picture, upright_size


def voc_devkit(folder: Path) -> None:
    voc(folder / "VOC2012", TWO | {"c.1": [("cat", CAT)], "d": [("dog", DOG)]}, "JPEGImages", "Annotations")
    lists = folder / "VOC2012" / "ImageSets" / "Main"
    for name, stems in (
        ("train", "a\n"),
        ("val", "b\nc.1\n"),
        ("trainval", "a\nb\nc.1\n"),
        ("cat_train", "a 1"),
    ):
        write(lists / f"{name}.txt", stems)


def coco_2017(folder: Path) -> None:
    coco(folder, TWO, "train2017", "annotations/instances_train2017.json")
    coco(folder, {"c": [("dog", DOG)]}, "val2017", "annotations/instances_val2017.json")
    write(
        folder / "annotations" / "captions_val2017.json",
        '{"images": [], "annotations": [{"caption": "a dog"}]}',
    )
    write(folder / "annotations" / "person_keypoints_val2017.json", json.dumps(coco_json({}, {"person": 1})))


def coco_export(folder: Path) -> None:
    """As some tools write it: pictures and JSON in one folder a part, and a category above the others."""
    for part, objects in (("train", TWO), ("valid", {"a": [("dog", DOG)]})):
        coco(folder, objects, part, f"{part}/_annotations.coco.json")
        content = coco_json(objects, IDS)
        content["categories"] = [
            {"id": 0, "name": "pets", "supercategory": "none"},
            *({**entry, "supercategory": "pets"} for entry in content["categories"]),
        ]
        write(folder / part / "_annotations.coco.json", json.dumps(content))


def yolo_export(folder: Path) -> None:
    for part, objects in (("train", TWO), ("valid", {"a": [("dog", DOG)]}), ("test", {"a": [("cat", CAT)]})):
        yolo(folder, objects, f"{part}/images", f"{part}/labels")
    write(folder / "data.yaml", "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnc: 2\n"
          "names: {1: dog, 0: cat}\n")  # fmt: skip


def yolo_other_folders(folder: Path) -> None:
    yolo(folder, TWO, "images/first", "labels/first")
    yolo(folder, {"c": [("dog", DOG)]}, "images/second", "labels/second")
    write(
        folder / "data.yaml",
        "path: /content/pets\ntrain: images/first\nval: images/second\nnames: [cat, dog]\n",
    )


def yolo_lists(folder: Path) -> None:
    yolo(folder, TWO | {"c": [("dog", DOG)]})
    write(folder / "train.txt", "./images/a.png\n/content/pets/images/b.png\n")
    write(folder / "val.txt", "images/c.png\n")
    write(folder / "data.yaml", "train: train.txt\nval: [val.txt]\nnames: [cat, dog]\n")


def yolo_one_part_twice(folder: Path) -> None:
    yolo(folder, TWO, "images/train2017", "labels/train2017")
    write(folder / "data.yaml", "train: images/train2017\nval: images/train2017\nnames: [cat, dog]\n")


def yolo_of_another_place(folder: Path) -> None:
    """Which images/ was meant is not known any more, so it says nothing."""
    yolo(folder, TWO)
    write(folder / "data.yaml", "val: ../valid/images\nnames: [cat, dog]\n")


LAYOUTS: list[tuple[Callable[[Path], None], dict[str, list[str]]]] = [
    (lambda f: voc(f, TWO), {"all": ["a", "b"]}),
    (lambda f: voc(f, TWO, "", ""), {"all": ["a", "b"]}),
    (lambda f: voc(f, TWO, "images/train", "annotations/train"), {"train": ["a", "b"]}),
    (lambda f: (voc(f, TWO, "train", "train"), voc(f, TWO, "test", "test")), {"train": ["a", "b"], "test": ["a", "b"]}),
    (lambda f: voc(f, TWO, "val/images", "val/annotations"), {"dev": ["a", "b"]}),
    (voc_devkit, {"train": ["a"], "dev": ["b", "c.1"]}),
    (lambda f: coco(f, TWO), {"all": ["a", "b"]}),
    (lambda f: coco(f, TWO, "", "pets.json"), {"all": ["a", "b"]}),
    (coco_2017, {"train": ["a", "b"], "dev": ["c"]}),
    (coco_export, {"train": ["a", "b"], "dev": ["a"]}),
    (lambda f: yolo(f, TWO), {"all": ["a", "b"]}),
    (lambda f: yolo(f, TWO, "", ""), {"all": ["a", "b"]}),
    (lambda f: yolo(f, TWO, "images/train", "labels/train"), {"train": ["a", "b"]}),
    (lambda f: yolo(f, TWO, names="\n  0: cat\n  1: dog"), {"all": ["a", "b"]}),
    (yolo_export, {"train": ["a", "b"], "dev": ["a"], "test": ["a"]}),
    (yolo_other_folders, {"train": ["a", "b"], "dev": ["c"]}),
    (yolo_lists, {"train": ["a", "b"], "dev": ["c"]}),
    (yolo_of_another_place, {"all": ["a", "b"]}),
    (yolo_one_part_twice, {"train": ["a", "b"]}),
]  # fmt: skip
TRUE = TWO | {"c": [("dog", DOG)], "c.1": [("cat", CAT)]}


@pytest.mark.parametrize(("layout", "parts"), LAYOUTS)
def test_layouts(tmp_path: Path, layout: Callable[[Path], None], parts: dict[str, list[str]]) -> None:
    """A folder, a zip of what is in it and one of the folder itself give the pictures of each part with their boxes."""
    folder = tmp_path / "pets"
    folder.mkdir()
    layout(folder)
    for path in (folder, pack(folder), pack(tmp_path, "pets", "of one folder")):
        found = open_boxes(path)
        assert {split: [stem(name) for name in data.names] for split, data in found.items()} == parts
        for split, data in found.items():
            assert data.class_names == ("cat", "dog")
            assert data.read(0).shape == (HIGH, WIDE, 3)
            for name, boxes, labels in zip(data.names, data.boxes, data.labels, strict=True):
                assert (boxes.dtype, labels.dtype) == (np.float32, np.int64)
                if split in ("train", "all"):
                    expected = TRUE[stem(name)]
                    assert [data.class_names[label] for label in labels] == [label for label, _ in expected]
                    assert boxes == pytest.approx(
                        np.array([box for _, box in expected]).reshape(-1, 4), abs=1e-4
                    )
        if layout is not voc_devkit:
            assert all(data.problems == () for data in found.values())


def stem(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".png")


def test_orders_of_classes(tmp_path: Path) -> None:
    """VOC by the alphabet, COCO by id, YOLO as data.yaml lists them; natural order of pictures."""
    objects: Objects = {"10": [("zebra", CAT)], "9": [("Ape", DOG)], "2": [("zebra", DOG)]}
    voc(tmp_path / "voc", objects)
    data = open_boxes(tmp_path / "voc")["all"]
    assert data.class_names == ("Ape", "zebra")
    assert [stem(name) for name in data.names] == ["2", "9", "10"]
    assert data.objects().tolist() == [1, 2]
    coco(tmp_path / "coco", {})
    picture(tmp_path / "coco" / "a.png")
    write(
        tmp_path / "coco" / "annotations" / "boxes.json",
        json.dumps(coco_json({"a": [("b", CAT)]}, {"b": 9, "a": 11, "c": 2})),
    )
    assert open_boxes(tmp_path / "coco")["all"].class_names == ("c", "b", "a")
    yolo(tmp_path / "yolo", {"a": [("cat", CAT)]}, names="[no, 1, off]")  # text, whatever YAML makes of it
    assert open_boxes(tmp_path / "yolo")["all"].class_names == ("no", "1", "off")


def test_classes_txt_and_polygons(tmp_path: Path) -> None:
    yolo(tmp_path, {"a": [("cat", CAT)]})
    (tmp_path / "data.yaml").unlink()
    write(tmp_path / "classes.txt", "cat\ndog\n\n")
    write(tmp_path / "labels" / "a.txt", "1 0.5 0.1 0.9 0.5 0.5 0.9 0.1 0.5\n")
    data = open_boxes(tmp_path)["all"]
    assert data.class_names == ("cat", "dog")
    assert data.boxes[0] == pytest.approx(np.array([[4, 3, 36, 27]]), abs=1e-4)
    assert data.labels[0].tolist() == [1]


def test_a_file_name_in_the_annotation(tmp_path: Path) -> None:
    """An XML of another name finds its picture by what it says; never outside the folder."""
    picture(tmp_path / "secret.png")
    picture(tmp_path / "pets" / "images" / "a.png")
    write(tmp_path / "pets" / "annotations" / "0001.xml", xml([("cat", CAT)], filename="D:\\photos\\a.png"))
    write(tmp_path / "pets" / "annotations" / "0002.xml", xml([("cat", CAT)], filename="../../secret.png"))
    data = open_boxes(tmp_path / "pets")["all"]
    assert data.names == ("images/a.png",)
    assert data.problems == (Problem("no_picture", "annotations/0002.xml"),)
    shutil.rmtree(tmp_path / "pets" / "annotations")
    content = coco_json({"../../secret": [("cat", CAT)], "/images/a": [("dog", DOG)]}, IDS)
    write(tmp_path / "pets" / "boxes.json", json.dumps(content))
    data = open_boxes(tmp_path / "pets")["all"]
    assert data.names == ("images/a.png",)
    assert data.problems == (Problem("no_picture", "../../secret.png"),)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train/a.png", "train"), ("images/val2017/a.png", "dev"), ("my_test_set/images/a.png", "test"),
        ("valid-images/a.png", "dev"), ("train station/a.png", None), ("train/test_train/a.png", "train"),
        ("images/train.png", None), ("latest/a.png", None),
    ],
)  # fmt: skip
def test_parts_by_folder(name: str, split: str | None) -> None:
    assert split_of(name) == split


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


JSON = "annotations/boxes.json"
DEEP = '{"images": "annotations" "categories"' + "[" * 10**5
PROBLEMS: list[tuple[Callable, Callable[[Path], None], dict[str, int], int]] = [
    # layout, damage, problems, objects left of three
    (voc, lambda f: change(f, "annotations/a.xml", "<xmax>14<", "<xmax>44<"), {"clipped": 1}, 3),
    (voc, lambda f: change(f, "annotations/a.xml", "<xmin>5<", "<xmin>0<"), {}, 3),  # one pixel is rounding
    (voc, lambda f: change(f, "annotations/a.xml", "<xmax>14<", "<xmax>4<"), {"no_area": 1}, 2),
    (voc, lambda f: change(f, "annotations/a.xml", "<xmax>14<", "<xmax>2<"), {"no_area": 1}, 2),
    (voc, lambda f: change(f, "annotations/a.xml", "<xmax>14<", "<xmax>nan<"), {"no_area": 1}, 2),
    (voc, lambda f: change(f, "annotations/a.xml", "<xmax>14<", "<xmax>1e999<"), {"no_area": 1}, 2),
    (voc, lambda f: change(f, "annotations/a.xml", "<xmax>14<", "<xmax>wide<"), {"no_area": 1}, 2),
    (voc, lambda f: change(f, "annotations/a.xml", "cat", " "), {"unreadable_label": 1}, 2),
    (voc, lambda f: change(f, "annotations/a.xml", "bndbox", "polygon"), {"unreadable_label": 1}, 2),
    (voc, lambda f: change(f, "annotations/a.xml", "</annotation>", ""), {"unreadable_label": 1}, 2),
    (voc, lambda f: change(f, "annotations/a.xml", "annotation", "note"), {"unreadable_label": 1}, 2),
    (voc, lambda f: (f / "annotations" / "a.xml").write_bytes(b""), {"unreadable_label": 1}, 2),
    (voc, lambda f: (f / "images" / "a.png").unlink(), {"no_picture": 1}, 2),
    (voc, lambda f: (f / "annotations" / "a.xml").unlink(), {"no_label": 1}, 2),
    (voc, lambda f: write(f / "more" / "b.xml", xml([])), {"no_picture": 1}, 3),
    (voc, lambda f: picture(f / "images" / "b.jpg"), {"no_picture": 1, "no_label": 2}, 1),  # whose is b.xml?
    (coco, lambda f: change(f, JSON, '"iscrowd": 0}, {"id": 1', '"iscrowd": 1}, {"id": 1'), {"crowd": 1}, 2),
    (coco, lambda f: change(f, JSON, "[4, 6, 10, 10]", "[4, 6, 100, 10]"), {"clipped": 2}, 3),
    (coco, lambda f: change(f, JSON, "[20, 3, 16, 24]", "[20, 3, -16, 24]"), {"no_area": 1}, 2),
    (coco, lambda f: change(f, JSON, "[20, 3, 16, 24]", "[20, 3, NaN, 24]"), {"no_area": 1}, 2),
    (coco, lambda f: change(f, JSON, "[20, 3, 16, 24]", "[20, 3, 0.9, 24]"), {"no_area": 1}, 2),
    (coco, lambda f: change(f, JSON, "[20, 3, 16, 24]", '{"x": 20}'), {"no_area": 1}, 2),
    (coco, lambda f: change(f, JSON, "[20, 3, 16, 24]", f"[20, 3, 1{'0' * 400}, 24]"), {"no_area": 1}, 2),
    (coco, lambda f: change(f, JSON, '"category_id": 18', '"category_id": 99'), {"unknown_class": 1}, 2),
    (coco, lambda f: (f / "images" / "a.png").unlink(), {"no_picture": 1}, 2),
    (yolo, lambda f: change(f, "labels/a.txt", "0 ", "2 "), {"unknown_class": 1}, 2),
    (yolo, lambda f: change(f, "labels/a.txt", "0 ", "-1 "), {"unknown_class": 1}, 2),
    (yolo, lambda f: change(f, "labels/a.txt", "0 ", "0.5 "), {"unknown_class": 1}, 2),
    (yolo, lambda f: write(f / "labels" / "a.txt", "0 0.5 0.5 0.2"), {"unreadable_label": 1}, 2),
    (yolo, lambda f: write(f / "labels" / "a.txt", "cat 0.5 0.5 0.2 0.2"), {"unreadable_label": 1}, 2),
    (yolo, lambda f: write(f / "labels" / "a.txt", b"\xff\xfe\x00"), {"unreadable_label": 1}, 2),
    (yolo, lambda f: write(f / "labels" / "a.txt", "0 0.9 0.5 0.5 0.2"), {"clipped": 1}, 3),
    (yolo, lambda f: write(f / "labels" / "a.txt", "0 0.5 0.5 0 0.2"), {"no_area": 1}, 2),
    (yolo, lambda f: write(f / "labels" / "a.txt", "0 nan 0.5 0.1 0.2"), {"no_area": 1}, 2),
    (yolo, lambda f: (f / "labels" / "a.txt").unlink(), {}, 2),  # no file: no object
    (yolo, lambda f: (f / "images" / "a.png").unlink(), {}, 2),
]  # fmt: skip


@pytest.mark.parametrize(("layout", "damage", "problems", "objects"), PROBLEMS)
def test_what_is_mended_is_counted(
    tmp_path: Path, layout: Callable, damage: Callable[[Path], None], problems: dict[str, int], objects: int
) -> None:
    layout(tmp_path, ONE)
    damage(tmp_path)
    data = open_boxes(tmp_path)["all"]
    assert Counter(problem.kind for problem in data.problems) == problems
    assert data.objects().sum() == objects
    for boxes in data.boxes:
        assert (boxes >= 0).all()
        assert (boxes <= (WIDE, HIGH, WIDE, HIGH)).all()
        assert (boxes[:, 2:] - boxes[:, :2] >= 1).all()


def in_pixels(folder: Path) -> None:
    write(folder / "labels" / "a.txt", "0 9 11 10 10\n" * 3)


def in_shares(folder: Path) -> None:
    change(folder, "annotations/b.xml", "<xmin>21<", "<xmin>0.5<")
    for name in ("a", "b"):
        write(folder / "annotations" / f"{name}.xml", xml([("cat", (0, 0, 0, 1))] * 3))


REFUSED: list[tuple[Callable, Callable[[Path], object], str, str]] = [
    (voc, lambda f: shutil.rmtree(f / "images"), "data_missing", "no picture"),
    (voc, lambda f: shutil.rmtree(f / "annotations"), "labels_missing", "Pascal VOC"),
    (voc, lambda f: [p.rename(f"{p}.xml") for p in (f / "annotations").iterdir()], "data_missing", "same name"),
    (voc, lambda f: [p.write_text("<html/>") for p in (f / "annotations").iterdir()], "labels_unreadable", "bndbox"),
    (voc, in_shares, "boxes_format", "6 of 6"),
    (voc, lambda f: coco(f, ONE), "labels_ambiguous", "Pascal VOC XML and COCO JSON"),
    (yolo, lambda f: (f / "data.yaml").unlink(), "names_missing", "data.yaml"),
    (yolo, lambda f: write(f / "data.yaml", "names: [cat, cat]"), "names_missing", "doubles"),
    (yolo, lambda f: write(f / "data.yaml", "names: {0: cat, 2: dog}"), "names_missing", "gaps"),
    (yolo, lambda f: write(f / "data.yaml", "names: 3"), "names_missing", "list"),
    (yolo, lambda f: write(f / "data.yaml", "names: [[cat], dog]"), "names_missing", "list"),
    (yolo, lambda f: write(f / "data.yaml", "names: [cat"), "labels_unreadable", "YAML"),
    (yolo, lambda f: write(f / "data.yaml", "[" * 50_000), "labels_unreadable", "YAML"),
    (yolo, lambda f: write(f / "data.yaml", "names: [cat]" + " " * 200_000), "labels_unreadable", "YAML"),
    (yolo, lambda f: write(f / "more" / "data.yaml", "names: [ape]"), "labels_ambiguous", "differ"),
    (yolo, in_pixels, "boxes_format", "shares"),
    (coco, lambda f: change(f, JSON, '"images"', '"images'), "labels_missing", "COCO"),
    (coco, lambda f: change(f, JSON, '"iscrowd": 0', '"iscrowd": '), "labels_unreadable", "boxes"),
    (coco, lambda f: change(f, JSON, '"image_id": 7', '"image_id": [7]'), "labels_unreadable", "boxes"),
    (coco, lambda f: change(f, JSON, '"categories": [', '"categories": ["cat", '), "labels_unreadable", "boxes"),
    (coco, lambda f: change(f, JSON, '"name": "cat"', '"name": null'), "labels_unreadable", "id 17"),
    (coco, lambda f: write(f / "more.json", json.dumps(coco_json({}, {"ape": 17}))), "labels_unreadable", "two"),
    (coco, lambda f: write(f / JSON, '"images" "annotations" "categories"'), "labels_unreadable", "COCO"),
    (coco, lambda f: write(f / JSON, DEEP), "labels_unreadable", "COCO"),
]  # fmt: skip


@pytest.mark.parametrize(("layout", "damage", "code", "words"), REFUSED)
def test_refused(
    tmp_path: Path, layout: Callable, damage: Callable[[Path], object], code: str, words: str
) -> None:
    folder = tmp_path / "pets"
    layout(folder, ONE)
    damage(folder)
    for path in (folder, pack(folder)):
        with pytest.raises(BadData, match=words) as caught:
            open_boxes(path)
        assert caught.value.code == code
        assert "Expected" in caught.value.message
        assert str(tmp_path) not in caught.value.message


@pytest.mark.parametrize("name", ["nothing", "file.txt", "broken.zip"])
def test_no_data(tmp_path: Path, name: str) -> None:
    if name != "nothing":
        (tmp_path / name).write_bytes(b"PK no")
    with pytest.raises(BadData, match="Expected"):
        open_boxes(tmp_path / name)


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
BOMBS = {
    "billion laughs": f'<!DOCTYPE annotation [<!ENTITY l0 "ha">{LAUGHS}]>',
    "a file of this machine": '<!DOCTYPE annotation [<!ENTITY name SYSTEM "file:///etc/hostname">]>',
    "a document type elsewhere": '<!DOCTYPE annotation SYSTEM "http://127.0.0.1:1/a.dtd">',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp037"])
@pytest.mark.parametrize("bomb", BOMBS)
def test_entities_are_refused(tmp_path: Path, bomb: str, encoding: str) -> None:
    """Nothing is expanded or fetched, in whatever encoding it is hidden; the other picture is read."""
    voc(tmp_path, ONE)
    declared = "" if encoding == "utf-16" else f'<?xml version="1.0" encoding="{encoding}"?>'
    body = BOMBS[bomb] + xml([("&l11;&name;", CAT)])
    content = (
        declared.encode() + body.encode(encoding)
        if encoding == "cp037"
        else (declared + body).encode(encoding)
    )
    write(tmp_path / "annotations" / "a.xml", content)
    began = time.perf_counter()
    data = open_boxes(tmp_path)["all"]
    assert time.perf_counter() - began < 1
    assert data.names == ("images/b.png",)
    assert [problem.kind for problem in data.problems] == ["unreadable_label"]


@pytest.mark.parametrize(
    "content", ["<a>" * 300_000, "<annotation>" * 300_000 + "</annotation>" * 300_000, "x" * 5_000_000]
)
def test_deep_and_large_xml(tmp_path: Path, content: str) -> None:
    voc(tmp_path, ONE)
    write(tmp_path / "annotations" / "a.xml", content)
    data = open_boxes(tmp_path)["all"]
    assert "images/b.png" in data.names
    assert data.objects().sum() == 2


def test_a_picture_of_another_size_is_not_read(tmp_path: Path) -> None:
    """Boxes are never rescaled in silence: the picture is refused when it is read. VOC and COCO say a size."""
    for layout, name in ((voc, "voc"), (coco, "coco")):
        layout(tmp_path / name, ONE)
        picture(tmp_path / name / "images" / "a.png", size_wh=(2 * WIDE, 2 * HIGH))
        data = open_boxes(tmp_path / name)["all"]
        with pytest.raises(BadInput, match=r"40 x 30 .* got 80 x 60") as caught:
            data.read(0)
        assert caught.value.code == "image_size_differs"
        assert data.read(1).shape == (HIGH, WIDE, 3)
        with pytest.raises(BadInput, match="80 x 60"):
            data.subset([1, 0]).read(1)


@pytest.mark.parametrize(
    "size", ["", "<width>0</width><height>0</height>", "<width>x</width><height>-3</height>"]
)
def test_without_a_size_the_picture_tells(tmp_path: Path, size: str) -> None:
    picture(tmp_path / "a.png", size_wh=(12, 30))
    write(tmp_path / "a.xml", xml([("cat", CAT)], size=size))
    data = open_boxes(tmp_path)["all"]
    assert data.boxes[0].tolist() == [[4, 6, 12, 16]]
    assert data.problems == (Problem("clipped", "a.png"),)
    assert data.read(0).shape == (30, 12, 3)


def sideways(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(path, size_wh=(HIGH, WIDE), exif=exif)


def test_boxes_belong_to_the_upright_picture(tmp_path: Path) -> None:
    """YOLO's shares are of the upright picture; an annotation of the stored one is refused, with the reason."""
    yolo(tmp_path / "yolo", {"a": [("cat", CAT)]})
    sideways(tmp_path / "yolo" / "images" / "a.png")
    data = open_boxes(tmp_path / "yolo")["all"]
    assert data.boxes[0] == pytest.approx(np.array([CAT]), abs=1e-4)
    assert data.read(0).shape == (HIGH, WIDE, 3)
    sideways(tmp_path / "voc" / "a.jpg")
    write(
        tmp_path / "voc" / "a.xml",
        xml([("cat", (1, 1, 9, 9))], size=f"<width>{HIGH}</width><height>{WIDE}</height>"),
    )
    with pytest.raises(BadInput, match="got 40 x 30 when turned upright"):
        open_boxes(tmp_path / "voc")["all"].read(0)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif", "bmp", "gif"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_upright_size_is_that_of_the_decoded_picture(tmp_path: Path, ending: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture(tmp_path / f"a.{ending}", exif=exif)
    path = tmp_path / f"a.{ending}"
    assert upright_size(path) == upright_size(path.read_bytes()) == decode_picture(path).pixels.shape[:2]


def test_an_unreadable_picture_is_refused_when_it_is_read(tmp_path: Path) -> None:
    for layout, name in ((voc, "voc"), (yolo, "yolo")):
        layout(tmp_path / name, ONE)
        (tmp_path / name / "images" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
        for path in (tmp_path / name, pack(tmp_path / name)):
            data = open_boxes(path)["all"]
            assert len(data) == 2
            assert data.problems == ()
            with pytest.raises(BadInput, match="Expected"):
                data.read(0)
            assert data.read(1).shape == (HIGH, WIDE, 3)


def test_files_are_read_within_limits(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "12345")
    assert FolderFiles(tmp_path).content(0, 5) == b"12345"
    with pytest.raises(BadData, match="at most") as caught:
        FolderFiles(tmp_path).content(0, 4)
    assert caught.value.code == "file_too_large"


def sums(data: BoxedPictures) -> list[int] | str:
    try:
        return [int(data.read(i).sum()) for _ in range(5) for i in range(len(data))]
    except HubError as error:  # which cannot travel between processes
        return error.code


def test_forked_workers_do_not_share_a_place_in_the_zip(tmp_path: Path) -> None:
    """As the workers of a training run read it: at once, after the parent has read."""
    voc(tmp_path / "pets", {f"{i}": [("cat", CAT)] for i in range(40)})
    for i in range(40):
        noise = np.random.default_rng(i).integers(0, 256, (HIGH, WIDE, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "pets" / "images" / f"{i}.png")
    data = open_boxes(pack(tmp_path / "pets"))["all"]
    expected = sums(data)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(sums, [data] * 4, chunksize=1) == [expected] * 4


def boxed(count: int, problems: tuple[Problem, ...] = ()) -> BoxedPictures:
    return BoxedPictures(
        class_names=("cat", "dog"),
        names=tuple(f"{i}.png" for i in range(count)),
        boxes=tuple(np.full((1, 4), i, np.float32) for i in range(count)),
        labels=tuple(np.array([i % 2]) for i in range(count)),
        read=FromArray(np.arange(count, dtype=np.uint8)[:, None, None]),
        problems=problems,
    )


@pytest.mark.parametrize(
    ("count", "share", "block", "off"), [(100, 0.15, 10, 20), (100, 0.2, 10, 20), (23, 0.1, 5, 5)]
)
def test_split_in_whole_blocks(count: int, share: float, block: int, off: int) -> None:
    problems = (*(Problem("clipped", f"{i}.png") for i in range(count)), Problem("no_picture", "lost.xml"))
    rest, dev = split_off_boxes(boxed(count, problems), share, block, seed=0)
    numbers = [int(name.removesuffix(".png")) for name in dev.names]
    assert abs(len(dev) - off) < block
    assert len(rest) + len(dev) == count
    assert set(rest.names) & set(dev.names) == set()
    assert numbers == sorted(numbers)
    for start in range(0, count, block):
        inside = set(range(start, min(start + block, count)))
        assert inside & set(numbers) in (set(), inside)
    assert [int(boxes[0, 0]) for boxes in dev.boxes] == numbers
    assert [int(dev.read(i)[0, 0, 0]) for i in range(len(dev))] == numbers
    assert {problem.name for problem in dev.problems} == set(dev.names)
    assert {problem.name for problem in rest.problems} == {*rest.names, "lost.xml"}
    assert split_off_boxes(boxed(count), share, block, seed=0)[1].names == dev.names
    assert split_off_boxes(boxed(count), share, block, seed=1)[1].names != dev.names


def test_same_classes() -> None:
    data = same_boxed_classes(boxed(3), ("ape", "dog", "cat"))
    assert data.class_names == ("ape", "dog", "cat")
    assert [labels.tolist() for labels in data.labels] == [[2], [1], [2]]
    assert same_boxed_classes(boxed(1), ("cat",)).labels[0].tolist() == [0]  # a dog does not occur
    with pytest.raises(BadData, match="got dog") as caught:
        same_boxed_classes(boxed(2), ("cat",))
    assert caught.value.code == "classes_unknown"


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="expected boxes"):
        BoxedPictures(
            class_names=("a",), names=("x",), boxes=(np.zeros(4),), labels=(np.zeros(1, int),), read=len
        )
