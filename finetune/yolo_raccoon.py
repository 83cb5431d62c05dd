"""YOLO11 (Ultralytics, small) on photographs of raccoons: 160 pictures, most with one animal.

    python -m finetune.yolo_raccoon --data-dir DIR --output runs/yolo11_small.raccoon

DIR holds images/ and annotations/ (Pascal VOC XML), as in datitran/raccoon_dataset on GitHub. Each picture is a scene
of its own, so pictures are split one by one.
"""

import sys
from dataclasses import replace
from pathlib import Path

from finetune import yolo, yolo_bccd
from finetune.about import About, command
from finetune.about_detector import AGPL
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.object_detection import Recipe

MODULE, NETWORK = "yolo_raccoon", "yolo11_small"


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model="yolo",
        data=str(data_dir),
        output=output,
        dev_share=0.2,
        dev_block=1,
        settings=Settings(epochs=24, batch=8, learning_rate=1.5e-3, optimizer="adamw", warmup=0.1, seed=seed),
        size_hw=(320, 320),
        augment="photo",
        backbone_rate=1.0,
        card_examples=False,  # photographs of others
    )


def about(network: str) -> About:
    return replace(
        yolo_bccd.about(network),
        id=f"{NETWORK}.raccoon",
        dataset="Raccoon",
        trained_on="Raccoon (photographs from the web, 1 kind of animal)",
        sentence="The same network on 128 photographs of raccoons: what a pretrained backbone can learn from few.",
        data="photographs of raccoons from the web, with boxes (datitran/raccoon_dataset on GitHub)",
        data_licence="annotations MIT; the photographs belong to others: teaching only",
        data_hub_id="",
        split="20 % of the pictures, drawn one by one, chose the weights and gave the dev figure, so that is a little "
        "optimistic; the rest trained",
        command=command(MODULE, ["--data-dir", "DIR", "--output", f"runs/{NETWORK}.raccoon"]),
        limits=(
            "Knows raccoons and nothing else: other animals with fur are often taken for one.",
            "Few test pictures: the interval is wide.",
            AGPL,
        ),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, [NETWORK], run_recipe=yolo.run))
