"""The options of `python -m finetune.face_recognition`."""

import argparse

from finetune.options import (
    above_zero,
    count,
    not_negative,
    recipe_values,
    run_options,
    settings_options,
    size,
)

__all__ = ["build_parser", "recipe_values"]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m finetune.face_recognition",
        description="Train a network that tells people apart by their faces. Run the same command again to resume.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument_group("what").add_argument
    add(
        "--model",
        default="face-embedding",
        help="face-embedding, siamese, or a checkpoint of ours to go on from",
    )
    add("--data", required=True, help="folder or zip with a folder a person, or a Hub dataset of such")
    run_options(add, dev_block=None)
    settings_options(
        parser,
        epochs=20,
        batch=16,
        learning_rate=5e-3,
        weight_decay=1e-3,
        optimizer="adamw",
        ema=0.99,
        clip_norm=5.0,
    )
    add = parser.add_argument_group("faces and loss").add_argument
    add(
        "--faces",
        choices=("find", "whole"),
        default="find",
        help="find: faces are looked for and turned upright; whole: the pictures are crops of upright faces already",
    )
    add("--size", type=size, default=None, help="96: side of the face that the network sees")
    add("--each", type=count, default=4, help="pictures of a person in a batch (--batch counts people)")
    add("--rounds", type=count, default=2, help="times that each person comes in an epoch")
    add("--margin", type=above_zero, default=0.2, help="of the triplet loss, in squared distances")
    add(
        "--who",
        type=not_negative,
        default=1.0,
        help="weight of a second loss, which training person it is; 0: triplets alone",
    )
    add(
        "--frozen-stages",
        type=int,
        choices=range(6),
        default=3,
        help="first stages of an ImageNet backbone that stay",
    )
    add(
        "--backbone-rate",
        type=above_zero,
        default=0.5,
        help="learning rate of the rest of the backbone / of the rest",
    )
    return parser
