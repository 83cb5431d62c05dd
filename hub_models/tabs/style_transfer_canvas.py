"""What a visitor's picture becomes, step by step: streamed where pixels are optimised, at once where a network answers."""

import html
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np

from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput
from hub_models.loader import LOADER, find
from hub_models.local import label_names
from hub_models.picture import decode_picture, fit_within
from hub_models.predictors.style_pictures import STYLE_PICTURES, named_style
from hub_models.stylized import in_colours_of, mixed
from hub_models.task import Task
from hub_models.tasks.style_transfer import LIMITS, SIDE_OPTIMISED, Options, predict, same
from hub_models.ui import show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.loading import loading
from hub_models.ui.plot import Curve, curves
from hub_models.ui.tables import table, took

SHOW_EVERY = 0.8  # seconds between two pictures of an optimisation
OPTIMISED = "Optimisation of the pixels"  # architecture of the rows that are asked so


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The controls of Try it, in their order there."""

    style: str
    style_picture: str | None
    size: float
    strength: float
    keep_colours: bool
    iterations: float
    alpha: float
    beta: float
    begin: str
    optimiser: str

    def options(self) -> Options:
        return Options(
            size=int(self.size),
            strength=self.strength,
            iterations=int(self.iterations),
            alpha=self.alpha,
            beta=self.beta,
            begin=self.begin,
        )


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """Where an optimisation stands, so that it can go on: its picture (H, W, 3) float32 around 0..1, and all its costs."""

    checkpoint: str
    picture: np.ndarray
    costs: tuple[tuple[float, float], ...]
    seconds: float


def styles_of(row: Checkpoint) -> tuple[str, ...]:
    """The styles that a checkpoint knows by name, without loading it."""
    if row.model == "multistyle":
        return tuple(str(number) for number in range(26))
    if row.model == "image_transform":
        return tuple(label_names(find(row)))  # written beside the weights
    return tuple(STYLE_PICTURES)


def optimises(task: Task, checkpoint: str) -> bool:
    return LOADER.checkpoint(checkpoint, task.id).architecture == OPTIMISED


def paint(
    task: Task, picture: str | None, checkpoint: str, *values
) -> Iterator[tuple[Canvas | None, str, str]]:
    """(canvas, picture, facts) again and again; `values` are those of Asked, and gradio's progress."""
    *controls, progress = values
    asked = Asked(**dict(zip(Asked.__dataclass_fields__, controls, strict=True)))
    uploaded(picture)
    for words in loading(task, checkpoint, progress):
        yield None, words, ""
    if optimises(task, checkpoint):
        yield from optimise(task, Path(picture), checkpoint, asked, None)
        return
    options = asked.options()
    answer = predict(
        Path(picture),
        checkpoint,
        asked.style,
        asked.style_picture and Path(asked.style_picture),
        options.size,
        options.strength,
        float(asked.keep_colours),
    )
    yield None, show_picture(answer.result.picture, answer.result.text()), took(answer)


def go_on(
    task: Task, canvas: Canvas | None, picture: str | None, checkpoint: str, *values
) -> Iterator[tuple]:
    """More iterations from where `canvas` stands. BadInput where it does not fit what is chosen now."""
    *controls, _ = values
    if canvas is None or canvas.checkpoint != checkpoint:
        raise BadInput(
            "bad_value",
            "Expected an optimisation to go on with, but there is none of this checkpoint. Press Paint first.",
        )
    asked = Asked(**dict(zip(Asked.__dataclass_fields__, controls, strict=True)))
    yield from optimise(task, uploaded(picture), checkpoint, asked, canvas)


def optimise(
    task: Task, picture: Path, checkpoint: str, asked: Asked, canvas: Canvas | None
) -> Iterator[tuple[Canvas, str, str]]:
    """The optimisation as it goes, from `canvas` or from the beginning."""
    from hub_models.predictors.gatys import Wanted, as_pixels

    options = asked.options()
    decoded = decode_picture(picture, limits=LIMITS)
    pixels = fit_within(decoded.pixels, options.size or SIDE_OPTIMISED)
    if canvas is not None and canvas.picture.shape != pixels.shape:
        raise BadInput(
            "bad_value", "Expected the picture and the size as they were. Press Paint to begin anew."
        )
    style = style_pixels_of(asked)
    wanted = Wanted(
        iterations=options.iterations,
        alpha=options.alpha,
        beta=options.beta,
        begin=options.begin,
        optimiser=asked.optimiser,
    )
    predictor = LOADER.get(checkpoint, task.id)
    style = named_style(asked.style or predictor.names[0]) if style is None else style
    first = None if canvas is None else canvas.picture
    running = predictor.optimisation(pixels, style, wanted, first)
    costs, before = list(canvas.costs if canvas else ()), canvas.seconds if canvas else 0.0
    began = shown = time.monotonic()
    notes = decoded.notes + (
        ("style and content are the same picture",) if same(decoded.pixels, style) else ()
    )
    for moment in running.steps(options.iterations):
        costs.append((moment.content, moment.style))
        last = moment.iteration == options.iterations
        if not last and time.monotonic() - shown < SHOW_EVERY:
            continue
        shown = time.monotonic()
        now = Canvas(
            checkpoint=checkpoint,
            picture=moment.picture[0].permute(1, 2, 0).cpu().numpy(),
            costs=tuple(costs),
            seconds=before + shown - began,
        )
        seen = finished(pixels, as_pixels(moment.picture), options.strength, asked.keep_colours)
        words = f"After {len(costs):,} iterations."
        yield now, show_picture(seen, words), costs_text(now, notes)


def style_pixels_of(asked: Asked) -> np.ndarray | None:
    """The visitor's own style picture, decoded; None: one is named."""
    return asked.style_picture and decode_picture(Path(asked.style_picture), limits=LIMITS).pixels


def finished(pixels: np.ndarray, picture: np.ndarray, strength: float, keep_colours: bool) -> np.ndarray:
    """An answer as it is shown."""
    picture = in_colours_of(pixels, picture) if keep_colours else picture
    return mixed(pixels, picture, strength)


def costs_text(canvas: Canvas, notes: tuple[str, ...] = ()) -> str:
    """Both costs over the iterations as curves, each as a share of its largest, and in numbers."""
    costs = np.array(canvas.costs)
    steps = np.linspace(0, 1, len(costs)) if len(costs) > 1 else np.zeros(len(costs))
    largest = np.maximum(costs.max(0), 1e-9)
    drawn = [
        Curve(name=f"{name}, 1 is {top:.3f}", x=steps, y=series / top)
        for name, series, top in zip(("content cost", "style cost"), costs.T, largest, strict=True)
    ]
    plot = curves(
        drawn, f"iterations, 1 is {len(costs):,}", "cost / its largest", "The two costs of equation 9.5."
    )
    rows = [
        [f"{name} (equation {number})", f"{first:.4f}", f"{now:.4f}"]
        for name, number, first, now in zip(
            ("content", "style"), ("9.6", "9.9"), costs[0], costs[-1], strict=True
        )
    ]
    speed = f"{len(costs):,} iterations in {canvas.seconds:.1f} s on {LOADER.device}."
    told = "".join(f" Note: {note}." for note in notes)
    return f"<p>{html.escape(speed + told)}</p>" + plot + table(["Relative cost", "at first", "now"], rows)


def style_menu(names: tuple[str, ...], value: str = "") -> gr.Dropdown:
    """The styles that a checkpoint knows by name; the first is taken where nothing is chosen."""
    return gr.Dropdown(
        list(names),
        value=value if value in names else names[0],
        label="Style",
        info="By name; of the 26 styles also mixtures, such as 3:0.5,12:0.5.",
        allow_custom_value=True,
        interactive=True,
    )
