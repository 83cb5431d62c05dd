"""The forecasters of the lecture's section 10.3.3 on series that the package statsmodels carries.

    python -m finetune.series_of_statsmodels DIR
    python -m finetune.time_series_statsmodels lstm --data-dir DIR --output runs/lstm.series

14 series are too few to learn from: four in five of the windows come from series drawn at random, with trends, seasons,
noise and jumps. All figures are of the real ones.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from finetune.about import About, command
from finetune.about_time_series import DEVIATIONS, LIMITS, NAMES, PAPERS, SPLIT
from finetune.dataset_recipe import dataset_main
from finetune.settings import Settings
from finetune.time_series import Recipe, run
from finetune.time_series_options import LEARNING

MODULE = "time_series_statsmodels"


@dataclass(frozen=True)
class Plan:
    """What differs from network to network."""

    sentence: str  # for the student
    learning_rate: float = 3e-3
    hidden: int = 48
    epochs: int = 8


PLANS = {
    "rnn": Plan("The basic cell reads value after value; all it knows of the past is one vector.", 2e-3),
    "lstm": Plan("Gates decide how long a level or a rhythm is remembered in its long-term state."),
    "gru": Plan("Two gates and one state: the LSTM made simpler, and as good at series as short as these."),
}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    plan = PLANS[network]
    return Recipe(
        model=network,
        data=str(data_dir),
        output=output,
        hidden=plan.hidden,
        drawn=0.8,
        storage="int8",
        settings=Settings(
            **LEARNING | {"epochs": plan.epochs, "learning_rate": plan.learning_rate}, seed=seed
        ),
    )


def about(network: str) -> About:
    paper, year = PAPERS[network]
    return About(
        id=f"{network}.series",
        title=f"{NAMES[network]} forecaster",
        architecture=NAMES[network],
        year=year,
        paper=paper,
        sentence=PLANS[network].sentence,
        weights_licence="Apache-2.0",
        dataset="series of statsmodels",
        trained_on="14 public series of statsmodels and drawn ones (months, quarters, years)",
        data="14 series that the package statsmodels carries: carbon dioxide on Mauna Loa and sea temperature (months), "
        "sunspots (years), 11 of the economy of the United States (quarters); and, four times as many, windows of series "
        "drawn at random (finetune/drawn_series.py). Never trained on: electrical equipment (months), the Nile (years), "
        "unemployment (quarters)",
        data_licence="public domain, as the package says",
        split=SPLIT,
        command=command(MODULE, [network, "--data-dir", "DIR", "--output", f"runs/{network}.series"]),
        deviations=DEVIATIONS,
        limits=LIMITS,
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
