"""What a network of ours that is given whole pictures sees of one."""

import numpy as np


def network_picture(predictor, pixels: np.ndarray, used: tuple[int, int] | None = None) -> np.ndarray:
    """The picture letterboxed to the size of the network, (h, w, 3) uint8; cut to `used` rows and columns, if given."""
    from hub_models.predictors.detector import letterbox

    seen, _ = letterbox(pixels, predictor.spec, predictor.network.stride)
    rows, columns = used or seen.shape[1:]
    return np.ascontiguousarray(seen[:, :rows, :columns].transpose(1, 2, 0))  # (3, h, w) -> (h, w, 3)
