"""Recurrent networks that forecast a series, after "A Hybrid Method of Exponential Smoothing and Recurrent Neural Networks
for Time Series Forecasting" (Smyl; 2020)

The idea that mattered: one network for many series. What is easy (level, season, size) is not left to the network: the
usual season is taken away, and what it reads is measured in the typical change of its own series; it corrects a simple
forecast. It is a sequence-to-sequence network (lecture, section 10.3.3): a recurrent layer (RNN, LSTM or GRU) reads value
after value, and after every one of them a linear layer answers with the next `horizon` values at once.

Deviations: season and level are averages where the paper smooths exponentially with learned factors; one small layer; two
gates say how much of the last change, and of the mean change of many steps, goes on.

Features (B, T, 6) -> (B, T, horizon, 3): of each step the correction, in units of the scale, and the two gates, before their
sigmoid.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
INPUTS = 6  # features of a value (inside/series_features.py)
OUTPUTS = 3  # for each step ahead: a correction, and two gates


class Forecaster(nn.Module, PyTorchModelHubMixin):
    """`window`: values that are read at most; `spread`: how far the truth was off on held-out steps, in units of the
    errors of the simple forecast: for each step ahead its (low, high), so that LEVEL of the truths lie between."""

    def __init__(
        self,
        cell: Literal["rnn", "lstm", "gru"] = "lstm",
        hidden: int = 48,
        layers: int = 1,
        horizon: int = 24,
        window: int = 96,
        dropout: float = 0.0,
        spread: Sequence[Sequence[float]] | None = None,
    ) -> None:
        super().__init__()
        self.cell, self.horizon, self.window = cell, horizon, window
        self.spread = [[0.0, 0.0]] * horizon if spread is None else [list(pair) for pair in spread]
        between = dropout if layers > 1 else 0.0
        self.recurrent = CELLS[cell](INPUTS, hidden, layers, batch_first=True, dropout=between)
        self.drop = nn.Dropout(dropout)
        self.forecast = nn.Linear(hidden, OUTPUTS * horizon)
        nn.init.zeros_(self.forecast.weight)  # it begins with the usual season and half of the usual change
        nn.init.zeros_(self.forecast.bias)
        with torch.no_grad():
            self.forecast.bias[horizon : 2 * horizon] = -2.0  # the last change alone says little

    def answers(self, states: Tensor) -> Tensor:
        """States (..., hidden) -> (..., horizon, 3)."""
        return self.forecast(self.drop(states)).unflatten(-1, (OUTPUTS, self.horizon)).transpose(-1, -2)

    def forward(self, features: Tensor) -> Tensor:
        return self.answers(self.recurrent(features)[0])


MODEL = Forecaster
EXAMPLE = (
    {"cell": "lstm", "hidden": 8, "horizon": 4, "window": 24},
    (2, 24, INPUTS),
    (2, 24, 4, OUTPUTS),
)
