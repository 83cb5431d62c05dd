"""What the first bytes of a picture file say about it: format, width and height, before anything is decoded.

Pillow is asked only afterwards, because opening a file there already inflates text chunks, allocates WebP
canvases and warns about large pictures, and because it cannot tell an empty picture from a foreign file.
The offsets are those of the formats' own specifications (PNG 3rd edition, ITU T.81, RFC 9649, GIF89a,
BITMAPINFOHEADER, TIFF 6.0 and its 64-bit variant).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

PictureFormat = Literal["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]

MOST_FRAMES = 1000  # counted exactly up to here
MOST_GIF_BLOCKS = 200_000  # of at most 255 bytes: more than a 20 MB file needs, walked in about 50 ms
MOST_TIFF_TAGS = 4096  # in one directory; usual pictures have about 15

BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}
TIFF_WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}  # BYTE, SHORT, LONG, LONG8
JPEG_FRAME_MARKERS = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0..15 without DHT, JPG, DAC
JPEG_BARE_MARKERS = {0x01, *range(0xD0, 0xD9)}  # TEM, RST0..7, SOI: no length follows


@dataclass(frozen=True, kw_only=True)
class Header:
    """Format and size in pixels; `largest_tile` is the area of one TIFF tile, decoded whole, else 0."""

    format: PictureFormat
    width: int
    height: int
    largest_tile: int = 0


def read_header(data: bytes) -> Header | None:
    """The header of a picture file, None if `data` starts like none of the six formats.

    Raises struct.error where the file ends inside its header, ValueError where the header contradicts itself.
    """
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return tiff_header(data)
    picture_format: PictureFormat
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        picture_format, size = "PNG", png_size(data)
    elif data.startswith(b"\xff\xd8\xff"):
        picture_format, size = "JPEG", jpeg_size(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        picture_format, size = "WEBP", webp_size(data)
    elif data.startswith((b"GIF87a", b"GIF89a")):
        picture_format, size = "GIF", gif_size(data)
    elif data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in BMP_HEADER_SIZES:
        picture_format, size = "BMP", bmp_size(data)
    else:
        return None
    return Header(format=picture_format, width=size[0], height=size[1])


def count_frames(data: bytes, picture_format: PictureFormat) -> int:
    """Frames of an animation or pages of a TIFF, from 1 to MOST_FRAMES."""
    match picture_format:
        case "PNG":
            frames = apng_frames(data)
        case "WEBP":
            frames = sum(1 for _ in islice(webp_frames(data), MOST_FRAMES))
        case "GIF":
            frames = sum(1 for _ in islice(gif_frame_corners(data), MOST_FRAMES))
        case "TIFF":
            frames = sum(1 for _ in islice(tiff_directories(data), MOST_FRAMES))
        case "JPEG" | "BMP":
            frames = 1
    return max(1, min(frames, MOST_FRAMES))


def ends_early(data: bytes, picture_format: PictureFormat) -> bool:
    """Whether the mark that ends a file of this format is missing."""
    match picture_format:
        case "PNG":
            return b"IEND" not in data
        case "JPEG":
            return data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda")  # end of image before the last scan
        case "WEBP":
            return len(data) < 8 + int.from_bytes(data[4:8], "little")
        case "GIF":
            return not data.rstrip(b"\0").endswith(b";")
        case "BMP":
            return len(data) < int.from_bytes(data[2:6], "little")
        case "TIFF":
            return False  # nothing ends a TIFF: its directory may stand before or after the pixels


def png_size(data: bytes) -> tuple[int, int]:
    kind, width, height = struct.unpack_from(">4sII", data, 12)
    if kind != b"IHDR":
        raise ValueError(f"expected IHDR first, got {kind!r}")
    return width, height


def apng_frames(data: bytes) -> int:
    """What the animation control chunk says; it stands before the pixels."""
    control = data.find(b"acTL", 0, max(data.find(b"IDAT"), 0))
    return 1 if control < 0 else int.from_bytes(data[control + 4 : control + 8], "big")


def jpeg_size(data: bytes) -> tuple[int, int]:
    position = 2
    while True:
        lead, marker = struct.unpack_from(">BB", data, position)
        if lead != 0xFF:
            raise ValueError(f"expected a marker at byte {position}, got {lead:#x}")
        if marker == 0xFF:  # fill byte
            position += 1
        elif marker in JPEG_BARE_MARKERS:
            position += 2
        elif marker in JPEG_FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        elif marker in (0xD9, 0xDA):
            raise ValueError("the picture ends or its scan begins before its size is given")
        else:
            position += 2 + struct.unpack_from(">H", data, position + 2)[0]


def webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":  # width - 1 and height - 1 in 24 bits each
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", data, 24)
        return low_w + (high_w << 16) + 1, low_h + (high_h << 16) + 1
    if kind == b"VP8L":  # width - 1 and height - 1 in 14 bits each
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":  # 14 bits each, the upper two are a scale for the screen
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if len(data) < 16:
        raise struct.error("ends before its first chunk")
    raise ValueError(f"expected a VP8 chunk, got {kind!r}")


def webp_frames(data: bytes) -> Iterator[int]:
    """Where each frame of an animation begins."""
    position = 12
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        if kind == b"ANMF":
            yield position
        position += 8 + length + length % 2


def gif_size(data: bytes) -> tuple[int, int]:
    """The screen, or the first frame where it reaches beyond (Pillow grows the screen to it)."""
    width, height = struct.unpack_from("<HH", data, 6)
    first_frame = next(gif_frame_corners(data), None)
    if first_frame is None:
        if ends_early(data, "GIF"):
            raise struct.error("ends before its first frame")
        raise ValueError("no frame follows the header")
    return max(width, first_frame[0]), max(height, first_frame[1])


def gif_frame_corners(data: bytes) -> Iterator[tuple[int, int]]:
    """Right and lower end of each frame, up to the first damage."""
    position = 13
    if len(data) >= 13 and data[10] & 0x80:
        position += 6 << (data[10] & 7)  # the shared palette: 3 bytes for each of 2 ** (n + 1) colours
    blocks_left = MOST_GIF_BLOCKS
    while position + 10 <= len(data):
        if data[position] == 0x2C:  # a frame
            left, top, width, height, flags = struct.unpack_from("<HHHHB", data, position + 1)
            yield left + width, top + height
            position += 11 + (6 << (flags & 7) if flags & 0x80 else 0)
        elif data[position] == 0x21:  # an extension
            position += 2
        else:
            return
        while position < len(data) and data[position] and blocks_left:
            position += 1 + data[position]
            blocks_left -= 1
        position += 1


def bmp_size(data: bytes) -> tuple[int, int]:
    if data[14] == 12:
        return struct.unpack_from("<HH", data, 18)
    width, height = struct.unpack_from("<ii", data, 18)
    return width, abs(height)  # a negative height means the top row comes first


def tiff_header(data: bytes) -> Header:
    """Of the first page; its sizes must be one whole number each, as readers disagree on anything else."""
    order, big, entry_bytes = tiff_layout(data)
    count_kind = "Q" if big else "I"
    first, entries = next(tiff_directories(data), (0, 0))
    if not entries:
        raise struct.error("ends before its directory")
    found: dict[int, int] = {}
    for start in range(first, first + entry_bytes * min(entries, MOST_TIFF_TAGS), entry_bytes):
        tag, kind, values = struct.unpack_from(order + "HH" + count_kind, data, start)
        if tag in (256, 257, 322, 323):  # width and height, of the page and of a tile
            if kind not in TIFF_WHOLE_NUMBERS or values != 1:
                raise ValueError(f"expected one whole number for tag {tag}, got {values} of type {kind}")
            value_at = start + 4 + struct.calcsize(order + count_kind)
            value = struct.unpack_from(order + TIFF_WHOLE_NUMBERS[kind], data, value_at)[0]
            found[tag] = max(value, found.get(tag, 0))
    if 256 not in found or 257 not in found:
        raise ValueError("width or height is missing")
    tile = found.get(322, 0) * found.get(323, 0)
    return Header(format="TIFF", width=found[256], height=found[257], largest_tile=tile)


def tiff_layout(data: bytes) -> tuple[str, bool, int]:
    """Byte order, whether its numbers have 64 bits, and the bytes of a directory entry."""
    big = data[2:4] in (b"+\0", b"\0+")
    return "<" if data.startswith(b"II") else ">", big, 20 if big else 12


def tiff_directories(data: bytes) -> Iterator[tuple[int, int]]:
    """For each page where its first entry stands and how many it has, up to the first damage."""
    order, big, entry_bytes = tiff_layout(data)
    offset_kind, count_kind = ("Q", "Q") if big else ("I", "H")
    try:
        offset = struct.unpack_from(order + offset_kind, data, 8 if big else 4)[0]
        while offset:
            entries = struct.unpack_from(order + count_kind, data, offset)[0]
            first = offset + struct.calcsize(order + count_kind)
            yield first, entries
            offset = struct.unpack_from(order + offset_kind, data, first + entry_bytes * entries)[0]
    except (struct.error, OverflowError, IndexError):  # ends here, or an offset that no machine can address
        return
