"""Face embedding with a triplet loss, after "FaceNet: A Unified Embedding for Face Recognition and Clustering"
(Schroff, Kalenichenko, Philbin; 2015).

The idea that mattered: learn the distance itself. The network maps a face to a point on the unit sphere such that
pictures of one person lie close together and those of others far apart (lecture, section 9.3). Whoever it is, even
somebody never seen in training, verification is then a threshold on a distance, recognition the nearest enrolled point.

The first stages of EfficientNet-Lite0 with the weights of ImageNet see the face. Because the face is aligned, the eyes
stand at the same cell of the last map in every picture; so each channel has a weight for each cell (a depthwise
convolution as large as the map, after "MobileFaceNets", Chen, Liu, Gao and Han, 2018) where a mean would forget places.

Deviations: a backbone trained on ImageNet and cut short in place of an Inception network; beside the triplets a second
loss asks which training person it is.

Aligned faces (B, 3, H, W) -> embeddings (B, dims) of unit length; the bundled checkpoint sees 96 x 96 pixels.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import conv_bn_relu
from hub_models.architectures.efficientnet_lite import EfficientNetLite0


class FaceEmbedding(nn.Module, PyTorchModelHubMixin):
    """Backbone, 1x1 convolution, a weight for each channel and cell, one dense layer, unit length.

    `calibration` is what was measured on people it never saw: see `hub_models.face_gallery.Calibration`.
    """

    def __init__(
        self,
        dims: int = 128,
        last_stage: int = 4,
        width: int = 256,
        grid: int = 6,
        dropout: float = 0.2,
        calibration: dict | None = None,
    ) -> None:
        super().__init__()
        self.dims, self.calibration = dims, calibration
        self.backbone = EfficientNetLite0(last_stage)
        self.widen = conv_bn_relu(self.backbone.channels[-1], width, kernel_size=1)
        self.pool = nn.AdaptiveAvgPool2d(grid)
        self.places = nn.Sequential(
            nn.Conv2d(width, width, grid, groups=width, bias=False), nn.BatchNorm2d(width)
        )
        self.dropout = nn.Dropout(dropout)
        self.embed = nn.Linear(width, dims, bias=False)
        self.norm = nn.BatchNorm1d(dims)

    def forward(self, faces: Tensor) -> Tensor:
        x = self.pool(self.widen(self.backbone(faces)))  # (B, 3, H, W) -> (B, width, grid, grid)
        x = torch.flatten(self.places(x), 1)  # -> (B, width)
        return F.normalize(self.norm(self.embed(self.dropout(x))), dim=1)


MODEL = FaceEmbedding
EXAMPLE = ({"dims": 16, "last_stage": 2, "width": 24, "grid": 4}, (2, 3, 64, 64), (2, 16))
