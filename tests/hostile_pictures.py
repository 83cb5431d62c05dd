"""Hostile and odd picture files, made here by hand, by the numbers of the table of hostile inputs.

`HOSTILE_PICTURES` says of each file what must happen: an error code, or None where it must decode. The files
are small (the largest has 0.5 MB) and the makers deterministic, so that a server test can send the same ones.
"""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image


class HostilePicture(NamedTuple):
    """`row` of the table of hostile input, `code` of the error that must come, None if the file is good."""

    row: int
    name: str
    suffix: str
    make: Callable[[], bytes]
    code: str | None


def gradient() -> np.ndarray:
    """(32, 48, 3) uint8: every pixel differs from its neighbours, and no two corners look alike."""
    y, x = np.mgrid[0:32, 0:48]
    return np.stack([x * 5, y * 8, 255 - x * 3 - y * 2], axis=2).astype(np.uint8)


def saved(image: Image.Image, picture_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, picture_format, **options)
    return file.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def grey_png(width: int, height: int, packed: bytes | None) -> bytes:
    """An 8-bit grey PNG by hand; `packed` is its zlib stream, None leaves the pixels out."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = b"" if packed is None else png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + pixels


@cache
def black_png(width: int, height: int) -> bytes:
    """All pixels black, packed row by row: the rows never stand in memory together."""
    pack = zlib.compressobj(9)
    row = bytes(1 + width)  # filter byte and pixels
    return grey_png(width, height, b"".join([*(pack.compress(row) for _ in range(height)), pack.flush()]))


def zero_by_zero_png() -> bytes:
    return grey_png(0, 0, zlib.compress(b""))


def zero_by_zero_gif() -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", 0, 0, 0, 0, 0) + b",\0\0\0\0\0\0\0\0\0\x02\0;"


def zero_by_zero_bmp() -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 0, 0, 1, 24, 0, 0, 0, 0, 0, 0)


def zero_byte_file() -> bytes:
    return b""


def one_pixel_png() -> bytes:
    return saved(Image.new("RGB", (1, 1), (10, 20, 30)), "PNG")


def strip_png() -> bytes:
    """1 x 20000, too tall for WebP's 16383."""
    return saved(Image.new("RGB", (1, 20_000), (10, 20, 30)), "PNG")


def png_of_88_megapixels() -> bytes:
    return black_png(11_000, 8_000)


def png_of_169_megapixels() -> bytes:
    return black_png(13_000, 13_000)


def png_header_of_60000() -> bytes:
    return grey_png(60_000, 60_000, None)


def jpeg_header_of_60000() -> bytes:
    return b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, 60_000, 60_000, 1) + b"\x01\x11\0"


def gif_frame_beyond_screen() -> bytes:
    """A screen of 10 x 10 with a first frame of 60000 x 60000, to which Pillow grows the screen."""
    frame = b"," + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + b"\x02\x02\x4c\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame + b";"


def tiff_with_giant_tile() -> bytes:
    """10 x 10 pixels in one tile of 20000 x 20000, which libtiff would decode whole."""
    tile = zlib.compress(bytes(1000))
    rows = [(256, 10), (257, 10), (258, 8), (259, 8), (262, 1), (277, 1)]  # 259: DEFLATE
    rows += [(322, 20_000), (323, 20_000), (324, 8), (325, len(tile))]
    directory = struct.pack("<H", len(rows)) + b"".join(struct.pack("<HHII", tag, 4, 1, v) for tag, v in rows)
    return b"II*\0" + struct.pack("<I", 8 + len(tile)) + tile + directory + bytes(4)


def jpeg_of_1000_scans() -> bytes:
    """A progressive JPEG whose last scan is repeated: each repetition would visit every pixel again."""
    jpeg = saved(Image.new("L", (64, 64), 100), "JPEG", progressive=True)
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last * 1000 + jpeg[-2:]


def cmyk_jpeg() -> bytes:
    return saved(Image.fromarray(gradient()).convert("CMYK"), "JPEG", quality=95)


def grey_16_bit_png() -> bytes:
    return saved(Image.fromarray(grey_16_bit()), "PNG")


def grey_16_bit() -> np.ndarray:
    """(32, 48) uint16 over the full range."""
    return np.linspace(0, 65535, 32 * 48).astype(np.uint16).reshape(32, 48)


def float_tiff() -> bytes:
    return saved(Image.fromarray(np.linspace(-1, 3, 32 * 48, dtype=np.float32).reshape(32, 48)), "TIFF")


def float_tiff_with_nan() -> bytes:
    values = np.ones((8, 8), np.float32)
    values[2, 3] = np.nan
    return saved(Image.fromarray(values), "TIFF")


def palette_png() -> bytes:
    return saved(Image.fromarray(gradient()).quantize(32), "PNG")


def palette_gif() -> bytes:
    return saved(Image.fromarray(gradient()).quantize(32), "GIF")


def frames() -> list[Image.Image]:
    """Three frames of flat red, green and blue."""
    return [Image.new("RGB", (16, 12), colour) for colour in ("red", "lime", "blue")]


def animated_gif() -> bytes:
    return saved(frames()[0], "GIF", save_all=True, append_images=frames()[1:])


def animated_webp() -> bytes:
    return saved(frames()[0], "WEBP", save_all=True, append_images=frames()[1:], lossless=True)


def animated_png() -> bytes:
    return saved(frames()[0], "PNG", save_all=True, append_images=frames()[1:])


def three_page_tiff() -> bytes:
    return saved(frames()[0], "TIFF", save_all=True, append_images=frames()[1:])


def transparent_rgba_png() -> bytes:
    """Fully transparent, with colours hidden below."""
    return saved(Image.fromarray(np.dstack([gradient(), np.zeros((32, 48), np.uint8)])), "PNG")


def transparent_grey_png() -> bytes:
    return saved(Image.new("LA", (8, 8), (40, 0)), "PNG")


def transparent_palette_png() -> bytes:
    image = Image.new("P", (8, 8), 3)
    image.putpalette(bytes(range(12)))
    return saved(image, "PNG", transparency=3)


def transparent_16_bit_png() -> bytes:
    return saved(Image.fromarray(np.full((8, 8), 500, np.uint16)), "PNG", transparency=500)


def orientation_6() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6  # the stored picture has to be turned by 90 degrees clockwise
    return exif


def turned_jpeg() -> bytes:
    return saved(Image.fromarray(gradient()), "JPEG", quality=95, exif=orientation_6())


def turned_png() -> bytes:
    return saved(Image.fromarray(gradient()), "PNG", exif=orientation_6())


def turned_webp() -> bytes:
    return saved(Image.fromarray(gradient()), "WEBP", lossless=True, exif=orientation_6())


def turned_tiff() -> bytes:
    return saved(Image.fromarray(gradient()), "TIFF", exif=orientation_6())


def noise_jpeg() -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return saved(Image.fromarray(noise), "JPEG")


def truncated_jpeg() -> bytes:
    return noise_jpeg()[:3000]


def jpeg_truncated_in_header() -> bytes:
    return noise_jpeg()[:40]


def truncated_png() -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return saved(Image.fromarray(noise), "PNG")[:6000]


def png_truncated_in_header() -> bytes:
    return grey_png(8, 8, None)[:18]


def truncated_gif() -> bytes:
    return palette_gif()[:-300]


def truncated_webp() -> bytes:
    return turned_webp()[:-100]


def truncated_bmp() -> bytes:
    return saved(Image.fromarray(gradient()), "BMP")[:-500]


def truncated_tiff() -> bytes:
    """The directory stands first, the pixels are cut off."""
    rows = [(256, 50), (257, 50), (258, 8), (259, 1), (262, 1), (273, 110), (277, 1), (278, 50), (279, 2500)]
    directory = struct.pack("<H", len(rows)) + b"".join(struct.pack("<HHII", tag, 4, 1, v) for tag, v in rows)
    return b"II*\0" + struct.pack("<I", 8) + directory + bytes(4) + bytes(100)


def damaged_png() -> bytes:
    """Whole, but the pixels are no zlib stream."""
    return grey_png(8, 8, b"this is not a zlib stream")


def text_named_png() -> bytes:
    return b"This is a plain text, whatever its name says.\n"


def html_named_png() -> bytes:
    return b"<!DOCTYPE html><html><body><img src='x'></body></html>"


def text_that_starts_like_bmp() -> bytes:
    return b"BMI is a number that doctors compute from weight and height."


def svg_with_script() -> bytes:
    return (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script>'
        b'<image href="file:///etc/hostname"/></svg>'
    )


def eps() -> bytes:
    return saved(Image.fromarray(gradient()), "EPS")


def fits() -> bytes:
    cards = ("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 4", "NAXIS2  = 4", "END")
    return "".join(card.ljust(80) for card in cards).ljust(2880).encode() + bytes(2880)


def icns() -> bytes:
    return saved(Image.fromarray(gradient()), "ICNS")


def ppm() -> bytes:
    return saved(Image.fromarray(gradient()), "PPM")


def pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def png_with_text_bomb() -> bytes:
    """A good 1 x 1 PNG with a compressed comment that unpacks to 100 MB."""
    pack = zlib.compressobj(9)
    comment = b"".join([*(pack.compress(bytes(1024**2)) for _ in range(100)), pack.flush()])
    png = one_pixel_png()
    return png[:33] + png_chunk(b"zTXt", b"Comment\0\0" + comment) + png[33:]


HOSTILE_PICTURES: tuple[HostilePicture, ...] = tuple(
    HostilePicture(*row)
    for row in (
        (1, "0x0 PNG", ".png", zero_by_zero_png, "image_empty"),
        (1, "0x0 GIF", ".gif", zero_by_zero_gif, "image_empty"),
        (1, "0x0 BMP", ".bmp", zero_by_zero_bmp, "image_empty"),
        (2, "0-byte file", ".png", zero_byte_file, "file_empty"),
        (3, "1x1 PNG", ".png", one_pixel_png, None),
        (4, "1x20000 strip", ".png", strip_png, None),
        (5, "88 Mpx PNG", ".png", png_of_88_megapixels, "image_too_large"),
        (6, "169 Mpx PNG", ".png", png_of_169_megapixels, "image_too_large"),
        (8, "PNG header 60000x60000", ".png", png_header_of_60000, "image_too_large"),
        (8, "JPEG header 60000x60000", ".jpg", jpeg_header_of_60000, "image_too_large"),
        (8, "GIF frame beyond its screen", ".gif", gif_frame_beyond_screen, "image_too_large"),
        (8, "TIFF with a giant tile", ".tif", tiff_with_giant_tile, "image_too_large"),
        (8, "JPEG of 1000 scans", ".jpg", jpeg_of_1000_scans, "image_too_large"),
        (9, "CMYK JPEG", ".jpg", cmyk_jpeg, None),
        (10, "16-bit grey PNG", ".png", grey_16_bit_png, None),
        (11, "float32 TIFF", ".tif", float_tiff, None),
        (11, "float32 TIFF with NaN", ".tif", float_tiff_with_nan, "image_not_finite"),
        (12, "palette PNG", ".png", palette_png, None),
        (13, "palette GIF", ".gif", palette_gif, None),
        (14, "animated GIF", ".gif", animated_gif, None),
        (14, "animated WebP", ".webp", animated_webp, None),
        (14, "APNG", ".png", animated_png, None),
        (14, "TIFF of three pages", ".tif", three_page_tiff, None),
        (15, "transparent RGBA PNG", ".png", transparent_rgba_png, None),
        (15, "transparent LA PNG", ".png", transparent_grey_png, None),
        (15, "transparent palette PNG", ".png", transparent_palette_png, None),
        (15, "transparent 16-bit PNG", ".png", transparent_16_bit_png, None),
        (16, "turned JPEG", ".jpg", turned_jpeg, None),
        (16, "turned PNG", ".png", turned_png, None),
        (16, "turned WebP", ".webp", turned_webp, None),
        (16, "turned TIFF", ".tif", turned_tiff, None),
        (17, "truncated JPEG", ".jpg", truncated_jpeg, "image_truncated"),
        (17, "JPEG truncated in its header", ".jpg", jpeg_truncated_in_header, "image_truncated"),
        (18, "truncated PNG", ".png", truncated_png, "image_truncated"),
        (18, "PNG truncated in its header", ".png", png_truncated_in_header, "image_truncated"),
        (18, "truncated GIF", ".gif", truncated_gif, "image_truncated"),
        (18, "truncated WebP", ".webp", truncated_webp, "image_truncated"),
        (18, "truncated BMP", ".bmp", truncated_bmp, "image_truncated"),
        (18, "truncated TIFF", ".tif", truncated_tiff, "image_truncated"),
        (18, "damaged PNG", ".png", damaged_png, "image_unreadable"),
        (19, "text named .png", ".png", text_named_png, "not_an_image"),
        (19, "HTML named .png", ".png", html_named_png, "not_an_image"),
        (19, "text that starts with BM", ".bmp", text_that_starts_like_bmp, "not_an_image"),
        (20, "SVG with script and file reference", ".svg", svg_with_script, "not_an_image"),
        (20, "SVG named .png", ".png", svg_with_script, "not_an_image"),
        (21, "EPS", ".eps", eps, "not_an_image"),
        (21, "FITS", ".fits", fits, "not_an_image"),
        (21, "ICNS", ".icns", icns, "not_an_image"),
        (21, "PPM", ".ppm", ppm, "not_an_image"),
        (21, "PDF", ".pdf", pdf, "not_an_image"),
        (45, "PNG with a text bomb", ".png", png_with_text_bomb, "image_unreadable"),
    )
)
