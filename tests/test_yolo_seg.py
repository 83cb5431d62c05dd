"""`--model yolo-seg`: objects as the outlines that Ultralytics wants, and the recipe end to end."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from instance_sets import CLASSES, coco, label_maps
from mask_sets import scene

from finetune import yolo_seg
from finetune.instance_check import Checked, check_instances, train_and_dev_instances
from finetune.instance_segmentation import Recipe
from finetune.instance_segmentation import main as recipe
from finetune.settings import Settings
from hub_models.errors import BadData
from hub_models.inside.boxes import iou_matrix
from hub_models.instance_dataset.label_maps import objects_in
from hub_models.loader import LOADER
from hub_models.local import read_local


def checked(data: Path) -> Checked:
    return check_instances(*train_and_dev_instances(str(data), "", 0.15, 1, 0, "object"), lambda said: None)[
        0
    ]


def made(model: str, data: Checked, size_hw: tuple[int, int] | None = None):
    settings = Settings(epochs=1, batch=4, learning_rate=1e-3)
    asked = Recipe(model=model, data="", output=Path(), settings=settings, size_hw=size_hw)
    return yolo_seg.start_from(asked, data)


def inside(outline: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """The pixels whose centre lies in a polygon (n, 2) x, y."""
    from skimage.measure import points_in_poly

    y, x = np.mgrid[: size_hw[0], : size_hw[1]] + 0.5
    return points_in_poly(np.stack([x.ravel(), y.ravel()], 1), outline).reshape(size_hw)


def test_an_outline_lies_around_its_pixels() -> None:
    from finetune.yolo_masks import outline

    numbers = scene(3)[1].astype(int)
    numbers[0, 0] = 3  # one pixel in the corner
    numbers[30:33, 0:3], numbers[36:40, 4:9] = 4, 4  # one object in two pieces
    rows, columns = np.nonzero(numbers == 2)
    numbers[int(rows.mean()), int(columns.mean())] = 0  # a hole in the disc
    objects = objects_in(numbers, ("thing",))
    for i in range(4):
        line, mask = outline(objects, i), objects.whole_mask(i)
        assert line.dtype == np.float32
        box = np.concatenate([line.min(0), line.max(0)])
        assert np.allclose(box, objects.boxes_xyxy[i]), "its box is the object's"
        wrong = inside(line, mask.shape) ^ mask
        assert wrong.sum() == (1 if i == 1 else 0), "but the hole"


def test_pictures_as_the_library_sees_them(tmp_path: Path) -> None:
    """Mosaic, scale and flips move masks with their boxes."""
    from finetune.yolo_masks import YoloOutlines
    from hub_models.predictors.ultralytics_offline import ultralytics

    ultralytics()
    from ultralytics.cfg import get_cfg

    random.seed(0)
    np.random.seed(0)
    data = checked(coco(tmp_path, 6))
    pictures = YoloOutlines(
        data, imgsz=128, augment=True, hyp=get_cfg(), rect=False, batch_size=2, stride=32, pad=0.0
    )
    shown = 0
    for sample in (pictures[i] for i in range(5)):
        masks = sample["masks"][0].numpy()  # (32, 32): a cell is 4 pixels; 0, or the number of the object
        assert sample["img"].shape == (3, 128, 128) and masks.shape == (32, 32)
        for number, (x, y, width, height) in enumerate(sample["bboxes"].numpy() * 32, 1):
            rows, columns = np.nonzero(masks == number)
            if width * height > 12 and len(rows):
                box = [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]]
                said = [[x - width / 2, y - height / 2, x + width / 2, y + height / 2]]
                assert iou_matrix(np.array(box, np.float32), np.array(said, np.float32))[0, 0] > 0.5
                shown += 1
    assert shown >= 5


def test_names(tmp_path: Path) -> None:
    data = checked(label_maps(tmp_path, 4))
    start = made("yolo-seg", data)
    assert (start.library, start.architecture, start.input.size_hw) == (
        "ultralytics",
        "yolo11_small_seg",
        (320, 320),
    )
    assert "ImageNet" in start.origin or "imagenet" in start.origin
    head = start.model.model[-1]
    assert type(head).__name__ == "Segment" and (head.nc, head.nm) == (1, 32)
    described = made("yolo-seg:yolov8n-seg", data, (64, 64))
    assert described.origin == "random weights" and described.input.size_hw == (64, 64)
    assert yolo_seg.named("yolov8n-seg")[1][1] == 2023
    for name in ("yolo11n", "yolo11q-seg", "mask-rcnn"):
        with pytest.raises(BadData) as caught:
            made(f"yolo-seg:{name}", data)
        assert caught.value.code == "model_unknown"
        assert "seg" in str(caught.value) and str(tmp_path) not in str(caught.value)


def test_from_pictures_to_prediction(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Train, open, predict, resume after the end, start from the result."""
    torch.set_num_threads(1)
    data, output = coco(tmp_path / "scenes", 12), tmp_path / "run"
    asked = [
        *("--model", "yolo-seg", "--data", str(data), "--output", str(output), "--size", "64"),
        *("--epochs", "2", "--batch", "4", "--dev-block", "1"),
    ]  # fmt: skip
    assert recipe(asked) == 0, capsys.readouterr().err
    folder = output / "checkpoint"
    row = read_local(folder)
    assert (row.id, row.library, row.weights_licence) == (
        "yolo11_small_seg.scenes",
        "ultralytics",
        "AGPL-3.0",
    )
    assert row.metrics[0].name == "mask mAP@0.5"
    card = (folder / "README.md").read_text()
    assert "| square |" in card and "AGPL-3.0" in card and str(tmp_path) not in card
    assert json.loads((output / "status.json").read_text())["metric"] == "mask mAP@0.5"
    heads = (output / "epochs.csv").read_text().splitlines()[0]
    assert "mask_map50" in heads and "box_map50" in heads
    identity = LOADER.resolve(str(folder), "instance-segmentation").id
    found = LOADER.run(
        identity, "instance-segmentation", lambda predictor: predictor.candidates(scene(50, 33, 47)[0])
    )
    assert found.size_hw == (33, 47) and found.names == CLASSES
    assert recipe(asked) == 0  # over already: writes the same checkpoint again
    assert read_local(folder).sha256 == row.sha256
    again = made(f"yolo-seg:{folder}", checked(data))
    assert "100% of its weights" in again.origin and again.input == row.input
