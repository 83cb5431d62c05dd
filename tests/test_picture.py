"""Uploads become pixels: hostile files give their code, odd files the right colours, good ones Pillow's."""

import re
import tracemalloc
from pathlib import Path

import hostile_pictures as hostile
import numpy as np
import pytest
from hostile_pictures import HOSTILE_PICTURES, HostilePicture, gradient, saved
from PIL import Image, ImageFile

from hub_models.errors import BadInput, Overloaded
from hub_models.picture import (
    Picture,
    PictureLimits,
    decode_picture,
    encode_jpeg,
    encode_png,
    fit_within,
    rgb_pixels,
)

pytestmark = pytest.mark.filterwarnings("error")

REFUSED = [row for row in HOSTILE_PICTURES if row.code]
ACCEPTED = [row for row in HOSTILE_PICTURES if not row.code]
REFUSED_BY_HEADER = [
    row for row in REFUSED if row.code in ("image_empty", "file_empty", "image_too_large", "not_an_image")
]
A_PATH_OR_TRACE = re.compile(r"[/\\]|Traceback|Error|0x[0-9a-f]{6}|\n")
MEGABYTE = 1024**2


def by_name(row: HostilePicture) -> str:
    return f"{row.row} {row.name}"


def refusal(source: Path | bytes, limits: PictureLimits = PictureLimits()) -> BadInput:  # noqa: B008 (frozen)
    with pytest.raises(BadInput) as caught:
        decode_picture(source, limits=limits)
    assert caught.value.message.endswith(".")
    assert not A_PATH_OR_TRACE.search(caught.value.message)
    return caught.value


@pytest.mark.parametrize("row", REFUSED, ids=by_name)
def test_hostile_file_is_refused_with_its_code(row: HostilePicture, tmp_path: Path) -> None:
    file = tmp_path / f"upload{row.suffix}"
    file.write_bytes(row.make())
    assert refusal(file).code == row.code
    assert refusal(row.make()).code == row.code


@pytest.mark.parametrize("row", ACCEPTED, ids=by_name)
def test_odd_file_is_decoded(row: HostilePicture, tmp_path: Path) -> None:
    file = tmp_path / f"upload{row.suffix}"
    file.write_bytes(row.make())
    picture = decode_picture(file)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.flags.c_contiguous
    np.testing.assert_array_equal(picture.pixels, decode_picture(row.make()).pixels)


@pytest.mark.parametrize("row", REFUSED_BY_HEADER, ids=by_name)
def test_refused_by_header_before_pillow_sees_it(
    row: HostilePicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = row.make()

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("Pillow was asked")

    monkeypatch.setattr(Image, "open", opened)
    tracemalloc.start()
    refusal(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEGABYTE


def test_hostile_files_are_small() -> None:
    assert max(len(row.make()) for row in HOSTILE_PICTURES) < MEGABYTE


# 3, 4: what a task may demand


@pytest.mark.parametrize(
    ("make", "limits", "code"),
    [
        (hostile.one_pixel_png, PictureLimits(min_side=16), "image_too_small"),
        (hostile.strip_png, PictureLimits(max_aspect=100), "aspect"),
        (hostile.strip_png, PictureLimits(max_pixels=19_999), "image_too_large"),
        (hostile.strip_png, PictureLimits(max_bytes=100), "image_too_large"),
    ],
)
def test_limits_of_a_task(make, limits: PictureLimits, code: str, tmp_path: Path) -> None:
    file = tmp_path / "upload.png"
    file.write_bytes(make())
    assert refusal(file, limits).code == code
    assert refusal(make(), limits).code == code


def test_limits_are_inclusive() -> None:
    limits = PictureLimits(
        max_bytes=len(hostile.strip_png()), max_pixels=20_000, min_side=1, max_aspect=20_000
    )
    assert decode_picture(hostile.strip_png(), limits=limits).pixels.shape == (20_000, 1, 3)


def test_limits_above_those_of_pillow_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="at most 89478485"):
        PictureLimits(max_pixels=100_000_000)


def test_file_gone(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.png").code == "file_missing"
    assert refusal(tmp_path).code == "file_missing"


# 9 to 16: colours


def test_cmyk_is_rgb() -> None:
    difference = np.abs(decode_picture(hostile.cmyk_jpeg()).pixels.astype(int) - gradient())
    assert difference.mean() < 4  # JPEG at quality 95


def test_16_bit_grey_is_scaled() -> None:
    picture = decode_picture(hostile.grey_16_bit_png())
    assert picture.notes == ("16-bit picture scaled to 8 bit",)
    assert picture.pixels.mean() / 255 == pytest.approx(hostile.grey_16_bit().mean() / 65535, rel=0.01)
    assert (picture.pixels.min(), picture.pixels.max()) == (0, 255)


@pytest.mark.parametrize(
    ("values", "expected", "note"),
    [
        (np.float32([[-1, 0, 1, 3]]), [0, 64, 128, 255], "brightness from -1 to 3 scaled to 8 bit"),
        (np.float32([[-3e38, 3e38]]), [0, 255], "brightness from -3e+38 to 3e+38 scaled to 8 bit"),
        (np.float32([[0.5, 0.5]]), [0, 0], "brightness from 0.5 to 0.5 scaled to 8 bit"),
        (np.int32([[-5, 0, 5]]), [0, 128, 255], "brightness from -5 to 5 scaled to 8 bit"),
    ],
)
def test_floats_and_32_bit_are_scaled(values: np.ndarray, expected: list[int], note: str) -> None:
    picture = decode_picture(saved(Image.fromarray(values), "TIFF"))
    assert picture.pixels[0, :, 0].tolist() == expected
    assert picture.notes == (note,)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_floats_that_are_not_finite_are_refused(value: float) -> None:
    values = np.array([[0, value, 1, value]], np.float32)
    error = refusal(saved(Image.fromarray(values), "TIFF"))
    assert error.code == "image_not_finite"
    assert "2 infinite or undefined pixels" in error.message


@pytest.mark.parametrize("make", [hostile.palette_png, hostile.palette_gif])
def test_palette_is_rgb(make) -> None:
    expected = np.asarray(Image.fromarray(gradient()).quantize(32).convert("RGB"))
    picture = decode_picture(make())
    np.testing.assert_array_equal(picture.pixels, expected)
    assert picture.notes == ()


@pytest.mark.parametrize(
    ("make", "note"),
    [
        (hostile.animated_gif, "first frame of 3"),
        (hostile.animated_webp, "first frame of 3"),
        (hostile.animated_png, "first frame of 3"),
        (hostile.three_page_tiff, "first page of 3"),
    ],
)
def test_animation_gives_first_frame(make, note: str) -> None:
    picture = decode_picture(make())
    assert picture.notes == (note,)
    np.testing.assert_array_equal(picture.pixels, np.broadcast_to([255, 0, 0], (12, 16, 3)))


def test_many_frames_are_counted_to_1000() -> None:
    flat = Image.new("L", (1, 1))
    other = Image.new("L", (1, 1), 255)
    gif = saved(flat, "GIF", save_all=True, append_images=[other, flat] * 600)
    assert decode_picture(gif).notes == ("first frame of at least 1000",)


@pytest.mark.parametrize(
    "make",
    [
        hostile.transparent_rgba_png,
        hostile.transparent_grey_png,
        hostile.transparent_palette_png,
        hostile.transparent_16_bit_png,
    ],
)
def test_transparent_is_white(make) -> None:
    picture = decode_picture(make())
    assert "transparent parts shown over white" in picture.notes
    assert (picture.pixels == 255).all()


def test_half_transparent_is_mixed_with_white() -> None:
    picture = decode_picture(saved(Image.new("RGBA", (2, 2), (100, 0, 200, 51)), "PNG"))  # 51 / 255 = 0.2
    assert picture.pixels[0, 0].tolist() == [224, 204, 244]


def test_opaque_alpha_needs_no_note() -> None:
    picture = decode_picture(saved(Image.fromarray(gradient()).convert("RGBA"), "PNG"))
    assert picture.notes == ()
    np.testing.assert_array_equal(picture.pixels, gradient())


@pytest.mark.parametrize("make", [hostile.turned_png, hostile.turned_webp, hostile.turned_tiff])
def test_orientation_6_is_turned_clockwise(make) -> None:
    np.testing.assert_array_equal(decode_picture(make()).pixels, np.rot90(gradient(), -1))


def test_orientation_6_of_a_jpeg() -> None:
    difference = np.abs(decode_picture(hostile.turned_jpeg()).pixels.astype(int) - np.rot90(gradient(), -1))
    assert difference.mean() < 4


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, lambda upright: upright),
        (2, lambda upright: upright[:, ::-1]),
        (3, lambda upright: upright[::-1, ::-1]),
        (4, lambda upright: upright[::-1]),
        (5, lambda upright: upright.transpose(1, 0, 2)),
        (6, lambda upright: np.rot90(upright, 1)),
        (7, lambda upright: upright[::-1, ::-1].transpose(1, 0, 2)),
        (8, lambda upright: np.rot90(upright, -1)),
        (99, lambda upright: upright),
    ],
)
def test_every_orientation(orientation: int, stored) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    png = saved(Image.fromarray(np.ascontiguousarray(stored(gradient()))), "PNG", exif=exif)
    np.testing.assert_array_equal(decode_picture(png).pixels, gradient())


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "LA", "PA", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB"]
)
def test_every_mode_of_pillow_becomes_rgb(mode: str) -> None:
    grey = Image.new("RGB", (4, 4), (255, 255, 255))
    if mode == "LAB":
        image = Image.new("LAB", (4, 4), (255, 128, 128))  # L* = 100, a* = b* = 0
    elif mode in ("LA", "PA"):
        image = grey.convert("L").convert("LA").convert(mode)
    elif mode == "RGBa":
        image = grey.convert("RGBA").convert("RGBa")
    else:
        image = grey.convert(mode)
    pixels, notes = rgb_pixels(image)
    assert pixels.shape == (4, 4, 3)
    assert pixels.min() >= 254
    assert notes == ()


def test_lab_tiff() -> None:
    pixels = decode_picture(saved(Image.new("LAB", (4, 4), (128, 128, 128)), "TIFF")).pixels
    assert np.ptp(pixels) <= 1  # L* = 50, grey
    assert pixels.mean() == pytest.approx(119, abs=2)  # sRGB of L* = 50 is 118.9


# 17, 18: any cut of any format


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_cut_is_a_named_error_or_a_picture(picture_format: str) -> None:
    whole = saved(Image.fromarray(gradient()), picture_format)
    for length in range(1, len(whole), max(1, len(whole) // 40)):
        try:
            decode_picture(whole[:length])
        except BadInput as error:
            assert error.code in ("image_truncated", "not_an_image", "image_unreadable")
            assert error.code != "not_an_image" or length < 64


def test_next_good_call_after_hostile_ones_is_the_same() -> None:
    good = saved(Image.fromarray(gradient()), "PNG")
    before = decode_picture(good)
    for row in REFUSED:
        refusal(row.make())
    np.testing.assert_array_equal(decode_picture(good).pixels, before.pixels)


def test_memory_error_has_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: ImageFile.ImageFile) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", full)
    with pytest.raises(Overloaded) as caught:
        decode_picture(saved(Image.fromarray(gradient()), "BMP"))
    assert caught.value.code == "out_of_memory"


# Good files, and results


@pytest.mark.parametrize(
    ("picture_format", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 90}),
        ("JPEG", {"quality": 90, "progressive": True}),
        ("WEBP", {"quality": 80}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_deflate"}),
        ("TIFF", {"compression": "jpeg"}),
        ("TIFF", {"big_tiff": True}),
    ],
)
def test_good_file_gives_what_pillow_gives(picture_format: str, options: dict, tmp_path: Path) -> None:
    file = tmp_path / "a picture with a name of no format"
    file.write_bytes(saved(Image.fromarray(gradient()), picture_format, **options))
    with Image.open(file) as image:
        expected = np.asarray(image.convert("RGB"))
    picture = decode_picture(file)
    assert picture.notes == ()
    np.testing.assert_array_equal(picture.pixels, expected)


def test_pixels_can_be_written_to() -> None:
    pixels = decode_picture(saved(Image.fromarray(gradient()), "PNG")).pixels
    pixels[0, 0] = 7


@pytest.mark.parametrize("pixels", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_picture_is_checked(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        Picture(pixels=pixels)


@pytest.mark.parametrize(
    ("shape", "longest", "expected"),
    [
        ((100, 50, 3), 200, (100, 50, 3)),
        ((100, 50, 3), 100, (100, 50, 3)),
        ((100, 50, 3), 10, (10, 5, 3)),
        ((20_000, 1, 3), 512, (512, 1, 3)),
    ],
)
def test_fit_within(shape: tuple[int, ...], longest: int, expected: tuple[int, ...]) -> None:
    shrunk = fit_within(np.full(shape, 77, np.uint8), longest)
    assert shrunk.shape == expected
    assert (shrunk == 77).all()


def test_results_come_back() -> None:
    np.testing.assert_array_equal(decode_picture(encode_png(gradient())).pixels, gradient())
    difference = np.abs(decode_picture(encode_jpeg(gradient())).pixels.astype(int) - gradient())
    assert difference.mean() < 4
    assert encode_png(gradient()[:, :, 0]).startswith(b"\x89PNG")


def test_strip_comes_back_and_a_longer_one_is_refused() -> None:
    assert decode_picture(encode_jpeg(np.zeros((20_000, 1, 3), np.uint8))).pixels.shape == (20_000, 1, 3)
    with pytest.raises(BadInput) as caught:
        encode_jpeg(np.zeros((70_000, 1, 3), np.uint8))
    assert caught.value.code == "image_too_large"
