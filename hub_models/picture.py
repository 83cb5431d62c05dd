"""Uploads become pixels here and nowhere else: any supported picture file -> (H, W, 3) uint8 RGB, upright.

Limits are checked from the file's header before anything is decoded. Colours are taken as they are stored:
colour profiles are not applied. What a person should know about the conversion stands in `Picture.notes`.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from hub_models.errors import BadInput, Overloaded
from hub_models.picture_header import MOST_FRAMES, Header, count_frames, ends_early, read_header

SUPPORTED = "a PNG, JPEG, WebP, GIF, BMP or TIFF picture"
PILLOW_WARNS_ABOVE = 1024**3 // 4 // 3  # pixels; PIL.Image.MAX_IMAGE_PIXELS: 256 MiB of 3 bytes each
LARGEST_JPEG_SIDE = 65_500  # JPEG_MAX_DIMENSION of libjpeg
MOST_JPEG_SCANS = 100  # each scan of a progressive JPEG visits every pixel; encoders write about 10

ORIENTATION_TAG = 0x0112
UPRIGHT = {  # EXIF 2.32, tag Orientation: where row 0 and column 0 of the stored picture belong
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)  # the stored rows are columns
PNG_ORIENTATIONS = (b"eXIf", b"Raw profile type exif", b"XML:com.adobe.xmp")  # where a PNG may keep it

# What Pillow's plugins raise on damaged files. UnidentifiedImageError is an OSError; listed to be seen.
DECODE_ERRORS = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
)
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Pixels (H, W, 3) uint8 RGB, upright, and what had to be done to get them, for people."""

    pixels: np.ndarray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8:
            raise ValueError(f"expected (H, W, 3) of uint8, got {self.pixels.shape} of {self.pixels.dtype}")


@dataclass(frozen=True, kw_only=True)
class PictureLimits:
    """What a picture may be. Checked from the header: a refused picture is never decoded."""

    max_bytes: int = 20_000_000  # of the file
    max_pixels: int = 40_000_000  # width * height; a 7700 x 5100 camera picture still passes
    min_side: int = 1  # pixels of the shorter side; tasks that need context set more
    max_aspect: float | None = None  # longer side / shorter side; None: any

    def __post_init__(self) -> None:
        if self.max_pixels > PILLOW_WARNS_ABOVE:
            raise ValueError(f"expected max_pixels of at most {PILLOW_WARNS_ABOVE}, got {self.max_pixels}")


DEFAULT_LIMITS = PictureLimits()


def decode_picture(source: Path | bytes, *, limits: PictureLimits = DEFAULT_LIMITS) -> Picture:
    """Decode a file, or the bytes of one; the first frame of an animation.

    Raises BadInput: `file_missing`, `file_empty`, `not_an_image`, `image_empty`, `image_too_small`,
    `image_too_large`, `aspect`, `image_truncated`, `image_unreadable`, `image_not_finite`; Overloaded:
    `out_of_memory`.
    """
    data = source if isinstance(source, bytes) else read_upload(source, limits)
    header = checked_header(data, limits)
    try:
        image = upright_image(data, header)
        pixels, notes = rgb_pixels(image)
    except MemoryError as error:
        raise Overloaded(
            "out_of_memory",
            "Expected room for the decoded picture, but memory is used up; try a smaller one.",
        ) from error
    except BOMBS as error:
        raise too_large(header, limits) from error
    return Picture(pixels=pixels, notes=(*frame_notes(data, header), *notes))


def upright_image(data: bytes, header: Header) -> Image.Image:
    """The loaded first frame, turned as its EXIF orientation says (Pillow turns TIFFs on loading)."""
    try:
        with Image.open(io.BytesIO(data), formats=(header.format,)) as image:
            if image.width * image.height > header.width * header.height:
                raise ValueError(f"header says {header}, Pillow {image.size}")
            image.load()
            orientation = image.getexif().get(ORIENTATION_TAG)
    except DECODE_ERRORS as error:
        raise unreadable(data, header, error) from error
    if orientation not in UPRIGHT:
        return image
    return image.transpose(UPRIGHT[orientation])


def upright_size(source: Path | bytes, *, limits: PictureLimits = DEFAULT_LIMITS) -> tuple[int, int]:
    """(H, W) of what `decode_picture` gives, without decoding it. BadInput as there."""
    data = source if isinstance(source, bytes) else read_upload(source, limits)
    header = checked_header(data, limits)
    if header.format == "PNG" and not any(mark in data for mark in PNG_ORIENTATIONS):
        return header.height, header.width  # Pillow would decode the whole picture to look for one
    try:
        with Image.open(io.BytesIO(data), formats=(header.format,)) as image:
            turned = image.getexif().get(ORIENTATION_TAG) in SIDEWAYS
    except DECODE_ERRORS as error:
        raise unreadable(data, header, error) from error
    return (header.width, header.height) if turned else (header.height, header.width)


def frame_notes(data: bytes, header: Header) -> tuple[str, ...]:
    """What was left out of an animation or a document of many pages."""
    frames = count_frames(data, header.format)
    if frames == 1:
        return ()
    number = f"{frames}" if frames < MOST_FRAMES else f"at least {MOST_FRAMES}"
    return (f"first {'page' if header.format == 'TIFF' else 'frame'} of {number}",)


def read_upload(path: Path, limits: PictureLimits) -> bytes:
    """The bytes of a file; its size is looked at first."""
    if not path.is_file():
        raise BadInput("file_missing", "Expected an uploaded picture, but the file is gone; upload it again.")
    if path.stat().st_size > limits.max_bytes:
        raise too_many_bytes(path.stat().st_size, limits)
    return path.read_bytes()


def checked_header(data: bytes, limits: PictureLimits) -> Header:
    """The header of `data`, if the limits allow to decode it."""
    if not data:
        raise BadInput("file_empty", f"Expected {SUPPORTED}, got a file of 0 bytes; upload it again.")
    if len(data) > limits.max_bytes:
        raise too_many_bytes(len(data), limits)
    try:
        header = read_header(data)
    except struct.error as error:
        raise truncated() from error
    except ValueError as error:
        raise damaged() from error
    if header is None:
        raise BadInput(
            "not_an_image", f"Expected {SUPPORTED}, got something else; save it as PNG or JPEG first."
        )
    width, height = header.width, header.height
    if width <= 0 or height <= 0:
        raise BadInput(
            "image_empty", f"Expected a picture with pixels, got one of {width} x {height}; choose another."
        )
    if max(width * height, header.largest_tile) > limits.max_pixels:
        raise too_large(header, limits)
    if min(width, height) < limits.min_side:
        raise BadInput(
            "image_too_small",
            f"Expected at least {limits.min_side} pixels on each side, got {width} x {height}; "
            "choose a larger picture.",
        )
    if limits.max_aspect is not None and max(width, height) > limits.max_aspect * min(width, height):
        raise BadInput(
            "aspect",
            f"Expected a longer side of at most {limits.max_aspect:g} times the shorter, "
            f"got {width} x {height}; crop the picture.",
        )
    if header.format == "JPEG" and data.count(b"\xff\xda") > MOST_JPEG_SCANS:
        raise BadInput(
            "image_too_large",
            f"Expected a JPEG of at most {MOST_JPEG_SCANS} scans, got more, which takes too long to decode; "
            "save it as a baseline JPEG.",
        )
    return header


def too_many_bytes(size: int, limits: PictureLimits) -> BadInput:
    return BadInput(
        "image_too_large",
        f"Expected a file of at most {limits.max_bytes / 1e6:.3g} MB, got {size / 1e6:.3g} MB; "
        "make the picture smaller or save it as JPEG.",
    )


def too_large(header: Header, limits: PictureLimits) -> BadInput:
    pixels = max(header.width * header.height, header.largest_tile)
    return BadInput(
        "image_too_large",
        f"Expected at most {limits.max_pixels / 1e6:.3g} million pixels, "
        f"got {header.width} x {header.height} ({pixels / 1e6:.3g} million to decode); "
        "make the picture smaller.",
    )


def truncated() -> BadInput:
    return BadInput(
        "image_truncated", "Expected a whole picture, but the file ends too early; save or upload it again."
    )


def damaged() -> BadInput:
    return BadInput(
        "image_unreadable",
        "Expected an intact picture, but the file is damaged; save it again as PNG or JPEG.",
    )


def unreadable(data: bytes, header: Header, error: Exception) -> BadInput:
    """Cut off or damaged: Pillow raises the same types for both, so the end of the file decides."""
    if "truncated" in str(error) or ends_early(data, header.format):
        return truncated()
    return damaged()


def rgb_pixels(image: Image.Image) -> tuple[np.ndarray, tuple[str, ...]]:
    """A loaded Pillow image of any mode -> (H, W, 3) uint8 RGB, and notes."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return deep_grey_pixels(image)
    if image.mode == "LAB":
        to_srgb = ImageCms.buildTransform(
            ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
        )
        return np.array(ImageCms.applyTransform(image, to_srgb)), ()
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        if alpha.getextrema()[0] < 255:
            white = Image.new("RGB", image.size, "white")
            white.paste(rgba, mask=alpha)
            return np.array(white), ("transparent parts shown over white",)
        return np.array(rgba.convert("RGB")), ()
    return np.array(image.convert("RGB")), ()


def deep_grey_pixels(image: Image.Image) -> tuple[np.ndarray, tuple[str, ...]]:
    """Grey of more than 8 bits: 16 bits by their full range, 32 bits and floats by the values that occur."""
    values = np.asarray(image)  # (H, W)
    if image.mode.startswith("I;16"):
        grey = (np.arange(65536) / 257).round().astype(np.uint8)[values]  # 65535 / 257 = 255
        note = "16-bit picture scaled to 8 bit"
    else:
        if not np.isfinite(values).all():
            count = int((~np.isfinite(values)).sum())
            raise BadInput(
                "image_not_finite",
                f"Expected finite brightness everywhere, got {count} infinite or undefined pixels; "
                "replace them and try again.",
            )
        low, high = float(values.min()), float(values.max())
        scale = 255 / (high - low) if high > low else 0.0  # one brightness everywhere: black
        grey = ((values.astype(np.float64) - low) * scale).round().astype(np.uint8)
        note = f"brightness from {low:g} to {high:g} scaled to 8 bit"
    notes = [note]
    transparent = image.info.get("transparency")
    if isinstance(transparent, int) and (values == transparent).any():  # tRNS of a grey PNG: one hidden value
        grey[values == transparent] = 255
        notes.append("transparent parts shown over white")
    return np.repeat(grey[:, :, None], 3, axis=2), tuple(notes)  # (H, W) -> (H, W, 3)


def fit_within(pixels: np.ndarray, longest_side: int) -> np.ndarray:
    """Pixels (H, W, 3) uint8, shrunk until no side is longer: for display only, never larger than before."""
    height, width = pixels.shape[:2]
    if max(height, width) <= longest_side:
        return pixels
    scale = longest_side / max(height, width)
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.array(Image.fromarray(pixels).resize(size_wh, Image.Resampling.LANCZOS, reducing_gap=3.0))


def middle(pixels: np.ndarray, side: int) -> np.ndarray:
    """The largest square in the middle of (H, W, 3) uint8, as (side, side, 3)."""
    height, width = pixels.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = Image.fromarray(pixels[top : top + short, left : left + short])
    return np.array(square.resize((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0))


def encode_jpeg(pixels: np.ndarray, quality: int = 90) -> bytes:
    """Pixels (H, W, 3) uint8 -> a JPEG file, for results that look like photographs."""
    if max(pixels.shape[:2]) > LARGEST_JPEG_SIDE:
        raise BadInput(
            "image_too_large",
            f"Expected sides of at most {LARGEST_JPEG_SIDE} pixels for JPEG, "
            f"got {pixels.shape[1]} x {pixels.shape[0]}; crop the picture.",
        )
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return file.getvalue()


def encode_png(pixels: np.ndarray) -> bytes:
    """Pixels (H, W, 3) or (H, W) uint8 -> a PNG file, for masks and drawings, where every value counts."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
