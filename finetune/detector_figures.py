"""How good a detector is, for its row of the catalogue and its card: figures, a curve, and examples to look at."""

import hashlib
import io
from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image

from finetune.card import DetectionRow
from finetune.finish import Measure, Measured
from hub_models import draw
from hub_models.box_dataset import BoxedPictures
from hub_models.checkpoint import Metric
from hub_models.detection_metrics import verdicts
from hub_models.evaluate.object_detection import LEAST, SUPPRESSION, evaluate
from hub_models.inside.precision_recall import average_precision, curve
from hub_models.picture import encode_jpeg, fit_within
from hub_models.predictors.detector import DetectorProtocol, select
from hub_models.results import Boxes

MOST_TRAINING, LEAST_TRAINING = 100, 20  # training pictures that are measured
TRAINING_SECONDS = 60.0  # for a slow detector fewer of them, so that they take about as long
EXAMPLES = 4  # dev pictures in the card
EXAMPLE_SIDE = 240  # pixels
GOLDEN_SIDE = 112  # pixels: golden outputs keep theirs uncompressed


def measure_detector(
    train: BoxedPictures,
    dev: BoxedPictures,
    dataset: str,
    show: Callable[[str], None],
    examples: bool = True,
) -> Measure:
    """Measures mAP on all dev pictures and on some training pictures. `examples`: dev pictures stand in the card."""
    return partial(measured, train=train, dev=dev, dataset=dataset, show=show, examples=examples)


def measured(
    predictor: DetectorProtocol,
    *,
    train: BoxedPictures,
    dev: BoxedPictures,
    dataset: str,
    show: Callable[[str], None],
    examples: bool,
) -> Measured:
    predictor = Remembering(predictor)
    show(f"measuring on {len(dev):,} dev pictures")
    on_dev = evaluate(predictor, dev, name=dataset, split="dev", train=train)
    affordable = int(TRAINING_SECONDS / max(on_dev["seconds_per_picture"], 1e-6))
    count = min(MOST_TRAINING, max(LEAST_TRAINING, affordable))
    some = train.subset(np.sort(np.random.default_rng(0).permutation(len(train))[:count]))
    show(f"measuring on {len(some):,} training pictures")
    on_train = evaluate(predictor, some, name=dataset, split="train", train=train)
    pictures = {
        "precision_recall.png": (
            precision_recall_picture(predictor, dev),
            "Precision over recall on the dev pictures, one curve a class; the area under it is AP@0.5.",
        )
    }
    if examples:
        pictures["examples.jpg"] = (
            example_picture(predictor, dev),
            "What it finds in pictures that it was not trained on, from a score of 0.5 on.",
        )
    return Measured(
        metrics=(*metrics(on_dev), *metrics(on_train)),
        per_class=class_rows(on_dev),
        pictures=pictures,
    )


class Remembering:
    """A detector that is asked once about each picture, however many figures want the answer."""

    def __init__(self, detector: DetectorProtocol) -> None:
        self.detector, self.answers = detector, {}
        self.checkpoint, self.names, self.device = detector.checkpoint, detector.names, detector.device
        self.suppresses = detector.suppresses

    def candidates(self, pixels: np.ndarray) -> Boxes:
        key = hashlib.blake2b(pixels.tobytes()).digest()
        if key not in self.answers:
            self.answers[key] = self.detector.candidates(pixels)
        return self.answers[key]

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Boxes:
        return select(self.candidates(pixels), confidence, iou, self.suppresses)


def metrics(report: dict) -> tuple[Metric, Metric]:
    """mAP@0.5 beside the baseline, and mAP@[.5:.95]."""
    baseline = report["baseline"]
    shared = {"dataset": report["data"], "split": report["split"]}
    loose, strict = (
        {key: report[name][key] for key in ("value", "low", "high", "count")} for name in ("map50", "map")
    )
    beside = {} if baseline is None else {"baseline": baseline["map50"], "baseline_name": baseline["name"]}
    return Metric(name="mAP@0.5", **shared, **loose, **beside), Metric(
        name="mAP@[.5:.95]", **shared, **strict
    )


def class_rows(report: dict) -> tuple[DetectionRow, ...]:
    return tuple(
        DetectionRow(
            name=row["label"],
            count=row["objects"],
            **{key: row[key] or 0.0 for key in ("recall", "precision", "ap50", "ap")},
        )
        for row in report["per_class"]
        if row["objects"]
    )


def precision_recall_picture(predictor: DetectorProtocol, data: BoxedPictures) -> bytes:
    """PNG: a curve a class at IoU 0.5."""
    from matplotlib.figure import Figure

    found = [found_in(predictor, data.read(i)) for i in range(len(data))]
    figure = Figure(figsize=(5, 3.6), dpi=80, layout="constrained")
    axes = figure.subplots()
    for name, verdict in zip(data.class_names, verdicts(found, data, (0.5,)), strict=True):
        if not verdict.objects.sum():
            continue
        built = curve(verdict.scores, verdict.right[0], int(verdict.objects.sum()))
        axes.plot(built.recall, built.precision, label=f"{name}  AP {average_precision(built):.2f}")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend(loc="lower left", frameon=False)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    small = io.BytesIO()  # a palette makes a third of it
    Image.open(file).convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return small.getvalue()


def example_picture(predictor: DetectorProtocol, data: BoxedPictures) -> bytes:
    """JPEG: a few dev pictures at even distances, with what was found, side by side."""
    tiles = []
    for index in np.linspace(0, len(data) - 1, min(EXAMPLES, len(data))).astype(int):
        pixels = data.read(int(index))
        tiles.append(fit_within(draw.boxes(pixels, predictor.predict(pixels)), EXAMPLE_SIDE))
    height = max(tile.shape[0] for tile in tiles)
    sheet = [np.pad(t, ((0, height - t.shape[0]), (0, 4), (0, 0)), constant_values=255) for t in tiles]
    return encode_jpeg(np.concatenate(sheet, axis=1), quality=60)


def small_example(data: BoxedPictures) -> np.ndarray:
    """The first picture of `data` with an object, made small: (h, w, 3) uint8."""
    first = next(i for i, boxes in enumerate(data.boxes) if len(boxes))
    return fit_within(data.read(first), GOLDEN_SIDE)


def found_in(predictor: DetectorProtocol, pixels: np.ndarray) -> Boxes:
    return select(predictor.candidates(pixels), LEAST, SUPPRESSION, predictor.suppresses)
