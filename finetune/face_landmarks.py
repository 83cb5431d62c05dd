"""Train a network that finds the 68 points of a face.

    python -m finetune.face_landmarks --model heatmaps --data DIR --output runs/mine

DIR holds pictures of one face each and a table of their points (faces.csv: picture.jpg, x0, y0, x1, y1, ...; or an
npz). --model is regression or heatmaps (ours, on an ImageNet backbone), or a checkpoint of ours. Where the data has no
dev part, people are split off, not pictures. Run the same command again to resume. The result, `OUTPUT/checkpoint`,
opens in the hub's tab and can be pushed; `OUTPUT/points.jpg` shows whether the points lie where they should.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from finetune.about_landmarks import about_own_points
from finetune.data_check import readable
from finetune.finish import Measure
from finetune.landmark_crops import LandmarkCrops, fixed_crops, mean_shape
from finetune.landmark_figures import measure_landmarker, point_pictures
from finetune.landmark_options import build_parser, recipe_values
from finetune.light import other_light
from finetune.loop import Evaluate, Settings, Step, fit
from finetune.object_detection import parameter_groups
from finetune.pictures import normalised
from finetune.running import Push, Show
from finetune.starting_landmarks import start_landmarker
from finetune.starting_point import Start
from finetune.whole_run import Parts, run_of
from finetune.write import Storage
from hub_models.errors import BadData
from hub_models.faces import OUTER_CORNERS
from hub_models.landmark_dataset import LandmarkPictures, open_landmarks, split_people
from hub_models.preprocess import InputSpec

TASK = "face-landmarks"
TOGETHER = 64  # dev faces in a batch
MOVED_SEED = 7  # of the boxes around dev faces


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""
    dev_share: float = 0.15  # of the people
    size_hw: tuple[int, int] | None = None  # of the square that the network sees; None: 96 x 96
    backbone_rate: float = 0.5  # rate of the backbone / rate of the rest
    frozen_stages: int = 2  # of the backbone, with its stem; 0: none
    storage: Storage = "fp16"
    smoke: bool = False


def read_data(recipe: Recipe, show: Show) -> dict[str, LandmarkPictures]:
    """ "train" and "dev", checked, and "test" where the data has it; a contact sheet stands in the output folder."""
    found = open_landmarks(recipe.data)
    train = found.get("train", found.get("all"))
    dev = found.get("dev")
    if recipe.dev_data:
        others = open_landmarks(recipe.dev_data)
        dev = others.get("dev", next(iter(others.values())))
    if train is None:
        raise BadData("data_missing", "Expected a part to train on; name its table train or faces.")
    if dev is None:
        if len(set(train.people)) < 2:
            raise BadData(
                "data_missing",
                f"Expected several people, to choose the weights on some of them, found {len(set(train.people))}. "
                "Name them in the table, or give --dev-data.",
            )
        rest, off = split_people(train.people, recipe.dev_share, recipe.settings.seed)
        train, dev = train.subset(rest), train.subset(off)
    if recipe.smoke:
        few = 8 * recipe.settings.batch * recipe.settings.accumulate
        train, dev = (data.subset(range(min(few, len(data)))) for data in (train, dev))
    checked = readable(train, dev, show, max(1, recipe.settings.workers))
    refuse_empty(checked.train, checked.dev)
    for split, data in (("train", checked.train), ("dev", checked.dev)):
        show(f"{split}: {len(data):,} pictures of {len(set(data.people)):,} people")
    if checked.unreadable:
        show(f"left out, unreadable: {len(checked.unreadable)} ({'; '.join(checked.unreadable[:3])})")
    recipe.output.mkdir(parents=True, exist_ok=True)
    point_pictures(checked.train, recipe.output / "points.jpg")
    return {**found, "train": checked.train, "dev": checked.dev}


def refuse_empty(train: LandmarkPictures, dev: LandmarkPictures) -> None:
    if not len(train) or not len(dev):
        raise BadData(
            "data_missing",
            f"Expected readable pictures to train on and to choose the weights on, got {len(train)} and {len(dev)}.",
        )


def train(
    recipe: Recipe, start: Start, train_data: LandmarkPictures, dev_data: LandmarkPictures, show: Show
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    model, spec, settings = start.model.to(memory_format=torch.channels_last), start.input, recipe.settings
    if start.parent is None and hasattr(model, "mean_shape"):
        model.mean_shape.copy_(mean_shape(train_data))
    show(f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters")
    unchanging = {
        name: getattr(recipe, name) for name in ("model", "backbone_rate", "frozen_stages", "smoke")
    }
    progress = fit(
        model,
        parameter_groups(model, settings, recipe),
        LandmarkCrops(train_data, spec.size_hw[0], settings.seed),
        step=step_with(spec),
        evaluate=evaluation(dev_data, spec),
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging | {"input": spec},
    )
    return progress.stopped


def errors(points: Tensor, truths: Tensor) -> Tensor:
    """Points (B, 68, 2) twice -> (B,): their mean distance as a share of the true distance of the outer eye corners."""
    right, left = OUTER_CORNERS
    apart = (truths[:, left] - truths[:, right]).norm(dim=-1)
    return (points - truths).norm(dim=-1).mean(-1) / apart.clamp(min=1e-6)


def step_with(spec: InputSpec) -> Step:
    def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        pictures, truths = batch
        points, terms = network.terms(other_light(normalised(pictures, spec)), truths)
        wrong = errors(points.detach(), truths).mean()
        return {"loss": torch.stack(list(terms.values())).sum(), **terms, "train_error": wrong}

    return step


def evaluation(data: LandmarkPictures, spec: InputSpec) -> Evaluate:
    """How near the points of dev faces come: framed by the true points, and by boxes that lie a little wrong."""
    sets = [fixed_crops(data, spec.size_hw[0], seed) for seed in (None, MOVED_SEED)]

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, wrong = next(network.parameters()).device, []
        for squares, truths in sets:
            batches = [normalised(some.to(device), spec) for some in squares.split(TOGETHER)]
            points = torch.cat([network(batch).float().cpu() for batch in batches])
            wrong.append(errors(points, truths).mean().item())
        return {"closeness": 1 - sum(wrong) / 2, "error": wrong[0], "error_moved": wrong[1]}

    return evaluate


def start_from(recipe: Recipe, data: LandmarkPictures) -> Start:
    return start_landmarker(recipe.model, recipe.size_hw)


def measure(recipe: Recipe, data: Mapping[str, LandmarkPictures], dataset: str, show: Show) -> Measure:
    return measure_landmarker(data, dataset, show)


run = run_of(Parts(task=TASK, read_data=read_data, start_from=start_from, train=train, measure=measure))


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    chosen = build_parser().parse_args(arguments)
    values, settings = recipe_values(chosen)
    recipe = Recipe(**values, settings=Settings(**settings))
    if recipe.size_hw is not None:  # a face is seen in a square
        recipe = replace(recipe, size_hw=(max(recipe.size_hw), max(recipe.size_hw)))
    about_for = partial(about_own_points, recipe=recipe, arguments=arguments, options=chosen)
    return run(recipe, about_for, Push(repo=chosen.push_to_hub, private=chosen.private), chosen.publish_only)


if __name__ == "__main__":
    sys.exit(main())
