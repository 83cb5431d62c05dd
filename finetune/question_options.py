"""The options of `python -m finetune.visual_question_answering`."""

import argparse

from finetune.options import count, recipe_parser, run_options, settings_options, share

MODELS = "vqa-product, vqa-concatenation, vqa-bilinear, a checkpoint of ours, or transformers:HUB_ID"


def build_parser(module: str, learning: dict[str, object]) -> argparse.ArgumentParser:
    """The parser of `python -m finetune.MODULE`; `learning`: defaults of Settings."""
    parser = recipe_parser(module, "Train a network that answers questions about pictures.")
    add = parser.add_argument_group("what").add_argument
    add("--model", required=True, help=MODELS)
    add("--data", required=True, help="folder or zip with pictures and questions.json, or a Hub dataset id")
    run_options(add)
    settings_options(parser, **learning)
    add = parser.add_argument_group("data").add_argument
    add("--least-answers", type=count, default=2, help="a rarer answer is left out of the fixed set")
    add("--least-count", type=count, default=2, help="a word that stands less often gets no number")
    add("--questions-at-once", type=count, default=8, help="about a picture, in one step")
    add("--augment", choices=("none", "shift"), default="none", help="shift: moved a little and mirrored")
    add("--blind", action="store_true", help="no picture: what do the questions alone give away?")
    add = parser.add_argument_group("network").add_argument
    add(
        "--regions",
        choices=("own", "imagenet"),
        default="own",
        help="own: a small network for drawings, trained with the rest; imagenet: frozen features, for photographs",
    )
    add("--embedding", type=count, default=32, help="numbers in the vector of a word")
    add("--hidden", type=count, default=64, help="numbers in the state after a word")
    add("--dropout", type=share, default=0.1, help="share of the numbers that are left out in training")
    add("--word-dropout", type=share, default=0.02, help="share of the words that are left out in training")
    add("--label-smoothing", type=share, default=0.0, help="probability given away to all answers")
    add(
        "--lora-rank",
        dest="lora",
        type=int,
        default=0,
        metavar="RANK",
        help="of transformers: train two thin matrices of this rank beside those of attention; 0: all weights",
    )
    return parser
