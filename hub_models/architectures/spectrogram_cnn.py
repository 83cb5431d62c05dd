"""A small convolutional network on spectrograms, after "Convolutional Neural Networks for Small-footprint Keyword
Spotting" (Sainath, Parada; 2015).

The idea that mattered: a spectrogram is a picture, so a sound can be classified as a picture is (lecture, section 13.0).
A kernel that was learned for a rising formant finds it wherever it stands in time and, unlike with a network of fully
connected layers, a little higher or lower too, as another voice speaks it.

Deviations: deeper, 3 x 3 kernels with batch normalisation, strides and pooling in both directions, and the mean over time
and frequency before the last layer where the paper has linear layers; the waveform comes in, is made equally loud and
turned into its log-mel spectrogram by the network itself, so that rate, window, hop and filters travel with the weights.

Waveform (B, T) at `rate` -> log-mel (B, 1, mels, 1 + T // hop) -> maps (B, 96, mels / 8, frames / 8) -> logits (B, classes).
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures import conv_bn_relu, he_init
from hub_models.architectures.spectrogram import SpectrogramSpec, levelled, log_mel

FLOOR = 1e-4  # of the mel power of a levelled waveform: 40 dB below a sample's mean power
CENTRE, SPREAD = -4.0, 4.0  # of log-mel values of speech, about: brings them near 0, in -1.3..2


class SpectrogramCNN(nn.Module, PyTorchModelHubMixin):
    """`rate` to `fmax`: as in SpectrogramSpec; `seconds`: of the piece of sound that it is asked about.

    `sure`: the probability below which its answer is not believed, where a recipe measured one.
    """

    def __init__(
        self,
        classes: int = 10,
        rate: int = 8000,
        seconds: float = 1.0,
        window: int = 256,
        hop: int = 80,
        mels: int = 40,
        fmin: float = 60.0,
        fmax: float = 4000.0,
        width: int = 24,
        dropout: float = 0.3,
        sure: float = 0.0,
    ) -> None:
        super().__init__()
        self.sure = sure
        self.spec = SpectrogramSpec(rate=rate, window=window, hop=hop, mels=mels, fmin=fmin, fmax=fmax)
        self.samples = round(seconds * rate)
        self.features = nn.Sequential(
            conv_bn_relu(1, width, kernel_size=5, stride=2, padding=2),
            conv_bn_relu(width, 2 * width, kernel_size=3, padding=1),
            nn.MaxPool2d(2),
            conv_bn_relu(2 * width, 3 * width, kernel_size=3, padding=1),
            nn.MaxPool2d(2),
            conv_bn_relu(3 * width, 4 * width, kernel_size=3, padding=1),
            conv_bn_relu(4 * width, 4 * width, kernel_size=3, padding=1),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(4 * width, classes)
        he_init(self)

    def picture(self, waveform: Tensor) -> Tensor:
        """(B, T) -> (B, 1, mels, frames): what the convolutions see, in float32 also where they compute in bfloat16."""
        with torch.autocast(waveform.device.type, enabled=False):
            seen = log_mel(levelled(waveform.float()), self.spec, FLOOR)
        return ((seen - CENTRE) / SPREAD)[:, None]

    def classify(self, picture: Tensor) -> Tensor:
        """(B, 1, mels, frames) -> (B, classes)."""
        return self.classifier(self.dropout(self.pool(self.features(picture)).flatten(1)))

    def forward(self, waveform: Tensor) -> Tensor:
        return self.classify(self.picture(waveform))


MODEL = SpectrogramCNN
EXAMPLE = ({"classes": 4, "width": 4, "seconds": 0.5}, (2, 4000), (2, 4))
