"""The spectrogram that a network is asked about, for every part of the tab."""

from typing import TYPE_CHECKING

import numpy as np

from hub_models.sound import Sound, decode_sound
from hub_models.ui.components import uploaded
from hub_models.ui.sound_pictures import decibels, linear_ticks, mel_ticks, spectrogram

if TYPE_CHECKING:
    from hub_models.architectures.spectrogram import SpectrogramSpec

SHOWN_SECONDS = 10.0  # of a sound, at most, where no piece is cut


def opened(sound: str | None) -> Sound:
    """The visitor's sound, decoded; or a HubError."""
    return decode_sound(uploaded(sound))


def piece_of(predictor, sound: Sound) -> tuple[np.ndarray, tuple[float, float]]:
    """(samples at the rate of the network, from when to when): the piece that it is asked about, or the beginning."""
    samples = sound.at(predictor.rate)
    if hasattr(predictor, "piece"):
        return predictor.piece(samples)
    most = round(SHOWN_SECONDS * predictor.rate)
    return samples[:most], (0.0, min(len(samples), most) / predictor.rate)


def spec_of(predictor) -> "SpectrogramSpec":
    """The network's own spectrogram, or the usual one of speech where the library makes it."""
    from hub_models.architectures.spectrogram import SpectrogramSpec

    rate = predictor.rate
    usual = {"window": 2 * (rate // 62), "hop": rate // 100, "mels": 64, "fmin": 60.0, "fmax": rate / 2}
    return predictor.spec if hasattr(predictor, "spec") else SpectrogramSpec(rate=rate, **usual)


def seen_as(predictor, samples: np.ndarray, says: str, begin: float = 0.0) -> str:
    """The picture: of our network exactly what its convolutions see, of another a mel spectrogram with usual figures."""
    import torch

    from hub_models.architectures.spectrogram import edges_of

    spec = spec_of(predictor)
    if hasattr(predictor, "spec"):
        picture = predictor.network.picture(torch.from_numpy(samples)[None].to(predictor.device))[0, 0]
        shares = scaled(picture.cpu().numpy())
        says = f"{says} {spec.mels} mel bands x {shares.shape[1]} frames: the input of the first convolution."
    else:
        from hub_models.inside.sounds import pictures

        shares = decibels(pictures(samples, spec).mel)
        says = f"{says} Drawn with {spec.mels} mel bands; the library makes its own."
    return spectrogram(shares, says, len(samples) / spec.rate, mel_ticks(edges_of(spec)), begin=begin)


def scaled(picture: np.ndarray) -> np.ndarray:
    """(mels, frames) -> 0..1, its lowest value 0 and its highest 1."""
    low, high = float(picture.min()), float(picture.max())
    return (picture - low) / (high - low) if high > low else np.zeros_like(picture)


def hz_ticks(spec: "SpectrogramSpec") -> list[tuple[float, str]]:
    return linear_ticks(spec.rate / 2)
