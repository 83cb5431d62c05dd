"""Pictures whose pixels are numbers, of classes or of objects: the masks of segmentation data."""

import numpy as np

from hub_models.errors import BadInput
from hub_models.picture import DEFAULT_LIMITS, checked_header, upright_image


def decode_numbers(data: bytes) -> np.ndarray:
    """The numbers (H, W) int64 in the bytes of a grey or palette picture of up to 16 bits, as they are stored.

    Raises BadInput: `mask_colours` where the pixels are colours, and what `decode_picture` raises.
    """
    image = upright_image(data, checked_header(data, DEFAULT_LIMITS))
    if image.mode not in ("1", "L", "P", "I") and not image.mode.startswith("I;16"):
        raise BadInput(
            "mask_colours",
            f"Expected a mask with one number for each pixel (a grey or palette PNG), got one of mode {image.mode}; "
            "turn its colours into numbers of classes first.",
        )
    return np.asarray(image).astype(np.int64)
