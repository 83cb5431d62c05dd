"""Four translators of the lecture's sections 10.9 and 10.10, English -> French: Multi30k, captions of photographs.

    python -m finetune.translation_multi30k transformer --data-dir DIR --output runs/transformer.multi30k

DIR holds train.en.gz and train.fr.gz (29,000 sentences), val.en.gz and val.fr.gz (1,014), as multi30k/dataset on GitHub
keeps them in data/task1/raw. Small networks reach a high BLEU here: the sentences are short (12 words on average), all say
what is to be seen in a picture, and 3,500 pieces of words are enough for them; English and French order words alike. The
same networks know nothing of any other subject.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from finetune.about import About, OfData, about_network
from finetune.about_translation import LIMITS
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.translation import Recipe, run
from finetune.translation_networks import NAMES
from finetune.translation_options import LEARNING

MODULE = "translation_multi30k"


@dataclass(frozen=True)
class Plan:
    """What differs from network to network."""

    sentence: str  # for the student
    epochs: int = 8
    learning_rate: float = 3e-3
    dropout: float = 0.2


PLANS = {
    "seq2seq": Plan(
        "The whole sentence is squeezed into one vector of 192 numbers: enough for a short one, not for a long one.",
    ),
    "bahdanau": Plan(
        "Before each piece that it writes, a small network weighs all states of the encoder: it looks where it translates.",
    ),
    "luong": Plan("The same idea with a product in place of the small network."),
    "transformer": Plan(
        "No recurrence: encoder and decoder look with four heads in every layer, at all words at once.",
        learning_rate=2.5e-3,
        dropout=0.1,
    ),
}
OF_DATA = OfData(
    dataset="Multi30k en-fr",
    trained_on="Multi30k (29,000 captions of photographs, English -> French)",
    data="Multi30k: English captions of Flickr30k photographs (Young, Lai, Hodosh, Hockenmaier, 2014) with French "
    "translations (Elliott, Frank, Barrault, Bougares, Specia: Findings of the Second Shared Task on Multimodal Machine "
    "Translation and Multilingual Image Description, 2017). BLEU is high for so small a network because the sentences are "
    "short and alike and the two languages order words alike",
    data_licence="derived from Flickr30k: non-commercial research and education",
    split="train trained; val chose the weights (by the probability of its pieces, not by BLEU) and gave the figures; no "
    "test part is used",
    limits=(
        "Knows captions of photographs: people, dogs, clothes, sports, streets. Of any other subject it makes nonsense.",
        *LIMITS,
    ),
)


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    plan = PLANS[network]
    learning = {name: value for name, value in LEARNING.items() if name != "precision"}
    return Recipe(
        model=network,
        data=str(data_dir),
        output=output,
        source="en",
        target="fr",
        dropout=plan.dropout,
        storage="int5",
        settings=Settings(
            **learning | {"epochs": plan.epochs, "learning_rate": plan.learning_rate},
            mixed_precision="bf16",
            seed=seed,
        ),
    )


def about(network: str) -> About:
    sentence = PLANS[network].sentence
    return about_network(
        MODULE, OF_DATA, f"{network}.multi30k", NAMES[network], NAMES[network], sentence, network
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
