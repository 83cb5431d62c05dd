"""Time series (lecture, section 10.3.3): a series of numbers in, what comes next out, with how sure that is.

A sequence-to-sequence network: a recurrent layer (RNN, LSTM or GRU) reads value after value, and after each it answers with
what it expects next, so that one series gives as many lessons as it has steps. To look further ahead it can answer with many
steps at once, or read its own first answer as if it had come and go on from there; then its errors are read too. Series
differ in size, so each is measured in units of its own typical change. Before one believes a network it has to beat the
simplest forecasts: the last value again (naive), the last season again (seasonal naive), and exponential smoothing after
Holt and Winters, which is hard to beat where there are few data. The split is by time: what trains lies before what chooses,
and that before what measures.
"""

from pathlib import Path

from hub_models.answering import timed
from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.series import Series, read_series
from hub_models.task import Answer, Example, Task

ID = "time-series"
DEFAULT = "lstm.series"
MOST_AHEAD = 240
LONGEST_SEASON = 60
PLACE = "hub_models/examples"


def predict(series: Path, checkpoint: str = DEFAULT, horizon: float = 24, period: float = 0) -> Answer:
    """Forecast the next `horizon` steps of the series in a table: one column of numbers, or dates and numbers.

    `period`: steps in a season, 1 for none; 0: it is found in the series.
    """
    count, season = whole("horizon", horizon, 1, MOST_AHEAD), whole("period", period, 0, LONGEST_SEASON)
    return forecast(read_series(series), checkpoint, count, season)


def forecast(given: Series, checkpoint: str, count: int, season: int = 0) -> Answer:
    """The same for a series that is read already."""
    labels = given.labels(len(given), count)

    def work(predictor):
        return timed(predictor.predict, given.values, count, season or given.period, labels)

    result, seconds = LOADER.run(checkpoint, ID, work)
    return Answer(
        result=result, seconds=seconds, device=LOADER.device, checkpoint=checkpoint, notes=given.notes
    )


def whole(name: str, value: float, least: int, most: int) -> int:
    """A whole number from `least` to `most`. BadInput `bad_value`; NaN is none."""
    if not least <= value <= most or value != int(value):
        raise BadInput(
            "bad_value", f"Expected a whole number from {least} to {most} for {name}, got {value:g}."
        )
    return int(value)


TASK = Task(
    id=ID,
    title="Time series",
    lecture="10.3.3",
    summary="Forecasts a series of numbers, with an interval and the simplest forecasts beside it.",
    papers=(
        "Holt: Forecasting seasonals and trends by exponentially weighted moving averages (1957)",
        "Winters: Forecasting sales by exponentially weighted moving averages (1960)",
        "Elman: Finding structure in time (1990)",
        "Hochreiter, Schmidhuber: Long short-term memory (1997)",
        "Hyndman, Koehler: Another look at measures of forecast accuracy (2006)",
        "Cho et al.: Learning phrase representations using RNN encoder-decoder for statistical machine translation (2014)",
        "Smyl: A hybrid method of exponential smoothing and recurrent neural networks for time series forecasting (2020)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="time_series",
    needs=("torch", "statsmodels"),
    examples=(
        Example(name="CO2", place=f"{PLACE}/series_co2.csv"),
        Example(name="sea temperature", place=f"{PLACE}/series_sea_temperature.csv"),
        Example(name="factories", place=f"{PLACE}/series_factories.csv"),
        Example(name="sunspots", place=f"{PLACE}/series_sunspots.csv"),
        Example(name="Nile", place=f"{PLACE}/series_nile.csv"),
        Example(name="economy", place=f"{PLACE}/series_economy.csv"),
        Example(name="before a crisis", place=f"{PLACE}/series_before_a_crisis.csv"),
        Example(name="random walk", place=f"{PLACE}/series_random_walk.csv"),
        Example(name="as spreadsheets write", place=f"{PLACE}/series_spreadsheet.csv"),
    ),
)
