"""Classification with localization on blood cells: crops of BCCD with one whole cell, or none.

    python -m finetune.localization_bccd --data-dir DIR --output runs/localizer.bccd

DIR holds images/ and annotations/ (Pascal VOC XML), as in Shenggan/BCCD_Dataset on GitHub. A smear shows a dozen cells
and localization knows one, so crops are cut that hold exactly one, or none. Consecutive pictures show the same smear:
blocks of ten consecutive ones, with all their crops, stay on one side of the split.
"""

import sys
from pathlib import Path

from finetune.about import About, OfData, about_network
from finetune.dataset_recipe import dataset_main
from finetune.localization import Recipe, run
from finetune.loop import Settings

MODULE = "localization_bccd"
OF_DATA = OfData(
    dataset="BCCD",
    trained_on="BCCD (crops of blood smears under a microscope, 3 kinds of cells)",
    data="BCCD: crops with one whole cell or none, cut out of microscope pictures of blood smears with boxes of red "
    "cells (RBC), white cells (WBC) and platelets (Shenggan/BCCD_Dataset on GitHub); first weights from ImageNet-1k",
    data_licence="MIT",
    data_hub_id="keremberke/blood-cell-object-detection",
    split="15 % of the pictures, in blocks of ten consecutive ones, gave the dev crops, which chose the weights, so "
    "the dev figure is a little optimistic; crops of the rest trained",
    limits=(
        "Expects one whole cell that fills between a fifth and all of the picture; of several it gives a mixture.",
        "Knows stained smears under a microscope; anything else is foreign to it.",
        "Not for diagnosis.",
        "BCCD leaves out some red cells, so some crops without a labelled cell show one.",
    ),
)


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=network,
        data=str(data_dir),
        output=output,
        storage="int5",
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
        pictures="crops",
        crops=1600,
        last_stage=3,  # cells differ by colour and texture, which early stages see
        augment="any_way_up",  # a smear has no upper side
    )


def about(network: str) -> About:
    return about_network(
        MODULE,
        OF_DATA,
        f"{network}.bccd",
        "Localizer (blood cells)",
        "Classification with localization",
        "One vector a picture: whether there is a cell, where it lies, and whether it is red, white or a platelet.",
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, ["localizer"], run_recipe=run))
