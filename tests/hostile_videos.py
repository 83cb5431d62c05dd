"""Small videos made here by PyAV, good and hostile, by the numbers of the table of hostile inputs."""

import io
import struct
import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from PIL import Image

from hub_models.video_header import ebml_number

TICKS = 1000  # a second, of the stamps that are given by hand
FAST = {"preset": "ultrafast", "threads": "1"}


def scene(number: int, width: int, height: int) -> np.ndarray:
    """(H, W, 3) uint8: red above left, green above right, blue below, brighter with every frame."""
    pixels = np.zeros((height, width, 3), np.uint8)
    level = 120 + 5 * (number % 27)
    pixels[: height // 2, : width // 2, 0] = level
    pixels[: height // 2, width // 2 :, 1] = level
    pixels[height // 2 :, :, 2] = level
    return pixels


def made(
    path: Path,
    frames: int = 10,
    *,
    rate: int | Fraction = 10,
    size_wh: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    stamps: Sequence[float] | None = None,
    rotation: int = 0,
) -> Path:
    """A video of `scene`; `stamps` in seconds make its rate vary, `rotation` is stored in degrees clockwise."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=FAST if codec == "libx264" else {})
        stream.width, stream.height = size_wh
        stream.pix_fmt = "yuv420p"
        if stamps is not None:
            stream.codec_context.time_base = Fraction(1, TICKS)
        if rotation:
            stream.set_display_rotation(-rotation)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(scene(number, *size_wh)).reformat(format="yuv420p")
            if stamps is not None:
                frame.pts, frame.time_base = round(stamps[number] * TICKS), Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def with_bytes(path: Path, change: Callable[[bytearray], bytearray | bytes | None]) -> Path:
    """The file with its bytes changed in place, or replaced by what `change` gives."""
    data = bytearray(path.read_bytes())
    path.write_bytes(change(data) or data)
    return path


def box(data: bytes, kind: bytes) -> int:
    """Where the content of the first MP4 box of this kind begins."""
    return data.index(kind) + 4


def claims_size(path: Path, width: int, height: int) -> Path:
    """An MP4 whose header gives its pictures another size."""

    def change(data: bytearray) -> None:
        struct.pack_into(">HH", data, box(data, b"avc1") + 24, width, height)

    return with_bytes(path, change)


def many_samples(path: Path) -> Path:
    """A fragmented MP4 of 2.5 KB whose only fragment claims 33 million frames: 1.2 GB to a careless reader."""

    def change(data: bytearray) -> None:
        struct.pack_into(">II", data, box(data, b"trun"), 1, 0x0200_0000)

    return with_bytes(made(path, options={"movflags": "frag_keyframe+empty_moov"}), change)


def many_tracks(path: Path) -> Path:
    """A Matroska file with a million empty tracks of two bytes."""

    def element(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack(">Q", len(body) | 1 << 56) + body

    def change(data: bytearray) -> bytes:
        length, start = ebml_number(bytes(data), 4)
        tracks = element(b"\x16\x54\xae\x6b", b"\xae\x80" * 1_000_000)
        return bytes(data[: start + length]) + element(b"\x18\x53\x80\x67", tracks)

    return with_bytes(made(path), change)


def only_sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        for _ in range(4):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def no_frames(path: Path) -> Path:
    options = {"movflags": "empty_moov"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    return path


def wav(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    return path


def picture(path: Path) -> Path:
    """A PNG under whatever name."""
    file = io.BytesIO()
    Image.fromarray(scene(0, 64, 48)).save(file, "PNG")
    path.write_bytes(file.getvalue())
    return path


def heif(path: Path) -> Path:
    """The head of a still picture in MP4's boxes."""
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    return path


def written(data: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return write


def cut(share: float, **how) -> Callable[[Path], Path]:
    """A good video without its end."""
    return lambda path: with_bytes(made(path, 30, **how), lambda data: data[: int(len(data) * share)])


class HostileVideo(NamedTuple):
    """`row` of the table of hostile input; `code` of the error that must come."""

    row: int
    name: str
    suffix: str
    make: Callable[[Path], Path]
    code: str


GARBAGE = np.random.default_rng(0).integers(0, 256, 5000, np.uint8).tobytes()
BEFORE_DECODING = (  # refused by size or magic bytes: nothing is started for them
    HostileVideo(28, "garbage", ".mp4", written(GARBAGE), "video_unreadable"),
    HostileVideo(28, "empty", ".mp4", written(b""), "video_unreadable"),
    HostileVideo(28, "PNG", ".mp4", picture, "video_unreadable"),
    HostileVideo(28, "HEIC", ".mp4", heif, "video_unreadable"),
    HostileVideo(28, "GIF", ".mp4", written(b"GIF89a" + bytes(100)), "video_unreadable"),
    HostileVideo(28, "text", ".mp4", written(b"no video\n" * 100), "video_unreadable"),
    HostileVideo(28, "HTML", ".webm", written(b"<html><script>alert(1)</script>"), "video_unreadable"),
    HostileVideo(28, "ZIP", ".mkv", written(b"PK\3\4" + GARBAGE), "video_unreadable"),
    HostileVideo(31, "WAV", ".avi", wav, "video_unreadable"),
)
BY_DECODING = (
    HostileVideo(
        28,
        "garbage that begins like MP4",
        ".mp4",
        written(b"\0\0\0\x18ftypisom" + GARBAGE),
        "video_unreadable",
    ),
    HostileVideo(
        28,
        "garbage that begins like WebM",
        ".webm",
        written(b"\x1a\x45\xdf\xa3" + GARBAGE),
        "video_unreadable",
    ),
    HostileVideo(
        28, "garbage that begins like AVI", ".avi", written(b"RIFF\0\1\0\0AVI " + GARBAGE), "video_unreadable"
    ),
    HostileVideo(28, "MP4 cut before its index", ".mp4", cut(0.5), "video_unreadable"),
    HostileVideo(30, "33 million frames in 2.5 KB", ".mp4", many_samples, "video_too_large"),
    HostileVideo(30, "a million tracks", ".mkv", many_tracks, "video_empty"),
    HostileVideo(31, "only sound", ".mp4", only_sound, "video_without_pictures"),
    HostileVideo(31, "no frames", ".mkv", no_frames, "video_empty"),
    HostileVideo(31, "no frames", ".mp4", no_frames, "video_empty"),
    HostileVideo(31, "no frames", ".avi", no_frames, "video_empty"),
)
