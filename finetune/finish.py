"""From trained weights to a checkpoint: measured by the demo's own predictor, written in Hub layout, pushed."""

import importlib
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from finetune.about import About
from finetune.card import CardFacts, ClassRow
from finetune.publish import catalogue_row
from finetune.starting_point import Start
from finetune.write import write_checkpoint
from hub_models.checkpoint import Checkpoint, Metric
from hub_models.dataset import LabelledPictures
from hub_models.evaluate.image_classification import evaluate
from hub_models.metrics import proportion

MOST_TRAINING = 10_000  # training pictures that are measured: an interval of 1 % is narrow enough


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A network with its final weights, and what they were made from."""

    start: Start
    train_data: LabelledPictures
    dev_data: LabelledPictures
    seed: int
    minutes: float


def finish(trained: Trained, about: About, output: Path, show: Callable[[str], None] = print) -> Checkpoint:
    """Measure the weights on dev and on training pictures, write OUTPUT/checkpoint, show its row of the catalogue."""
    train, dev, device = trained.train_data, trained.dev_data, compute_device()
    unmeasured = row(trained, about, ())
    facts = card_facts(trained, about, ())
    with TemporaryDirectory(prefix=".measured-", dir=output) as folder:
        written = write(trained, unmeasured, facts, Path(folder, "checkpoint"))
        module = importlib.import_module(f"hub_models.predictors.{written.library}")
        predictor = module.load(written, Path(folder, "checkpoint"), device)
        show(f"measuring {written.megabytes:g} MB of weights on {len(dev):,} dev pictures")
        on_dev = evaluate(predictor, dev, name=about.dataset, split="dev")
        some = np.random.default_rng(0).permutation(len(train))[:MOST_TRAINING]
        show(f"measuring them on {len(some):,} training pictures")
        on_train = evaluate(predictor, train.subset(np.sort(some)), name=about.dataset, split="train")
    majority = int(np.bincount(train.labels).argmax())
    metrics = (metric(on_dev, dev, majority), metric(on_train, train.subset(some), majority))
    measured = write(
        trained,
        row(trained, about, metrics),
        card_facts(trained, about, class_rows(on_dev)),
        output / "checkpoint",
    )
    for figure in metrics:
        show(figure.text())
    show(catalogue_row(output / "checkpoint"))
    return measured


def write(trained: Trained, checkpoint: Checkpoint, facts: CardFacts, folder: Path) -> Checkpoint:
    return write_checkpoint(
        folder,
        model=trained.start.model,
        library=trained.start.library,
        class_names=trained.train_data.class_names,
        golden_pixels=golden_picture(),
        checkpoint=checkpoint,
        extra_card=facts,
    )


def golden_picture() -> np.ndarray:
    """(96, 96, 3) uint8: coloured waves and a bright disc. Drawn, so that no picture of the data is published."""
    y, x = np.mgrid[0:96, 0:96].astype(np.float32)
    waves = np.stack([np.sin(x / 5), np.sin(y / 9 + 1), np.sin((x + y) / 14 + 2)], axis=-1)  # (96, 96, 3)
    disc = ((x - 60) ** 2 + (y - 40) ** 2 < 400)[:, :, None]
    return (np.where(disc, 0.9, 0.3 + 0.25 * waves) * 255).astype(np.uint8)


def row(trained: Trained, about: About, metrics: tuple[Metric, ...]) -> Checkpoint:
    start = trained.start
    return Checkpoint(
        id=about.id,
        task="image-classification",
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


def metric(report: dict, data: LabelledPictures, majority: int) -> Metric:
    """The accuracy in `report`, beside that of always answering the `majority` class of the training data."""
    accuracy = report["accuracy"]
    always, _, _ = proportion(int((data.labels == majority).sum()), len(data))
    return Metric(
        dataset=report["data"],
        split=report["split"],
        name="accuracy",
        value=accuracy["value"],
        count=accuracy["count"],
        low=accuracy["low"],
        high=accuracy["high"],
        baseline=round(always, 6),
        baseline_name=f"always {data.class_names[majority]}",
    )


def class_rows(report: dict) -> tuple[ClassRow, ...]:
    """The classes of the dev data, with the wrong answer that each got most often."""
    labels = [entry["label"] for entry in report["per_class"]]
    rows = []
    for number, (entry, answers) in enumerate(zip(report["per_class"], report["confusion"], strict=True)):
        wrong = [0 if i == number else count for i, count in enumerate(answers)]
        if entry["count"]:
            rows.append(
                ClassRow(
                    name=entry["label"],
                    count=entry["count"],
                    recall=entry["recall"],
                    precision=entry["precision"] or 0.0,  # None: never answered
                    confused_with=labels[int(np.argmax(wrong))] if any(wrong) else "",
                )
            )
    return tuple(rows)


def card_facts(trained: Trained, about: About, per_class: tuple[ClassRow, ...]) -> CardFacts:
    return CardFacts(
        data=about.data,
        data_hub_id=about.data_hub_id,
        split=about.split,
        start=trained.start.origin,
        command=about.command,
        minutes=trained.minutes,
        hardware=hardware(),
        seed=trained.seed,
        versions=tuple((name, version(name)) for name in ("torch", "torchvision", "timm", "accelerate")),
        per_class=per_class,
        limits=about.limits,
    )


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
