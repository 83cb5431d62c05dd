"""Networks that label pixels against the plainest call of the same weights, and what large pictures cost.

    python -m benchmarks.segmentation [--rounds 10]

Bare is what one writes by hand: torch's own resizing, the network, its logits enlarged to the picture, the largest
taken; for SegFormer the library's processor before and behind (at random weights of the real size, which cost as much
time as trained ones). Both ways see the same pictures in turn with the same number of threads. The second table has the
milliseconds of an answer and the memory that it adds at its peak, each size in a process of its own.
"""

import argparse
import itertools
import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from benchmarks.timing import Row, in_turn, over_sizes, table, time_and_memory
from hub_models import compute
from hub_models.catalog import checkpoints
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import task
from hub_models.ui.examples import available

TASK = "semantic-segmentation"
SIDES = (480, 1280, 4000)  # longer side of the picture given


def pictures() -> list[np.ndarray]:
    """The examples of the tab, as large as a frame of CamVid: (360, 480, 3) uint8."""
    decoded = [decode_picture(path).pixels for path in available(task(TASK)).values()]
    return [np.asarray(Image.fromarray(pixels).resize((480, 360))) for pixels in decoded]


def bundled() -> list[str]:
    return [row.id for row in checkpoints(TASK) if row.kind == "bundled"]


def against_torch(name: str, rounds: int) -> Row:
    """A bundled network as the hub asks it, against the fewest lines of torch around the same network."""
    ours = LOADER.get(name, TASK)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (ours.spec.mean, ours.spec.std))
    stride = ours.network.stride
    size_hw = tuple(-(-side // stride) * stride for side in ours.spec.size_hw)

    def bare(pixels: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            x = torch.tensor(pixels).permute(2, 0, 1)[None].float() / 255
            x = F.interpolate(x, size=size_hw, mode="bilinear", antialias=True)
            logits = ours.network((x - mean) / std)
            return F.interpolate(logits, size=pixels.shape[:2], mode="bilinear").argmax(1)[0].numpy()

    asked, also = itertools.cycle(pictures()), itertools.cycle(pictures())
    first = pictures()[0]
    agreement = (ours.predict(first).labels == bare(first)).mean()
    assert agreement > 0.95, f"{name}: the two ways agree on {agreement:.1%} of the pixels"
    times = in_turn(lambda: ours.predict(next(asked)), lambda: bare(next(also)), rounds)
    return Row(what=f"{name}, bare torch", ours=times[0], bare=times[1], unit="ms")


def against_transformers(rounds: int) -> Row:
    """SegFormer-B0: our predictor against the library's calls around the same weights."""
    from transformers import SegformerConfig, SegformerForSemanticSegmentation, SegformerImageProcessor

    from hub_models.predictors.transformers_segmenter import TransformersSegmenter

    torch.manual_seed(0)
    network = SegformerForSemanticSegmentation(SegformerConfig(num_labels=150)).eval().requires_grad_(False)
    processor = SegformerImageProcessor()
    with TemporaryDirectory() as folder:
        processor.save_pretrained(folder)
        row = replace(LOADER.checkpoint(bundled()[0], TASK), library="transformers", title="SegFormer-B0")
        ours = TransformersSegmenter(row, network, Path(folder), "cpu")

    def bare(pixels: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            said = network(**processor(images=pixels, return_tensors="pt"))
        return processor.post_process_semantic_segmentation(said, [pixels.shape[:2]])[0].numpy()

    asked, also = itertools.cycle(pictures()), itertools.cycle(pictures())
    times = in_turn(lambda: ours.predict(next(asked)), lambda: bare(next(also)), rounds)
    return Row(what="SegFormer-B0 (150 classes), transformers", ours=times[0], bare=times[1], unit="ms")


def one(name: str, side: int) -> None:
    """Print what one answer to a picture of `side` pixels takes, the second one of this process."""
    predictor = LOADER.get(name, TASK)
    pixels = np.asarray(Image.fromarray(pictures()[0]).resize((side, side * 3 // 4)))
    predictor.predict(pictures()[0])
    print(time_and_memory(lambda: predictor.predict(pixels)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Networks that label pixels against the bare libraries.")
    parser.add_argument(
        "--rounds", type=int, default=10, help="calls whose median is taken (default %(default)s)"
    )
    parser.add_argument("--one", nargs=2, metavar=("ID", "SIDE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    plan = compute.plan()
    if options.one:
        one(options.one[0], int(options.one[1]))
        return
    print(f"{plan.device}, {plan.threads} of {compute.cores()} cores, load {os.getloadavg()[0]:.1f}\n")
    rows = [against_torch(name, options.rounds) for name in bundled()]
    print(table([*rows, against_transformers(options.rounds)]))
    sizes = over_sizes("benchmarks.segmentation", bundled(), SIDES)
    print(f"\nAn answer, over the longer side of the picture\n\n{sizes}")


if __name__ == "__main__":
    main()
