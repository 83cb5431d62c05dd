"""How good instance segmentation is, for its row of the catalogue and its card: figures and examples to look at."""

from collections.abc import Callable
from functools import partial

import numpy as np

from finetune.card import InstanceRow
from finetune.finish import Measure, Measured
from finetune.instance_check import Checked
from hub_models import draw_segments
from hub_models.checkpoint import Metric
from hub_models.evaluate.instance_segmentation import evaluate
from hub_models.instance_dataset import InstancePictures
from hub_models.picture import encode_jpeg, fit_within
from hub_models.predictors.instances import InstancesProtocol

MOST_TRAINING = 60  # training pictures that are measured
EXAMPLES, EXAMPLE_SIDE = 4, 240  # dev pictures in the card; pixels of a longer side
GOLDEN_SIDE = 112  # pixels: golden outputs keep theirs uncompressed


def measure_instances(
    train: Checked, dev: Checked, dataset: str, show: Callable[[str], None], examples: bool = True
) -> Measure:
    """Measures on all dev pictures and on some training pictures. `examples`: dev pictures stand in the card."""
    return partial(
        measured, train=train.pictures, dev=dev.pictures, dataset=dataset, show=show, examples=examples
    )


def measured(
    predictor: InstancesProtocol,
    *,
    train: InstancePictures,
    dev: InstancePictures,
    dataset: str,
    show: Callable[[str], None],
    examples: bool,
) -> Measured:
    show(f"measuring on {len(dev):,} dev pictures")
    on_dev = evaluate(predictor, dev, name=dataset, split="dev")
    some = train.subset(np.sort(np.random.default_rng(0).permutation(len(train))[:MOST_TRAINING]))
    show(f"measuring on {len(some):,} training pictures")
    on_train = evaluate(predictor, some, name=dataset, split="train")
    pictures = {}
    if examples:
        says = "Pictures that it was not trained on, what it finds in them from a score of 0.5 on, and what is true."
        pictures["examples.jpg"] = example_picture(predictor, dev), says
    return Measured(
        metrics=(*metrics_of(on_dev), *metrics_of(on_train)),
        per_class=class_rows(on_dev),
        pictures=pictures,
    )


def metrics_of(report: dict) -> list[Metric]:
    """Mask mAP@0.5 beside the baseline, mask mAP@[.5:.95], box mAP@0.5."""
    names = {"map50": "mask mAP@0.5", "map": "mask mAP@[.5:.95]", "box_map50": "box mAP@0.5"}
    shared = {"dataset": report["data"], "split": report["split"]}
    baseline = report["baseline"]
    beside = {} if baseline is None else {"baseline": baseline["map50"], "baseline_name": baseline["name"]}
    return [
        Metric(name=name, **shared, **report[key], **(beside if key == "map50" else {}))
        for key, name in names.items()
    ]


def class_rows(report: dict) -> tuple[InstanceRow, ...]:
    return tuple(
        InstanceRow(
            name=row["label"],
            count=row["objects"],
            **{key: row[key] or 0.0 for key in ("recall", "precision", "ap50", "ap", "box_ap50")},
        )
        for row in report["per_class"]
    )


def example_picture(predictor: InstancesProtocol, data: InstancePictures) -> bytes:
    """JPEG: a few dev pictures at even distances; a column each: picture, answer, truth."""
    columns = []
    for index in np.unique(np.linspace(0, len(data) - 1, EXAMPLES).astype(int)):
        pixels, truth = data.read(int(index))
        answers = [draw_segments.instances(pixels, found) for found in (predictor.predict(pixels), truth)]
        tiles = [fit_within(tile, EXAMPLE_SIDE) for tile in (pixels, *answers)]
        columns.append(np.concatenate(tiles))
    height = max(column.shape[0] for column in columns)
    sheet = [np.pad(c, ((0, height - c.shape[0]), (0, 4), (0, 0)), constant_values=255) for c in columns]
    return encode_jpeg(np.concatenate(sheet, axis=1), quality=60)


def small_example(data: Checked) -> np.ndarray:
    """The first picture of `data` with an object, made small: (h, w, 3) uint8."""
    first = next(i for i, boxes in enumerate(data.boxes.boxes) if len(boxes))
    return fit_within(data.boxes.read(first), GOLDEN_SIDE)
