"""The options of `python -m finetune.style_transfer`."""

import argparse

from finetune.options import count, not_negative, run_options, settings_options
from finetune.options import recipe_values as values_of
from finetune.perceptual import Weights
from hub_models.predictors.style_pictures import STYLE_PICTURES


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m finetune.style_transfer",
        description="Train a network that gives photographs one style. Run the same command again to resume.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument_group("what").add_argument
    shipped = ", ".join(STYLE_PICTURES)
    add("--style", required=True, help=f"the style: a picture, or one that ships ({shipped})")
    add(
        "--data",
        required=True,
        help="folder or zip of photographs of any kind, or a Hub dataset of such files",
    )
    add("--model", default="image-transform", help="that, or a style network of ours to go on from")
    run_options(add)
    settings_options(
        parser,
        epochs=8,
        batch=4,
        learning_rate=2e-3,
        weight_decay=0.0,
        optimizer="adamw",
        clip_norm=1.0,
        ema=0.99,
    )
    add = parser.add_argument_group("pictures and loss").add_argument
    add("--side", type=count, default=128, help="pixels of the pieces of photographs that are shown")
    add(
        "--style-side", type=count, default=256, help="pixels of the style's longer side: size of its strokes"
    )
    add(
        "--content-weight",
        dest="content",
        type=not_negative,
        default=Weights.content,
        help="alpha of eq. 9.5",
    )
    add(
        "--style-weight",
        dest="style_weight",
        type=not_negative,
        default=Weights.style,
        help="beta of eq. 9.5",
    )
    add(
        "--grain-weight", dest="grain", type=not_negative, default=Weights.grain, help="against single pixels"
    )
    add(
        "--loss-network",
        default="gatys.vgg_small",
        help="checkpoint whose classifier tells content and style",
    )
    add("--width", type=count, default=16, help="maps at full size; 32 in the paper")
    add("--blocks", type=count, default=4, help="residual blocks; 5 in the paper")
    add(
        "--no-card-examples",
        dest="card_examples",
        action="store_false",
        help="no photographs of the data in the model card, which goes to the Hub with a push",
    )
    parser.set_defaults(size=None)
    return parser


def recipe_values(chosen: argparse.Namespace) -> tuple[dict, dict]:
    """(fields of a Recipe without `settings`, fields of Settings)."""
    values, settings = values_of(chosen)
    weights = Weights(
        content=values.pop("content"), style=values.pop("style_weight"), grain=values.pop("grain")
    )
    del values["size_hw"]
    return values | {"weights": weights}, settings
