"""How far pictures are from the content and the style that they were made from, as one classifier sees it.

The report, as JSON (a public interface; docs/command-line.md):

    task, checkpoint, data, split     what was measured, on what
    style, judge                      name of the style; the checkpoint whose classifier tells content and style
    count, skipped                    photographs answered; those that could not be read
    style_left                        {value, low, high, count}: the style cost (equation 9.9) of the answer divided by
                                      that of the photograph itself: 0 is the style itself, 1 is nothing done. The mean
                                      over the photographs, 95 % bootstrap over them, their count
    content_lost                      the same of the content cost (equation 9.6): 0 is the photograph's content, 1 is a
                                      picture in which nothing is anywhere
    baseline                          {name, style_left, content_lost} of a system without a network: mean and spread of
                                      each colour moved to those of the style picture
    seconds, seconds_per_picture      of everything, decoding included; of the network alone
    device

Measured on the middle square of each photograph, 256 x 256 pixels, with the style picture at 256 pixels.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from hub_models.data_files import Photographs, open_photographs
from hub_models.errors import BadData, BadInput
from hub_models.evaluate import SPLITS
from hub_models.inside.style import ContentTarget, StyleTarget
from hub_models.loader import LOADER, find
from hub_models.metrics import resampled_figure
from hub_models.picture import decode_picture, middle
from hub_models.predictors.gatys import Gatys
from hub_models.predictors.style_pictures import in_size, named_style
from hub_models.predictors.stylizer import StylizerProtocol

TASK, JUDGE = "style-transfer", "gatys.vgg_small"
SIDE = 256  # pixels
STYLE_FILE = "style.jpg"  # beside the weights of a network that was trained for one style
BASELINE = "colours moved to the style's"
DRAWS = 2000  # bootstrap samples
Show = Callable[[int, int], None]


def evaluate_path(
    checkpoint: str, path: str | Path, show: Show | None = None, tell: Show | None = None
) -> dict:
    """The report of `checkpoint` (an id, or a folder that a recipe wrote) on the photographs at `path`."""
    row = LOADER.resolve(checkpoint, TASK)
    splits = open_photographs(path)
    split = next(name for name in SPLITS if name in splits)
    judge = LOADER.get(JUDGE, TASK)

    def work(predictor: StylizerProtocol) -> dict:
        style = style_of(predictor)
        return evaluate(
            predictor, splits[split], style, judge, show, name=Path(path).resolve().name, split=split
        )

    return LOADER.run(row.id, TASK, work, tell)


def style_of(predictor: StylizerProtocol) -> np.ndarray:
    """The picture of the style that `predictor` uses where none is named, (H, W, 3) uint8. BadInput `style_unknown`."""
    if predictor.takes_picture:
        return named_style(predictor.names[0])
    files = find(predictor.checkpoint)
    if not (files.is_dir() and (files / STYLE_FILE).is_file()):
        raise BadInput(
            "style_unknown",
            f"Expected a checkpoint whose style picture is known; {predictor.checkpoint.title} came without it, so "
            "nothing says how near its answers are.",
        )
    return decode_picture(files / STYLE_FILE).pixels


class Judge:
    """What a classifier says of pictures made from a photograph, for one style picture."""

    def __init__(self, gatys: Gatys, style: np.ndarray, side: int = SIDE) -> None:
        self.gatys = gatys
        self.style = StyleTarget(gatys.network, gatys.tensor(in_size(style, side)), gatys.layers)

    def costs(self, photograph: np.ndarray, picture: np.ndarray) -> tuple[float, float]:
        """(share of the style cost that is left, content cost): both (H, W, 3) uint8 of one size."""
        network, layers = self.gatys.network, self.gatys.layers
        with torch.inference_mode():
            before = network(self.gatys.tensor(photograph), layers.names)
            after = network(self.gatys.tensor(picture), layers.names)
            left = self.style.cost(after) / self.style.cost(before)
            lost = ContentTarget(before, layers).cost(after)
        return float(left), float(lost)


def evaluate(
    predictor: StylizerProtocol,
    data: Photographs,
    style: np.ndarray,
    gatys: Gatys,
    show: Show | None = None,
    *,
    name: str = "",
    split: str = "all",
) -> dict:
    """The report of `predictor` on `data`, for the picture (H, W, 3) of its style. BadData `data_unreadable`."""
    began, network = time.perf_counter(), 0.0
    judge, ours, moved = Judge(gatys, style), [], []
    for index in range(len(data)):
        try:
            photograph = middle(data.read(index), SIDE)
        except BadInput:
            continue
        asked = time.perf_counter()
        picture = predictor.predict(photograph, longest_side=SIDE).picture
        network += time.perf_counter() - asked
        ours.append(judge.costs(photograph, picture))
        moved.append(judge.costs(photograph, recoloured(photograph, style)))
        if show:
            show(index + 1, len(data))
    if not ours:
        raise BadData("data_unreadable", f"Expected photographs, but none of {len(data)} could be read.")
    left, lost = np.array(ours).T
    moved_left, moved_lost = np.array(moved).mean(0)
    drawn = np.random.default_rng(0).integers(0, len(ours), (DRAWS, len(ours)))
    return {
        "task": TASK,
        "checkpoint": predictor.checkpoint.id,
        "data": name,
        "split": split,
        "style": predictor.names[0],
        "judge": gatys.checkpoint.id,
        "count": len(ours),
        "skipped": len(data) - len(ours),
        "style_left": resampled_figure(left.mean(), left[drawn].mean(1), len(ours)),
        "content_lost": resampled_figure(lost.mean(), lost[drawn].mean(1), len(ours)),
        "baseline": {
            "name": BASELINE,
            "style_left": round(float(moved_left), 6),
            "content_lost": round(float(moved_lost), 6),
        },
        "seconds": round(time.perf_counter() - began, 3),
        "seconds_per_picture": round(network / len(ours), 4),
        "device": predictor.device,
    }


def recoloured(photograph: np.ndarray, style: np.ndarray) -> np.ndarray:
    """`photograph` with the mean and the spread of each colour of `style`; (H, W, 3) uint8 both."""
    colours, wanted = photograph.reshape(-1, 3).astype(float), style.reshape(-1, 3).astype(float)
    spread = wanted.std(0) / np.maximum(colours.std(0), 1e-3)
    moved = (colours - colours.mean(0)) * spread + wanted.mean(0)
    return np.clip(moved, 0, 255).round().astype(np.uint8).reshape(photograph.shape)


def text(report: dict) -> str:
    """The report for people."""

    def line(what: str, key: str) -> str:
        figure, base = report[key], report["baseline"]
        bounds = f"{figure['low']:.1%} to {figure['high']:.1%}"
        return f"{what:14}{figure['value']:.1%} ({bounds}); {base['name']} {base[key]:.1%}"

    lines = [
        f"{report['checkpoint']} on {report['data']} ({report['split']}), style {report['style']}, judged by "
        f"{report['judge']}: {report['count']:,} photographs, {report['skipped']:,} left out",
        line("style left", "style_left"),
        line("content lost", "content_lost"),
        f"{report['seconds_per_picture'] * 1000:.1f} ms a picture of {SIDE} x {SIDE} pixels on {report['device']}",
    ]
    return "\n".join(lines)
