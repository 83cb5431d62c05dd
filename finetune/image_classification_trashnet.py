"""Transfer learning: EfficientNet-Lite0 from ImageNet to six kinds of waste (TrashNet, Thung and Yang, 2016).

    python -m finetune.image_classification_trashnet --data-dir DIR --output runs/trashnet

DIR holds one folder a class, as in garythung/trashnet on the Hub. The photographs of one object follow one
another, so blocks of ten consecutive ones stay on one side of the split: the same bottle is never in both.
"""

from pathlib import Path

from finetune.image_classification import Recipe
from finetune.loop import Settings
from hub_models.preprocess import InputSpec

IMAGENET_LITE = (0.5, 0.5, 0.5)  # mean and std that EfficientNet-Lite0 was trained with


def recipe(data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model="efficientnet_lite0.imagenet",
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
    )
