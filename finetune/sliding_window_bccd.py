"""The window that slides over blood smears: BCCD, 292 microscope pictures with boxes.

    python -m finetune.sliding_window_bccd sliding_window --data-dir DIR --output runs/sliding_window.bccd
    python -m finetune.sliding_window_bccd overfeat --data-dir DIR --output runs/overfeat.bccd

DIR holds images/ and annotations/ (Pascal VOC XML), as in Shenggan/BCCD_Dataset on GitHub. Consecutive pictures show
the same smear, so blocks of ten consecutive ones stay on one side of the split.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from finetune import object_detection_bccd
from finetune.about import About, command, paper_of
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.sliding_window import Recipe, run

MODULE = "sliding_window_bccd"
SIDES = (
    42.0,
    90.0,
    110.0,
    160.0,
    220.0,
)  # platelets are 39 pixels large, red cells 101, white cells 150 to 250


@dataclass(frozen=True)
class Plan:
    title: str
    sentence: str  # for the student
    limit: str
    epochs: int
    hard_epochs: int  # with the background that it took for cells


PLANS = {
    "sliding_window": Plan(
        "Sliding window",
        "The naive way: cut out every window, send each through the whole network, keep those that hold an object.",
        "The box is the window, one of five squares: an elongated cell gets a square box.",
        epochs=4,
        hard_epochs=2,
    ),
    "overfeat": Plan(
        "OverFeat",
        "The dense layers as convolutions: one pass gives the answers of all windows, and a second head moves the boxes.",
        "A cell that touches others is often framed together with a piece of them.",
        epochs=6,
        hard_epochs=6,
    ),
}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    plan = PLANS[network]
    return Recipe(
        model=network.replace("_", "-"),
        data=str(data_dir),
        output=output,
        storage="int8",
        settings=Settings(
            epochs=plan.epochs,
            batch=128,
            learning_rate=3e-3,
            weight_decay=0.01,
            optimizer="adamw",
            ema=0.995,
            clip_norm=5.0,
            seed=seed,
        ),
        hard_epochs=plan.hard_epochs,
        crops=20_000,
        sides=SIDES,
        augment="any_way_up",  # a smear has no upper side
    )


def about(network: str) -> About:
    plan = PLANS[network]
    paper, year, deviations = paper_of("overfeat")
    return replace(
        object_detection_bccd.about("faster_rcnn"),  # what is said of the data
        id=f"{network}.bccd",
        title=plan.title,
        architecture=plan.title,
        year=year,
        paper=paper,
        sentence=plan.sentence,
        command=command(MODULE, [network, "--data-dir", "DIR", "--output", f"runs/{network}.bccd"]),
        deviations=deviations,
        limits=(plan.limit, *object_detection_bccd.FOREIGN),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
