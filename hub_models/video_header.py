"""What the first bytes of a video file say about it: its container, and whether the file ends too early.

The container is decided here, by magic bytes, and never guessed by the decoder: a playlist or a script that names
other files, whatever its own name is, starts like none of these. The offsets are those of ISO/IEC 14496-12 (MP4 and
QuickTime), RFC 8794 (EBML: WebM and Matroska) and RIFF (AVI).
"""

import struct
from pathlib import Path
from typing import BinaryIO, Literal

Container = Literal["mov", "matroska", "avi"]  # the decoder's names; mov: MP4, M4V and QuickTime

MP4_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
STILL_BRANDS = {b"heic", b"heix", b"mif1", b"avif"}  # pictures in the same boxes
MOST_BOXES = 100_000  # of the outermost level, looked at in about 100 ms; usual files have 4, live recordings thousands
EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def container_of(head: bytes) -> Container | None:
    """The container of a file that begins with `head` (32 bytes), None where it is no video that we read."""
    if head.startswith(EBML):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if head[4:8] in MP4_FIRST_BOXES and head[8:12] not in STILL_BRANDS:
        return "mov"
    return None


def ends_early(path: Path, container: Container) -> bool:
    """Whether the outermost lengths of the file reach beyond its end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        match container:
            case "mov":
                return mp4_end(file, size) > size
            case "matroska":
                return matroska_end(file) > size
            case "avi":
                return 8 + int.from_bytes(file.read(8)[4:], "little") > size


def mp4_end(file: BinaryIO, size: int) -> int:
    """Where the last box ends; a box of length 0 goes on to the end of the file."""
    position = 0
    for _ in range(MOST_BOXES):
        if position >= size:
            break
        file.seek(position)
        header = file.read(16)
        if len(header) < 8:
            return size + 1  # cut off inside a header
        length = struct.unpack_from(">I", header)[0]
        if length == 1 and len(header) == 16:
            length = struct.unpack_from(">Q", header, 8)[0]
        if length < 8:
            return size
        position += length
    return position


def matroska_end(file: BinaryIO) -> int:
    """Where the segment ends, 0 where that is not said (live recordings)."""
    head = file.read(4096)
    length, start = ebml_number(head, 4)
    segment = start + (length or 0)
    if head[segment : segment + 4] != SEGMENT:
        return 0
    length, start = ebml_number(head, segment + 4)
    return 0 if length is None else start + length


def ebml_number(data: bytes, position: int) -> tuple[int | None, int]:
    """(a length, where it ends); None for "unknown", all of its bits set, and for what is cut off."""
    first = data[position] if position < len(data) else 0
    width = 9 - first.bit_length()  # the leading zeros say how many bytes follow
    end = position + width
    if not first or end > len(data):
        return None, end
    value = int.from_bytes(data[position:end], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), end
