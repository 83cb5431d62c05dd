"""The captioning networks of the lecture's sections 10.8 and 10.9.1 on photographs of Flickr8k.

    python -m finetune.image_captioning_flickr8k caption-attention --data-dir DIR --output runs/caption_attention.flickr8k

DIR holds photographs of Flickr8k with captions.json, and captions of photographs that are not there, from which the decoder
learns the language. Here 850 of the 8,000 photographs are at hand, so the figures are far below those of the papers, which
had all of them. What the network of ImageNet says of the photographs is kept beside OUTPUT, for both networks.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.about_captions import LIMITS, NAMES
from finetune.caption_options import LEARNING
from finetune.dataset_recipe import dataset_main
from finetune.image_captioning import Recipe, run
from finetune.loop import Settings

MODULE = "image_captioning_flickr8k"


@dataclass(frozen=True)
class Plan:
    """What differs from network to network."""

    sentence: str  # for the student
    epochs: int = 24
    dropout: float = 0.3


PLANS = {
    "caption-lstm": Plan(
        "A network of ImageNet makes one vector of the picture; an LSTM that is given it at every step tells, word by word.",
    ),
    "caption-attention": Plan(
        "Before each word the LSTM asks which of 49 regions matters now: where it looks can be seen.",
        epochs=16,
    ),
}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    plan = PLANS[network]
    settings = LEARNING | {"epochs": plan.epochs, "mixed_precision": "bf16"}
    return Recipe(
        model=network,
        data=str(data_dir),
        output=output,
        features=str(output.parent / "flickr8k_features"),
        test_share=0.12,
        dev_share=0.1,
        least_count=6,
        embedding=128,
        hidden=192,
        dropout=plan.dropout,
        views=6,
        language_epochs=3,
        similar=3,
        storage="int5",
        settings=Settings(**settings, seed=seed),
    )


def about(network: str) -> About:
    plan, architecture = PLANS[network], network.replace("-", "_")
    paper, year, deviations = paper_of(architecture)
    return About(
        id=f"{architecture}.flickr8k",
        title=NAMES[architecture],
        architecture=NAMES[architecture],
        year=year,
        paper=paper,
        sentence=plan.sentence,
        weights_licence="Apache-2.0",
        dataset="Flickr8k",
        trained_on="Flickr8k (663 photographs with 5 captions each, and captions of 7,091 others without these)",
        data="Flickr8k (Hodosh, Young, Hockenmaier: Framing image description as a ranking task, 2013): 850 of its "
        "photographs with five captions each, and the captions of 7,091 others, whose photographs were not there",
        data_licence="Flickr8k: non-commercial research and education; the photographs belong to their authors",
        split="12 % of the photographs (test, 102) were kept apart and nothing was chosen on them; a tenth (dev, 85) "
        "chose the weights; no caption of either was trained on",
        command=command(MODULE, [network, "--data-dir", "DIR", "--output", f"runs/{architecture}.flickr8k"]),
        deviations=deviations,
        limits=(
            "Learned from 663 photographs of people and dogs outdoors; of kitchens, cats or works of art it knows next to "
            "nothing and says that a dog runs.",
            *LIMITS,
        ),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
