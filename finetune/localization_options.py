"""The options of `python -m finetune.localization`."""

import argparse

from finetune.options import (
    count,
    not_negative,
    recipe_parser,
    recipe_values,
    run_options,
    settings_options,
    share,
    size,
)

__all__ = ["build_parser", "recipe_values"]


def build_parser() -> argparse.ArgumentParser:
    parser = recipe_parser("localization", "Train classification with localization.")
    add = parser.add_argument_group("what").add_argument
    add(
        "--model",
        default="localizer",
        help="localizer (from ImageNet weights), or a localizer of ours to go on from",
    )
    add("--data", required=True, help="Pascal VOC XML, COCO JSON or a YOLO folder; or a Hub dataset")
    add("--background-dir", default="", help="folder or zip of pictures without any object")
    run_options(add, dev_block=10)
    settings_options(
        parser,
        epochs=20,
        batch=32,
        learning_rate=2e-3,
        weight_decay=0.05,
        optimizer="adamw",
        ema=0.99,
        clip_norm=5.0,
    )
    add = parser.add_argument_group("pictures").add_argument
    add(
        "--pictures",
        choices=("whole", "crops"),
        default="whole",
        help="those with one object, or crops with one or none out of all",
    )
    add("--crops", type=count, default=2000, help="crops in an epoch, of every class as many")
    add("--none-share", type=share, default=0.2, help="share of the crops that hold no object")
    add(
        "--augment",
        choices=("photo", "any_way_up"),
        default="photo",
        help="mirrored; or turned by quarters too",
    )
    add(
        "--size", type=size, default=None, help="128 or 160x320 (height x width); None: what the weights want"
    )
    add = parser.add_argument_group("network").add_argument
    add("--last-stage", type=int, choices=(3, 4), default=4, help="of the backbone: 3 is half as large")
    add(
        "--backbone-rate",
        type=not_negative,
        default=0.3,
        help="rate of the pretrained part / rate of the head",
    )
    add(
        "--frozen-stages",
        type=int,
        choices=range(5),
        default=2,
        help="stages from the input that do not learn",
    )
    return parser
