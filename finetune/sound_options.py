"""The options and the command line of the recipe for sounds."""

import argparse

from finetune.options import above_zero, count, recipe_parser, run_options, settings_options, share

MODELS = "spectrogram-cnn (ours), a checkpoint of ours, or transformers:HUB_ID"


def build_parser(module: str, what: str, learning: dict[str, object]) -> argparse.ArgumentParser:
    """The parser of `python -m finetune.MODULE`, which trains `what`; `learning`: defaults of Settings."""
    parser = recipe_parser(module, f"Train {what}.")
    add = parser.add_argument_group("what").add_argument
    add("--model", required=True, help=MODELS)
    add("--data", required=True, help="folder (class/sound.wav, perhaps in train/ and dev/) or zip of one")
    add(
        "--class-by",
        dest="class_part",
        type=int,
        default=0,
        help="part of the file name that is the class, from 1 (7_jackson_32.wav: 1); 0: the folder is",
    )
    add(
        "--group-by",
        dest="group_part",
        type=int,
        default=0,
        help="part of the file name whose sounds stay together (the speaker: 2); 0: none",
    )
    run_options(add, dev_block=None)
    settings_options(
        parser,
        **{("precision" if name == "mixed_precision" else name): value for name, value in learning.items()},
    )
    add = parser.add_argument_group("network").add_argument
    add("--rate", type=count, default=8000, help="samples a second, where the network is new")
    add("--seconds", type=above_zero, default=1.0, help="of sound that it hears at once, where it is new")
    add("--width", type=count, default=24, help="feature maps of its first layer, where it is new")
    add("--dropout", type=share, default=0.3, help="share of the numbers that are left out in training")
    add("--label-smoothing", type=share, default=0.1, help="probability given away to all classes")
    add(
        "--no-changes",
        dest="changes",
        action="store_false",
        help="sounds as they are: no other speed, noise, room, ...",
    )
    add("--freeze", action="store_true", help="of a pretrained network only the last layer learns")
    add(
        "--lora-rank",
        dest="lora",
        type=int,
        default=0,
        help="rank of the additions to a pretrained network that learn in its place",
    )
    return parser
