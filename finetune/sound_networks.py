"""The network that a recipe for classes of sounds starts from.

spectrogram-cnn             ours, from random weights
spectrogram_cnn.digits      a checkpoint of ours by id, or its folder: all weights that still fit, and its spectrogram
"""

from typing import Protocol

from finetune.starting_point import Start, copy_fitting, find_ours
from hub_models import loader
from hub_models.architectures.spectrogram_cnn import SpectrogramCNN
from hub_models.errors import BadData
from hub_models.labelled_sounds import LabelledSounds
from hub_models.local import read_config

TASK = "audio-classification"
ARCHITECTURE = "spectrogram_cnn"
NAME = "spectrogram-cnn"
PRETRAINED_RATE = 16_000  # of AST, wav2vec2 and their like
KEPT = (
    "rate",
    "seconds",
    "window",
    "hop",
    "mels",
    "fmin",
    "fmax",
    "width",
)  # of a checkpoint that is gone on from
LOWEST = 60.0  # Hz of the first filter of a new network


class Shaped(Protocol):
    """What a Recipe says of a network of ours."""

    model: str
    rate: int
    seconds: float
    width: int
    dropout: float


def is_pretrained(recipe: Shaped) -> bool:
    return recipe.model.partition(":")[0] == "transformers"


def parent_of(recipe: Shaped):
    return find_ours(
        recipe.model, TASK, [NAME, "transformers:HUB_ID"], "or the folder of such a network of ours"
    )


def rate_of(recipe: Shaped) -> int:
    """Samples a second that the network of `recipe` wants. BadData `model_unknown`."""
    if recipe.model == NAME:
        return recipe.rate
    return (
        PRETRAINED_RATE if is_pretrained(recipe) else int(read_config(loader.find(parent_of(recipe)))["rate"])
    )


def start_sound_network(recipe: Shaped, data: LabelledSounds) -> Start:
    """The network that `recipe.model` names, for the classes of `data`. BadData `model_unknown`, `bad_value`."""
    classes = len(data.class_names)
    if recipe.model == NAME:
        # frames of 32 ms every 10 ms, whatever the rate; a power of two transforms fastest
        window = nearest_power(0.032 * recipe.rate)
        try:
            model = SpectrogramCNN(
                classes, rate=recipe.rate, seconds=recipe.seconds, window=window, hop=round(recipe.rate / 100),
                fmin=LOWEST, fmax=recipe.rate / 2, width=recipe.width, dropout=recipe.dropout,
            )  # fmt: skip
        except ValueError as error:
            raise BadData("bad_value", f"Expected a --rate that speech fits into: {error}") from error
        origin, parent = "random weights", None
    else:
        parent = parent_of(recipe)
        config = read_config(loader.find(parent))
        model = SpectrogramCNN(classes, dropout=recipe.dropout, **{name: config[name] for name in KEPT})
        kept = copy_fitting(loader.build(parent, "cpu"), model)
        origin = f"{parent.id} ({parent.weights_licence}), {kept:.0%} of its weights"
    return Start(
        model=model, library="ours", architecture=ARCHITECTURE, input=None, origin=origin, parent=parent
    )


def nearest_power(samples: float) -> int:
    """The power of two next to a number of samples, 64 at least."""
    powers = [2**k for k in range(6, 14)]
    return min(powers, key=lambda power: abs(power - samples))
