"""What a recurrent layer and a Transformer cost as the text gets longer (lecture, section 10.11), measured here."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from hub_models import compute
from hub_models.architectures.character_model import CharacterModel, Context, Memory

LENGTHS = (32, 64, 128, 256, 512, 1024)
WRITTEN = 8  # characters whose time is taken, after a text of each length
CLASSES = 67


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one network at one length T.

    `reading` seconds to read T characters at once; `learning` seconds of a training step on them, forward and back;
    `writing` seconds for one character after them; `remembered` bytes kept between two characters; `weights_of_attention`
    numbers that all heads of all layers compute while they read (0 without attention).
    """

    kind: str
    length: int
    reading: float
    learning: float
    writing: float
    remembered: int
    weights_of_attention: int


def of_equal_size(kind: str) -> CharacterModel:
    """A network of about 390,000 random weights that takes any of LENGTHS."""
    torch.manual_seed(0)
    sizes = (
        {"width": 96, "hidden": 384, "layers": 3} if kind == "transformer" else {"width": 32, "hidden": 288}
    )
    return CharacterModel(CLASSES, kind, **sizes, context=2 * max(LENGTHS)).eval()


def costs(
    kinds: tuple[str, ...] = ("lstm", "transformer"), lengths: tuple[int, ...] = LENGTHS
) -> Iterator[Cost]:
    """One after the other, the shortest text first. Overloaded `cancelled`."""
    networks = {kind: of_equal_size(kind) for kind in kinds}
    for length in lengths:
        for kind, network in networks.items():
            compute.check()
            yield cost(kind, network, length)


def cost(kind: str, network: CharacterModel, length: int) -> Cost:
    numbers = torch.randint(2, CLASSES, (1, length))
    with torch.inference_mode():
        network.read(numbers)  # the first call pays for memory and kernels
        began = time.perf_counter()
        _, memory = network.read(numbers)
        reading = time.perf_counter() - began
        held = bytes_in(memory)
        began = time.perf_counter()
        for _ in range(WRITTEN):
            _, memory = network.read(numbers[:, :1], memory)
        writing = (time.perf_counter() - began) / WRITTEN
    with torch.inference_mode(False), torch.enable_grad():
        began = time.perf_counter()
        network(numbers.clone()).logsumexp(-1).mean().backward()
        learning = time.perf_counter() - began
        network.zero_grad()
    attention = 0
    if kind == "transformer":
        attention = len(network.layers) * network.layers[0].attention.heads * length * length
    return Cost(
        kind=kind, length=length, reading=reading, learning=learning, writing=writing, remembered=held,
        weights_of_attention=attention,
    )  # fmt: skip


def bytes_in(memory: Memory) -> int:
    """Of all tensors that are kept."""
    if isinstance(memory, Context):
        kept = [tensor for layer in memory.cache.layers for tensor in layer.own]
        return sum(tensor.nbytes for tensor in (*kept, memory.seen))
    return sum(tensor.nbytes for tensor in memory.tensors)
