"""Uploads become frames: hostile files give their code, long and odd ones notes, good ones their pixels; and back."""

import http.server
import json
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from hostile_videos import (
    BEFORE_DECODING,
    BY_DECODING,
    HostileVideo,
    claims_size,
    cut,
    made,
    scene,
    with_bytes,
)

from hub_models import compute, video, video_decoder
from hub_models.compute import Deadline
from hub_models.errors import BadInput, Overloaded
from hub_models.video import Clip, VideoLimits, open_video, upright
from hub_models.video_header import container_of, ends_early
from hub_models.video_writer import VideoWriter, write_video

A_PATH_OR_TRACE = re.compile(r"[/\\]|Traceback|Error|0x[0-9a-f]{6}|\n")


def refusal(path: Path, limits: VideoLimits = VideoLimits()) -> BadInput:  # noqa: B008 (frozen)
    with pytest.raises(BadInput) as caught, open_video(path, limits):
        pass
    assert caught.value.message.endswith(".")
    assert not A_PATH_OR_TRACE.search(caught.value.message)
    return caught.value


def looked_at(path: Path, **limits) -> tuple[Clip, list]:
    """The clip, closed, and its frames."""
    with open_video(path, VideoLimits(**limits)) as clip:
        return clip, list(clip)


def in_this_process(path: Path, container: str = "mov", **order) -> list[dict]:
    """The decoder's lines for a file, without a process, limits and pixels."""
    out, usual = BytesIO(), VideoLimits()
    limits = {
        name: getattr(usual, name) for name in ("max_pixels", "max_frames", "max_seconds", "longest_side")
    }
    wanted = {"per_second": 10, "threads": 1, "memory": 0, "cpu_seconds": 0, "container": container} | limits
    video_decoder.decode(path, video_decoder.Order(**wanted | order), out)
    out.seek(0)
    lines = []
    while line := out.readline():
        lines.append(json.loads(line))
        if "frame" in lines[-1]:
            out.read(lines[-1]["row"] * lines[0]["facts"]["shown_wh"][1])
    return lines


def by_name(row: HostileVideo) -> str:
    return f"{row.row} {row.name} {row.suffix}"


@pytest.mark.parametrize("row", BEFORE_DECODING, ids=by_name)
def test_refused_before_anything_is_started(
    row: HostileVideo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    assert refusal(row.make(tmp_path / f"upload{row.suffix}")).code == row.code


@pytest.mark.parametrize("row", BY_DECODING, ids=by_name)
def test_refused_by_the_decoder(row: HostileVideo, tmp_path: Path) -> None:
    before = psutil.Process().memory_info().rss
    began = psutil.Process().cpu_times()
    assert refusal(row.make(tmp_path / f"upload{row.suffix}")).code == row.code
    now = psutil.Process().cpu_times()
    assert (now.user + now.children_user) - (began.user + began.children_user) < 2
    assert psutil.Process().memory_info().rss - before < 50e6


def test_too_many_bytes_and_no_file(tmp_path: Path) -> None:
    assert refusal(made(tmp_path / "a.mp4"), VideoLimits(max_bytes=1000)).code == "video_too_large"
    assert refusal(tmp_path / "gone.mp4").code == "file_missing"


def test_too_many_pixels(tmp_path: Path) -> None:
    """By what is stored. A header that lies is believed by nobody: the pictures state their size once more."""
    file = made(tmp_path / "a.mp4")
    assert "64 x 48" in refusal(file, VideoLimits(max_pixels=64 * 47)).message
    assert refusal(file, VideoLimits(max_pixels=64 * 47)).code == "video_too_large"
    assert looked_at(claims_size(file, 60_000, 60_000))[1][0].pixels.shape == (48, 64, 3)


def test_what_truncation_is_called(tmp_path: Path) -> None:
    assert "ends too early" in refusal(cut(0.5)(tmp_path / "a.mp4")).message


# --- row 29: files that name other files ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def canary() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/canary.ts", asked
        running.shutdown()


def playlists(address: str) -> dict[str, str]:
    return {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{address}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
        "dash": f'<MPD><Period><BaseURL>{address}</BaseURL></Period></MPD>',
    }  # fmt: skip


@pytest.mark.parametrize("name", ["hls", "concat", "sdp", "dash"])
@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".avi"])
def test_playlists_are_refused(
    name: str, suffix: str, tmp_path: Path, canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / f"upload{suffix}"
    file.write_text(playlists(canary[0])[name])
    monkeypatch.setattr(subprocess, "Popen", None)
    assert refusal(file).code == "video_unreadable"
    assert canary[1] == []


@pytest.mark.parametrize("demuxer", ["hls", "concat"])
def test_even_a_demuxer_of_playlists_opens_nothing(demuxer: str, tmp_path: Path, canary) -> None:
    """Were the container guessed wrong: no file, no address. The same file does reach out when PyAV opens it plainly."""
    secret = made(tmp_path / "secret.mp4")
    for target in (canary[0], f"file:{secret}", str(secret), "secret.mp4"):
        file = tmp_path / f"upload.{demuxer}"
        file.write_text(playlists(target)[demuxer])
        with pytest.raises((video_decoder.Refused, AssertionError)):
            in_this_process(file, demuxer)
    assert canary[1] == []
    file.write_text(playlists(canary[0])[demuxer])
    with pytest.raises((av.FFmpegError, ValueError)):
        av.open(
            str(file), format=demuxer, options={"safe": "0", "protocol_whitelist": "file,http,tcp"}
        ).close()
    assert canary[1] != []
    canary[1].clear()


# --- row 30: long, fast, slow, large ----------------------------------------------------------------------------


def test_4k_of_ten_minutes(tmp_path: Path) -> None:
    stamps = [0, 59, 61, 600]
    file = made(tmp_path / "a.mp4", 4, size_wh=(3840, 2160), stamps=stamps)
    clip, frames = looked_at(file)
    assert clip.facts.size_hw == (2160, 3840)
    assert clip.facts.seconds == pytest.approx(600, abs=200)  # the last frame has no length
    assert [frame.seconds for frame in frames] == pytest.approx(stamps[:2], abs=0.01)
    assert frames[0].pixels.shape == (720, 1280, 3)
    assert any(note.startswith("only the first 60 of") for note in clip.notes)
    assert "frames shrunk from 3840 x 2160 to 1280 x 720 pixels" in clip.notes


@pytest.mark.parametrize(
    ("rate", "count", "used", "notes"),
    [
        (1, 4, [0, 1, 2, 3], []),
        (10, 5, [0, 1, 2, 3, 4], []),
        (25, 25, [0, 3, 5, 8, 10, 13, 15, 18, 20, 23], ["at most 10 of 25 frames a second looked at"]),
        (1000, 400, [0, 100, 200, 300], ["at most 10 of 1000 frames a second looked at"]),
    ],
)
def test_rates(rate: int, count: int, used: list[int], notes: list[str], tmp_path: Path) -> None:
    """(index, seconds) of what is looked at, at most 10 a second."""
    clip, frames = looked_at(made(tmp_path / "a.mp4", count, rate=rate))
    assert [frame.index for frame in frames] == used
    assert [frame.seconds for frame in frames] == pytest.approx([i / rate for i in used], abs=1e-3)
    assert list(clip.notes) == notes
    assert clip.facts.rate == pytest.approx(rate)


def test_a_rate_that_varies(tmp_path: Path) -> None:
    stamps = [0, 0.01, 0.02, 0.5, 0.55, 3, 3.05, 3.2]
    _, frames = looked_at(made(tmp_path / "a.mkv", 8, stamps=stamps))
    assert [frame.index for frame in frames] == [0, 3, 5, 7]
    assert [frame.seconds for frame in frames] == pytest.approx([0, 0.5, 3, 3.2], abs=1e-3)


def test_the_cap_on_frames_is_said(tmp_path: Path) -> None:
    clip, frames = looked_at(made(tmp_path / "a.mp4", 30), max_frames=5)
    assert len(frames) == 5
    assert clip.notes == ("only the first 5 frames looked at, 0.4 of 3.0 s",)
    assert looked_at(made(tmp_path / "b.mp4", 5), max_frames=5)[0].notes == ()


def test_the_hub_holds_a_frame_at_a_time(tmp_path: Path) -> None:
    file = made(tmp_path / "a.mp4", 300, rate=10, size_wh=(320, 240))
    with open_video(file) as clip:
        before, most = psutil.Process().memory_info().rss, 0
        indices = []
        for frame in clip:
            most = max(most, psutil.Process().memory_info().rss)
            indices.append(frame.index)
    assert indices == list(range(300))
    assert most - before < 20e6  # all frames together: 69 MB


# --- row 31 and damage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        (".mp4", {"options": {"movflags": "faststart"}}),
        (".webm", {"codec": "libvpx-vp9"}),
        (".avi", {"codec": "mpeg4"}),
    ],
)
def test_what_comes_before_the_damage_is_used(suffix: str, how: dict, tmp_path: Path) -> None:
    size = {"size_wh": (160, 120)}
    file = cut(0.85, **how, **size)(tmp_path / f"a{suffix}")
    clip, frames = looked_at(file)
    assert 5 < len(frames) < 30
    assert clip.notes[0].startswith(f"the file is cut off or damaged: {len(frames)} frames before that used")
    np.testing.assert_allclose(frames[3].pixels, scene(3, 160, 120), atol=40)


def test_a_hole_in_the_middle(tmp_path: Path) -> None:
    def hole(data: bytearray) -> None:
        start = data.index(b"mdat") + 4
        middle = start + (len(data) - start) // 2
        data[middle : middle + 40] = b"\xff" * 40

    file = with_bytes(made(tmp_path / "a.mp4", 30, options={"movflags": "faststart"}), hole)
    clip, frames = looked_at(file)
    assert 20 < len(frames) <= 30
    assert len(frames) == 30 or "damaged frames left out" in clip.notes[-1]


# --- what a good file gives -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "codec", "facts"),
    [
        (".mp4", "libx264", "64 x 48 pixels, 10 frames a second, 1.0 s, h264 in MP4 or MOV"),
        (".mov", "mpeg4", "64 x 48 pixels, 10 frames a second, 1.0 s, mpeg4 in MP4 or MOV"),
        (".webm", "libvpx-vp9", "64 x 48 pixels, 10 frames a second, 1.0 s, vp9 in WebM or MKV"),
        (".mkv", "libx264", "64 x 48 pixels, 10 frames a second, 1.0 s, h264 in WebM or MKV"),
        (".avi", "mpeg4", "64 x 48 pixels, 10 frames a second, 1.0 s, mpeg4 in AVI"),
    ],
)
def test_containers(suffix: str, codec: str, facts: str, tmp_path: Path) -> None:
    file = made(tmp_path / f"a{suffix}", codec=codec)
    assert not ends_early(file, container_of(file.read_bytes()[:32]))
    clip, frames = looked_at(file)
    assert (clip.facts.text(), clip.notes) == (facts, ())
    assert [frame.index for frame in frames] == list(range(10))
    for number, frame in enumerate(frames):
        assert frame.pixels.dtype == np.uint8
        inside = np.abs(frame.pixels.astype(int) - scene(number, 64, 48))[
            4:20, 4:28
        ]  # colours are halved, edges run
        assert inside.mean() < 12, f"frame {number}"


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_is_applied(degrees: int, tmp_path: Path) -> None:
    clip, frames = looked_at(made(tmp_path / "a.mp4", 2, rotation=degrees))
    expected = np.rot90(scene(0, 64, 48), -degrees // 90)
    assert clip.facts.rotation == degrees
    assert frames[0].pixels.shape == expected.shape == (*clip.facts.shown_hw, 3)
    assert np.abs(frames[0].pixels.astype(int) - expected).mean() < 12


def test_mirrored_and_turned() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    for matrix, expected in (
        ([1, 0, 0, 1], pixels),
        ([-1, 0, 0, 1], pixels[:, ::-1]),
        ([1, 0, 0, -1], pixels[::-1]),
        ([0, 1, 1, 0], pixels.transpose(1, 0, 2)),
        ([0, 1, -1, 0], np.rot90(pixels, -1)),
        ([46341, 46340, -46340, 46341], pixels),  # 45 degrees: the nearest right angle
    ):
        np.testing.assert_array_equal(upright(pixels, matrix), expected)


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = 2
        container.mux(stream.encode(av.VideoFrame.from_ndarray(scene(0, 64, 48))))
        container.mux(stream.encode())
    assert looked_at(file)[1][0].pixels.shape == (48, 128, 3)


def test_the_cover_of_an_album_is_no_video() -> None:
    class Stream:
        disposition = av.stream.Disposition.attached_pic

    assert video_decoder.is_cover(Stream())


def test_decoders_that_stay_shut(tmp_path: Path) -> None:
    file = made(tmp_path / "a.avi", codec="wmv1")
    assert refusal(file).code == "video_codec"


def test_live_recordings_state_no_length(tmp_path: Path) -> None:
    clip, frames = looked_at(made(tmp_path / "a.webm", codec="libvpx-vp9", options={"live": "1"}))
    assert clip.facts.seconds is None
    assert (len(frames), clip.notes) == (10, ())


def test_frames_skipped_say_that_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_decoder, "ALIVE_EVERY", 0)
    lines = in_this_process(made(tmp_path / "a.mp4", 20, rate=100))
    assert [next(iter(line)) for line in lines[:4]] == ["facts", "frame", "alive", "alive"]


# --- the process that decodes -----------------------------------------------------------------------------------


def other_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> Path:
    """A good file, and a decoder that runs `code` instead."""
    script = tmp_path / "decoder.py"
    imports = f"import sys\nsys.path.insert(0, {str(video.DECODER.parent)!r})\nfrom video_decoder import *\n"
    script.write_text(f"{imports}order = Order(**json.load(sys.stdin))\n{code}\n")
    monkeypatch.setattr(video, "DECODER", script)
    return made(tmp_path / "a.mp4")


def test_no_secret_stands_in_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "canary")
    code = "import os\nsend(sys.stdout.buffer, {'refused': {'why': 'too_large', 'width': *os.environ, 'height': 1}})"
    file = other_decoder(tmp_path, monkeypatch, code.replace("*os.environ", "' '.join(os.environ.values())"))
    with pytest.raises(BadInput) as caught:
        open_video(file)
    assert "canary" not in caught.value.message


@pytest.mark.skipif("sys.platform == 'win32'")
@pytest.mark.parametrize(
    "code",
    ["order = Order(**vars(order) | {'cpu_seconds': 1})\nlimit_this_process(order)\nwhile True: pass", "os.abort()"],
    ids=["endless", "crash"],
)  # fmt: skip
def test_a_decoder_that_never_ends_or_crashes(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = other_decoder(tmp_path, monkeypatch, f"import os, resource\n{code}")
    assert refusal(file).code == "video_unreadable"


@pytest.mark.skipif("sys.platform == 'win32'")
def test_it_can_write_nothing_and_take_no_more_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nlimit_this_process(order)\nfailed = []\n"
        "try: bytearray(1 << 30)\nexcept MemoryError: failed.append('memory')\n"
        f"try: Path({str(tmp_path / 'written')!r}).write_bytes(b'x')\nexcept OSError: failed.append('file')\n"
        "send(sys.stdout.buffer, {'refused': {'why': 'too_large', 'width': ' '.join(failed), 'height': 1}})"
    )
    file = other_decoder(tmp_path, monkeypatch, code)
    with pytest.raises(BadInput, match="memory file"):
        open_video(file)


def test_frames_before_it_was_killed_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, signal\n"
        "facts = {'codec': 'x', 'stored_wh': [2, 1], 'shown_wh': [2, 1], 'rate': 10, 'seconds': 9, 'matrix': None}\n"
        "send(sys.stdout.buffer, {'facts': facts})\n"
        "send(sys.stdout.buffer, {'frame': 0, 'seconds': 0, 'row': 8})\n"
        "sys.stdout.buffer.write(bytes(range(8)))\nsys.stdout.buffer.flush()\nos.kill(os.getpid(), 9)"
    )
    clip, frames = looked_at(other_decoder(tmp_path, monkeypatch, code))
    assert frames[0].pixels.tolist() == [[[0, 1, 2], [3, 4, 5]]]
    assert clip.notes == ("decoding was given up after 1 frames, 0.0 of 9.0 s",)


def test_a_bug_in_it_is_a_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    with pytest.raises(RuntimeError, match="the decoder broke"):
        open_video(other_decoder(tmp_path, monkeypatch, "raise KeyError('nothing')"))
    assert "KeyError: 'nothing'" in capfd.readouterr().err


def test_it_ends_with_the_clip(tmp_path: Path) -> None:
    file = made(tmp_path / "a.mp4", 200, size_wh=(320, 240))
    with open_video(file) as clip:
        next(iter(clip))
    assert clip.process.returncode is not None
    with open_video(file) as clip:
        token = compute.CURRENT.set(Deadline(cancelled=lambda: True))
        try:
            with pytest.raises(Overloaded, match="Cancelled"):
                list(clip)
        finally:
            compute.CURRENT.reset(token)
    assert clip.process.returncode is not None


# --- writing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size_hw", [(48, 64), (47, 63), (1, 1), (2, 3)])
def test_what_is_written_can_be_read_and_played(size_hw: tuple[int, int], tmp_path: Path) -> None:
    """Colours within 4 of 255; H.264 in 4:2:0 with even sides, the index before the pictures."""
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 100, 50), (128, 128, 128), (255, 255, 255)]
    file = tmp_path / "a.mp4"
    write_video((np.full((*size_hw, 3), colour, np.uint8) for colour in colours), 5, file)
    clip, frames = looked_at(file)
    height, width = (side + side % 2 for side in size_hw)
    assert clip.facts.size_hw == (height, width)
    assert (clip.facts.rate, clip.facts.codec, clip.facts.seconds) == (5, "h264", pytest.approx(1.2))
    for frame, colour in zip(frames, colours, strict=True):
        np.testing.assert_allclose(frame.pixels, np.full((height, width, 3), colour), atol=4)
    with av.open(str(file)) as container:
        context = container.streams.video[0].codec_context
        assert (context.pix_fmt, context.colorspace, context.color_range) == ("yuv420p", 1, 1)
    data = file.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_frames_are_shown_when_they_were_seen(tmp_path: Path) -> None:
    stamps, file = [0.0, 0.2, 0.25, 1.5, 1.5], tmp_path / "a.mp4"
    with VideoWriter(file, 10) as writer:
        for number, seconds in enumerate(stamps):
            writer.add(scene(number, 64, 48), seconds)
    _, frames = looked_at(file, per_second=1000)
    assert [frame.seconds for frame in frames[:4]] == pytest.approx(stamps[:4], abs=1e-3)


def test_frames_of_one_video_have_one_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected"):
        write_video([scene(0, 64, 48), scene(0, 48, 64)], 10, tmp_path / "a.mp4")
    with pytest.raises(ValueError, match="expected"):
        write_video([np.zeros((4, 4, 3), np.float32)], 10, tmp_path / "a.mp4")


def test_reading_is_quick(tmp_path: Path) -> None:
    """The process starts and gives its first frame; measured in computing time, which other work does not lengthen."""
    file, began = made(tmp_path / "a.mp4"), time.monotonic()
    with open_video(file) as clip:
        times = psutil.Process(clip.process.pid).cpu_times()
    assert times.user + times.system < 1
    assert time.monotonic() - began < 20
