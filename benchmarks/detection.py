"""Detectors of the hub against the bare libraries, and how the seconds of the R-CNN family grow.

    python -m benchmarks.detection [--rounds 10]

Bare is what one writes by hand: Ultralytics' own call with the same weights, torchvision's Faster R-CNN with its own
thresholds (at random weights, which cost as much time as trained ones). Both ways see the same pictures in turn with
the same number of threads. The second table lays the family of chapter 8.3 and 8.4 side by side, as the lecture's
figure 8.7 does: seconds a picture over its size and over the number of proposals, search and network apart.
"""

import argparse
import itertools
import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn

from benchmarks.timing import Row, in_turn, seconds_of, table, text_table
from hub_models import compute
from hub_models.loader import LOADER, build, find
from hub_models.local import read_config
from hub_models.picture import decode_picture
from hub_models.predictors.torchvision import TorchvisionDetector
from hub_models.predictors.ultralytics_offline import ultralytics
from hub_models.task import task
from hub_models.ui.examples import available

TASK = "object-detection"
YOLO = "yolo11_small.bccd"
FAMILY = ("rcnn.bccd", "fast_rcnn.bccd", "faster_rcnn.bccd")
SIDES = (208, 416, 624)  # longer side of the picture that the network sees
PROPOSALS = (100, 500, 1000, 2000)


def pictures() -> list[np.ndarray]:
    """The blood smears among the examples, decoded: (480, 640, 3) uint8."""
    return [decode_picture(p).pixels for name, p in available(task(TASK)).items() if name.startswith("blood")]


def compared(what: str, ours: Callable, bare: Callable, rounds: int, aim: str = "") -> Row:
    """Both take pixels; every round asks both for the next picture."""
    asked, also = itertools.cycle(pictures()), itertools.cycle(pictures())
    times = in_turn(lambda: ours(next(asked)), lambda: bare(next(also)), rounds)
    return Row(what=what, ours=times[0], bare=times[1], unit="ms", aim=aim)


def against_ultralytics(rounds: int) -> Row:
    """The bundled YOLO against the library's own predictor around the same network."""
    row = LOADER.checkpoint(YOLO, TASK)
    ours, model = LOADER.get(YOLO, TASK), build(row, LOADER.device)
    model.names = dict(enumerate(read_config(find(row))["label_names"]))
    ultralytics()  # quiet, before any part of it
    from ultralytics.models.yolo.detect import DetectionPredictor

    predictor = DetectionPredictor(
        overrides={"imgsz": row.input.size_hw[0], "conf": 0.5, "iou": 0.5, "verbose": False, "save": False}
    )
    predictor.setup_model(model, verbose=False)
    wanted = predictor(pictures()[0][:, :, ::-1])[0]  # it takes BGR
    found = ours.predict(pictures()[0])
    assert abs(len(wanted.boxes) - len(found)) <= 1, (len(wanted.boxes), len(found))
    return compared(
        f"{YOLO}, Ultralytics", ours.predict, lambda pixels: predictor(pixels[:, :, ::-1]), rounds
    )


def against_torchvision(rounds: int) -> Row:
    """Faster R-CNN with MobileNet: all candidates and our selection, against the library's own end."""
    torch.manual_seed(0)
    network = fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None).eval()
    bare = fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None).eval()
    bare.load_state_dict(network.state_dict())
    row = replace(LOADER.checkpoint("faster_rcnn.bccd", TASK), library="torchvision")
    ours = TorchvisionDetector(row, network, tuple(map(str, range(90))), "cpu")

    def call(pixels: np.ndarray) -> dict:
        with torch.inference_mode():
            return bare([torch.from_numpy(pixels).permute(2, 0, 1).float() / 255])[0]

    return compared("Faster R-CNN (MobileNet), torchvision", ours.predict, call, rounds)


def over_sizes(rounds: int) -> str:
    """Seconds a picture of each member of the family, over the size of the picture."""
    cells = [["checkpoint", *(f"{side} px" for side in SIDES)]]
    for name in FAMILY:
        predictor, times = LOADER.get(name, TASK), []
        for side in SIDES:
            pixels = [resized(p, side) for p in pictures()]
            predictor.spec = replace(predictor.spec, size_hw=(side * 10 // 13, side))
            times.append(median_seconds(predictor.candidates, pixels, rounds))
        LOADER.unload(name)  # its input was changed
        cells.append([name, *(f"{t:.2f} s" for t in times)])
    return text_table(cells)


def over_proposals(rounds: int) -> str:
    """Seconds of the search and of the network, over the number of proposals that the network is given."""
    cells = [["part", *(f"{count} proposals" for count in PROPOSALS)]]
    searched = [LOADER.get("fast_rcnn.bccd", TASK).propose(p).boxes_xyxy for p in pictures()]
    for name in FAMILY[:2]:
        predictor, times = LOADER.get(name, TASK), []
        for count in PROPOSALS:
            rows = [(p, np.resize(boxes, (count, 4))) for p, boxes in zip(pictures(), searched, strict=True)]
            times.append(median_seconds(lambda pair, ask=predictor.judge: ask(*pair), rows, rounds))
        cells.append([f"{name}, network", *(f"{t:.2f} s" for t in times)])
    search = median_seconds(LOADER.get("fast_rcnn.bccd", TASK).propose, pictures(), rounds)
    cells.append(["selective search", *(f"{search:.2f} s" for _ in PROPOSALS)])
    return text_table(cells)


def resized(pixels: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize((side, side * 3 // 4)))


def median_seconds(work: Callable, inputs: Sequence, rounds: int) -> float:
    work(inputs[0])
    turn = itertools.cycle(inputs)
    return statistics.median(seconds_of(lambda: work(next(turn))) for _ in range(max(3, rounds // 3)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Detectors of the hub against the bare libraries.")
    parser.add_argument(
        "--rounds", type=int, default=10, help="calls whose median is taken (default %(default)s)"
    )
    options = parser.parse_args()
    plan = compute.plan()
    print(f"{plan.device}, {plan.threads} of {compute.cores()} cores, load {os.getloadavg()[0]:.1f}\n")
    print(table([against_ultralytics(options.rounds), against_torchvision(options.rounds)]))
    print(f"\nSeconds a picture, over its size\n\n{over_sizes(options.rounds)}")
    print(f"\nSeconds a picture, over proposals\n\n{over_proposals(options.rounds)}")


if __name__ == "__main__":
    main()
