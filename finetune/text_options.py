"""The options and the command line that recipes for texts share: of the run, the vocabulary, the recurrent network."""

import argparse

from finetune.options import count, not_negative_count, recipe_parser, run_options, settings_options, share
from finetune.options import recipe_values as shared_values

MODELS = "ours by name (the module's first lines list them), a checkpoint of ours, or transformers:HUB_ID"


def build_parser(module: str, what: str, learning: dict[str, object]) -> argparse.ArgumentParser:
    """The parser of `python -m finetune.MODULE`, which trains `what`; `learning`: defaults of Settings."""
    parser = recipe_parser(module, f"Train {what}.")
    add = parser.add_argument_group("what").add_argument
    add("--model", required=True, help=MODELS)
    add("--data", required=True, help="file, folder or zip; the module's first lines say of what")
    run_options(add, dev_block=None)
    settings_options(parser, **learning)
    add = parser.add_argument_group("network, where it is ours and starts from random weights").add_argument
    add(
        "--least-count",
        type=count,
        default=2,
        help="a word that stands less often in training gets no number",
    )
    add("--embedding", type=count, default=64, help="numbers in the vector of a word")
    add("--hidden", type=count, default=64, help="numbers in the state of a layer and direction")
    add("--dropout", type=share, default=0.5, help="share of the numbers that are left out in training")
    add("--word-dropout", type=share, default=0.1, help="share of the words that are left out in training")
    add = parser.add_argument_group("pretrained encoder").add_argument
    add(
        "--lora-rank",
        type=not_negative_count,
        default=0,
        help="of the thin matrices that learn beside its own (LoRA); 0: 8 for minilm, all weights of another learn",
    )
    return parser


def recipe_values(chosen: argparse.Namespace) -> tuple[dict, dict]:
    """(fields of a Recipe without `settings`, fields of Settings)."""
    recipe, settings = shared_values(argparse.Namespace(**vars(chosen), size=None))
    return {name: value for name, value in recipe.items() if name != "size_hw"}, settings
