"""YOLO11 (Ultralytics, small) on blood cells: BCCD, 292 microscope pictures with boxes.

    python -m finetune.yolo_bccd --data-dir DIR --output runs/yolo11_small.bccd

The data, and the split in blocks of ten pictures, are those of finetune.object_detection_bccd.
"""

import sys
from dataclasses import replace
from pathlib import Path

from finetune import object_detection_bccd, yolo
from finetune.about import About, command
from finetune.about_detector import AGPL
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.object_detection import Recipe

MODULE, NETWORK = "yolo_bccd", "yolo11_small"


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model="yolo",
        data=str(data_dir),
        output=output,
        storage="int5",
        settings=Settings(
            epochs=36, batch=4, learning_rate=1.5e-3, optimizer="adamw", warmup=0.05, seed=seed
        ),
        size_hw=(320, 320),
        augment="any_way_up",  # a smear has no upper side
        backbone_rate=1.0,
    )


def about(network: str) -> About:
    title, (paper, year, deviations) = yolo.named(NETWORK)
    shared = object_detection_bccd.about("faster_rcnn")  # what is said of the data
    return replace(
        shared,
        id=f"{NETWORK}.bccd",
        title=title,
        architecture="YOLO",
        year=year,
        paper=paper,
        sentence="YOLO as it is used today: one look at three scales, no anchors, distances to the sides of a box as "
        "distributions; trained by the Ultralytics library.",
        weights_licence="AGPL-3.0",
        command=command(MODULE, ["--data-dir", "DIR", "--output", f"runs/{NETWORK}.bccd"]),
        deviations=deviations,
        limits=(*shared.limits, AGPL),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, [NETWORK], run_recipe=yolo.run))
