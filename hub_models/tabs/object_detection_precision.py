"""Precision and recall, prediction by prediction, on pictures whose true boxes are known (lecture, section 8.7)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np

from hub_models import compute, draw, loader
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput, HubError
from hub_models.inside.precision_recall import (
    Curve,
    average_precision,
    curve,
    match,
    mean_average_precision,
)
from hub_models.loader import LOADER
from hub_models.local import label_names
from hub_models.picture import decode_picture
from hub_models.results import Boxes
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.detections import show_frames
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.plot import Curve as Line
from hub_models.ui.plot import curves
from hub_models.ui.tables import table

EXAMPLES = Path(loader.__file__).parent / "examples"
TRUTH = EXAMPLES / "blood.json"  # {"blood_1.jpg": [{"label": "RBC", "box_xyxy": [x0, y0, x1, y1]}, ...], ...}
GOOD_IOU = 0.5
RIGHT, WRONG, TRUE = 2, 5, 0  # styles of lines


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The predictions of one class in all pictures, the most certain first."""

    name: str
    curve: Curve
    where: tuple[tuple[str, int], ...]  # file and place in `found` of each


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a checkpoint found in the pictures of TRUTH, and what is there."""

    title: str
    found: dict[str, Boxes]
    truth: dict[str, tuple[np.ndarray, np.ndarray]]  # file -> (boxes (n, 4), labels (n,))
    classes: tuple[Judged, ...]

    def of(self, name: str) -> Judged:
        return next(judged for judged in self.classes if judged.name == name)


def true_boxes(names: tuple[str, ...]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What is in each example picture, for a network that knows the classes `names`; others are left out."""
    listed = json.loads(TRUTH.read_text(encoding="utf-8"))
    known = {file: [o for o in objects if o["label"] in names] for file, objects in listed.items()}
    return {
        file: (
            np.array([o["box_xyxy"] for o in objects], np.float32).reshape(-1, 4),
            np.array([names.index(o["label"]) for o in objects], np.int64),
        )
        for file, objects in known.items()
    }


def taught(row: Checkpoint) -> bool:
    """The network knows a class of TRUTH, as far as can be told without a download."""
    listed = json.loads(TRUTH.read_text(encoding="utf-8"))
    wanted = {o["label"] for objects in listed.values() for o in objects}
    if not row.offline:
        return False
    try:
        return bool(wanted & set(label_names(loader.find(row))))
    except HubError:  # weights of a package bring no config.json of ours
        return False


def judge(title: str, predict: Callable[[np.ndarray], Boxes], names: tuple[str, ...]) -> Judgement:
    """Ask for the objects in every picture of TRUTH and match them with the true ones."""
    truth = true_boxes(names)
    found, right = {}, {}
    for file in truth:
        compute.check()
        found[file] = predict(decode_picture(EXAMPLES / file).pixels)
        right[file] = match(found[file], *truth[file], GOOD_IOU) >= 0
    classes = []
    for label, name in enumerate(names):
        objects = sum(int((labels == label).sum()) for _, labels in truth.values())
        places = [(file, int(i)) for file in truth for i in np.flatnonzero(found[file].labels == label)]
        scores = np.array([found[file].scores[i] for file, i in places], np.float32)
        verdicts = np.array([right[file][i] for file, i in places], bool)
        order = np.argsort(-scores, kind="stable")  # as `curve` orders them
        classes.append(
            Judged(
                name=name,
                curve=curve(scores, verdicts, objects),
                where=tuple(places[k] for k in order),
            )
        )
    return Judgement(title=title, found=found, truth=truth, classes=tuple(classes))


def precision_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "How good is a detector? Here on the example pictures *blood 1* to *3*, whose true boxes are known and which "
        "no network was trained on. All predictions of a class are taken in order of their score. Each is right if it "
        f"overlaps a true box of its class, not yet taken, with an IoU of at least {GOOD_IOU:g}; precision and recall "
        "are counted anew, and the area under their curve is the average precision. Averaged over the classes: mAP."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, taught)
        show = gr.Button("Judge the predictions", variant="primary")
    judgement = gr.State(None)
    with gr.Row():
        name = gr.Dropdown([], label="Class", interactive=True)
        number = gr.Slider(0, 1, 0, step=1, label="Predictions so far", interactive=True)
    with gr.Row():
        with gr.Column(min_width=280):
            plot, facts = gr.HTML(), gr.HTML()
        with gr.Column(min_width=280):
            sight = gr.HTML()

    def begin(identity):
        if not identity:
            raise BadInput("checkpoint_unknown", "No checkpoint here knows the classes of these pictures.")

        def work(predictor):
            row = predictor.checkpoint
            return judge(row.title, lambda pixels: predictor.predict(pixels, 0.01, GOOD_IOU), predictor.names)

        found = LOADER.run(identity, task.id, work)
        names = [judged.name for judged in found.classes if judged.curve.objects]
        first = max(names, key=lambda each: found.of(each).curve.objects)
        return found, gr.Dropdown(names, value=first), slider_for(found, first), *shown(found, first, None)

    def choose(found, chosen):
        return (
            (slider_for(found, chosen), *shown(found, chosen, None)) if found else (gr.Slider(), "", "", "")
        )

    def step(found, chosen, count):
        return shown(found, chosen, int(count)) if found else ("", "", "")

    outputs = [plot, facts, sight]
    on_click(show.click, begin, [menu], [judgement, name, number, *outputs])
    on_click(name.input, choose, [judgement, name], [number, *outputs], light=True, show_progress="hidden")
    on_click(number.input, step, [judgement, name, number], outputs, light=True, show_progress="hidden")


def slider_for(found: Judgement, name: str) -> gr.Slider:
    count = len(found.of(name).where)
    return gr.Slider(maximum=max(1, count), value=count, label=f"Predictions so far, of {count}")


def shown(found: Judgement, name: str, count: int | None) -> tuple[str, str, str]:
    """(curve, numbers, picture of the last prediction) after `count` predictions; None: all."""
    judged = found.of(name)
    count = len(judged.where) if count is None else min(count, len(judged.where))
    so_far = judged.curve.first(count)
    area = average_precision(so_far, "area")
    lines = [
        Line(name="all predictions", x=judged.curve.recall, y=judged.curve.precision),
        Line(name="so far", x=so_far.recall, y=so_far.precision, filled=True),
    ]
    says = f"{found.title}, {name}: after {count} of {len(judged.where)} predictions the area is {area:.3f}."
    plot = curves(lines, "Recall", "Precision", says)
    return plot, numbers(found, judged, count), sight(found, judged, count) if count else ""


def numbers(found: Judgement, judged: Judged, count: int) -> str:
    sentence = judged.curve.sentence(count - 1) if count else "No prediction yet."
    per_class = [(j.name, j.curve.objects, average_precision(j.curve)) for j in found.classes]
    mean = mean_average_precision([value for _, _, value in per_class])
    rows = [[n, objects, "no object" if np.isnan(ap) else f"{ap:.3f}"] for n, objects, ap in per_class]
    rows.append(["mAP (8.5)", sum(objects for _, objects, _ in per_class), f"{mean:.3f}"])
    caption = (
        "Average precision as COCO computes it: at 101 recalls, the best precision reached there or later"
    )
    return f"<p>{sentence}</p>{table(['Class', 'Objects', 'AP@0.5'], rows, caption)}"


def sight(found: Judgement, judged: Judged, count: int) -> str:
    """The picture of the last prediction, with it and the true boxes of its class."""
    file, place = judged.where[count - 1]
    answer, (boxes, labels) = found.found[file], found.truth[file]
    right = bool(judged.curve.right[count - 1])
    same = boxes[labels == answer.labels[place]]
    drawn = np.concatenate([answer.boxes_xyxy[[place]], same])
    styles = [RIGHT if right else WRONG] + [TRUE] * len(same)
    verdict = "right" if right else "wrong"
    texts = [f"{answer.scores[place]:.0%} {verdict}"] + [""] * len(same)
    pixels = decode_picture(EXAMPLES / file).pixels
    says = f"Prediction {count}, in {file}, is {verdict}; the true boxes of {judged.name} are there too."
    meaning = [(styles[0], f"this prediction: {verdict}"), (TRUE, "true boxes")]
    return show_frames(pixels, drawn, styles, texts, says) + draw.line_legend(meaning)
