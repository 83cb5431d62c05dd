"""What goes on in a translator: the attention of every layer in numbers, what a sentence becomes when it is one vector."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from hub_models.architectures.attention import causal_mask
from hub_models.architectures.seq2seq import Seq2Seq
from hub_models.architectures.transformer import Transformer
from hub_models.inside.attention_steps import AttentionSteps, attention_steps

SELF, MASKED, ACROSS = "encoder, to itself", "decoder, to itself (masked)", "decoder, to the encoder"
PLACES = (SELF, MASKED, ACROSS)


class Looks(NamedTuple):
    """One attention layer: where it stands, its number from 1, all that it computed."""

    place: str
    layer: int
    steps: AttentionSteps


def looks_of(network: Transformer, source: Tensor, target: Tensor) -> tuple[Looks, ...]:
    """Every attention of a Transformer that reads numbers (S,) and, from <SOS> on, (T,): 3 for each pair of layers."""
    found: list[Looks] = []
    with torch.inference_mode():
        x = network.embed(network.source_table, source[None])
        for number, layer in enumerate(network.encoder, 1):
            given = layer.norm_attention(x) if layer.norm_first else x
            found.append(Looks(SELF, number, attention_steps(layer.attention, given[0])))
            x = layer(x)
        memory = network.norm_encoder(x)
        y, mask = network.embed(network.target, target[None]), causal_mask(len(target)).to(target.device)
        for number, layer in enumerate(network.decoder, 1):
            given = layer.norm_attention(y) if layer.norm_first else y
            found.append(Looks(MASKED, number, attention_steps(layer.attention, given[0], mask=mask)))
            middle = layer.add(y, layer.norm_attention, lambda z, of=layer.attention: of(z, mask=mask)[0])
            given = layer.norm_memory(middle) if layer.norm_first else middle
            found.append(Looks(ACROSS, number, attention_steps(layer.to_memory, given[0], memory[0])))
            y = layer(y, memory, mask)
    order = {place: i for i, place in enumerate(PLACES)}
    return tuple(sorted(found, key=lambda look: order[look.place]))


@dataclass(frozen=True)
class Squeezed:
    """Sentences as context vectors: `vectors` (N, hidden), `cosines` (N, N), `distances` (N, N)."""

    vectors: np.ndarray
    cosines: np.ndarray
    distances: np.ndarray


def squeezed(network: Seq2Seq, rows: Sequence[Tensor]) -> Squeezed:
    """What the encoder makes of each sentence, numbers (S,): all that the decoder will know of it."""
    with torch.inference_mode():
        vectors = torch.cat([network.context(row[None]) for row in rows]).float().cpu()
    unit = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-9)
    return Squeezed(vectors.numpy(), (unit @ unit.T).numpy(), torch.cdist(vectors, vectors).numpy())


def fed(
    network: Seq2Seq, context: Tensor, start: int, end: int, never: Sequence[int], most: int
) -> list[int]:
    """Vector to sequence: what the decoder writes, greedily, when it is given `context` (hidden,) at every step."""
    written: list[int] = []
    with torch.inference_mode():
        state, number = torch.tanh(network.start(context[None])), start
        for _ in range(most):
            logits, state = network.write(
                torch.tensor([[number]], device=context.device), context[None], state
            )
            row = logits[0, 0]
            row[list(never)] = -torch.inf
            number = int(row.argmax())
            if number == end:
                break
            written.append(number)
    return written


def changes(network: Seq2Seq, source: Tensor, written: Sequence[int], most: int) -> list[float]:
    """How far the state moves at each step, 0 to 1.

    Of the encoder that reads (S,) forwards its first `most` steps, then of the decoder that wrote `written`.
    """
    with torch.inference_mode():
        states, _, _ = network.encode(source[None], None)
        forwards = states[0, :most, : states.shape[2] // 2]
        moved = [steps_between(forwards)]
        if written:
            context = network.context(source[None])
            state, after = torch.tanh(network.start(context)), []
            for number in written:
                _, state = network.write(torch.tensor([[number]], device=source.device), context, state)
                after.append(state[0])
            moved.append(steps_between(torch.stack(after)))
    return [float(step) for part in moved for step in part]


def steps_between(states: Tensor) -> Tensor:
    """(T, hidden) -> (T,): the distance to the state before, the largest 1; the first, without one, counts as 1."""
    distances = (states[1:] - states[:-1]).norm(dim=1)
    largest = distances.max().clamp(min=1e-9) if len(distances) else torch.tensor(1.0)
    return torch.cat([torch.ones(1, device=states.device), distances / largest])
