"""Uploads become samples here and nowhere else: any supported sound file -> (T,) float32, one channel, with its rate.

What kind of file it is says its beginning, not its name, and only four kinds are opened at all. Rate, channels and length
are looked at in the header before anything is decoded; as a header may lie, decoding goes block by block and stops at the
limit. Channels are averaged as they come, and what has more than 48,000 samples a second is resampled as it comes, so
that a small file cannot become a large array. What a person should know about the conversion stands in `Sound.notes`.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from hub_models.errors import BadInput, Overloaded

SUPPORTED = "a WAV, FLAC, OGG or MP3 sound"
FORMATS = ("WAV", "WAVEX", "FLAC", "OGG", "MP3")  # as libsndfile calls what these files may turn out to be
HIGHEST_RATE = 48_000  # samples a second that are kept
RATES = (1_000, 400_000)  # that are read at all: below there is no speech, above no sound card
MOST_CHANNELS = 16
BLOCK = 65_536  # samples, of all channels together, that are decoded at once
FULL = 0.999  # of full scale; samples beyond count as clipped
CLIPPED_SHARE = 1e-3  # of all samples, from which on it is said


@dataclass(frozen=True, kw_only=True)
class Sound:
    """`samples` (T,) float32, about -1..1; `rate`: so many a second; what had to be done to get them, for people."""

    samples: np.ndarray
    rate: int
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(f"expected (T,) of float32, got {self.samples.shape} of {self.samples.dtype}")
        if self.rate < 1:
            raise ValueError(f"expected a rate of at least 1, got {self.rate}")

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    def at(self, rate: int) -> np.ndarray:
        """(T',) float32: the samples at another rate."""
        return resample(self.samples, self.rate, rate)


@dataclass(frozen=True, kw_only=True)
class SoundLimits:
    """What a sound may be. The header is asked first: what it admits is never decoded beyond."""

    max_bytes: int = 20_000_000  # of the file
    max_seconds: float = 120.0
    min_seconds: float = 0.02  # less holds no frame of a spectrogram


DEFAULT_LIMITS = SoundLimits()


def decode_sound(source: Path | bytes, *, limits: SoundLimits = DEFAULT_LIMITS) -> Sound:
    """Decode a file, or the bytes of one.

    Raises BadInput: `file_missing`, `file_empty`, `not_a_sound`, `audio_unreadable`, `audio_empty`, `audio_rate`,
    `audio_channels`, `audio_too_short`, `audio_too_long`, `audio_not_finite`; Overloaded `out_of_memory`.
    """
    data = source if isinstance(source, bytes) else read_upload(source, limits)
    if not data:
        raise BadInput(
            "file_empty", f"Expected {SUPPORTED}, got a file of 0 bytes; record or upload it again."
        )
    if len(data) > limits.max_bytes:
        raise too_many_bytes(len(data), limits)
    if not starts_like_a_sound(data):
        raise BadInput(
            "not_a_sound",
            f"Expected {SUPPORTED}, got something else; save it as WAV, FLAC, OGG or MP3 first.",
        )
    try:
        return decoded(data, limits)
    except MemoryError as error:
        raise Overloaded(
            "out_of_memory", "Expected room for the decoded sound, but memory is used up; try a shorter one."
        ) from error


def read_upload(path: Path, limits: SoundLimits) -> bytes:
    """The bytes of a file; its size is looked at first."""
    if not path.is_file():
        raise BadInput("file_missing", "Expected an uploaded sound, but the file is gone; upload it again.")
    if path.stat().st_size > limits.max_bytes:
        raise too_many_bytes(path.stat().st_size, limits)
    return path.read_bytes()


def starts_like_a_sound(data: bytes) -> bool:
    """RIFF/WAVE, fLaC, OggS, or MPEG audio: an ID3 tag, or a frame of layer III (11 bits of 1, version, layer)."""
    if data[:4] in (b"RIFF", b"RIFX") and data[8:12] == b"WAVE":
        return True
    if data[:4] in (b"fLaC", b"OggS") or data[:3] == b"ID3":
        return True
    frame = data[:2]
    return len(frame) == 2 and frame[0] == 0xFF and frame[1] & 0xE0 == 0xE0 and frame[1] & 0x06 == 0x02


def decoded(data: bytes, limits: SoundLimits) -> Sound:
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            check_header(file, limits)
            kept_rate = min(file.samplerate, HIGHEST_RATE)
            parts = Parts(file.channels, file.samplerate, kept_rate)
            samples = parts.joined(blocks(file, limits))
            notes = parts.notes(file.subtype)
    except (soundfile.SoundFileError, EOFError, ValueError) as error:
        raise BadInput(
            "audio_unreadable",
            f"Expected {SUPPORTED} that is whole, but this one is damaged or of a kind that cannot be read; "
            "save it again.",
        ) from error
    if not len(samples):
        raise BadInput(
            "audio_empty", "Expected a sound, got a file without a single sample; record it again."
        )
    if len(samples) < limits.min_seconds * kept_rate:
        raise BadInput(
            "audio_too_short",
            f"Expected at least {limits.min_seconds:g} s of sound, got {len(samples) / kept_rate:.2g} s; "
            "record it again.",
        )
    return Sound(samples=samples, rate=kept_rate, notes=notes)


def check_header(file, limits: SoundLimits) -> None:
    """Raise BadInput unless what the header of the open SoundFile says may be decoded."""
    if file.format not in FORMATS:
        raise BadInput("not_a_sound", f"Expected {SUPPORTED}, got {file.format}; save it as one of these.")
    low, high = RATES
    if not low <= file.samplerate <= high:
        raise BadInput(
            "audio_rate",
            f"Expected {low:,} to {high:,} samples a second, got {file.samplerate:,}; save it at 16,000 or 44,100.",
        )
    if file.channels > MOST_CHANNELS:
        raise BadInput(
            "audio_channels",
            f"Expected at most {MOST_CHANNELS} channels, got {file.channels}; save it as mono or stereo.",
        )
    if 0 < file.frames < 2**62 and file.frames > limits.max_seconds * file.samplerate:  # else it is not known
        raise too_long(file.frames / file.samplerate, limits)


def blocks(file, limits: SoundLimits) -> Iterator[np.ndarray]:
    """(n, channels) float32 of the open SoundFile, one after another. BadInput `audio_too_long`."""
    most, read = limits.max_seconds * file.samplerate, 0
    size = max(1, BLOCK // file.channels)
    while len(block := file.read(size, dtype="float32", always_2d=True)):
        read += len(block)
        if read > most:
            raise too_long(read / file.samplerate, limits, at_least=True)
        yield block


class Parts:
    """Blocks of a file on their way to one row of samples; counts what the notes tell."""

    def __init__(self, channels: int, rate: int, kept_rate: int) -> None:
        self.channels, self.rate, self.kept_rate = channels, rate, kept_rate
        self.clipped = self.count = 0
        self.largest = 0.0

    def joined(self, parts: Iterator[np.ndarray]) -> np.ndarray:
        """(T,) float32. BadInput `audio_not_finite`."""
        import soxr

        thinner = None
        if self.rate > self.kept_rate:
            thinner = soxr.ResampleStream(self.rate, self.kept_rate, 1, dtype="float32")
        rows = []
        for block in parts:
            if not np.isfinite(block).all():
                raise BadInput(
                    "audio_not_finite",
                    "Expected finite samples everywhere, got infinite or undefined ones; save the sound again.",
                )
            self.count += block.size
            self.clipped += int((np.abs(block) >= FULL).sum())
            self.largest = max(self.largest, float(np.abs(block).max()))
            row = block.mean(1, dtype=np.float32)  # (n, channels) -> (n,)
            rows.append(row if thinner is None else thinner.resample_chunk(row))
        if thinner is not None and rows:
            rows.append(thinner.resample_chunk(np.zeros(0, np.float32), last=True))
        return np.ascontiguousarray(np.concatenate(rows)) if rows else np.zeros(0, np.float32)

    def notes(self, subtype: str) -> tuple[str, ...]:
        said = []
        if self.channels > 1:
            said.append(f"{self.channels} channels averaged to one")
        if self.rate > self.kept_rate:
            said.append(f"resampled from {self.rate:,} to {self.kept_rate:,} samples a second")
        if self.count and self.clipped > CLIPPED_SHARE * self.count:
            said.append(
                f"clipped: {self.clipped / self.count:.1%} of the samples are at or beyond full scale"
            )
        if self.count and self.largest == 0:
            said.append("silent: all samples are 0")
        return tuple(said)


def too_many_bytes(size: int, limits: SoundLimits) -> BadInput:
    return BadInput(
        "audio_too_long",
        f"Expected a file of at most {limits.max_bytes / 1e6:.3g} MB, got {size / 1e6:.3g} MB; "
        "cut the sound or save it as FLAC or OGG.",
    )


def too_long(seconds: float, limits: SoundLimits, at_least: bool = False) -> BadInput:
    return BadInput(
        "audio_too_long",
        f"Expected at most {limits.max_seconds:g} s of sound, got {'at least ' if at_least else ''}"
        f"{seconds:,.0f} s; cut out the part that matters.",
    )


def resample(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """(T,) float32 at `rate` -> (T',) float32 at `wanted`; what is above half the new rate is filtered out first."""
    if rate == wanted:
        return samples
    import soxr

    return soxr.resample(samples, rate, wanted).astype(np.float32, copy=False)


def encode(samples: np.ndarray, rate: int, kind: Literal["WAV", "FLAC"] = "WAV") -> bytes:
    """(T,) float32 -> a file of 16 bits, made quieter where it would clip; WAV is what every player plays."""
    import soundfile

    largest = float(np.abs(samples).max(initial=0.0))
    file = io.BytesIO()
    soundfile.write(file, samples / max(1.0, largest), rate, format=kind, subtype="PCM_16")
    return file.getvalue()
