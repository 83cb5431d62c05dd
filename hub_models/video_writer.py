"""Frames become an MP4 file of H.264 that browsers play: even sides, 4:2:0, tagged colours, the index first."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from hub_models import compute

TICKS = 90_000  # a second: the clock of MPEG, a multiple of the usual frame rates


class VideoWriter:
    """Writes an MP4 file of H.264 that browsers play: even sides, 4:2:0, its index first. A context manager.

    Frames (H, W, 3) uint8 RGB, all of one size; an odd side is filled up by repeating its last row or column.
    """

    def __init__(self, path: Path, rate: float) -> None:
        import av

        self.rate, self.size_hw, self.stream = rate, None, None
        self.last, self.next = -1, 0  # when the last frame was shown and the next is due, in ticks
        self.container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is None and self.stream is not None:
            self.container.mux(self.stream.encode())
        self.container.close()

    def begin(self, height: int, width: int) -> None:
        """The stream, once the size is known."""
        threads = str(max(1, compute.cores() // compute.lanes()))  # its share, as of a model
        options = {"preset": "veryfast", "crf": "23", "threads": threads}
        self.stream = self.container.add_stream("libx264", rate=Fraction(self.rate).limit_denominator(1001))
        context = self.stream.codec_context
        self.stream.width, self.stream.height = width + width % 2, height + height % 2
        self.stream.pix_fmt, context.options = "yuv420p", options
        context.time_base = Fraction(1, TICKS)
        # ITU-T H.273: BT.709 primaries, transfer and matrix, limited range; untagged, each browser guesses
        context.color_primaries = context.color_trc = context.colorspace = context.color_range = 1

    def add(self, pixels: np.ndarray, seconds: float | None = None) -> None:
        """One more frame, to be shown at `seconds`; evenly spaced where not said."""
        import av

        if self.stream is None:
            self.size_hw = pixels.shape[:2]
            self.begin(*self.size_hw)
        if pixels.shape != (*self.size_hw, 3) or pixels.dtype != np.uint8:
            raise ValueError(f"expected {(*self.size_hw, 3)} of uint8, got {pixels.shape} of {pixels.dtype}")
        even = np.pad(pixels, [(0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)], "edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        due = self.next if seconds is None else round(seconds * TICKS)
        frame.pts = self.last = max(due, self.last + 1)
        frame.time_base = Fraction(1, TICKS)
        self.next = self.last + round(TICKS / self.rate)
        self.container.mux(self.stream.encode(frame))


def write_video(frames: Iterable[np.ndarray], fps: float, path: Path) -> None:
    """Frames (H, W, 3) uint8 RGB -> an MP4 file at `path`, `fps` of them a second."""
    with VideoWriter(path, fps) as writer:
        for pixels in frames:
            writer.add(pixels)
