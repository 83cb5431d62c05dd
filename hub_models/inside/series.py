"""How forecasts of one series come about: from every place in it, value by value, and how far gradients reach back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hub_models.architectures.forecaster import Forecaster
from hub_models.inside.recurrence import gradient_norms
from hub_models.inside.series_features import Encoded


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """Forecasts from `places` (n,) in a series, each from the values before it: `said` {who: (n, horizon)}, `truth` (n,
    horizon), NaN behind the end; `unit`: mean change over a season in what was known before the first place."""

    places: np.ndarray
    truth: np.ndarray
    said: dict[str, np.ndarray]
    unit: float

    def errors(self, who: str) -> np.ndarray:
        """(n, horizon) absolute, in units of `unit`, NaN where the truth is not known."""
        return np.abs(self.said[who] - self.truth) / self.unit


Says = Callable[[Sequence[np.ndarray]], np.ndarray]  # pasts -> (n, horizon)


def backtest(
    values: np.ndarray, places: Sequence[int], horizon: int, unit: float, who: dict[str, Says]
) -> Backtest:
    """Every forecaster of `who` at every place."""
    ahead = np.asarray(places)[:, None] + np.arange(horizon)
    truth = np.where(ahead < len(values), values[np.minimum(ahead, len(values) - 1)], np.nan)
    pasts = [values[:place] for place in places]
    return Backtest(
        places=np.asarray(places),
        truth=truth,
        said={name: says(pasts) for name, says in who.items()},
        unit=unit or 1.0,
    )


@torch.inference_mode()
def one_step_answers(network: Forecaster, read: Encoded) -> np.ndarray:
    """(T,): what the network said after every value that the next would be, from one pass over all of them."""
    states, _ = network.recurrent(torch.from_numpy(read.features)[None])
    answers = network.answers(states[0])[:, 0].float().numpy().astype(np.float64)
    gates = 1 / (1 + np.exp(-answers[:, 1:]))
    return read.usual[:, 0] + read.scale * answers[:, 0] + (gates * read.going_on[:, 0]).sum(1)


def reach(network: Forecaster, read: Encoded, fresh: bool) -> np.ndarray:
    """(T,): how strongly the forecast of the next step depends on the state after each value; `fresh`: random weights."""
    layer = untrained(network).recurrent if fresh else network.recurrent

    def next_step(states: Tensor) -> Tensor:
        if fresh:
            return states[-1].sum()
        return network.answers(states[-1])[0].sum()

    return gradient_norms(layer, torch.from_numpy(read.features), next_step)


def untrained(network: Forecaster) -> Forecaster:
    """A network of the same shape as it was before training: always the same one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layer = network.recurrent
        return Forecaster(network.cell, layer.hidden_size, layer.num_layers, network.horizon, network.window)
