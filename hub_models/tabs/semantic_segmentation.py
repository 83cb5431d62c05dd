"""The tab of semantic segmentation: a class for every pixel, then how encoder and decoder find it."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import gradio as gr
import numpy as np

from hub_models import draw_segments
from hub_models.errors import BadInput
from hub_models.segments import SemanticMap
from hub_models.tabs.semantic_segmentation_failures import FAILURES
from hub_models.tabs.semantic_segmentation_form import FORM
from hub_models.tabs.semantic_segmentation_inside import look_inside
from hub_models.tabs.semantic_segmentation_seen import Seen, see
from hub_models.tabs.semantic_segmentation_sight import MIX, PICK, class_table, pixel, sight
from hub_models.task import Task
from hub_models.ui import frame, on_click
from hub_models.ui.asking import on_ask, picture_input, run_buttons
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Preset, Shared, checkpoint_menu, choices
from hub_models.ui.loading import loading
from hub_models.ui.video import clip_view

WAITING = "<p>Choose a picture, then press Segment.</p>"
FAST = "enet.camvid"  # for clips
MOST_IN_A_TABLE = 8  # classes of a clip


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def segment(
    task: Task, picture: str | None, checkpoint: str, opacity: float, progress: gr.Progress
) -> Iterator[tuple[Seen | None, str, str, str]]:
    """(what was seen, the picture with its map, table, pixel): first that a download or a load begins, then the answer."""
    uploaded(picture)
    for words in loading(task, checkpoint, progress):
        yield None, words, "", ""
    seen = see(task, picture, checkpoint)
    yield seen, sight(seen, opacity), class_table(seen) + took(seen), ""


def took(seen: Seen) -> str:
    """Time, device and what was done to the picture, in a line."""
    notes = "".join(f" Note: {note}." for note in seen.notes)
    height, width = seen.size_hw
    coarse = " x ".join(map(str, seen.found.probabilities.shape[1:]))
    words = (
        f"{seen.seconds * 1000:.0f} ms on {seen.device}. The network gave {coarse} labels, enlarged to the "
        f"picture's {height:,} x {width:,}.{notes}"
    )
    return f"<p>{html.escape(words)}</p>"


def try_it(task: Task, preset: Preset) -> Shared:
    """Checkpoint and opacity; a picture, or a clip; its map."""
    with gr.Row():
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
        with gr.Column(min_width=280):
            opacity = gr.Slider(
                0, 1, 0.6, step=0.05, interactive=True, label="Opacity of the map",
                info="0: the picture alone, 1: the map alone.",
            )  # fmt: skip
    with gr.Tabs():
        with gr.Tab("A picture"):
            shared = picture_part(task, preset, checkpoint, opacity)
        with gr.Tab("A clip or the camera"):
            clip_part(task, shared, opacity)
    return shared


def picture_part(task: Task, preset: Preset, checkpoint: gr.Dropdown, opacity: gr.Slider) -> Shared:
    """One picture and its map; slider and clicks are answered without the network."""
    seen = gr.State(None)
    with gr.Row(elem_classes="in-and-out"):
        with gr.Column(min_width=280):
            picture, example = picture_input(task, preset)
            buttons = run_buttons(task, "Segment", checkpoint, example)
        with gr.Column(min_width=280):
            shown = gr.HTML(WAITING, js_on_load=PICK, elem_id="segmented")
        with gr.Column(min_width=280):
            answer = gr.HTML(elem_id="answer")
            gr.Markdown("Click on the picture, or type a pixel: how probable is each class there?")
            with gr.Row():
                row = gr.Number(0, label="Row", precision=0, minimum=0, min_width=80)
                column = gr.Number(0, label="Column", precision=0, minimum=0, min_width=80)
                ask = gr.Button("Ask this pixel", min_width=130)
            there = gr.HTML(elem_id="pixel")

    def clicked(found: Seen | None, event: gr.EventData):
        return event.row, event.column, pixel(found, event.row, event.column) if found else ""

    def asked(found: Seen | None, mixed, y, x):
        y, x = inside_picture(found, y, x)
        return sight(found, mixed, y, x), pixel(found, y, x)

    opacity.input(None, [opacity], None, js=MIX, api_visibility="private")
    quick = {"light": True, "show_progress": "hidden"}
    on_click(shown.release, clicked, [seen], [row, column, there], **quick)
    on_click(
        [ask.click, row.submit, column.submit], asked, [seen, opacity, row, column], [shown, there], **quick
    )
    on_ask(task, segment, buttons, [picture, checkpoint, opacity], [seen, shown, answer, there], FAILURES)
    return Shared(checkpoint=checkpoint, input=picture)


def inside_picture(seen: Seen | None, row: float, column: float) -> tuple[int, int]:
    """The pixel that was typed; BadInput where there is none."""
    if seen is None:
        raise BadInput(
            "bad_value", "Expected an answer to ask about, but there is none yet. Press Segment first."
        )
    height, width = seen.size_hw
    if not (0 <= row < height and 0 <= column < width):
        raise BadInput(
            "bad_value",
            f"Expected a row from 0 to {height - 1} and a column from 0 to {width - 1}, got {row} and {column}.",
        )
    return int(row), int(column)


@dataclass(frozen=True, kw_only=True)
class FrameShares:
    """What a clip keeps of the answer to one frame: the shares of the classes, not the map."""

    shares: dict[str, float]

    def text(self) -> str:
        listed = ", ".join(f"{name} {share:.0%}" for name, share in list(self.shares.items())[:5])
        return f"Share of the pixels: {listed}."


def clip_part(task: Task, shared: Shared, opacity: gr.Slider) -> None:
    """A clip through a network that is fast enough for it."""
    known = {identity for _, identity in choices(task)}
    menu = gr.Dropdown(
        choices(task),
        value=FAST if FAST in known else shared.checkpoint.value,
        label="Checkpoint for clips and the camera",
        info="ENet was made for video: see how many frames a second it takes, and how many the others.",
        interactive=True,
    )
    for_clips = replace(shared, checkpoint=menu, controls=(opacity,))
    clip_view(task, for_clips, annotate, shares_a_second)


def annotate(predictor, pixels: np.ndarray, opacity: float) -> tuple[np.ndarray, FrameShares]:
    """A frame under its map, and the shares of the classes."""
    found: SemanticMap = predictor.predict(pixels)
    return draw_segments.semantic(pixels, found, opacity), FrameShares(shares=found.shares())


def shares_a_second(results: Sequence[FrameShares]) -> list[list[str]]:
    """For `clip_view`: the mean share of the classes that are largest in one second."""
    total: dict[str, float] = {}
    for result in results:
        for name, share in result.shares.items():
            total[name] = total.get(name, 0.0) + share / len(results)
    largest = sorted(total, key=lambda name: -total[name])[:MOST_IN_A_TABLE]
    return [[name, f"{total[name]:.0%}"] for name in largest]
