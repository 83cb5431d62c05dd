"""What a recurrent layer does at every step of a sequence: hidden states, gates, and how far gradients reach back.

torch's fast layers keep none of it, so the cells of `architectures/rnn_cells.py` take the same steps with the same weights.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.architectures.rnn_cells import Recurrent, Unrolled

FastLayer = nn.RNN | nn.LSTM | nn.GRU
GATE_NAMES = {
    "i": "input gate",
    "f": "forget gate",
    "o": "output gate",
    "z": "forget and input gate",
    "r": "reset gate",
    "g": "what would be stored",
}


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """One layer in one direction along T steps, in the order of the sequence.

    `hidden` (T, H) float32; `cell` (T, H), the long-term state of an LSTM; `gates`: the lecture's letters -> (T, H), 0..1,
    but for g, -1..1. Backwards, step T comes first in time.
    """

    layer: int
    backwards: bool
    hidden: np.ndarray
    cell: np.ndarray | None
    gates: dict[str, np.ndarray]


def recurrences(layer: FastLayer, x: Tensor) -> tuple[Recurrence, ...]:
    """What torch's `layer` does to one sequence x (T, inputs): layer 0 forwards, perhaps backwards, layer 1, ..."""
    with torch.inference_mode():
        done = Recurrent.from_torch(layer).unrolled(x[None])
    return tuple(
        recurrence(unrolled, number, direction == 1)
        for number, directions in enumerate(done)
        for direction, unrolled in enumerate(directions)
    )


def recurrence(unrolled: Unrolled, layer: int, backwards: bool) -> Recurrence:
    def over_time(tensors: list[Tensor]) -> np.ndarray:
        return torch.cat(tensors).float().cpu().numpy()  # T times (1, H) -> (T, H)

    states, gates = unrolled.states, unrolled.gates
    return Recurrence(
        layer=layer,
        backwards=backwards,
        hidden=over_time([state[0] for state in states]),
        cell=over_time([state[1] for state in states]) if len(states[0]) > 1 else None,
        gates={name: over_time([step[name] for step in gates]) for name in gates[0]},
    )


def gradient_norms(layer: FastLayer, x: Tensor, loss: Callable[[Tensor], Tensor]) -> np.ndarray:
    """Backpropagation through time: how strongly the loss depends on the hidden state of every step.

    `x` (T, inputs); `loss` makes one number of the hidden states (T, directions * H) of the last layer, say from the
    last step alone. -> (T,) float32: the norm of the gradient of the loss by h of that step, in the last layer,
    all ways from there to the loss together. Both directions of a bidirectional layer count in one norm.
    """
    with torch.inference_mode(False), torch.enable_grad():
        recurrent = Recurrent.from_torch(layer)
        directions = recurrent.unrolled(x.detach().clone()[None])[-1]
        hidden = [[state[0] for state in one.states] for one in directions]
        flat = [h for one in hidden for h in one]
        joined = torch.cat([torch.cat(one) for one in hidden], -1)  # (T, directions * H)
        gradients = torch.autograd.grad(loss(joined), flat, allow_unused=True)
        squares = [0.0 if g is None else float(g.double().square().sum()) for g in gradients]
    per_direction = np.asarray(squares).reshape(len(directions), len(x))
    return np.sqrt(per_direction.sum(0)).astype(np.float32)


def decay(norms: np.ndarray) -> float:
    """The factor by which gradients shrink a step further back: 1, they reach anywhere; 0.5, half a step.

    The geometric mean from the step with the largest gradient back to the first; 1.0 for fewer than two steps.
    """
    last = int(norms.argmax())
    if last == 0 or norms[last] == 0:
        return 1.0
    return float((max(float(norms[0]), 1e-38) / float(norms[last])) ** (1 / last))
