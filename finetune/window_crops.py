"""Windows cut out of pictures, with what they hold: what a sliding window's classifier learns from."""

from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from finetune.decoded import Decoded
from hub_models.architectures.detection import encode_boxes
from hub_models.architectures.overfeat import STRIDE, WINDOW, OverFeat
from hub_models.box_dataset import BoxedPictures
from hub_models.errors import BadData
from hub_models.inside.boxes import iou_matrix
from hub_models.predictors.detector import letterbox
from hub_models.preprocess import InputSpec

HOLDS, EMPTY = (
    0.6,
    0.3,
)  # IoU with the nearest object from which a window holds it, below which it is background
TRIES = 20
HARD_SHARE = 0.5  # of the background windows are hard ones, once there are some


class Window(NamedTuple):
    """A window and its truth."""

    picture: int
    xyxy: np.ndarray  # (4,), pixels of the letterboxed picture; may reach over its edge
    which: int  # object of the picture that it holds; -1: background


class Letterboxed:
    """Pictures and boxes at the size at which the network meets them."""

    def __init__(self, data: BoxedPictures, spec: InputSpec) -> None:
        self.data, self.spec = data, spec
        self.fill = tuple(round(255 * mean) for mean in spec.mean)
        self.read = Decoded(self.seen)
        self.sizes_hw: list[tuple[int, int]] = []
        self.boxes: list[np.ndarray] = []
        for number in range(len(data)):
            self.read(number)  # notes its scale

    def seen(self, number: int) -> np.ndarray:
        """(h, w, 3) uint8."""
        pixels, scale = letterbox(self.data.read(number), self.spec, STRIDE)
        if number == len(self.sizes_hw):
            self.sizes_hw.append(pixels.shape[1:])
            self.boxes.append(self.data.boxes[number].astype(float) * scale)
        return np.ascontiguousarray(pixels.transpose(1, 2, 0))

    def crop(self, window: Window) -> np.ndarray:
        """What the network sees in the window: (40, 40, 3) uint8; outside of the picture is mean colour."""
        pixels = self.read(window.picture)
        low, high = np.floor(window.xyxy[:2]).astype(int), np.ceil(window.xyxy[2:]).astype(int)
        canvas = np.full((high[1] - low[1], high[0] - low[0], 3), self.fill, np.uint8)
        (x0, y0), (x1, y1) = np.maximum(low, 0), np.minimum(high, pixels.shape[1::-1])
        if x0 < x1 and y0 < y1:
            canvas[y0 - low[1] : y1 - low[1], x0 - low[0] : x1 - low[0]] = pixels[y0:y1, x0:x1]
        inside = np.clip(window.xyxy - np.tile(low, 2), 0, np.tile(high - low, 2))
        size = (WINDOW, WINDOW)
        return np.asarray(Image.fromarray(canvas).resize(size, Image.Resampling.BILINEAR, box=tuple(inside)))

    def overlaps(self, number: int, windows: np.ndarray) -> np.ndarray:
        """IoU of windows (N, 4), cut at the border of the picture, with its objects: (N, objects)."""
        height, width = self.sizes_hw[number]
        inside = np.clip(windows, 0, (width, height, width, height))
        return iou_matrix(inside, self.boxes[number])


class WindowCrops(Dataset):
    """`data[(epoch, i)]` -> (crop (3, 40, 40) uint8, label, offsets (4,)): the same for the same seed, epoch and i.

    Half of the windows hold an object, every class equally often; the others are background, whose label is the
    number of classes. `hard`: background that the network took for objects, (picture, window) by picture.
    """

    def __init__(
        self,
        pictures: Letterboxed,
        network: OverFeat,
        *,
        samples: int,
        any_side_up: bool,
        seed: int,
        hard: tuple[Window, ...] = (),
    ) -> None:
        self.pictures, self.samples, self.any_side_up, self.seed = pictures, samples, any_side_up, seed
        self.aspects, self.hard = network.aspects, hard
        self.sides = (min(network.sides) * 0.85, max(network.sides) * 1.15)
        labels = pictures.data.labels
        places = [(i, n) for i in range(len(labels)) for n in range(len(labels[i]))]
        classes = range(len(pictures.data.class_names))
        by_class = [[place for place in places if labels[place[0]][place[1]] == c] for c in classes]
        self.of_class = [found for found in by_class if found]
        self.background = len(by_class)

    def __len__(self) -> int:
        return self.samples

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, int, Tensor]:
        random = np.random.default_rng((self.seed, *key))
        window = None
        while window is None:
            window = self.draw(random)
        label, offsets = self.background, torch.zeros(4)
        crop, box = self.pictures.crop(window), None
        if window.which >= 0:
            label = int(self.pictures.data.labels[window.picture][window.which])
            box = self.pictures.boxes[window.picture][window.which]
        crop, corners, box = turned(crop, window.xyxy, box, random, self.any_side_up)
        if box is not None:
            pair = (torch.from_numpy(np.float32(sides))[None] for sides in (box, corners))
            offsets = encode_boxes(*pair)[0]
        return torch.from_numpy(np.ascontiguousarray(crop.transpose(2, 0, 1))), label, offsets

    def draw(self, random: np.random.Generator) -> Window | None:
        """A window of the kind that is due; None where none was found in the picture chosen."""
        if random.random() < 0.5:
            places = self.of_class[random.integers(len(self.of_class))]
            return self.around(random, *places[random.integers(len(places))])
        if self.hard and random.random() < HARD_SHARE:
            return self.hard[random.integers(len(self.hard))]
        return self.elsewhere(random, int(random.integers(len(self.pictures.data))))

    def around(self, random: np.random.Generator, number: int, which: int) -> Window | None:
        """A window that holds the object `which` better than any other."""
        box = self.pictures.boxes[number][which]
        for _ in range(TRIES):
            side = (box[2:] - box[:2]).prod() ** 0.5 * np.exp(random.uniform(-0.3, 0.3))
            centre = (box[:2] + box[2:]) / 2 + random.uniform(-0.2, 0.2, 2) * side
            xyxy = self.window(random, centre, side)
            overlaps = self.pictures.overlaps(number, xyxy[None])[0]
            if overlaps.argmax() == which and overlaps[which] >= HOLDS:
                return Window(number, xyxy, which)
        return None

    def elsewhere(self, random: np.random.Generator, number: int) -> Window | None:
        """A window that holds no object; every second time one beside an object, of its size."""
        height, width = self.pictures.sizes_hw[number]
        boxes = self.pictures.boxes[number]
        for _ in range(TRIES):
            side = np.exp(random.uniform(*np.log(self.sides)))
            centre = random.uniform((0, 0), (width, height))
            if len(boxes) and random.random() < 0.5:
                box = boxes[random.integers(len(boxes))]
                side = (box[2:] - box[:2]).prod() ** 0.5 * np.exp(random.uniform(-0.7, 0.7))
                centre = (box[:2] + box[2:]) / 2 + random.uniform(-1, 1, 2) * (box[2:] - box[:2])
            xyxy = self.window(random, np.clip(centre, 0, (width, height)), side)
            if self.pictures.overlaps(number, xyxy[None]).max(initial=0) < EMPTY:
                return Window(number, xyxy, -1)
        return None

    def window(self, random: np.random.Generator, centre_xy: np.ndarray, side: float) -> np.ndarray:
        aspect = self.aspects[random.integers(len(self.aspects))]
        half = np.array([side * aspect**0.5, side / aspect**0.5]) / 2
        return np.concatenate([centre_xy - half, centre_xy + half])


def turned(
    crop: np.ndarray,
    window: np.ndarray,
    box: np.ndarray | None,
    random: np.random.Generator,
    any_side_up: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Crop, window and box mirrored or not, and turned by quarters if `any_side_up`; the window then starts at 0."""
    mirrored, turns = random.random() < 0.5, int(random.integers(4)) if any_side_up else 0
    wide, tall = window[2:] - window[:2]
    box = None if box is None else box - np.tile(window[:2], 2)
    if mirrored:
        crop = crop[:, ::-1]
        box = None if box is None else np.array([wide - box[2], box[1], wide - box[0], box[3]])
    for _ in range(turns):  # a quarter against the clock: what was on the right is on top now
        crop = np.rot90(crop)
        box = None if box is None else np.array([box[1], wide - box[2], box[3], wide - box[0]])
        wide, tall = tall, wide
    return crop, np.array([0, 0, wide, tall]), box


def sides_of(data: BoxedPictures, spec: InputSpec) -> tuple[float, ...]:
    """Window sides, each half as large again as the last, from small to large objects of `data` once letterboxed."""
    pictures = Letterboxed(data, spec)
    labels = np.concatenate(data.labels)
    areas = np.concatenate([(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in pictures.boxes])
    if not len(areas):
        raise BadData("data_missing", "Expected pictures with objects to train on, found none with any.")
    by_class = [areas[labels == label] ** 0.5 for label in np.unique(labels)]
    low = 1.25 * min(np.quantile(sides, 0.05) for sides in by_class)
    high = max(low, max(np.quantile(sides, 0.95) for sides in by_class) / 1.2)
    count = 1 + int(np.ceil(np.log(high / low) / np.log(1.5)))
    return tuple(round(float(side), 1) for side in np.geomspace(low, high, count))
