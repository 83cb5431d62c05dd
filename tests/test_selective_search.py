"""Selective search: the grouping obeys its definition at every merge, and what it proposes fits drawn objects."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from hub_models import compute, grouping
from hub_models.errors import BadInput, Overloaded
from hub_models.grouping import Regions, Strategy, describe, group, likeness_of, merge_all, touching
from hub_models.inside.boxes import iou_matrix
from hub_models.inside.proposals import merge_step, painted
from hub_models.proposals import ranked, selective_search

STRATEGY = Strategy(colour="lab", scale=50)
OBJECTS = np.array([[20, 30, 90, 100], [120, 20, 210, 60], [140, 90, 180, 150]], np.float32)


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    """(160, 240, 3): a red disc, a blue box and a green disc on grey, with noise."""
    picture = Image.new("RGB", (240, 160), (180, 180, 180))
    pen = ImageDraw.Draw(picture)
    pen.ellipse(tuple(OBJECTS[0]), fill=(190, 60, 60))
    pen.rectangle(tuple(OBJECTS[1]), fill=(60, 60, 170))
    pen.ellipse(tuple(OBJECTS[2]), fill=(60, 150, 60))
    noise = np.random.default_rng(0).normal(0, 8, (160, 240, 3))
    return np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def grouped(drawn: np.ndarray) -> grouping.Grouping:
    return group(drawn, STRATEGY)


def regions_of(pixels: np.ndarray, labels: np.ndarray) -> Regions:
    return describe(grouping.in_colour(pixels, STRATEGY.colour), labels)


def test_every_object_is_proposed(drawn: np.ndarray) -> None:
    found = selective_search(drawn).boxes_xyxy
    assert iou_matrix(OBJECTS, found).max(axis=1).min() > 0.9
    assert iou_matrix(OBJECTS, found[:50]).max(axis=1).min() > 0.8


def test_boxes_are_in_pixels_of_the_picture_given(drawn: np.ndarray) -> None:
    large = np.asarray(Image.fromarray(drawn).resize((720, 480)))
    found = selective_search(large, longest=240)
    assert found.scale == pytest.approx(1 / 3)
    assert found.groupings[0].segments.shape == (160, 240)
    assert iou_matrix(OBJECTS * 3, found.boxes_xyxy).max(axis=1).min() > 0.85


def test_proposals_keep_what_they_promise(drawn: np.ndarray) -> None:
    found = selective_search(drawn, least_side=10).boxes_xyxy
    assert found.dtype == np.float32
    assert (found[:, 2:] - found[:, :2] >= 10).all()
    assert (found >= 0).all() and (found <= (240, 160, 240, 160)).all()
    assert len(np.unique(found.round(), axis=0)) == len(found)
    assert np.array_equal(selective_search(drawn, least_side=10, most=7).boxes_xyxy, found[:7])
    other = selective_search(drawn, least_side=10, seed=1).boxes_xyxy
    assert not np.array_equal(other, found)
    assert sorted(map(tuple, other)) == sorted(map(tuple, found))


def test_order_of_the_paper() -> None:
    boxes = np.arange(40, dtype=np.float32).reshape(10, 4)
    random = np.random.default_rng(3).random(10)
    expected = boxes[np.argsort(np.arange(10, 0, -1) * random)]  # the last region has rank 1
    assert np.array_equal(ranked([boxes], seed=3), expected)
    assert np.array_equal(ranked([boxes, boxes], seed=3)[:1], ranked([boxes, boxes], seed=3)[:1])
    assert len(ranked([boxes, boxes + 0.1], seed=3)) == 10  # the same box to the pixel is one


def test_neighbours_share_an_edge() -> None:
    labels = np.array([[0, 0, 1], [2, 2, 1], [3, 4, 4]])
    pairs = {(int(a), int(b)) for a, b in np.argwhere(touching(labels)) if a < b}
    assert pairs == {
        (0, 1),
        (0, 2),
        (1, 2),
        (1, 4),
        (2, 3),
        (2, 4),
        (3, 4),
    }  # 0 and 3 do not touch, nor 1 and 3


def test_likeness_by_hand() -> None:
    regions = Regions(
        sizes=np.array([4, 6], np.float32),
        boxes=np.array([[0, 0, 2, 2], [2, 0, 5, 2]], np.float32),
        colours=np.array([[0.5, 0.5, 0], [0.25, 0.25, 0.5]], np.float32),
        textures=np.array([[1, 0], [0.1, 0.9]], np.float32),
    )
    colour, texture = 0.25 + 0.25, 0.1
    size, fill = 1 - 10 / 40, 1 - (5 * 2 - 10) / 40
    expected = colour + texture + size + fill
    assert likeness_of(regions, 0, np.array([1]), 40)[0] == pytest.approx(expected)


def test_histograms_are_numpys(drawn: np.ndarray, grouped: grouping.Grouping) -> None:
    coloured = grouping.in_colour(drawn, "lab")
    regions = describe(coloured, grouped.segments)
    which = grouped.segments == 3
    counts = [np.histogram(coloured[which][:, c], bins=25, range=(0, 1))[0] for c in range(3)]
    assert regions.colours[3] == pytest.approx(np.concatenate(counts) / (3 * which.sum()), abs=1e-6)
    assert regions.colours.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert regions.textures.shape[1] == 240
    rows, columns = np.nonzero(which)
    expected = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert tuple(regions.boxes[3]) == expected


def test_a_slope_shows_in_its_direction() -> None:
    rising = np.repeat(np.linspace(0, 1, 40, dtype=np.float32)[None, :, None], 40, axis=0).repeat(3, axis=2)
    slopes = grouping.directed_slopes(rising)[20, 20].reshape(8, 3)[:, 0]
    assert slopes == pytest.approx(np.maximum(np.cos(np.arange(8) * np.pi / 4), 0) / 39, abs=1e-3)


def test_every_merge_takes_the_most_alike_neighbours(drawn: np.ndarray) -> None:
    """Each step again from nothing: regions of the label map at that moment, all pairs of neighbours compared."""
    small = np.asarray(Image.fromarray(drawn).resize((60, 40)))
    found = group(small, Strategy(colour="lab", scale=20, smallest=5))
    assert 8 < len(found.merges) < 80
    for done, merged in enumerate(found.merges):
        numbers, labels = np.unique(found.regions_after(done), return_inverse=True)
        labels = labels.reshape(found.segments.shape)
        regions, neighbours = regions_of(small, labels), touching(labels)
        best = max(
            float(likeness_of(regions, one, others, labels.size).max())
            for one in range(len(numbers))
            if len(others := np.flatnonzero(neighbours[one]))
        )
        assert found.likeness[done] == pytest.approx(best, abs=2e-3)
        assert set(merged) <= set(numbers)
    assert np.array_equal(found.boxes[-1], [0, 0, 60, 40])


def test_boxes_are_those_of_the_regions(grouped: grouping.Grouping) -> None:
    count = len(grouped.boxes) - len(grouped.merges)
    assert count == grouped.segments.max() + 1 == len(grouped.merges) + 1
    for merges in (0, 1, count // 2, count - 1):
        step = merge_step(grouped, merges)
        assert len(step.boxes) == count - merges
        for number, box in zip(np.unique(step.regions), step.boxes, strict=True):
            rows, columns = np.nonzero(step.regions == number)
            assert tuple(box) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert merge_step(grouped, 0).new is None
    last = merge_step(grouped, count - 1)
    assert np.array_equal(last.new, grouped.boxes[-1]) and last.likeness == grouped.likeness[-1]


def test_regions_are_painted_in_their_mean_colour(drawn: np.ndarray, grouped: grouping.Grouping) -> None:
    regions = merge_step(grouped, len(grouped.merges) - 3).regions
    flat = painted(drawn, regions)
    assert flat.shape == drawn.shape
    assert np.abs(flat[65, 55].astype(int) - (190, 60, 60)).max() < 8  # inside the red disc
    assert len(np.unique(flat.reshape(-1, 3), axis=0)) <= 2 * len(np.unique(regions))


def test_merging_keeps_histograms_of_the_union(drawn: np.ndarray, grouped: grouping.Grouping) -> None:
    """Means weighted by size are what one would count on the union."""
    regions = regions_of(drawn, grouped.segments)
    one, other = 0, int(np.flatnonzero(touching(grouped.segments)[0])[0])
    union = np.where(np.isin(grouped.segments, (one, other)), 0, 1)
    grouping.join(regions, one, other)
    expected = regions_of(drawn, union)
    assert regions.colours[one] == pytest.approx(expected.colours[0], abs=1e-5)
    assert regions.textures[one] == pytest.approx(expected.textures[0], abs=1e-5)
    assert np.array_equal(regions.boxes[one], expected.boxes[0])


def test_one_segment_needs_no_merge() -> None:
    whole = Regions(
        sizes=np.ones(1, np.float32),
        boxes=np.array([[0, 0, 4, 4]], np.float32),
        colours=np.ones((1, 75), np.float32) / 75,
        textures=np.ones((1, 240), np.float32) / 240,
    )
    boxes, merges, likeness = merge_all(whole, np.zeros((1, 1), bool), 16.0)
    assert boxes.shape == (1, 4) and merges.shape == (0, 2) and likeness.shape == (0,)


@pytest.mark.parametrize("size_hw", [(1, 1), (2, 1), (1, 90), (5, 5), (8, 8), (20, 300)])
def test_tiny_and_narrow_pictures(size_hw: tuple[int, int]) -> None:
    found = selective_search(np.full((*size_hw, 3), 128, np.uint8)).boxes_xyxy
    assert found.shape == (int(min(size_hw) >= 8), 4)  # a blank picture is one region


def test_a_strip_is_refused() -> None:
    with pytest.raises(BadInput, match="100 times as long as wide, got 20000 x 1 pixels"):
        selective_search(np.zeros((1, 20000, 3), np.uint8))


def test_a_wild_picture_begins_with_larger_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MOST_SEGMENTS", 100)
    noise = np.random.default_rng(0).integers(0, 256, (80, 100, 3), np.uint8)
    found = group(noise, Strategy(colour="hsv", scale=1, smallest=2))
    assert 10 < found.segments.max() + 1 <= 100


def test_it_can_be_cancelled(drawn: np.ndarray) -> None:
    token = compute.CURRENT.set(compute.Deadline(cancelled=lambda: True))
    try:
        with pytest.raises(Overloaded, match="Cancelled"):
            selective_search(drawn)
    finally:
        compute.CURRENT.reset(token)
