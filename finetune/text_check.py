"""Labelled texts before the first epoch: which train, which choose the weights, and what is wrong with them."""

from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np

from finetune.data_check import listed, own_parts
from finetune.hub_dataset import open_with
from hub_models.errors import BadData
from hub_models.labelled_texts import SUFFIXES, LabelledTexts, open_texts


def texts_by_part(
    data: str, dev_data: str, dev_share: float, seed: int, class_names: tuple[str, ...] | None
) -> dict[str, LabelledTexts]:
    """ "train", "dev" and, where the data has one, "test".

    dev is the data's own, that of `dev_data`, or a share split off.
    """

    def opened(name: str) -> dict[str, LabelledTexts]:
        return open_with(partial(open_texts, class_names=class_names), name, SUFFIXES)

    train, dev = own_parts(data, dev_data, opened, same_text_classes)
    if dev is None:
        wanted = round(dev_share * len(train))
        if not 0 < wanted < len(train):
            raise BadData(
                "data_missing",
                f"Expected enough texts to split off a share of {dev_share:g}, got {len(train)}. Give --dev-data.",
            )
        order = np.random.default_rng(seed).permutation(len(train))
        dev, train = train.subset(np.sort(order[:wanted])), train.subset(np.sort(order[wanted:]))
    test = opened(data).get("test")
    return {"train": train, "dev": dev} | ({} if test is None else {"test": test})


def same_text_classes(data: LabelledTexts, class_names: tuple[str, ...]) -> LabelledTexts:
    """`data` with its labels as indices into `class_names`. BadData `classes_unknown`."""
    strange = [name for name in data.class_names if name not in class_names]
    if strange:
        raise BadData(
            "classes_unknown",
            f"Expected the classes of the training data ({listed(class_names)}) in --dev-data, got {listed(strange)}.",
        )
    position = np.array([class_names.index(name) for name in data.class_names], np.int64)
    return replace(data, class_names=class_names, labels=position[data.labels])


def check_texts(train: LabelledTexts, dev: LabelledTexts) -> tuple[LabelledTexts, LabelledTexts, str]:
    """Leave out of training what is also in dev, and texts that stand there twice with different classes.

    (train, dev, what was found, in words). BadData: `data_missing`, `data_one_class`.
    """
    in_dev = {compared(text) for text in dev.texts}
    labels: dict[str, set[int]] = {}
    for text, label in zip(train.texts, train.labels, strict=True):
        labels.setdefault(compared(text), set()).add(int(label))
    shared = sum(compared(text) in in_dev for text in train.texts)
    torn = sum(len(labels[compared(text)]) > 1 and compared(text) not in in_dev for text in train.texts)
    kept = [
        i
        for i, text in enumerate(train.texts)
        if compared(text) not in in_dev and len(labels[compared(text)]) == 1
    ]
    train = train.subset(kept)
    counts = {part: counted(texts) for part, texts in (("train", train), ("dev", dev))}
    if not len(train) or not len(dev):
        raise BadData(
            "data_missing",
            f"Expected texts to train on and to choose the weights on, got {len(train)} and {len(dev)}.",
        )
    if len(counts["train"]) < 2:
        raise BadData("data_one_class", "Expected texts of at least two classes to train on, got one class.")
    lines = [
        f"{part}: " + ", ".join(f"{count:,} {name}" for name, count in found.items())
        for part, found in counts.items()
    ]
    lines += [f"left out, no usable text or class: {train.skipped + dev.skipped}"] * bool(
        train.skipped + dev.skipped
    )
    lines += [f"left out of training, also in dev: {shared}"] * bool(shared)
    lines += [f"left out of training, there with different classes: {torn}"] * bool(torn)
    return train, dev, "\n".join(lines)


def compared(text: str) -> str:
    """Two texts are the same where only case and spaces differ."""
    return " ".join(text.lower().split())


def counted(data: LabelledTexts) -> dict[str, int]:
    found = Counter(int(label) for label in data.labels)
    return {data.class_names[label]: found[label] for label in sorted(found)}
