"""Detectors that are told where to look: selective search first, then the network on its proposals."""

import numpy as np
import torch
from torch import Tensor, nn

from hub_models import compute
from hub_models.architectures.detection import Found
from hub_models.architectures.efficientnet_lite import HEAD, EfficientNetLite0Classifier
from hub_models.architectures.rcnn import SIDE, warp
from hub_models.catalog import checkpoints
from hub_models.checkpoint import Checkpoint
from hub_models.local import package_file
from hub_models.predictors.detector import Detector, to_boxes
from hub_models.predictors.folded import folded
from hub_models.predictors.weights import bytes_of, read_tensors
from hub_models.preprocess import InputSpec
from hub_models.proposals import Proposals, selective_search
from hub_models.results import Boxes

BACKBONE = "efficientnet_lite0.imagenet"
WINDOWS_AT_ONCE = (
    16  # more do not fit into the cache of a processor; between two lots it looks whether one waits
)


class ProposalDetector(Detector):
    """A detector whose network is given the boxes in which to look."""

    most = 2000  # proposals of a picture, as in Fast R-CNN

    def propose(self, pixels: np.ndarray) -> Proposals:
        """(H, W, 3) uint8 RGB -> where objects might be, in its pixels."""
        return selective_search(pixels, most=self.most)

    def candidates(self, pixels: np.ndarray) -> Boxes:
        return self.judge(pixels, self.propose(pixels).boxes_xyxy)

    def judge(self, pixels: np.ndarray, proposals: np.ndarray) -> Boxes:
        """The network's word on `proposals` (N, 4), boxes in `pixels`."""
        x, scale = self.preprocess(pixels)
        regions = torch.from_numpy(proposals * np.float32(scale)).to(self.device)
        found = self.forward(x, lambda pictures: [self.look(pictures, regions)])
        return to_boxes(found, scale, self.names, pixels.shape[:2])

    def look(self, x: Tensor, regions: Tensor) -> Found:
        """One picture (1, 3, h, w) and regions (N, 4) in its pixels -> candidates."""
        raise NotImplementedError


class FastRCNNPredictor(ProposalDetector):
    """One pass over the picture, then every proposal on the shared map."""

    def look(self, x: Tensor, regions: Tensor) -> Found:
        return self.network.detect(x, [regions])[0]


class RCNNPredictor(ProposalDetector):
    """Every proposal is warped and goes through the whole network of the package alone."""

    most = 1000

    def __init__(
        self, checkpoint: Checkpoint, network: nn.Module, spec: InputSpec, names: tuple[str, ...], device: str
    ) -> None:
        super().__init__(checkpoint, network, spec, names, device)
        self.describe = WindowFeatures().to(device)
        self.bytes = bytes_of(self.network, self.describe)

    def look(self, x: Tensor, regions: Tensor) -> Found:
        return self.network.detect(self.describe(x, regions), regions, tuple(x.shape[2:]))


class WindowFeatures(nn.Module):
    """What EfficientNet-Lite0 with the weights of ImageNet, from their package, says of windows.

    CheckpointError `checkpoint_missing` if the package is not installed.
    """

    def __init__(self) -> None:
        super().__init__()
        (row,) = (c for c in checkpoints("image-classification") if c.id == BACKBONE)
        tensors = read_tensors(package_file(row.place))
        network = EfficientNetLite0Classifier()
        network.load_state_dict(dict(zip(network.state_dict(), tensors.values(), strict=True)))
        layers = nn.Sequential(network.backbone, network.head, network.pool, nn.Flatten())
        layers = layers.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.layers = folded(layers, torch.zeros(1, 3, SIDE, SIDE))

    def forward(self, picture: Tensor, boxes: Tensor) -> Tensor:
        """A normalised picture (1, 3, h, w) and boxes (N, 4) in its pixels -> (N, 1280)."""
        lots = [picture.new_zeros(0, HEAD)]
        for lot in boxes.split(WINDOWS_AT_ONCE):
            compute.check()
            lots.append(self.layers(warp(picture, lot).to(memory_format=torch.channels_last)))
        return torch.cat(lots)
