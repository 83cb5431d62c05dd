"""A translator of ours: text -> pieces -> the encoder's states -> beam search -> the translation, with its alignment."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.architectures.transformer import DecoderCache, Transformer
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput, CheckpointError
from hub_models.local import TOKENIZER
from hub_models.predictors.beams import Memory, Search, Signs, search
from hub_models.predictors.pieces import END, PADDING, START, UNKNOWN, Pieces, read_pieces
from hub_models.predictors.reading import padded
from hub_models.predictors.translating import BEAMS, Translating
from hub_models.predictors.weights import bytes_of

MOST_PIECES = 200  # of the text given: eight times the longest sentence that our networks have seen


class Steps(Protocol):
    """What the search needs of a network of ours."""

    def begin(self, source: Tensor, mask: Tensor | None) -> Memory:
        """Numbers (B, S) -> what the decoder needs before its first step."""

    def advance(self, numbers: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """The pieces read last (B,) -> logits of the next (B, words), the memory after them."""

    def aligned(self, source: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor | None:
        """(B, T, S): where it looked before it wrote what follows each piece of `target`."""


@dataclass(frozen=True)
class TransformerMemory:
    """The encoder's states (B, S, d), which of them are words, and the keys and values of what was written."""

    states: Tensor
    mask: Tensor | None
    cache: DecoderCache

    def chosen(self, rows: Tensor) -> "TransformerMemory":
        mask = None if self.mask is None else self.mask[rows]
        return TransformerMemory(self.states[rows], mask, self.cache.chosen(rows))


class TransformerSteps:
    """The Transformer, step by step with its cache."""

    def __init__(self, network: Transformer) -> None:
        self.network = network

    def begin(self, source: Tensor, mask: Tensor | None) -> TransformerMemory:
        return TransformerMemory(self.network.encode(source, mask), mask, DecoderCache())

    def advance(self, numbers: Tensor, memory: TransformerMemory) -> tuple[Tensor, TransformerMemory]:
        """The cache is changed in place: a memory is used once."""
        logits = self.network.decode(numbers[:, None], memory.states, memory.mask, memory.cache)
        return logits[:, -1], memory

    def aligned(self, source: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """The mean of the heads of the decoder's last layer, which looks at the encoder's output."""
        seen: list[tuple[Tensor, Tensor]] = []
        layer = self.network.decoder[-1].to_memory
        handle = layer.register_forward_pre_hook(lambda module, given: seen.append(given[:2]))
        try:
            self.network(source, target, mask)
        finally:
            handle.remove()
        query, keys = layer.split(layer.W_Q(seen[0][0])), layer.split(layer.W_K(seen[0][1]))
        scores = query @ keys.transpose(-2, -1) / keys.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, None], -torch.inf)
        return scores.softmax(-1).mean(1)


class Translator(Translating):
    """Around `network`, with the pieces that travel with it."""

    at_once = 64
    signs = Signs(start=START, end=END, never=(PADDING, UNKNOWN, START))

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, pieces: Pieces, device: str) -> None:
        self.checkpoint, self.network, self.pieces, self.device = checkpoint, network, pieces, device
        self.steps: Steps = TransformerSteps(network) if isinstance(network, Transformer) else network
        self.bytes = bytes_of(network)

    @classmethod
    def from_folder(
        cls, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str
    ) -> "Translator":
        """CheckpointError `checkpoint_missing`, `checkpoint_corrupt`, `checkpoint_foreign`."""
        pieces = read_pieces(files / TOKENIZER[0])
        table = network.target if isinstance(network, Transformer) else network.table
        if pieces.size != table.num_embeddings:
            raise CheckpointError(
                "checkpoint_foreign",
                f"Expected {table.num_embeddings:,} pieces of words for this network, found {pieces.size:,}.",
            )
        return cls(checkpoint, network, pieces, device)

    def remarks(self, text: str) -> tuple[str, ...]:
        """What could not be read of the text, for a person."""
        unknown = self.pieces.unknown(text)
        if not unknown:
            return ()
        listed = " ".join(part[:30] for part in unknown[:10]) + (" ..." if len(unknown) > 10 else "")
        return (f"this network has no piece for {listed}, and reads each as the unknown piece",)

    def numbers(self, text: str) -> list[int]:
        """BadInput `text_too_long`."""
        found = self.pieces.numbers(text)
        if len(found) > MOST_PIECES:
            raise BadInput(
                "text_too_long",
                f"Expected a text of at most {MOST_PIECES} pieces of words for a translator of sentences, got "
                f"{len(found):,}. Give one sentence at a time.",
            )
        return found

    @torch.inference_mode()
    def searches(
        self, rows: Sequence[list[int]], beams: int = BEAMS, penalty: float = 1.0, longest: int = 0
    ) -> list[Search]:
        """The search for each of the sentences, numbers with <EOS>; `longest` 0: by the length of each."""
        source = padded(list(rows), self.device)
        mask = source != PADDING if len(rows) > 1 else None
        memory = self.steps.begin(source, mask)
        most = [longest or 2 * len(row) + 10 for row in rows]
        return search(
            self.steps.advance, memory, most, self.signs, beams=beams, penalty=penalty, device=self.device
        )

    @torch.inference_mode()
    def alignment(self, given: list[int], written: Sequence[int]) -> np.ndarray | None:
        """(T, S): where the network looked when it wrote each of `written`."""
        source = torch.tensor([given], device=self.device)
        target = torch.tensor([[START, *written[:-1]]], device=self.device)
        found = self.steps.aligned(source, target)
        return None if found is None else found[0].float().cpu().numpy()

    def pieces_of(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """Numbers as the pieces they stand for."""
        return tuple(self.pieces.entries[number] for number in numbers)

    def text(self, numbers: Sequence[int]) -> str:
        return self.pieces.text(numbers)
