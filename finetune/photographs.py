"""Photographs of which nothing is told, as a recipe reads them: two parts, checked, and pieces of them for training."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.transforms import v2

from finetune.box_check import too_few_to_split
from finetune.data_check import own_parts, readable
from finetune.decoded import Decoded
from finetune.hub_dataset import open_with
from hub_models.data_files import Photographs, block_split, open_photographs
from hub_models.errors import BadData
from hub_models.picture import decode_picture, encode_png, fit_within, middle
from hub_models.predictors.style_pictures import STYLE_LIMITS, STYLE_PICTURES, named_style

LEAST_PART = 0.3  # area of a piece / area of its photograph
KEPT_STYLE = "style.png"  # in the folder of a run
KEPT_SIDE = 512  # pixels: larger photographs are shrunk before a piece is cut out


def photographs_by_part(
    data: str, dev_data: str, dev_share: float, dev_block: int, seed: int
) -> dict[str, Photographs]:
    """ "train" and "dev": the data's own part, that of `dev_data`, or a share split off."""

    def opened(name: str) -> dict[str, Photographs]:
        return open_with(open_photographs, name, ())

    train, dev = own_parts(data, dev_data, opened, lambda found, names: found)
    if dev is None:
        if len(train) <= dev_block:
            raise too_few_to_split(len(train), dev_share, dev_block)
        kept, off = block_split(len(train), max(1, round(dev_share * len(train))), dev_block, seed)
        train, dev = train.subset(kept), train.subset(off)
    return {"train": train, "dev": dev}


def checked_photographs(
    parts: Mapping[str, Photographs], show: Callable[[str], None], threads: int = 1
) -> dict[str, Photographs]:
    """`parts` without what cannot be read, and without training pictures that are also in dev. BadData `data_missing`."""
    found = readable(parts["train"], parts["dev"], show, threads)
    show(f"train: {len(found.train):,} photographs, dev: {len(found.dev):,}")
    if found.unreadable:
        show(f"left out, unreadable: {len(found.unreadable)} ({'; '.join(found.unreadable[:3])})")
    if found.shared:
        show(f"left out of training, also in dev: {len(found.shared)}")
    if not len(found.train) or not len(found.dev):
        raise BadData(
            "data_missing",
            f"Expected photographs to train on and to choose the weights on, got {len(found.train)} and "
            f"{len(found.dev)}.",
        )
    return {"train": found.train, "dev": found.dev}


class Pieces(Dataset):
    """`[(epoch, index)]` -> a piece of a photograph (3, side, side) uint8, perhaps mirrored; always the same for a key."""

    def __init__(self, data: Photographs, side: int, seed: int) -> None:
        self.data, self.seed = data, seed
        self.read = Decoded(lambda index: fit_within(data.read(index), KEPT_SIDE))
        self.piece = v2.RandomResizedCrop(side, scale=(LEAST_PART, 1.0), ratio=(0.8, 1.25), antialias=True)
        self.mirror = v2.RandomHorizontalFlip(0.5)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, key: tuple[int, int]) -> Tensor:
        epoch, index = key
        picture = torch.from_numpy(self.read(index)).permute(2, 0, 1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed((self.seed * 1_000_003 + epoch) * 1_000_003 + index)
            return self.mirror(self.piece(picture))


def middles(data: Photographs, most: int, side: int) -> list[np.ndarray]:
    """The middles (side, side, 3) of up to `most` pictures at even distances."""
    chosen = np.linspace(0, len(data) - 1, min(most, len(data))).astype(int)
    return [middle(data.read(int(index)), side) for index in chosen]


def style_picture(place: str, output: Path) -> np.ndarray:
    """The style (H, W, 3) uint8 that `place` names: one that ships, or a file. BadInput as `decode_picture`.

    A copy stands in `output` from the first call on and is what later calls read: uploads do not stay for ever.
    """
    kept = output / KEPT_STYLE
    if not kept.is_file():
        shipped = place in STYLE_PICTURES
        pixels = named_style(place) if shipped else decode_picture(Path(place), limits=STYLE_LIMITS).pixels
        output.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(encode_png(pixels))
    return decode_picture(kept, limits=STYLE_LIMITS).pixels
