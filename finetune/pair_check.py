"""Pairs of sentences before the first epoch: which train, which choose the weights, and what is wrong with them."""

from functools import partial

from finetune.hub_dataset import TEXT_SUFFIXES, open_with
from hub_models.errors import BadData
from hub_models.paired_texts import SUFFIXES, PairedTexts, open_pairs, split_pairs


def pairs_by_part(
    data: str, dev_data: str, dev_share: float, seed: int, source: str, target: str
) -> dict[str, PairedTexts]:
    """ "train", "dev" and, where the data has one, "test"; dev is the data's own, `dev_data`, or a share split off."""
    opened = partial(
        open_with, partial(open_pairs, source=source, target=target), suffixes=(*TEXT_SUFFIXES, *SUFFIXES)
    )
    found = opened(data)
    train = found.get("train") or found.get("all")
    if train is None:
        raise BadData("data_missing", f"Expected a part to train on, found only: {', '.join(found)}.")
    if dev_data:
        more = opened(dev_data)
        dev = more.get("dev") or next(iter(more.values()))
    else:
        dev = found.get("dev")
    if dev is None:
        train, dev = split_pairs(train, dev_share, seed)
    return {"train": train, "dev": dev} | ({"test": found["test"]} if "test" in found else {})


def check_pairs(train: PairedTexts, dev: PairedTexts) -> tuple[PairedTexts, str]:
    """Leave out of training what is also in dev, and pairs that stand there twice. (train, what was found, in words).

    BadData `data_missing`, `data_shape` where both sides are the same.
    """
    in_dev = {compared(text) for text in dev.sources}
    kept, seen, shared = [], set(), 0
    for i, pair in enumerate(zip(train.sources, train.targets, strict=True)):
        if compared(pair[0]) in in_dev:
            shared += 1
        elif pair not in seen:
            seen.add(pair)
            kept.append(i)
    twice = len(train) - shared - len(kept)
    checked = train.subset(kept)
    if not kept or not len(dev):
        raise BadData(
            "data_missing",
            f"Expected pairs to train on and to choose the weights on, got {len(kept)} and {len(dev)}.",
        )
    same = sum(a == b for a, b in zip(checked.sources, checked.targets, strict=True))
    if same > len(checked) / 2:
        raise BadData(
            "data_shape",
            f"Expected a sentence and its translation, but {same:,} of {len(checked):,} pairs are equal on both sides.",
        )
    lines = [f"train: {len(checked):,} pairs, dev: {len(dev):,}"]
    skipped = train.skipped + dev.skipped
    lines += [f"left out, empty or too long: {skipped:,}"] * bool(skipped)
    lines += [f"left out of training, also in dev: {shared:,}"] * bool(shared)
    lines += [f"left out of training, there twice: {twice:,}"] * bool(twice)
    lines += [f"pairs with equal sides: {same:,}"] * bool(same)
    return checked, "\n".join(lines)


def compared(text: str) -> str:
    """Two sentences are the same where only case and spaces differ."""
    return " ".join(text.lower().split())
