"""Networks of the transformers library that describe pictures: BLIP and GIT, or another of AutoModelForImageTextToText.

The library's own `generate` chooses the pieces of words; one pass over what was chosen tells how probable each was. A word
of several pieces has the product of their probabilities.
"""

import contextlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hub_models import compute
from hub_models.caption import Caption, Ranked
from hub_models.checkpoint import Checkpoint
from hub_models.predictors.captioner import ALTERNATIVES, BEAMS, LONGEST
from hub_models.predictors.generation import Choosing
from hub_models.predictors.transformers_detector import LAST
from hub_models.predictors.weights import bytes_of

INSIDE = "##"  # begins a piece that goes on with a word
MOST_PIECES = 2  # a word, on average, at most


def marks_of(config, tokenizer) -> tuple[int, int]:
    """The numbers of the signs before and behind a caption."""
    text = getattr(config, "text_config", config)
    begin = tokenizer.cls_token_id if text.bos_token_id is None else text.bos_token_id
    end = getattr(text, "sep_token_id", None)
    return begin, tokenizer.sep_token_id if end is None else end


class Watch:
    """Looks between two pieces whether anybody still waits."""

    def __call__(self, input_ids: Tensor, scores: object, **more: object) -> Tensor:
        compute.check()
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)


class TransformersCaptioner:
    """Around `network`, with the picture processor and the tokenizer in the folder `files`."""

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str) -> None:
        from transformers import AutoImageProcessor, AutoTokenizer

        self.checkpoint, self.network, self.device = checkpoint, network, device
        self.processor = AutoImageProcessor.from_pretrained(files, local_files_only=True)
        self.tokenizer = AutoTokenizer.from_pretrained(files, local_files_only=True)
        self.bytes = bytes_of(network)
        self.begin, self.end = marks_of(network.config, self.tokenizer)

    def preprocess(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 RGB -> (1, 3, h, w)."""
        found = self.processor(pixels, return_tensors="pt", input_data_format=LAST)["pixel_values"]
        return found.to(self.device)

    @torch.inference_mode()
    def predict(self, pixels: np.ndarray, choosing: Choosing = BEAMS, length: int = LONGEST) -> Caption:
        x = self.preprocess(pixels)
        best, *rest = self.chosen(x, choosing, MOST_PIECES * length)
        others: list[Ranked] = []
        for numbers in rest:
            told = self.told(x, numbers, length)
            others.append((told.caption, told.log_probability))
        return self.told(x, best, length, tuple(others))

    def chosen(self, x: Tensor, choosing: Choosing, most: int) -> list[tuple[int, ...]]:
        """The pieces that `choosing` writes about the picture, and those of the other beams."""
        drawn = choosing.beams == 1 and choosing.temperature > 0
        options = {"num_beams": choosing.beams, "num_return_sequences": choosing.beams, "do_sample": drawn}
        if choosing.beams > 1:
            options["length_penalty"] = choosing.length_power
        if drawn:
            options |= {"temperature": choosing.temperature, "top_k": choosing.top_k, "top_p": choosing.top_p}
        with seeded(choosing.seed) if drawn else contextlib.nullcontext():
            found = self.network.generate(
                pixel_values=x, max_new_tokens=most, stopping_criteria=[Watch()], **options
            )
        return [self.without_marks(row) for row in found.tolist()]

    def without_marks(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Without the signs before and behind the caption; what stands behind the first end is none of it."""
        marks = {self.begin, self.tokenizer.cls_token_id, self.tokenizer.pad_token_id}
        rest = list(numbers)
        while rest and rest[0] in marks:
            rest = rest[1:]
        ends = [place for place, number in enumerate(rest) if number in {self.end, *marks}]
        return tuple(rest[: ends[0]] if ends else rest)

    def told(
        self, x: Tensor, numbers: Sequence[int], length: int, others: tuple[Ranked, ...] = ()
    ) -> Caption:
        """The caption of these pieces, at most `length` words, with what the network thought of each word."""
        spans = list(self.spans(numbers))
        whole = len(spans) <= length
        spans = spans[:length]
        numbers = numbers[: spans[-1][1] if spans else 0]
        given = torch.tensor([[self.begin, *numbers]], device=self.device)
        logits = self.network(pixel_values=x, input_ids=given).logits[0, -given.shape[1] :]
        logs = logits.float().log_softmax(-1).cpu().numpy()  # (pieces + 1, entries)
        sums = [sum(float(logs[at, numbers[at]]) for at in range(*span)) for span in spans]
        return Caption(
            words=tuple(self.tokenizer.decode(list(numbers[a:b])).strip() for a, b in spans),
            log_probabilities=np.minimum(np.array(sums, np.float32), 0),
            ending=float(logs[len(numbers), self.end]) if whole else math.nan,
            alternatives=tuple(self.best(logs[at]) for at in (*(a for a, _ in spans), len(numbers))),
            others=others,
        )

    def spans(self, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
        """(first, behind the last) piece of every word."""
        pieces = self.tokenizer.convert_ids_to_tokens(list(numbers))
        starts = [place for place, piece in enumerate(pieces) if place == 0 or not piece.startswith(INSIDE)]
        yield from zip(starts, [*starts[1:], len(numbers)][: len(starts)], strict=True)

    def best(self, logs: np.ndarray) -> tuple[Ranked, ...]:
        order = np.argsort(-logs, kind="stable")[:ALTERNATIVES].tolist()
        return tuple((self.named(number), math.exp(float(logs[number]))) for number in order)

    def named(self, number: int) -> str:
        return "(end)" if number == self.end else self.tokenizer.decode([number]).strip()


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """What is drawn inside is decided by `seed`, and nothing outside is changed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
