"""Pictures that serve as styles: those that ship, by name, and how large a style picture is made."""

from functools import cache

import numpy as np
from PIL import Image

from hub_models.errors import BadInput
from hub_models.local import package_file
from hub_models.picture import PictureLimits, decode_picture

LEAST_SIDE = 32  # pixels: below that the last maps are a handful of values
STYLE_LIMITS = PictureLimits(min_side=LEAST_SIDE, max_aspect=20)
# The first three are drawn by finetune/style_pictures.py; the others are photographs that scikit-image carries.
STYLE_PICTURES = {
    "night": "hub_models/examples/style_night.jpg",
    "glass": "hub_models/examples/style_glass.jpg",
    "ink": "hub_models/examples/style_ink.jpg",
    "tissue": "skimage/data/ihc.png",
    "gravel": "skimage/data/gravel.png",
    "bricks": "skimage/data/brick.png",
}


@cache
def named_style(name: str) -> np.ndarray:
    """The style picture called `name`, (H, W, 3) uint8. BadInput `style_unknown` lists the names."""
    if name not in STYLE_PICTURES:
        raise BadInput(
            "style_unknown", f"Expected one of the styles {', '.join(STYLE_PICTURES)}; got {name[:40]!r}."
        )
    return decode_picture(package_file(STYLE_PICTURES[name])).pixels


def chosen_style(
    names: tuple[str, ...], style: str, style_pixels: np.ndarray | None
) -> tuple[str, np.ndarray]:
    """(name for people, picture): a picture that is given counts more than a name, "" is the first of `names`."""
    if style_pixels is not None:
        return "of the picture given", style_pixels
    name = style or names[0]
    return name, named_style(name)


def in_size(pixels: np.ndarray, longest_side: int) -> np.ndarray:
    """(H, W, 3) uint8 made as large as that, larger too: the size of a style picture is the size of its strokes."""
    scale = longest_side / max(pixels.shape[:2])
    height, width = (max(LEAST_SIDE, round(side * scale)) for side in pixels.shape[:2])
    return np.array(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))
