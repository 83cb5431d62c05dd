"""Pictures decoded once, where memory allows."""

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

LARGEST_KEPT = 512 * 1024**2  # bytes of decoded pictures
T = TypeVar("T")


def bytes_of_picture(pixels: np.ndarray) -> int:
    return pixels.nbytes


class Decoded(Generic[T]):
    """`decoded(i)` gives what `read(i)` gives; kept while all kept ones, of `size` bytes each, fit into LARGEST_KEPT."""

    def __init__(self, read: Callable[[int], T], size: Callable[[T], int] = bytes_of_picture) -> None:
        self.read, self.size, self.bytes = read, size, 0
        self.kept: dict[int, T] = {}

    def __call__(self, index: int) -> T:
        if index in self.kept:
            return self.kept[index]
        found = self.read(index)
        if self.bytes + self.size(found) <= LARGEST_KEPT:
            self.kept[index] = found
            self.bytes += self.size(found)
        return found
