"""The options of `python -m finetune.language_model`."""

import argparse

from finetune.options import count, run_options, settings_options, share
from finetune.text_options import recipe_values

__all__ = ["build_parser", "recipe_values"]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m finetune.language_model",
        description="Train a language model on plain text. Run the same command again to resume.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument_group("what").add_argument
    add(
        "--model",
        required=True,
        help="rnn, lstm, gru or transformer (from random weights), or a checkpoint of ours",
    )
    add(
        "--data",
        required=True,
        help="a .txt file, or a folder, zip or Hub dataset of them (train.txt, val.txt)",
    )
    run_options(add, dev_block=None)
    parser.set_defaults(dev_share=0.1)
    settings_options(
        parser, epochs=10, batch=32, learning_rate=4e-3, optimizer="adamw", clip_norm=1.0, weight_decay=0.01
    )
    add = parser.add_argument_group("network").add_argument
    add(
        "--width",
        type=count,
        default=32,
        help="numbers that a character becomes; of a Transformer, all layers'",
    )
    add("--hidden", type=count, default=256, help="of the state, or of the dense layers of a Transformer")
    add("--layers", type=count, default=1, help="recurrent layers, or Transformer layers")
    add("--heads", type=count, default=4, help="of a Transformer")
    add("--window", type=count, default=128, help="characters in a row; all that a Transformer sees")
    add("--dropout", type=share, default=0.0, help="share of the numbers that are left out in training")
    return parser
