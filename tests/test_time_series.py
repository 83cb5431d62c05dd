"""Forecasters: what the network reads, what it answers with fixed weights, its interval, its result, its evaluation."""

import numpy as np
import pytest
import torch
from series_sets import HORIZON, WINDOW, monthly

from hub_models.architectures.forecaster import INPUTS, Forecaster
from hub_models.architectures.rnn_cells import Recurrent
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadData
from hub_models.evaluate import time_series as evaluation
from hub_models.evaluate.time_series import errors_of, evaluate, holt_winters, text
from hub_models.forecast import Forecast, shown
from hub_models.inside.series import backtest, one_step_answers, reach
from hub_models.inside.series_features import FEATURES, encode, own_errors, usual_season
from hub_models.predictors.forecaster import Forecaster as Predictor
from hub_models.series import Series
from hub_models.series_files import AHEAD, Stretches, split_in_time
from hub_models.series_season import naive, seasonal_naive

ROW = Checkpoint(
    id="gru.test", task="time-series", title="Tiny", architecture="GRU", year=2014, library="ours", source="local:x",
    model="forecaster", sentence="s", paper="p", weights_licence="l", data_licence="d", trained_on="nothing", parameters=1,
    megabytes=1.0, recipe="r",
)  # fmt: skip


def network(cell: str = "gru", zero: bool = False, **more) -> Forecaster:
    torch.manual_seed(0)
    made = Forecaster(cell, hidden=6, horizon=HORIZON, window=WINDOW, **more).eval()
    with torch.no_grad():
        made.forecast.weight.normal_(0, 0.0 if zero else 0.3)
        if zero:
            made.forecast.bias[HORIZON:] = -40.0
    return made


def predictor(**more) -> Predictor:
    return Predictor(ROW, network(**more), "cpu")


# --- what the network reads ------------------------------------------------------------------------------------------


def test_a_pure_season_is_known_after_two_of_them() -> None:
    values = np.tile([1.0, 5, 3, 3], 6)
    assert usual_season(values, 4)[-1] == pytest.approx([-2, 2, 0, 0])
    read = encode(values, 4, 8)
    assert read.usual[-1] == pytest.approx(np.tile([1.0, 5, 3, 3], 2))
    assert read.features.shape == (24, len(FEATURES)) == (24, INPUTS) and read.features.dtype == np.float32


def test_a_trend_does_not_disturb_the_season() -> None:
    values = np.tile([1.0, 5, 3, 3], 6) + 0.5 * np.arange(24)
    assert usual_season(values, 4)[-1] == pytest.approx([-2, 2, 0, 0])
    assert encode(values, 4, 4).going_on[-1, :, 0] == pytest.approx([0.5, 1, 1.5, 2])


@pytest.mark.parametrize("period", [1, 4, 12])
def test_no_step_sees_a_later_value(period: int) -> None:
    """But for the unit: with later values changed, all before is the same up to one factor."""
    values = monthly(60)
    changed = values.copy()
    changed[40:] += np.random.default_rng(1).normal(0, 5, 20)
    one, other = encode(values, period, 6), encode(changed, period, 6)
    for name in ("usual", "going_on"):
        np.testing.assert_allclose(getattr(one, name)[:40], getattr(other, name)[:40], atol=1e-9)
    found = [np.sinh(read.features[:40, :5].astype(float)) * read.scale for read in (one, other)]
    np.testing.assert_allclose(*found, atol=1e-4)


@pytest.mark.parametrize("factor", [1e-9, 1e9, 1e90, -1.0])
def test_size_does_not_matter(factor: float) -> None:
    values = monthly(60)
    plain, scaled = (predictor().predict(v, period=12) for v in (values, values * factor))
    if factor > 0:
        np.testing.assert_allclose(scaled.forecast / factor, plain.forecast, rtol=1e-4)
    assert np.isfinite(scaled.forecast).all()


def test_a_constant_stays() -> None:
    found = predictor().predict(np.full(30, 7.0))
    assert (found.forecast == 7).all() and (found.low == 7).all() and found.period == 1


# --- forecasts -------------------------------------------------------------------------------------------------------


def test_without_corrections_it_says_the_usual() -> None:
    values = np.tile([1.0, 5, 3, 3], 8)
    found = predictor(zero=True).predict(values, period=4)
    np.testing.assert_allclose(found.forecast, np.tile([1.0, 5, 3, 3], 2)[:HORIZON], atol=1e-6)


def test_series_of_different_lengths_do_not_disturb_each_other() -> None:
    one = predictor()
    histories = [monthly(60), monthly(10, 1), monthly(23, 2)]
    together = one.ahead(histories, [12, 1, 12])
    for history, period, found in zip(histories, [12, 1, 12], together, strict=True):
        np.testing.assert_allclose(one.ahead([history], [period])[0].values, found.values, rtol=1e-5)


def test_beyond_the_horizon_it_goes_on_from_what_it_said() -> None:
    one, values = predictor(), monthly(60)
    long = one.all_at_once(values, 12, 2 * HORIZON)
    first = one.all_at_once(values, 12, HORIZON)
    np.testing.assert_allclose(long[:HORIZON], first)
    np.testing.assert_allclose(long[HORIZON:], one.all_at_once(np.append(values, first), 12, HORIZON))


def test_step_by_step_reads_its_own_answers() -> None:
    one, values = predictor(), monthly(60)
    told = one.one_at_a_time(values, 12, 3)
    assert told[0] == pytest.approx(one.all_at_once(values, 12, 1)[0])
    assert told[2] == pytest.approx(one.all_at_once(np.append(values, told[:2]), 12, 1)[0])


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_fast_layer_is_the_cell_of_the_lecture(cell: str) -> None:
    made = network(cell)
    read = encode(monthly(40), 12, HORIZON)
    x = torch.from_numpy(read.features)[None]
    with torch.inference_mode():
        torch.testing.assert_close(Recurrent.from_torch(made.recurrent)(x), made.recurrent(x)[0])
    answers = one_step_answers(made, read)
    assert answers[-1] == pytest.approx(
        Predictor(ROW, made, "cpu").ahead([monthly(40)[-WINDOW:]], [12])[0].values[0], rel=1
    )
    assert answers.shape == (40,)


def test_the_interval_comes_with_the_weights_and_widens_beyond_them() -> None:
    spread = [[-1.0 - i, 2.0 + i] for i in range(HORIZON)]
    one, values = predictor(spread=spread), monthly(60)
    found = one.predict(values, 4 * HORIZON, 12)
    units = own_errors(values[-WINDOW:], one.encoded(values, 12), 12)
    np.testing.assert_allclose((found.low - found.forecast)[:HORIZON] / units, [pair[0] for pair in spread])
    assert (found.high - found.forecast)[-1] == pytest.approx(2 * units[-1] * spread[-1][1])


def test_a_series_that_returns_to_its_mean_is_no_harder_further_ahead() -> None:
    random = np.random.default_rng(0)
    noise, walk = random.normal(size=96), np.cumsum(random.normal(size=96))
    for values, least, most in ((noise, 0.8, 1.2), (walk, 2.0, 8.0)):
        errors = own_errors(values, encode(values, 1, 24), 1)
        assert least < errors[-1] / errors[0] < most
    assert own_errors(np.full(9, 3.0), encode(np.full(9, 3.0), 1, 4), 1).tolist() == [0, 0, 0, 0]


def test_gradients_reach_every_step() -> None:
    for fresh in (True, False):
        norms = reach(network("lstm"), encode(monthly(40), 12, HORIZON), fresh)
        assert norms.shape == (40,) and (norms[-5:] > 0).all()


# --- the result ------------------------------------------------------------------------------------------------------


def result(**changes) -> Forecast:
    values = {name: np.array([1.0, 2.0]) for name in ("forecast", "naive", "seasonal")}
    given = {
        **values, "low": np.array([0.0, 0.5]), "high": np.array([2.0, 4.0]), "history": np.arange(9.0),
        "labels": ("2024-01", "2024-02"), "period": 12, "scale": 0.5,
    }  # fmt: skip
    return Forecast(**{**given, **changes})


def test_a_result_can_be_read() -> None:
    one = result()
    assert one.rows()[1] == ["2024-02", "2", "0.5 to 4", "2", "2"]
    assert "2024-02 (0.5 to 4); a season of 12 steps" in one.text()
    said = one.to_json()
    assert said["forecast"][0] == {
        "step": "2024-01", "value": 1.0, "low": 0.0, "high": 2.0, "seasonal_naive": 1.0, "naive": 1.0,
    }  # fmt: skip
    assert one.unlike(one.arrays()) == ""
    moved = result(forecast=np.array([1.0, 2.1]))
    assert "0.2 of a typical change" in moved.unlike(one.arrays())
    assert "expected" in one.unlike({"forecast": np.zeros(3, np.float32)})


@pytest.mark.parametrize(
    "changes",
    [{"low": np.array([3.0, 0.5])}, {"forecast": np.array([1.0, np.nan])}, {"naive": np.array([1.0])}],
    ids=["turned", "NaN", "shape"],
)
def test_an_impossible_result_is_refused(changes: dict) -> None:
    with pytest.raises(ValueError, match="expected"):
        result(**changes)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (1234.5678, "1,234.6"), (1e12, "1.0000e+12"), (-2e-7, "-2.0000e-07"), (3, "3")],
)
def test_numbers_for_people(value: float, words: str) -> None:
    assert shown(value) == words


# --- evaluation ------------------------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch) -> None:
    """Holt-Winters is fitted anew at every place: three are enough."""
    monkeypatch.setattr(evaluation, "ORIGINS", 3)


def test_errors_by_hand(few) -> None:
    parts = split_in_time([Series(values=monthly(), name="a", step="month")])
    (stretch,) = parts["test"].items
    found = errors_of(predictor(), stretch)
    place = stretch.origins(3)[2]
    values = stretch.series.values
    unit = np.abs(values[12 : stretch.start] - values[: stretch.start - 12]).mean()
    by_hand = np.abs(seasonal_naive(values[:place], 12, AHEAD) - values[place : place + AHEAD])
    np.testing.assert_allclose(found["seasonal naive"][2], by_hand / unit)
    last = np.abs(naive(values[:place], AHEAD) - values[place : place + AHEAD])
    np.testing.assert_allclose(found["naive"][2], last / unit)


def test_the_report(few) -> None:
    parts = split_in_time([Series(values=monthly(seed=i), name=f"s{i}", step="month") for i in range(2)])
    report = evaluate(predictor(), parts["test"], name="tiny")
    assert report["series"] == 2 and report["count"] == 2 * 3 * AHEAD
    assert report["mase"]["low"] <= report["mase"]["value"] <= report["mase"]["high"]
    assert set(report["baselines"]) == {"naive", "seasonal naive", "Holt-Winters"}
    assert len(report["by_step"]["network"]) == AHEAD and report["per_series"][0]["period"] == 12
    assert "Holt-Winters" in text(report) and "s1" in text(report)


def test_holt_winters_follows_a_season_and_survives_anything() -> None:
    values = monthly(120)
    error = np.abs(holt_winters(values[:108], 12, 12) - values[108:]).mean()
    assert error < np.abs(seasonal_naive(values[:108], 12, 12) - values[108:]).mean()
    for odd in (np.full(30, 2.0), np.arange(12.0), np.append(np.zeros(20), 1e90)):
        assert np.isfinite(holt_winters(odd, 12, 3)).all()


def test_nothing_to_measure_is_said() -> None:
    with pytest.raises(BadData, match="too short: a"):
        evaluate(predictor(), Stretches(items=(), skipped=("a",)))


def test_a_backtest_leaves_out_what_is_not_known() -> None:
    values = np.arange(20.0)
    found = backtest(
        values, [16, 18], 3, 2.0, {"naive": lambda pasts: np.stack([naive(p, 3) for p in pasts])}
    )
    np.testing.assert_allclose(found.errors("naive"), [[0.5, 1, 1.5], [0.5, 1, np.nan]])
