"""From trained weights to a checkpoint: measured by the demo's own predictor, written in Hub layout."""

import importlib
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from finetune.about import About
from finetune.card import CardFacts, Row
from finetune.publish import catalogue_row
from finetune.starting_point import Start
from finetune.write import Storage, write_checkpoint
from hub_models.checkpoint import Checkpoint, Library, Metric
from hub_models.local import Given
from hub_models.predictors import Predictor


def golden_picture() -> np.ndarray:
    """(48, 48, 3) uint8: coloured waves and a bright disc. Drawn, so that no picture of the data is published."""
    y, x = np.mgrid[0:96:2, 0:96:2].astype(np.float32)
    waves = np.stack([np.sin(x / 5), np.sin(y / 9 + 1), np.sin((x + y) / 14 + 2)], axis=-1)  # (48, 48, 3)
    disc = ((x - 60) ** 2 + (y - 40) ** 2 < 400)[:, :, None]
    return (np.where(disc, 0.9, 0.3 + 0.25 * waves) * 255).astype(np.uint8)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A network with its final weights, and what they were made for."""

    task: str
    start: Start
    class_names: tuple[str, ...]
    seed: int
    minutes: float
    golden_input: Given = field(default_factory=golden_picture)  # kept with its answer
    storage: Storage = "fp16"  # int8, int5: smaller, for weights that travel with the repository


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What the card and the catalogue say of the quality."""

    metrics: tuple[Metric, ...]
    per_class: tuple[Row, ...] = ()
    pictures: Mapping[str, tuple[bytes, str]] = field(
        default_factory=dict
    )  # file -> (contents, what it shows)
    arguments: Mapping[str, object] = field(default_factory=dict)  # of the network, found by measuring it


Measure = Callable[[Predictor], Measured]


def finish(
    trained: Trained, about: About, output: Path, measure: Measure, show: Callable[[str], None] = print
) -> Checkpoint:
    """Measure the weights as the demo will load them, write OUTPUT/checkpoint, show its row of the catalogue."""
    with TemporaryDirectory(prefix=".measured-", dir=output) as folder:
        written = write(trained, about, Measured(metrics=()), Path(folder, "checkpoint"))
        module = importlib.import_module(f"hub_models.predictors.{written.library}")
        show(f"measuring {written.megabytes:g} MB of weights")
        measured = measure(module.load(written, Path(folder, "checkpoint"), compute_device()))
    kept = write(trained, about, measured, output / "checkpoint")
    for figure in measured.metrics:
        show(figure.text())
    show(catalogue_row(output / "checkpoint"))
    return kept


def write(trained: Trained, about: About, measured: Measured, folder: Path) -> Checkpoint:
    return write_checkpoint(
        folder,
        model=trained.start.model,
        library=trained.start.library,
        class_names=trained.class_names,
        golden_input=trained.golden_input,
        checkpoint=row(trained, about, measured.metrics),
        extra_card=card_facts(trained, about, measured),
        processor=trained.start.processor,
        files=trained.start.files,
        storage=trained.storage,
        pictures={name: data for name, (data, _) in measured.pictures.items()},
        arguments=measured.arguments,
    )


def row(trained: Trained, about: About, metrics: tuple[Metric, ...]) -> Checkpoint:
    start = trained.start
    return Checkpoint(
        id=about.id,
        task=trained.task,
        title=about.title,
        architecture=about.architecture,
        year=about.year,
        library=start.library,
        source="local:",
        model=start.architecture,
        sentence=about.sentence,
        paper=about.paper,
        weights_licence=about.weights_licence,
        data_licence=about.data_licence,
        trained_on=about.trained_on,
        parameters=0,  # both are counted when the weights are written
        megabytes=0.0,
        input=start.input,
        recipe=about.command,
        deviations=about.deviations,
        metrics=metrics,
    )


def card_facts(trained: Trained, about: About, measured: Measured) -> CardFacts:
    return CardFacts(
        data=about.data,
        data_hub_id=about.data_hub_id,
        split=about.split,
        start=trained.start.origin,
        command=about.command,
        minutes=trained.minutes,
        hardware=hardware(),
        seed=trained.seed,
        versions=tuple((name, version(name)) for name in packages(trained.start.library)),
        per_class=measured.per_class,
        pictures=tuple((name, says) for name, (_, says) in measured.pictures.items()),
        limits=about.limits,
    )


def packages(library: Library) -> tuple[str, ...]:
    """The packages whose versions decide what a run gives."""
    return ("torch", "torchvision", "timm" if library == "ours" else library, "accelerate")


def compute_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def hardware() -> str:
    """The processors that this process computes on, in words."""
    if torch.cuda.is_available():
        count = os.environ.get("WORLD_SIZE", "1")
        return f"{count} x {torch.cuda.get_device_name()}"
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    threads = torch.get_num_threads()
    return f"{threads} CPU thread{'s' * (threads > 1)} ({names[0] if names else platform.machine()})"
