"""The options of `python -m finetune.image_classification`, and those that all recipes have."""

import argparse
import re
from collections.abc import Callable
from dataclasses import fields

from finetune.about import UNSTATED
from finetune.settings import Settings


def size(text: str) -> tuple[int, int]:
    """224 or 160x320 (height x width)."""
    match = re.fullmatch(r"(\d+)(?:x(\d+))?", text)
    if not match or not all(0 < int(side) <= 4096 for side in match.groups() if side):
        raise argparse.ArgumentTypeError(f"expected 224 or 160x320 (height x width), got {text!r}")
    return int(match[1]), int(match[2] or match[1])


def blocks_to_freeze(text: str) -> int | str:
    if text not in ("head", "half") and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a number of blocks, half or head, got {text!r}")
    return int(text) if text.isdecimal() else text


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def not_negative_count(text: str) -> int:
    return 0 if text == "0" else count(text)


def above_zero(text: str) -> float:
    return within(text, 0, float("inf"), open_below=True)


def not_negative(text: str) -> float:
    return within(text, 0, float("inf"))


def share(text: str) -> float:
    """From 0 to below 1."""
    return within(text, 0, 1)


def within(text: str, low: float, high: float, open_below: bool = False) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value < high or (open_below and value == low):
        limits = f"above {low:g}" if open_below else f"from {low:g}"
        raise argparse.ArgumentTypeError(
            f"expected a number {limits}{f' to below {high:g}' if high < float('inf') else ''}, got {text!r}"
        )
    return value


def workers_here() -> int:
    """Processes that decode pictures, where nothing is asked for: none on a CPU, which computes all the time."""
    import torch

    from hub_models.compute import cores

    return min(8, cores() - 1) if torch.cuda.is_available() else 0


def recipe_parser(recipe: str, does: str) -> argparse.ArgumentParser:
    """The parser of `python -m finetune.RECIPE`, without options yet."""
    return argparse.ArgumentParser(
        prog=f"python -m finetune.{recipe}",
        description=f"{does} Run the same command again to resume.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )


def build_parser() -> argparse.ArgumentParser:
    """The parser; `recipe_values` reads what it gives."""
    parser = recipe_parser("image_classification", "Fine-tune a classifier of pictures.")
    add = parser.add_argument_group("what").add_argument
    add(
        "--model",
        required=True,
        help="a checkpoint's id, a timm name, scratch:TIMM_NAME or architecture:NAME of ours",
    )
    add(
        "--data",
        required=True,
        help="folder (class/picture.jpg, perhaps in train/ and val/), zip, npz, or Hub dataset",
    )
    run_options(add)
    settings_options(parser)
    network_options(parser)
    picture_options(parser)
    return parser


def run_options(add: Callable[..., object], dev_block: int | None = 1) -> None:
    """What every recipe asks for beside its model and data: dev data, output, name, licence, push.

    `dev_block` None: the data says by itself which samples stay together.
    """
    add("--dev-data", default="", help="the same, for choosing the weights")
    add("--dev-share", type=share, default=0.15, help="share split off for that where the data has no val/")
    if dev_block is not None:
        add(
            "--dev-block",
            type=count,
            default=dev_block,
            help="pictures in a row that stay together in that split",
        )
    add("--output", required=True, help="folder of the run: its state, logs and checkpoint")
    add("--name", default="", help="title of the checkpoint")
    add("--data-licence", default=UNSTATED, help="licence of the data, for the model card")
    add("--smoke", action="store_true", help="2 epochs of 8 batches: does it run at all?")
    add(
        "--publish-only",
        action="store_true",
        help="no training: a checkpoint from the best weights in --output",
    )
    add("--push-to-hub", default="", metavar="USER/NAME", help="repository to push the checkpoint to")
    add("--private", action="store_true", help="make that repository private")


def settings_options(parser: argparse.ArgumentParser, **other_defaults: object) -> None:
    """The fields of Settings."""
    add = parser.add_argument_group("learning").add_argument
    add("--epochs", type=count, default=10, help="times that all pictures are seen")
    add("--batch", type=count, default=32, help="pictures a process sees at once")
    add("--accumulate", type=count, default=1, help="batches whose gradients make one step")
    add("--learning-rate", type=above_zero, default=0.005, help="of the last layer, at its highest")
    add("--optimizer", choices=("sgd", "adamw"), default="sgd", help="how gradients change weights")
    add("--weight-decay", type=not_negative, default=5e-4, help="pull of all weights towards 0, but biases")
    add("--precision", choices=("no", "bf16", "fp16"), default="no", help="mixed precision; fp16 needs a GPU")
    add("--ema", type=share, default=0.0, help="decay of a moving average of the weights; 0: none")
    add(
        "--patience", type=int, default=0, help="epochs without a better score after which it stops; 0: never"
    )
    add("--clip-norm", type=not_negative, default=0.0, help="largest norm of the gradient; 0: any")
    add("--seed", type=int, default=0, help="decides all that is random")
    add(
        "--workers",
        type=int,
        default=None,
        help="processes that read pictures; None: up to 8 with a GPU, else 0",
    )
    parser.set_defaults(**other_defaults)


def network_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("network").add_argument
    add("--label-smoothing", type=share, default=0.1, help="probability given away to all classes")
    add("--dropout", type=share, default=None, help="of the layer before the last; None: the network's own")
    add(
        "--freeze-blocks",
        type=blocks_to_freeze,
        default=0,
        help="blocks from the input that stay: 3, half, head (all)",
    )
    add("--rate-decay", type=above_zero, default=1.0, help="learning rate of a block / that of the next")


def picture_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("pictures").add_argument
    add(
        "--augment",
        choices=("none", "digits", "shift", "photo", "strong"),
        default="photo",
        help="kind of changes",
    )
    add(
        "--size", type=size, default=None, help="224 or 160x320 (height x width); None: what the weights want"
    )
    add(
        "--colour",
        choices=("RGB", "grey", "grey_light_on_dark"),
        default=None,
        help="None: what the weights want",
    )


def backbone_and_card_options(add: Callable[..., object], frozen_stages: int, backbone_rate: float) -> None:
    """What recipes ask for whose network has a backbone and whose card shows pictures of the data."""
    add(
        "--frozen-stages",
        type=int,
        default=frozen_stages,
        help="first stages of an ImageNet backbone that stay as they are",
    )
    add(
        "--backbone-rate",
        type=above_zero,
        default=backbone_rate,
        help="learning rate of the rest of the backbone / that of what comes after it",
    )
    add(
        "--no-card-examples",
        dest="card_examples",
        action="store_false",
        help="no pictures of the data in the model card, which goes to the Hub with a push",
    )


def recipe_values(chosen: argparse.Namespace) -> tuple[dict, dict]:
    """(fields of a Recipe without `settings`, fields of Settings)."""
    from pathlib import Path

    given = vars(chosen) | {
        "mixed_precision": chosen.precision,
        "workers": workers_here() if chosen.workers is None else max(0, chosen.workers),
        "patience": max(0, chosen.patience),
        "size_hw": chosen.size,
        "output": Path(chosen.output),
    }
    names = {f.name for f in fields(Settings)}
    settings = {name: value for name, value in given.items() if name in names}
    elsewhere = {"precision", "size", "name", "data_licence", "publish_only", "push_to_hub", "private"}
    recipe = {
        name: value for name, value in given.items() if name not in names | elsewhere | {"mixed_precision"}
    }
    return recipe, settings
