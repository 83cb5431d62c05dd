"""What the views of instance segmentation compute, against torchvision and against the predictor."""

import numpy as np
import pytest
import torch
from torchvision.ops import roi_align, roi_pool

from hub_models.inside.instances import counted_twice, roi_reading, separation
from hub_models.predictors.instances import LEAST_INSIDE, separate
from hub_models.segments import Instances

REGIONS = {
    "between cells": (13.0, 21.5, 87.3, 66.1),
    "at the border": (0.0, 0.0, 159.0, 118.0),
    "smaller than a bin": (50.0, 50.0, 55.0, 53.0),
    "on whole cells": (8.0, 16.0, 64.0, 72.0),
}


@pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)
def test_a_region_is_read_as_torchvision_reads_it(region: tuple) -> None:
    channel = np.random.default_rng(0).normal(size=(15, 20)).astype(np.float32)
    reading = roi_reading(channel, np.array(region), stride=8)
    maps, boxes = torch.from_numpy(channel)[None, None], [torch.tensor([region], dtype=torch.float32)]
    aligned = roi_align(maps, boxes, 7, 1 / 8, sampling_ratio=2, aligned=True)[0, 0]
    pooled = roi_pool(maps, boxes, 7, 1 / 8)[0, 0]
    assert np.allclose(reading.aligned, aligned, atol=1e-4)
    assert np.allclose(reading.pooled, pooled, atol=1e-6)


def test_rounding_moves_the_borders_of_a_region() -> None:
    channel = np.zeros((15, 20), np.float32)
    reading = roi_reading(channel, np.array([13.0, 21.0, 87.0, 66.0]), stride=8)
    assert reading.region.tolist() == [1.625, 2.625, 10.875, 8.25]
    assert reading.rounded.tolist() == [2, 3, 12, 9], "to whole cells, the last one included"
    assert reading.shift.tolist() == [3.0, 3.0, 9.0, 6.0], "in pixels of the picture"
    assert reading.borders.shape == (2, 8)
    assert reading.points.shape == (14, 14, 2)
    exact = roi_reading(channel, np.array([16.0, 24.0, 64.0, 64.0]), stride=8)
    assert exact.shift[:2].tolist() == [0, 0]


def touching(distance: float) -> np.ndarray:
    """Probabilities (3, 40, 60) of two discs of radius 9 whose centres are `distance` apart, with their borders."""
    rows, columns = np.mgrid[:40, :60] + 0.5
    away = np.stack([np.hypot(rows - 20, columns - x) for x in (30 - distance / 2, 30 + distance / 2)])
    nearest, other = np.sort(away, axis=0)
    border = (np.abs(nearest - 9) < 1.5) | ((nearest < 9) & (other - nearest < 3))
    inside = (nearest < 9) & ~border
    background = ~inside & ~border
    return np.stack([background, inside, border]).astype(np.float32) * 0.9 + 0.03


@pytest.mark.parametrize(("distance", "joined"), [(30, 2), (17, 1)])
def test_objects_that_touch_are_separated_by_their_borders(distance: float, joined: int) -> None:
    steps = separation(touching(distance), LEAST_INSIDE)
    assert steps.counts() == {"connected when border is object": joined, "connected insides": 2, "objects": 2}
    left, right = (steps.numbers == 1).sum(), (steps.numbers == 2).sum()
    assert abs(int(left) - int(right)) < 30, "each gets its half of what is between them"
    assert (steps.numbers > 0).sum() > (steps.seeds > 0).sum()
    assert ((steps.numbers > 0) <= steps.ground).all()


def test_the_steps_end_where_the_predictor_does() -> None:
    random = np.random.default_rng(0).gamma(1, size=(3, 12, 16)).repeat(4, 1).repeat(4, 2)
    probabilities = (random / random.sum(0)).astype(np.float32)
    steps = separation(probabilities, LEAST_INSIDE)
    found = separate(torch.from_numpy(probabilities), ("cell",), probabilities.shape[1:])
    assert len(found) == steps.counts()["objects"] > 3
    ours = sorted(map(tuple, (np.argwhere(steps.numbers == n)[0] for n in np.unique(steps.numbers)[1:])))
    theirs = sorted(tuple(np.argwhere(found.whole_mask(i))[0]) for i in range(len(found)))
    assert ours == theirs


def squares(*corners: tuple[int, int], labels: tuple[int, ...]) -> Instances:
    boxes = np.array([(x, y, x + 10, y + 10) for x, y in corners], np.float32)
    scores = np.linspace(0.9, 0.5, len(corners), dtype=np.float32)
    return Instances(
        ("cat", "dog"),
        boxes,
        np.array(labels),
        scores,
        (np.ones((4, 4), np.float32),) * len(corners),
        (50, 80),
    )


def test_a_map_of_classes_cannot_count_what_touches() -> None:
    found = squares((0, 0), (10, 0), (40, 20), (0, 30), labels=(0, 0, 0, 1))
    cat, dog = counted_twice(found)
    assert (cat.name, cat.objects, cat.blobs) == ("cat", 3, 2)
    assert cat.share == pytest.approx(300 / 4000)
    assert "touch" in cat.text()
    assert (dog.objects, dog.blobs) == (1, 1)
    assert "both count 1" in dog.text()
    assert counted_twice(found.chosen(np.zeros(4, bool))) == []


def test_an_object_that_is_cut_in_two_is_one_object() -> None:
    """A dog lies before the cat's middle."""
    front = squares((20, 0), labels=(1,))
    wide = Instances(
        front.names, np.concatenate([front.boxes_xyxy, [[0, 2, 60, 8]]]).astype(np.float32), np.array([1, 0]),
        np.array([0.9, 0.8], np.float32), (np.ones((2, 2), np.float32),) * 2, front.size_hw,
    )  # fmt: skip
    cat = next(count for count in counted_twice(wide) if count.name == "cat")
    assert (cat.objects, cat.blobs) == (1, 2)
    assert "fall into parts" in cat.text()
