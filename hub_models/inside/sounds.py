"""How a sound becomes a picture, step by step, and what a network makes of the picture."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.architectures.spectrogram import (
    SpectrogramSpec,
    hann,
    inverse_stft,
    mel_filters,
    stft,
)


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Power of a sound: `linear` (bins, frames) and `mel` (mels, frames), float32."""

    linear: np.ndarray
    mel: np.ndarray


def pictures(samples: np.ndarray, spec: SpectrogramSpec) -> Pictures:
    """(T,) -> its power spectrograms."""
    power = stft(torch.from_numpy(samples)[None], spec)[0].abs().square()
    return Pictures(linear=power.numpy(), mel=(mel_filters(spec) @ power).numpy())


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame by hand: `samples`, `window`, their product `windowed` (window,), and `magnitude` (bins,) float64."""

    samples: np.ndarray
    window: np.ndarray
    windowed: np.ndarray
    magnitude: np.ndarray


def frame_by_hand(samples: np.ndarray, spec: SpectrogramSpec, number: int) -> Frame:
    """Frame `number`: cut out around sample number x hop, weighted, and transformed by the definition of the DFT.

    X_k = sum over n of x_n w_n exp(-2 pi i k n / N); no fast transform, so that every number can be followed.
    """
    half = spec.window // 2
    padded = np.pad(samples.astype(np.float64), (half, spec.window))
    cut = padded[number * spec.hop : number * spec.hop + spec.window]
    weights = hann(spec.window).double().numpy()
    n, k = np.arange(spec.window), np.arange(spec.bins)[:, None]
    matrix = np.exp(-2j * np.pi * k * n / spec.window)  # (bins, window)
    return Frame(
        samples=cut, window=weights, windowed=cut * weights, magnitude=np.abs(matrix @ (cut * weights))
    )


class OnPicture(nn.Module):
    """The part of a spectrogram network behind the spectrogram: it takes the picture, as networks for pictures do."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.features, self.pool, self.dropout = network.features, network.pool, network.dropout
        self.classifier = network.classifier

    def forward(self, picture: Tensor) -> Tensor:
        """(B, 1, mels, frames) -> (B, classes)."""
        return self.classifier(self.dropout(self.pool(self.features(picture)).flatten(1)))


def attended(samples: np.ndarray, spec: SpectrogramSpec, evidence: np.ndarray) -> np.ndarray:
    """(T,) -> (T,): what is left where `evidence` (mels, frames) in 0..1 is high, with the phase that it had.

    Every bin gets the mean evidence of the filters that hear it, each by its weight; bins that no filter hears are silent.
    """
    filters = mel_filters(spec)  # (mels, bins)
    share = filters / filters.sum(0).clamp(min=1e-9)
    gain = share.T @ torch.from_numpy(evidence.astype(np.float32))  # (bins, frames)
    kept = stft(torch.from_numpy(samples)[None], spec) * gain[None]
    return inverse_stft(kept, spec, len(samples))[0].numpy()


def with_noise(samples: np.ndarray, snr_db: float, seed: int = 0) -> np.ndarray:
    """(T,) with white noise so many decibels below its own power; always the same noise."""
    noise = np.random.default_rng(seed).standard_normal(len(samples))
    power = float(np.square(samples, dtype=np.float64).mean())
    scale = np.sqrt(power / 10 ** (snr_db / 10))
    return (samples + scale * noise).astype(np.float32)


def hidden(picture: Tensor, times: tuple[int, int], bands: tuple[int, int]) -> Tensor:
    """(1, 1, mels, frames) with frames and mel bands [begin, end) at its lowest value: as if nothing sounded there."""
    seen = picture.clone()
    seen[..., times[0] : times[1]] = picture.min()
    seen[..., bands[0] : bands[1], :] = picture.min()
    return seen
