"""Hostile and odd sound files, made here, by the numbers of the table of hostile inputs (22 to 27) and issue 7's list.

`HOSTILE_SOUNDS` says of each file what must happen: an error code, or None where it must be heard.
"""

import io
import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import soundfile
from hostile_pictures import black_png

RATE = 8000


class HostileSound(NamedTuple):
    """`row` of the table of hostile input, `code` of the error that must come, None if the file is good."""

    row: int
    name: str
    suffix: str
    make: Callable[[], bytes]
    code: str | None


def tone(seconds: float = 0.5, rate: int = RATE, hz: float = 300.0) -> np.ndarray:
    """(T,) float32: a tone that swells and fades."""
    t = np.arange(round(seconds * rate)) / rate
    return (0.4 * np.sin(2 * np.pi * hz * t) * np.sin(np.pi * t / max(seconds, 1e-9))).astype(np.float32)


def saved(samples: np.ndarray, rate: int = RATE, kind: str = "WAV", subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return file.getvalue()


def wav(
    data: bytes, rate: int = RATE, channels: int = 1, bits: int = 16, told: int | None = None, kind: int = 1
) -> bytes:
    """A WAV by hand; `told`: bytes of samples that its header claims. `kind` 1: whole numbers, 3: floats."""
    size = len(data) if told is None else told
    block = channels * bits // 8
    header = struct.pack("<HHIIHH", kind, channels, rate, (rate * block) & 0xFFFFFFFF, block, bits)
    riff = struct.pack("<I", min(0xFFFFFFFF, 36 + size))
    return (
        b"RIFF"
        + riff
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + header
        + b"data"
        + struct.pack("<I", size)
        + data
    )


def sixteen(samples: np.ndarray) -> bytes:
    return (samples * 32767).astype("<i2").tobytes()


def not_finite(value: float) -> bytes:
    samples = tone()
    samples[1000] = value
    return wav(samples.astype("<f4").tobytes(), bits=32, kind=3)


def two_hours() -> bytes:
    """Two hours of silence in 0.2 MB of FLAC: nobody may decode them."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 1000, 1, format="FLAC", subtype="PCM_16") as out:
        for _ in range(72):
            out.write(np.zeros(100_000, np.float32))
    return file.getvalue()


def many_hours_told() -> bytes:
    """A header that tells of 37 hours, with half a second behind it."""
    return wav(sixteen(tone()), told=0xFFFFFFFE)


HOSTILE_SOUNDS = (
    HostileSound(22, "no sample", ".wav", lambda: wav(b""), "audio_empty"),
    HostileSound(22, "one sample", ".wav", lambda: wav(b"\1\0"), "audio_too_short"),
    HostileSound(2, "no byte", ".wav", lambda: b"", "file_empty"),
    HostileSound(23, "NaN", ".wav", lambda: not_finite(np.nan), "audio_not_finite"),
    HostileSound(23, "infinity", ".wav", lambda: not_finite(np.inf), "audio_not_finite"),
    HostileSound(24, "silence", ".wav", lambda: saved(np.zeros(RATE, np.float32)), None),
    HostileSound(25, "1 Hz", ".wav", lambda: wav(sixteen(tone()), rate=1), "audio_rate"),
    HostileSound(25, "0 Hz", ".wav", lambda: wav(sixteen(tone()), rate=0), "audio_unreadable"),
    HostileSound(25, "4 GHz", ".wav", lambda: wav(sixteen(tone()), rate=4_000_000_000), "audio_unreadable"),
    HostileSound(25, "384 kHz", ".wav", lambda: saved(tone(0.5, 384_000), 384_000), None),
    HostileSound(25, "192 kHz", ".flac", lambda: saved(tone(0.5, 192_000), 192_000, "FLAC"), None),
    HostileSound(26, "37 hours told", ".wav", many_hours_told, None),
    HostileSound(26, "fewer samples told", ".wav", lambda: wav(sixteen(tone()), told=2000), None),
    HostileSound(27, "two hours", ".flac", two_hours, "audio_too_long"),
    HostileSound(27, "too many bytes", ".wav", lambda: wav(bytes(21_000_000)), "audio_too_long"),
    HostileSound(0, "stereo", ".wav", lambda: saved(np.stack([tone(), tone(hz=500)], 1)), None),
    HostileSound(0, "clipped", ".wav", lambda: saved(np.clip(9 * tone(), -1, 1)), None),
    HostileSound(0, "8 bits", ".wav", lambda: saved(tone(), subtype="PCM_U8"), None),
    HostileSound(0, "24 bits", ".flac", lambda: saved(tone(), kind="FLAC", subtype="PCM_24"), None),
    HostileSound(0, "64-bit floats", ".wav", lambda: saved(tone(), subtype="DOUBLE"), None),
    HostileSound(0, "ogg", ".ogg", lambda: saved(tone(1.0, 16_000), 16_000, "OGG"), None),
    HostileSound(0, "mp3", ".mp3", lambda: saved(tone(1.0, 16_000), 16_000, "MP3"), None),
    HostileSound(0, "wrong ending", ".png", lambda: saved(tone()), None),
    HostileSound(0, "17 channels", ".wav", lambda: saved(np.stack([tone()] * 17, 1)), "audio_channels"),
    HostileSound(0, "cut header", ".wav", lambda: saved(tone())[:20], "audio_unreadable"),
    HostileSound(0, "cut flac", ".flac", lambda: saved(tone(), kind="FLAC")[:60], "audio_unreadable"),
    HostileSound(0, "garbage ogg", ".ogg", lambda: b"OggS" + bytes(range(256)) * 40, "audio_unreadable"),
    HostileSound(0, "garbage mp3", ".mp3", lambda: b"ID3" + bytes(range(256)) * 40, "audio_unreadable"),
    HostileSound(0, "garbage frames", ".mp3", lambda: b"\xff\xfb" + bytes(range(256)) * 40, "audio_unreadable"),
    HostileSound(0, "a picture", ".wav", lambda: black_png(32, 32), "not_a_sound"),
    HostileSound(0, "text", ".wav", lambda: b"hello " * 100, "not_a_sound"),
    HostileSound(29, "playlist", ".mp3", lambda: b"#EXTM3U\nfile:///etc/passwd\n", "not_a_sound"),
    HostileSound(21, "EPS", ".wav", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "not_a_sound"),
    HostileSound(21, "AIFF", ".wav", lambda: saved(tone(), kind="AIFF"), "not_a_sound"),
    HostileSound(21, "AU", ".wav", lambda: saved(tone(), kind="AU"), "not_a_sound"),
    HostileSound(21, "CAF", ".wav", lambda: saved(tone(), kind="CAF"), "not_a_sound"),
)  # fmt: skip
