"""One module a library. Each exports `build(checkpoint, files, device)` and `load(checkpoint, files, device)`.

`build` gives the network with its weights (training starts from it), `load` a ready Predictor around it.
`files` is the folder, or the file, that the loader found or fetched; nothing here touches the network.
"""

from typing import Protocol

import numpy as np

from hub_models.checkpoint import Checkpoint
from hub_models.results import Result


class Predictor(Protocol):
    """Weights in memory, ready to be asked. Stateless: what changes from call to call is an argument."""

    checkpoint: Checkpoint
    bytes: int  # that the weights take in memory

    def predict(self, *given: np.ndarray | str) -> Result:
        """What `local.Given` lists: pixels (H, W, 3) uint8 RGB, a cleaned text, a series (T,) float32 -> a result."""
