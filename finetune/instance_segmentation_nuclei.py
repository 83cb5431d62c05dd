"""Mask R-CNN and U-Net on nuclei of cells: 564 microscope pictures of the 2018 Data Science Bowl.

    python -m finetune.instance_segmentation_nuclei mask_rcnn --data-dir DIR --output runs/mask_rcnn.nuclei

DIR holds images/ and labels/, label maps of 16 bits: 0 = background, another number for each nucleus.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from finetune.about import About, OfData, about_network
from finetune.dataset_recipe import dataset_main
from finetune.instance_segmentation import Recipe, run
from finetune.loop import Settings

MODULE = "instance_segmentation_nuclei"
LIMITS = (
    "Knows fluorescence pictures and some stained tissue; the latter are few in the data, and it is worst on them.",
    "Where most nuclei are under 8 pixels of a picture of 384, it is looked at again, three times as large; a few tiny "
    "ones among large ones are still missed.",
    "Not for diagnosis.",
)
OF_DATA = OfData(
    dataset="nuclei",
    trained_on="nuclei (microscope pictures of the 2018 Data Science Bowl)",
    data="564 microscope pictures with the pixels of every nucleus, longest side at most 512, of the 2018 Data Science "
    "Bowl (Caicedo and others: Nucleus segmentation across imaging experiments, 2019)",
    data_licence="CC0-1.0",
    split="15 % of the pictures, drawn with the seed, chose the weights and gave the dev figure, so that is a little "
    "optimistic; the rest trained. The pictures come from few experiments, and those of one experiment stand on both "
    "sides: the figure says nothing of microscopes and stains that it has never seen",
    limits=LIMITS,
)


@dataclass(frozen=True)
class Plan:
    """What differs from network to network."""

    title: str
    sentence: str  # for the student
    epochs: int
    learning_rate: float
    batch: int = 4
    passes: int = 3  # times that a picture comes in an epoch


PLANS = {
    "mask_rcnn": Plan(
        "Mask R-CNN",
        "Faster R-CNN finds each nucleus, and a small mask for each region says which pixels are its own.",
        epochs=8,
        learning_rate=1.5e-3,
    ),
    "unet": Plan(
        "U-Net, taken apart",
        "Every pixel is background, inside or border; what is connected inside is one nucleus.",
        epochs=20,
        learning_rate=3e-3,
        batch=8,
        passes=2,
    ),
}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    plan = PLANS[network]
    return Recipe(
        model=network.replace("_", "-"),
        data=str(data_dir),
        output=output,
        settings=Settings(
            epochs=plan.epochs,
            batch=plan.batch,
            learning_rate=plan.learning_rate,
            weight_decay=1e-4,
            optimizer="adamw",
            ema=0.995,
            clip_norm=10.0,
            mixed_precision="no" if network == "mask_rcnn" else "bf16",
            seed=seed,
        ),
        dev_block=1,  # names are hashes: neighbours have nothing in common
        class_name="nucleus",
        passes=plan.passes,
        augment="any_way_up",  # a slide has no upper side
        storage="int5",
    )


def about(network: str) -> About:
    title, sentence = PLANS[network].title, PLANS[network].sentence
    identity, name = f"{network}.nuclei", title.partition(",")[0]
    return about_network(MODULE, OF_DATA, identity, title, name, sentence, network)


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
