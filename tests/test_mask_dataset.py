"""Pictures with masks: every layout and depth of masks, void, and what is refused with which sentence."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from mask_sets import CLASSES, scene, write
from PIL import Image

from hub_models.errors import BadData, BadInput
from hub_models.label_picture import decode_numbers
from hub_models.mask_dataset import VOID, open_masks, split_off_blocks


def png(array: np.ndarray, **more) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG", **more)
    return file.getvalue()


def code_of(call) -> str:
    with pytest.raises((BadData, BadInput)) as caught:
        call()
    assert "/tmp" not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize("mode", ["L", "P", "I;16", "1"])
def test_numbers_come_as_they_are_stored(mode: str) -> None:
    values = np.array([[0, 1, 1], [1, 0, 1]])
    if mode == "I;16":
        values = values * 300
    image = Image.fromarray(values.astype({"I;16": np.uint16, "1": bool}.get(mode, np.uint8)))
    if mode == "P":
        image.putpalette([200, 10, 10, 10, 200, 10])
    file = io.BytesIO()
    image.save(file, "PNG")
    assert np.array_equal(decode_numbers(file.getvalue()), values)


def test_coloured_masks_are_refused() -> None:
    assert code_of(lambda: decode_numbers(png(scene(0)[0]))) == "mask_colours"


@pytest.mark.parametrize("packed", [False, True])
def test_pairs_by_name_with_parts(tmp_path: Path, packed: bool) -> None:
    root = tmp_path / "set"
    write(root / "train", 3, None)
    write(root / "val", 2, None, first=10)
    (root / "classes.txt").write_text("\n".join(CLASSES))
    place = Path(shutil.make_archive(str(tmp_path / "set"), "zip", root)) if packed else root
    splits = open_masks(place)
    assert {name: len(data) for name, data in splits.items()} == {"train": 3, "dev": 2}
    assert splits["dev"].class_names == CLASSES
    picture, labels = splits["dev"].read(1)
    assert np.array_equal(picture, scene(11)[0]) and np.array_equal(labels, scene(11)[1])
    assert np.array_equal(splits["train"].subset([2]).read(0)[1], scene(2)[1])


@pytest.mark.parametrize(
    ("classes", "names", "table"),
    [
        ("ground\nsquare\ndisc", CLASSES, (0, 1, 2)),
        ("void\nsquare\ndisc", ("square", "disc"), (VOID, 0, 1)),
        ("ground\nignore\ndisc\n\n", ("ground", "disc"), (0, VOID, 1)),
        (None, ("a", "b"), (0, 1, VOID)),  # the first number after the classes
        (None, CLASSES, (0, 1, 2)),
    ],
)
def test_void_and_names(tmp_path: Path, classes: str | None, names: tuple, table: tuple) -> None:
    data = open_masks(write(tmp_path, 1, classes), None if classes else names)["all"]
    assert data.class_names == names
    assert np.array_equal(data.read(0)[1], np.array(table, np.uint8)[scene(0)[1]])


def test_void_of_255(tmp_path: Path) -> None:
    labels = scene(0)[1].copy()
    labels[:3] = 255
    (write(tmp_path, 1) / "masks" / "0.png").write_bytes(png(labels))
    assert (open_masks(tmp_path)["all"].read(0)[1][:3] == VOID).all()


def change_size(folder: Path) -> None:
    (folder / "masks" / "0.png").write_bytes(png(scene(0, 40, 57)[1]))


def change_label(folder: Path) -> None:
    (folder / "masks" / "0.png").write_bytes(png(scene(0)[1] + 7))


def change_colour(folder: Path) -> None:
    (folder / "masks" / "0.png").write_bytes(png(scene(0)[0]))


def cut(folder: Path) -> None:
    path = folder / "masks" / "0.png"
    path.write_bytes(path.read_bytes()[:60])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (change_size, "mask_size"),
        (change_label, "mask_unknown_label"),
        (change_colour, "mask_colours"),
        (cut, "image_truncated"),
        (lambda folder: (folder / "masks" / "1.png").unlink(), "mask_pairs"),
        (lambda folder: (folder / "images" / "1.png").unlink(), "mask_pairs"),
        (lambda folder: shutil.rmtree(folder / "masks"), "masks_missing"),
        (lambda folder: shutil.rmtree(folder / "images"), "data_missing"),
        (lambda folder: (folder / "classes.txt").unlink(), "classes_missing"),
        (lambda folder: (folder / "classes.txt").write_text("one\n"), "classes_missing"),
        (lambda folder: (folder / "classes.txt").write_text("a\na\nb"), "classes_missing"),
        (lambda folder: (folder / "classes.txt").write_text("a\n" * 300), "classes_missing"),
    ],
)
def test_what_is_refused(tmp_path: Path, change, code: str) -> None:
    change(write(tmp_path, 2))
    assert code_of(lambda: open_masks(tmp_path)["all"].read(0)) == code


def test_blocks_stay_together(tmp_path: Path) -> None:
    data = open_masks(write(tmp_path, 12))["all"]
    rest, off = split_off_blocks(data, 0.2, 4, seed=0)
    assert (len(rest), len(off)) == (8, 4)
    numbers = [int(Path(name).stem) for name in off.names]
    assert numbers == list(range(numbers[0], numbers[0] + 4)) and numbers[0] % 4 == 0
