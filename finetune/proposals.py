"""Proposals of selective search for training, made once and kept."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from finetune.progress import write_whole
from hub_models.box_dataset import BoxedPictures
from hub_models.proposals import STRATEGIES, selective_search

MOST = 2000  # of a picture, as in Fast R-CNN
MADE_BY = f"{MOST} {STRATEGIES}"  # boxes of other settings are not used
KEPT_EVERY = 25  # pictures: a killed run loses no more


def cached_proposals(
    data: BoxedPictures, path: Path, show: Callable[[str], None] = print
) -> list[np.ndarray]:
    """Boxes (N, 4) float32 xyxy of each picture, in pixels of it, the most object-like first.

    They are kept in `path` (npz). What stands there of the same pictures is used; the rest is made.
    """
    known = kept(path)
    missing = [i for i, name in enumerate(data.names) if name not in known]
    for count, index in enumerate(missing, 1):
        known[data.names[index]] = selective_search(data.read(index), most=MOST).boxes_xyxy
        if count % KEPT_EVERY == 0 or count == len(missing):
            keep(path, known)
            show(f"selective search: {count:,} of {len(missing):,} pictures")
    return [known[name] for name in data.names]


def kept(path: Path) -> dict[str, np.ndarray]:
    """Name of a picture -> its boxes; empty where `path` is not there, damaged, or made otherwise."""
    try:
        with np.load(path) as file:
            made_by, names, counts, boxes = (file[key] for key in ("made_by", "names", "counts", "boxes"))
    except (FileNotFoundError, zipfile.BadZipFile, EOFError):
        return {}
    if str(made_by) != MADE_BY:
        return {}
    parts = np.split(boxes, np.cumsum(counts)[:-1])
    return {str(name): part for name, part in zip(names, parts, strict=True)}


def keep(path: Path, known: dict[str, np.ndarray]) -> None:
    arrays = {
        "made_by": np.array(MADE_BY),
        "names": np.array(list(known)),
        "counts": np.array([len(boxes) for boxes in known.values()]),
        "boxes": np.concatenate(list(known.values())),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda file: np.savez_compressed(file, **arrays))
