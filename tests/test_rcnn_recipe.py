"""The recipe of R-CNN: each stage on features whose answer is known, then the whole on drawn pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from box_layouts import xml
from PIL import Image, ImageDraw

from finetune import proposals as kept_proposals
from finetune import rcnn as recipe
from finetune import rcnn_windows
from finetune.box_check import train_and_dev_boxes
from finetune.proposals import cached_proposals
from finetune.rcnn_windows import PROPOSAL, Windows
from finetune.rcnn_windows import windows as windows_of
from hub_models.architectures.detection import encode_boxes
from hub_models.architectures.rcnn import RCNN
from hub_models.box_dataset import BoxedPictures, open_boxes
from hub_models.loader import LOADER, module_of
from hub_models.predictors.proposals import RCNNPredictor
from hub_models.results import Boxes

WIDE, HIGH = 120, 90
COLOURS = {"berry": (200, 40, 60), "leaf": (40, 150, 60)}


def write_drawn(folder: Path, count: int) -> Path:
    """Pictures with a red disc (berry) and a green box (leaf) on grey, with their annotations."""
    rng = np.random.default_rng(0)
    size = f"<width>{WIDE}</width><height>{HIGH}</height>"
    for part in ("images", "annotations"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        picture = Image.new("RGB", (WIDE, HIGH), (170, 170, 170))
        pen = ImageDraw.Draw(picture)
        (x, y), (u, v) = rng.integers(4, (25, 45), 2), rng.integers((60, 4), (80, 45), 2)
        berry, leaf = (x, y, x + 32, y + 32), (u, v, u + 36, v + 24)
        pen.ellipse((*berry[:2], berry[2] - 1, berry[3] - 1), fill=COLOURS["berry"])
        pen.rectangle((*leaf[:2], leaf[2] - 1, leaf[3] - 1), fill=COLOURS["leaf"])
        noise = rng.normal(0, 2, (HIGH, WIDE, 3))
        pixels = np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{number:02}.png")
        text = xml([("berry", berry), ("leaf", leaf)], size=size)
        (folder / "annotations" / f"{number:02}.xml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drawn(tmp_path_factory.mktemp("drawn"), 5)


@pytest.fixture(scope="module")
def drawn(folder: Path) -> BoxedPictures:
    return open_boxes(folder)["all"]


def known(overlaps: list[float], features: np.ndarray, labels: list[int], nearest=None) -> Windows:
    """Windows of one picture and one class."""
    boxes = torch.tensor([[0.0, 0, 10, 10]]).repeat(len(labels), 1)
    return Windows(
        boxes=boxes,
        labels=np.array(labels),
        overlaps=np.array(overlaps, np.float32)[:, None],
        nearest=boxes[:, None] if nearest is None else nearest,
        features=features.astype(np.float16),
    )


def test_windows_know_how_they_lie_to_the_objects() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [5, 0, 15, 10], [100, 100, 110, 110], [0, 0, 10, 20]])
    labels = np.array([PROPOSAL, PROPOSAL, 1, 1])
    found = windows_of(boxes, labels, 3, np.zeros((4, 2), np.float16))
    assert found.overlaps[:, 1] == pytest.approx([0.5, 50 / 250, 1, 1])
    assert (found.overlaps[:, [0, 2]] == 0).all()
    assert torch.equal(found.nearest[1, 1], boxes[3])


def test_some_keeps_the_largest() -> None:
    mask = np.array([True, False, True, True])
    assert recipe.some(np.array([1.0, 9, 3, 2]), mask, 2).tolist() == [False, False, True, True]
    assert recipe.some(np.array([1.0, 9, 3, 2]), mask, 0).sum() == 1


def test_hard_negatives_are_found_and_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the background one kind lies near the objects; the few windows of the start do not show it."""
    rng = np.random.default_rng(0)
    objects, easy, hard = (
        rng.normal(mean, 0.3, (n, 2)) for mean, n in (((5, 5), 30), ((-5, 0), 300), ((5, 2), 30))
    )
    features = np.concatenate([objects, easy, hard])
    windows = [known([1.0] * 30 + [0.0] * 330, features, [0] * 30 + [PROPOSAL] * 330)]
    said: list[str] = []
    monkeypatch.setattr(recipe, "some", lambda priority, mask, most: mask & (np.arange(len(mask)) < limit[0]))
    limit = [100]  # the start draws from the easy ones only
    monkeypatch.setattr(recipe, "ROUNDS", 0)
    weights, bias = recipe.support_vectors(windows, 0, 1.0, 0, said.append)
    assert (hard @ weights + bias > 0).all()  # taken for objects
    monkeypatch.undo()
    monkeypatch.setattr(recipe, "FIRST", 100)
    monkeypatch.setattr(recipe, "SVM_C", 1.0)
    weights, bias = recipe.support_vectors(windows, 0, 1.0, 0, said.append)
    assert (hard @ weights + bias < 0).all() and (objects @ weights + bias > 0).all()
    assert (easy @ weights + bias < 0).all()
    assert "windows are hard" in said[0]


def test_windows_that_overlap_an_object_are_no_negatives() -> None:
    features = np.array([[2.0, 0], [-2, 0], [2, 0.1]])
    weights, _ = recipe.support_vectors(
        [known([1.0, 0.0, 0.4], features, [0, PROPOSAL, PROPOSAL])], 0, 1.0, 0, lambda words: None
    )
    both, _ = recipe.support_vectors(
        [known([1.0, 0.0], features[:2], [0, PROPOSAL])], 0, 1.0, 0, lambda words: None
    )
    assert weights == pytest.approx(both)


def test_probability_is_the_share_of_right_windows() -> None:
    rng = np.random.default_rng(0)
    margins = rng.normal(0, 2, 20_000)
    right = rng.random(20_000) < 1 / (1 + np.exp(-(1.5 * margins - 1)))
    steepness, shift = recipe.probability_curve(margins, np.where(right, 0.9, 0.1))
    assert (steepness, shift) == pytest.approx((1.5, -1), abs=0.1)


def test_regressor_learns_where_the_object_lies() -> None:
    """Features tell the offset of the object; windows far from it are not learned from."""
    rng = np.random.default_rng(0)
    features = rng.normal(0, 1, (500, 3)).astype(np.float16).astype(np.float32)
    offsets = features @ np.array([[0.1, 0, 0, 0.1], [0, 0.1, 0, 0], [0, 0, 0.1, 0]], np.float32)
    window = torch.tensor([[0.0, 0, 10, 10]])
    centre = 5 + offsets[:, :2] * 10
    half = np.exp(offsets[:, 2:]) * 5
    nearest = torch.from_numpy(np.concatenate([centre - half, centre + half], 1)).float()
    assert torch.allclose(encode_boxes(nearest, window.repeat(500, 1)), torch.from_numpy(offsets), atol=1e-4)
    near = known([0.8] * 500, features, [PROPOSAL] * 500, nearest[:, None])
    far = known([0.5] * 500, rng.normal(9, 1, (500, 3)), [PROPOSAL] * 500)
    weights, constants = recipe.box_regressor([near, far], 0, 20.0)
    assert features @ weights.T + constants == pytest.approx(offsets, abs=0.02)


def test_proposals_are_made_once(
    drawn: BoxedPictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, said = tmp_path / "run" / "proposals.npz", []
    first = cached_proposals(drawn.subset([0, 1, 2]), path, said.append)
    assert said == ["selective search: 3 of 3 pictures"]
    searched = []
    real = kept_proposals.selective_search
    monkeypatch.setattr(
        kept_proposals,
        "selective_search",
        lambda pixels, **options: searched.append(1) or real(pixels, **options),
    )
    again = cached_proposals(drawn.subset([2, 0, 3]), path, said.append)
    assert len(searched) == 1  # of the new picture only
    assert np.array_equal(again[0], first[2]) and np.array_equal(again[1], first[0])
    assert again[0].dtype == np.float32 and again[0].shape[1] == 4

    path.write_bytes(path.read_bytes()[:-30])  # damaged
    assert np.array_equal(cached_proposals(drawn.subset([1]), path, said.append)[0], first[1])
    monkeypatch.setattr(kept_proposals, "MADE_BY", "other settings")
    cached_proposals(drawn.subset([1]), path, said.append)
    assert len(searched) == 3


def test_from_pictures_to_a_checkpoint(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "mine"
    monkeypatch.setattr(RCNNPredictor, "most", 20)
    arguments = ["--data", str(folder), "--output", str(output), "--dev-share", "0.2", "--dev-block", "1"]
    arguments += ["--proposals", "40"]
    assert recipe.main(arguments) == 0
    assert json.loads((output / "status.json").read_text())["state"] == "finished"
    checkpoint = LOADER.open_local(output / "checkpoint")
    assert (
        checkpoint.id == "local.mine" and checkpoint.model == "rcnn" and checkpoint.task == "object-detection"
    )
    assert checkpoint.megabytes < 0.1 and checkpoint.recipe.startswith("python -m finetune.rcnn --data")
    card = (output / "checkpoint" / "README.md").read_text().replace("\\", "")  # what the card escapes
    assert "Rich feature hierarchies" in card and "efficientnet_lite0.imagenet" in card

    predictor = module_of(checkpoint).load(checkpoint, output / "checkpoint", "cpu")
    found = predictor.predict(np.asarray(Image.open(folder / "images" / "00.png")), confidence=0.3)
    assert isinstance(found, Boxes) and found.names == ("berry", "leaf")
    data = open_boxes(folder)["all"]
    assert set(found.labels) == {0, 1}
    for label in (0, 1):
        best = found.boxes_xyxy[found.labels == label][0]
        assert best == pytest.approx(data.boxes[0][label], abs=8)

    monkeypatch.setattr(rcnn_windows, "keep_features", None)  # learning again describes nothing again
    before = (output / "best.safetensors").read_bytes()
    train_data, _ = train_and_dev_boxes(str(folder), "", 0.2, 1, 0)
    again = recipe.Recipe(data=str(folder), output=output, proposals=40)
    recipe.learn(again, RCNN(2), train_data, lambda words: None)
    assert (output / "best.safetensors").read_bytes() == before
