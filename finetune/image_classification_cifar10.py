"""The networks of the lecture's case studies, scaled to 32x32, on 25,000 photographs of CIFAR-10.

    python -m finetune.image_classification_cifar10 resnet --data-dir DIR --output runs/resnet

DIR holds train.zip and dev.zip in image-folder layout. The same pictures, undamaged, are uoft-cs/cifar10 on the
Hub; the files used for the bundled weights were JPEG-compressed at quality 75, so published figures do not apply.
"""

import argparse
from pathlib import Path

from finetune.image_classification import Recipe, finish
from finetune.loop import Settings
from hub_models.preprocess import InputSpec

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of the training pictures
EPOCHS = {"resnet": 40, "alexnet": 30, "vgg": 30, "inception": 20}
TITLES = {"resnet": "ResNet-20", "alexnet": "AlexNet (small)", "vgg": "VGG (small)", "inception": "Inception (small)"}
RATES = {"resnet": 0.1, "alexnet": 0.02, "vgg": 0.1, "inception": 0.1}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=f"architecture:{network}",
        data=str(data_dir / "train.zip"),
        dev_data=str(data_dir / "dev.zip"),
        output=output,
        settings=Settings(
            epochs=EPOCHS[network],
            batch=128,
            learning_rate=RATES[network],
            weight_decay=5e-4,
            mixed_precision="bf16",
            ema=0.998,
            clip_norm=5.0,
            seed=seed,
        ),
        spec=InputSpec(size_hw=(32, 32), mean=MEAN, std=STD),
        augment="shift",
        label_smoothing=0.05,
    )
