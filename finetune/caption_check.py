"""Pictures with captions before the first epoch: which train, which choose the weights, and what is wrong with them."""

from dataclasses import replace

import numpy as np

from finetune.box_check import too_few_to_split
from finetune.data_check import own_parts, readable
from finetune.hub_dataset import open_with
from finetune.running import Show
from hub_models.captioned_pictures import TABLES, CaptionedPictures, open_captions
from hub_models.data_files import block_split
from hub_models.errors import BadData

MANY_WORDS = 20  # in a caption: what is longer is learned without its end


def captions_by_part(
    data: str, dev_data: str, dev_share: float, test_share: float, dev_block: int, seed: int
) -> dict[str, CaptionedPictures]:
    """ "train", "dev" and, where the data has one or `test_share` asks for one, "test".

    dev is the data's own, that of `dev_data`, or a share split off; all captions of a picture stay together.
    """

    def opened(name: str) -> dict[str, CaptionedPictures]:
        return open_with(open_captions, name, (*TABLES, ".jsonl"))

    train, dev = own_parts(data, dev_data, opened, lambda found, names: found)
    parts = {"train": train} | ({} if dev is None else {"dev": dev})
    if (test := opened(data).get("test")) is not None:
        parts["test"] = test
    for part, share in (("test", test_share), ("dev", dev_share)):  # shares of all that is there at first
        if part not in parts and share:
            wanted, rest = round(share * len(train)), parts["train"]
            if not 0 < wanted < len(rest):
                raise too_few_to_split(len(train), share, dev_block)
            kept, off = block_split(len(rest), wanted, dev_block, seed)
            parts |= {"train": rest.subset(kept), part: rest.subset(off)}
    return parts


def check_captions(parts: dict[str, CaptionedPictures], show: Show) -> dict[str, CaptionedPictures]:
    """Leave out what cannot be read, and training pictures that a measured part holds too. BadData `data_missing`."""
    train, found = parts["train"], {}
    for part in (name for name in ("test", "dev") if name in parts):
        seen = readable(train, parts[part], show, threads=1)
        train, found[part] = seen.train, replace(seen.dev, sentences=())
        told_left_out(seen.unreadable, seen.shared, part, show)
    missing = sorted({name for part in parts.values() for name in part.missing})
    empty = max(part.empty for part in parts.values())
    found = {"train": train, **found}
    for part, data in found.items():
        words = [len(caption.split()) for captions in data.captions for caption in captions]
        show(
            f"{part}: {len(data):,} pictures, {len(words):,} captions of {np.mean(words or [0]):.1f} words on average"
        )
    if train.sentences:
        count = sum(map(len, train.sentences))
        show(
            f"captions of {len(missing):,} pictures that are not there: {count:,}, to learn the language from"
        )
    if empty:
        show(f"left out, captions that are empty or cannot be read: {empty:,}")
    long = sum(len(c.split()) > MANY_WORDS for captions in train.captions for c in captions)
    if long:
        show(f"captions of more than {MANY_WORDS} words, learned without their end: {long:,}")
    if not len(train) or not len(found["dev"]):
        raise BadData(
            "data_missing",
            f"Expected pictures to train on and to choose the weights on, got {len(train)} and {len(found['dev'])}.",
        )
    return found


def told_left_out(unreadable: tuple[str, ...], shared: tuple, part: str, show: Show) -> None:
    if unreadable:
        show(f"left out, unreadable: {len(unreadable)} ({'; '.join(unreadable[:3])})")
    if shared:
        show(f"left out of training, also in {part}: {len(shared)} ({'; '.join(a for a, _ in shared[:3])})")
