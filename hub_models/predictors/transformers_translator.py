"""A translator of the transformers library (Marian: OPUS-MT), with our search in place of the library's `generate`.

Encoder and decoder are the library's, keys and values are kept in its cache; a test holds the search equal to
`generate(num_beams=...)`. A Marian network begins to write after its sign for padding.
"""

import inspect
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput, CheckpointError
from hub_models.predictors.beams import Search, Signs, search
from hub_models.predictors.translating import BEAMS, Translating
from hub_models.predictors.weights import bytes_of

MOST_PIECES = 400  # of the text given: a long paragraph; these networks learned from sentences


@dataclass(frozen=True)
class LibraryMemory:
    """The encoder's states (B, S, d), which of them are pieces, and the library's cache, which it changes in place."""

    states: Tensor
    mask: Tensor
    cache: object

    def chosen(self, rows: Tensor) -> "LibraryMemory":
        self.cache.reorder_cache(rows)
        return LibraryMemory(self.states[rows], self.mask[rows], self.cache)


class TransformersTranslator(Translating):
    """Around `network`, an encoder-decoder, with the tokenizer in the folder `files`."""

    at_once = 16

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str) -> None:
        from transformers import AutoTokenizer

        self.checkpoint, self.network, self.device = checkpoint, network, device
        try:
            with warnings.catch_warnings():
                # it normalises signs such as curly quotes where that package is installed
                warnings.filterwarnings("ignore", "Recommended: pip install sacremoses")
                self.tokenizer = AutoTokenizer.from_pretrained(files, local_files_only=True)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(
                "checkpoint_foreign",
                "Expected a tokenizer of transformers beside the weights, found none.",
            ) from error
        self.bytes = bytes_of(network)
        network.set_attn_implementation("eager")  # the fused one does not write its weights out
        config = network.config
        self.signs = Signs(
            start=config.decoder_start_token_id, end=config.eos_token_id, never=(config.pad_token_id,)
        )
        known = inspect.signature(network.forward).parameters
        self.takes_cache_as = "cache" if "cache" in known else "past_key_values"  # before transformers 5.24

    def remarks(self, text: str) -> tuple[str, ...]:
        """What could not be read of the text, for a person."""
        unknown = self.tokenizer.unk_token_id
        count = self.tokenizer(text)["input_ids"].count(unknown)
        return (f"{count} pieces of the text are unknown to this network",) if count else ()

    def numbers(self, text: str) -> list[int]:
        """The numbers of the pieces, and the sign for the end. BadInput `text_too_long`."""
        found = self.tokenizer(text)["input_ids"]
        most = min(MOST_PIECES, getattr(self.network.config, "max_position_embeddings", MOST_PIECES))
        if len(found) > most:
            raise BadInput(
                "text_too_long",
                f"Expected a text of at most {most} pieces of words for a translator of sentences, got "
                f"{len(found):,}. Give one sentence at a time.",
            )
        return found

    @torch.inference_mode()
    def begin(self, rows: Sequence[list[int]]) -> LibraryMemory:
        """Numbers of the pieces of each sentence -> what the decoder needs before its first step."""
        from transformers import DynamicCache, EncoderDecoderCache

        longest = max(map(len, rows))
        pad = self.network.config.pad_token_id
        source = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows], device=self.device)
        lengths = torch.tensor([len(row) for row in rows], device=self.device)
        mask = (torch.arange(longest, device=self.device) < lengths[:, None]).long()
        states = self.network.get_encoder()(input_ids=source, attention_mask=mask).last_hidden_state
        config = self.network.config
        cache = EncoderDecoderCache(DynamicCache(config=config), DynamicCache(config=config))
        return LibraryMemory(states, mask, cache)

    def advance(self, numbers: Tensor, memory: LibraryMemory) -> tuple[Tensor, LibraryMemory]:
        """The pieces read last (B,) -> logits of the next (B, words), the memory after them, which is used once."""
        from transformers.modeling_outputs import BaseModelOutput

        given = {self.takes_cache_as: memory.cache, "use_cache": True}
        out = self.network(
            encoder_outputs=BaseModelOutput(last_hidden_state=memory.states),
            attention_mask=memory.mask,
            decoder_input_ids=numbers[:, None],
            **given,
        )
        return out.logits[:, -1], memory

    def searches(
        self, rows: Sequence[list[int]], beams: int = BEAMS, penalty: float = 1.0, longest: int = 0
    ) -> list[Search]:
        """The search for each of the sentences; `longest` 0: by the length of each."""
        most = getattr(self.network.config, "max_position_embeddings", 512) - 1
        lengths = [longest or min(most, 2 * len(row) + 10) for row in rows]
        return search(
            self.advance,
            self.begin(rows),
            lengths,
            self.signs,
            beams=beams,
            penalty=penalty,
            device=self.device,
        )

    @torch.inference_mode()
    def alignment(self, given: list[int], written: Sequence[int]) -> np.ndarray | None:
        """(T, S): the mean of the heads of the decoder's last layer, which looks at the encoder's output."""
        out = self.network(
            input_ids=torch.tensor([given], device=self.device),
            decoder_input_ids=torch.tensor([[self.signs.start, *written[:-1]]], device=self.device),
            output_attentions=True,
        )
        return out.cross_attentions[-1][0].mean(0).float().cpu().numpy()

    def text(self, numbers: Sequence[int]) -> str:
        return self.tokenizer.decode(list(numbers), skip_special_tokens=True)

    def pieces_of(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """Numbers as the pieces they stand for."""
        return tuple(self.tokenizer.convert_ids_to_tokens(list(numbers)))
