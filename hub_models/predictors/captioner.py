"""A network of ours that describes pictures: pixels -> regions -> words, chosen one after the other.

`PictureWriter` tells of one picture: ways of choosing (`generation.py`) ask it what may come next. What was chosen is read
once more in a row (`told`), which gives probabilities, alternatives and where the network looked at each word.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from hub_models.architectures.caption_lstm import CaptionLSTM, Telling
from hub_models.caption import GRID, Caption, Ranked, joined
from hub_models.checkpoint import Checkpoint
from hub_models.local import VOCABULARY
from hub_models.predictors.generation import Choosing, search, write
from hub_models.predictors.regions import PLACES, regions
from hub_models.predictors.weights import bytes_of
from hub_models.vocabulary import PADDING, UNKNOWN, Vocabulary, read_vocabulary

SOS, EOS = "<sos>", "<eos>"  # the first two words of the vocabulary
LONGEST = 20  # words of a caption
ALTERNATIVES = 6
BEAMS = Choosing(beams=5, length_power=0.7)
CHECKED = slice(0, LONGEST)


class CaptionerProtocol(Protocol):
    """What everything offers that describes pictures, of whatever library."""

    checkpoint: Checkpoint
    device: str
    bytes: int

    def predict(self, pixels: np.ndarray, choosing: Choosing = BEAMS, length: int = LONGEST) -> Caption:
        """(H, W, 3) uint8 RGB -> at most `length` words, chosen so."""


def sayable(text: str, vocabulary: Vocabulary) -> list[str]:
    """The words of a caption as the network says them: plain, without signs such as full stops."""
    return [vocabulary.plain(w.text) for w in vocabulary.cut(text) if any(c.isalnum() for c in w.text)]


class PictureWriter:
    """What comes next about one picture, for `generation.py`. `seen` (49, C); zeros: no picture, the language alone."""

    def __init__(self, network: CaptionLSTM, vocabulary: Vocabulary, seen: Tensor) -> None:
        self.network, self.vocabulary, self.seen = network, vocabulary, seen
        self.begin, self.end = vocabulary.number_of[SOS], vocabulary.number_of[EOS]

    def texts(self, numbers: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.vocabulary.entry(number) for number in numbers)

    @torch.inference_mode()
    def advance(self, numbers: Tensor, memory: Telling | None = None) -> tuple[Tensor, Telling]:
        """Read (B, T) more words -> (log probabilities of the next (B, entries), the memory after them)."""
        if memory is None:
            memory = self.network.begin(self.seen[None].expand(len(numbers), -1, -1))
        logits, memory, _ = self.network.read(numbers, memory)
        return self.logarithms(logits[:, -1]), memory

    def logarithms(self, logits: Tensor) -> Tensor:
        """(..., entries) -> logarithms of probabilities; what is never said has minus infinity."""
        logits = logits.float()
        logits[..., [PADDING, UNKNOWN, self.begin]] = -torch.inf
        return logits.log_softmax(-1)

    @property
    def prompt(self) -> Tensor:
        return torch.tensor([self.begin], device=self.seen.device)


class Captioner:
    """`network` with its words, and the network of ImageNet in front of it."""

    def __init__(
        self, checkpoint: Checkpoint, network: CaptionLSTM, vocabulary: Vocabulary, device: str
    ) -> None:
        self.checkpoint, self.network, self.vocabulary, self.device = checkpoint, network, vocabulary, device
        self.regions = regions(device)
        self.bytes = bytes_of(network) + self.regions.bytes

    @classmethod
    def from_folder(
        cls, checkpoint: Checkpoint, network: CaptionLSTM, files: Path, device: str
    ) -> "Captioner":
        return cls(checkpoint, network, read_vocabulary(files / VOCABULARY), device)

    def preprocess(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 RGB -> features of the regions (49, 1280)."""
        return self.regions(pixels)

    def writer(self, seen: Tensor) -> PictureWriter:
        return PictureWriter(self.network, self.vocabulary, seen)

    def nothing(self) -> Tensor:
        """Regions (49, 1280) of no picture."""
        return torch.zeros(PLACES, self.network.see.in_features, device=self.device)

    def predict(self, pixels: np.ndarray, choosing: Choosing = BEAMS, length: int = LONGEST) -> Caption:
        return self.describe(self.preprocess(pixels), choosing, length)

    def describe(self, seen: Tensor, choosing: Choosing = BEAMS, length: int = LONGEST) -> Caption:
        """`predict` for a picture whose regions (49, C) are known."""
        *_, (numbers, ended, others) = self.writing(seen, choosing, length)
        return self.told(seen, numbers, ended, others)

    def writing(
        self, seen: Tensor, choosing: Choosing, length: int = LONGEST
    ) -> Iterator[tuple[tuple[int, ...], bool, tuple[Ranked, ...]]]:
        """(numbers so far, has it ended, other beams with their log probability), after every word."""
        writer = self.writer(seen)
        if choosing.beams > 1:
            for beams in search(writer, writer.prompt, length, choosing.beams, choosing.length_power):
                found = [(tuple(step.number for step in beam.steps), beam) for beam in beams]
                others = tuple(
                    (joined(writer.texts(numbers)), beam.log_probability) for numbers, beam in found[1:]
                )
                yield found[0][0], beams[0].ended, others
            return
        numbers: tuple[int, ...] = ()
        yield numbers, False, ()
        for step in write(writer, writer.prompt, length, choosing):
            numbers = (*numbers, step.number)
            yield numbers, False, ()
        yield numbers, len(numbers) < length, ()

    @torch.inference_mode()
    def told(
        self, seen: Tensor, numbers: Sequence[int], ended: bool = True, others: tuple[Ranked, ...] = ()
    ) -> Caption:
        """The caption of these numbers with all that the network thought of each."""
        writer = self.writer(seen)
        given = torch.tensor([[writer.begin, *numbers]], device=seen.device)
        logits, _, looked = self.network.read(given, self.network.begin(seen[None]))
        logs = writer.logarithms(logits[0]).cpu().numpy()  # (words + 1, entries)
        count = len(numbers)
        chosen = np.array([logs[place, number] for place, number in enumerate(numbers)], np.float32)
        best = np.argsort(-logs, axis=1, kind="stable")[:, :ALTERNATIVES]
        alternatives = tuple(
            tuple((self.named(number), math.exp(float(line[number]))) for number in row)
            for row, line in zip(best.tolist(), logs, strict=True)
        )
        attention = None
        if looked is not None:
            attention = looked[0, :count].float().cpu().numpy().reshape(count, GRID, GRID)
        return Caption(
            words=writer.texts(numbers),
            log_probabilities=np.minimum(chosen, 0),
            ending=float(logs[count, writer.end]) if ended else math.nan,
            alternatives=alternatives,
            attention=attention,
            others=others,
        )

    def named(self, number: int) -> str:
        word = self.vocabulary.entry(number)
        return "(end)" if word == EOS else word

    @torch.inference_mode()
    def loss(self, seen: Tensor, captions: Sequence[str]) -> tuple[float, int]:
        """(sum of minus the logarithms of the probabilities, words and ends) of captions about one picture."""
        number_of, total, count = self.vocabulary.number_of, 0.0, 0
        for caption in captions:
            words = self.vocabulary.numbers(sayable(caption, self.vocabulary)[CHECKED])
            given = torch.tensor([[number_of[SOS], *words, number_of[EOS]]], device=seen.device)
            logits, _, _ = self.network.read(given[:, :-1], self.network.begin(seen[None]))
            wanted = given[0, 1:]
            logs = logits[0].float().log_softmax(-1).gather(1, wanted[:, None])[:, 0]
            known = wanted != UNKNOWN
            total, count = total - float(logs[known].sum()), count + int(known.sum())
        return total, count
