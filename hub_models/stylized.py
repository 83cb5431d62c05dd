"""What style transfer answers: a picture, and how far it is from the content and the style that it was made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hub_models.results import png_base64, shapes_differ

# by how much of 255 the mean pixel may differ on another machine; an optimisation makes much of a rounding
GOLDEN_BRIGHTNESS, GOLDEN_OPTIMISED = 2.0, 8.0
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601: how bright red, green and blue are


@dataclass(frozen=True, kw_only=True)
class Layers:
    """Which layers of a classifier tell content and style, each with its weight: that of equation 9.9 for the style."""

    content: Mapping[str, float]
    style: Mapping[str, float]

    @property
    def names(self) -> set[str]:
        return {*self.content, *self.style}


@dataclass(frozen=True)
class Stylized:
    """A picture in the style of another.

    `picture` (H, W, 3) uint8 RGB; `style` names the style, for people; `costs` (N, 2) float32: the content cost
    (equation 9.6) and the style cost (equation 9.9) after each of N iterations of an optimisation, each relative: 1 is
    as far away as a picture without any content, or without any style, is. (0, 2) of a network that answers at once.
    """

    picture: np.ndarray
    style: str
    costs: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.float32))

    def __post_init__(self) -> None:
        if self.picture.ndim != 3 or self.picture.shape[2] != 3 or self.picture.dtype != np.uint8:
            raise ValueError(f"expected (H, W, 3) of uint8, got {self.picture.shape} of {self.picture.dtype}")
        if self.costs.ndim != 2 or self.costs.shape[1] != 2:
            raise ValueError(f"expected costs (N, 2), got {self.costs.shape}")
        if not np.isfinite(self.costs).all():
            raise ValueError("expected finite costs, got NaN or infinity")

    @property
    def size_hw(self) -> tuple[int, int]:
        return self.picture.shape[:2]

    def rows(self) -> list[list[str]]:
        height, width = self.size_hw
        rows = [["size", f"{width} x {height} pixels"], ["style", self.style]]
        if len(self.costs):
            content, style = self.costs[-1]
            rows += [
                ["iterations", f"{len(self.costs):,}"],
                ["content cost", f"{content:.3f}"],
                ["style cost", f"{self.costs[0][1]:.3f} at first, {style:.4f} now"],
            ]
        return rows

    def text(self) -> str:
        height, width = self.size_hw
        words = f"A picture of {width} x {height} pixels in the style {self.style}."
        if len(self.costs):
            words += f" After {len(self.costs):,} iterations its style cost is {self.costs[-1][1]:.4f}."
        return words

    def to_json(self) -> dict:
        """`picture_png`: the picture as a PNG, in base64."""
        return {
            "style": self.style,
            "costs": [{"content": round(float(c), 6), "style": round(float(s), 6)} for c, s in self.costs],
            "picture_png": png_base64(self.picture),
            "size_hw": list(self.size_hw),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        return {"picture": self.picture}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        """Rounding differs from machine to machine; the mean over all pixels hardly does."""
        if words := shapes_differ(self.arrays(), golden):
            return words
        distance = float(np.abs(self.picture.astype(float) - golden["picture"]).mean())
        most = GOLDEN_OPTIMISED if len(self.costs) else GOLDEN_BRIGHTNESS
        return "" if distance <= most else f"the pixels differ by {distance:.2g} of 255 on average"


def mixed(original: np.ndarray, picture: np.ndarray, strength: float) -> np.ndarray:
    """Between two pictures (H, W, 3) uint8 of one size: 0 is `original`, 1 is `picture`."""
    if strength == 1:
        return picture
    between = original.astype(np.float32) * (1 - strength) + picture.astype(np.float32) * strength
    return between.round().astype(np.uint8)


def in_colours_of(original: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The brightness of `picture` with the colours of `original`, both (H, W, 3) uint8 of one size.

    Only brightness is transferred: Gatys, Bethge, Hertzmann, Shechtman: Preserving Color in Neural Artistic Style
    Transfer (2016), section 3.2.
    """
    colours = original.astype(np.float32)
    change = (picture.astype(np.float32) - colours) @ LUMA  # (H, W)
    return np.clip(colours + change[:, :, None], 0, 255).round().astype(np.uint8)
