"""How well a network labels pixels, for its row of the catalogue and its card: figures and examples to look at."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from finetune.card import MaskRow
from finetune.finish import Measure, Measured
from hub_models import draw_segments
from hub_models.checkpoint import Metric
from hub_models.evaluate.semantic_segmentation import evaluate
from hub_models.mask_dataset import MaskedPictures
from hub_models.picture import encode_jpeg, fit_within
from hub_models.predictors.segmenter import SegmenterProtocol

MOST_TRAINING = 60  # training pictures that are measured
EXAMPLES, EXAMPLE_SIDE = 3, 240  # dev pictures in the card; pixels of a longer side


def measure_segmenter(
    parts: Mapping[str, MaskedPictures], dataset: str, show: Callable[[str], None], examples: bool = True
) -> Measure:
    """Measures on dev, on test where there is one, and on some training pictures. `examples`: dev ones in the card."""
    return partial(measured, parts=parts, dataset=dataset, show=show, examples=examples)


def measured(
    predictor: SegmenterProtocol,
    *,
    parts: Mapping[str, MaskedPictures],
    dataset: str,
    show: Callable[[str], None],
    examples: bool,
) -> Measured:
    train = parts["train"]
    few = np.sort(np.random.default_rng(0).permutation(len(train))[:MOST_TRAINING])
    measured_on = {**parts, "train": train.subset(few)}
    metrics, rows = [], ()
    for split in ("dev", "test", "train"):
        if split not in measured_on:
            continue
        show(f"measuring on {len(measured_on[split]):,} pictures of {split}")
        report = evaluate(predictor, measured_on[split], name=dataset, split=split, train=train)
        metrics += metrics_of(report)
        if split == "dev":
            rows = class_rows(report)
    pictures = {}
    if examples:
        says = "Pictures that it was not trained on, what it says of them, and what is true."
        pictures["examples.jpg"] = example_picture(predictor, parts["dev"]), says
    return Measured(metrics=tuple(metrics), per_class=rows, pictures=pictures)


def metrics_of(report: dict) -> list[Metric]:
    """Mean IoU beside the baseline; of dev and test also accuracy and the F of the borders."""
    names = {"mean_iou": "mean IoU", "pixel_accuracy": "pixel accuracy", "boundary_f": "boundary F"}
    kept = names if report["split"] != "train" else {"mean_iou": names["mean_iou"]}
    shared = {"dataset": report["data"], "split": report["split"]}
    return [
        Metric(
            name=name,
            **shared,
            **report[key],
            baseline=report["baseline"]["mean_iou"] if key == "mean_iou" else None,
            baseline_name=report["baseline"]["name"] if key == "mean_iou" else "",
        )
        for key, name in kept.items()
    ]


def class_rows(report: dict) -> tuple[MaskRow, ...]:
    return tuple(
        MaskRow(
            name=row["label"],
            count=row["pixels"],
            **{key: row[key] or 0.0 for key in ("recall", "precision", "iou", "boundary_f")},
        )
        for row in report["per_class"]
        if row["pixels"]
    )


def example_picture(predictor: SegmenterProtocol, data: MaskedPictures) -> bytes:
    """JPEG: a few dev pictures at even distances; a row each: picture, answer, truth."""
    rows = []
    for index in np.linspace(0, len(data) - 1, min(EXAMPLES, len(data))).astype(int):
        pixels, labels = data.read(int(index))
        answer = draw_segments.labels_over(pixels, predictor.predict(pixels).labels, 0.7)
        tiles = [
            fit_within(tile, EXAMPLE_SIDE)
            for tile in (pixels, answer, draw_segments.labels_over(pixels, labels, 0.7))
        ]
        rows.append(np.concatenate(tiles, axis=1))
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(r, ((0, 4), (0, width - r.shape[1]), (0, 0)), constant_values=255) for r in rows]
    return encode_jpeg(np.concatenate(padded), quality=60)
