"""Pictures with masks before the first epoch: which train, which choose the weights, and what is wrong with them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from finetune.box_check import contact_sheet, too_few_to_split
from finetune.data_check import own_parts, readable
from finetune.hub_dataset import open_with
from finetune.masked_pictures import class_frequencies
from hub_models import draw_segments
from hub_models.errors import BadData
from hub_models.mask_dataset import (
    MaskedPictures,
    open_masks,
    same_masked_classes,
    split_off_blocks,
)
from hub_models.picture import encode_jpeg, fit_within

MOST_SHOWN, CELL = 8, 240  # pictures on the contact sheet; pixels of a longer side


def open_masked_data(name: str, class_names: tuple[str, ...] | None = None) -> dict[str, MaskedPictures]:
    """The pictures with masks, by part, in the folder or zip `name`, or in the Hub data set of that name."""
    return open_with(lambda path: open_masks(path, class_names), name, (".txt",))


def masks_by_part(
    data: str,
    dev_data: str,
    dev_share: float,
    dev_block: int,
    seed: int,
    class_names: tuple[str, ...] | None = None,
) -> dict[str, MaskedPictures]:
    """ "train", "dev" and, where the data has one, "test", which nothing but the figures at the end may touch.

    dev is the data's own, that of `dev_data`, or a share split off.
    """
    opened = cache(partial(open_masked_data, class_names=class_names))  # its test part is asked for again
    train, dev = own_parts(data, dev_data, opened, same_masked_classes)
    if dev is None:
        if len(train) <= dev_block:
            raise too_few_to_split(len(train), dev_share, dev_block)
        train, dev = split_off_blocks(train, dev_share, dev_block, seed)
    test = opened(data).get("test")
    return {"train": train, "dev": dev} | ({} if test is None else {"test": test})


@dataclass(frozen=True, kw_only=True)
class MaskReport:
    """What the check of the data found, in words a person can act on."""

    pictures: dict[str, int]  # split -> readable pictures
    shares: dict[str, float]  # class -> share of the training pixels that are not void
    unreadable: tuple[str, ...]
    shared: tuple[tuple[str, str], ...]  # pictures that stand, equal in every pixel, in both splits
    smallest_hw: tuple[int, int]

    def text(self) -> str:
        lines = [f"{split}: {count:,} pictures" for split, count in self.pictures.items()]
        lines.append(
            "share of the pixels: " + ", ".join(f"{name} {share:.1%}" for name, share in self.shares.items())
        )
        if self.unreadable:
            lines.append(f"left out, unreadable: {len(self.unreadable)} ({'; '.join(self.unreadable[:3])})")
        if self.shared:
            pairs = "; ".join(f"{a} = {b}" for a, b in self.shared[:3])
            lines.append(f"left out of training, also in dev: {len(self.shared)} ({pairs})")
        lines.append(f"smallest picture: {self.smallest_hw[1]} x {self.smallest_hw[0]} pixels")
        return "\n".join(lines)


class PicturesOnly:
    """The pictures of `data` without their masks; reading one still checks its mask."""

    def __init__(self, data: MaskedPictures) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data)

    def read(self, index: int) -> np.ndarray:
        return self.data.read(index)[0]


def check_masks(
    train: MaskedPictures, dev: MaskedPictures, show: Callable[[str], None] = print, threads: int = 1
) -> tuple[MaskedPictures, MaskedPictures, MaskReport]:
    """Read every picture and mask once: leave out the unreadable and, of training, those that are also in dev.

    Raises BadData: `data_missing`, `data_unreadable`, `data_empty_class`.
    """
    found = readable(train, dev, show, threads, PicturesOnly)
    refuse_mostly_unreadable(found.troubles, len(train) + len(dev))
    train, dev = found.train, found.dev
    shares = dict(zip(train.class_names, class_frequencies(train)[0].tolist(), strict=True))
    refuse_unlearnable(train, dev, shares)
    report = MaskReport(
        pictures={"train": len(train), "dev": len(dev)},
        shares=shares,
        unreadable=found.unreadable,
        shared=found.shared,
        smallest_hw=found.smallest_hw,
    )
    return train, dev, report


def refuse_mostly_unreadable(troubles: Counter, of: int) -> None:
    """Raise BadData where most pairs are wrong in the same way: then it is the data set, not a picture."""
    code, count = (troubles.most_common(1) or [("", 0)])[0]
    if count > of / 2:
        advice = {
            "mask_colours": "Turn the colours of the masks into numbers of classes, and name them in classes.txt.",
            "mask_size": "Every mask must have the size of its picture.",
            "mask_unknown_label": "Name all classes in classes.txt, a line each, or use 255 for what should not count.",
        }.get(code, "Repair or replace the files.")
        raise BadData("data_unreadable", f"{count:,} of {of:,} pairs cannot be used ({code}). {advice}")


def refuse_unlearnable(train: MaskedPictures, dev: MaskedPictures, shares: dict[str, float]) -> None:
    if not len(train) or not len(dev):
        raise BadData(
            "data_missing",
            f"Expected pictures with masks to train on and to choose the weights on, got {len(train)} and {len(dev)}.",
        )
    if sum(share > 0 for share in shares.values()) < 2:
        raise BadData(
            "data_empty_class", "Expected pixels of at least two classes in the training masks, got fewer."
        )


def mask_pictures(data: MaskedPictures, path: Path) -> None:
    """Write a contact sheet of up to 8 pictures under their masks to `path`, so that a person sees whether they fit."""
    count = min(MOST_SHOWN, len(data))
    cells = []
    for index in (i * len(data) // count for i in range(count)):
        pixels, labels = data.read(index)
        cells.append(fit_within(draw_segments.labels_over(pixels, labels, 0.6), CELL))
    path.write_bytes(encode_jpeg(contact_sheet(cells)))
