"""Pictures of maps: sizes, colours, and that zero and single cells stay visible; boxes that anyone can tell apart."""

from itertools import pairwise

import numpy as np
import pytest

from hub_models import draw
from hub_models.results import Boxes


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


# --- boxes ---------------------------------------------------------------------------------------------------------

NAMES = tuple(f"class {number}" for number in range(21))


def found(*objects: tuple[int, float, tuple[float, float, float, float]], size_hw=(240, 320)) -> Boxes:
    labels, scores, corners = zip(*objects, strict=True) if objects else ((), (), np.empty((0, 4)))
    return Boxes(
        NAMES,
        np.array(corners, np.float32),
        np.array(labels, np.int64),
        np.array(scores, np.float32),
        size_hw,
    )


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return (before != after).any(axis=2)


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Contrast ratio of WCAG 2.2, from 1 to 21."""

    def luminance(colour: tuple[int, int, int]) -> float:
        part = np.array(colour) / 255
        return float(
            np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
            @ (0.2126, 0.7152, 0.0722)
        )

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", draw.COLOURS)
def test_letters_can_be_read_on_every_colour(colour):
    assert contrast(colour, draw.ink(colour)) >= 4.5


def test_21_classes_differ_by_colour_and_pattern_and_neighbours_by_both():
    styles = [draw.style(label) for label in range(21)]
    assert len(set(styles)) == 21
    for one, other in pairwise(styles):
        assert one[0] != other[0]
        assert one[1] != other[1]


@pytest.mark.parametrize("ground", [0, 100, 255])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_a_box_is_seen_on_any_ground_in_the_colour_and_pattern_of_its_class(label, ground):
    pixels = np.full((240, 320, 3), ground, np.uint8)
    after = draw.framed(pixels, np.array([[40, 30, 140, 130]]), [label], [""])
    line = (after[30, 40:140] == draw.style(label)[0]).all(axis=1)  # the upper edge
    share = {0: (1, 1), 1: (0.5, 0.7), 2: (0.4, 0.6)}[label]  # solid, dashed, dotted
    assert share[0] <= line.mean() <= share[1]
    assert ((after[30, 40:140] == draw.SHADE).all(axis=1) == ~line).all()  # gaps are dark, not the ground
    rows, columns = np.nonzero(changed(pixels, after)) if ground != draw.SHADE[0] else ((29, 130), (39, 140))
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (
        39,
        29,
        140,
        130,
    )  # one dark pixel outside
    assert (after[60:100, 70:110] == ground).all()


@pytest.mark.parametrize(("size_hw", "line"), [((48, 64), 1), ((480, 640), 3), ((2000, 3000), 12)])
def test_lines_grow_with_the_picture(size_hw, line):
    pixels = np.zeros((*size_hw, 3), np.uint8)
    after = draw.framed(pixels, np.array([[0, 0, size_hw[1], size_hw[0]]]), [0], [""])
    assert (after[: size_hw[0] // 2, size_hw[1] // 2] == draw.COLOURS[0]).all(axis=1).sum() == line


@pytest.mark.parametrize(
    "size_hw", [(1, 1), (1, 500), (500, 1), (9, 9), (12, 40), (40, 12), (64, 48), (480, 640)]
)
def test_any_picture_keeps_its_size(size_hw):
    pixels = np.full((*size_hw, 3), 128, np.uint8)
    height, width = size_hw
    for box in [(0, 0, width, height), (0, 0, 0.2, 0.2), (width - 0.1, height - 0.1, width, height)]:
        after = draw.boxes(pixels, found((2, 0.9, box), size_hw=size_hw))
        assert after.shape == pixels.shape
        assert changed(pixels, after).any()
    assert (pixels == 128).all()


@pytest.mark.parametrize("box", [(0, 0, 30, 30), (290, 0, 320, 20), (290, 220, 320, 240), (0, 0, 320, 240)])
def test_a_text_at_the_border_stays_in_the_picture(box):
    places = draw.place_texts(np.array([box]), [(100, 20)], (240, 320))
    left, top, right, bottom = places[0]
    assert (right - left, bottom - top) == (100, 20)
    assert left >= 0 <= top
    assert right <= 320
    assert bottom <= 240


def test_texts_of_neighbours_keep_clear_of_each_other():
    box = np.array([[100, 100, 200, 200]] * 6)
    places = draw.place_texts(box, [(40, 20)] * 6, (400, 400))
    cover = np.zeros((400, 400), int)
    for left, top, right, bottom in places:
        cover[top:bottom, left:right] += 1
    assert cover.max() == 1


def test_a_long_name_is_cut():
    letters = draw.font(12)
    assert draw.shortened("cat", letters, 300) == "cat"
    assert draw.shortened("a" * 200, letters, 100).endswith("a…")
    assert letters.getlength(draw.shortened("a" * 200, letters, 100)) <= 100
    assert draw.shortened("cat", letters, 1) == ""


def test_no_object_leaves_the_picture_as_it_was():
    pixels = np.full((24, 32, 3), 7, np.uint8)
    assert (draw.boxes(pixels, found(size_hw=(24, 32))) == pixels).all()


def test_a_crowd_is_drawn_without_texts():
    pixels = np.full((240, 320, 3), 100, np.uint8)
    crowd = [(1, 0.9, (100, 100, 200, 200))] * (draw.MANY + 1)
    inner = np.s_[110:190, 110:190]  # where one of the texts of so many boxes would have to lie
    assert (draw.boxes(pixels, found(*crowd))[inner] == 100).all()
    assert (draw.boxes(pixels, found(*crowd[:-1]))[inner] != 100).any()


def test_the_legend_names_and_counts_what_occurs_and_escapes_it():
    shown = draw.legend(found((1, 0.9, (0, 0, 9, 9)), (1, 0.8, (0, 0, 9, 9)), (2, 0.7, (0, 0, 9, 9))))
    assert "class 1: 2" in shown
    assert "class 2: 1" in shown
    assert "class 0" not in shown
    hostile = Boxes(
        ("<b>",), np.zeros((1, 4), np.float32), np.zeros(1, np.int64), np.ones(1, np.float32), (9, 9)
    )
    assert "&lt;b&gt;: 1" in draw.legend(hostile)
