"""Ultralytics' networks with masks: the library's objects and masks, read from a file without running it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from test_ultralytics import ROW, TINY, folder_of, picture
from torch import nn

from hub_models.errors import CheckpointError
from hub_models.predictors import ultralytics as library
from hub_models.predictors.ultralytics_instances import YoloMaskNetwork, inside
from hub_models.predictors.ultralytics_offline import ultralytics

MASKS = TINY | {"head": [[[3, 4], 1, "Segment", ["nc", 8, 16]]]}
MASK_ROW = replace(ROW, task="instance-segmentation")
NAMES = ["a", "b"]


def network(seed: int = 0, classes: int = 2) -> nn.Module:
    """A tiny network with masks: large boxes and scores far apart, masks that are neither full nor empty."""
    torch.manual_seed(seed)
    model = library.detection_model(MASKS, classes).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    head = model.model[-1]
    for distances, scores, mixes in zip(head.cv2, head.cv3, head.cv4, strict=True):
        distances[-1].bias.data.zero_().view(4, -1)[:, 3] = 8.0  # three strides to each side
        distances[-1].weight.data *= 0.1
        scores[-1].weight.data.normal_(0, 30)
        scores[-1].bias.data.fill_(-1)
        mixes[-1].weight.data.normal_(0, 3)
    head.proto.cv3.conv.weight.data *= 100
    head.proto.cv3.bn.running_mean.normal_(0, 5)
    return model


def test_as_the_library_predicts(tmp_path: Path) -> None:
    ultralytics()
    from ultralytics.models.yolo.segment import SegmentationPredictor

    model = network(seed=7, classes=1)
    ours = library.load(MASK_ROW, folder_of(model, ["a"], tmp_path / "m", MASKS), "cpu").predict(
        picture(), 0.3, 0.5
    )
    model.names = {0: "a"}
    settings = {"imgsz": 128, "conf": 0.3, "iou": 0.5, "device": "cpu", "save": False, "rect": True}
    predictor = SegmentationPredictor(overrides={**settings, "verbose": False, "project": str(tmp_path)})
    (theirs,) = predictor(picture()[:, :, ::-1].copy(), model=model)
    alike = []
    for box, mask in zip(theirs.boxes.xyxy.numpy(), theirs.masks.data.numpy() > 0.5, strict=True):
        far = np.abs(ours.boxes_xyxy - box).max(1)
        if far.min() < 1:  # of near doubles with equal scores, the library may keep another one
            whole = ours.whole_mask(int(far.argmin()))
            alike.append((whole & mask).sum() / (whole | mask).sum())
    assert len(alike) > len(ours) / 2 > 5
    assert min(alike) > 0.9


def test_a_mask_is_read_where_its_box_lies() -> None:
    """A half plane: left of x = 20 of 64 pixels; the box from 10 to 30 sees it in its left half."""
    logits = torch.where(torch.arange(16) * 4 < 20, 8.0, -8.0).expand(16, 16).contiguous()
    mask = inside(logits, torch.tensor([10.0, 8.0, 30.0, 40.0]), (64, 64))
    assert mask.shape == (8, 5), "a cell is 4 pixels"
    assert (mask[:, :2] > 0.9).all()
    assert (mask[:, 3:] < 0.1).all()


def test_normalisation_is_folded_and_the_prototypes_stay(tmp_path: Path) -> None:
    predictor = library.load(MASK_ROW, folder_of(network(), NAMES, tmp_path / "m", MASKS), "cpu")
    assert predictor.quick is not predictor.network
    x, _ = predictor.preprocess(picture())
    with torch.inference_mode():
        slow, quick = (each.with_prototypes(x)[1] for each in (predictor.network, predictor.quick))
    assert slow.shape == (1, 8, 24, 32)
    assert torch.allclose(slow, quick, atol=1e-3 * float(slow.abs().max()))


def test_as_the_others(tmp_path: Path) -> None:
    predictor = library.load(MASK_ROW, folder_of(network(), NAMES, tmp_path / "m", MASKS), "cpu")
    found = predictor.candidates(picture(300, 220))
    assert (found.names, found.size_hw, predictor.suppresses) == (("a", "b"), (300, 220), True)
    assert len(found) > 3
    assert found.boxes_xyxy.min() >= 0
    assert (found.boxes_xyxy[:, 2:] <= (220, 300)).all()
    assert len(predictor.predict(picture(300, 220), 0.3, 0.3)) < len(found)
    for size_hw in ((1, 1), (1, 500)):
        assert predictor.predict(np.zeros((*size_hw, 3), np.uint8), 0.9).size_hw == size_hw


def test_the_file_of_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .pt file of a SegmentationModel, from which no class is made."""
    model = network()
    model.names = dict(enumerate(NAMES))
    torch.save({"epoch": -1, "model": model.half(), "ema": None}, tmp_path / "tiny.pt")

    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("a class of the file was made")

    with monkeypatch.context() as patch:
        patch.setattr(nn.Conv2d, "__setstate__", refuse, raising=False)
        patch.setattr(nn.ConvTranspose2d, "__setstate__", refuse, raising=False)
        names, description, _ = library.read_pickle(tmp_path / "tiny.pt")
    assert names == ("a", "b")
    assert library.gives_masks(description)
    predictor = library.load(replace(MASK_ROW, source="hub:a/b", recipe=""), tmp_path, "cpu")
    assert len(predictor.candidates(picture()))


def test_a_network_without_masks_is_refused(tmp_path: Path) -> None:
    folder = folder_of(library.detection_model(TINY, 2), NAMES, tmp_path / "m")
    with pytest.raises(CheckpointError, match="without masks") as raised:
        library.load(MASK_ROW, folder, "cpu")
    assert raised.value.code == "checkpoint_foreign"


def test_trained_as_a_network_with_masks() -> None:
    """The library's loss is chosen by the class of the model."""
    assert type(library.detection_model(MASKS, 2)).__name__ == "SegmentationModel"
    assert isinstance(YoloMaskNetwork(network()), nn.Module)
