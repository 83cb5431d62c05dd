"""The check before a detector is trained: what trains, what chooses the weights, and what a person is told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from box_layouts import CAT, DOG, HIGH, WIDE, coco, pack, picture, voc, write, xml, yolo
from PIL import Image

from finetune.box_check import CELL, check_boxes, label_pictures, train_and_dev_boxes
from finetune.hub_dataset import open_boxed_data
from hub_models.box_dataset import BoxedPictures, open_boxes, same_boxed_classes
from hub_models.errors import BadData

BOTH = [("cat", CAT), ("dog", DOG)]


def parts(folder: Path, layout=voc, train: int = 3, dev: int = 2) -> tuple[BoxedPictures, BoxedPictures]:
    """`train` and `dev` pictures, each with a cat and a dog; no two alike."""
    names = [str(i) for i in range(train + dev)]
    layout(folder, dict.fromkeys(names, BOTH))
    data = open_boxes(folder)["all"]
    return data.subset(range(train)), data.subset(range(train, train + dev))


def quiet(_: str) -> None:
    pass


@pytest.mark.parametrize("layout", [voc, coco, yolo])
def test_all_is_well(tmp_path: Path, layout) -> None:
    train, dev = parts(tmp_path, layout)
    checked_train, checked_dev, report = check_boxes(train, dev, quiet)
    assert (checked_train.names, checked_dev.names) == (train.names, dev.names)
    assert report.text() == (
        "train: 3 pictures, 6 objects (cat 3, dog 3)\n"
        "dev: 2 pictures, 4 objects (cat 2, dog 2)\n"
        "smallest object: 10 pixels\n"
        "smallest picture: 40 x 30 pixels"
    )


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """Every kind at once: each is named with a picture, counted, and left out where it must be."""
    names = [str(i) for i in range(8)]
    voc(tmp_path, dict.fromkeys(names, BOTH))
    write(tmp_path / "annotations" / "0.xml", xml([("cat", (4, 6, 60, 16)), ("dog", DOG)]))  # clipped
    write(
        tmp_path / "annotations" / "1.xml", xml([("cat", (4, 6, 4, 16)), ("dog", DOG), ("cat", (0, 0, 2, 9))])
    )
    write(tmp_path / "annotations" / "2.xml", xml([]))  # background
    write(tmp_path / "annotations" / "lost.xml", xml(BOTH))
    picture(tmp_path / "images" / "unlabelled.png")
    (tmp_path / "images" / "3.png").write_bytes(b"no picture")
    picture(tmp_path / "images" / "4.png", size_wh=(2 * WIDE, 2 * HIGH))
    picture(tmp_path / "images" / "5.png", 7)  # the same as 7.png
    write(tmp_path / "annotations" / "6.xml", xml([("cat", CAT)]))
    data = open_boxes(tmp_path)["all"]
    train = data.subset([0, 1, 2, 3, 4, 5])
    train = replace(train, problems=data.problems)
    train, dev, report = check_boxes(train, data.subset([6, 7]), quiet)
    assert train.names == ("images/0.png", "images/1.png", "images/2.png")
    assert dev.names == ("images/6.png", "images/7.png")
    for words in (
        "train: 3 pictures, 1 without any, 4 objects (cat 2, dog 2)",
        "1 boxes reached outside their picture and were cut at its border (images/0.png)",
        "1 boxes were left out: empty, inverted, not a number, or outside their picture (images/1.png)",
        "1 annotations were left out: their picture is missing or not theirs alone (annotations/lost.xml)",
        "1 pictures were left out: they have no annotation (images/unlabelled.png)",
        "left out, unreadable: 2 (images/3.png: not_an_image; images/4.png: image_size_differs)",
        "left out of training, also in dev: 1 (images/5.png = images/7.png)",
        "smallest object: 2 pixels",
        "objects under 4 pixels, perhaps slips of the mouse: 1 (images/1.png)",
    ):
        assert words in report.text()


def test_dev_without_a_class(tmp_path: Path) -> None:
    train, dev = parts(tmp_path)
    write(tmp_path / "annotations" / "4.xml", xml([("cat", CAT)]))
    write(tmp_path / "annotations" / "3.xml", xml([]))
    dev = open_boxes(tmp_path)["all"].subset([3, 4])
    assert "dev has no object of: dog" in check_boxes(train, dev, quiet)[2].text()


def test_refused(tmp_path: Path) -> None:
    train, _ = parts(tmp_path)
    write(tmp_path / "annotations" / "0.xml", xml([("ape", CAT)]))
    data = open_boxes(tmp_path)["all"]
    with pytest.raises(BadData, match="got none of: ape") as caught:
        check_boxes(data.subset([1, 2]), data.subset([0, 3]), quiet)
    assert caught.value.code == "data_empty_class"
    for i in range(5):
        write(tmp_path / "annotations" / f"{i}.xml", xml([]))
    empty = open_boxes(tmp_path)["all"]
    with pytest.raises(BadData, match="no annotation has a box"):
        check_boxes(empty, empty, quiet)
    with pytest.raises(BadData, match="choose the weights on"):
        check_boxes(train, same_boxed_classes(empty.subset([3, 4]), train.class_names), quiet)


def test_most_pictures_of_another_size(tmp_path: Path) -> None:
    """Then the boxes were drawn on other pictures: nothing is rescaled, nothing is trained."""
    train, dev = parts(tmp_path)
    for i in range(3):
        picture(tmp_path / "images" / f"{i}.png", i, size_wh=(WIDE // 2, HIGH // 2))
    with pytest.raises(BadData, match="3 of 5 have another size") as caught:
        check_boxes(train, dev, quiet)
    assert caught.value.code == "image_size_differs"


def test_train_and_dev(tmp_path: Path) -> None:
    """The data's own dev part, that of --dev-data, or whole blocks split off."""
    voc(tmp_path / "own", dict.fromkeys("ab", BOTH), "train", "train")
    voc(tmp_path / "own", {"c": [("cat", CAT)]}, "val", "val")
    voc(tmp_path / "own", {"d": BOTH}, "test", "test")
    train, dev = train_and_dev_boxes(str(tmp_path / "own"), "", 0.15, 10, 0)
    assert (train.names, dev.names) == (("train/a.png", "train/b.png"), ("val/c.png",))
    yolo(tmp_path / "other", {"e": [("dog", DOG)]})
    write(tmp_path / "other" / "data.yaml", "names: [bird, dog]")
    write(tmp_path / "other" / "labels" / "e.txt", "1 0.5 0.5 0.2 0.2")
    train, dev = train_and_dev_boxes(str(tmp_path / "own"), str(tmp_path / "other"), 0.15, 10, 0)
    assert (dev.class_names, dev.labels[0].tolist()) == (("cat", "dog"), [1])
    voc(tmp_path / "one", {f"{i}": BOTH for i in range(40)})
    train, dev = train_and_dev_boxes(str(tmp_path / "one"), "", 0.15, 10, 0)
    assert (len(train), len(dev)) == (30, 10)
    with pytest.raises(BadData, match="in blocks of 50") as caught:
        train_and_dev_boxes(str(tmp_path / "one"), "", 0.15, 50, 0)
    assert caught.value.code == "data_missing"
    voc(tmp_path / "tested", {"a": BOTH}, "test", "test")
    with pytest.raises(BadData, match="found only: test"):
        train_and_dev_boxes(str(tmp_path / "tested"), "", 0.15, 10, 0)


def test_label_pictures(tmp_path: Path) -> None:
    """Twelve cells at most, of pictures with objects; the frames lie where the boxes are."""
    objects = {f"{i}": BOTH if i % 2 else [] for i in range(40)}
    voc(tmp_path / "small", objects)
    label_pictures(open_boxes(tmp_path / "small")["all"], tmp_path / "labels.jpg")
    with Image.open(tmp_path / "labels.jpg") as sheet:
        assert sheet.size == (4 * WIDE, 3 * HIGH)
        pixels = np.asarray(sheet.convert("RGB")).astype(int)
    for row in range(3):
        for column in range(4):
            cell = pixels[row * HIGH : (row + 1) * HIGH, column * WIDE : (column + 1) * WIDE]
            assert np.abs(cell[10:14, 4] - cell[10:14, 9]).max() > 60  # the cat's left side and its middle
            assert np.abs(cell[10:20, 20] - cell[10:20, 28]).max() > 60
    picture(tmp_path / "large" / "a.png", size_wh=(2000, 500))
    write(tmp_path / "large" / "a.xml", xml([("cat", (100, 100, 1900, 400))], size=""))
    label_pictures(open_boxes(tmp_path / "large")["all"], tmp_path / "labels.jpg")
    with Image.open(tmp_path / "labels.jpg") as sheet:
        assert sheet.size == (CELL, CELL // 4)
        pixels = np.asarray(sheet.convert("RGB")).astype(int)
    assert np.abs(pixels[40, 16:20] - pixels[40, 100]).max() > 60  # 100 of 2000 pixels are 16 of 320


@pytest.mark.parametrize("packed", [(), ("train",), ("train", "valid")])
def test_data_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: tuple[str, ...]) -> None:
    """A repository of files, of one zip, or of a zip a part, whose classes are put together."""
    folder, stage = tmp_path / "repository", tmp_path / "stage"
    folder.mkdir()
    if packed:
        for part, objects in zip(packed, ({"a": BOTH}, {"b": [("dog", DOG)]}), strict=False):
            voc(stage / part, objects)
            pack(stage / part).rename(folder / f"{part}.zip")
    else:
        voc(folder, {"a": BOTH}, "train/images", "train/annotations")
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        "finetune.hub_dataset.fetch_dataset", lambda name, suffixes: asked.append(suffixes) or folder
    )
    found = open_boxed_data("somebody/pets")
    assert asked == [(".xml", ".json", ".txt", ".yaml", ".yml")]
    assert list(found) == (["train", "dev"] if len(packed) == 2 else ["all"] if packed else ["train"])
    assert {data.class_names for data in found.values()} == {("cat", "dog")}
    if "dev" in found:
        assert found["dev"].labels[0].tolist() == [1]
