"""Crops with one whole object or none, cut out of pictures with any number of them: what localization learns from.

A crop is used where what it holds is beyond doubt: one object lies in it as a whole and of every other one less than
MOST_OF_OTHERS of its area is to be seen; or of no object more than MOST_OF_NONE.
"""

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from finetune.decoded import Decoded
from hub_models.box_dataset import BoxedPictures
from hub_models.preprocess import RESAMPLING, InputSpec

NONE, DOUBTFUL = -1, -2
MOST_OF_OTHERS, MOST_OF_NONE = 0.4, 0.15
TRIES = 40
LARGEST_CROP = 5.0  # longer side of a crop / longer side of its object
BACKGROUND = (
    0.7  # share of the crops without object that come from pictures without any, where there are some
)


def shares_inside(crop: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """How much of each box (n, 4) lies in `crop` (4,), both xyxy -> (n,) in 0..1."""
    low, high = np.maximum(boxes[:, :2], crop[:2]), np.minimum(boxes[:, 2:], crop[2:])
    return np.clip(high - low, 0, None).prod(1) / (boxes[:, 2:] - boxes[:, :2]).prod(1)


def held(crop: np.ndarray, boxes: np.ndarray) -> int:
    """Index of the one object that `crop` holds; NONE, or DOUBTFUL."""
    shares = shares_inside(crop, boxes)
    if (shares <= MOST_OF_NONE).all():
        return NONE
    which = int(shares.argmax())
    alone = (np.delete(shares, which) <= MOST_OF_OTHERS).all()
    return which if shares[which] > 0.999 and alone else DOUBTFUL


def crop_around(
    random: np.random.Generator, boxes: np.ndarray, which: int, size_hw: tuple[int, int]
) -> np.ndarray | None:
    """A crop of any size, place and aspect that holds the object `which` alone: (4,) xyxy, or None."""
    box, picture_wh = boxes[which], np.array(size_hw[::-1], float)
    for _ in range(TRIES):
        aspect = np.exp(random.uniform(-0.3, 0.3))
        side = (box[2:] - box[:2]).max() * np.exp(random.uniform(np.log(1.05), np.log(LARGEST_CROP)))
        wh = np.clip(side * np.array([aspect**0.5, aspect**-0.5]), box[2:] - box[:2], picture_wh)
        crop = placed(random, wh, np.maximum(0, box[2:] - wh), np.minimum(box[:2], picture_wh - wh))
        if held(crop, boxes) == which:
            return crop
    return None


def crop_of_nothing(
    random: np.random.Generator, boxes: np.ndarray, size_hw: tuple[int, int]
) -> np.ndarray | None:
    """A crop that holds no object: (4,) xyxy, or None. Of a picture without objects it is half of it or more."""
    picture_wh = np.array(size_hw[::-1], float)
    for _ in range(TRIES):
        share = np.exp(random.uniform(np.log(0.1), np.log(0.8))) if len(boxes) else random.uniform(0.5, 1)
        aspect = np.exp(random.uniform(-0.3, 0.3))
        wh = np.clip(share * picture_wh * (aspect**0.5, aspect**-0.5), 1, picture_wh)
        crop = placed(random, wh, np.zeros(2), picture_wh - wh)
        if held(crop, boxes) == NONE:
            return crop
    return None


def placed(random: np.random.Generator, wh: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """A crop of width and height `wh` with its corner somewhere between `low` and `high`: (4,) xyxy."""
    corner = low + (high - low) * random.random(2)
    return np.concatenate([corner, corner + wh])


def vector(crop: np.ndarray, box: np.ndarray | None, label: int, classes: int) -> np.ndarray:
    """The truth as in equation 8.1: (5 + classes,) float32 for a `box` inside `crop`; zeros where there is none."""
    truth = np.zeros(5 + classes, np.float32)
    if box is not None:
        wh = crop[2:] - crop[:2]
        centre, sides = ((box[:2] + box[2:]) / 2 - crop[:2]) / wh, (box[2:] - box[:2]) / wh
        truth[:5] = 1, *centre, sides[1], sides[0]
        truth[5 + label] = 1
    return truth


class OneObjectCrops(Dataset):
    """`data[(epoch, i)]` -> (crop (3, h, w) uint8, truth (5 + C,)): the same for the same seed, epoch and i.

    Every class comes equally often, `none_share` of the crops hold no object. Crops are mirrored, and turned by
    quarters where `any_side_up`.
    """

    def __init__(
        self,
        data: BoxedPictures,
        spec: InputSpec,
        *,
        samples: int,
        none_share: float,
        any_side_up: bool,
        seed: int,
    ) -> None:
        self.data, self.spec, self.samples, self.seed = data, spec, samples, seed
        self.none_share, self.any_side_up = none_share, any_side_up
        self.read = Decoded(data.read)
        places = [(i, n) for i, boxes in enumerate(data.boxes) for n in range(len(boxes))]
        self.of_class = [
            [(i, n) for i, n in places if data.labels[i][n] == label]
            for label in range(len(data.class_names))
        ]
        self.of_class = [places for places in self.of_class if places]
        self.empty = [i for i, boxes in enumerate(data.boxes) if not len(boxes)]
        self.filled = [i for i, boxes in enumerate(data.boxes) if len(boxes)]

    def __len__(self) -> int:
        return self.samples

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, Tensor]:
        random = np.random.default_rng((self.seed, *key))
        crop = None
        while crop is None:
            number, which, crop = self.draw(random)
        box = self.data.boxes[number][which] if which >= 0 else None
        label = int(self.data.labels[number][which]) if which >= 0 else 0
        truth = vector(crop, box, label, len(self.data.class_names))
        picture = Image.fromarray(self.read(number))
        size_wh = self.spec.size_hw[::-1]
        crop = np.minimum(
            crop, np.tile(picture.size, 2)
        )  # sums of floating-point numbers may be a hair larger
        seen = picture.resize(size_wh, RESAMPLING[self.spec.interpolation], box=tuple(crop))
        return turned(np.asarray(seen), truth, random, self.any_side_up)

    def draw(self, random: np.random.Generator) -> tuple[int, int, np.ndarray | None]:
        """(picture, object in it or NONE, crop); the crop is None where none was found."""
        if random.random() < self.none_share:
            empty = self.empty and random.random() < BACKGROUND
            number = int(random.choice(self.empty if empty else self.filled))
            return number, NONE, crop_of_nothing(random, self.data.boxes[number], self.size_hw(number))
        places = self.of_class[random.integers(len(self.of_class))]
        number, which = places[random.integers(len(places))]
        return number, which, crop_around(random, self.data.boxes[number], which, self.size_hw(number))

    def size_hw(self, number: int) -> tuple[int, int]:
        return self.read(number).shape[:2]


def turned(
    pixels: np.ndarray, truth: np.ndarray, random: np.random.Generator, any_side_up: bool
) -> tuple[Tensor, Tensor]:
    """Mirrored or not, and in one of four directions if `any_side_up`: ((3, h, w) uint8, (5 + C,))."""
    mirrored, turns = random.random() < 0.5, int(random.integers(4)) if any_side_up else 0
    there = truth[0] > 0
    if mirrored:
        pixels = pixels[:, ::-1]
        truth[1] = 1 - truth[1] if there else 0
    for _ in range(turns):  # a quarter against the clock: x becomes 1 - y' of the new picture
        pixels = np.rot90(pixels)
        x, y, h, w = truth[1:5]
        truth[1:5] = (y, 1 - x, w, h) if there else 0
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))), torch.from_numpy(truth)
