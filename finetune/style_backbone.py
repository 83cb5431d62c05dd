"""The classifier that style transfer reads offline: the convolutions of our VGG of CIFAR-10, as a checkpoint of their own.

    python -m finetune.style_backbone --data-dir DIR --output runs/gatys.vgg_small

Nothing is trained. The first five convolutions of vgg_small.cifar10 are taken and their batch normalisation is folded into
them. The figures are those of the optimisation of Gatys et al. (2015) with these weights on photographs: DIR is a folder of
them, of which a tenth (dev) is measured.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from finetune.about import About, command, paper_of
from finetune.finish import Trained, finish
from finetune.photographs import photographs_by_part
from finetune.starting_point import Start
from finetune.style_figures import measure_stylizer
from hub_models import loader
from hub_models.architectures.style_features import MODEL
from hub_models.catalog import checkpoints
from hub_models.predictors.style_pictures import named_style

SOURCE = "vgg_small.cifar10"
MEASURED = 12  # photographs: each takes 100 iterations
MODULE = "style_backbone"


def folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """(weight, bias) of one convolution that does what the two do one after the other."""
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    return convolution.weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale


def features_of_vgg() -> Start:
    """The convolutions of SOURCE in the network that gives the maps of its layers."""
    (row,) = (c for c in checkpoints("image-classification") if c.id == SOURCE)
    source = loader.build(row, "cpu")
    model = MODEL(mean=row.input.mean, std=row.input.std)
    norms = [m for m in source.features.modules() if isinstance(m, nn.BatchNorm2d)]
    convolutions = [m for m in source.features.modules() if isinstance(m, nn.Conv2d)]
    for target in (convolution for block in model.blocks for convolution in block):
        weight, bias = folded(convolutions.pop(0), norms.pop(0))
        target.weight.data.copy_(weight)
        target.bias.data.copy_(bias)
    return Start(
        model=model.eval(),
        library="ours",
        architecture="style_features",
        input=row.input,
        origin=f"{SOURCE} ({row.weights_licence})",
        parent=row,
    )


def about(start: Start) -> About:
    paper, year, deviations = paper_of("style_features")
    parent = start.parent
    return About(
        id="gatys.vgg_small",
        title="Gatys on VGG (small)",
        architecture="Optimisation of the pixels",
        year=year,
        paper=paper,
        sentence="Any picture as style: pixels are changed step by step until a small VGG sees content and style in them.",
        weights_licence=parent.weights_licence,
        dataset="Flickr8k",
        trained_on=parent.trained_on,
        data=f"{parent.trained_on}, as {parent.id}; the figures are on photographs of Flickr8k (Hodosh, Young, "
        "Hockenmaier: Framing image description as a ranking task, 2013)",
        data_licence=parent.data_licence,
        split=f"nothing was trained; {MEASURED} of the photographs that no style network here was trained on, in the "
        "style night",
        command=command(MODULE, ["--data-dir", "DIR", "--output", "runs/gatys.vgg_small"]),
        deviations=f"a VGG of five convolutions, trained on pictures of 32 pixels, in place of VGG-19; {deviations}",
        limits=(
            "Takes a hundred passes forward and back: seconds for a small picture, minutes for 1024 pixels.",
            "Its maps see at most 24 pixels: strokes and cells are carried over, large shapes of a painting are not.",
        ),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=f"python -m finetune.{MODULE}")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of photographs, for the figures")
    parser.add_argument("--output", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--measured", type=int, default=MEASURED, help="photographs that are measured")
    chosen = parser.parse_args(arguments)
    start = features_of_vgg()
    dev = photographs_by_part(str(chosen.data_dir), "", 0.1, 1, 0)["dev"]
    dev = dev.subset(np.linspace(0, len(dev) - 1, min(chosen.measured, len(dev))).astype(int))
    trained = Trained(task="style-transfer", start=start, class_names=(), seed=0, minutes=0.0, storage="int8")
    chosen.output.mkdir(parents=True, exist_ok=True)
    measure = measure_stylizer(dev, named_style("night"), "Flickr8k", print, examples=False)
    finish(trained, about(start), chosen.output, measure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
