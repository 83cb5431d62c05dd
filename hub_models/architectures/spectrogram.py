"""From a waveform to a picture of it: short-time Fourier transform, mel filters, logarithm.

A sound is a row of samples. Cut into short frames that overlap, each weighted by a window that fades at both ends, and
Fourier-transformed frame by frame, it shows which frequencies sound when (STFT). The squared magnitude of a bin is its
power. The ear tells low tones apart better than high ones, so triangular filters that are equally wide in mel, not in
hertz, sum up the bins (Stevens, Volkmann, Newman: A Scale for the Measurement of the Psychological Magnitude Pitch, 1937;
the formula is O'Shaughnessy's, 1987). The logarithm makes of a louder voice the same picture, a little brighter.

Waveform (B, T) -> log-mel spectrogram (B, mels, frames), frames = 1 + T // hop, bins = window // 2 + 1.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

SILENT = 1e-5  # root mean square below which a waveform is not made louder: -100 dB of full scale


@dataclass(frozen=True, kw_only=True)
class SpectrogramSpec:
    """How a waveform becomes a picture. The defaults: 32 ms of 8 kHz every 10 ms, 40 filters."""

    rate: int = 8000  # samples a second
    window: int = 256  # samples of a frame
    hop: int = 80  # samples from one frame to the next
    mels: int = 40  # filters: the height of the picture
    fmin: float = 60.0  # Hz, where the lowest filter begins
    fmax: float = 4000.0  # Hz, where the highest ends: at most half the rate

    @property
    def bins(self) -> int:
        """Frequencies of a frame's transform: 0, rate / window, ..., rate / 2."""
        return self.window // 2 + 1

    def frames(self, samples: int) -> int:
        """Columns of the spectrogram of so many samples: a frame stands at every hop-th, from the first."""
        return 1 + samples // self.hop

    def __post_init__(self) -> None:
        if self.window < 2 or self.hop < 1 or self.mels < 1:
            raise ValueError(f"expected window >= 2, hop >= 1 and mels >= 1, got {self}")
        if not 0 <= self.fmin < self.fmax <= self.rate / 2:
            raise ValueError(f"expected 0 <= fmin < fmax <= rate / 2, got {self}")


def mel_of(hz: float) -> float:
    """m = 2595 log10(1 + f / 700): about linear below 1 kHz, logarithmic above."""
    return 2595 * math.log10(1 + hz / 700)


def hz_of(mel: float) -> float:
    """The inverse: f = 700 (10^(m / 2595) - 1)."""
    return 700 * (10 ** (mel / 2595) - 1)


def edges_of(spec: SpectrogramSpec) -> list[float]:
    """mels + 2 frequencies in Hz, equally far apart in mel: filter k rises from edge k to k + 1 and falls to k + 2."""
    low, high = mel_of(spec.fmin), mel_of(spec.fmax)
    return [hz_of(low + (high - low) * k / (spec.mels + 1)) for k in range(spec.mels + 2)]


@lru_cache(maxsize=64)
def mel_filters(spec: SpectrogramSpec) -> Tensor:
    """(mels, bins) float32: the triangles, 1 at their tops. Of a filter narrower than a bin all weights may be 0."""
    with torch.device("cpu"):  # also where a network is built without memory
        edges = torch.tensor(edges_of(spec), dtype=torch.float64)
        hz = torch.arange(spec.bins, dtype=torch.float64) * spec.rate / spec.window
        left, top, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]  # (mels, 1)
        rising, falling = (hz - left) / (top - left), (right - hz) / (right - top)
        return torch.minimum(rising, falling).clamp(min=0).float()


@lru_cache(maxsize=64)
def hann(window: int) -> Tensor:
    """(window,) float32: 0.5 - 0.5 cos(2 pi n / window), 0 at the first sample and 1 in the middle."""
    with torch.device("cpu"):
        return torch.hann_window(window, periodic=True)


def stft(waveform: Tensor, spec: SpectrogramSpec) -> Tensor:
    """(B, T) -> complex (B, bins, frames); frame t is centred on sample t x hop, with zeros beyond both ends."""
    return torch.stft(
        waveform, spec.window, spec.hop, window=hann(spec.window).to(waveform), center=True,
        pad_mode="constant", return_complex=True,
    )  # fmt: skip


def inverse_stft(transformed: Tensor, spec: SpectrogramSpec, samples: int) -> Tensor:
    """(B, bins, frames) complex -> (B, samples): the frames laid over each other again."""
    window = hann(spec.window).to(transformed.real)
    return torch.istft(transformed, spec.window, spec.hop, window=window, center=True, length=samples)


def levelled(waveform: Tensor) -> Tensor:
    """(B, T), each made as loud as the others: root mean square 1. Silence stays silence."""
    loud = waveform.square().mean(1, keepdim=True).sqrt()
    return waveform / loud.clamp(min=SILENT)


def mel_power(waveform: Tensor, spec: SpectrogramSpec) -> Tensor:
    """(B, T) -> (B, mels, frames): the mean power of a sample, spread over the filters that hear it."""
    scale = (
        hann(spec.window).square().sum().item() * spec.window
    )  # so that a louder window is no louder picture
    power = stft(waveform, spec).abs().square() / scale  # (B, bins, frames)
    return mel_filters(spec).to(power) @ power


def log_mel(waveform: Tensor, spec: SpectrogramSpec, floor: float) -> Tensor:
    """(B, T) -> (B, mels, frames): the natural logarithm of the mel power; what is below `floor` is shown as `floor`."""
    return mel_power(waveform, spec).clamp(min=floor).log()
