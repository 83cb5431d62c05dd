"""The options of `python -m finetune.face_landmarks`."""

import argparse

from finetune.options import not_negative, recipe_values, run_options, settings_options, size

__all__ = ["build_parser", "recipe_values"]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m finetune.face_landmarks",
        description="Train a network for the 68 points of a face. Run the same command again to resume.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument_group("what").add_argument
    add("--model", default="heatmaps", help="regression, heatmaps, or a checkpoint of ours to go on from")
    add("--data", required=True, help="folder or zip: pictures of faces and a table of their points")
    run_options(add, dev_block=None)
    settings_options(
        parser,
        epochs=40,
        batch=32,
        learning_rate=2e-3,
        weight_decay=0.02,
        optimizer="adamw",
        ema=0.99,
        clip_norm=5.0,
    )
    add = parser.add_argument_group("network").add_argument
    add("--size", type=size, default=None, help="96: side of the square that the network sees")
    add("--backbone-rate", type=not_negative, default=0.5, help="rate of the backbone / rate of the rest")
    add(
        "--frozen-stages",
        type=int,
        choices=range(5),
        default=2,
        help="stages from the input that do not learn",
    )
    return parser
