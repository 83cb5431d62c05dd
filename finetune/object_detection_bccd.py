"""The detectors of the lecture's chapter 8 on blood cells: BCCD, 292 microscope pictures with boxes.

    python -m finetune.object_detection_bccd faster_rcnn --data-dir DIR --output runs/faster_rcnn.bccd

DIR holds images/ and annotations/ (Pascal VOC XML), as in Shenggan/BCCD_Dataset on GitHub. Consecutive pictures show
the same smear, so blocks of ten consecutive ones stay on one side of the split.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from finetune.about import About, OfData, about_network
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.object_detection import Recipe, run
from finetune.write import Storage

MODULE = "object_detection_bccd"
FOREIGN = (  # to any detector of these cells
    "Knows stained smears at this magnification; other stains, other magnifications and photographs of "
    "anything else are foreign to it.",
    "Not for diagnosis.",
)
OF_DATA = OfData(
    dataset="BCCD",
    trained_on="BCCD (blood smears under a microscope, 3 kinds of cells)",
    data="BCCD: microscope pictures of blood smears, 640 x 480, with boxes of red cells (RBC), white cells (WBC) "
    "and platelets (Shenggan/BCCD_Dataset on GitHub)",
    data_licence="MIT",
    data_hub_id="keremberke/blood-cell-object-detection",
    split="15 % of the pictures, in blocks of ten consecutive ones, chose the weights and gave the dev figure, so "
    "that is a little optimistic; the rest trained",
    limits=(*FOREIGN, "The labels of BCCD leave out some red cells at the border of the pictures."),
)


@dataclass(frozen=True)
class Plan:
    """What differs from network to network."""

    title: str
    sentence: str  # for the student
    epochs: int
    learning_rate: float
    batch: int = 8
    storage: Storage = "int5"  # int8 where five bits cost more than half a point


PLANS = {
    "yolo_grid": Plan(
        "YOLO (grid)",
        "One look: each cell of a grid says whether an object's midpoint lies in it, how large it is, and what it is.",
        epochs=20,
        learning_rate=2e-3,
    ),
    "yolo_anchors": Plan(
        "YOLO with anchors",
        "One look from typical boxes: each cell stretches a few anchors, so that it can find several objects.",
        epochs=30,
        learning_rate=2e-3,
    ),
    "fast_rcnn": Plan(
        "Fast R-CNN",
        "One pass over the picture; every proposal pools its own features from the shared map.",
        epochs=16,
        learning_rate=1.5e-3,
        batch=4,
    ),
    "faster_rcnn": Plan(
        "Faster R-CNN",
        "The network proposes regions by itself, on the same map that then tells what they are.",
        epochs=14,
        learning_rate=1e-3,
        batch=4,
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
            ema=0.98,
            clip_norm=10.0,
            seed=seed,
        ),
        augment="any_way_up",  # a smear has no upper side
        storage=plan.storage,
    )


def about(network: str) -> About:
    title, sentence = PLANS[network].title, PLANS[network].sentence
    return about_network(MODULE, OF_DATA, f"{network}.bccd", title, title, sentence, network)


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
