"""Features of the regions of photographs, computed once: a frozen network says the same of a picture in every epoch.

What augmentation does to pictures is done before, so each picture is kept in several views: whole, mirrored, and pieces
cut out of it. A file holds one view, named after the pixels of the picture: a run that was stopped goes on where it was,
and runs that are given one folder share it.
"""

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from finetune.progress import tell, write_whole
from hub_models.data_files import Photographs
from hub_models.predictors.regions import Regions

LEAST_PIECE = 0.5  # area of a piece / area of its picture: what the captions name should still be there


def view(pixels: np.ndarray, number: int, seed: int) -> np.ndarray:
    """View `number` of (H, W, 3) uint8: 0 the whole picture, 1 its mirror image, then pieces, every second one mirrored."""
    if number > 1:
        random = np.random.default_rng((seed, number))
        height, width = pixels.shape[:2]
        area, longer = random.uniform(LEAST_PIECE, 1.0), random.uniform(0.85, 1.18)
        h, w = (
            max(1, round(side * min(1.0, area**0.5 * f)))
            for side, f in ((height, longer), (width, 1 / longer))
        )
        top, left = random.integers(0, height - h + 1), random.integers(0, width - w + 1)
        pixels = pixels[top : top + h, left : left + w]
    return np.ascontiguousarray(pixels[:, ::-1] if number % 2 else pixels)


@dataclass(frozen=True, kw_only=True)
class RegionFeatures:
    """`features(i, view)` -> (49, 1280) float16 of picture i. `files`: for each picture, a file a view."""

    files: tuple[tuple[Path, ...], ...]

    def __len__(self) -> int:
        return len(self.files)

    @property
    def views(self) -> int:
        return len(self.files[0])

    def __call__(self, index: int, view: int = 0) -> np.ndarray:
        return np.load(self.files[index][view])

    def means(self, view: int = 0) -> np.ndarray:
        """(N, 1280) float32: the mean over the regions of every picture."""
        return np.stack([self(index, view).astype(np.float32).mean(0) for index in range(len(self))])

    def subset(self, indices: Sequence[int]) -> "RegionFeatures":
        return replace(self, files=tuple(self.files[i] for i in indices))


def region_features(
    data: Photographs, views: int, folder: Path, output: Path, show: Callable[[str], None] = print
) -> RegionFeatures:
    """The features of all of `data` in `views` views, kept in `folder`; `output` is where the run tells how far it is.

    Errors: as those of reading a picture; what cannot be read is taken out of `data` before (`data_check.readable`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    regions, files, said = None, [], time.monotonic()
    for index in range(len(data)):
        pixels = data.read(index)
        own = zlib.crc32(pixels.tobytes())
        paths = tuple(folder / f"{own:08x}-{number}.npy" for number in range(views))
        missing = [number for number, path in enumerate(paths) if not path.exists()]
        if missing:
            regions = regions or Regions()
            found = regions.many([view(pixels, number, own) for number in missing]).half().numpy()
            for number, features in zip(missing, found, strict=True):
                write_whole(paths[number], lambda file, features=features: np.save(file, features))
        files.append(paths)
        if index + 1 == len(data) or time.monotonic() - said > 10:
            said = time.monotonic()
            show(f"described the regions of {index + 1:,} of {len(data):,} pictures")
            tell(output, "training", "describing the regions of pictures", step=index + 1, steps=len(data))
    return RegionFeatures(files=tuple(files))
