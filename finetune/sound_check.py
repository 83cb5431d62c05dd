"""Labelled sounds before the first epoch: which train, which choose the weights, and what is wrong with them.

Every sound is decoded once and kept in memory at the rate of the network: an hour of 8,000 samples a second takes 115 MB.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from finetune.data_check import listed, own_parts, same_classes
from finetune.hub_dataset import open_with
from hub_models.errors import BadData, BadInput
from hub_models.heard import AUDIBLE_DB, level_db
from hub_models.labelled_sounds import SUFFIXES, LabelledSounds, open_sounds, split_groups
from hub_models.sound import Sound

MOST_SECONDS = 10 * 3600  # of all sounds together: 1.2 GB at 8,000 samples a second
LEAST = 2  # training sounds of a class


@dataclass(frozen=True)
class FromMemory:
    sounds: tuple[Sound, ...]

    def __call__(self, i: int) -> Sound:
        return self.sounds[i]


def sounds_by_part(
    data: str, dev_data: str, dev_share: float, seed: int, class_part: int = 0, group_part: int = 0
) -> dict[str, LabelledSounds]:
    """ "train", "dev" and, where the data has one, "test". dev is the data's own, that of `dev_data`, or split off."""

    def opened(name: str) -> dict[str, LabelledSounds]:
        return open_with(
            partial(open_sounds, class_part=class_part, group_part=group_part), name, (*SUFFIXES, ".zip")
        )

    train, dev = own_parts(data, dev_data, opened, same_classes)
    if dev is None:
        train, dev = split_groups(train, dev_share, seed)
        if not len(dev):
            raise BadData(
                "data_missing",
                f"Expected enough sounds, or groups of them, to split off {dev_share:.0%}, got {len(train)} sounds. "
                "Add sounds, a folder dev/, or --dev-data.",
            )
    test = opened(data).get("test")
    return {"train": train, "dev": dev} | ({} if test is None else {"test": test})


def check_sounds(
    data: dict[str, LabelledSounds], rate: int, show: Callable[[str], None]
) -> dict[str, LabelledSounds]:
    """All sounds that can be used, decoded, at `rate`; `show` is told what was left out and why.

    BadData: `data_missing`, `data_one_class`, `class_too_small`, `data_too_large`.
    """
    wrong: dict[str, list[str]] = {}
    seen: dict[bytes, str] = {}
    read: dict[str, LabelledSounds] = {}
    for part in sorted(data, key=("dev", "test", "train").index):  # what is twice is left out of training
        read[part] = usable(data[part], part, rate, seen, wrong)
    for part in ("train", "dev"):
        if not len(read[part]):
            raise BadData(
                "data_missing", f"Expected sounds in {part}, found none that can be used{told(wrong)}."
            )
    counts = {part: counted(sounds) for part, sounds in read.items()}
    if len(counts["train"]) < 2:
        raise BadData("data_one_class", "Expected sounds of at least two classes to train on, got one class.")
    small = [n for n in read["train"].class_names if counts["train"].get(n, 0) < LEAST]
    if small:
        raise BadData(
            "class_too_small",
            f"Expected at least {LEAST} training sounds of every class, got fewer of {listed(small)}. Add some, or "
            "remove the class.",
        )
    for part in sorted(read):
        words = ", ".join(f"{count:,} {name}" for name, count in counts[part].items())
        show(f"{part}: {words}; {groups_in_words(read[part])}")
    for reason, names in sorted(wrong.items()):
        show(f"left out, {reason}: {len(names)} ({listed(names)})")
    return {part: read[part] for part in data}


def usable(
    data: LabelledSounds, part: str, rate: int, seen: dict[bytes, str], wrong: dict[str, list[str]]
) -> LabelledSounds:
    """`data` without what cannot be used, decoded. `seen`: contents of the parts before; `wrong` gets what is left out."""
    kept, sounds, seconds = [], [], 0.0
    for index, name in enumerate(data.names):
        try:
            sound = data.read(index)
        except BadInput as error:
            wrong.setdefault(error.code.replace("_", " "), []).append(name)
            continue
        digest = hashlib.sha256(sound.samples.tobytes()).digest()
        if level_db(sound.samples) < AUDIBLE_DB:
            wrong.setdefault("silent", []).append(name)
        elif digest in seen and (part == "train" or seen[digest] == part):
            wrong.setdefault(f"also in {seen[digest]}", []).append(name)
        else:
            seen[digest] = part
            kept.append(index)
            sounds.append(Sound(samples=sound.at(rate), rate=rate))
        seconds += sound.seconds
        if seconds > MOST_SECONDS:
            raise BadData(
                "data_too_large",
                f"Expected at most {MOST_SECONDS / 3600:g} hours of sound in {part}, got more; split the data.",
            )
    return replace(data.subset(kept), read=FromMemory(tuple(sounds)))


def told(wrong: dict[str, list[str]]) -> str:
    return "".join(f"; {len(names)} {reason}" for reason, names in sorted(wrong.items()))


def counted(data: LabelledSounds) -> dict[str, int]:
    found = Counter(int(label) for label in data.labels)
    return {data.class_names[label]: found[label] for label in sorted(found)}


def groups_in_words(data: LabelledSounds) -> str:
    seconds = np.array([data.read(i).seconds for i in range(len(data))])
    words = f"{seconds.min():.2f} to {seconds.max():.2f} s, {seconds.sum() / 60:.1f} minutes in all"
    groups = sorted(set(data.groups) - {""})
    return f"{words}, groups {listed(groups)}" if groups else words
