"""The options of `python -m finetune.instance_segmentation`."""

import argparse

from finetune.options import (
    backbone_and_card_options,
    count,
    recipe_parser,
    recipe_values,
    run_options,
    settings_options,
    size,
)

__all__ = ["build_parser", "recipe_values"]


def build_parser() -> argparse.ArgumentParser:
    parser = recipe_parser("instance_segmentation", "Train a network that finds the pixels of every object.")
    add = parser.add_argument_group("what").add_argument
    add(
        "--model", required=True, help="mask-rcnn, unet (one class), yolo-seg[:NAME], or a checkpoint of ours"
    )
    add("--data", required=True, help="images/ and labels/ (label maps), or COCO JSON; or a Hub dataset")
    add("--class-name", default="object", help="what the objects of label maps are, without classes.txt")
    run_options(add, dev_block=10)
    settings_options(
        parser, epochs=40, batch=4, learning_rate=1e-3, optimizer="adamw", ema=0.998, clip_norm=10.0
    )
    add = parser.add_argument_group("pictures").add_argument
    add("--augment", choices=("none", "photo", "any_way_up"), default="photo", help="kind of changes")
    add("--size", type=size, default=None, help="384 or 288x384 (height x width): pictures are made to fit")
    add(
        "--crop", dest="crop_hw", type=size, default=(256, 256), help="part of them that is shown in training"
    )
    add("--passes", type=count, default=1, help="times that a picture comes in an epoch, changed otherwise")
    backbone_and_card_options(add, frozen_stages=2, backbone_rate=0.3)
    return parser
