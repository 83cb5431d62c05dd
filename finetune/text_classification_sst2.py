"""The recurrent networks of the lecture's section 10.3 on sentences of film reviews: SST-2.

    python -m finetune.text_classification_sst2 bilstm --data-dir DIR --output runs/bilstm.sst2

DIR holds train.tsv (6,920 sentences) and dev.tsv (872): a sentence and 0 (negative) or 1 (positive) in every row, as the
Stanford Sentiment Treebank is split; the same is on the Hub as stanfordnlp/sst2. No pretrained vectors are used: all
words are learned from these sentences, so the networks are small and much is left out at random in training.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.text_classification import LEARNING, Recipe, run
from finetune.text_networks import ARCHITECTURE, NAMES, PAPERS, SHAPES

MODULE = "text_classification_sst2"
CLASSES = ("negative", "positive")


@dataclass(frozen=True)
class Plan:
    """What differs from network to network."""

    sentence: str  # for the student
    epochs: int = 8
    hidden: int = 64
    learning_rate: float = 2e-3
    word_dropout: float = 0.1


PLANS = {
    "rnn": Plan(
        "The basic cell: each state is made of the word and of the state before it, and soon forgets the beginning.",
        learning_rate=1e-3,
    ),
    "lstm": Plan(
        "A second, long-term state that gates write to, keep and read: what mattered early is not lost."
    ),
    "gru": Plan("The LSTM made simpler: one state, two gates, fewer weights."),
    "bilstm": Plan(
        "Reads from both ends and keeps the largest value of every number of the state, wherever it occurred.",
        hidden=48,
    ),
    "deep-lstm": Plan("Two layers of LSTMs, one upon the other, both ways.", hidden=40),
}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    plan = PLANS[network]
    return Recipe(
        model=network,
        data=str(data_dir),
        output=output,
        class_names=CLASSES,
        embedding=48,
        hidden=plan.hidden,
        word_dropout=plan.word_dropout,
        storage="int5",
        settings=Settings(
            **LEARNING | {"epochs": plan.epochs, "learning_rate": plan.learning_rate}, seed=seed
        ),
    )


def about(network: str) -> About:
    plan, shape = PLANS[network], SHAPES[network]
    paper, year = PAPERS["both_ways" if shape.get("both_ways") else str(shape["cell"])]
    title = NAMES[(shape["cell"], shape.get("both_ways", False), shape.get("layers", 1))]
    return About(
        id=f"{network.replace('-', '_')}.sst2",
        title=title,
        architecture=title,
        year=year,
        paper=paper,
        sentence=plan.sentence,
        weights_licence="Apache-2.0",
        dataset="SST-2",
        trained_on="SST-2 (6,920 sentences of film reviews, negative or positive)",
        data="SST-2: sentences of film reviews in English (Socher, Perelygin, Wu, Chuang, Manning, Ng, Potts: Recursive "
        "Deep Models for Semantic Compositionality Over a Sentiment Treebank, 2013), whole sentences without the "
        "neutral ones",
        data_licence="unstated; used for research and teaching by custom",
        data_hub_id="stanfordnlp/sst2",
        split="train trained; dev chose the weights, so its figure is a little optimistic; the test part is not used",
        command=command(MODULE, [network, "--data-dir", "DIR", "--output", f"runs/{network}.sst2"]),
        deviations=paper_of(ARCHITECTURE)[2],
        limits=(
            "Knows the words of 6,920 sentences about films, in English; of another subject or language it guesses.",
            "Irony, comparisons and what is only implied are often read wrongly, and it has no class for neutral.",
            "Names and words of its training sentences carry the opinions of those critics.",
        ),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
