"""The options of `python -m finetune.time_series`."""

import argparse

from finetune.options import count, recipe_parser, run_options, settings_options, share
from finetune.text_options import recipe_values as text_values

LEARNING = {
    "epochs": 8, "batch": 64, "learning_rate": 3e-3, "optimizer": "adamw", "clip_norm": 1.0, "weight_decay": 0.01,
    "ema": 0.99,
}  # fmt: skip


def build_parser() -> argparse.ArgumentParser:
    parser = recipe_parser("time_series", "Train a network that forecasts series.")
    add = parser.add_argument_group("what").add_argument
    add("--model", required=True, help="rnn, lstm or gru (from random weights), or a checkpoint of ours")
    add("--data", required=True, help="a CSV of one series, or a folder or zip of them")
    run_options(add, dev_block=None)
    settings_options(parser, **LEARNING)
    add = parser.add_argument_group("network").add_argument
    add("--horizon", type=count, default=24, help="steps that are forecast at once")
    add("--window", type=count, default=96, help="values that are read")
    add("--hidden", type=count, default=48, help="numbers in the state")
    add("--dropout", type=share, default=0.1, help="share of the numbers that are left out in training")
    add("--drawn", type=share, default=0.5, help="share of the windows that come from series drawn at random")
    add("--windows", type=count, default=3000, help="windows an epoch")
    return parser


def recipe_values(chosen: argparse.Namespace) -> tuple[dict, dict]:
    """(fields of a Recipe without `settings`, fields of Settings). The split is by time, so no share of it is asked for."""
    recipe, settings = text_values(chosen)
    return {name: value for name, value in recipe.items() if name not in ("dev_data", "dev_share")}, settings
