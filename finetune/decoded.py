"""Pictures decoded once, where memory allows."""

from collections.abc import Callable

import numpy as np

LARGEST_KEPT = 512 * 1024**2  # bytes of decoded pictures


class Decoded:
    """`decoded(i)` -> (H, W, 3) uint8 as `read(i)` gives it; kept while all kept ones fit into LARGEST_KEPT."""

    def __init__(self, read: Callable[[int], np.ndarray]) -> None:
        self.read, self.bytes = read, 0
        self.kept: dict[int, np.ndarray] = {}

    def __call__(self, index: int) -> np.ndarray:
        if index in self.kept:
            return self.kept[index]
        pixels = self.read(index)
        if self.bytes + pixels.nbytes <= LARGEST_KEPT:
            self.kept[index] = pixels
            self.bytes += pixels.nbytes
        return pixels
