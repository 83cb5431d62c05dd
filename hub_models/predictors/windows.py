"""The detector that slides a window: the naive way asks between its batches whether anybody still waits."""

from torch import nn

from hub_models import compute
from hub_models.checkpoint import Checkpoint
from hub_models.predictors.detector import Detector
from hub_models.preprocess import InputSpec


class WindowDetector(Detector):
    """A `Detector` around `OverFeat`."""

    def __init__(
        self, checkpoint: Checkpoint, network: nn.Module, spec: InputSpec, names: tuple[str, ...], device: str
    ) -> None:
        super().__init__(checkpoint, network, spec, names, device)
        self.network.between_batches = compute.check
