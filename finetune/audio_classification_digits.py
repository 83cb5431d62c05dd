"""A small convolutional network on spectrograms that knows the spoken digits, for speakers whom it never heard.

    python -m finetune.audio_classification_digits --data-dir DIR --output runs/spectrogram_cnn.digits

DIR holds the recordings of the Free Spoken Digit Dataset, `<digit>_<speaker>_<n>.wav` (8 kHz); they are at
https://github.com/Jakobovski/free-spoken-digit-dataset. How good it is with a new speaker is measured by leaving each
speaker out once: as many networks as speakers, each trained on the others for a fixed number of epochs and asked about the
one that it does not know. The network that is kept learns from all speakers in the same way; no figure of it on them is
given, as it has heard them all.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from finetune.about import OfData, about_network
from finetune.audio_classification import (
    AT_ONCE,
    LEARNING,
    PARTS,
    TASK,
    Learning,
    Recipe,
    learn,
    pieces_of,
    shortened,
)
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.running import Show
from finetune.sound_check import usable
from finetune.sound_networks import NAME, rate_of, start_sound_network
from finetune.speaker_figures import measure_speakers
from finetune.starting_point import Start
from finetune.state import best_weights
from finetune.whole_run import run_of
from hub_models.errors import BadData
from hub_models.labelled_sounds import LabelledSounds, open_sounds

MODULE = "audio_classification_digits"
IDENTITY = "spectrogram_cnn.digits"
CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
EPOCHS = 24
ABOUT = OfData(
    dataset="spoken digits",
    trained_on="Free Spoken Digit Dataset (2,500 recordings of the digits by 5 speakers)",
    data="Free Spoken Digit Dataset (Zohar Jackson and others): the digits zero to nine in English, 50 times each by the "
    "speakers george, jackson, lucas, nicolas and yweweler, 8,000 samples a second, cut at beginning and end",
    data_licence="CC BY-SA 4.0",
    split="all 5 speakers trained, for a fixed number of epochs; the figures are of 5 other networks, made in the same way, "
    "each of which was asked about the speaker that it was not trained on; the network hears every "
    "recording five times, shifted by up to 0.1 s, as in the demo, which was decided upon with these figures in sight; "
    "always saying one digit is right in 10 %",
    limits=(
        "Five speakers: children, other accents and other languages were never measured.",
        "Knows ten words. Whatever else it hears it takes for a digit, unless its probability stays low; see the figures.",
        "Hears one second: of a longer sound the loudest. Digits that follow closely upon each other are not cut apart.",
        "The recordings are short and cut; a word inside a sentence sounds otherwise.",
    ),
)


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=NAME,
        data=str(data_dir),
        output=output,
        class_part=1,
        group_part=2,
        storage="int8",
        settings=Settings(**LEARNING | {"epochs": EPOCHS}, seed=seed),
    )


def read_data(recipe: Recipe, show: Show) -> dict[str, LabelledSounds]:
    """ "train": all recordings, decoded. There is no dev part: each speaker is left out in turn."""
    wrong: dict[str, list[str]] = {}
    found = open_sounds(recipe.data, recipe.class_part, recipe.group_part)
    data = usable(next(iter(found.values())), "train", rate_of(recipe), {}, wrong)
    if data.class_names != tuple(map(str, range(10))) or len(set(data.groups)) < 2:
        raise BadData(
            "data_shape",
            "Expected recordings of the digits 0 to 9 by two speakers or more, named 7_jackson_32.wav, got other names.",
        )
    data = replace(data, class_names=CLASSES)
    show(f"{len(data):,} recordings of {', '.join(speakers(data))}")
    for reason, names in sorted(wrong.items()):
        show(f"left out, {reason}: {', '.join(names[:20])}")
    return {"train": shortened(recipe, {"train": data})["train"] if recipe.smoke else data}


def speakers(data: LabelledSounds) -> list[str]:
    return sorted(set(data.groups))


def apart(data: LabelledSounds, speaker: str) -> tuple[LabelledSounds, LabelledSounds]:
    """(all others, that speaker)."""
    own = [group == speaker for group in data.groups]
    return (
        data.subset([i for i, is_own in enumerate(own) if not is_own]),
        data.subset([i for i, is_own in enumerate(own) if is_own]),
    )


def steps_of(network: Learning) -> float:
    """Steps that the network has learned: the score where the last weights are to be kept, whatever they are worth."""
    counts = [m.num_batches_tracked for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    return float(counts[0])


def without(recipe: Recipe, speaker: str) -> Recipe:
    return replace(recipe, output=recipe.output / f"without_{speaker}")


def new_network(recipe: Recipe, data: LabelledSounds) -> Start:
    torch.manual_seed(recipe.settings.seed)
    return start_sound_network(recipe, data)


def train(recipe: Recipe, start: Start, data: LabelledSounds, dev: object, show: Show) -> bool:
    """A network without each speaker in OUTPUT/without_SPEAKER, then `start` with all. True where it was stopped."""
    for speaker in speakers(data):
        others, own = apart(data, speaker)
        show(f"without {speaker}: {len(others):,} recordings to learn from, {len(own):,} to be asked about")
        pieces, labels = pieces_of(own, start.model.samples), torch.from_numpy(own.labels)

        def evaluate(network: Learning, pieces=pieces, labels=labels) -> dict[str, float]:
            found = torch.cat([network.kept(part).cpu() for part in pieces.split(AT_ONCE)]).argmax(1)
            return {"steps": steps_of(network), "accuracy": (found == labels).float().mean().item()}

        if learn(without(recipe, speaker), new_network(recipe, data), others, evaluate, show).stopped:
            return True
    show("with all speakers")
    return learn(recipe, start, data, lambda network: {"steps": steps_of(network)}, show).stopped


def left_out(
    recipe: Recipe, data: LabelledSounds
) -> Mapping[str, tuple[LabelledSounds, LabelledSounds, nn.Module]]:
    """speaker -> (the others, the speaker's recordings, the network that does not know the speaker)."""
    found = {}
    for speaker in speakers(data):
        model = new_network(recipe, data).model
        best_weights(without(recipe, speaker).output, model, needed=True)
        found[speaker] = (*apart(data, speaker), model.eval())
    return found


def measure(recipe: Recipe, data: Mapping[str, LabelledSounds], dataset: str, show: Show):
    return partial(measure_speakers, folds=left_out(recipe, data["train"]), dataset=dataset, show=show)


def read_twice(recipe: Recipe, show: Show) -> dict[str, LabelledSounds]:
    """As a run wants it: with a "dev" part, of which `train` and `measure` make no use."""
    data = read_data(recipe, show)
    return data | {"dev": data["train"].subset([0])}


run = run_of(replace(PARTS, task=TASK, read_data=read_twice, train=train, measure=measure))


def about(network: str):
    return about_network(
        MODULE,
        ABOUT,
        IDENTITY,
        "Spectrogram CNN",
        "Spectrogram CNN",
        "A sound becomes a picture, and a network for pictures reads a spoken digit from it.",
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, [NAME], run_recipe=run))
