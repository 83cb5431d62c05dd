"""R-CNN on blood cells (BCCD), the data of finetune.object_detection_bccd.

python -m finetune.rcnn_bccd --data-dir DIR --output runs/rcnn.bccd
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.object_detection_bccd import about as about_fast_rcnn
from finetune.rcnn import Recipe, run
from finetune.running import Push


def about() -> About:
    paper, year, deviations = paper_of("rcnn")
    return replace(
        about_fast_rcnn("fast_rcnn"),  # data, licences and limits are the same
        id="rcnn.bccd",
        title="R-CNN",
        architecture="R-CNN",
        year=year,
        paper=paper,
        sentence="Selective search proposes windows; each goes through a network of ImageNet alone, then to linear SVMs.",
        split="15 % of the pictures, in blocks of ten consecutive ones, gave the dev figure and nothing else; the rest "
        "trained",
        command=command("rcnn_bccd", ["--data-dir", "DIR", "--output", "runs/rcnn.bccd"]),
        deviations=deviations,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.rcnn_bccd")
    add = parser.add_argument
    add("--data-dir", required=True, help="folder with images/ and annotations/ (Pascal VOC XML)")
    add("--output", type=Path, required=True, help="folder of the run: its state and checkpoint")
    add("--seed", type=int, default=0, help="decides all that is random")
    add("--smoke", action="store_true", help="8 pictures: does it run at all?")
    add("--publish-only", action="store_true", help="no training: a checkpoint from the weights in --output")
    add("--push-to-hub", default="", metavar="USER/NAME", help="repository to push the checkpoint to")
    add("--private", action="store_true", help="make that repository private")
    chosen = parser.parse_args(arguments)
    recipe = Recipe(data=chosen.data_dir, output=chosen.output, seed=chosen.seed, smoke=chosen.smoke)
    where = Push(repo=chosen.push_to_hub, private=chosen.private)
    return run(recipe, lambda start, data: about(), where, chosen.publish_only)


if __name__ == "__main__":
    sys.exit(main())
