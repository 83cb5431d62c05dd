"""Networks that give the pixels of every object: Mask R-CNN, and a U-Net whose answer is taken apart.

The candidates do not depend on the thresholds, so a slider is answered by `select_instances` without the network.
"""

from dataclasses import replace
from functools import partial
from typing import Protocol

import numpy as np
from torch import Tensor

from hub_models.architectures.mask_rcnn import FoundMasks
from hub_models.checkpoint import Checkpoint
from hub_models.predictors.closer import look_closer
from hub_models.predictors.detector import Detector, select
from hub_models.predictors.segmenter import Segmenter
from hub_models.preprocess import InputSpec
from hub_models.segments import Instances, between_cells

MOST_SHOWN = 500  # objects in one picture
SEPARATED = ("background", "inside", "border")  # classes of a network whose objects are taken apart
LEAST_INSIDE = 4  # pixels of the network's picture: a smaller inside is noise


class InstancesProtocol(Protocol):
    """What every network that gives the pixels of objects offers, of whatever library."""

    checkpoint: Checkpoint
    names: tuple[str, ...]
    device: str
    bytes: int
    suppresses: bool  # False: it gives one answer an object by itself, the IoU threshold is not used

    def candidates(self, pixels: np.ndarray) -> Instances:
        """(H, W, 3) uint8 RGB -> all candidates of at least 1 %, before suppression (but of near doubles)."""

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Instances: ...


def select_instances(
    candidates: Instances, confidence: float, iou: float, suppresses: bool = True
) -> Instances:
    """What is at least `confidence` certain, and of objects of one class whose boxes overlap by more than `iou` the best."""
    return select(candidates, confidence, iou, suppresses, MOST_SHOWN)


class MaskRCNNPredictor(Detector):
    """Mask R-CNN: pixels -> letterbox -> network -> candidates with masks -> threshold and suppression."""

    def candidates(self, pixels: np.ndarray) -> Instances:
        return look_closer(partial(self.candidates_at, pixels), self.spec)

    def candidates_at(self, pixels: np.ndarray, spec: InputSpec) -> Instances:
        """What it finds where it sees the picture in the size of `spec`."""
        x, scale = self.letterboxed(pixels, spec)
        return to_instances(self.forward(x), scale, self.names, pixels.shape[:2])

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Instances:
        return select_instances(self.candidates(pixels), confidence, iou)


def to_instances(
    found: FoundMasks, scale: float, names: tuple[str, ...], size_hw: tuple[int, int]
) -> Instances:
    """What a network found in a letterboxed picture, in pixels of the picture given, cut at its border."""
    height, width = size_hw
    order = found.scores.argsort(descending=True, stable=True)
    whole = found.boxes[order].float().cpu().numpy() / scale
    masks, labels = found.masks[order].float().cpu().numpy(), found.labels[order].cpu().numpy()
    cut = np.clip(whole, 0, (width, height, width, height)).astype(np.float32)
    real = np.flatnonzero((cut[:, 2:] > cut[:, :2]).all(axis=1))  # what lies in the padding has no side left
    return Instances(
        names,
        cut[real],
        labels[real].astype(np.int64),
        found.scores[order].float().cpu().numpy()[real],
        tuple(cut_mask(masks[i], whole[i], cut[i]) for i in real),
        size_hw,
    )


def cut_mask(mask: np.ndarray, whole: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """The mask (h, w) over the box `whole`, as a mask of as many cells over its part `cut` (both xyxy)."""
    if np.allclose(whole, cut, atol=1e-3):
        return mask
    rows, columns = (
        cut[axis] - whole[axis] + (np.arange(cells) + 0.5) / cells * (cut[axis + 2] - cut[axis])
        for axis, cells in ((1, mask.shape[0]), (0, mask.shape[1]))
    )
    sides = (float(whole[3] - whole[1]), float(whole[2] - whole[0]))
    return between_cells(mask[None], rows, columns, sides)[0].astype(np.float32)


class SeparatedInstances(Segmenter):
    """A network that tells background, inside and border of objects of one class; what is connected is one object."""

    suppresses = False

    def candidates(self, pixels: np.ndarray) -> Instances:
        return look_closer(partial(self.candidates_at, pixels), self.spec)

    def candidates_at(self, pixels: np.ndarray, spec: InputSpec) -> Instances:
        """What it finds where it sees the picture in the size of `spec`."""
        x, used = self.preprocess(pixels, spec)
        probabilities = self.forward(x)[0, :, : used[0], : used[1]].float().softmax(0)
        return separate(probabilities, self.names, pixels.shape[:2])

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Instances:
        return select_instances(self.candidates(pixels), confidence, iou, self.suppresses)


def separate(probabilities: Tensor, names: tuple[str, ...], size_hw: tuple[int, int]) -> Instances:
    """Probabilities (3, h, w) of SEPARATED that cover the whole picture -> objects of the only class of `names`.

    An object is a connected inside, grown over its border by a watershed (Beucher and Lantuéjoul, 1979), which ends
    where the growth of a neighbour or the background begins. Its score: the mean probability of its inside.
    """
    from scipy.ndimage import find_objects
    from skimage.measure import label
    from skimage.morphology import remove_small_objects
    from skimage.segmentation import watershed

    background, inside, border = probabilities.cpu().numpy()
    seeds = label(
        remove_small_objects(inside >= 0.5, max_size=LEAST_INSIDE - 1, connectivity=1), connectivity=1
    )
    numbers = watershed(border - inside, seeds, mask=(background < 0.5) | (seeds > 0))
    counted = np.bincount(seeds.ravel())
    scores = np.bincount(seeds.ravel(), inside.ravel().astype(float)) / np.maximum(counted, 1)
    growth = np.array(size_hw) / background.shape  # rows, columns
    found = []
    for number, (rows, columns) in enumerate(find_objects(numbers), 1):
        box = (columns.start, rows.start, columns.stop, rows.stop) * np.tile(growth[::-1], 2)
        found.append((scores[number], box, (numbers[rows, columns] == number).astype(np.float32)))
    found.sort(key=lambda entry: -entry[0])
    return Instances(
        names,
        np.array([box for _, box, _ in found], np.float32).reshape(-1, 4),
        np.zeros(len(found), np.int64),
        np.array([score for score, *_ in found], np.float32),
        tuple(mask for *_, mask in found),
        size_hw,
    )


def renamed(found: Instances, names: tuple[str, ...], table: np.ndarray) -> Instances:
    """The objects whose class `table` (classes,) maps to an index into `names`; -1 leaves them out."""
    labels = table[found.labels]
    kept = found.chosen(labels >= 0)
    return replace(kept, names=names, labels=labels[labels >= 0])
