"""Networks of the transformers library that read text: a class for it (DistilBERT), or a tag for every word (BERT).

The library's own tokenizer cuts words into pieces that it has numbers for, so few texts hold anything unknown to it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.predictors.reading import unread
from hub_models.predictors.tagger import best_path
from hub_models.predictors.weights import bytes_of
from hub_models.results import Labels
from hub_models.text import Word, words
from hub_models.tokens import OUTSIDE, Entities

MOST_PIECES = 512  # positions that BERT and its kin have learned
AT_ONCE = 16  # texts in a batch


def tokenizer_in(files: Path):
    """The tokenizer of a checkpoint folder. CheckpointError `checkpoint_foreign`."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(files, local_files_only=True, use_fast=True)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(
            "checkpoint_foreign", "Expected a tokenizer of transformers beside the weights, found none."
        ) from error


class AroundText:
    """A network and its tokenizer."""

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str) -> None:
        self.checkpoint, self.network, self.device = checkpoint, network, device
        self.tokenizer = tokenizer_in(files)
        self.most = min(MOST_PIECES, getattr(network.config, "max_position_embeddings", MOST_PIECES))
        self.bytes = bytes_of(network)

    @property
    def classes(self) -> tuple[str, ...]:
        """What the outputs are called in the network's own configuration."""
        return tuple(self.network.config.id2label[i] for i in range(self.network.config.num_labels))

    def remarks(self, text: str) -> tuple[str, ...]:
        return unread(len(self.tokenizer(text, verbose=False)["input_ids"]), self.most, "word pieces")

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        with torch.inference_mode():
            return self.network(**{name: tensor.to(self.device) for name, tensor in inputs.items()}).logits


class TransformersTextClassifier(AroundText):
    """Text -> pieces -> logits -> probabilities. Class names in small letters."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name.lower() if name.isupper() else name for name in self.classes)

    def predict_many(self, texts: Sequence[str]) -> np.ndarray:
        """Texts -> probabilities (B, classes) float32."""
        found = []
        for start in range(0, len(texts), AT_ONCE):
            inputs = self.tokenizer(
                list(texts[start : start + AT_ONCE]),
                padding=True, truncation=True, max_length=self.most, return_tensors="pt",
            )  # fmt: skip
            found.append(self.forward(inputs).float().softmax(1).cpu().numpy())
        return np.concatenate(found)

    def predict(self, text: str) -> Labels:
        return Labels(self.names, self.predict_many([text])[0])


class TransformersTagger(AroundText):
    """Text -> words -> pieces -> a tag for every word, that of its first piece."""

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str) -> None:
        super().__init__(checkpoint, network, files, device)
        self.names = self.classes
        if OUTSIDE not in self.names:
            raise CheckpointError(
                "checkpoint_foreign",
                f"Expected tags with {OUTSIDE} for words outside of names, got {', '.join(self.names[:8])[:200]}.",
            )

    def cut(self, text: str) -> tuple[Word, ...]:
        return words(text)

    def probabilities(self, sentences: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """Of every sentence the probabilities (words read, tags) float32 of its words."""
        found = []
        for start in range(0, len(sentences), AT_ONCE):
            together = [list(sentence) for sentence in sentences[start : start + AT_ONCE]]
            inputs = self.tokenizer(
                together, is_split_into_words=True,
                padding=True, truncation=True, max_length=self.most, return_tensors="pt",
            )  # fmt: skip
            shares = self.forward(inputs).float().softmax(2).cpu().numpy()
            for row, share in enumerate(shares):
                of_word = inputs.word_ids(row)
                first = [i for i, word in enumerate(of_word) if word is not None and word != of_word[i - 1]]
                found.append(
                    spread(share[first], [of_word[i] for i in first], len(together[row]), self.names)
                )
        return found

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        """The tags of sentences that are cut already."""
        paths = (best_path(share, self.names) for share in self.probabilities(sentences))
        return [tuple(self.names[i] for i in path) for path in paths]

    def predict(self, text: str) -> Entities:
        cut = self.cut(text)
        (probabilities,) = self.probabilities([[word.text for word in cut]])
        return Entities(text, cut, self.names, probabilities, best_path(probabilities, self.names))


def spread(shares: np.ndarray, places: Sequence[int], count: int, names: Sequence[str]) -> np.ndarray:
    """Probabilities (words read, tags) at their `places` among `count` words; one without a piece is outside of names."""
    out = np.zeros((count, len(names)), np.float32)
    out[:, list(names).index(OUTSIDE)] = 1.0
    out[list(places)] = shares
    return out
