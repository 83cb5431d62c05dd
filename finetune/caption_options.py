"""The options of `python -m finetune.image_captioning`."""

import argparse

from finetune.options import count, recipe_parser, run_options, settings_options, share
from finetune.options import recipe_values as shared_values

LEARNING = {
    "epochs": 12, "batch": 16, "learning_rate": 3e-3, "weight_decay": 1e-2, "optimizer": "adamw", "ema": 0.99,
    "clip_norm": 2.0,
}  # what `--epochs` and the like are when not said  # fmt: skip


def build_parser() -> argparse.ArgumentParser:
    parser = recipe_parser("image_captioning", "Train a network that describes pictures.")
    add = parser.add_argument_group("what").add_argument
    add(
        "--model",
        required=True,
        help="caption-lstm or caption-attention, a checkpoint of ours, or transformers:HUB_ID (BLIP, GIT)",
    )
    add(
        "--data",
        required=True,
        help="folder or zip of pictures with captions.json, Flickr8k as it is, or a Hub dataset of such files",
    )
    run_options(add)
    add("--test-share", type=share, default=0.0, help="share split off that nothing is chosen on")
    settings_options(parser, **LEARNING)
    add = parser.add_argument_group("network of ours").add_argument
    add("--least-count", type=count, default=3, help="a word that stands less often gets no number")
    add("--embedding", type=count, default=128, help="numbers in the vector of a word, and of a region")
    add("--hidden", type=count, default=192, help="numbers in the state")
    add("--dropout", type=share, default=0.4, help="share of the numbers that are left out in training")
    add(
        "--views",
        type=count,
        default=4,
        help="whole, mirrored, and pieces of each picture that are described",
    )
    add(
        "--features", default="",
        help="folder that keeps what the network of ImageNet says of pictures; none: in --output",
    )  # fmt: skip
    add(
        "--language-epochs", type=int, default=5,
        help="times that captions are read without pictures first, where it starts from random weights",
    )  # fmt: skip
    add(
        "--similar", type=int, default=0,
        help="captions of pictures that are not there, shown beside the own of the picture they fit best",
    )  # fmt: skip
    add("--label-smoothing", type=share, default=0.1, help="probability given away to all words")
    add = parser.add_argument_group("transformers").add_argument
    add(
        "--lora-rank",
        dest="lora",
        type=int,
        default=0,
        help="rank of low-rank adapters (LoRA) that learn; 0: all weights learn",
    )
    return parser


def recipe_values(chosen: argparse.Namespace) -> tuple[dict, dict]:
    """(fields of a Recipe without `settings`, fields of Settings)."""
    recipe, settings = shared_values(argparse.Namespace(**vars(chosen), size=None))
    values = {name: value for name, value in recipe.items() if name != "size_hw"}
    for name in ("language_epochs", "similar", "lora"):
        values[name] = max(0, values[name])
    return values, settings
