"""What a network of ours that labels pixels sees of a picture."""

import numpy as np


def network_picture(predictor, pixels: np.ndarray) -> np.ndarray:
    """The picture at the size of the network, (h, w, 3) uint8, without what pads it to the stride."""
    from hub_models.predictors.detector import letterbox

    _, (rows, columns) = predictor.preprocess(pixels)
    seen, _ = letterbox(pixels, predictor.spec, predictor.network.stride)
    return np.ascontiguousarray(seen[:, :rows, :columns].transpose(1, 2, 0))  # (3, h, w) -> (h, w, 3)
