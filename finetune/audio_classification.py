"""Train a classifier of sounds, or fine-tune a pretrained one.

    python -m finetune.audio_classification --model spectrogram-cnn --data DIR --output runs/mine

DIR (or a zip of it) holds a folder of sounds a class, perhaps in train/ and dev/: wav, flac, ogg or mp3. Without dev/ a
share is split off; `--group-by 2` keeps together what has the same second part in its file name (7_jackson_32.wav: the
speaker), so that nobody who is measured was trained on. --model is spectrogram-cnn (ours, from random weights), a
checkpoint of ours, or transformers:HUB_ID for a pretrained network of the Hub (AST, wav2vec2; transformers:FOLDER for one
that lies here), all of it, only its last layer (`--freeze`), or low-rank additions to it (`--lora-rank 8`). Run the same
command again to resume. The result, `OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from finetune.about_sounds import about_own_sounds
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.loop import Settings, fit
from finetune.progress import Progress
from finetune.running import Show
from finetune.sound_changes import Changes, changed_pictures, changed_sounds, placed
from finetune.sound_check import check_sounds, sounds_by_part
from finetune.sound_figures import measure_sounds
from finetune.sound_networks import rate_of, start_sound_network
from finetune.sound_options import build_parser
from finetune.starting_point import Start
from finetune.text_options import recipe_values
from finetune.whole_run import Parts, run_asked, run_of
from finetune.write import Storage
from hub_models.labelled_sounds import LabelledSounds
from hub_models.predictors.sound_pieces import loudest, piece_at

TASK = "audio-classification"
LEARNING = {
    "epochs": 30, "batch": 64, "learning_rate": 4e-3, "weight_decay": 1e-2, "optimizer": "adamw", "ema": 0.99,
    "mixed_precision": "bf16",
}  # what `--epochs` and the like are when not said  # fmt: skip
AT_ONCE = 128  # sounds that are measured at once


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""
    dev_share: float = 0.2
    class_part: int = 0  # part of the file name that is the class; 0: the folder is
    group_part: int = 0  # part of the file name that says what belongs together; 0: nothing does
    rate: int = 8000
    seconds: float = 1.0
    width: int = 24
    dropout: float = 0.3
    label_smoothing: float = 0.1
    changes: bool = True
    freeze: bool = False  # of a pretrained network: only the last layer learns
    lora: int = 0  # rank of what is added to its layers; 0: none, all weights learn
    storage: Storage = "fp16"
    smoke: bool = False


def read_data(recipe: Recipe, show: Show) -> dict[str, LabelledSounds]:
    """ "train" and "dev", checked and decoded, and "test" where the data has it."""
    found = sounds_by_part(
        recipe.data, recipe.dev_data, recipe.dev_share, recipe.settings.seed, recipe.class_part, recipe.group_part
    )  # fmt: skip
    data = check_sounds(found, rate_of(recipe), show)
    return shortened(recipe, data) if recipe.smoke else data


def shortened(recipe: Recipe, data: dict[str, LabelledSounds]) -> dict[str, LabelledSounds]:
    """Some sounds of every part: those of a smoke run."""
    few = 8 * recipe.settings.batch * recipe.settings.accumulate
    order = np.random.default_rng(recipe.settings.seed)
    return {
        part: sounds.subset(np.sort(order.permutation(len(sounds))[:few])) for part, sounds in data.items()
    }


class Waveforms(Dataset):
    """(epoch, index) -> (samples (L,) float32, how many of them are sound, class); all as long as the longest."""

    def __init__(self, data: LabelledSounds, longest: int) -> None:
        rows = [data.read(i).samples for i in range(len(data))]
        rows = [piece_at(row, loudest(row, longest), longest) if len(row) > longest else row for row in rows]
        self.lengths = torch.tensor([len(row) for row in rows])
        self.sounds = torch.zeros(len(rows), int(self.lengths.max()))
        for number, row in enumerate(rows):
            self.sounds[number, : len(row)] = torch.from_numpy(row)
        self.labels = torch.from_numpy(data.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
        index = place[1]
        return self.sounds[index], self.lengths[index], self.labels[index]


class Learning(nn.Module):
    """The network while it learns: sounds are changed on their way into it. The checkpoint keeps `kept`."""

    def __init__(self, kept: nn.Module, changes: Changes | None) -> None:
        super().__init__()
        self.kept, self.changes = kept, changes

    def forward(self, sounds: Tensor, lengths: Tensor) -> Tensor:
        """(B, L) of which (B,) samples are sound -> logits (B, classes)."""
        network = self.kept
        if self.changes is None:
            return network(placed(sounds, lengths, network.samples))
        heard = changed_sounds(sounds, lengths, network.samples, network.spec.rate, self.changes)
        return network.classify(changed_pictures(network.picture(heard), self.changes))


def pieces_of(data: LabelledSounds, samples: int) -> Tensor:
    """(N, samples) float32: the loudest piece of every sound, as the predictor cuts it."""
    rows = [data.read(i).samples for i in range(len(data))]
    return torch.from_numpy(np.stack([piece_at(row, loudest(row, samples), samples) for row in rows]))


def train(
    recipe: Recipe, start: Start, train_data: LabelledSounds, dev_data: LabelledSounds, show: Show
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    on_dev, labels = pieces_of(dev_data, start.model.samples), torch.from_numpy(dev_data.labels)

    def evaluate(network: Learning) -> dict[str, float]:
        device = next(network.parameters()).device
        found = torch.cat([network.kept(part.to(device)).float().cpu() for part in on_dev.split(AT_ONCE)])
        return {
            "accuracy": (found.argmax(1) == labels).float().mean().item(),
            "dev_loss": F.cross_entropy(found, labels).item(),
        }

    return learn(recipe, start, train_data, evaluate, show).stopped


def learn(recipe: Recipe, start: Start, train_data: LabelledSounds, evaluate, show: Show) -> Progress:
    """The epochs on `train_data`, judged by `evaluate(network)`; the best weights stand in OUTPUT/best.safetensors."""
    model, settings = start.model, recipe.settings
    show(f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters")

    def step(network: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> dict[str, Tensor]:
        sounds, lengths, labels = batch
        logits = network(sounds, lengths).float()
        accuracy = (logits.argmax(1) == labels).float().mean()
        loss = F.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
        return {"loss": loss, "train_accuracy": accuracy}

    return fit(
        Learning(model, Changes() if recipe.changes else None),
        list(block_groups(list(model.parameters()), settings.learning_rate, settings.weight_decay)),
        Waveforms(train_data, 2 * model.samples),
        step=step,
        evaluate=evaluate,
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging(recipe) | {"classes": ", ".join(train_data.class_names)},
    )


def unchanging(recipe: Recipe) -> dict[str, object]:
    """What a run that is taken up again must have in common with its beginning."""
    names = ("model", "rate", "seconds", "width", "dropout", "label_smoothing", "changes", "smoke")
    return {name: getattr(recipe, name) for name in names}


def measure(recipe: Recipe, data: Mapping[str, LabelledSounds], dataset: str, show: Show) -> Measure:
    return partial(measure_sounds, data=data, dataset=dataset, show=show)


def golden_sound(rate: int) -> np.ndarray:
    """(T,) float32, 0.6 s: a gliding tone with overtones. Made, so that no voice of the data is published."""
    seconds = np.arange(round(0.6 * rate)) / rate
    phase = 2 * np.pi * (140 * seconds + 120 * seconds**2)
    tone = sum(np.sin(k * phase) / k for k in range(1, 12))
    return (0.2 * tone * np.sin(np.pi * seconds / 0.6) ** 2).astype(np.float32)


PARTS = Parts(
    task=TASK,
    read_data=read_data,
    start_from=start_sound_network,
    train=train,
    measure=measure,
    golden=lambda recipe, dev: golden_sound(rate_of(recipe)),
    shortened=lambda recipe: replace(recipe, settings=replace(recipe.settings, epochs=2, patience=0)),
)
run = run_of(PARTS)


OTHERS = {"transformers:": "sound_transformers:run_pretrained"}  # runs of the networks of that library


def main(arguments: Sequence[str] | None = None) -> int:
    parser = build_parser("audio_classification", "a classifier of sounds", LEARNING)
    return run_asked(parser, Recipe, about_own_sounds, run, arguments, recipe_values, OTHERS)


if __name__ == "__main__":
    sys.exit(main())
