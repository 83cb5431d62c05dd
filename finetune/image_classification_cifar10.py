"""The networks of the lecture's case studies, scaled to 32x32, on 25,000 photographs of CIFAR-10.

    python -m finetune.image_classification_cifar10 resnet --data-dir DIR --output runs/resnet

DIR holds train.zip and dev.zip in image-folder layout. The same pictures, undamaged, are uoft-cs/cifar10 on the
Hub; the files used for the bundled weights were JPEG-compressed at quality 75, so published figures do not apply.
"""

import sys
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.dataset_recipe import dataset_main
from finetune.image_classification import Recipe
from finetune.loop import Settings
from hub_models.preprocess import InputSpec

MODULE = "image_classification_cifar10"
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of the training pictures
EPOCHS = {"resnet": 40, "alexnet": 20, "vgg": 20, "inception": 10}
IDS = {"resnet": "resnet20", "alexnet": "alexnet_small", "vgg": "vgg_small", "inception": "inception_small"}
TITLES = {
    "resnet": "ResNet-20",
    "alexnet": "AlexNet (small)",
    "vgg": "VGG (small)",
    "inception": "Inception (small)",
}
NAMES = {"resnet": "ResNet", "alexnet": "AlexNet", "vgg": "VGG", "inception": "Inception"}
SENTENCES = {
    "resnet": "Skip connections let each block learn what to add to its input, so 20 layers train as easily as 8.",
    "alexnet": "Five convolutions and three linear layers with ReLU and dropout: the network that started it all, at "
    "the size of small pictures.",
    "vgg": "Nothing but 3x3 convolutions, two in a row before each pooling.",
    "inception": "1x1, 3x3 and 5x5 filters side by side in every module: the network need not choose.",
}
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
        storage="int5",
    )


def about(network: str) -> About:
    paper, year, deviations = paper_of(network)
    return About(
        id=f"{IDS[network]}.cifar10",
        title=TITLES[network],
        architecture=NAMES[network],
        year=year,
        paper=paper,
        sentence=SENTENCES[network],
        weights_licence="Apache-2.0",
        dataset="CIFAR-10",
        trained_on="CIFAR-10 (25,000 photographs of 32x32 pixels, 10 classes)",
        data="CIFAR-10, half of its training part: 25,000 photographs of 32x32 pixels by Krizhevsky (2009), "
        "compressed as JPEG of quality 75 with halved colour resolution",
        data_licence="unstated; used for teaching and research by custom",
        data_hub_id="uoft-cs/cifar10",
        split="25,000 pictures trained; 4,000 others chose the weights and gave the dev figure, so that is a little "
        "optimistic; the official test part was not touched",
        command=command(MODULE, [network, "--data-dir", "DIR", "--output", f"runs/{IDS[network]}"]),
        deviations=f"{deviations} Trained on half of the data, JPEG-compressed, for {EPOCHS[network]} epochs.",
        limits=(
            "Training and dev pictures were JPEG-compressed, which makes them harder: do not compare with published "
            "figures.",
            "Sees 32x32 pixels; a photograph is shrunk to that, and only its middle square is seen.",
        ),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(EPOCHS)))
