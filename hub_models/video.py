"""Uploads become frames here and nowhere else: any supported video file -> (H, W, 3) uint8 RGB, upright.

The container is told by magic bytes, and the file is decoded by a process of its own (video_decoder.py), whose
memory and time have an end. A clip may be longer, faster or larger than what is looked at: `Clip.notes` says so.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hub_models import compute
from hub_models.errors import BadInput
from hub_models.video_header import Container, container_of, ends_early

SUPPORTED = "an MP4, MOV, WebM, MKV or AVI video"
NAMES: dict[Container, str] = {"mov": "MP4 or MOV", "matroska": "WebM or MKV", "avi": "AVI"}
DECODER = Path(__file__).with_name("video_decoder.py")
DECODER_MEMORY = 640 * 1024**2  # bytes of address space: 170 MB at the start, 410 MB for 4K in 10 bit
THREAD_MEMORY = 128 * 1024**2  # more for each thread, which decodes frames of its own
MOST_THREADS = 4
DECODER_SECONDS = 240  # of computing: 60 s of 4K at 30 frames a second take about 100 on one core
ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "PYTHONPATH", "PYTHONHOME")


class Frame(NamedTuple):
    """`index` of the frame in the file, counted from 0; `seconds` since its first; `pixels` (H, W, 3) uint8 RGB."""

    index: int
    seconds: float
    pixels: np.ndarray


@dataclass(frozen=True, kw_only=True)
class VideoLimits:
    """What a video may be, and how much of it is looked at. The first two refuse, the others shorten."""

    max_bytes: int = 200_000_000  # of the file
    max_pixels: int = 36_864 * 256  # of a stored frame: 36,864 macroblocks, level 5.2 of H.264, 4096 x 2304
    per_second: float = 10  # frames a second
    max_frames: int = 300
    max_seconds: float = 60
    longest_side: int = 1280  # pixels; larger frames are shrunk


DEFAULT_LIMITS = VideoLimits()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the file says of itself, before its frames are read."""

    container: str
    codec: str
    size_hw: tuple[int, int]  # stored, before turning
    shown_hw: tuple[int, int]  # of the frames handed over
    rate: float | None  # frames a second
    seconds: float | None  # None: not stated, as in live recordings
    rotation: int  # degrees that the stored frames are turned clockwise: 0, 90, 180, 270

    def text(self) -> str:
        height, width = self.size_hw
        rate = f", {self.rate:.4g} frames a second" if self.rate else ""
        length = f", {self.seconds:.1f} s" if self.seconds else ""
        return f"{width} x {height} pixels{rate}{length}, {self.codec} in {self.container}"


def open_video(path: Path, limits: VideoLimits = DEFAULT_LIMITS) -> "Clip":
    """A clip whose first frame could be decoded. Close it, or use it in a `with`.

    Raises BadInput: `file_missing`, `video_unreadable`, `video_too_large`, `video_without_pictures`,
    `video_codec`, `video_empty`.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput("file_missing", "Expected an uploaded video, but the file is gone; upload it again.")
    size = path.stat().st_size
    if size == 0:
        raise BadInput("video_unreadable", f"Expected {SUPPORTED}, got a file of 0 bytes; upload it again.")
    if size > limits.max_bytes:
        raise BadInput(
            "video_too_large",
            f"Expected a file of at most {limits.max_bytes / 1e6:.3g} MB, got {size / 1e6:.3g} MB; "
            "cut the video or save it smaller.",
        )
    with path.open("rb") as file:
        container = container_of(file.read(32))
    if container is None:
        raise BadInput("video_unreadable", f"Expected {SUPPORTED}, got something else; save it as MP4 first.")
    return Clip(path, container, limits)


def started(path: Path, container: Container, limits: VideoLimits) -> subprocess.Popen:
    """The process that decodes, with its order."""
    threads = min(MOST_THREADS, max(1, compute.cores() // compute.lanes()))
    order = {  # an Order of video_decoder.py, which must not be imported here
        "container": container,
        "max_pixels": limits.max_pixels,
        "per_second": limits.per_second,
        "max_frames": limits.max_frames,
        "max_seconds": limits.max_seconds,
        "longest_side": limits.longest_side,
        "threads": threads,
        "memory": DECODER_MEMORY + threads * THREAD_MEMORY,
        "cpu_seconds": DECODER_SECONDS,
    }
    process = subprocess.Popen(
        [sys.executable, "-P", str(DECODER), str(path.resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
    )
    with process.stdin as stdin:
        stdin.write(json.dumps(order).encode())
    return process


class Clip:
    """The frames of a video, once, in order: `for index, seconds, pixels in clip`. `notes` are whole afterwards."""

    def __init__(self, path: Path, container: Container, limits: VideoLimits) -> None:
        self.limits, self.early = limits, ends_early(path, container)
        self.notes: tuple[str, ...] = ()
        self.process = started(path, container, limits)
        try:
            first = self.answer()
            if "facts" not in first:
                raise refused(first.get("refused", {"why": "unreadable"}), limits, self.early)
        except BaseException:
            self.close()
            raise
        given = first["facts"]
        self.matrix = given["matrix"] or [1, 0, 0, 1]
        self.size_wh = tuple(given["shown_wh"])
        self.facts = Facts(
            container=NAMES[container],
            codec=given["codec"],
            size_hw=(given["stored_wh"][1], given["stored_wh"][0]),
            shown_hw=self.size_wh if lies(self.matrix) else self.size_wh[::-1],
            rate=given["rate"],
            seconds=given["seconds"],
            rotation=rotation(self.matrix),
        )

    def __enter__(self) -> "Clip":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def answer(self) -> dict:
        """The next line of the decoder; empty when its process has ended."""
        while True:
            compute.check()
            line = self.process.stdout.readline()
            if not line.endswith(b"\n"):
                if self.process.wait() > 0:
                    raise RuntimeError("the decoder broke; its traceback stands above")
                return {}  # killed by a signal: a limit, or a decoder that crashed
            told = json.loads(line)
            if "alive" not in told:
                return told

    def __iter__(self) -> Iterator[Frame]:
        used, seen, seconds, end = 0, 0, 0.0, None
        width, height = self.size_wh
        try:
            while "frame" in (told := self.answer()):
                row, seconds, seen = told["row"], told["seconds"], told["frame"] + 1
                data = self.process.stdout.read(row * height)
                if len(data) < row * height:
                    break
                used += 1
                stored = np.frombuffer(data, np.uint8).reshape(height, row)[:, : 3 * width]
                yield Frame(told["frame"], seconds, upright(stored.reshape(height, width, 3), self.matrix))
            end = told.get("end", {"why": "killed", "seen": seen, "damaged": 0, "seconds": seconds})
        finally:
            left = {"why": "left", "seen": seen, "damaged": 0, "seconds": seconds}  # whoever asked has enough
            self.notes = notes(self.facts, self.limits, end or left, used, self.early)
            self.close()


def lies(matrix: list[int]) -> bool:
    """Whether the stored frames lie on their side. `matrix` a, b, c, d: (x, y) is shown at (a x + c y, b x + d y)."""
    return abs(matrix[1]) > abs(matrix[0])


def upright(pixels: np.ndarray, matrix: list[int]) -> np.ndarray:
    """Pixels (H, W, 3) turned and mirrored as `matrix` says, to the nearest right angle."""
    a, b, c, d = matrix
    turned, x_sign, y_sign = (pixels.transpose(1, 0, 2), c, b) if lies(matrix) else (pixels, a, d)
    return np.ascontiguousarray(turned[:: -1 if y_sign < 0 else 1, :: -1 if x_sign < 0 else 1])


def rotation(matrix: list[int]) -> int:
    """Degrees clockwise."""
    a, b = matrix[:2]
    return (90 if b > 0 else 270) if lies(matrix) else (0 if a >= 0 else 180)


def refused(answer: dict, limits: VideoLimits, early: bool) -> BadInput:
    """What the decoder said, as a sentence."""
    state = "the file ends too early" if early else "the file is damaged"
    most, size = f"{limits.max_pixels / 1e6:.3g}", f"{answer.get('width')} x {answer.get('height')}"
    sentences = {
        "unreadable": f"{SUPPORTED}, but {state}; save or upload it again",
        "too_large": f"at most {most} million pixels a frame, got {size}; save it smaller",
        "memory": f"{SUPPORTED}, but it asks for more memory than a video may take; save it again, smaller",
        "without_pictures": "moving pictures, got a file without, perhaps only sound; choose another",
        "codec": "a usual video, got one packed in a way that is not read here; save it as MP4 with H.264",
        "empty": "a video with frames, got one of none; choose another",
    }
    why = "unreadable" if early and answer["why"] == "empty" else answer["why"]
    return BadInput(f"video_{'too_large' if why == 'memory' else why}", f"Expected {sentences[why]}.")


def notes(facts: Facts, limits: VideoLimits, end: dict, used: int, early: bool) -> tuple[str, ...]:
    """What was left out, shortened or shrunk."""
    found = []
    of = f" of {facts.seconds:.1f}" if facts.seconds else ""
    stated = f" of {facts.rate:.4g}" if facts.rate else ""
    if used < end["seen"]:
        found.append(f"at most {limits.per_second:g}{stated} frames a second looked at")
    if end["why"] == "frames":
        found.append(f"only the first {used} frames looked at, {end['seconds']:.1f}{of} s")
    if end["why"] == "seconds":
        found.append(f"only the first {limits.max_seconds:g}{of} s looked at")
    if end["why"] == "damage" or (early and end["why"] == "file"):
        found.append(
            f"the file is cut off or damaged: {used} frames before that used, {end['seconds']:.1f}{of} s"
        )
    if end["why"] == "killed":
        found.append(f"decoding was given up after {used} frames, {end['seconds']:.1f}{of} s")
    if end["damaged"]:
        found.append(f"{end['damaged']} damaged frames left out")
    if max(facts.size_hw) > limits.longest_side:
        (height, width), (stored_h, stored_w) = facts.shown_hw, facts.size_hw
        found.append(f"frames shrunk from {stored_w} x {stored_h} to {width} x {height} pixels")
    return tuple(found)
