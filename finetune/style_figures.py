"""How near a style network comes, for its row of the catalogue and its card: figures, and examples to look at."""

from collections.abc import Callable
from functools import partial

import numpy as np

from finetune.finish import Measure, Measured
from finetune.photographs import middles
from hub_models.checkpoint import Metric
from hub_models.data_files import Photographs
from hub_models.evaluate.style_transfer import STYLE_FILE, evaluate
from hub_models.picture import encode_jpeg, fit_within
from hub_models.predictors.gatys import Gatys
from hub_models.predictors.stylizer import StylizerProtocol

DEV_PICTURES = 32  # that are looked at after each epoch
MOST_MEASURED = 60  # dev photographs behind the figures of the card
EXAMPLES, EXAMPLE_SIDE = 4, 176  # in the card; pixels of a side
STYLE_SIDE = 256  # pixels of the style picture that travels with the weights
NAMES = {"style_left": "style cost left", "content_lost": "content cost"}


def measure_stylizer(
    data: Photographs,
    style: np.ndarray,
    dataset: str,
    show: Callable[[str], None],
    judge: Gatys | None = None,
    examples: bool = True,
) -> Measure:
    """Measures on dev photographs, for the picture (H, W, 3) of its style. `judge`: None is the predictor itself."""
    return partial(
        measured, data=data, style=style, dataset=dataset, show=show, judge=judge, examples=examples
    )


def measured(
    predictor: StylizerProtocol,
    *,
    data: Photographs,
    style: np.ndarray,
    dataset: str,
    show: Callable[[str], None],
    judge: Gatys | None,
    examples: bool,
) -> Measured:
    chosen = np.linspace(0, len(data) - 1, min(MOST_MEASURED, len(data))).astype(int)
    show(f"measuring on {len(chosen):,} photographs of dev")
    report = evaluate(predictor, data.subset(chosen), style, judge or predictor, name=dataset, split="dev")
    metrics = tuple(
        Metric(
            dataset=dataset,
            split="dev",
            name=name,
            **report[key],
            baseline=report["baseline"][key],
            baseline_name=report["baseline"]["name"],
        )
        for key, name in NAMES.items()
    )
    pictures = {STYLE_FILE: (encode_jpeg(fit_within(style, STYLE_SIDE), quality=80), "The style.")}
    if examples:
        says = "Photographs that it was not trained on, and its answers."
        pictures["examples.jpg"] = example_picture(predictor, data), says
    return Measured(metrics=metrics, pictures=pictures)


def example_picture(predictor: StylizerProtocol, data: Photographs) -> bytes:
    """JPEG: photographs above, answers below."""
    photographs = middles(data, EXAMPLES, EXAMPLE_SIDE)
    answers = [predictor.predict(pixels, longest_side=EXAMPLE_SIDE).picture for pixels in photographs]
    return encode_jpeg(grid([photographs, answers]), quality=65)


def grid(rows: list[list[np.ndarray]], gap: int = 4) -> np.ndarray:
    """Pictures of one size in rows, white between them; (H, W, 3) uint8."""
    padding = ((0, gap), (0, gap), (0, 0))
    lines = [
        np.concatenate([np.pad(p, padding, constant_values=255) for p in pictures], axis=1)
        for pictures in rows
    ]
    return np.concatenate(lines)[:-gap, :-gap]
