"""Training at the smallest size that still has everything: what test_finetune.py runs, also in other processes."""

import os
import signal
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from finetune import progress
from finetune.loop import Settings, fit
from finetune.pictures import AugmentedPictures, PlainPictures, normalised
from hub_models.dataset import FromArray, LabelledPictures
from hub_models.preprocess import InputSpec

SPEC = InputSpec(size_hw=(8, 8), mean=(0.5,) * 3, std=(0.5,) * 3)
SETTINGS = Settings(epochs=3, batch=8, learning_rate=0.05, ema=0.9, clip_norm=5.0, seed=3, save_seconds=-1.0)


def labelled(count: int = 40, classes: int = 2, side: int = 8) -> LabelledPictures:
    """Noise whose brightness tells the class."""
    random = np.random.default_rng(5)
    labels = np.arange(count) % classes
    bright = (labels * 160 / max(1, classes - 1) + 30)[:, None, None, None]
    images = np.clip(bright + random.normal(0, 40, (count, side, side, 3)), 0, 255).astype(np.uint8)
    return LabelledPictures(
        class_names=tuple(f"class {i}" for i in range(classes)),
        labels=labels.astype(np.int64),
        names=tuple(f"images[{i}]" for i in range(count)),
        read=FromArray(images),
    )


def write_folder(folder: Path, data: LabelledPictures) -> Path:
    for i in range(len(data)):
        path = folder / data.class_names[data.labels[i]] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(data.read(i)).save(path)
    return folder


class TinyNet(nn.Module):
    """Two blocks with batch normalisation and dropout, and a classifier."""

    def __init__(self, norm: bool = True) -> None:
        super().__init__()

        def block(channels_in: int, channels: int) -> nn.Sequential:
            bn = nn.BatchNorm2d(channels) if norm else nn.Identity()
            return nn.Sequential(nn.Conv2d(channels_in, channels, 3, 2, 1), bn, nn.ReLU())

        self.features = nn.Sequential(block(3, 4), block(4, 4))
        self.dropout = nn.Dropout(0.3 if norm else 0.0)
        self.classifier = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.dropout(self.features(x).mean((2, 3))))


def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    pictures, labels = batch
    logits = network(normalised(pictures, SPEC))
    return {
        "loss": F.cross_entropy(logits, labels),
        "train_accuracy": (logits.argmax(1) == labels).float().mean(),
    }


def evaluate(network: nn.Module) -> dict[str, float]:
    pictures, labels = zip(*PlainPictures(labelled(20), SPEC), strict=True)
    logits = network(normalised(torch.stack(pictures), SPEC))
    return {
        "accuracy": (logits.argmax(1) == torch.tensor(labels)).float().mean().item(),
        "dev_loss": F.cross_entropy(logits, torch.tensor(labels)).item(),
    }


def train(folder: Path, settings: Settings = SETTINGS, **changed) -> tuple[nn.Module, progress.Progress]:
    """A run of TinyNet in `folder`; `changed` arguments of `fit`."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = changed.pop("model", None) or TinyNet()
    groups = changed.pop("groups", None) or [{"params": [p for p in model.parameters() if p.requires_grad]}]
    data = AugmentedPictures(labelled(), SPEC, "shift", settings.seed)
    arguments = {"step": step, "evaluate": evaluate, "show": lambda words: None} | changed
    return model, fit(model, groups, data, settings=settings, folder=folder, **arguments)


def train_and_die(folder: Path, where: str, count: int) -> None:
    """Run `train` and kill this process, without any chance to clean up, at the `count`-th time that `where` is reached."""
    left = [count]

    def die_there(function):
        def call(*arguments):
            left[0] -= 1
            if left[0] < 0:
                if where == "save":  # half of the file is written
                    Path(folder, "resume.pt.unfinished").write_bytes(b"half a state")
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments)

        return call

    changed = {}
    if where == "step":
        changed["step"] = die_there(step)
    elif where == "evaluate":
        changed["evaluate"] = die_there(evaluate)
    elif where == "save":
        torch.save = die_there(torch.save)
    else:  # the best weights are written, the state is not
        progress.Logs.epoch = die_there(progress.Logs.epoch)
    train(folder, **changed)


def main(arguments: list[str], log: Path) -> None:
    """The command line in a process of its own, with what it prints in `log`."""
    import sys

    from finetune.image_classification import main as recipe

    torch.set_num_threads(1)
    with log.open("w", buffering=1) as file:
        sys.stdout = sys.stderr = file
        code = recipe(arguments)
    os._exit(code)
