"""Pictures with the pixels of objects: label maps and COCO JSON, what is refused, what is left out and counted."""

import io
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from instance_sets import SIZE_HW, annotation, coco, label_maps, of_scene, square_polygon
from mask_sets import scene
from PIL import Image
from pycocotools import mask as rle

from hub_models.errors import BadData, BadInput
from hub_models.instance_dataset import coco as coco_layout
from hub_models.instance_dataset import open_instances, pictures
from hub_models.instance_dataset.coco import polygons_mask, runs_mask, unpacked
from hub_models.instance_dataset.label_maps import objects_in
from hub_models.segments import Instances, run_lengths


def refused(call) -> tuple[str, str]:
    with pytest.raises((BadData, BadInput)) as caught:
        call()
    assert "/tmp" not in str(caught.value) and str(caught.value).count(" ") > 5
    return caught.value.code, str(caught.value)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def whole(objects: Instances) -> list[np.ndarray]:
    return [objects.whole_mask(i) for i in range(len(objects))]


# --- label maps ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("packed", [False, True])
def test_parts_of_label_maps(tmp_path: Path, dtype: type, packed: bool) -> None:
    root = tmp_path / "set"
    for part, count, first in (("train", 3, 0), ("val", 2, 10), ("test", 1, 20)):
        label_maps(root / part, count, first, dtype)
    (root / "classes.txt").write_text("thing\n")
    place = Path(shutil.make_archive(str(tmp_path / "set"), "zip", root)) if packed else root
    splits = open_instances(place)
    assert {name: len(data) for name, data in splits.items()} == {"train": 3, "dev": 2, "test": 1}
    data = splits["dev"]
    assert data.class_names == ("thing",) and [Path(name).name for name in data.names] == ["10.png", "11.png"]
    pixels, objects = data.read(1)
    picture, numbers = scene(11)
    assert np.array_equal(pixels, picture) and objects.labels.tolist() == [0, 0]
    assert objects.scores.tolist() == [1, 1] and objects.size_hw == SIZE_HW
    for number, mask in enumerate(whole(objects), 1):
        assert np.array_equal(mask, numbers == number)
        rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
        box = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        assert objects.boxes_xyxy[number - 1].tolist() == box
    assert np.array_equal(splits["train"].subset([2]).read(0)[0], scene(2)[0])


def test_a_name_for_the_objects(tmp_path: Path) -> None:
    label_maps(tmp_path, 1)
    assert open_instances(tmp_path)["all"].class_names == ("object",)
    assert open_instances(tmp_path, "cell")["all"].class_names == ("cell",)


def test_numbers_with_gaps_keep_their_order(tmp_path: Path) -> None:
    numbers = np.zeros(SIZE_HW, np.uint16)
    numbers[2:5, 3:9], numbers[20:30, 1:2], numbers[0, 40] = 65535, 7, 300
    label_maps(tmp_path, 1)
    (tmp_path / "labels" / "0.png").write_bytes(png(Image.fromarray(numbers)))
    masks = whole(open_instances(tmp_path)["all"].read(0)[1])
    assert [mask.sum() for mask in masks] == [10, 1, 18]
    assert all(
        np.array_equal(mask, numbers == value) for mask, value in zip(masks, (7, 300, 65535), strict=True)
    )


def test_a_palette_picture_is_its_indices(tmp_path: Path) -> None:
    image = Image.fromarray(scene(0)[1])
    image.putpalette([9, 9, 9, 250, 0, 0, 250, 0, 0])  # two objects of one colour
    label_maps(tmp_path, 1)
    (tmp_path / "labels" / "0.png").write_bytes(png(image))
    assert len(open_instances(tmp_path)["all"].read(0)[1]) == 2


def test_maps_without_objects_and_without_background(tmp_path: Path) -> None:
    label_maps(tmp_path, 2)
    (tmp_path / "labels" / "0.png").write_bytes(png(Image.new("L", SIZE_HW[::-1])))
    (tmp_path / "labels" / "1.png").write_bytes(png(Image.new("L", SIZE_HW[::-1], 3)))
    data = open_instances(tmp_path)["all"]
    assert len(data.read(0)[1]) == 0 and data.read(0)[1].boxes_xyxy.shape == (0, 4)
    objects = data.read(1)[1]
    assert objects.boxes_xyxy.tolist() == [[0, 0, 56, 40]] and objects.areas().tolist() == [40 * 56]


def test_objects_in_several_pieces_stay_one() -> None:
    numbers = np.array([[1, 0, 1], [0, 2, 0]])
    objects = objects_in(numbers, ("object",))
    assert objects.areas().tolist() == [2, 1] and np.array_equal(objects.label_map(), numbers)


def replace_map(image: Image.Image):
    return lambda folder: (folder / "labels" / "0.png").write_bytes(png(image))


def write_cut(folder: Path) -> None:
    path = folder / "labels" / "0.png"
    path.write_bytes(path.read_bytes()[:60])


def both_layouts(folder: Path) -> None:
    coco(folder, 1)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (replace_map(Image.new("L", (57, 40))), "mask_size"),
        (replace_map(Image.new("L", (40, 56))), "mask_size"),
        (replace_map(Image.fromarray(scene(0)[0])), "mask_colours"),
        (replace_map(Image.new("LA", (56, 40))), "mask_colours"),
        (write_cut, "image_truncated"),
        (lambda folder: (folder / "labels" / "0.png").write_bytes(b"no"), "not_an_image"),
        (lambda folder: (folder / "labels" / "1.png").unlink(), "mask_pairs"),
        (lambda folder: (folder / "images" / "1.png").unlink(), "mask_pairs"),
        (lambda folder: shutil.rmtree(folder / "labels"), "masks_missing"),
        (lambda folder: shutil.rmtree(folder / "images"), "data_missing"),
        (lambda folder: (folder / "classes.txt").write_text("a\nb\n"), "classes_unknown"),
        (lambda folder: (folder / "classes.txt").write_text("\n\n"), "classes_unknown"),
        (lambda folder: (folder / "classes.txt").write_text("x" * 500), "classes_unknown"),
        (both_layouts, "labels_ambiguous"),
    ],
)
def test_label_maps_that_are_refused(tmp_path: Path, change, code: str) -> None:
    change(label_maps(tmp_path, 2))
    assert refused(lambda: open_instances(tmp_path)["all"].read(0))[0] == code


def test_noise_is_no_label_map(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    many = random.permutation(100 * 100).reshape(100, 100)
    assert refused(lambda: objects_in(many, ("object",)))[0] == "mask_objects"
    monkeypatch.setattr(pictures, "MOST_CELLS", 100 * 100 * 100)  # 200 shades all over a picture of 100 x 100
    code, told = refused(lambda: objects_in(many % 200, ("object",)))
    assert code == "mask_objects" and "all over each other" in told
    assert refused(lambda: objects_in(np.array([[-1, 2]]), ("object",)))[0] == "mask_unknown_label"


# --- COCO ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_parts_of_coco(tmp_path: Path, packed: bool) -> None:
    root = tmp_path / "set"
    coco(root / "train", 2, json_name="instances_train.json")
    coco(root / "val", 1, first=10, json_name="instances_val.json")
    place = Path(shutil.make_archive(str(tmp_path / "set"), "zip", root)) if packed else root
    splits = open_instances(place)
    assert {name: len(data) for name, data in splits.items()} == {"train": 2, "dev": 1}
    data = splits["train"]
    assert data.class_names == ("square", "disc"), "in the order of their ids"
    pixels, objects = data.read(1)
    picture, numbers = scene(1)
    assert np.array_equal(pixels, picture) and objects.labels.tolist() == [0, 1]
    for mask, number in zip(whole(objects), (1, 2), strict=True):
        assert np.array_equal(mask, numbers == number)


def compressed(mask: np.ndarray) -> dict:
    packed = rle.encode(np.asfortranarray(mask.view(np.uint8)))
    return {"size": list(mask.shape), "counts": packed["counts"].decode()}


def polygon(number: int) -> np.ndarray:
    """Points around a place, some outside of a picture of 40 x 56."""
    random = np.random.default_rng(number)
    return (random.uniform(-0.2, 1.2, (7, 2)) * (56, 40)).round(2)


def test_run_lengths_are_pycocotools() -> None:
    for number in range(20):
        random = np.random.default_rng(number)
        mask = random.random((23, 17)) < (0.02, 0.5, 0.98)[number % 3]
        mask |= number == 19
        assert np.array_equal(runs_mask(unpacked(compressed(mask)["counts"]), mask.shape), mask)
        assert np.array_equal(runs_mask(run_lengths(mask)["counts"], mask.shape), mask)
    big = np.zeros((3000, 900), bool)  # runs of more than 2 ** 20
    big[5:9, 400:] = True
    assert np.array_equal(runs_mask(unpacked(compressed(big)["counts"]), big.shape), big)


def test_polygons_are_pycocotools() -> None:
    for number in range(10):
        several = [polygon(2 * number).ravel().tolist(), polygon(2 * number + 1).ravel().tolist()]
        theirs = rle.decode(rle.merge(rle.frPyObjects(several, *SIZE_HW))).astype(bool)
        assert np.array_equal(polygons_mask(several, SIZE_HW), theirs)


def test_overlapping_objects_keep_their_pixels(tmp_path: Path) -> None:
    corner, everything = np.zeros(SIZE_HW, bool), np.ones(SIZE_HW, bool)
    corner[:10, :10] = True
    entries = [
        annotation(1, 1, 5, compressed(everything)),
        annotation(2, 1, 9, compressed(corner)),
        annotation(
            3, 1, 5, [[0.0, 0, 10, 0, 10, 5, 0, 5], [20, 20, 25, 20, 25, 30, 20, 30]]
        ),  # in two pieces
    ]
    objects = open_instances(coco(tmp_path, 1, entries))["all"].read(0)[1]
    assert objects.areas().tolist() == [40 * 56, 100, 50 + 50] and objects.labels.tolist() == [0, 1, 0]
    assert objects.boxes_xyxy[2].tolist() == [0, 0, 25, 30]


def test_pictures_without_objects_stay(tmp_path: Path) -> None:
    data = open_instances(coco(tmp_path, 2, of_scene(0, 1)))["all"]
    assert [len(data.read(i)[1]) for i in range(2)] == [2, 0]


FULL = run_lengths(np.ones(SIZE_HW, bool))["counts"]
GOOD = [square_polygon(0)]


@pytest.mark.parametrize(
    ("segmentation", "kind"),
    [
        ({"size": [56, 40], "counts": FULL}, "unreadable_label"),  # sides swapped
        ({"size": [40, 56], "counts": [5, 5]}, "unreadable_label"),  # too short
        ({"size": [40, 56], "counts": [0, 40 * 56, 1]}, "unreadable_label"),  # too long
        ({"size": [40, 56], "counts": [-1, 40 * 56 + 1]}, "unreadable_label"),
        ({"size": [40, 56], "counts": [0.0, 2240.0]}, "unreadable_label"),
        ({"size": [40, 56], "counts": [[0], 2240]}, "unreadable_label"),
        ({"size": [40, 56], "counts": [10**400]}, "unreadable_label"),
        ({"size": [40, 56], "counts": "ooooooooo"}, "unreadable_label"),  # never ends
        ({"size": [40, 56], "counts": "\u00ff\u0100\U0001f600"}, "unreadable_label"),
        ({"size": [40, 56], "counts": ""}, "unreadable_label"),
        ({"size": [40, 56]}, "unreadable_label"),
        ({"counts": FULL}, "unreadable_label"),
        ({}, "unreadable_label"),
        (None, "unreadable_label"),
        ([], "unreadable_label"),
        ("polygon", "unreadable_label"),
        ([[1, 2, 3, 4]], "unreadable_label"),  # two points; pycocotools would take them for a box
        ([[1, 2, 3, 4, 5, 6, 7]], "unreadable_label"),
        ([[1, 2, float("nan"), 4, 5, 6]], "unreadable_label"),
        ([[1, 2, float("inf"), 4, 5, 6]], "unreadable_label"),
        ([[1, 2, 10**400, 4, 5, 6]], "unreadable_label"),
        ([[1, 2, "3", 4, 5, 6]], "unreadable_label"),
        ([[1, 2, True, 4, 5, 6]], "unreadable_label"),
        ([1, 2, 3, 4, 5, 6], "unreadable_label"),
        ([[0, 0, 9, 0, 9, 9], [1, 2]], "unreadable_label"),
        ([[0.0, 0.0, 56.0, 40.0] * 20_000], "unreadable_label"),  # to and fro: gigabytes in pycocotools
        ([[60, 5, 80, 5, 70, 9]], "no_area"),  # right of the picture
        ([[-9, 5, -3, 5, -4, 9], [3, 50, 9, 50, 9, 60]], "no_area"),
        ({"size": [40, 56], "counts": [40 * 56]}, "no_area"),
    ],
)
def test_segmentations_that_are_left_out(tmp_path: Path, segmentation: object, kind: str) -> None:
    entries = [*of_scene(0, 1), annotation(7, 1, 5, segmentation)]
    data = open_instances(coco(tmp_path, 1, entries))["all"]
    assert [problem.kind for problem in data.problems] == [kind]
    assert len(data.read(0)[1]) == 2


def test_groups_and_unknown_classes_are_counted(tmp_path: Path) -> None:
    entries = [
        *of_scene(0, 1),
        annotation(3, 1, 5, {"size": [40, 56], "counts": FULL}, iscrowd=1),
        annotation(4, 1, 77, GOOD),
        annotation(5, 1, "5", GOOD),
    ]
    data = open_instances(coco(tmp_path, 1, entries))["all"]
    assert Counter(problem.kind for problem in data.problems) == {"crowd": 1, "unknown_class": 2}
    assert len(data.read(0)[1]) == 2 and data.subset([0]).problems == data.problems


def test_what_lies_partly_outside_is_cut(tmp_path: Path) -> None:
    entries = [
        annotation(1, 1, 5, [[-20.0, 10, 5, 10, 5, 15, -20, 15]]),
        annotation(2, 1, 5, [[0.1, 0.1] * 3]),
    ]
    objects = open_instances(coco(tmp_path, 1, entries))["all"].read(0)[1]
    assert objects.boxes_xyxy.tolist() == [[0, 10, 5, 15]], "and what covers no pixel is gone"


def test_objects_all_over_each_other_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_CELLS", 10 * 40 * 56)
    entries = [annotation(i, 1, 5, {"size": [40, 56], "counts": FULL}) for i in range(1, 12)]
    data = open_instances(coco(tmp_path, 1, entries))["all"]
    assert refused(lambda: data.read(0))[0] == "mask_objects"


def changed(folder: Path, **keys: object) -> Path:
    path = folder / "objects.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))
    return folder


def written(text: str):
    return lambda folder: (folder / "objects.json").write_text(text)


KEYS = '{"images": %s, "annotations": %s, "categories": %s}'


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (written(KEYS % ("[]", "[]", "[")), "labels_unreadable"),
        (written(KEYS % ("[" * 100_000, "[]", "[]")), "labels_unreadable"),
        (written(KEYS % ("{}", "[]", "[]")), "labels_unreadable"),
        (written(KEYS % ("[1]", "[]", "[]")), "labels_unreadable"),
        (written(KEYS % ('[{"id": [1]}]', "[]", "[]")), "labels_unreadable"),
        (written(KEYS % ("[]", '[{"image_id": {}, "category_id": 1}]', "[]")), "labels_unreadable"),
        (written(KEYS % ("[]", "[]", '[{"id": 1, "name": "a\\u0000"}]')), "labels_unreadable"),
        (
            written(KEYS % ("[]", "[]", '[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]')),
            "labels_unreadable",
        ),
        (written(KEYS % ("[]", "[]", "[]")), "data_missing"),
        (written(KEYS % ('[{"id": 1, "file_name": "/etc/hostname"}]', "[]", "[]")), "data_missing"),
        (written(KEYS % ('[{"id": 1, "file_name": ["0.png"]}]', "[]", "[]")), "data_missing"),
        (written("{}"), "masks_missing"),
        (lambda folder: (folder / "images" / "0.png").unlink(), "data_missing"),
        (lambda folder: changed(folder, annotations=[annotation(1, 1, 5, None)] * 3), "masks_missing"),
        (lambda folder: Image.new("RGB", (40, 56)).save(folder / "images" / "0.png"), "image_size_differs"),
        (lambda folder: (folder / "images" / "0.png").write_bytes(b"no"), "not_an_image"),
        (
            lambda folder: changed(
                folder, images=[{"id": 1, "file_name": "0.png", "height": 10**6 - 1, "width": 10**6 - 1}]
            ),
            "image_size_differs",
        ),
    ],
)
def test_coco_that_is_refused(tmp_path: Path, change, code: str) -> None:
    change(coco(tmp_path, 1))
    assert refused(lambda: open_instances(tmp_path)["all"].read(0))[0] == code


def test_a_json_without_sizes_is_read_by_the_pictures(tmp_path: Path) -> None:
    data = open_instances(changed(coco(tmp_path, 1), images=[{"id": 1, "file_name": "0.png"}]))["all"]
    assert len(data.read(0)[1]) == 2


def test_a_json_never_names_files_outside(tmp_path: Path) -> None:
    Image.new("RGB", (56, 40)).save(tmp_path / "secret.png")
    inside = coco(tmp_path / "set", 1)
    changed(inside, images=[{"id": 1, "file_name": "../secret.png", "height": 40, "width": 56}])
    code, told = refused(lambda: open_instances(inside))
    assert code == "data_missing" and "secret" not in told


def test_limits_of_an_outline() -> None:
    long = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0] * (coco_layout.MOST_POINTS // 6 + 1)
    assert coco_layout.outline_of([long], SIZE_HW) is None
    assert not coco_layout.too_long(coco_layout.outline_of([long[:60_000]], SIZE_HW), SIZE_HW)
