"""Our cells against torch's layers, and our way of writing against the library's, over the length of a text.

    python -m benchmarks.sequence [--rounds 5]

Cells: the same weights step by step (architectures/rnn_cells.py) and in torch's one call; the ratio is what looking at
every gate costs. Writing: our loop, which reads one piece at a time with the library's cache, against `model.generate` of
transformers on a network of DistilGPT-2's shape at random weights, with the same argmax; and our character Transformer with
its cache of keys and values against the same network that reads all of the text again for every character. All ways take
turns with the same number of threads.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn

from benchmarks.timing import Row, in_turn, table
from hub_models import compute
from hub_models.architectures.rnn_cells import Recurrent
from hub_models.inside.over_length import CLASSES, LENGTHS, of_equal_size
from hub_models.predictors.generation import ARGMAX, write

INPUTS, HIDDEN = 32, 288
CELLS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
WRITTEN = (16, 64, 128)  # pieces


def cells(rounds: int) -> list[Row]:
    """Reading T vectors: our cells against torch's layer."""
    rows = []
    for name, kind in CELLS.items():
        fast = kind(INPUTS, HIDDEN, batch_first=True).eval()
        ours = Recurrent.from_torch(fast)
        for length in LENGTHS[::2]:
            x = torch.randn(1, length, INPUTS)
            a, b = in_turn(without_gradient(ours, x), without_gradient(fast, x), rounds)
            rows.append(Row(what=f"{name}, {length} steps", ours=a, bare=b, unit="ms"))
    return rows


def without_gradient(network: nn.Module, x: torch.Tensor) -> Callable[[], object]:
    def work() -> object:
        with torch.inference_mode():
            return network(x)

    return work


def cached(rounds: int) -> list[Row]:
    """Writing T characters with our cache against reading everything again."""
    network, rows = of_equal_size("transformer"), []
    for length in WRITTEN:

        def with_cache(length: int = length) -> None:
            with torch.inference_mode():
                number, memory = torch.tensor([[2]]), None
                for _ in range(length):
                    states, memory = network.read(number, memory)
                    number = network.classifier(states[:, -1]).argmax(-1, keepdim=True)

        def again(length: int = length) -> None:
            with torch.inference_mode():
                numbers = torch.tensor([[2]])
                for _ in range(length):
                    following = network(numbers)[:, -1].argmax(-1, keepdim=True)
                    numbers = torch.cat([numbers, following], 1)

        a, b = in_turn(with_cache, again, rounds)
        what = f"character Transformer writes {length}: cache against none"
        rows.append(Row(what=what, ours=a, bare=b, unit="ms", aim="<= 1" if length >= 64 else ""))
    return rows


def generated(rounds: int) -> list[Row]:
    """Our loop against `model.generate`, argmax, on a network of DistilGPT-2's shape."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    network = GPT2LMHeadModel(GPT2Config(n_layer=6, bos_token_id=0, eos_token_id=None)).eval()
    writer, begin, rows = as_writer(network), torch.arange(5, 13), []
    for length in WRITTEN:

        def ours(length: int = length) -> object:
            return [step.number for step in write(writer, begin, length, ARGMAX)]

        def theirs(length: int = length) -> object:
            with torch.inference_mode():
                mask = torch.ones(1, len(begin), dtype=torch.long)
                options = {"max_new_tokens": length, "do_sample": False, "pad_token_id": 0}
                return network.generate(begin[None], attention_mask=mask, **options)[0, len(begin) :].tolist()

        if ours() != theirs():
            print(f"The two wrote different texts of {length} pieces.", file=sys.stderr)
        a, b = in_turn(ours, theirs, rounds)
        what = f"DistilGPT-2's shape writes {length}: our loop against generate"
        rows.append(Row(what=what, ours=a, bare=b, unit="ms", aim="<= 1.15"))
    return rows


def as_writer(network: nn.Module):
    """The hub's predictor around `network`, with a tokenizer that is never asked."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    from hub_models.catalog import checkpoints
    from hub_models.predictors.transformers_generator import TransformersGenerator

    with TemporaryDirectory() as folder:
        words = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()))
        words.save_pretrained(folder)
        row = next(row for row in checkpoints("language-model") if row.library == "transformers")
        return TransformersGenerator(row, network, Path(folder), "cpu")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sequence")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"{compute.plan().threads} threads, {CLASSES} classes\n")
    rows = []
    for part in (cells, cached, generated):
        rows += part(rounds)
        print(table(rows), end="\n\n", flush=True)
    return int(any(row.verdict == "MISSED" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
