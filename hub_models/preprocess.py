"""From pixels to the array a classifier expects: the one preprocessing of training, demo and evaluation.

The same steps, on the same Pillow resampling, as timm's evaluation transform (a test holds them equal):
resize the shorter side to size / crop, cut out the centre, scale to 0..1, subtract mean, divide by std.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

RESAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """What a network wants to see. It travels with the weights, in their `config.json`."""

    size_hw: tuple[int, int]
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)  # of the ImageNet training set, RGB, pixels in 0..1
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    crop: float = 1.0  # side of the crop / shorter side of the resized picture
    interpolation: Literal["nearest", "bilinear", "bicubic"] = "bicubic"
    colour: Literal["RGB", "grey", "grey_light_on_dark"] = "RGB"
    border: int = 0  # black pixels around the crop, inside size_hw: LeNet-5 sees 28x28 digits in 32x32

    def __post_init__(self) -> None:
        channels = 3 if self.colour == "RGB" else 1
        if len(self.mean) != channels or len(self.std) != channels:
            raise ValueError(f"expected {channels} values of mean and std for {self.colour}, got {self.mean}")
        if not 0 < self.crop <= 1:
            raise ValueError(f"expected 0 < crop <= 1, got {self.crop}")

    @property
    def channels(self) -> int:
        return len(self.mean)


def crop_pixels(pixels: np.ndarray, spec: InputSpec) -> np.ndarray:
    """Pixels (H, W, 3) uint8 RGB -> (C, h, w) uint8: resized, cropped, in the colours of `spec`."""
    picture = Image.fromarray(pixels)
    if spec.colour != "RGB":
        picture = picture.convert("L")
    inner = [side - 2 * spec.border for side in spec.size_hw]
    resized = [int(side / spec.crop) for side in inner]  # timm floors here
    width, height = picture.size
    if resized[0] == resized[1]:  # shorter side to resized[0], longer side in proportion
        scale = resized[0] / min(width, height)
        new_wh = (
            (resized[0], int(resized[0] * height / width))
            if width <= height
            else (int(resized[0] * width / height), resized[0])
        )
    else:
        scale = max(resized[0] / height, resized[1] / width)
        new_wh = (max(round(width * scale), resized[1]), max(round(height * scale), resized[0]))
    if new_wh != picture.size:
        picture = picture.resize(new_wh, RESAMPLING[spec.interpolation])
    top = round((new_wh[1] - inner[0]) / 2)
    left = round((new_wh[0] - inner[1]) / 2)
    picture = picture.crop((left, top, left + inner[1], top + inner[0]))
    array = np.asarray(picture)
    if array.ndim == 2:
        array = array[:, :, None]
    if spec.colour == "grey_light_on_dark" and border_mean(array) > 127.5:
        array = 255 - array  # ink on paper, while the network learned chalk on a blackboard
    if spec.border:
        array = np.pad(array, ((spec.border,) * 2, (spec.border,) * 2, (0, 0)))
    return np.ascontiguousarray(array.transpose(2, 0, 1))  # (h, w, C) -> (C, h, w)


def border_mean(array: np.ndarray) -> float:
    """Mean of the outermost pixels of (h, w, C)."""
    return float(np.concatenate([array[0], array[-1], array[:, 0], array[:, -1]]).mean())


def normalise(cropped: np.ndarray, spec: InputSpec) -> np.ndarray:
    """(C, h, w) or (B, C, h, w) uint8 -> float32 of the same shape: (x / 255 - mean) / std."""
    mean = np.asarray(spec.mean, np.float32).reshape(-1, 1, 1)
    std = np.asarray(spec.std, np.float32).reshape(-1, 1, 1)
    return (cropped.astype(np.float32) / 255 - mean) / std


def preprocess(pixels: np.ndarray, spec: InputSpec) -> np.ndarray:
    """Pixels (H, W, 3) uint8 RGB -> float32 (C, h, w), what the network sees."""
    return normalise(crop_pixels(pixels, spec), spec)
