"""R-CNN, Fast and Faster R-CNN on one picture: seconds to find the regions, seconds to judge them (figure 8.7)."""

import html
import time
from dataclasses import dataclass

import gradio as gr
import numpy as np

from hub_models import compute
from hub_models.checkpoint import Checkpoint
from hub_models.draw import COLOURS
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.fitting import of_model
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table

ORDER = ("rcnn", "fast_rcnn", "faster_rcnn")
FAMILY = of_model(*ORDER)
REGIONS = f"rgb{COLOURS[0]}"
JUDGING = f"repeating-linear-gradient(45deg, rgb{COLOURS[4]} 0 6px, rgb{COLOURS[1]} 6px 9px)"  # told apart without colour
BAR = "display:inline-block;height:1.1rem;vertical-align:middle;min-width:1px"


@dataclass(frozen=True, kw_only=True)
class Spent:
    checkpoint: Checkpoint
    count: int  # regions
    regions: float  # seconds to find them
    judging: float  # seconds to look at them

    @property
    def total(self) -> float:
        return self.regions + self.judging


def seconds_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Where do the seconds go (lecture, figure 8.7)? R-CNN spends them on sending every region through the network; "
        "Fast R-CNN shares the network's work, so that the search for regions is what is left; Faster R-CNN finds the "
        "regions with the same network. Measured here and now, on your picture and this machine."
    )
    with gr.Row():
        show = gr.Button("Measure", variant="primary")
        stop = gr.Button("Cancel")
    shown = gr.HTML()

    def view(picture):
        pixels = decode_picture(uploaded(picture)).pixels
        spent: list[Spent] = []
        so_far = ""
        for row in sorted(filter(FAMILY, LOADER.menu(task.id)), key=lambda c: ORDER.index(c.model)):
            yield f"{so_far}<p>{html.escape(row.title)} is at work ...</p>"
            spent.append(LOADER.run(row.id, task.id, lambda predictor: measured(predictor, pixels)))
            so_far = bars(spent) + numbers(spent)
        yield so_far or problem("No checkpoint of this family is here.")

    on_click(show.click, view, [shared.input], [shown], stop=stop)


def measured(predictor, pixels: np.ndarray) -> Spent:
    """Both parts of one network on one picture, after a first look that does not count."""
    if predictor.checkpoint.model == "faster_rcnn":
        faster_parts(predictor, pixels)
        count, regions, judging = faster_parts(predictor, pixels)
    else:
        predictor.propose(pixels[:32, :32])
        predictor.judge(pixels, np.float32([[0, 0, *pixels.shape[1::-1]]]))
        began = time.perf_counter()
        proposals = predictor.propose(pixels).boxes_xyxy
        searched = time.perf_counter()
        compute.check()
        predictor.judge(pixels, proposals)
        count, regions, judging = len(proposals), searched - began, time.perf_counter() - searched
    return Spent(checkpoint=predictor.checkpoint, count=count, regions=regions, judging=judging)


def faster_parts(predictor, pixels: np.ndarray) -> tuple[int, float, float]:
    """(regions, seconds until they are found, seconds to judge them). The shared map counts as part of the second."""
    import torch

    began = time.perf_counter()
    x, _ = predictor.preprocess(pixels)
    with torch.inference_mode():
        shared = predictor.network.shared_map(x)
        mapped = time.perf_counter()
        regions, _ = predictor.network.propose(x, shared)
        proposed = time.perf_counter()
        predictor.network.head.detect(shared, regions, tuple(x.shape[2:]))
    judged = time.perf_counter() - proposed + mapped - began
    return len(regions[0]), proposed - mapped, judged


def bars(spent: list[Spent]) -> str:
    """A bar a network, its two parts beside each other."""
    longest = max(s.total for s in spent)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(s.checkpoint.title)}</th><td style="width:65%" aria-hidden="true">'
        f'<span style="{BAR};background:{REGIONS};width:{99 * s.regions / longest:.2f}%"></span>'
        f'<span style="{BAR};background:{JUDGING};width:{99 * s.judging / longest:.2f}%"></span></td>'
        f'<td class="number">{s.total:.3f} s</td></tr>'
        for s in spent
    )
    key = "".join(
        f'<li style="display:flex;align-items:center;gap:0.4rem;margin:0"><span aria-hidden="true" '
        f'style="{BAR};width:2rem;background:{ground}"></span>{words}</li>'
        for ground, words in ((REGIONS, "to find the regions"), (JUDGING, "to look at them"))
    )
    row = "display:flex;flex-wrap:wrap;gap:0.2rem 1.2rem;list-style:none;padding:0"
    return f'<table class="facts"><tbody>{rows}</tbody></table><ul style="{row}">{key}</ul>'


def numbers(spent: list[Spent]) -> str:
    oldest = spent[0]
    rows = [
        [
            str(s.checkpoint.year),
            s.checkpoint.title,
            s.count,
            f"{s.regions:.3f}",
            f"{s.judging:.3f}",
            f"{s.total:.3f}",
            f"{oldest.total / s.total:.1f}",
        ]
        for s in spent
    ]
    headers = [
        "Year",
        "Network",
        "Regions",
        "Seconds to find them",
        "to look at them",
        "in all",
        f"times as fast as {oldest.checkpoint.title}",
    ]
    return table(headers, rows)
