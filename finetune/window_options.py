"""The options of `python -m finetune.sliding_window`."""

import argparse
from collections.abc import Sequence

from finetune.options import (
    above_zero,
    count,
    recipe_parser,
    recipe_values,
    run_options,
    settings_options,
    size,
)

__all__ = ["build_parser", "recipe_values"]


def sides(text: str) -> tuple[float, ...]:
    """42,90,160"""
    return tuple(sorted(above_zero(side) for side in text.split(",")))


def build_parser(models: Sequence[str]) -> argparse.ArgumentParser:
    parser = recipe_parser("sliding_window", "Train the window that slides over pictures.")
    add = parser.add_argument_group("what").add_argument
    add("--model", choices=models, required=True, help="one window after the other, or all in one pass")
    add("--data", required=True, help="Pascal VOC XML, COCO JSON or a YOLO folder; or a Hub dataset")
    run_options(add, dev_block=10)
    settings_options(
        parser,
        epochs=6,
        batch=128,
        learning_rate=3e-3,
        weight_decay=0.01,
        optimizer="adamw",
        ema=0.995,
        clip_norm=5.0,
    )
    add = parser.add_argument_group("windows").add_argument
    add("--hard-epochs", type=count, default=4, help="epochs with the background that was taken for objects")
    add("--crops", type=count, default=30_000, help="windows in an epoch")
    add(
        "--sides",
        type=sides,
        default=(),
        help="42,90,160: sides of the windows in pixels; none: from the data",
    )
    add("--size", type=size, default=None, help="480x640 (height x width): pictures are made to fit into it")
    add(
        "--augment",
        choices=("photo", "any_way_up"),
        default="photo",
        help="mirrored; or turned by quarters too",
    )
    return parser
