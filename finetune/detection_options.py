"""The options of `python -m finetune.object_detection`."""

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
    parser = recipe_parser("object_detection", "Train a detector of objects.")
    add = parser.add_argument_group("what").add_argument
    add(
        "--model",
        required=True,
        help="faster-rcnn, fast-rcnn, yolo-anchors, yolo-grid, yolo, rt-detr, or a checkpoint of ours",
    )
    add("--data", required=True, help="Pascal VOC XML, COCO JSON or a YOLO folder; or a Hub dataset")
    run_options(add, dev_block=10)
    settings_options(
        parser, epochs=40, batch=8, learning_rate=2e-3, optimizer="adamw", ema=0.99, clip_norm=10.0
    )
    add = parser.add_argument_group("pictures").add_argument
    add("--augment", choices=("none", "photo", "any_way_up"), default="photo", help="kind of changes")
    add("--size", type=size, default=None, help="320x416 (height x width): pictures are made to fit into it")
    backbone_and_card_options(add, frozen_stages=2, backbone_rate=0.2)
    return parser
