"""Tagged sentences before the first epoch: which train, which choose the weights, and what is wrong with them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from finetune.data_check import listed, own_parts
from finetune.hub_dataset import open_with
from hub_models.errors import BadData
from hub_models.tagged_texts import SUFFIXES, TaggedTexts, open_tagged


def tagged_by_part(
    data: str, dev_data: str, dev_share: float, seed: int, kinds: Mapping[str, str] | None = None
) -> dict[str, TaggedTexts]:
    """ "train", "dev" and, where the data has one, "test".

    dev is the data's own, that of `dev_data`, or a share of the documents.
    """

    def opened(name: str) -> dict[str, TaggedTexts]:
        return open_with(partial(open_tagged, kinds=kinds), name, SUFFIXES)

    train, dev = own_parts(data, dev_data, opened, same_kinds)
    if dev is None:
        train, dev = split_documents(train, dev_share, seed)
    test = opened(data).get("test")
    return {"train": train, "dev": dev} | ({} if test is None else {"test": test})


def split_documents(data: TaggedTexts, share: float, seed: int) -> tuple[TaggedTexts, TaggedTexts]:
    """(rest, about `share` of the documents); a document is on one side whole. BadData `data_missing`."""
    documents = np.unique(data.documents)
    wanted = round(share * len(documents))
    if not 0 < wanted < len(documents):
        raise BadData(
            "data_missing",
            f"Expected enough documents to split off a share of {share:g}, got {len(documents)}. Give --dev-data.",
        )
    chosen = np.random.default_rng(seed).permutation(documents)[:wanted]
    inside = np.isin(data.documents, chosen)
    return data.subset(np.flatnonzero(~inside)), data.subset(np.flatnonzero(inside))


def same_kinds(data: TaggedTexts, class_names: tuple[str, ...]) -> TaggedTexts:
    """`data`, said to be of `class_names`. BadData `classes_unknown` where it has others."""
    strange = [name for name in data.class_names if name not in class_names]
    if strange:
        raise BadData(
            "classes_unknown",
            f"Expected the kinds of the training data ({listed(class_names)}), got {listed(strange)}.",
        )
    return replace(data, class_names=class_names)


def joined(parts: list[TaggedTexts]) -> TaggedTexts:
    """All sentences together; documents stay apart."""
    documents, first = [], 0
    for part in parts:
        documents.append(part.documents + first)
        first = int(documents[-1].max(initial=-1)) + 1
    return TaggedTexts(
        class_names=tuple(sorted({name for part in parts for name in part.class_names})),
        sentences=tuple(s for part in parts for s in part.sentences),
        tags=tuple(t for part in parts for t in part.tags),
        documents=np.concatenate(documents),
    )


def check_tagged(train: TaggedTexts, dev: TaggedTexts) -> tuple[TaggedTexts, TaggedTexts, str]:
    """Leave out of training the sentences that are also in dev. (train, dev, what was found, in words).

    BadData: `data_missing`, `data_one_class`.
    """
    in_dev = set(dev.sentences)
    kept = [i for i, words in enumerate(train.sentences) if words not in in_dev]
    shared = len(train) - len(kept)
    train = train.subset(kept)
    if not len(train) or not len(dev):
        raise BadData(
            "data_missing",
            f"Expected sentences to train on and to choose the weights on, got {len(train)} and {len(dev)}.",
        )
    if not any(train.spans()):
        raise BadData("data_one_class", "Expected entities in the training sentences, got none.")
    lines = [
        f"{part}: {len(data):,} sentences of {len(np.unique(data.documents)):,} documents, {counted(data)}"
        for part, data in (("train", train), ("dev", dev))
    ]
    lines += [f"left out of training, also in dev: {shared}"] * bool(shared)
    return train, dev, "\n".join(lines)


def counted(data: TaggedTexts) -> str:
    found = Counter(span.kind for spans in data.spans() for span in spans)
    return ", ".join(f"{found[kind]:,} {kind}" for kind in data.class_names)
