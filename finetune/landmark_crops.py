"""Faces as a network for points sees them in training: framed a little wrong, turned, mirrored, in other light, blurred,
partly covered. Points move with the picture; where a mirror swaps left and right, so do the numbers of the points.
"""

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from finetune.decoded import Decoded
from hub_models.faces import ROOM, box_of, framing, mirrored_order, moved, moved_box, warped
from hub_models.landmark_dataset import LandmarkPictures

SHIFT = 0.12  # of the longer side of the box, both ways: how far beside the face a box may lie
GROWTH = 0.25  # logarithm: a box from 0.78 to 1.28 times as large as it should be
TURN = 25.0  # degrees
GREY, DARK, BLURRED, COVERED = 0.15, 0.3, 0.2, 0.3  # shares of the pictures
MIRRORED = mirrored_order()


class LandmarkCrops(Dataset):
    """`[(epoch, index)]` -> (square (3, size, size) uint8, points (68, 2) float32 in shares); always the same for a key."""

    def __init__(self, data: LandmarkPictures, size: int, seed: int) -> None:
        self.data, self.size, self.seed = data, size, seed
        self.read = Decoded(data.read)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, Tensor]:
        random = np.random.default_rng((self.seed, *key))
        points = self.data.points[key[1]].astype(float)
        mirrored = bool(random.random() < 0.5)
        matrix = framing(
            moved_box(box_of(points), random, SHIFT, GROWTH),
            self.size,
            float(random.uniform(-TURN, TURN)),
            ROOM,
            mirrored,
        )
        square = other_conditions(warped(self.read(key[1]), matrix, self.size), random)
        shares = moved(points, matrix)[MIRRORED if mirrored else slice(None)] / self.size
        return torch.from_numpy(square.transpose(2, 0, 1).copy()), torch.from_numpy(shares.astype(np.float32))


def other_conditions(square: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(size, size, 3) uint8 grey, dark, blurred or partly covered, or none of it."""
    chances = random.random(4)
    if chances[0] < GREY:
        square = np.repeat(np.asarray(Image.fromarray(square).convert("L"))[:, :, None], 3, axis=2)
    if chances[1] < DARK:
        gain, gamma = random.uniform(0.25, 1.1), random.uniform(0.8, 1.8)
        square = (255 * np.clip(gain * (square / 255) ** gamma, 0, 1)).astype(np.uint8)
    if chances[2] < BLURRED:
        size, coarse = len(square), int(random.integers(len(square) // 5, len(square) // 2))
        small = Image.fromarray(square).resize((coarse, coarse), Image.Resampling.BOX)
        square = np.asarray(small.resize((size, size), Image.Resampling.BILINEAR))
    if chances[3] < COVERED:
        square = covered(square, random)
    return square


def covered(square: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A rectangle of one colour, or of another part of the picture, over a part of the face."""
    size = len(square)
    high, wide = random.integers(size // 8, size // 3, 2)
    top, left = random.integers(0, size - high), random.integers(0, size - wide)
    square = square.copy()
    if random.random() < 0.5:
        square[top : top + high, left : left + wide] = random.integers(0, 256, 3)
    else:
        from_top, from_left = random.integers(0, size - high), random.integers(0, size - wide)
        square[top : top + high, left : left + wide] = square[
            from_top : from_top + high, from_left : from_left + wide
        ].copy()
    return square


def fixed_crops(data: LandmarkPictures, size: int, seed: int | None) -> tuple[Tensor, Tensor]:
    """All faces of `data`, framed by their points, or by a box moved with `seed`: squares (N, 3, size, size), shares."""
    squares, shares = [], []
    for index in range(len(data)):
        points = data.points[index].astype(float)
        box = box_of(points)
        if seed is not None:
            box = moved_box(box, np.random.default_rng((seed, index)), SHIFT, GROWTH)
        matrix = framing(box, size)
        squares.append(warped(data.read(index), matrix, size).transpose(2, 0, 1))
        shares.append(moved(points, matrix) / size)
    return torch.from_numpy(np.stack(squares)), torch.from_numpy(np.stack(shares).astype(np.float32))


def mean_shape(data: LandmarkPictures) -> Tensor:
    """(68, 2) shares: where the points lie on average in squares that are framed by them, and in their mirror image."""
    framed = []
    for points in data.points.astype(float):
        framed.append(moved(points, framing(box_of(points), 1)))
    mean = np.mean(framed, axis=0)
    return torch.from_numpy(((mean + (mean * (-1, 1) + (1, 0))[MIRRORED]) / 2).astype(np.float32))
