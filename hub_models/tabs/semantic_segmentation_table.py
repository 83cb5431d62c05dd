"""Table 9.1 of the notes with numbers: DeconvNet against SegNet, measured on this machine and the visitor's picture."""

from dataclasses import dataclass

import gradio as gr

from hub_models.checkpoint import Checkpoint
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

PAIR = {"deconvnet": "DeconvNet", "segnet": "SegNet"}
SCORE = "mean IoU"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One of the two networks on the visitor's picture."""

    title: str
    checkpoint: Checkpoint | None  # None: no weights are here, random ones were measured
    parameters: int
    decoder: int  # parameters of what comes after the last pooling
    multiply_adds: int
    milliseconds: float
    transposed: int  # transposed convolutions, and ordinary ones, after the last pooling
    ordinary: int
    sparse: float  # share of numbers that are not zero after unpooling, all stages together
    dense: float  # and after the convolutions that follow
    paper: int  # parameters of the faithful size

    def iou(self) -> str:
        metrics = self.checkpoint.metrics if self.checkpoint else ()
        return "; ".join(m.text() for m in metrics if m.name == SCORE and m.split != "train")


def table_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Table 9.1 of the lecture, its words replaced by what can be counted and measured. Both have the same idea, "
        "switches and unpooling; DeconvNet fills the sparse maps with transposed convolutions and has dense layers in the "
        "middle, SegNet fills them with ordinary ones and has nothing in the middle."
    )
    show = gr.Button("Measure both on my picture", variant="primary")
    shown = gr.HTML()

    def view(picture):
        pixels = decode_picture(uploaded(picture)).pixels
        return shown_of([measure(task, model, pixels) for model in PAIR])

    on_click(show.click, view, [shared.input], [shown])


def measure(task: Task, model: str, pixels) -> Measured:
    """The checkpoint of `model` if one is here, else the same layers with random weights, which take as long."""
    row = next(
        (c for c in LOADER.menu(task.id) if c.model == model and c.library == "ours" and c.offline), None
    )
    if row is not None:
        return LOADER.run(row.id, task.id, lambda predictor: measured(model, predictor, pixels, row))
    return measured(model, random_predictor(model), pixels, None)


def random_predictor(model: str):
    import importlib

    import torch

    from hub_models.predictors.segmenter import Segmenter
    from hub_models.preprocess import InputSpec

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = (
            importlib.import_module(f"hub_models.architectures.{model}").MODEL().eval().requires_grad_(False)
        )
    spec = InputSpec(size_hw=(192, 256), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")
    names = tuple(str(number) for number in range(network.classifier.out_channels))
    return Segmenter(None, network, spec, names, LOADER.device)


def measured(model: str, predictor, pixels, row: Checkpoint | None) -> Measured:
    import importlib

    import torch
    from torch import nn

    from hub_models.inside.cost import cost

    network = predictor.network
    x, _ = predictor.preprocess(pixels)
    costs = cost(network, x)
    with torch.inference_mode():
        encoded = network.encode(x)
        decoded = network.decode(encoded.x, encoded.switches)
    after = [child for name, child in network.named_children() if name != "encoder"]
    layers = [layer for child in after for layer in child.modules()]
    with torch.device("meta"):  # counted without making its numbers
        paper = importlib.import_module(f"hub_models.architectures.{model}").MODEL.paper()
    return Measured(
        title=PAIR[model],
        checkpoint=row,
        parameters=costs.parameters,
        decoder=sum(p.numel() for child in after for p in child.parameters()),
        multiply_adds=costs.multiply_adds,
        milliseconds=costs.milliseconds,
        transposed=sum(isinstance(layer, nn.ConvTranspose2d) for layer in layers),
        ordinary=sum(isinstance(layer, nn.Conv2d) for layer in layers),
        sparse=filled(decoded.unpooled),
        dense=filled(decoded.dense),
        paper=sum(p.numel() for p in paper.parameters()),
    )


def filled(maps: list) -> float:
    """The share of numbers that are not zero in all `maps` together."""
    return sum(int((map != 0).sum()) for map in maps) / sum(map.numel() for map in maps)


def share(measured: Measured, value: float) -> str:
    return f"{value:.0%}" if measured.checkpoint else ""


def shown_of(both: list[Measured]) -> str:
    rows = [
        ["Guiding spatial information", *["switches: the places of the maxima"] * 2],
        ["Upsampling", *["unpooling, nothing to learn"] * 2],
        ["Output of unpooling: cells that are not zero", *(share(m, m.sparse) for m in both)],
        ["After the convolutions that follow", *(share(m, m.dense) for m in both)],
        ["Transposed convolutions after the last pooling", *(f"{m.transposed}" for m in both)],
        ["Ordinary convolutions there", *(f"{m.ordinary}" for m in both)],
        ["Parameters", *(f"{m.parameters:,}" for m in both)],
        ["of them after the last pooling", *(f"{m.decoder:,}" for m in both)],
        ["Multiplications for this picture", *(f"{m.multiply_adds:,}" for m in both)],
        ["Milliseconds", *(f"{m.milliseconds:.0f}" for m in both)],
        ["Parameters of the size in the paper", *(f"{m.paper:,}" for m in both)],
    ]
    if any(m.iou() for m in both):
        rows.append(["IoU, from the catalogue", *(m.iou() or "not measured by us" for m in both)])
    random = [m.title for m in both if m.checkpoint is None]
    words = ""
    if random:
        words = (
            f"<p>No weights of {' and '.join(random)} are here: what it costs was measured with random ones, which take as "
            "long; what it answers was left out.</p>"
        )
    return table(["Feature", *(m.title for m in both)], rows, "Table 9.1, measured") + words
