"""Labelled pictures before the first epoch: which train, which choose the weights, and what is wrong with them."""

import hashlib
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from finetune.hub_dataset import open_data
from hub_models.box_dataset import BoxedPictures
from hub_models.dataset import LabelledPictures, split_off
from hub_models.errors import BadData, BadInput

MOST_LISTED = 20  # classes in a sentence
BATCH = 256  # pictures between two looks at the clock
SECONDS_BETWEEN_WORDS = 10
D = TypeVar("D")  # pictures with classes, boxes, masks or objects


def train_and_dev(
    data: str, dev_data: str, dev_share: float, dev_block: int, seed: int
) -> tuple[LabelledPictures, LabelledPictures]:
    """(train, dev) of `data`: its own dev part, that of `dev_data`, or a share split off. A test part is not touched."""
    train, dev = own_parts(data, dev_data, open_data, same_classes)
    if dev is not None:
        return train, dev
    largest = max(Counter(train.labels.tolist()).values())
    if round(dev_share * largest) < 1:
        raise BadData(
            "data_missing",
            f"Expected enough pictures to split {dev_share:.0%} off for choosing the weights, but the largest class "
            f"has {largest}. Add pictures, a folder val/, or --dev-data.",
        )
    return split_off(train, dev_share, dev_block, seed)


def own_parts(
    data: str,
    dev_data: str,
    open_parts: Callable[[str], dict[str, D]],
    same_classes: Callable[[D, tuple[str, ...]], D],
) -> tuple[D, D | None]:
    """(train, dev) as the data brings them, dev from `dev_data` where that is named; None: it has to be split off."""
    splits = open_parts(data)
    train = splits.get("train") or splits.get("all")
    if not train:
        raise BadData("data_missing", f"Expected a part to train on, found only: {', '.join(splits)}.")
    if dev_data:
        found = open_parts(dev_data)
        return train, same_classes(found.get("dev") or next(iter(found.values())), train.class_names)
    return train, splits.get("dev")


def same_classes(data: LabelledPictures, class_names: tuple[str, ...]) -> LabelledPictures:
    """`data` with its labels as indices into `class_names`."""
    strange = [name for name in data.class_names if name not in class_names]
    if strange:
        raise BadData(
            "classes_unknown",
            f"Expected the classes of the training data ({listed(class_names)}) in --dev-data, got {listed(strange)}.",
        )
    position = np.array([class_names.index(name) for name in data.class_names], np.int64)
    return replace(data, class_names=class_names, labels=position[data.labels])


def listed(words: tuple[str, ...] | list[str]) -> str:
    more = f", ... {len(words)} in all" if len(words) > MOST_LISTED else ""
    return ", ".join(words[:MOST_LISTED]) + more


def few(data: LabelledPictures, count: int, seed: int) -> LabelledPictures:
    """About `count` pictures, as many of each class as there are and at least two."""
    order = np.random.default_rng(seed).permutation(len(data))
    seen: Counter[int] = Counter()
    turns = []  # (how many of its class came before, position)
    for index in order:
        label = int(data.labels[index])
        turns.append((seen[label], int(index)))
        seen[label] += 1
    turns.sort(key=lambda turn: turn[0])
    return data.subset(sorted(index for _, index in turns[: max(count, 2 * len(data.class_names))]))


@dataclass(frozen=True, kw_only=True)
class DataReport:
    """What the check of the data found, in words a person can act on."""

    counts: dict[str, dict[str, int]]  # split -> class -> readable pictures
    unreadable: tuple[str, ...]
    shared: tuple[tuple[str, str], ...]  # pictures that stand, equal in every pixel, in both splits
    smallest_hw: tuple[int, int]

    def text(self) -> str:
        lines = []
        for split, counts in self.counts.items():
            words = listed([f"{name} {count}" for name, count in counts.items()])
            lines.append(f"{split}: {sum(counts.values()):,} pictures in {len(counts)} classes ({words})")
        most, least = max(self.counts["train"].values()), min(self.counts["train"].values())
        if most > 10 * least:
            lines.append(f"skewed: the largest class has {most / least:.0f} times as many as the smallest")
        unseen = [name for name, count in self.counts["dev"].items() if count == 0]
        if unseen:
            lines.append(f"dev has no picture of: {listed(unseen)}")
        if self.unreadable:
            lines.append(f"left out, unreadable: {len(self.unreadable)} ({', '.join(self.unreadable[:5])})")
        if self.shared:
            pairs = "; ".join(f"{a} = {b}" for a, b in self.shared[:3])
            lines.append(f"left out of training, also in dev: {len(self.shared)} ({pairs})")
        lines.append(f"smallest picture: {self.smallest_hw[1]} x {self.smallest_hw[0]} pixels")
        return "\n".join(lines)


@dataclass(frozen=True)
class Seen:
    """One picture of the check: its fingerprint and size, or why it cannot be read."""

    digest: bytes = b""
    size_hw: tuple[int, int] = (0, 0)
    trouble: str = ""


def look(data: LabelledPictures, index: int) -> Seen:
    try:
        pixels = data.read(index)
    except BadInput as error:
        return Seen(trouble=error.code)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return Seen(trouble="archive_unreadable")
    fingerprint = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=16)
    fingerprint.update(np.ascontiguousarray(pixels))
    return Seen(fingerprint.digest(), pixels.shape[:2])


def look_at_all(data: LabelledPictures, threads: int, show: Callable[[int], None]) -> list[Seen]:
    """Decode every picture of `data` once; `show` hears how many were seen, now and then."""
    seen: list[Seen] = []
    said = time.monotonic()
    with ThreadPoolExecutor(max(1, threads)) as pool:
        for start in range(0, len(data), BATCH):
            seen += pool.map(lambda i: look(data, i), range(start, min(start + BATCH, len(data))))
            if time.monotonic() - said > SECONDS_BETWEEN_WORDS:
                show(len(seen))
                said = time.monotonic()
    return seen


@dataclass(frozen=True, kw_only=True)
class Readable(Generic[D]):
    """What is left of the data, and what was left out."""

    train: D
    dev: D
    unreadable: tuple[str, ...]  # name and code of the trouble
    shared: tuple[tuple[str, str], ...]  # (left out of training, equal to it in dev)
    smallest_hw: tuple[int, int]
    troubles: Counter[str]  # code -> pictures


def readable(
    train: D,
    dev: D,
    show: Callable[[str], None],
    threads: int,
    pictures: Callable[[D], LabelledPictures | BoxedPictures] = lambda data: data,
) -> Readable[D]:
    """Read every picture once: leave out the unreadable and, of training, those that are equal to one in dev.

    `pictures(data)` has `read(index)`, which gives pixels, where `data` itself gives more.
    """
    in_dev: dict[bytes, str] = {}
    kept: dict[str, list[int]] = {"train": [], "dev": []}
    troubles: Counter[str] = Counter()
    unreadable, shared, smallest = [], [], (10**9, 10**9)
    for split, data in (("dev", dev), ("train", train)):

        def tell(count: int, split: str = split, data: D = data) -> None:
            show(f"checked {count:,} of {len(data):,} pictures of {split}")

        for index, seen in enumerate(look_at_all(pictures(data), threads, tell)):
            if seen.trouble:
                unreadable.append(f"{data.names[index]}: {seen.trouble}")
                troubles[seen.trouble] += 1
                continue
            smallest = min(smallest, seen.size_hw, key=min)
            if split == "dev":
                in_dev[seen.digest] = data.names[index]
            elif seen.digest in in_dev:
                shared.append((data.names[index], in_dev[seen.digest]))
                continue
            kept[split].append(index)
    return Readable(
        train=train.subset(kept["train"]),
        dev=dev.subset(kept["dev"]),
        unreadable=tuple(unreadable),
        shared=tuple(shared),
        smallest_hw=smallest,
        troubles=troubles,
    )


def check_data(
    train: LabelledPictures,
    dev: LabelledPictures,
    show: Callable[[str], None] = print,
    threads: int = 1,
) -> tuple[LabelledPictures, LabelledPictures, DataReport]:
    """Read every picture once: leave out the unreadable and, of training, those that are also in dev."""
    found = readable(train, dev, show, threads)
    train, dev = found.train, found.dev
    counts = {"train": class_counts(train), "dev": class_counts(dev)}
    refuse_unlearnable(counts)
    report = DataReport(
        counts=counts, unreadable=found.unreadable, shared=found.shared, smallest_hw=found.smallest_hw
    )
    return train, dev, report


def class_counts(data: LabelledPictures) -> dict[str, int]:
    found = Counter(data.labels.tolist())
    return {name: found[i] for i, name in enumerate(data.class_names)}


def refuse_unlearnable(counts: dict[str, dict[str, int]]) -> None:
    """Raise BadData where there is one class, a class without pictures, or nothing to choose the weights on."""
    train = counts["train"]
    if len(train) < 2:
        raise BadData(
            "data_one_class",
            f"Expected at least two classes, got {listed(list(train))}. Put pictures of each class in a folder "
            "of its own.",
        )
    if empty := [name for name, count in train.items() if count == 0]:
        raise BadData(
            "data_empty_class",
            f"Expected readable training pictures of every class, got none of: {listed(empty)}. Add some, or "
            "remove the class. (Pictures that are also in dev do not count; nor do those split off for dev.)",
        )
    if not sum(counts["dev"].values()):
        raise BadData(
            "data_missing", "Expected at least one readable picture to choose the weights on, got none."
        )
