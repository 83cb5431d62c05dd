"""What is changed at random in training sounds, so that a voice, a microphone or a room that was never heard is no surprise.

Of the waveform, in the order in which the world does it: the voice is quicker and higher, or slower and lower
(resampling); it begins sooner or later; the room answers; the microphone favours some frequencies (equaliser); there is
noise of some colour; the recording is too loud and clipped. Of the spectrogram: another tempo, another length of the
vocal tract (Jaitly, Hinton: Vocal Tract Length Perturbation improves speech recognition, 2013), a band or a time that is
missing (Park, Chan, Zhang, Chiu, Zoph, Cubuk, Le: SpecAugment, 2019). All is drawn with torch's generator, which the
training loop seeds anew at every step, for a whole batch at once.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How far; 0 (or a share of 0) is not at all."""

    speed: float = 0.2  # the voice is read at 1 / (1 + speed) to 1 + speed times its speed
    tempo: float = 0.2  # the spectrogram is stretched in time by as much
    tract: float = 0.15  # and in frequency
    room: float = 0.3  # share of the sounds that get an echo
    equaliser_db: float = 6.0  # standard deviation of the gain at 8 frequencies
    noise: float = 0.7  # share of the sounds that get noise
    noise_db: tuple[float, float] = (5.0, 40.0)  # speech above noise
    clipped: float = 0.1  # share of the sounds that are clipped
    time_mask: int = 16  # frames that are missing at most
    band_mask: int = 8  # mel bands that are missing at most


def uniform(low: float, high: float, shape: tuple[int, ...], like: Tensor) -> Tensor:
    return low + (high - low) * torch.rand(shape, device=like.device)


def chosen(share: float, count: int, like: Tensor) -> Tensor:
    """(count, 1) of 1 with probability `share`, else 0."""
    return (torch.rand(count, 1, device=like.device) < share).float()


def placed(sounds: Tensor, lengths: Tensor, samples: int, speed: float = 0.0) -> Tensor:
    """(B, L) of which (B,) samples are sound -> (B, samples), read at a random speed, beginning at a random sample.

    A sound that is longer than the piece loses its beginning, its end, or both.
    """
    count = len(sounds)
    factor = torch.exp(uniform(-1, 1, (count, 1), sounds) * math.log1p(speed))
    length = lengths[:, None] / factor
    begin = (samples - length) * torch.rand(count, 1, device=sounds.device)  # below 0 where it is too long
    at = (torch.arange(samples, device=sounds.device) - begin) * factor  # (B, samples): places in the sound
    inside = (at >= 0) & (at <= lengths[:, None] - 1)
    left = at.clamp(0, sounds.shape[1] - 1).floor()
    here, share = left.long(), at.clamp(0, sounds.shape[1] - 1) - left
    after = (here + 1).clamp(max=sounds.shape[1] - 1)
    return (sounds.gather(1, here) * (1 - share) + sounds.gather(1, after) * share) * inside


def curve(count: int, bins: int, spread_db: float, like: Tensor) -> Tensor:
    """(count, bins): a random smooth gain for every frequency, through 8 points."""
    points = torch.randn(count, 1, 8, device=like.device) * spread_db / 20 * math.log(10)
    return F.interpolate(points, bins, mode="linear", align_corners=True)[:, 0].exp()


def filtered(waveform: Tensor, spread_db: float) -> Tensor:
    """(B, T): as another microphone hears it."""
    transformed = torch.fft.rfft(waveform)
    return torch.fft.irfft(
        transformed * curve(len(waveform), transformed.shape[1], spread_db, waveform), waveform.shape[1]
    )


def echoed(waveform: Tensor, rate: int, share: float) -> Tensor:
    """(B, T): with the decaying echo of a room that takes 0.1 to 0.5 s to fall silent, for a `share` of the sounds."""
    count, samples = waveform.shape
    seconds = torch.arange(samples, device=waveform.device) / rate
    decay = torch.exp(-6.9 * seconds / uniform(0.1, 0.5, (count, 1), waveform))  # -60 dB
    answer = torch.randn(count, samples, device=waveform.device) * decay
    answer = answer / answer.square().sum(1, keepdim=True).sqrt()
    size = 2 * samples
    wet = torch.fft.irfft(torch.fft.rfft(waveform, size) * torch.fft.rfft(answer, size), size)[:, :samples]
    return waveform + wet * uniform(0.1, 0.7, (count, 1), waveform) * chosen(share, count, waveform)


def noisy(waveform: Tensor, lengths: Tensor, changes: Changes) -> Tensor:
    """(B, T): with noise between white and brown, some decibels below the (B,) samples that are sound."""
    count, samples = waveform.shape
    bins = samples // 2 + 1
    slope = uniform(0, 1.2, (count, 1), waveform)  # of the magnitude over frequency: 0 white, 1 brown
    shape = torch.arange(1, bins + 1, device=waveform.device).float().pow(-slope)
    white = torch.fft.rfft(torch.randn(count, samples, device=waveform.device))
    noise = torch.fft.irfft(white * shape * curve(count, bins, 4.0, waveform), samples)
    noise = noise / noise.square().mean(1, keepdim=True).sqrt().clamp(min=1e-9)
    speech = (waveform.square().sum(1, keepdim=True) / lengths[:, None]).sqrt()
    below = 10 ** (-uniform(*changes.noise_db, (count, 1), waveform) / 20)
    return waveform + noise * speech * below * chosen(changes.noise, count, waveform)


def clipped(waveform: Tensor, share: float) -> Tensor:
    """(B, T): cut at 0.2 to 0.9 of the largest sample, for a `share` of the sounds."""
    limit = waveform.abs().amax(1, keepdim=True) * uniform(0.2, 0.9, (len(waveform), 1), waveform)
    cut = torch.minimum(torch.maximum(waveform, -limit), limit)
    use = chosen(share, len(waveform), waveform)
    return use * cut + (1 - use) * waveform


def changed_sounds(sounds: Tensor, lengths: Tensor, samples: int, rate: int, changes: Changes) -> Tensor:
    """(B, L) of which (B,) samples are sound -> (B, samples), changed."""
    heard = placed(sounds, lengths, samples, changes.speed)
    heard = echoed(heard, rate, changes.room) if changes.room else heard
    heard = filtered(heard, changes.equaliser_db) if changes.equaliser_db else heard
    heard = noisy(heard, lengths.clamp(max=samples), changes) if changes.noise else heard
    return clipped(heard, changes.clipped) if changes.clipped else heard


def warped(pictures: Tensor, tempo: float, tract: float) -> Tensor:
    """(B, 1, mels, frames): stretched in time about the middle and in frequency from below; the border is repeated."""
    count, _, height, width = pictures.shape
    in_time = torch.exp(uniform(-1, 1, (count, 1, 1), pictures) * math.log1p(tempo))
    in_mel = torch.exp(uniform(-1, 1, (count, 1, 1), pictures) * math.log1p(tract))
    x = torch.linspace(-1, 1, width, device=pictures.device).expand(count, height, width) * in_time
    y = torch.linspace(0, 2, height, device=pictures.device)[:, None].expand(count, height, width)
    return F.grid_sample(
        pictures, torch.stack([x, y * in_mel - 1], 3), padding_mode="border", align_corners=True
    )


def masked(pictures: Tensor, axis: int, most: int) -> Tensor:
    """(B, 1, mels, frames): up to `most` rows (axis 2) or columns (axis 3) become the mean of the picture."""
    count, size = len(pictures), pictures.shape[axis]
    wide = torch.rand(count, 1, device=pictures.device) * (most + 1)
    begin = torch.rand(count, 1, device=pictures.device) * (size - wide)
    place = torch.arange(size, device=pictures.device)
    hidden = (place >= begin.floor()) & (place < begin.floor() + wide.floor())  # (B, size)
    hidden = hidden[:, None, :, None] if axis == 2 else hidden[:, None, None, :]
    return torch.where(hidden, pictures.mean((2, 3), keepdim=True), pictures)


def changed_pictures(pictures: Tensor, changes: Changes) -> Tensor:
    """(B, 1, mels, frames) float32 of a batch, changed."""
    seen = warped(pictures, changes.tempo, changes.tract) if changes.tempo or changes.tract else pictures
    seen = masked(seen, 3, changes.time_mask) if changes.time_mask else seen
    return masked(seen, 2, changes.band_mask) if changes.band_mask else seen
