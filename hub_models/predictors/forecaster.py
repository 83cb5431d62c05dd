"""A forecaster of ours around its network: values -> features -> corrections of the last season -> forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from hub_models.checkpoint import Checkpoint
from hub_models.forecast import Forecast
from hub_models.inside.series_features import Encoded, encode, own_errors
from hub_models.predictors.weights import bytes_of
from hub_models.series_season import naive, season_of, seasonal_naive

AT_ONCE = 256  # series in a batch


@dataclass(frozen=True)
class Ahead:
    """A forecast (horizon,) float64, and how far one unit of `spread` is for each of its steps (horizon,)."""

    values: np.ndarray
    units: np.ndarray


class Forecaster:
    """Safe to call from several threads at once."""

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, device: str) -> None:
        self.checkpoint, self.network, self.device = checkpoint, network, device
        self.bytes = bytes_of(network)
        self.horizon, self.window = network.horizon, network.window

    @classmethod
    def from_folder(
        cls, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str
    ) -> "Forecaster":
        """It needs nothing but its weights and their configuration."""
        return cls(checkpoint, network, device)

    def encoded(self, values: np.ndarray, period: int) -> Encoded:
        """What the network reads of `values` (T,) float64."""
        return encode(values[-self.window :], period, self.horizon)

    def ahead(self, histories: Sequence[np.ndarray], periods: Sequence[int]) -> list[Ahead]:
        """The next `horizon` steps of each series, from one pass of the network each."""
        found: list[Ahead] = []
        for start in range(0, len(histories), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            read = [self.encoded(h, p) for h, p in zip(histories[part], periods[part], strict=True)]
            for one, answer, history, period in zip(
                read, self.answers(read), histories[part], periods[part], strict=True
            ):
                found.append(Ahead(after(one, answer), own_errors(history[-self.window :], one, period)))
        return found

    @torch.inference_mode()
    def answers(self, read: Sequence[Encoded]) -> np.ndarray:
        """(series, horizon, 3): of each, after its last value. Shorter ones stand at the left, so nothing reads the rest."""
        lengths = [len(one.features) for one in read]
        batch = torch.zeros(len(read), max(lengths), read[0].features.shape[1])
        for row, one in enumerate(read):
            batch[row, : len(one.features)] = torch.from_numpy(one.features)
        states, _ = self.network.recurrent(batch.to(self.device))
        last = states[torch.arange(len(read)), torch.tensor(lengths) - 1]
        return self.network.answers(last).float().cpu().numpy().astype(np.float64)

    def all_at_once(self, values: np.ndarray, period: int, count: int) -> np.ndarray:
        """(count,): `horizon` steps from one pass; where more are asked for, it goes on from what it said."""
        told = values
        while len(told) < len(values) + count:
            (more,) = self.ahead([told], [period])
            told = np.concatenate([told, more.values])
        return told[len(values) : len(values) + count]

    def one_at_a_time(self, values: np.ndarray, period: int, count: int) -> np.ndarray:
        """(count,): each step from a pass over all before it, of which the later ones are its own."""
        told = values
        for _ in range(count):
            (more,) = self.ahead([told], [period])
            told = np.append(told, more.values[0])
        return told[len(values) :]

    def interval(self, said: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(low, high) around a forecast (count,); beyond `horizon` the units grow as those of a random walk would."""
        steps = np.arange(1, len(said) + 1)
        known = np.minimum(steps, self.horizon) - 1
        wide = units[known] * np.sqrt(np.maximum(1.0, steps / self.horizon))
        bounds = said[:, None] + wide[:, None] * np.asarray(self.network.spread, np.float64)[known]
        return bounds.min(1), bounds.max(1)

    def predict(
        self, values: np.ndarray, count: int = 0, period: int = 0, labels: tuple[str, ...] = ()
    ) -> Forecast:
        """The next `count` steps (0: `horizon`) of `values` (T,); `period` 0: the season that is found in them."""
        values = np.asarray(values, np.float64)
        count, period = count or self.horizon, period or season_of(values)
        read = self.encoded(values, period)
        forecast = self.all_at_once(values, period, count)
        low, high = self.interval(forecast, own_errors(values[-self.window :], read, period))
        return Forecast(
            history=values,
            forecast=forecast,
            low=low,
            high=high,
            naive=naive(values, count),
            seasonal=seasonal_naive(values, period, count),
            labels=labels or tuple(f"+{i + 1}" for i in range(count)),
            period=period,
            scale=read.scale,
        )


def after(read: Encoded, answer: np.ndarray) -> np.ndarray:
    """(horizon,): the last season, corrected by what the network answered (horizon, 3) after the last value."""
    gates = 1 / (1 + np.exp(-answer[:, 1:]))
    return read.usual[-1] + read.scale * answer[:, 0] + (gates * read.going_on[-1]).sum(1)
