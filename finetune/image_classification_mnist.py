"""LeNet-5 on handwritten digits, as in figure 7.6 of the lecture (LeCun, Bottou, Bengio, Haffner; 1998).

    python -m finetune.image_classification_mnist --data-dir DIR --output runs/lenet5

DIR holds train.npz (images, labels); the same data is ylecun/mnist on the Hub. Of its 60,000 digits 5,000, in
the shares of the classes, choose the weights.
"""

import sys
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.dataset_recipe import dataset_main
from finetune.image_classification import Recipe
from finetune.loop import Settings
from hub_models.preprocess import InputSpec

MODULE = "image_classification_mnist"


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=f"architecture:{network}",
        data=str(data_dir / "train.npz"),
        dev_share=1 / 12,
        output=output,
        settings=Settings(
            epochs=15,
            batch=128,
            learning_rate=0.05,
            weight_decay=1e-4,
            ema=0.998,
            seed=seed,
        ),
        # 28x28 digits in the middle of the 32x32 that the paper's network sees
        spec=InputSpec(
            size_hw=(32, 32), mean=(0.1307,), std=(0.3081,), colour="grey_light_on_dark", border=2
        ),
        augment="digits",
        label_smoothing=0.0,
    )


def about(network: str) -> About:
    paper, year, deviations = paper_of(network)
    return About(
        id="lenet5.mnist",
        title="LeNet-5",
        architecture="LeNet-5",
        year=year,
        paper=paper,
        sentence="The first convolutional network in daily use: it read digits on cheques, with 60,000 weights.",
        weights_licence="Apache-2.0",
        dataset="MNIST",
        trained_on="MNIST (55,000 handwritten digits, 10 classes)",
        data="MNIST: grey pictures of handwritten digits, 28x28 pixels, by LeCun, Cortes and Burges",
        data_licence="CC BY-SA 3.0",
        data_hub_id="ylecun/mnist",
        split="55,000 pictures of the official training part trained; its other 5,000 chose the weights and gave the "
        "dev figure, so that is a little optimistic; the official test part was not touched",
        command=command(MODULE, ["--data-dir", "DIR", "--output", "runs/lenet5"]),
        deviations=deviations,
        limits=(
            "Reads one digit, large and in the middle; anything else gets a digit too.",
            "The digits are American handwriting of about 1990: mostly a 1 without a flag, a 7 without a bar.",
        ),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, ["lenet"]))
