"""From raw boxes to objects: the threshold, then non-max suppression one step at a time."""

import html

import gradio as gr

from hub_models import draw
from hub_models.inside.boxes import SuppressionStep, non_max_suppression_steps
from hub_models.results import Boxes
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.candidates import Seen, see
from hub_models.ui.detections import resized_boxes, show_frames
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

KEPT, LEFT, DISCARDED, PICKED = 0, 1, 5, 3  # styles of lines: see draw.style
MEANING = (
    (LEFT, "not decided yet"),
    (PICKED, "picked in this step"),
    (DISCARDED, "discarded in this step"),
    (KEPT, "kept"),
)
MOST_ROWS = 30  # of discarded boxes in the table


def steps_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A detector finds every object many times (lecture, section 8.6). First all boxes below the confidence go; "
        "then, class by class, the most certain box is picked, and what overlaps it by more than the IoU threshold "
        "is discarded, until no box is left. The thresholds are those of *Try it*."
    )
    seen, steps = gr.State(None), gr.State(0)
    with gr.Row():
        show = gr.Button("Show the raw boxes", variant="primary")
        back, forth = gr.Button("Step back", min_width=80), gr.Button("Next step", min_width=80)
    step = gr.Slider(0, 1, 0, step=1, label="Step", interactive=True)
    with gr.Row():
        with gr.Column(scale=3, min_width=280):
            sight = gr.HTML()
        with gr.Column(scale=2, min_width=280):
            facts = gr.HTML()

    def begin(picture, checkpoint, confidence, iou):
        found = see(task, picture, checkpoint)
        last = len(non_max_suppression_steps(found.candidates, confidence, iou))
        slider = gr.Slider(maximum=last, value=0, label=f"Step, of {last}")
        return found, last, slider, *step_shown(found, confidence, iou, 0)

    def go(found, confidence, iou, number):
        return step_shown(found, confidence, iou, int(number)) if found else ("", NOTHING)

    on_click(
        show.click,
        begin,
        [shared.input, shared.checkpoint, *shared.controls],
        [seen, steps, step, sight, facts],
    )
    inputs = [seen, *shared.controls, step]
    on_click(step.change, go, inputs, [sight, facts], light=True, show_progress="hidden")
    for button, by in ((back, -1), (forth, 1)):

        def move(number, last, by=by):
            return min(max(0, int(number) + by), last)

        on_click(button.click, move, [step, steps], [step], light=True, show_progress="hidden")


NOTHING = "<p>Choose a picture in Try it, then press Show the raw boxes.</p>"


def step_shown(seen: Seen[Boxes], confidence: float, iou: float, number: int) -> tuple[str, str]:
    """(picture, words and numbers) of step `number`; 0: before all steps."""
    steps = non_max_suppression_steps(seen.candidates, confidence, iou)
    number = min(number, len(steps))  # a slider of Try it may have moved since
    candidates = seen.candidates
    if number == 0:
        everything = tuple(range(len(candidates)))
        now = SuppressionStep(picked=None, discarded=(), overlaps=(), left=everything)
        sentence = f"All {len(candidates)} boxes that are at least 1% certain, of every class."
    else:
        now = steps[number - 1]
        sentence = f"Step {number} of {len(steps)}. {now.text(candidates)}"
    before = [s.picked for s in steps[: max(0, number - 1)] if s.picked is not None]
    return picture_of(seen, now, before, sentence), numbers_of(candidates, now, before, sentence)


def picture_of(seen: Seen[Boxes], now: SuppressionStep, before: list[int], sentence: str) -> str:
    names, scores, labels = seen.candidates.names, seen.candidates.scores, seen.candidates.labels
    drawn: list[tuple[int, int, str]] = []  # (candidate, style, text), the first on top
    if now.picked is not None:
        drawn.append((now.picked, PICKED, f"{names[labels[now.picked]]} {scores[now.picked]:.0%}"))
        drawn += [
            (i, DISCARDED, f"IoU {value:.2f}") for i, value in zip(now.discarded, now.overlaps, strict=True)
        ]
    else:
        drawn += [(i, DISCARDED, "") for i in now.discarded]
    drawn += [(i, KEPT, "") for i in before]
    drawn += [(i, LEFT, "") for i in now.left]
    pixels = seen.pixels()
    boxes = resized_boxes(seen.candidates.boxes_xyxy, seen.candidates.size_hw, pixels.shape[:2])
    order, styles, texts = map(list, zip(*drawn, strict=True)) if drawn else ([], [], [])
    used = [(style, words) for style, words in MEANING if style in styles]
    return show_frames(pixels, boxes[order], styles, texts, sentence) + draw.line_legend(used)


def numbers_of(candidates: Boxes, now: SuppressionStep, before: list[int], sentence: str) -> str:
    kept = len(before) + (now.picked is not None)
    words = f"<p>{html.escape(sentence)}</p><p>{len(now.left)} not decided yet, {kept} kept.</p>"
    if now.picked is None:
        return words
    pairs = zip(now.discarded[:MOST_ROWS], now.overlaps, strict=False)
    rows = [
        [candidates.names[candidates.labels[i]], f"{candidates.scores[i]:.1%}", f"{value:.3f}"]
        for i, value in pairs
    ]
    if not rows:
        return f"{words}<p>No other box of its class overlaps the picked one by more than the threshold.</p>"
    more = f", the first {MOST_ROWS} of {len(now.discarded)}" if len(now.discarded) > MOST_ROWS else ""
    return words + table(["Class", "Score", "IoU with the picked box"], rows, f"Discarded in this step{more}")
