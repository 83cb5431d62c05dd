"""The options of `python -m finetune.semantic_segmentation`."""

import argparse

from finetune.options import (
    backbone_and_card_options,
    recipe_parser,
    recipe_values,
    run_options,
    settings_options,
    size,
)

__all__ = ["build_parser", "recipe_values"]


def build_parser() -> argparse.ArgumentParser:
    parser = recipe_parser("semantic_segmentation", "Train a network that labels every pixel.")
    add = parser.add_argument_group("what").add_argument
    add(
        "--model",
        required=True,
        help="segnet, unet, enet, unet-lite, fcn, deconvnet, segformer:HUB_ID, timm:BACKBONE, or a checkpoint of ours",
    )
    add("--data", required=True, help="folder or zip: images/, masks/, classes.txt; or a Hub dataset")
    run_options(add, dev_block=10)
    settings_options(
        parser, epochs=60, batch=8, learning_rate=3e-3, optimizer="adamw", ema=0.99, clip_norm=5.0
    )
    add = parser.add_argument_group("pictures and loss").add_argument
    add(
        "--loss",
        choices=("cross-entropy", "focal", "dice"),
        default="cross-entropy",
        help="dice: added to it",
    )
    add(
        "--class-weights",
        choices=("none", "median", "log"),
        default="none",
        help="rare classes count more: by SegNet's or by ENet's rule",
    )
    add("--augment", choices=("none", "photo", "any_way_up"), default="photo", help="kind of changes")
    add("--size", type=size, default=None, help="192x256 (height x width): pictures are made to fit into it")
    add(
        "--crop",
        dest="crop_hw",
        type=size,
        default=None,
        help="192x256: size at which parts of pictures are shown in training; None: --size",
    )
    backbone_and_card_options(add, frozen_stages=1, backbone_rate=0.3)
    return parser
