"""What a person must know of a forecaster that was trained on their own series."""

from collections.abc import Sequence

from finetune.about import About, about_own
from finetune.starting_point import Start
from hub_models.series_files import AHEAD, Stretches

NAMES = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
PAPERS = {
    "rnn": ("Elman: Finding Structure in Time (1990)", 1990),
    "lstm": ("Hochreiter, Schmidhuber: Long Short-Term Memory (1997)", 1997),
    "gru": (
        "Cho et al.: Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation (2014)",
        2014,
    ),
}
DEVIATIONS = (
    "corrects the last season, in units of the series' own scale (after Smyl, 2020), and answers with many steps at "
    "once"
)
SPLIT = (
    f"by time: of every series the newest 15 % (at least 18 values) measure, the 15 % before them choose the weights and "
    f"the width of the interval, the rest trains; forecasts of up to {AHEAD} steps, all before them known"
)
LIMITS = (
    "Expects the future to be made as the past was: a turn that no value announces is not foreseen.",
    "The interval is as wide as its errors were on the series of its training; yours may be harder.",
    "It knows one season in a series, and neither holidays nor other causes.",
)


def about_own_series(start: Start, data: Stretches, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.time_series` with `arguments` on somebody's own series."""
    cell = start.model.cell
    drawn = f"; {recipe.drawn:.0%} of the windows from series drawn at random" if recipe.drawn else ""
    return about_own(
        "time_series",
        start,
        recipe,
        arguments,
        options,
        network=NAMES[cell],
        kind=cell,
        cited=(*PAPERS[cell], DEVIATIONS),
        does="to forecast",
        trained_on=f"{len(data)} series, {data.values:,} values{drawn}",
        data=f"{len(data)} series, {data.values:,} values to learn from{drawn}",
        split=SPLIT,
        limits=LIMITS,
    )
