"""What the views of object detection choose from, and what a detector of ours sees."""

import numpy as np

from hub_models.ui.fitting import Fits, fitting_menu, of_model

__all__ = ["Fits", "fitting_menu", "network_picture", "of_model"]


def network_picture(predictor, pixels: np.ndarray) -> np.ndarray:
    """What a detector of ours sees of a picture: letterboxed, (h, w, 3) uint8."""
    from hub_models.predictors.detector import letterbox

    seen, _ = letterbox(pixels, predictor.spec, predictor.network.stride)
    return np.ascontiguousarray(seen.transpose(1, 2, 0))  # (3, h, w) -> (h, w, 3)
