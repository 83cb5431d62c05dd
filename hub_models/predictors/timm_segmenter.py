"""A U-Net on any backbone of timm: its maps of every stride, and the way up of our `unet_lite`."""

from itertools import pairwise
from pathlib import Path

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import conv_bn_relu
from hub_models.architectures.unet_lite import Merge
from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.local import label_names, read_config
from hub_models.predictors.segmenter import Segmenter
from hub_models.predictors.weights import assign, read_tensors

WIDTHS = (32, 48, 64, 96, 128)  # channels of the way up, finest first


class TimmUNet(nn.Module):
    """Pictures (B, 3, H, W) -> logits (B, classes, H, W); H and W multiples of `stride`.

    `backbone`: a name of timm whose maps halve from one to the next, as most do. ValueError where they do not.
    """

    def __init__(self, backbone: str, classes: int, features: nn.Module | None = None) -> None:
        super().__init__()
        self.backbone = features or timm.create_model(backbone, features_only=True, pretrained=False)
        channels, strides = self.backbone.feature_info.channels(), self.backbone.feature_info.reduction()
        if any(coarse != 2 * fine for fine, coarse in pairwise(strides)):
            raise ValueError(f"expected maps that halve, got strides {strides}")
        self.finest, self.stride = strides[0], strides[-1]
        coarse, self.merge = channels[-1], nn.ModuleList()
        for skipped, width in zip(channels[-2::-1], WIDTHS[len(channels) - 2 :: -1], strict=True):
            self.merge.append(Merge(coarse, skipped, width))
            coarse = width
        self.last = conv_bn_relu(coarse, WIDTHS[0], kernel_size=3, padding=1)
        self.classifier = nn.Conv2d(WIDTHS[0], classes, 1)
        for layer in (*self.merge.modules(), *self.last.modules()):
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        self._hub_mixin_config = {"backbone": backbone, "classes": classes}

    def forward(self, x: Tensor) -> Tensor:
        maps = self.backbone(x)
        x = maps[-1]
        for merge, skipped in zip(self.merge, maps[-2::-1], strict=True):
            x = merge(x, skipped)
        x = F.interpolate(self.last(x), scale_factor=self.finest, mode="bilinear", align_corners=False)
        return self.classifier(x)


def load(checkpoint: Checkpoint, files: Path, device: str) -> Segmenter:
    """A folder that our recipe wrote: backbone and way up in one file."""
    config = read_config(files)
    try:
        with torch.device("meta"):
            network = TimmUNet(str(config.get("backbone")), int(config.get("classes", 0)))
    except (RuntimeError, ValueError) as error:  # timm knows no such backbone
        raise CheckpointError(
            "checkpoint_foreign",
            f"Expected a U-Net on a backbone of timm, but {str(config.get('backbone'))[:80]!r} is none that fits.",
        ) from error
    network = assign(network, read_tensors(files / "model.safetensors"), checkpoint).to(device)
    return Segmenter(checkpoint, network, checkpoint.input, label_names(files), device)
