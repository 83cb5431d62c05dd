"""LeNet-5 on handwritten digits, as in figure 7.6 of the lecture (LeCun, Bottou, Bengio, Haffner; 1998).

    python -m finetune.image_classification_mnist --data-dir DIR --output runs/lenet5

DIR holds train.npz and dev.npz (images, labels); the same data is ylecun/mnist on the Hub.
"""

from pathlib import Path

from finetune.image_classification import Recipe
from finetune.loop import Settings
from hub_models.preprocess import InputSpec


def recipe(data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model="architecture:lenet",
        data=str(data_dir / "train.npz"),
        dev_data=str(data_dir / "dev.npz"),
        output=output,
        settings=Settings(
            epochs=20,
            batch=128,
            learning_rate=0.05,
            weight_decay=1e-4,
            ema=0.998,
            seed=seed,
        ),
        # 28x28 digits in the middle of the 32x32 that the paper's network sees
        spec=InputSpec(size_hw=(32, 32), mean=(0.1307,), std=(0.3081,), colour="grey_light_on_dark", border=2),
        augment="digits",
        label_smoothing=0.0,
    )
