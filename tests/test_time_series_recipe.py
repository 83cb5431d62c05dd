"""Training a forecaster: what a run reads, that it learns, resumes, and leaves a checkpoint that opens in the hub."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from series_sets import HORIZON, WINDOW, folder_of_series, monthly, write_csv

from finetune.drawn_series import drawn_series
from finetune.series_examples import texts
from finetune.series_of_statsmodels import APART, write
from finetune.series_windows import Windows, window_of
from finetune.settings import Settings
from finetune.time_series import Recipe, evaluation, read_data, step, told
from finetune.time_series import main as recipe
from finetune.time_series_figures import spread_on
from finetune.time_series_statsmodels import PLANS, about
from finetune.time_series_statsmodels import recipe as plan_of
from hub_models.architectures.forecaster import Forecaster
from hub_models.evaluate import time_series as evaluated
from hub_models.inside.series_features import encode
from hub_models.loader import LOADER
from hub_models.local import read_golden, read_local
from hub_models.predictors.forecaster import Forecaster as Predictor
from hub_models.series import Series
from hub_models.series_files import split_in_time

EXAMPLES = Path(evaluated.__file__).parent.parent / "examples"
SMALL = (
    "--hidden", "8", "--batch", "16", "--windows", "64", "--window", str(WINDOW), "--horizon", str(HORIZON),
    "--drawn", "0.25", "--learning-rate", "0.01",
)  # fmt: skip


@pytest.fixture(autouse=True)
def few(monkeypatch) -> None:
    """Holt-Winters is fitted anew at every place: one is enough."""
    monkeypatch.setattr(evaluated, "ORIGINS", 1)


def run(data: Path, output: Path, *more: str, model: str = "gru") -> int:
    return recipe(["--model", model, "--data", str(data), "--output", str(output), *SMALL, *more])


def test_it_learns_and_opens_in_the_hub(tmp_path: Path) -> None:
    output = tmp_path / "run"
    assert run(folder_of_series(tmp_path / "data"), output, "--epochs", "2", "--data-licence", "mine") == 0
    scores = list(csv.DictReader((output / "epochs.csv").open()))
    assert float(scores[0]["closeness"]) == pytest.approx(1 / (1 + float(scores[0]["mase"])))
    folder = output / "checkpoint"
    row = read_local(folder)
    assert row.task == "time-series" and row.model == "forecaster" and row.architecture == "GRU"
    names = [(metric.name, metric.dataset) for metric in row.metrics]
    apart = "data, series never trained on"
    kinds = ("MASE", "sMAPE", "truths in the interval")
    assert names == [(kind, data) for data in ("data", apart) for kind in kinds]
    assert row.metrics[0].baseline_name == "Holt-Winters" and "%" not in row.metrics[0].text().split(",")[0]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "pipeline_tag: time-series-forecasting" in card and "mine" in card and str(tmp_path) not in card
    opened = LOADER.open_local(folder)
    try:
        predictor, golden = LOADER.get(opened.id, "time-series"), read_golden(folder)
        assert predictor.predict(golden.given).unlike(golden.arrays) == ""
        low, high = predictor.network.spread[-1]
        assert low < 0 < high
    finally:
        LOADER.unload()
        del LOADER.local[opened.id]


def test_a_killed_run_goes_on_and_a_twin_gives_the_same(tmp_path: Path) -> None:
    data = folder_of_series(tmp_path / "data")
    first, twin = tmp_path / "first", tmp_path / "twin"
    assert run(data, first, "--epochs", "1", model="lstm") == 0
    assert run(data, twin, "--epochs", "1", model="lstm") == 0
    weights = (first / "best.safetensors").read_bytes()
    assert (twin / "best.safetensors").read_bytes() == weights
    assert run(data, first, "--epochs", "1", model="lstm") == 0
    assert (first / "best.safetensors").read_bytes() == weights
    assert run(data, tmp_path / "on", "--epochs", "1", "--smoke", model=str(first / "checkpoint")) == 0
    try:
        assert read_local(tmp_path / "on" / "checkpoint").architecture == "LSTM"
    finally:
        LOADER.local.clear()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: write_csv(path / "a.csv", monthly(40)), "data_too_small"),
        (lambda path: (path / "a.csv").write_text("once upon a time"), "data_unreadable"),
        (lambda path: (path / "a.md").write_text("1"), "data_missing"),
    ],
    ids=["short", "text", "nothing"],
)
def test_data_that_cannot_be_used(make, code: str, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    make(folder)
    assert run(folder, tmp_path / "run") == 1
    assert code in capsys.readouterr().err


def test_an_unknown_model_lists_the_known_ones(tmp_path: Path, capsys) -> None:
    assert run(folder_of_series(tmp_path / "data"), tmp_path / "run", model="transformer") == 1
    assert "rnn, lstm, gru" in capsys.readouterr().err


def test_parts_are_told(tmp_path: Path) -> None:
    said: list[str] = []
    made = Recipe(
        model="gru",
        data=str(folder_of_series(tmp_path)),
        output=tmp_path,
        settings=Settings(epochs=1, batch=4, learning_rate=0.01),
    )
    parts = read_data(made, said.append)
    assert {name: len(part) for name, part in parts.items()} == {"train": 3, "dev": 3, "test": 3, "unseen": 1}
    assert "series0: season of 12 steps" in said[-1]


# --- windows ---------------------------------------------------------------------------------------------------------


def stretches() -> tuple:
    return split_in_time([Series(values=monthly(), name="a", step="month")])["train"].items


def test_windows_are_the_same_for_a_key_and_new_in_every_epoch() -> None:
    windows = Windows(stretches(), WINDOW, HORIZON, seed=0, count=8, drawn=0.5)
    one, again, later = windows[(0, 3)], windows[(0, 3)], windows[(1, 3)]
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not torch.equal(one[0], later[0])
    assert (
        one[0].shape == (WINDOW, 6)
        and one[1].shape == (WINDOW, HORIZON)
        and one[2].shape == (WINDOW, HORIZON, 2)
    )


def test_no_window_holds_a_held_out_value() -> None:
    """What is held out is marked by huge values: were one of them read or wanted, it would show."""
    values = monthly()
    (train,) = stretches()
    values[train.end :] = 1e6
    (marked,) = split_in_time([Series(values=values, name="a", step="month")])["train"].items
    windows = Windows([marked], WINDOW, HORIZON, seed=0, count=200, drawn=0.0)
    for index in range(200):
        features, wanted, _, there = windows[(0, index)]
        assert float(features.abs().max()) < 15 and float(wanted[there].abs().max()) < 30


def test_wanted_is_what_came() -> None:
    known = monthly(40)
    _, wanted, _, there = window_of(known, 12, 30, WINDOW + 8, HORIZON)
    read = encode(known[:30], 12, HORIZON)
    assert there[29].all() and not there[:12].any() and not there[30:].any()
    truth = torch.from_numpy(known[30:36] - read.usual[29]) / read.scale
    torch.testing.assert_close(wanted[29], truth.float(), rtol=1e-4, atol=1e-4)


def test_the_loss_and_the_score_by_hand() -> None:
    torch.manual_seed(0)
    model = Forecaster("rnn", 4, horizon=HORIZON, window=WINDOW).eval()
    batch = [part[None] for part in window_of(monthly(40), 12, WINDOW, WINDOW, HORIZON)]
    features, wanted, goes_on, there = batch
    error = (told(model(features), goes_on) - wanted).abs()[there]
    assert float(step(model, tuple(batch))["loss"].detach()) == pytest.approx(
        float((1 + error).log().mean().detach())
    )
    dev = split_in_time([Series(values=monthly(), name="a", step="month")])["dev"].items
    with torch.inference_mode():
        score = evaluation(dev, WINDOW, HORIZON)(model)
    assert score["closeness"] == pytest.approx(1 / (1 + score["mase"]))


def test_the_interval_holds_what_it_is_made_for() -> None:
    parts = split_in_time([Series(values=monthly(200, i), name="a", step="month") for i in range(3)])
    made = Predictor(None, Forecaster("gru", 4, horizon=HORIZON, window=WINDOW).eval(), "cpu")
    spread = np.array(spread_on(made, parts["dev"]))
    assert spread.shape == (HORIZON, 2) and (spread[:, 1] >= 0).all() and (spread[:, 0] <= 0).all()


def test_drawn_series_are_finite_and_their_own() -> None:
    for number in range(60):
        values, period = drawn_series(0, number, 80)
        assert np.isfinite(values).all() and len(values) == 80 and 1 <= period <= 52
        np.testing.assert_array_equal(values, drawn_series(0, number, 80)[0])


# --- the bundled ones ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", PLANS)
def test_plans(network: str, tmp_path: Path) -> None:
    made, facts = plan_of(network, tmp_path, tmp_path / "out"), about(network)
    count = sum(p.numel() for p in Forecaster(network, made.hidden).parameters())
    assert count < 20_000 and made.storage == "int8"
    assert facts.id == f"{network}.series" and "--data-dir DIR" in facts.command


def test_series_of_statsmodels(tmp_path: Path) -> None:
    names = [path.stem for path in write(tmp_path)]
    assert len(names) == 17 and {path.stem for path in (tmp_path / "test").iterdir()} == set(APART)


def test_example_files_are_what_the_recipe_writes() -> None:
    for name, content in texts().items():
        assert (EXAMPLES / name).read_text(encoding="utf-8") == content
