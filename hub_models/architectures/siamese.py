"""A small Siamese network, after "Learning a Similarity Metric Discriminatively, with Application to Face Verification"
(Chopra, Hadsell, LeCun; 2005).

The idea that mattered: two pictures pass the same network, with the same weights, and what is learned is the distance
between the two answers (lecture, section 9.3.3). "Two networks" is a way of drawing it: there is one set of weights,
and pictures pass it one after the other, so that the embedding of an enrolled face can be kept and compared again.

Deviations: four convolutions with batch normalisation; the triplet loss of FaceNet in place of pairs; unit length.

Grey pictures of faces (B, 1, H, W) -> embeddings (B, dims) of unit length; the bundled checkpoint sees 64 x 64 pixels.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import conv_bn_relu


class Siamese(nn.Module, PyTorchModelHubMixin):
    """`widths`: maps of each 3x3 convolution, each followed by pooling; then one dense layer over a grid of cells.

    `calibration` is what was measured on people it never saw: see `hub_models.face_gallery.Calibration`.
    """

    def __init__(
        self,
        dims: int = 64,
        widths: tuple[int, ...] = (16, 32, 48, 64),
        grid: int = 4,
        dropout: float = 0.3,
        calibration: dict | None = None,
    ) -> None:
        super().__init__()
        self.dims, self.calibration = dims, calibration
        layers, channels = [], 1
        for width in widths:
            layers += [conv_bn_relu(channels, width, kernel_size=3, padding=1), nn.MaxPool2d(2)]
            channels = width
        self.features = nn.Sequential(*layers[:-1], nn.AdaptiveAvgPool2d(grid))
        self.dropout = nn.Dropout(dropout)
        self.embed = nn.Linear(channels * grid**2, dims, bias=False)
        self.norm = nn.BatchNorm1d(dims)

    def forward(self, faces: Tensor) -> Tensor:
        x = torch.flatten(self.features(faces), 1)  # (B, 1, H, W) -> (B, width * grid * grid)
        return F.normalize(self.norm(self.embed(self.dropout(x))), dim=1)


MODEL = Siamese
EXAMPLE = ({"dims": 16, "widths": [8, 12], "grid": 2}, (2, 1, 32, 28), (2, 16))
