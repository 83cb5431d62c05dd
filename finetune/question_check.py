"""Questions about pictures before the first epoch: which train, which choose the weights, and what is wrong with them."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from finetune.data_check import listed, own_parts
from finetune.hub_dataset import open_with
from hub_models.asked_pictures import AskedPictures, open_questions
from hub_models.data_files import block_split
from hub_models.errors import BadData, BadInput

LABELS = (".json",)  # beside pictures, what is fetched of a Hub data set


def questions_by_part(
    data: str, dev_data: str, dev_share: float, dev_block: int, seed: int
) -> dict[str, AskedPictures]:
    """ "train", "dev" and, where the data has one, "test".

    dev is the data's own, that of `dev_data`, or a share of the pictures split off.
    """
    opened = partial(open_with, open_questions, suffixes=LABELS)
    train, dev = own_parts(data, dev_data, opened, lambda part, names: part)
    if dev is None:
        wanted = round(dev_share * len(train.names))
        rest, off = block_split(len(train.names), wanted, dev_block, seed)
        if not rest or not off:
            raise BadData(
                "data_missing",
                f"Expected enough pictures to split off a share of {dev_share:g}, got {len(train.names)}. "
                "Give --dev-data.",
            )
        train, dev = train.of_pictures(rest), train.of_pictures(off)
    test = opened(data).get("test")
    return {"train": train, "dev": dev} | ({} if test is None else {"test": test})


def check_questions(
    parts: dict[str, AskedPictures], least_answers: int, show: Callable[[str], None]
) -> dict[str, AskedPictures]:
    """Leave out unreadable pictures, those of dev in train, and rare answers; say what was found.

    The answers of the training questions that stand at least `least_answers` times become the classes; what other parts
    ask for beside these stays, as -1: no network can get it right. BadData: `data_missing`, `data_one_class`.
    """
    hashes = {}
    for part, data in parts.items():
        parts[part], hashes[part], bad = readable(data)
        if bad:
            show(f"{part}: left out, unreadable pictures: {len(bad)} ({'; '.join(bad[:3])})")
    in_dev = {name for part in hashes if part != "train" for name in hashes[part]}
    apart = [i for i, name in enumerate(hashes["train"]) if name not in in_dev]
    if len(apart) < len(hashes["train"]):
        show(f"left out of training, pictures of another part: {len(hashes['train']) - len(apart)}")
        parts["train"] = parts["train"].of_pictures(apart)
    train = parts["train"]
    counts = Counter(train.labels.tolist())
    names = [name for i, name in enumerate(train.class_names) if counts[i] >= least_answers]
    rare = len(counts) - len(names)
    train = train.among(names)
    train = train.subset(np.flatnonzero(train.labels >= 0))
    kept = np.flatnonzero(np.bincount(train.pictures, minlength=len(train.names)))
    train = train.of_pictures(kept)
    if len(names) < 2:
        raise BadData(
            "data_one_class",
            f"Expected at least two answers that stand {least_answers} times or more in the training questions, got "
            f"{listed(tuple(names)) or 'none'}. Add questions, or lower --least-answers.",
        )
    others = {part: data.among(names) for part, data in parts.items() if part != "train"}
    if rare:
        show(f"answers that stand less than {least_answers} times, left out of training: {rare}")
    for part, data in ({"train": train} | others).items():
        show(told(part, data))
        if not len(data):
            raise BadData(
                "data_missing", f"Expected questions that can be used in the {part} part, got none."
            )
    return {"train": train} | others


def told(part: str, data: AskedPictures) -> str:
    """What a part holds, in a line."""
    outside = int((data.labels < 0).sum())
    found = Counter(data.class_names[i] for i in data.labels if i >= 0).most_common(8)
    words = f"{part}: {len(data):,} questions about {len(data.names):,} pictures; "
    words += ", ".join(f"{name} {count:,}" for name, count in found)
    words += f"; {data.skipped:,} without a usable question or answer" * bool(data.skipped)
    return words + f"; {outside:,} with answers outside of the {len(data.class_names)}" * bool(outside)


def readable(data: AskedPictures) -> tuple[AskedPictures, list[str], list[str]]:
    """(the pictures that can be read, a hash of each, what is wrong with the others)."""
    good, hashes, bad = [], [], []
    for index, name in enumerate(data.names):
        try:
            pixels = data.read(index)
        except BadInput as error:
            bad.append(f"{name.rpartition('/')[2]}: {error.code}")
            continue
        good.append(index)
        hashes.append(hashlib.blake2b(pixels.tobytes(), digest_size=16).hexdigest())
    return data.of_pictures(good) if bad else data, hashes, bad


def few(data: AskedPictures, pictures: int, seed: int) -> AskedPictures:
    """`pictures` of them at most, with their questions: for a smoke run."""
    order = np.random.default_rng(seed).permutation(len(data.names))[:pictures]
    return replace(data.of_pictures(np.sort(order)))
