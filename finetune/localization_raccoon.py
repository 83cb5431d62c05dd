"""Classification with localization on photographs: is there a raccoon, and where?

    python -m finetune.localization_raccoon --data-dir DIR --output runs/localizer.raccoon

DIR holds raccoon/ (images/ and annotations/, Pascal VOC XML, as in datitran/raccoon_dataset on GitHub) and
flickr8k/images/, photographs of everyday scenes without raccoons, which teach p_c = 0.
"""

import sys
from pathlib import Path

from finetune.about import About, OfData, about_network
from finetune.dataset_recipe import dataset_main
from finetune.localization import Recipe, run
from finetune.loop import Settings

MODULE = "localization_raccoon"
OF_DATA = OfData(
    weights_licence="non-commercial research and education, as the photographs it was trained on",
    dataset="Raccoon and Flickr8k",
    trained_on="Raccoon (photographs with one raccoon; without: Flickr8k)",
    data="136 photographs of raccoons with boxes (datitran/raccoon_dataset on GitHub), and photographs of Flickr8k "
    "(Hodosh, Young, Hockenmaier; 2013) as pictures without one; first weights from ImageNet-1k",
    data_licence="Raccoon: annotations MIT, photographs from the web, for teaching only; Flickr8k: non-commercial "
    "research and education, the photographs belong to their authors",
    split="15 % of the photographs of either set chose the weights and gave the dev figure, so that is a little "
    "optimistic; the rest trained",
    limits=(
        "Has seen 136 raccoons: other animals with a mask or a striped tail may be taken for one.",
        "Of several raccoons it gives one box, often around all of them.",
    ),
)


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=network,
        data=str(data_dir / "raccoon"),
        background_dir=str(data_dir / "flickr8k" / "images"),
        output=output,
        dev_block=1,
        settings=Settings(
            epochs=16,
            batch=32,
            learning_rate=2e-3,
            weight_decay=0.05,
            optimizer="adamw",
            ema=0.99,
            clip_norm=5.0,
            seed=seed,
        ),
        crops=1600,
        none_share=0.4,
    )


def about(network: str) -> About:
    return about_network(
        MODULE,
        OF_DATA,
        f"{network}.raccoon",
        "Localizer (raccoons)",
        "Classification with localization",
        "One class, so the vector is p_c and a box: photographs with a raccoon, and without.",
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, ["localizer"], run_recipe=run))
