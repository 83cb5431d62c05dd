"""The memory cells of the lecture (sections 10.3 to 10.7), written as its equations: basic RNN, LSTM, GRU.

A cell takes one step: (x, state) -> (state, gates). `unroll` takes it along a sequence, `Recurrent` stacks layers and
directions. All compute what torch's own layers compute, from the same weights (`from_torch`), step by step instead of in
one call: slower, but every hidden state and every gate can be looked at, and gradients reach each of them.

Sources: Elman, "Finding Structure in Time" (1990); Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997), with the
forget gate of Gers, Schmidhuber, Cummins (2000); Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder
for Statistical Machine Translation" (2014).

The lecture's GRU (equation 10.14) resets the old state before its matrix: W_hg (r ⊗ h). torch, as cuDNN, resets the
product: r ⊗ (W_hg h + b_hg). Both are here; only the second takes torch's weights.

One step: x (B, inputs), each tensor of the state (B, hidden) -> state, gates {name: (B, hidden)}.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]  # (h,), or (h, c) of an LSTM
Gates = dict[str, Tensor]


class Cell(nn.Module):
    """A cell of `hidden` numbers. `GATES`: the letters of the lecture, in the order in which torch stacks their rows."""

    GATES: tuple[str, ...]
    STATES = 1  # tensors that are carried from step to step

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.inputs, self.hidden = inputs, hidden
        # W_x. has the bias b_. of its equation, so W_h. needs none
        self.W_x = nn.ModuleDict({gate: nn.Linear(inputs, hidden) for gate in self.GATES})
        self.W_h = nn.ModuleDict({gate: nn.Linear(hidden, hidden, bias=False) for gate in self.GATES})

    def start(self, batch: int) -> State:
        """The state before the first step: zeros."""
        weight = next(self.parameters())
        return tuple(weight.new_zeros(batch, self.hidden) for _ in range(self.STATES))

    def take(self, weight_x: Tensor, weight_h: Tensor, bias_x: Tensor, bias_h: Tensor) -> None:
        """Weights as torch stacks them: (gates * hidden, inputs), (gates * hidden, hidden), two biases that are added."""
        stacked = (weight_x, weight_h, bias_x + bias_h)
        with torch.no_grad():
            for gate, w_x, w_h, b in zip(
                self.GATES, *(t.chunk(len(self.GATES)) for t in stacked), strict=True
            ):
                self.W_x[gate].weight.copy_(w_x)
                self.W_h[gate].weight.copy_(w_h)
                self.W_x[gate].bias.copy_(b)


class RNNCell(Cell):
    """The basic cell, g_h = tanh."""

    GATES = ("h",)

    def forward(self, x: Tensor, state: State) -> tuple[State, Gates]:
        (h,) = state
        h = torch.tanh(self.W_h["h"](h) + self.W_x["h"](x))  # (10.1)
        return (h,), {}


class LSTMCell(Cell):
    """Long-term state c and short-term state h, with three gates."""

    GATES = ("i", "f", "g", "o")
    STATES = 2

    def forward(self, x: Tensor, state: State) -> tuple[State, Gates]:
        h, c = state
        i = torch.sigmoid(self.W_x["i"](x) + self.W_h["i"](h))  # (10.6) input gate
        f = torch.sigmoid(self.W_x["f"](x) + self.W_h["f"](h))  # (10.7) forget gate
        o = torch.sigmoid(self.W_x["o"](x) + self.W_h["o"](h))  # (10.8) output gate
        g = torch.tanh(self.W_x["g"](x) + self.W_h["g"](h))  # (10.9) what a basic cell would answer
        c = f * c + i * g  # (10.10)
        h = o * torch.tanh(c)  # (10.11)
        return (h, c), {"i": i, "f": f, "o": o, "g": g}


class GRUCell(Cell):
    """One state, two gates. `reset`: "before" the matrix W_hg, as the lecture, or "after" it, as torch."""

    GATES = ("r", "z", "g")

    def __init__(self, inputs: int, hidden: int, reset: Literal["before", "after"] = "before") -> None:
        super().__init__(inputs, hidden)
        self.reset = reset
        if reset == "after":
            self.b_hg = nn.Parameter(torch.zeros(hidden))  # inside the product, so it cannot join b_g

    def forward(self, x: Tensor, state: State) -> tuple[State, Gates]:
        (h,) = state
        z = torch.sigmoid(self.W_x["z"](x) + self.W_h["z"](h))  # (10.12)
        r = torch.sigmoid(self.W_x["r"](x) + self.W_h["r"](h))  # (10.13)
        past = self.W_h["g"](r * h) if self.reset == "before" else r * (self.W_h["g"](h) + self.b_hg)
        g = torch.tanh(self.W_x["g"](x) + past)  # (10.14)
        h = z * h + (1 - z) * g  # (10.15)
        return (h,), {"z": z, "r": r, "g": g}

    def take(self, weight_x: Tensor, weight_h: Tensor, bias_x: Tensor, bias_h: Tensor) -> None:
        if self.reset == "before":
            raise ValueError(
                "expected a GRU cell with reset='after' for torch's weights, got one with 'before'"
            )
        rest = bias_h.clone()
        rest[-self.hidden :] = 0
        super().take(weight_x, weight_h, bias_x, rest)
        with torch.no_grad():
            self.b_hg.copy_(bias_h[-self.hidden :])


@dataclass(frozen=True)
class Unrolled:
    """A cell along a sequence, in the order of the sequence.

    `states` has a State for each of the T steps, `gates` what its gates let through then.
    """

    states: tuple[State, ...]
    gates: tuple[Gates, ...]

    @property
    def hidden(self) -> Tensor:
        """h of every step, (B, T, hidden)."""
        return torch.stack([state[0] for state in self.states], 1)


def unroll(cell: Cell, x: Tensor, state: State | None = None, backwards: bool = False) -> Unrolled:
    """The same cell at every step of x (B, T, inputs); `backwards`: it reads from the end."""
    state = cell.start(len(x)) if state is None else state
    states, gates = [], []
    for step in reversed(x.unbind(1)) if backwards else x.unbind(1):
        state, opened = cell(step, state)
        states.append(state)
        gates.append(opened)
    order = slice(None, None, -1) if backwards else slice(None)
    return Unrolled(tuple(states[order]), tuple(gates[order]))


class Recurrent(nn.Module):
    """Layers of cells (lecture, 10.3.4 and 10.3.5): `layers[k]` holds one cell a direction.

    (B, T, inputs) -> hidden states of the last layer (B, T, directions * hidden).
    """

    def __init__(self, layers: list[list[Cell]]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.ModuleList(cells) for cells in layers)

    def unrolled(self, x: Tensor) -> list[list[Unrolled]]:
        """What every layer did in every direction; directions are joined on the way to the next layer."""
        done = []
        for cells in self.layers:
            done.append([unroll(cell, x, backwards=number == 1) for number, cell in enumerate(cells)])
            x = torch.cat([one.hidden for one in done[-1]], -1)
        return done

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([one.hidden for one in self.unrolled(x)[-1]], -1)

    @classmethod
    def from_torch(cls, layer: nn.RNN | nn.LSTM | nn.GRU) -> "Recurrent":
        """Our cells with the weights of torch's fast layer."""
        kinds = {"RNN_TANH": RNNCell, "LSTM": LSTMCell, "GRU": GRUCell}
        if layer.mode not in kinds or not layer.bias or getattr(layer, "proj_size", 0):
            raise ValueError(f"expected an RNN with tanh, an LSTM or a GRU, with biases, got {layer}")
        options = {"reset": "after"} if layer.mode == "GRU" else {}
        layers = []
        for weights in layer.all_weights:  # layer 0 forwards, layer 0 backwards, layer 1 forwards, ...
            cell = kinds[layer.mode](weights[0].shape[1], layer.hidden_size, **options).to(weights[0])
            cell.take(*weights)
            layers.append(cell)
        directions = 2 if layer.bidirectional else 1
        return cls([layers[k : k + directions] for k in range(0, len(layers), directions)])
