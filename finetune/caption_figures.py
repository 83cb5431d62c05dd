"""How good a network's captions are, for its row of the catalogue and its card, with some pictures that may be shown."""

import importlib.util
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from finetune.finish import Measure, Measured
from finetune.region_features import region_features
from finetune.running import Show
from hub_models.caption import Caption
from hub_models.captioned_pictures import CaptionedPictures
from hub_models.checkpoint import Metric
from hub_models.evaluate.image_captioning import SHOWN, Neighbours, evaluate, neighbours_of
from hub_models.picture import decode_picture, encode_jpeg, fit_within
from hub_models.predictors.captioner import CaptionerProtocol

MOST_TRAINING = 100  # training pictures that are measured
BESIDE = "caption of the nearest picture"  # the baseline that a row of the catalogue names
KEPT = ("bleu_4", "bleu_1", "bleu_2", "bleu_3", "chrf", "cider")  # the first stands in tables of the hub
EXAMPLES = (
    "skimage/data/astronaut.png",
    "skimage/data/chelsea.png",
    "skimage/data/coffee.png",
)  # free of rights
SIDE, BELOW = 260, 60  # pixels of an example, and of its caption


def measure_captions(
    data: Mapping[str, CaptionedPictures], features: Path, output: Path, dataset: str, show: Show
) -> Measure:
    """Measures on dev, on test where there is one, and on some training pictures, beside two systems without words."""
    return partial(measured, data=data, features=features, output=output, dataset=dataset, show=show)


def measured(
    predictor: CaptionerProtocol,
    *,
    data: Mapping[str, CaptionedPictures],
    features: Path,
    output: Path,
    dataset: str,
    show: Show,
) -> Measured:
    train = data["train"]
    known = neighbours_of(region_features(train, 1, features, output, show).means(), train.captions)
    some = np.linspace(0, len(train) - 1, min(MOST_TRAINING, len(train))).astype(int)
    parts: list[tuple[str, CaptionedPictures, Neighbours | None]] = [
        (split, data[split], known) for split in ("test", "dev") if split in data
    ]
    metrics: list[Metric] = []
    for split, part, beside in [*parts, ("train", train.subset(some), None)]:
        show(f"measuring on {len(part):,} pictures of {split}")
        metrics += metrics_of(evaluate(predictor, part, name=dataset, split=split, known=beside))
    return Measured(metrics=tuple(metrics), pictures=examples(predictor))


def metrics_of(report: dict) -> list[Metric]:
    beside = next((base for base in report["baselines"] if base["name"] == BESIDE), None)
    return [
        Metric(
            dataset=report["data"],
            split=report["split"],
            name=SHOWN[key],
            **report[key],
            baseline=beside[key] if beside else None,
            baseline_name=BESIDE if beside else "",
        )
        for key in KEPT
        if key in report
    ]


def examples(predictor: CaptionerProtocol) -> dict[str, tuple[bytes, str]]:
    """Pictures of packages with their captions, for the card; {} where none is installed."""
    found: list[tuple[np.ndarray, Caption]] = []
    for place in EXAMPLES:
        package, _, inside = place.partition("/")
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            pixels = decode_picture(Path(spec.submodule_search_locations[0], inside)).pixels
            found.append((pixels, predictor.predict(pixels)))
    if not found:
        return {}
    says = "; ".join(caption.caption for _, caption in found)
    strip = np.concatenate([tile(pixels, caption.caption) for pixels, caption in found], axis=1)
    return {
        "examples.jpg": (encode_jpeg(strip), f"Pictures of scikit-image and what it says of them: {says}")
    }


def tile(pixels: np.ndarray, says: str) -> np.ndarray:
    """(SIDE + BELOW, SIDE, 3) uint8: the picture with its caption below."""
    canvas = Image.new("RGB", (SIDE, SIDE + BELOW), "white")
    small = Image.fromarray(fit_within(pixels, SIDE - 10))
    canvas.paste(small, ((SIDE - small.width) // 2, (SIDE - small.height) // 2))
    font, words, line, lines = ImageFont.load_default(14), says.split(), "", []
    for word in words:
        if line and font.getlength(f"{line} {word}") > SIDE - 16:
            lines, line = [*lines, line], word
        else:
            line = f"{line} {word}".strip()
    ImageDraw.Draw(canvas).multiline_text((8, SIDE), "\n".join([*lines, line][:3]), fill="black", font=font)
    return np.asarray(canvas)
