"""The part of a tab that goes through a clip, frame by frame, in the lane that all answers share.

`annotate(predictor, pixels, *controls) -> (annotated pixels, Result)` is called once a frame. Clips never take the
last place of the lane, so that whoever comes with a picture is answered meanwhile.
"""

import html
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import gradio as gr
import numpy as np

from hub_models import compute
from hub_models.errors import Overloaded
from hub_models.loader import LOADER
from hub_models.picture import fit_within
from hub_models.results import Boxes, Result
from hub_models.task import Task
from hub_models.ui.camera import Annotate, camera_part
from hub_models.ui.click import on_click
from hub_models.ui.clip_files import VideoFile, example_buttons, new_file
from hub_models.ui.components import show_picture, uploaded
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table
from hub_models.video import Clip, VideoLimits, open_video
from hub_models.video_writer import VideoWriter

Summarise = Callable[[Sequence[Result]], list[list[str]]]  # results of one second -> [[name, value], ...]

SHARE_OF_TIME = 0.8  # of the longest answer: the clip so far is shown when it is over
PREVIEW_EVERY = 1.0  # seconds
MOST_FRAMES = 600  # 60 seconds of 10: the ends of the sliders
CLIPS = threading.BoundedSemaphore(max(1, compute.lanes() - 1))


@dataclass
class Passage:
    """What is known of a clip so far."""

    began: float = field(default_factory=time.monotonic)
    network: float = 0.0  # seconds of `annotate`
    records: list[tuple[float, Result]] = field(default_factory=list)  # (seconds in the clip, result)

    def text(self) -> str:
        count, took = len(self.records), time.monotonic() - self.began
        each = f"{1000 * self.network / count:.0f} ms a frame for the network" if count else "no frame"
        return f"{count} frames in {took:.1f} s: {count / took:.1f} a second ({each}, the rest reads and writes the clip)"


def clip_view(task: Task, shared: Shared, annotate: Annotate, summarise: Summarise) -> None:
    """An uploaded clip through the chosen checkpoint, with the controls of Try it; and the camera."""
    gr.Markdown(
        "Frame by frame: each is answered on its own, with the checkpoint and the settings of *Try it*. "
        "What changes from one frame to the next although the scene does not is the network's uncertainty."
    )
    with gr.Tabs():
        with gr.Tab("A clip"):
            clip_part(task, shared, annotate, summarise)
        with gr.Tab("The camera"):
            camera_part(task, shared, annotate)


def clip_part(task: Task, shared: Shared, annotate: Annotate, summarise: Summarise) -> None:
    with gr.Row():
        with gr.Column(min_width=280):
            clip = VideoFile(
                label="Clip: upload or record", sources=["upload", "webcam"], height=300, include_audio=False
            )
            with gr.Row():
                example_buttons(shared, clip)
            rate = gr.Slider(1, 10, 5, step=1, label="Frames a second, at most", interactive=True)
            seconds = gr.Slider(1, 60, 10, step=1, label="Seconds of the clip, at most", interactive=True)
            with gr.Row():
                run = gr.Button("Go through the clip", variant="primary")
                stop = gr.Button("Cancel", min_width=60)
        with gr.Column(min_width=280):
            shown = gr.HTML("<p>Choose a clip, then go through it.</p>", elem_id="passage")
            result = VideoFile(label="The clip with what was found", interactive=False, visible=False)
            listed = gr.HTML()

    def go(given, identity, per_second, most_seconds, *values):
        limits = VideoLimits(per_second=per_second, max_seconds=most_seconds, max_frames=MOST_FRAMES)
        yield "<p>Reading the clip ...</p>", gr.update(value=None, visible=False), ""
        yield from go_through(
            task, uploaded(given), identity, limits, lambda p, x: annotate(p, x, *values), summarise
        )

    inputs = [clip, shared.checkpoint, rate, seconds, *shared.controls]
    on_click(run.click, go, inputs, [shown, result, listed], stop=stop)


@contextmanager
def a_place() -> Iterator[None]:
    """One of the lane's places for clips; the last one is never given to a clip."""
    if not CLIPS.acquire(blocking=False):
        raise Overloaded(
            "clips_busy", "Expected a free place, but others are going through clips. Try again in a minute."
        )
    try:
        yield
    finally:
        CLIPS.release()


def go_through(
    task: Task,
    path: Path,
    identity: str,
    limits: VideoLimits,
    annotate: Callable,
    summarise: Summarise,
) -> Iterator[tuple[str, object, object]]:
    """(what is going on, the annotated clip, its table over time): previews first, then the whole."""
    row = LOADER.checkpoint(identity, task.id)
    how = "Loading" if row.offline else f"Downloading {row.megabytes:,.0f} MB, if not yet here, and loading"
    with a_place(), open_video(path, limits) as clip:
        yield f"<p>{html.escape(f'{clip.facts.text()}. {how} {row.title} ...')}</p>", gr.skip(), gr.skip()
        LOADER.get(identity, task.id)
        file, passage = new_file("annotated.mp4"), Passage()
        late = passage.began + SHARE_OF_TIME * compute.longest_answer()
        rate = min(limits.per_second, clip.facts.rate or limits.per_second)
        previewed, extra = 0.0, ()
        try:
            with VideoWriter(file, rate) as writer:
                for frame in clip:
                    compute.check()
                    began = time.monotonic()
                    drawn, result = LOADER.run(identity, task.id, lambda p, x=frame.pixels: annotate(p, x))
                    passage.network += time.monotonic() - began
                    passage.records.append((frame.seconds, result))
                    writer.add(drawn, frame.seconds)
                    if time.monotonic() > late:
                        extra = ("stopped there, because the time of one answer is over",)
                        break
                    if time.monotonic() - previewed > PREVIEW_EVERY:
                        previewed = time.monotonic()
                        yield preview(clip, passage, drawn, result), gr.skip(), gr.skip()
        except BaseException:
            shutil.rmtree(file.parent)
            raise
        yield (
            report(clip, passage, extra),
            gr.update(value=str(file), visible=True),
            over_time(passage, summarise),
        )


def expected(clip: Clip) -> int | None:
    """How many frames will be looked at, where the clip states its length."""
    limits, facts = clip.limits, clip.facts
    if facts.seconds is None:
        return None
    rate = min(limits.per_second, facts.rate or limits.per_second)
    return max(1, min(limits.max_frames, round(min(facts.seconds, limits.max_seconds) * rate)))


def preview(clip: Clip, passage: Passage, drawn: np.ndarray, result: Result) -> str:
    """How far it is, as a bar and in words, and the last frame."""
    total, done = expected(clip), len(passage.records)
    bar = (
        f'<progress max="{total}" value="{min(done, total)}" aria-label="Progress"></progress>'
        if total
        else ""
    )
    of = f" of about {total}" if total else ""
    words = f"<p>{bar} Frame {done}{of}. {html.escape(passage.text())}.</p>"
    return words + show_picture(fit_within(drawn, 640), result.text())


def report(clip: Clip, passage: Passage, extra: Sequence[str]) -> str:
    """Speed, what the clip is, and what was left out of it."""
    notes = "".join(f" Note: {note}." for note in (*clip.notes, *extra))
    return f"<p>{html.escape(f'{passage.text()}, on {LOADER.device}. {clip.facts.text()}.{notes}')}</p>"


def over_time(passage: Passage, summarise: Summarise) -> str:
    """A row a second of the clip, a column a name that `summarise` gave, as HTML."""
    seconds: dict[int, list[Result]] = {}
    for when, result in passage.records:
        seconds.setdefault(int(when), []).append(result)
    summaries = {second: dict(summarise(results)) for second, results in seconds.items()}
    names = list(dict.fromkeys(name for summary in summaries.values() for name in summary))
    rows = [
        [f"{second} to {second + 1}", len(seconds[second]), *(summary.get(name, "") for name in names)]
        for second, summary in summaries.items()
    ]
    return table(["Second", "Frames", *names], rows, "Over time")


def objects_a_frame(results: Sequence[Boxes]) -> list[list[str]]:
    """For `clip_view`: how many objects of each class a frame has on average, of the classes that occur."""
    total: dict[str, int] = {}
    for result in results:
        for name, count in result.counts().items():
            total[name] = total.get(name, 0) + count
    return [[name, f"{count / len(results):.1f}"] for name, count in total.items()]
