"""The command line of a recipe for one data set: what the files `<task>_<dataset>.py` share."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from finetune.about import About
from finetune.image_classification import run
from finetune.running import Push

R = TypeVar("R")  # the Recipe of the task: frozen, with `smoke` and `settings`


def dataset_main(
    module: str,
    recipe: Callable[[str, Path, Path, int], R],
    about: Callable[[str], About],
    networks: Sequence[str],
    arguments: Sequence[str] | None = None,
    run_recipe: Callable[..., int] = run,
) -> int:
    """Parse the command line of finetune.`module`, run `recipe(network, data_dir, output, seed)`; the exit code.

    `run_recipe` is the `run` of the task's recipe.
    """
    parser = argparse.ArgumentParser(prog=f"python -m finetune.{module}")
    add = parser.add_argument
    if len(networks) > 1:
        add("network", choices=networks, help="which network of the lecture")
    add(
        "--data-dir",
        type=Path,
        required=True,
        help="folder with the data; the module's first lines say what is in it",
    )
    add("--output", type=Path, required=True, help="folder of the run: its state, logs and checkpoint")
    add("--seed", type=int, default=0, help="decides all that is random")
    add("--workers", type=int, default=0, help="processes that read pictures")
    add("--smoke", action="store_true", help="2 epochs of 8 batches: does it run at all?")
    add(
        "--publish-only",
        action="store_true",
        help="no training: a checkpoint from the best weights in --output",
    )
    add("--push-to-hub", default="", metavar="USER/NAME", help="repository to push the checkpoint to")
    add("--private", action="store_true", help="make that repository private")
    chosen = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    network = chosen.network if len(networks) > 1 else networks[0]
    made = recipe(network, chosen.data_dir, chosen.output, chosen.seed)
    made = replace(made, smoke=chosen.smoke, settings=replace(made.settings, workers=chosen.workers))
    where = Push(repo=chosen.push_to_hub, private=chosen.private)
    return run_recipe(made, lambda start, data: about(network), where, chosen.publish_only)
