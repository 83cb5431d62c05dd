"""Training a network that finds the pixels of objects: augmentation of picture and masks, the recipe end to end."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from instance_sets import CLASSES, coco, label_maps
from mask_sets import scene

from finetune.instance_check import check_instances, train_and_dev_instances
from finetune.instance_pictures import (
    BACKGROUND,
    BORDER,
    INSIDE,
    AugmentedInstances,
    AugmentedSeparation,
    mask_targets_of,
    separation,
)
from finetune.instance_segmentation import main as recipe
from finetune.instance_starts import anchor_sides_for, start_instances
from hub_models.__main__ import main as command_line
from hub_models.errors import BadData
from hub_models.instance_dataset import InstancePictures, open_instances
from hub_models.instance_dataset.label_maps import objects_in
from hub_models.loader import LOADER
from hub_models.local import read_config, read_local
from hub_models.preprocess import InputSpec
from hub_models.segments import Instances

SPEC = InputSpec(size_hw=(64, 96), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")
CROP = (48, 64)
KINDS = ["none", "photo", "any_way_up"]


def pictures(count: int = 6) -> InstancePictures:
    def read(i: int) -> tuple[np.ndarray, Instances]:
        picture, numbers = scene(i)
        return picture, objects_in(numbers, ("thing",))

    return InstancePictures(class_names=("thing",), names=tuple(map(str, range(count))), read=read)


def augmented(kind: str, of: type = AugmentedInstances, **more: object):
    data = of(pictures(), SPEC, 16, kind, 1, CROP, **more)
    data.light = lambda picture: picture  # colours as they are
    return data


def bright(picture: torch.Tensor) -> torch.Tensor:
    """Where an object is, by the colours: squares are orange, discs blue, the ground 40, the padding 128."""
    return (picture.float().max(0).values - picture.float().min(0).values) > 80


# --- data ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_picture_and_masks_move_together(kind: str) -> None:
    data = augmented(kind, most=2)
    shown = 0
    for index in range(6):
        picture, boxes, labels, masks, whole = data[(0, index)]
        size = (64, 96) if kind == "none" else CROP
        assert picture.shape == (3, *size) and picture.dtype == torch.uint8
        assert boxes.shape == whole.shape == (2, 4) and masks.shape == (2, 56, 56) and labels.shape == (2,)
        real = labels >= 0
        objects = Instances(
            ("thing",), whole[real].numpy(), labels[real].numpy(), np.ones(int(real.sum()), np.float32),
            tuple(mask.numpy().astype(np.float32) for mask in masks[real]), size,
        )  # fmt: skip
        by_mask = torch.from_numpy(objects.label_map() > 0)
        for x0, y0, x1, y1 in boxes[real].round().int().tolist():
            seen, said = bright(picture)[y0:y1, x0:x1], by_mask[y0:y1, x0:x1]
            assert (seen & said).sum() / (seen | said).sum() > 0.8
            shown += 1
        assert (boxes[real] >= 0).all() and (boxes[real] <= torch.tensor([size[1], size[0]] * 2)).all()
    assert shown >= 8


@pytest.mark.parametrize("kind", KINDS)
def test_picture_and_classes_of_pixels_move_together(kind: str) -> None:
    data = augmented(kind, AugmentedSeparation)
    for index in range(6):
        picture, classes = data[(0, index)]
        assert classes.shape == picture.shape[1:] and set(classes.unique().tolist()) <= {0, 1, 2}
        assert (bright(picture) == (classes != BACKGROUND)).float().mean() > 0.96


@pytest.mark.parametrize(("of", "more"), [(AugmentedInstances, {"most": 2}), (AugmentedSeparation, {})])
def test_a_sample_depends_on_seed_epoch_and_index_alone(of: type, more: dict) -> None:
    one, other = (of(pictures(), SPEC, 16, "photo", 1, CROP, passes=2, **more) for _ in range(2))
    assert len(one) == 12
    torch.manual_seed(99)
    first = one[(2, 3)]
    torch.manual_seed(5)
    assert all(torch.equal(a, b) for a, b in zip(first, other[(2, 3)], strict=True))
    for key in ((3, 3), (2, 9)):  # another epoch; the same picture again in this one
        assert not torch.equal(first[0], one[key][0])
    assert not torch.equal(first[0], of(pictures(), SPEC, 16, "photo", 2, CROP, **more)[(2, 3)][0])


def test_targets_are_what_is_real() -> None:
    data = augmented("none", most=5)
    batch = torch.utils.data.default_collate([data[(0, 0)], data[(0, 1)]])
    targets = mask_targets_of(*batch[1:])
    assert [len(boxes) for boxes in targets.boxes] == [2, 2]
    assert targets.masks[0].shape == (2, 56, 56) and targets.masks[0].dtype == torch.float32
    assert targets.labels[1].tolist() == [0, 0] and torch.equal(targets.whole_boxes[0], batch[4][0, :2])


def test_borders_lie_between_objects_only() -> None:
    numbers = torch.zeros(9, 14, dtype=torch.int32)
    numbers[1:8, 1:6], numbers[1:8, 6:11], numbers[4, 12] = 3, 9, 4  # two that touch, and one that is alone
    classes = separation(numbers)
    row = [BACKGROUND] + [INSIDE] * 3 + [BORDER] * 4 + [INSIDE] * 2
    assert classes[1].tolist() == [*row, INSIDE, BACKGROUND, BACKGROUND, BACKGROUND]
    assert classes[4].tolist() == [*row, BORDER, BACKGROUND, BORDER, BACKGROUND]  # two pixels from each other
    assert (separation(torch.full((5, 5), 7, dtype=torch.int32)) == INSIDE).all()
    assert (separation(torch.zeros(5, 5, dtype=torch.int32)) == BACKGROUND).all()


def test_the_check_leaves_out_and_says(tmp_path: Path) -> None:
    label_maps(tmp_path / "train", 6)
    label_maps(tmp_path / "val", 2)  # the same two scenes are in train
    (tmp_path / "train" / "labels" / "5.png").write_bytes(b"x")
    said = []
    parts = train_and_dev_instances(str(tmp_path), "", 0.15, 10, 0, "thing")
    train, dev, report = check_instances(*parts, said.append)
    assert (len(train.pictures), len(dev.pictures)) == (3, 2) and len(train.boxes) == 3
    assert train.pictures.names == train.boxes.names and train.boxes.class_names == ("thing",)
    assert "5.png" in said[0] and str(tmp_path) not in said[0] and "also in dev: 2" in report.text()
    sides = anchor_sides_for(train, SPEC)
    assert len(sides) == 6 and list(sides) == sorted(sides) and 12 <= sides[0] < sides[-1] <= 24


# --- the recipe ------------------------------------------------------------------------------------------------------


def run(data: Path, output: Path, model: str = "mask-rcnn", *more: str) -> int:
    torch.set_num_threads(1)
    return recipe(
        [
            *("--model", model, "--data", str(data), "--output", str(output), "--size", "64x96", "--crop", "48x64"),
            *("--epochs", "1", "--batch", "4", "--dev-block", "1", *more),
        ]
    )  # fmt: skip


@pytest.mark.parametrize(("model", "layout"), [("mask-rcnn", "coco"), ("unet", "label maps")])
def test_from_pictures_to_prediction(
    tmp_path: Path, capsys: pytest.CaptureFixture, model: str, layout: str
) -> None:
    """Train, open, predict, evaluate, resume after the end."""
    made = coco if layout == "coco" else label_maps
    data, output = made(tmp_path / "scenes", 8), tmp_path / "run"
    assert run(data, output, model) == 0
    folder = output / "checkpoint"
    row = read_local(folder)
    name = model.replace("-", "_")
    assert (row.id, row.task, row.model) == (f"{name}.scenes", "instance-segmentation", name)
    assert [(m.name, m.split) for m in row.metrics[:3]] == [
        ("mask mAP@0.5", "dev"),
        ("mask mAP@[.5:.95]", "dev"),
        ("box mAP@0.5", "dev"),
    ]
    assert {metric.split for metric in row.metrics} == {"dev", "train"}
    assert (row.metrics[0].baseline is None) == (layout == "coco"), "several classes have no baseline"
    names = list(CLASSES) if layout == "coco" else ["object"]
    assert read_config(folder)["label_names"] == names
    card = (folder / "README.md").read_text()
    assert f"| {names[0]} |" in card and "mask AP@0.5" in card and str(tmp_path) not in card
    assert (folder / "examples.jpg").exists() and (output / "objects.jpg").exists()
    identity = LOADER.resolve(str(folder), "instance-segmentation").id
    picture = scene(50, 33, 47)[0]  # a size that no stride divides
    found = LOADER.run(identity, "instance-segmentation", lambda predictor: predictor.candidates(picture))
    assert found.size_hw == (33, 47) and found.names == tuple(names)
    capsys.readouterr()
    asked = ["evaluate", "instance-segmentation", "--checkpoint", str(folder), "--data", str(data), "--json"]
    assert command_line(asked) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["count"], report["objects"], report["skipped"]) == (8, 16, 0)
    assert 0 <= report["map50"]["value"] <= 1 and (report["baseline"] is None) == (layout == "coco")
    assert run(data, output, model) == 0  # over already: writes the same checkpoint again
    assert read_local(folder).sha256 == row.sha256
    assert run(data, output, model, "--crop", "64x64") == 1  # another recipe in the same folder
    again = start_instances(str(folder), checked(data), None)
    assert "100% of its weights" in again.origin and again.input == row.input


def checked(data: Path):
    parts = train_and_dev_instances(str(data), "", 0.15, 1, 0, "object")
    return check_instances(*parts, lambda said: None)[0]


def test_names_of_networks(tmp_path: Path) -> None:
    data = checked(label_maps(tmp_path / "one", 4))
    start = start_instances("scratch:mask-rcnn", data, (64, 96))
    assert (start.architecture, start.input.size_hw, start.origin) == (
        "mask_rcnn",
        (64, 96),
        "random weights",
    )
    with pytest.raises(BadData) as caught:
        start_instances("mask-2000", data, None)
    assert caught.value.code == "model_unknown" and "mask-rcnn, unet" in str(caught.value)
    with pytest.raises(BadData) as caught:
        start_instances("unet", checked(coco(tmp_path / "two", 4)), None)
    assert caught.value.code == "data_classes" and "mask-rcnn" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: (data / "labels" / "1.png").unlink(), "1.png"),
        (lambda data: [path.write_bytes(b"x") for path in (data / "labels").iterdir()], "cannot be read"),
        (lambda data: (data / "classes.txt").write_text("a\nb"), "classes.txt"),
        (lambda data: (data / "objects.json").write_text('{"images": 1, "annotations": 2, "categories": 3}'), "one layout"),
    ],
)  # fmt: skip
def test_bad_data_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture, change, words: str) -> None:
    data = label_maps(tmp_path / "scenes", 4)
    change(data)
    assert run(data, tmp_path / "run") == 1
    told = capsys.readouterr().err
    assert words in told and "Traceback" not in told and str(tmp_path) not in told


def test_pictures_without_any_object(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data = label_maps(tmp_path / "scenes", 4)
    for path in (data / "labels").iterdir():
        path.write_bytes((data / "labels" / "0.png").read_bytes())
    assert all(len(open_instances(data)["all"].read(i)[1]) for i in range(4))
    from PIL import Image

    for path in (data / "labels").iterdir():
        Image.new("L", (56, 40)).save(path)
    assert run(data, tmp_path / "run") == 1
    told = capsys.readouterr().err
    assert "Expected" in told and "Traceback" not in told
