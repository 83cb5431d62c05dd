"""Results of segmentation: enlarging as torch does it, COCO's run lengths as pycocotools reads them, JSON, golden."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools import mask as coco_mask
from torch.nn import functional as F

from hub_models.predictors.segmenter import to_semantic_map
from hub_models.segments import Instances, SemanticMap, between_cells, run_lengths

NAMES = ("sky", "road", "car")


def probabilities(height: int = 5, width: int = 7) -> np.ndarray:
    values = np.random.default_rng(0).random((3, height, width)).astype(np.float32)
    return values / values.sum(0)


def two() -> Instances:
    """A square of 4 x 4 in full, and a box whose right half is uncertain."""
    return Instances(
        ("cell",),
        np.array([[2, 3, 6, 7], [8, 0, 16, 8]], np.float32),
        np.zeros(2, np.int64),
        np.array([0.9, 0.4], np.float32),
        (np.ones((2, 2), np.float32), np.tile(np.array([1, 1, 0.2, 0.2], np.float32), (4, 1))),
        (10, 20),
    )


@pytest.mark.parametrize("size_hw", [(40, 60), (3, 4), (5, 7), (1, 200)])
def test_reading_between_cells_is_torchs_bilinear(size_hw: tuple[int, int]) -> None:
    maps = probabilities()
    ours = between_cells(maps, np.arange(size_hw[0]) + 0.5, np.arange(size_hw[1]) + 0.5, size_hw)
    theirs = F.interpolate(torch.from_numpy(maps)[None], size=size_hw, mode="bilinear")[0]
    assert np.allclose(ours, theirs, atol=1e-6)


def test_the_map_has_the_pictures_size_and_says_each_pixel() -> None:
    coarse = torch.from_numpy(probabilities())
    found = to_semantic_map(coarse, NAMES, (31, 44))
    large = F.interpolate(coarse[None], size=(31, 44), mode="bilinear")[0]
    assert found.labels.shape == (31, 44) and np.array_equal(found.labels, large.argmax(0))
    assert found.at(30, 0).top(1)[0][0] == NAMES[found.labels[30, 0]]
    assert sum(found.shares().values()) == pytest.approx(1)


def test_semantic_json_holds_the_map() -> None:
    found = to_semantic_map(torch.from_numpy(probabilities()), NAMES, (6, 9))
    told = json.loads(json.dumps(found.to_json()))
    assert told.keys() == {"classes", "names", "map_png", "size_hw"}
    assert np.array_equal(np.array(Image.open(io.BytesIO(base64.b64decode(told["map_png"])))), found.labels)
    assert found.text().startswith("Share of the pixels: ") and len(found.rows()) == len(found.shares())


def test_a_golden_map_may_differ_in_a_few_pixels() -> None:
    labels = np.zeros((100, 100), np.uint8)
    found = SemanticMap(NAMES, labels, probabilities())
    golden = {"labels": labels.copy()}
    golden["labels"].flat[:50] = 1
    assert found.unlike(golden) == ""
    golden["labels"].flat[:60] = 1
    assert "0.60%" in found.unlike(golden)
    assert "expected" in found.unlike({"labels": labels[:50]})


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # pycocotools with numpy 2
@pytest.mark.parametrize("fill", [0.5, -1.0, 2.0])
def test_run_lengths_are_cocos(fill: float) -> None:
    mask = np.random.default_rng(1).random((13, 9)) > fill
    told = run_lengths(mask)
    assert sum(told["counts"]) == mask.size
    assert np.array_equal(coco_mask.decode(coco_mask.frPyObjects(told, *mask.shape)), mask)


def test_masks_are_stretched_over_their_boxes() -> None:
    found = two()
    assert found.areas().tolist() == [16, 32]
    assert found.areas(0.1).tolist() == [16, 64]  # the threshold needs no network
    assert found.mask(0)[1] == (3, 2) and found.mask(1)[0].shape == (8, 8)
    assert np.unique(found.label_map()).tolist() == [0, 1, 2]
    assert found.whole_mask(0).sum() == 16 and found.whole_mask(0)[3:7, 2:6].all()
    assert len(found.chosen(found.scores > 0.5)) == 1


def test_instances_json_and_golden() -> None:
    found = two()
    told = json.loads(json.dumps(found.to_json()))
    assert told.keys() == {"instances", "size_hw"}
    assert told["instances"][0].keys() == {"label", "score", "box_xyxy", "area", "mask_rle"}
    assert told["instances"][1]["area"] == 32
    assert found.unlike(found.arrays()) == ""
    assert "pixels" in found.unlike(found.arrays() | {"areas": np.array([16, 40])})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: SemanticMap(NAMES, np.zeros((2, 2), np.int64), probabilities()),
        lambda: SemanticMap(NAMES, np.full((2, 2), 3, np.uint8), probabilities()),
        lambda: SemanticMap(NAMES, np.zeros((2, 2), np.uint8), probabilities()[:2]),
        lambda: SemanticMap(NAMES, np.zeros((2, 2), np.uint8), probabilities() * np.nan),
        lambda: Instances(**{**vars(two()), "masks": two().masks[:1]}),
        lambda: Instances(**{**vars(two()), "masks": (two().masks[0], two().masks[1] * 3)}),
        lambda: Instances(**{**vars(two()), "masks": (two().masks[0], two().masks[1] * np.nan)}),
    ],
)
def test_inconsistent_results_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="expected"):
        wrong()


def test_an_empty_answer() -> None:
    none = two().chosen(np.zeros(2, bool))
    assert none.text() == "No object found." and none.to_json()["instances"] == []
    assert none.label_map().max() == 0 and none.areas().shape == (0,)
