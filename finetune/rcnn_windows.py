"""The windows from which R-CNN learns: proposals and true boxes of every picture, described by the network of ImageNet.

Describing them takes nearly all the time, so what is described is kept: OUTPUT/features, a file a picture.
"""

import json
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from finetune.progress import tell, write_whole
from hub_models.architectures.detection import iou_matrix
from hub_models.box_dataset import BoxedPictures
from hub_models.predictors.detector import letterbox
from hub_models.predictors.proposals import WindowFeatures
from hub_models.preprocess import InputSpec, normalise

PROPOSAL = -1  # label of a window that is no true box


@dataclass(frozen=True, kw_only=True)
class Windows:
    """All windows of one picture, in pixels of the letterboxed picture."""

    boxes: Tensor  # (n, 4) xyxy: the proposals, then the true boxes
    labels: np.ndarray  # (n,) int64: the class of a true box, or PROPOSAL
    overlaps: np.ndarray  # (n, C): largest IoU with an object of each class
    nearest: Tensor  # (n, C, 4): that object's box
    features: np.ndarray  # (n, 1280) float16, on disk until it is read


def described(
    data: BoxedPictures,
    proposals: Sequence[np.ndarray],
    spec: InputSpec,
    output: Path,
    show: Callable[[str], None] = print,
) -> list[Windows]:
    """The windows of every picture of `data`; `proposals` (N, 4) of each, in its pixels."""
    folder, describe, spent = output / "features", WindowFeatures(), Spent(output / "seconds.json")
    folder.mkdir(parents=True, exist_ok=True)
    found, told = [], time.monotonic()
    for index, regions in enumerate(proposals):
        picture, scale = letterbox(data.read(index), spec, stride=1)
        true_boxes = torch.from_numpy(data.boxes[index]).float()
        boxes = torch.cat([torch.from_numpy(regions), true_boxes]) * scale
        path = folder / f"{index:05}-{zlib.crc32(picture.tobytes() + boxes.numpy().tobytes()):08x}.npy"
        if not path.exists():
            x = torch.from_numpy(normalise(picture, spec))[None]
            with torch.inference_mode():
                keep_features(path, describe(x, boxes))
            spent.keep()
        labels = np.concatenate([np.full(len(regions), PROPOSAL), data.labels[index]])
        found.append(windows(boxes, labels, len(data.class_names), np.load(path, mmap_mode="r")))
        if index + 1 == len(data) or time.monotonic() - told > 10:
            told = time.monotonic()
            show(f"described the windows of {index + 1:,} of {len(data):,} pictures")
            tell(output, "training", step=index + 1, steps=len(data))
    return found


def keep_features(path: Path, features: Tensor) -> None:
    write_whole(path, lambda file: np.save(file, features.half().numpy()))


def windows(boxes: Tensor, labels: np.ndarray, classes: int, features: np.ndarray) -> Windows:
    """How each window lies to the true boxes, which are those windows that have a label."""
    overlaps, nearest = np.zeros((len(boxes), classes), np.float32), boxes[:, None].repeat(1, classes, 1)
    for label in set(labels.tolist()) - {PROPOSAL}:
        of_class = boxes[torch.from_numpy(labels == label)]
        overlap, which = iou_matrix(boxes, of_class).max(dim=1)
        overlaps[:, label], nearest[:, label] = overlap.numpy(), of_class[which]
    return Windows(boxes=boxes, labels=labels, overlaps=overlaps, nearest=nearest, features=features)


class Spent:
    """Seconds of a run that is taken up again, kept in a file."""

    def __init__(self, path: Path) -> None:
        self.path, self.began = path, time.monotonic()
        self.before = json.loads(path.read_text())["seconds"] if path.exists() else 0.0

    def seconds(self) -> float:
        return self.before + time.monotonic() - self.began

    def keep(self) -> None:
        write_whole(self.path, lambda file: file.write(json.dumps({"seconds": self.seconds()}).encode()))
