"""Pictures of maps: sizes, colours, and that zero and single cells stay visible."""

import numpy as np
import pytest

from hub_models import draw


def test_heat_is_dark_for_zero_and_bright_for_one():
    picture = draw.heat(np.array([[0.0, 0.5, 1.0, 7.0]]))
    assert picture.shape == (1, 4, 3)
    assert picture.dtype == np.uint8
    assert picture[0, 0].tolist() == [68, 1, 84]  # the first and last colour of viridis
    assert picture[0, 2].tolist() == [253, 231, 37] == picture[0, 3].tolist()


@pytest.mark.parametrize("colours", ["viridis", "cividis"])
def test_heat_gets_brighter_all_the_way(colours):
    luminance = draw.heat(np.linspace(0, 1, 256)[None], colours)[0] @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luminance) > -1).all()
    assert luminance[-1] - luminance[0] > 150


def test_difference_scale_is_blue_below_and_red_above():
    below, zero, above = draw.difference_scale(np.array([[-2.0, 0.0, 2.0]]))[0].astype(int)
    assert below[2] > below[0]
    assert above[0] > above[2]
    assert np.ptp(zero) < 10
    assert draw.difference_scale(np.zeros((2, 2))).shape == (2, 2, 3)


def test_overlay_keeps_the_size_and_the_picture():
    pixels = np.full((8, 12, 3), 100, np.uint8)
    small = np.array([[0.0, 1.0]], np.float32)
    assert (draw.overlay(pixels, small, opacity=0) == pixels).all()
    full = draw.overlay(pixels, small, opacity=1)
    assert full.shape == pixels.shape
    assert full[0, 0].tolist() == draw.heat(np.zeros((1, 1)))[0, 0].tolist()
    assert full[0, -1].tolist() == draw.heat(np.ones((1, 1)))[0, 0].tolist()


@pytest.mark.parametrize(
    ("map", "greys"),
    [
        ([0, 1, 2], [0, 128, 255]),
        ([1, 2, 4], [64, 128, 255]),  # the scale holds zero although the map does not
        ([-2, 0, 1], [0, 128, 191]),  # zero is mid grey
        ([0, 0, 0], [0, 0, 0]),
    ],
)
def test_zero_stays_visible(map, greys):
    assert draw.grey_tile(np.array([map], np.float32))[0, :, 0].tolist() == greys


def test_montage_enlarges_each_cell_to_a_square():
    maps = np.arange(3 * 2 * 2, dtype=np.float32).reshape(3, 2, 2)
    picture = draw.montage(maps, columns=2, gap=1, size=8)
    assert picture.shape == (1 + 2 * 9, 1 + 2 * 9, 3)
    tile = picture[1:9, 1:9]
    assert (tile == np.repeat(np.repeat(draw.grey_tile(maps[0]), 4, 0), 4, 1)).all()
    assert (picture[10:18, 10:18] == picture[0, 0]).all()  # no fourth map: the ground shows


@pytest.mark.parametrize(
    ("count", "side", "columns"), [(64, 1, 8), (64, 28, 8), (5, 7, 8), (1, 224, 8), (12, 13, 6), (9, 224, 8)]
)
def test_montage_is_at_most_1000_pixels_wide(count, side, columns):
    width = draw.montage(np.ones((count, side, side), np.float32), columns).shape[1]
    assert width <= draw.WIDEST
    assert width > draw.WIDEST / 2 or 2 * min(count, columns) * side > draw.WIDEST / 2


@pytest.mark.parametrize("channels", [1, 3])
def test_montage_of_filters_keeps_colours(channels):
    picture = draw.montage(np.full((2, 3, 3, channels), 0.5), columns=2, gap=2, size=30)
    assert picture.shape == (34, 66, 3)
    assert (picture[2:32, 2:32] == 128).all()


def test_outline_frames_the_inside_of_the_box_of_a_copy():
    pixels = np.zeros((6, 8, 3), np.uint8)
    framed = draw.outline(pixels, (2, 1, 6, 5), (255, 0, 0), width=1)
    assert not pixels.any()
    rows, columns = np.nonzero(framed[..., 0])
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (2, 1, 6, 5)
    assert len(rows) == 12  # 4 x 4 without its 2 x 2 inside


@pytest.mark.parametrize("box", [(-5, -5, 50, 50), (20, 20, 30, 30), (3, 3, 3, 9)])
def test_outline_of_a_box_over_the_border_is_cut(box):
    assert draw.outline(np.zeros((6, 8, 3), np.uint8), box).shape == (6, 8, 3)
