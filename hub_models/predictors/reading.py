"""What predictors share that read text word by word: cutting, numbers, and what they could not read."""

import torch
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.predictors.weights import bytes_of
from hub_models.text import Word
from hub_models.vocabulary import UNKNOWN, Vocabulary

MOST_WORDS = 512  # of a text that are read; training sentences have some dozens


class Reads:
    """Around a network of ours that takes numbers of words."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: nn.Module,
        vocabulary: Vocabulary,
        names: tuple[str, ...],
        device: str,
    ) -> None:
        self.checkpoint, self.network, self.vocabulary, self.device = checkpoint, network, vocabulary, device
        self.names = tuple(names)
        self.bytes = bytes_of(network)

    def cut(self, text: str) -> tuple[Word, ...]:
        """The words of `text` that are read."""
        return self.vocabulary.cut(text)[:MOST_WORDS]

    def remarks(self, text: str) -> tuple[str, ...]:
        """What a person should know of how the text was read: words left out, words that it does not know."""
        words = self.vocabulary.cut(text)
        said = unread(len(words), MOST_WORDS, "words")
        words = words[:MOST_WORDS]
        # signs that training texts leave out, such as full stops, are no news
        told = [
            word.text for word in words if not (word.text.isascii() and not any(map(str.isalnum, word.text)))
        ]
        strange = [w for w, n in zip(told, self.vocabulary.numbers(told), strict=True) if n == UNKNOWN]
        return said + unknown(list(dict.fromkeys(strange)), len(strange), len(told))


def unread(count: int, most: int, what: str) -> tuple[str, ...]:
    if count <= most:
        return ()
    return (f"only the first {most:,} of {count:,} {what} were read",)


def unknown(strange: list[str], count: int, of: int) -> tuple[str, ...]:
    """`strange`: words without a number, each once; they stand `count` times among `of` words."""
    if not strange:
        return ()
    listed = ", ".join(word[:30] for word in strange[:5]) + (", ..." if len(strange) > 5 else "")
    if count > of / 2:
        return (
            f"it knows {of - count} of {of} words only ({listed}): another language, or another subject?",
        )
    return (f"not in its vocabulary: {listed}",)


def padded(rows: list[list[int]], device: str) -> Tensor:
    """Lists of numbers -> (B, T) int64, 0 behind the end of shorter ones."""
    longest = max(1, *(len(row) for row in rows)) if rows else 1
    out = torch.zeros(len(rows), longest, dtype=torch.int64)
    for place, row in enumerate(rows):
        out[place, : len(row)] = torch.tensor(row, dtype=torch.int64)
    return out.to(device)
