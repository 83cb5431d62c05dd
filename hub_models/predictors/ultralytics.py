"""Networks of the Ultralytics library (AGPL-3.0): folders that our recipes wrote, and .pt files of the Hub.

The network is built from its description (`yaml` in config.json, or in the file) and then given its tensors: what
stands in a file is data, never run. The head's output is decoded here, before the library's own suppression.
"""

import copy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.architectures.detection import Found, found_from
from hub_models.architectures.efficientnet_lite import EfficientNetLite0
from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.local import WEIGHTS, label_names, read_config
from hub_models.predictors.detector import Detector, letterbox
from hub_models.predictors.folded import folded
from hub_models.predictors.ultralytics_offline import ultralytics
from hub_models.predictors.ultralytics_pickle import read_pickle
from hub_models.predictors.weights import assign, bytes_of, read_tensors
from hub_models.preprocess import InputSpec, normalise

BACKBONE = "hub_efficientnet_lite0"  # what a description calls our backbone
GREY = 114  # of the padding, as in the library's training
MASK_HEADS = ("Segment", "Segment26")
PLAIN_LAYERS = ("nn.Upsample", "nn.Identity", "nn.MaxPool2d", "nn.ZeroPad2d")


class YoloNetwork(nn.Module):
    """A `DetectionModel` as the other detectors are: `detect` and `stride`."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.stride = int(model.stride.max())

    def raw(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(B, 3, H, W) -> what the head says at each of N points, and where these are.

        Distances to the four sides (B, 4 R, N), logits (B, C, N), points (N, 2) and strides (N,) in pixels.
        """
        maps = self.maps(x)
        said = self.said(maps)
        return said["boxes"], said["scores"], *self.places(maps)

    def maps(self, x: Tensor) -> list[Tensor]:
        """What the head takes, the finest first."""
        *layers, head = self.model.model
        outputs: list[Tensor] = []
        for layer in layers:
            x = layer(taken(outputs, layer.f, x))
            outputs.append(x)
        return taken(outputs, head.f, x)

    def said(self, maps: list[Tensor]) -> dict[str, Tensor]:
        """What the head makes of the maps, by the library's names."""
        head = self.model.model[-1]
        return head.forward_head(maps, **(head.one2one if head.end2end else head.one2many))

    def places(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Points (N, 2) and strides (N,) in pixels."""
        strides = self.model.model[-1].stride
        grids = (grid(m.shape[2:], float(s), m) for m, s in zip(maps, strides, strict=True))
        points, each = zip(*grids, strict=True)
        return torch.cat(points), torch.cat(each)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> all that `raw` says, as one tensor (B, 4 R + C, N)."""
        boxes, scores, _, _ = self.raw(x)
        return torch.cat([boxes, scores], 1)

    def detect(self, x: Tensor) -> list[Found]:
        """(B, 3, H, W) in 0..1 -> candidates."""
        boxes, scores, points, strides = self.raw(x)
        return [
            found_from(decode(one, points, strides), certain.sigmoid().T)
            for one, certain in zip(boxes.float(), scores.float(), strict=True)
        ]


def taken(outputs: list[Tensor], source: int | list[int], last: Tensor) -> Tensor | list[Tensor]:
    """What a layer takes: the output of the layer before it (-1), of the one of that number, or of several."""
    if isinstance(source, int):
        return last if source == -1 else outputs[source]
    return [last if number == -1 else outputs[number] for number in source]


def grid(size_hw: tuple[int, int], stride: float, like: Tensor) -> tuple[Tensor, Tensor]:
    """Centres of the cells of a map, row by row: ((h w, 2) x, y, (h w,) strides), in pixels of the picture."""
    y, x = torch.meshgrid(*(torch.arange(side, device=like.device) + 0.5 for side in size_hw), indexing="ij")
    points = torch.stack([x, y], -1).reshape(-1, 2) * stride
    return points, points.new_full((len(points),), stride)


def decode(distances: Tensor, points: Tensor, strides: Tensor) -> Tensor:
    """(4 R, N) -> boxes (N, 4) xyxy. With R > 1 a distance is the mean of a distribution over 0, ..., R - 1 strides.

    Source: "Generalized Focal Loss" (Li and others; 2020).
    """
    sides = distances.reshape(4, -1, distances.shape[-1])  # (4 R, N) -> (4, R, N)
    steps = torch.arange(sides.shape[1], device=sides.device, dtype=sides.dtype)
    mean = (sides.softmax(1) * steps[:, None]).sum(1) if sides.shape[1] > 1 else sides[:, 0]
    away = (mean * strides).T  # (4, N) -> (N, 4): left, up, right, down
    return torch.cat([points - away[:, :2], points + away[:, 2:]], 1)


class YoloDetector(Detector):
    """A Detector with normalisation folded into the convolutions, and the library's grey around the picture."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: YoloNetwork,
        spec: InputSpec,
        names: tuple[str, ...],
        device: str,
    ) -> None:
        super().__init__(checkpoint, network, spec, names, device)
        side = 2 * network.stride
        self.quick = folded(self.network, torch.rand(1, 3, side, side, device=device))
        self.suppresses = not network.model.model[-1].end2end
        self.bytes = bytes_of(self.network, self.quick)

    def preprocess(self, pixels: np.ndarray) -> tuple[Tensor, float]:
        seen, scale = letterbox(pixels, self.spec, self.network.stride, fill=GREY)
        x = torch.from_numpy(normalise(seen, self.spec))[None].to(self.device)
        return x.contiguous(memory_format=torch.channels_last), scale  # as the weights lie

    def forward(self, x: Tensor, detect=None) -> Found:
        return super().forward(x, detect or self.quick.detect)


def backbone(weights: None = None) -> nn.Module:
    """Our EfficientNet-Lite0 up to stride 16, as one sequence of layers that Ultralytics' TorchVision layer takes."""
    network = EfficientNetLite0(last_stage=3)
    return nn.Sequential(*network.stem, *network.stages)


def detection_model(description: object, classes: int) -> nn.Module:
    """The network that `description`, a model yaml of the library as a dict, describes; random weights.

    CheckpointError `checkpoint_foreign` if it is none, or asks for what is no layer.
    """
    ultralytics()
    from torchvision.models._api import BUILTIN_MODELS
    from ultralytics.nn.tasks import DetectionModel, SegmentationModel

    BUILTIN_MODELS[BACKBONE] = backbone
    check_description(description)
    kind = SegmentationModel if gives_masks(description) else DetectionModel
    try:
        return kind({**copy.deepcopy(description), "nc": classes}, ch=3, nc=classes, verbose=False)
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise foreign(f"the network that it describes cannot be built ({type(error).__name__})") from error


def gives_masks(description: dict) -> bool:
    """The head of a described network gives a mask an object."""
    return description["head"][-1][2] in MASK_HEADS


def check_description(description: object) -> None:
    """Raise CheckpointError unless each layer is a module of the library with plain arguments.

    Ultralytics looks names up among all that its module imports, and evaluates an `activation`.
    """
    from ultralytics.nn import modules

    rows = []
    if isinstance(description, dict) and description.get("activation") is None:
        for part in ("backbone", "head"):
            rows += description[part] if isinstance(description.get(part), list) else [None]
    for row in rows or [None]:
        if not isinstance(row, list | tuple) or len(row) != 4 or not isinstance(row[3], list | tuple):
            raise foreign("it does not describe a network of Ultralytics, layer by layer")
        name, arguments = row[2], row[3]
        layer = getattr(modules, str(name), None)
        known = isinstance(layer, type) and issubclass(layer, nn.Module)
        if name == "TorchVision":  # the library downloads what it calls so, but for our own
            known = len(arguments) > 2 and arguments[1] == BACKBONE and arguments[2] is None
        if not known and name not in PLAIN_LAYERS:
            raise foreign(f"it asks for a layer {str(name)[:40]!r}, which is not known here")


def foreign(reason: str) -> CheckpointError:
    return CheckpointError("checkpoint_foreign", f"Expected a detector of Ultralytics, but {reason}.")


def build(checkpoint: Checkpoint, files: Path, device: str) -> nn.Module:
    """The `DetectionModel` of `checkpoint` with its weights."""
    return read(checkpoint, files)[0].to(device)


def read(checkpoint: Checkpoint, files: Path) -> tuple[nn.Module, tuple[str, ...]]:
    """(network, class names) in the folder `files`."""
    if (files / WEIGHTS).is_file():
        names, description = label_names(files), read_config(files).get("yaml")
        tensors = read_tensors(files / WEIGHTS)
    else:
        names, description, tensors = read_pickle(files / f"{checkpoint.model}.pt")
    return assign(detection_model(description, len(names)), tensors, checkpoint), names


def load(checkpoint: Checkpoint, files: Path, device: str) -> YoloDetector:
    """A ready detector; description and class names come with the weights. CheckpointError `checkpoint_foreign`."""
    model, names = read(checkpoint, files)
    spec = checkpoint.input or YOLO_INPUT
    if checkpoint.task == "instance-segmentation":
        from hub_models.predictors.ultralytics_instances import YoloInstances, YoloMaskNetwork

        if not gives_masks(model.yaml):
            raise foreign("it finds boxes without masks")
        return YoloInstances(checkpoint, YoloMaskNetwork(model.to(device)).eval(), spec, names, device)
    return YoloDetector(checkpoint, YoloNetwork(model.to(device)).eval(), spec, names, device)


YOLO_INPUT = InputSpec(size_hw=(640, 640), mean=(0.0,) * 3, std=(1.0,) * 3, interpolation="bilinear")
