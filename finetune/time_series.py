"""Train a network that forecasts series.

    python -m finetune.time_series --model lstm --data sales.csv --output runs/mine

--data is a CSV file with one series (a column of numbers, or dates and numbers), or a folder or zip of them; those in a
folder test/ are never trained on. Of every other series the newest 15 % measure, the 15 % before them choose the weights,
the rest trains. --model is rnn, lstm or gru (ours, from random weights) or a checkpoint of ours. --drawn adds series drawn
at random, which teach trends and seasons where the data has few. Run the same command again to resume. The result,
`OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from finetune.about_time_series import about_own_series
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.loop import Evaluate, Settings, fit
from finetune.running import Show
from finetune.series_windows import Windows, window_of
from finetune.starting_point import Start, copy_fitting, find_ours
from finetune.time_series_figures import measured
from finetune.time_series_options import build_parser, recipe_values
from finetune.whole_run import Parts, run_asked, run_of
from finetune.write import Storage
from hub_models import loader
from hub_models.architectures.forecaster import CELLS, Forecaster
from hub_models.errors import BadData
from hub_models.local import read_config
from hub_models.series_files import AHEAD, Stretch, Stretches, open_series, split_in_time, whole

TASK = "time-series"
ARCHITECTURE = "forecaster"
MOST_ORIGINS = 24  # of a dev stretch


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    horizon: int = 24  # steps that are forecast at once
    window: int = 96  # values that are read
    hidden: int = 48  # numbers in the state
    dropout: float = 0.1
    drawn: float = 0.0  # share of the windows that come from series drawn at random
    windows: int = 3000  # an epoch
    storage: Storage = "fp16"
    smoke: bool = False


def read_data(recipe: Recipe, show: Show) -> dict[str, Stretches]:
    """ "train", "dev" and "test" of each series in time, and "unseen" where whole series are kept apart."""
    found = open_series(recipe.data)
    parts = split_in_time(found["seen"])
    if not parts["train"].items:
        raise BadData(
            "data_too_small",
            "Expected a series of at least 60 values, so that its newest ones can be held out, got none. Give more of "
            "the past, or a series with shorter steps.",
        )
    if found["unseen"]:
        parts["unseen"] = whole(found["unseen"])
    for name, part in parts.items():
        show(f"{name}: {len(part)} series, {part.values:,} values")
    show("; ".join(f"{one.name}: {season(one.period)}" for one in parts["train"].items))
    if parts["train"].skipped:
        show(f"left out, too short: {', '.join(parts['train'].skipped)}")
    return parts


def season(period: int) -> str:
    return f"season of {period} steps" if period > 1 else "no season"


def train(recipe: Recipe, start: Start, train_data: Stretches, dev_data: Stretches, show: Show) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    settings, model = recipe.settings, start.model
    show(f"{model.cell}: {sum(p.numel() for p in model.parameters()):,} parameters")
    count = 8 * settings.batch * settings.accumulate if recipe.smoke else recipe.windows
    names = ("model", "horizon", "window", "hidden", "dropout", "drawn", "windows", "smoke")
    return fit(
        model,
        list(block_groups(list(model.parameters()), settings.learning_rate, settings.weight_decay)),
        Windows(train_data.items, model.window, model.horizon, settings.seed, count, recipe.drawn),
        step=step,
        evaluate=evaluation(dev_data.items, model.window, model.horizon),
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe={name: getattr(recipe, name) for name in names},
    ).stopped


def step(network: nn.Module, batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> dict[str, Tensor]:
    """Mean of log(1 + absolute error in units of the scale), at every step that was read, of all steps ahead that are known.

    The logarithm keeps wild series from deciding alone: in them no forecast is close.
    """
    features, wanted, goes_on, there = batch
    error = (told(network(features).float(), goes_on) - wanted).abs()
    return {"loss": error[there].log1p().mean()}


def told(answers: Tensor, goes_on: Tensor) -> Tensor:
    """Answers (..., horizon, 3) and what open gates add (..., horizon, 2) -> how far the forecast is from the usual."""
    return answers[..., 0] + (answers[..., 1:].sigmoid() * goes_on).sum(-1)


def evaluation(stretches: Sequence[Stretch], window: int, horizon: int) -> Evaluate:
    """1 / (1 + MASE) and MASE of forecasts from the last value alone, the mean over the series."""
    rows, of_series = [], []
    for number, one in enumerate(stretches):
        for place in one.origins(MOST_ORIGINS):
            read = min(window, place)
            known = one.series.values[place - read : place + min(AHEAD, horizon)]
            _, *rest = item = window_of(known, one.period, read, window, horizon)
            rows.append((item[0], read, *(part[read - 1] for part in rest)))
            of_series.append(number)
    features, last, wanted, goes_on, there = (
        torch.stack(part) if torch.is_tensor(part[0]) else torch.tensor(part)
        for part in zip(*rows, strict=True)
    )
    groups = torch.tensor(of_series)

    def evaluate(network: nn.Module) -> dict[str, float]:
        device = next(network.parameters()).device
        said = []
        for part, end in zip(features.split(256), last.split(256), strict=True):
            states, _ = network.recurrent(part.to(device))
            said.append(network.answers(states[torch.arange(len(part)), end - 1]).float().cpu())
        error = (told(torch.cat(said), goes_on) - wanted).abs().masked_fill(~there, 0).sum(1) / there.sum(1)
        mase = float(np.mean([error[groups == number].mean().item() for number in range(len(stretches))]))
        return {"closeness": 1 / (1 + mase), "mase": mase}

    return evaluate


def start(recipe: Recipe, data: Stretches) -> Start:
    """The network that `recipe.model` names. BadData `model_unknown`."""
    sizes = {"horizon": recipe.horizon, "window": recipe.window, "dropout": recipe.dropout}
    if recipe.model in CELLS:
        model, parent, origin = Forecaster(recipe.model, recipe.hidden, **sizes), None, "random weights"
    else:
        parent = find_ours(recipe.model, TASK, list(CELLS), "or the folder of such a network of ours")
        config = read_config(loader.find(parent))
        made_with = {name: config[name] for name in ("cell", "hidden", "layers", "horizon", "window")}
        model = Forecaster(**made_with, dropout=recipe.dropout)
        kept = copy_fitting(loader.build(parent, "cpu"), model)
        origin = f"{parent.id} ({parent.weights_licence}), {kept:.0%} of its weights"
    return Start(
        model=model, library="ours", architecture=ARCHITECTURE, input=None, origin=origin, parent=parent
    )


def measure(recipe: Recipe, data: Mapping[str, Stretches], dataset: str, show: Show) -> Measure:
    return partial(measured, parts=data, dataset=dataset, show=show)


def golden(recipe: Recipe, dev: Stretches) -> np.ndarray:
    """(60,) float32: a drawn series with a season of twelve steps, of nobody's data."""
    time = np.arange(60)
    return (20 + 0.1 * time + 3 * np.sin(2 * np.pi * time / 12) + np.cos(time**2)).astype(np.float32)


PARTS = Parts(task=TASK, read_data=read_data, start_from=start, train=train, measure=measure, golden=golden)
run = run_of(PARTS)


def main(arguments: Sequence[str] | None = None) -> int:
    return run_asked(build_parser(), Recipe, about_own_series, run, arguments, recipe_values)


if __name__ == "__main__":
    sys.exit(main())
