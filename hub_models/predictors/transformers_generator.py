"""A language model of the transformers library, which reads and writes pieces of words.

The beginning of a text is the library's own sign for it, which for GPT-2 is also the one for the end. What was read is kept
as keys and values (the library's cache), so that each step reads one piece.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.continuation import Continuation, Guessed
from hub_models.predictors.generation import ARGMAX, Choosing, written
from hub_models.predictors.weights import bytes_of

BROKEN = "\ufffd"  # what the bytes of half a character are shown as


@dataclass(frozen=True)
class Cached:
    """The library's cache, which it changes in place: a memory is used once."""

    cache: object
    seen: Tensor  # (B, T) int64: the pieces whose keys and values it holds

    def chosen(self, rows: Tensor) -> "Cached":
        self.cache.reorder_cache(rows)
        return Cached(self.cache, self.seen[rows])


class TransformersGenerator:
    """Around `network`, a causal language model, with the tokenizer in the folder `files`."""

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str) -> None:
        from transformers import AutoTokenizer

        self.checkpoint, self.network, self.device = checkpoint, network, device
        self.tokenizer = AutoTokenizer.from_pretrained(files, local_files_only=True)
        self.bytes = bytes_of(network)
        self.longest = int(network.config.max_position_embeddings)  # pieces that it can look at
        self.end = self.tokenizer.eos_token_id
        known = inspect.signature(network.forward).parameters
        self.takes_cache_as = "cache" if "cache" in known else "past_key_values"  # before transformers 5.24

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """What each number alone writes."""
        return tuple(self.tokenizer.decode([i]) for i in range(self.network.config.vocab_size))

    def texts(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """What each of `numbers` adds to the text: half a character adds nothing, its end all of it."""
        found, before = [], ""
        for count in range(1, len(numbers) + 1):
            so_far = self.tokenizer.decode(list(numbers[:count]))
            if so_far.endswith(BROKEN) and count < len(numbers):
                so_far = before
            found.append(so_far[len(before) :])
            before = so_far
        return tuple(found)

    def numbers(self, text: str) -> Tensor:
        """(1 + pieces,) int64 on the device: the sign for the beginning, then the text."""
        return self.pieces(text)[0]

    def pieces(self, text: str) -> tuple[Tensor, tuple[str, ...]]:
        """(numbers (1 + pieces,), the text of each piece)."""
        found = self.tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
        begin = self.tokenizer.bos_token_id
        begin = self.end if begin is None else begin
        parts, before = [], 0
        for _, stop in found["offset_mapping"]:
            parts.append(text[before:stop])  # with what the tokenizer leaves out, so that they make the text
            before = max(before, stop)
        return torch.tensor([begin, *found["input_ids"]], device=self.device), tuple(parts)

    def remarks(self, text: str) -> tuple[str, ...]:
        """What was not read of the text, for a person."""
        count = len(self.numbers(text))
        if count <= self.longest:
            return ()
        return (f"it looks at {self.longest:,} pieces of words at once; this text has {count:,}",)

    @torch.inference_mode()
    def advance(self, numbers: Tensor, memory: Cached | None = None) -> tuple[Tensor, Cached]:
        """Read (B, T) more pieces -> (log probabilities of the next (B, entries), the memory after them).

        Where all of it is more than the network can look at, it goes on with the later half of what that is.
        """
        from transformers import DynamicCache

        seen = numbers if memory is None else torch.cat([memory.seen, numbers], 1)
        if memory is None or seen.shape[1] > self.longest:
            if seen.shape[1] > self.longest:
                seen = seen[:, -(self.longest // 2) :]
            numbers, memory = seen, Cached(DynamicCache(config=self.network.config), seen[:, :0])
        given = {self.takes_cache_as: memory.cache, "use_cache": True, "logits_to_keep": 1}
        logits = self.network(numbers, **given).logits[:, -1]
        return logits.float().log_softmax(-1), Cached(memory.cache, seen)

    @torch.inference_mode()
    def score(self, text: str) -> Guessed:
        """How probable each piece of `text` is after all before it, as far back as the network can look."""
        numbers, parts = self.pieces(text)
        logs, ranks = [], []
        half = self.longest // 2
        for place in range(0, len(parts), half):
            begin = max(0, place - half)
            seen = numbers[begin : place + half + 1]
            found = self.network(seen[None, :-1]).logits[0, place - begin :].float().log_softmax(-1)
            own = found.gather(1, seen[place - begin + 1 :, None])
            logs.append(own[:, 0].cpu())
            ranks.append((found > own).sum(1).cpu())
        return Guessed(parts, torch.cat(logs).numpy(), torch.cat(ranks).numpy())

    def predict(self, text: str, length: int = 0, choosing: Choosing = ARGMAX) -> Continuation:
        """How probable the text is, and `length` more pieces."""
        more = written(self, self.numbers(text), length, choosing)
        return Continuation(self.score(text), more)
