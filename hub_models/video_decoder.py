"""The process that decodes a video: `python -P video_decoder.py FILE`, with its `Order` as JSON on standard input.

A process of its own, because a file of a few kilobytes can ask a demuxer for gigabytes, and because decoders are
large programs in C: here memory and computing time have an end, nothing can be written, no secret stands in the
environment, and what crashes is not the hub. It needs nothing of the hub, so it starts in about 0.2 seconds.

Answers on standard output, each a line of JSON, in this order:

    {"facts": {...}}                                 or {"refused": {"why": ..., ...}}, and the end
    {"frame": n, "seconds": t, "row": bytes}         then height x row bytes of RGB, not yet turned upright
    {"alive": n}                                     at least every 0.2 s while it skips frames
    {"end": {"why": ..., "seen": n, "damaged": n, "seconds": t}}
"""

import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av

ALIVE_EVERY = 0.2  # seconds
HD_HEIGHT = 720  # from here on colours that are not stated are those of ITU-R BT.709, below of BT.601
CODECS = (  # what cameras, browsers, phones and screen recorders write; all other decoders stay shut
    "h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg", "mpeg1video", "mpeg2video", "h263",
    "msmpeg4", "msmpeg4v2", "theora", "prores", "dnxhd", "dvvideo", "rawvideo", "png", "qtrle", "cinepak",
    "ffv1", "huffyuv", "ffvhuff",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the hub wants of a file."""

    container: str  # name of the demuxer
    max_pixels: int  # of a stored frame
    per_second: float  # frames a second, at most
    max_frames: int
    max_seconds: float
    longest_side: int  # of the frames handed over
    threads: int
    memory: int  # bytes of address space
    cpu_seconds: int


class Refused(Exception):
    """Why a file cannot be used: `unreadable`, `without_pictures`, `too_large`, `codec`, `empty`, `memory`."""

    def __init__(self, why: str, **details: object) -> None:
        super().__init__(why)
        self.answer = {"why": why, **details}


def limit_this_process(order: Order) -> None:
    """Memory, time and files, where the system can (not on Windows)."""
    if sys.platform == "win32":
        return
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, order.memory),
        (resource.RLIMIT_CPU, order.cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        with suppress(ValueError, OSError):  # macOS knows RLIMIT_AS and refuses to set it
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def refuse_nested(*_: object) -> None:
    raise PermissionError("a video may not open other files")


def opened(file: BinaryIO, order: Order):
    """(container, its video stream), the demuxer forced, nothing but `file` ever opened."""
    options = {
        "protocol_whitelist": "none",
        "codec_whitelist": ",".join(CODECS),
        "max_pixels": str(order.max_pixels),
        "max_streams": "16",
        "threads": "1",
    }
    try:
        container = av.open(
            file,
            "r",
            format=order.container,
            options=options,
            io_open=refuse_nested,
            metadata_errors="replace",  # titles need not be UTF-8
            timeout=(20, 20),
        )
    except av.error.MemoryError as error:
        raise Refused("memory") from error
    except av.error.EOFError as error:
        raise Refused("empty") from error
    except (av.FFmpegError, OSError) as error:  # OSError: seeking to before the file
        raise Refused("unreadable") from error
    streams = [s for s in container.streams.video if not is_cover(s)]
    if not streams:
        raise Refused("without_pictures" if len(container.streams) else "unreadable")
    stream = streams[0]
    if stream.codec_context is None or stream.codec_context.codec.name not in CODECS:
        raise Refused("codec")
    if stream.width * stream.height > order.max_pixels:
        raise Refused("too_large", width=stream.width, height=stream.height)
    stream.codec_context.options = {"max_pixels": str(order.max_pixels)}
    stream.codec_context.thread_count = order.threads
    return container, stream


def is_cover(stream: Any) -> bool:
    """The picture of an album or a thumbnail, which is stored as a video of one frame."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


@dataclass
class Progress:
    """How far decoding went."""

    seen: int = 0
    damaged: int = 0
    seconds: float = 0.0
    why: str = "file"  # what ended it: the file, its damage, or a limit: frames, seconds


def frames(container: Any, stream: Any, progress: Progress) -> Iterator[Any]:
    """All frames that can be decoded, in the order of showing; damaged ones are counted."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.FFmpegError, OSError):
            progress.why = "damage"
            return
        try:
            decoded = packet.decode()
        except av.FFmpegError:
            progress.damaged += 1
            continue
        yield from decoded


def seconds_of(frame: Any, first: float | None, progress: Progress, rate: float) -> float:
    """Seconds since the first frame: as stamped, never backwards; by the rate where nothing is stamped."""
    stamped = frame.time
    if stamped is None or first is None:
        return progress.seconds + (1 / rate if progress.seen else 0.0)
    return max(progress.seconds, stamped - first)


def wanted(
    container: Any, stream: Any, order: Order, progress: Progress
) -> Iterator[tuple[Any, float] | None]:
    """(frame, seconds) of at most `per_second` frames a second; None for each frame that is left out."""
    rate = rate_of(stream) or 25.0
    first, last_slot = None, -1
    used = 0
    for frame in frames(container, stream, progress):
        first = frame.time if first is None else first
        seconds = seconds_of(frame, first, progress, rate)
        slot = math.floor(seconds * order.per_second + 1e-6)
        if seconds > order.max_seconds or (used == order.max_frames and slot > last_slot):
            progress.why = "seconds" if seconds > order.max_seconds else "frames"
            return
        progress.seen, progress.seconds = progress.seen + 1, seconds
        if slot > last_slot:
            last_slot, used = slot, used + 1
            yield frame, seconds
        else:
            yield None


def rate_of(stream: Any) -> float | None:
    """Frames a second, as the container states or the demuxer estimates it."""
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate else None


def length_of(container: Any, stream: Any) -> float | None:
    """Seconds, as stated; None where a live recording states nothing."""
    stated = stream.duration * stream.time_base if stream.duration else (container.duration or 0) / 1_000_000
    seconds = float(stated)
    return seconds if 0 < seconds < 1e7 else None


def shown_size(frame: Any, aspect: Any, longest_side: int) -> tuple[int, int]:
    """(width, height) with square pixels, no side longer than `longest_side`, before turning upright."""
    width, height = frame.width * float(aspect or 1), float(frame.height)
    scale = min(1.0, longest_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def facts(container: Any, stream: Any, frame: Any, size_wh: tuple[int, int]) -> dict:
    matrix = next((bytes(d) for d in frame.side_data if d.type.name == "DISPLAYMATRIX"), None)
    return {
        "codec": stream.codec_context.codec.name,
        "stored_wh": [frame.width, frame.height],
        "shown_wh": list(size_wh),
        "rate": rate_of(stream),
        "seconds": length_of(container, stream),
        "matrix": [int.from_bytes(matrix[i : i + 4], sys.byteorder, signed=True) for i in (0, 4, 12, 16)]
        if matrix
        else None,
    }


def decode(path: Path, order: Order, out: BinaryIO) -> None:
    """Write the answers for the file at `path` to `out`."""
    progress, size_wh, told = Progress(), None, time.monotonic()
    with path.open("rb") as file:
        container, stream = opened(file, order)
        for chosen in wanted(container, stream, order, progress):
            if chosen is None:
                if time.monotonic() - told > ALIVE_EVERY:
                    told = time.monotonic()
                    send(out, {"alive": progress.seen})
                continue
            frame, seconds = chosen
            if size_wh is None:
                size_wh = shown_size(frame, stream.sample_aspect_ratio, order.longest_side)
                send(out, {"facts": facts(container, stream, frame, size_wh)})
            try:
                plane = rgb(frame, size_wh).planes[0]
            except av.FFmpegError:
                progress.damaged += 1
                continue
            send(out, {"frame": progress.seen - 1, "seconds": seconds, "row": plane.line_size})
            out.write(memoryview(plane)[: plane.line_size * size_wh[1]])
            out.flush()
    if size_wh is None:
        raise Refused("unreadable" if progress.damaged or progress.why == "damage" else "empty")
    send(out, {"end": vars(progress)})


def rgb(frame: Any, size_wh: tuple[int, int]) -> Any:
    """The frame as RGB of 8 bits, shrunk to `size_wh`."""
    unstated = frame.colorspace not in (1, 4, 5, 6, 7, 9, 10)  # ITU-T H.273: those that the scaler knows
    colours = "ITU709" if unstated and frame.height >= HD_HEIGHT else "ITU601" if unstated else None
    return frame.reformat(*size_wh, format="rgb24", src_colorspace=colours, interpolation="AREA", threads=1)


def send(out: BinaryIO, answer: dict) -> None:
    out.write(json.dumps(answer).encode() + b"\n")
    out.flush()


def main() -> None:
    order = Order(**json.load(sys.stdin))
    limit_this_process(order)
    try:
        decode(Path(sys.argv[1]), order, sys.stdout.buffer)
    except Refused as refused:
        send(sys.stdout.buffer, {"refused": refused.answer})
    except MemoryError:
        send(sys.stdout.buffer, {"refused": {"why": "memory"}})
    except BrokenPipeError:
        sys.stderr.close()  # nobody waits any more


if __name__ == "__main__":
    main()
