"""A classifier of sounds around a network of ours: waveform -> loudest piece -> log-mel picture -> classes.

A piece is asked about five times, a little earlier and a little later in its second, and the mean of the probabilities
counts: the network steps over the picture in strides, so that a sound which begins between two steps is heard less well.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures.spectrogram import SpectrogramSpec
from hub_models.checkpoint import Checkpoint
from hub_models.heard import AUDIBLE_DB, Heard, level_db
from hub_models.local import label_names
from hub_models.predictors.sound_pieces import begins, loudest, piece_at
from hub_models.predictors.weights import bytes_of

AT_ONCE = 64  # pieces in a batch
SHIFTS = (-0.1, -0.05, 0.0, 0.05, 0.1)  # seconds


class SoundClassifier:
    """Samples (T,) float32 at `rate` -> Heard. Safe to call from several threads at once."""

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, names: Sequence[str], device: str) -> None:
        self.checkpoint, self.names, self.device = checkpoint, tuple(names), device
        self.network = network.to(memory_format=torch.channels_last)
        self.length = network.samples  # of a piece
        self.bytes = bytes_of(network)

    @classmethod
    def from_folder(
        cls, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str
    ) -> "SoundClassifier":
        return cls(checkpoint, network, label_names(files), device)

    @property
    def spec(self) -> SpectrogramSpec:
        return self.network.spec

    @property
    def rate(self) -> int:
        """Samples a second that it wants."""
        return self.spec.rate

    @property
    def sure(self) -> float:
        return self.network.sure

    def piece(self, samples: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
        """The loudest piece (length,) float32, and from when to when in seconds it stands in the sound."""
        begin = loudest(samples, self.length)
        end = min(len(samples), begin + self.length)
        return piece_at(samples, begin, self.length), (begin / self.rate, end / self.rate)

    def preprocess(self, samples: np.ndarray) -> Tensor:
        """(T,) -> (1, length) float32 on the device."""
        return torch.from_numpy(self.piece(samples)[0])[None].to(self.device)

    def forward(self, waveforms: Tensor) -> Tensor:
        """(B, length) -> logarithms of the probabilities (B, classes), the mean over the shifts."""
        with torch.inference_mode():
            steps = [round(shift * self.rate) for shift in SHIFTS]
            shares = [self.network(F.pad(waveforms, (step, -step))).float().softmax(1) for step in steps]
            return torch.stack(shares).mean(0).log()

    def postprocess(self, logits: Tensor, piece: np.ndarray, seconds: tuple[float, float]) -> Heard:
        """Logits (1, classes) of a piece -> probabilities by softmax."""
        return self.heard(logits[0].float().softmax(0).cpu().numpy(), piece, seconds)

    def heard(self, shares: np.ndarray, piece: np.ndarray, seconds: tuple[float, float]) -> Heard:
        """Probabilities (classes,) of a piece, but none where the piece is silent."""
        level = level_db(piece)
        return Heard(self.names, shares * np.float32(level >= AUDIBLE_DB), seconds, level, self.sure)

    def predict(self, samples: np.ndarray) -> Heard:
        piece, seconds = self.piece(samples)
        logits = self.forward(torch.from_numpy(piece)[None].to(self.device))
        return self.postprocess(logits, piece, seconds)

    def predict_many(self, sounds: Sequence[np.ndarray]) -> np.ndarray:
        """Sounds (T,) of any lengths -> probabilities (B, classes) float32 of the loudest piece of each."""
        return self.of_pieces([self.piece(samples)[0] for samples in sounds])

    def of_pieces(self, pieces: Sequence[np.ndarray]) -> np.ndarray:
        """Pieces (length,) float32 -> probabilities (B, classes) float32."""
        found = [
            self.forward(torch.from_numpy(np.stack(pieces[start : start + AT_ONCE])).to(self.device))
            for start in range(0, len(pieces), AT_ONCE)
        ]
        return torch.cat(found).float().softmax(1).cpu().numpy()

    def along(self, samples: np.ndarray, step_seconds: float) -> list[Heard]:
        """What is heard in pieces that follow each other `step_seconds` apart, to the end of the sound."""
        places = begins(len(samples), self.length, max(1, round(step_seconds * self.rate)))
        pieces = [piece_at(samples, begin, self.length) for begin in places]
        ends = [min(len(samples), begin + self.length) for begin in places]
        return [
            self.heard(shares, piece, (begin / self.rate, end / self.rate))
            for shares, piece, begin, end in zip(self.of_pieces(pieces), pieces, places, ends, strict=True)
        ]
