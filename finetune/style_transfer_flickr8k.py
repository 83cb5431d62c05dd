"""The style networks that ship, one a style picture of ours: trained on photographs of Flickr8k.

    python -m finetune.style_transfer_flickr8k night --data-dir DIR --output runs/image_transform.night

DIR is a folder of photographs: here 850 pictures of Flickr8k; nothing but the
pictures is read, and any other photographs do. A tenth of them is not trained on and chooses the weights.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.about_style import LIMITS
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.perceptual import Weights
from finetune.style_transfer import Recipe, run

MODULE = "style_transfer_flickr8k"


@dataclass(frozen=True)
class Plan:
    """What differs from style to style."""

    title: str
    sentence: str  # for the student
    style_side: int = 256
    weights: Weights = field(default_factory=lambda: Weights(content=1.0, style=10.0, grain=2.0))


PLANS = {
    "night": Plan(
        "One style: night",
        "Trained for brush strokes of blue and yellow: what Gatys' optimisation needs a hundred steps for, in one pass.",
    ),
    "glass": Plan(
        "One style: glass",
        "Trained for a window of coloured glass and lead: what Gatys' optimisation needs a hundred steps for, in one pass.",
        style_side=224,
    ),
}


def recipe(style: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    plan = PLANS[style]
    return Recipe(
        style=style,
        data=str(data_dir),
        output=output,
        side=128,
        style_side=plan.style_side,
        weights=plan.weights,
        card_examples=False,  # the photographs belong to their authors
        storage="int5",
        settings=Settings(
            epochs=4,
            batch=4,
            learning_rate=1.5e-3,
            weight_decay=0.0,
            optimizer="adamw",
            ema=0.99,
            clip_norm=1.0,
            mixed_precision="bf16",
            seed=seed,
        ),
    )


def about(style: str) -> About:
    plan = PLANS[style]
    paper, year, deviations = paper_of("image_transform")
    return About(
        id=f"image_transform.{style}",
        title=plan.title,
        architecture="Image transformation network",
        year=year,
        paper=paper,
        sentence=plan.sentence,
        weights_licence="Apache-2.0",
        dataset="Flickr8k",
        trained_on=f"Flickr8k (photographs) and the style picture {style}, drawn by finetune/style_pictures.py",
        data="Flickr8k: 765 photographs (Hodosh, Young, Hockenmaier: Framing image description as a ranking task, 2013); "
        f"the style picture {style}, drawn by a program of this repository",
        data_licence="Flickr8k: non-commercial research and education; the photographs belong to their authors",
        split="nine tenths of the photographs trained, a tenth (dev) chose the weights; no photograph is in both",
        command=command(MODULE, [style, "--data-dir", "DIR", "--output", f"runs/image_transform.{style}"]),
        deviations=f"{deviations} The losses are those of a small VGG, of relative costs.",
        limits=LIMITS,
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
