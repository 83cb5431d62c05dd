"""Transfer learning: EfficientNet-Lite0 from ImageNet to six kinds of waste (TrashNet, Thung and Yang, 2016).

    python -m finetune.image_classification_trashnet --data-dir DIR --output runs/trashnet

DIR holds one folder a class, as in garythung/trashnet on the Hub. The photographs of one object follow one
another, so blocks of ten consecutive ones stay on one side of the split: the same bottle is never in both.
"""

import sys
from pathlib import Path

from finetune.about import About, command
from finetune.dataset_recipe import dataset_main
from finetune.image_classification import Recipe
from finetune.loop import Settings
from hub_models.preprocess import InputSpec

MODULE = "image_classification_trashnet"
IMAGENET_LITE = (0.5, 0.5, 0.5)  # mean and std that EfficientNet-Lite0 was trained with


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=f"{network}.imagenet",
        data=str(data_dir),
        output=output,
        dev_share=0.15,
        dev_block=10,
        settings=Settings(
            epochs=14,
            batch=32,
            learning_rate=1.5e-3,
            weight_decay=0.05,
            optimizer="adamw",
            ema=0.99,
            patience=8,
            clip_norm=5.0,
            seed=seed,
        ),
        spec=InputSpec(size_hw=(224, 224), mean=IMAGENET_LITE, std=IMAGENET_LITE, crop=0.95),
        augment="strong",
        label_smoothing=0.1,
        dropout=0.3,
        rate_decay=0.75,
        storage="int5",
    )


def about(network: str) -> About:
    return About(
        id=f"{network}.trashnet",
        title="EfficientNet-Lite0 (TrashNet)",
        architecture="EfficientNet",
        year=2019,
        paper="Tan and Le: EfficientNet, Rethinking Model Scaling for Convolutional Neural Networks (2019)",
        sentence="Transfer learning: a network that knows ImageNet learns six kinds of waste from 1,800 photographs.",
        weights_licence="Apache-2.0",
        dataset="TrashNet",
        trained_on="TrashNet (photographs of waste, 6 classes)",
        data="TrashNet: photographs of single pieces of waste on a white poster board, by Thung and Yang (2016); "
        "first weights from ImageNet-1k",
        data_licence="MIT",
        data_hub_id="garythung/trashnet",
        split="15 % of each class, in blocks of ten consecutive photographs, chose the weights and gave the dev "
        "figure, so that is a little optimistic; the rest trained",
        command=command(MODULE, ["--data-dir", "DIR", "--output", "runs/trashnet"]),
        limits=(
            "Knows one piece of waste on a plain light ground; scenes, heaps and hands are foreign to it.",
            "The class trash has the fewest photographs.",
        ),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, ["efficientnet_lite0"]))
