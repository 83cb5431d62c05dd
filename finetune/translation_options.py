"""The options and the command line of `python -m finetune.translation`."""

import argparse

from finetune.options import count, recipe_parser, run_options, settings_options, share
from finetune.text_options import MODELS

LEARNING = {
    "epochs": 12, "batch": 64, "learning_rate": 1.5e-3, "weight_decay": 1e-2, "optimizer": "adamw", "ema": 0.998,
    "clip_norm": 1.0, "precision": "no",
}  # what `--epochs` and the like are when not said  # fmt: skip


def rank(text: str) -> int:
    if not text.isdecimal() or int(text) > 1024:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 to 1024, got {text!r}")
    return int(text)


def build_parser() -> argparse.ArgumentParser:
    parser = recipe_parser("translation", "Train a translator.")
    add = parser.add_argument_group("what").add_argument
    add("--model", required=True, help=MODELS)
    add("--data", required=True, help="file, folder or zip of pairs; the module's first lines say how")
    add("--source", default="", help="language that is read, as the files are called: en")
    add("--target", default="", help="language that is written: fr")
    run_options(add, dev_block=None)
    parser.set_defaults(dev_share=0.03)
    settings_options(parser, **LEARNING)
    add = parser.add_argument_group("network, where it is ours and starts from random weights").add_argument
    add("--pieces", type=count, default=3_500, help="pieces of words, of both languages together")
    add("--width", type=count, default=128, help="numbers in the vector of a piece")
    add("--hidden", type=count, default=192, help="numbers in the state of a recurrent decoder")
    add("--layers", type=count, default=3, help="of a Transformer's encoder, and of its decoder")
    add("--heads", type=count, default=4, help="of a Transformer")
    add("--inner", type=count, default=256, help="numbers in the dense layers of a Transformer")
    add("--dropout", type=share, default=0.2, help="share of the numbers that are left out in training")
    add("--label-smoothing", type=share, default=0.1, help="probability given away to all pieces")
    add = parser.add_argument_group("pretrained network").add_argument
    add(
        "--lora-rank",
        type=rank,
        default=0,
        help="learn matrices of this rank beside the weights of attention, and add them in the end; 0: all weights",
    )
    return parser
