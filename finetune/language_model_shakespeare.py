"""The language models of the lecture's section 10.4 on plays: Tiny Shakespeare, 1.1 million characters.

    python -m finetune.language_model_shakespeare lstm --data-dir DIR --output runs/char_lstm.shakespeare

DIR holds input.txt, as karpathy/char-rnn on GitHub keeps it in data/tinyshakespeare. A tenth of it, in blocks of about
4,000 characters that end between two speeches, is held out; it chooses the weights.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from finetune.about import About, command
from finetune.about_language_model import DEVIATIONS, LIMITS, NAMES, PAPERS, split_words
from finetune.dataset_recipe import dataset_main
from finetune.language_model import Recipe, run
from finetune.loop import Settings

MODULE = "language_model_shakespeare"
DEV_SHARE = 0.1


@dataclass(frozen=True)
class Plan:
    """What differs from network to network."""

    sentence: str  # for the student
    width: int
    hidden: int
    epochs: int
    learning_rate: float
    layers: int = 1
    dropout: float = 0.1
    batch: int = 32
    precision: Literal["no", "bf16"] = "bf16"  # torch's attention on a CPU is slower in bf16


PLANS = {
    "rnn": Plan(
        "The basic cell: one state, which every character overwrites a little.",
        width=32, hidden=384, epochs=10, learning_rate=1.5e-3,
    ),
    "lstm": Plan(
        "Three gates decide what its long-term memory forgets, takes in and shows.",
        width=32, hidden=288, epochs=12, learning_rate=5e-3, dropout=0.2,
    ),
    "gru": Plan(
        "Two gates and one state: the LSTM made simpler, and about as good.",
        width=32, hidden=288, epochs=9, learning_rate=4e-3, dropout=0.2,
    ),
    "transformer": Plan(
        "No state at all: every character looks at the 127 before it, in four heads at once.",
        width=96, hidden=384, epochs=8, learning_rate=3e-3, layers=3, dropout=0.0, precision="no",
    ),
}  # fmt: skip


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    plan = PLANS[network]
    return Recipe(
        model=network,
        data=str(data_dir / "input.txt"),
        output=output,
        dev_share=DEV_SHARE,
        width=plan.width,
        hidden=plan.hidden,
        layers=plan.layers,
        dropout=plan.dropout,
        storage="int5",
        settings=Settings(
            epochs=plan.epochs,
            batch=plan.batch,
            learning_rate=plan.learning_rate,
            weight_decay=0.01,
            optimizer="adamw",
            clip_norm=1.0,
            warmup=0.05,
            ema=0.99,
            mixed_precision=plan.precision,
            seed=seed,
        ),
    )


def about(network: str) -> About:
    plan = PLANS[network]
    paper, year = PAPERS[network]
    return About(
        id=f"char_{network}.shakespeare",
        title=f"Character {NAMES[network]}",
        architecture=NAMES[network],
        year=year,
        paper=paper,
        sentence=plan.sentence,
        weights_licence="Apache-2.0",
        dataset="Tiny Shakespeare",
        trained_on="Tiny Shakespeare (1 million characters of plays, English around 1600)",
        data="Tiny Shakespeare: 1.1 million characters of plays by William Shakespeare (input.txt of karpathy/char-rnn on "
        "GitHub)",
        data_licence="text in the public domain",
        split=split_words(DEV_SHARE),
        command=command(
            MODULE, [network, "--data-dir", "DIR", "--output", f"runs/char_{network}.shakespeare"]
        ),
        deviations=DEVIATIONS[network],
        limits=(*LIMITS, "Writes English of around 1600, in the form of a play."),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
