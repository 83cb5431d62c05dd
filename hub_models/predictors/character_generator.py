"""A character model of ours: it says how probable a text is, character by character, and writes on.

The beginning of a text is the beginning of a line: a newline stands for <SOS>. What is not in the alphabet is read as the
unknown character, and never written.
"""

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from hub_models.architectures.character_model import CharacterModel, Memory
from hub_models.checkpoint import Checkpoint
from hub_models.continuation import Continuation, Guessed
from hub_models.predictors.generation import ARGMAX, Choosing, written
from hub_models.predictors.weights import bytes_of
from hub_models.vocabulary import FIRST, Vocabulary

AT_ONCE = 512  # characters that are read in one go


class CharacterGenerator:
    """Around `network`, with the characters of `vocabulary`."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: CharacterModel,
        vocabulary: Vocabulary,
        names: tuple[str, ...],
        device: str,
    ) -> None:
        self.checkpoint, self.network, self.vocabulary, self.device = checkpoint, network, vocabulary, device
        self.bytes = bytes_of(network)

    end = None  # the text goes on for ever

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """What can be written, by number; the first two never are."""
        return ("",) * FIRST + self.vocabulary.characters

    def texts(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """The character of each number."""
        return tuple(self.entries[number] for number in numbers)

    def numbers(self, text: str) -> Tensor:
        """(1 + characters,) int64 on the device: a newline, then the text."""
        return torch.tensor(self.vocabulary.character_numbers("\n" + text), device=self.device)

    def remarks(self, text: str) -> tuple[str, ...]:
        """What could not be read of the text, for a person."""
        unknown = sorted(set(text) - set(self.vocabulary.characters))
        if not unknown:
            return ()
        listed = " ".join(unknown[:10]) + (" ..." if len(unknown) > 10 else "")
        return (f"this network does not know {listed}, and reads each as the unknown character",)

    @torch.inference_mode()
    def advance(self, numbers: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """Read (B, T) more characters -> (log probabilities of the next (B, entries), the memory after them)."""
        for part in numbers.split(AT_ONCE, 1):
            states, memory = self.network.read(part, memory)
        return self.logarithms(states[:, -1]), memory

    def logarithms(self, states: Tensor) -> Tensor:
        """States (..., D) -> log probabilities (..., entries); of padding and the unknown character, minus infinity."""
        logits = self.network.classifier(states).float()
        logits[..., :FIRST] = -torch.inf
        return logits.log_softmax(-1)

    @torch.inference_mode()
    def score(self, text: str) -> Guessed:
        """How probable each character of `text` is after all before it."""
        numbers, memory = self.numbers(text), None
        logs, ranks = [], []
        for place in range(0, len(text), AT_ONCE):
            wanted = numbers[place + 1 : place + 1 + AT_ONCE]
            states, memory = self.network.read(numbers[None, place : place + len(wanted)], memory)
            found = self.logarithms(states[0])  # (characters, entries)
            own = found.gather(1, wanted[:, None])
            logs.append(own[:, 0])
            ranks.append((found > own).sum(1))
        log_probabilities, rank = torch.cat(logs).cpu(), torch.cat(ranks).cpu()
        unknown = numbers[1:].cpu() < FIRST
        log_probabilities[unknown], rank[unknown] = torch.nan, -1
        return Guessed(tuple(text), log_probabilities.numpy(), rank.numpy())

    def predict(self, text: str, length: int = 0, choosing: Choosing = ARGMAX) -> Continuation:
        """How probable the text is, and `length` more characters."""
        more = written(self, self.numbers(text), length, choosing)
        return Continuation(self.score(text), more)
