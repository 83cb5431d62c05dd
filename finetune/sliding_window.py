"""Train the window that slides over pictures (lecture, sections 8.2 and 8.2.1), in two phases.

    python -m finetune.sliding_window --model overfeat --data DIR --output runs/mine

--model is sliding-window (every window through the network alone, the box is the window) or overfeat (one pass over
the whole picture, boxes regressed); both learn from the same crops. First the classifier of crops learns windows that
hold an object and windows that hold none. Then it looks at the training pictures, and what it takes for an object
where there is none comes back as hard background (Felzenszwalb et al., 2010). DIR holds Pascal VOC XML, COCO JSON or
a YOLO folder. Run the same command again to resume: OUTPUT/first is the first phase, OUTPUT the second.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from finetune.about import AboutFor, command
from finetune.about_detector import about_own_boxes
from finetune.box_check import check_boxes, train_and_dev_boxes
from finetune.detector_figures import measure_detector
from finetune.finish import Trained, finish
from finetune.freezing import block_groups
from finetune.hard_background import hard_background
from finetune.light import other_light
from finetune.loop import Settings, Step, fit
from finetune.object_detection import TASK, evaluation
from finetune.pictures import normalised
from finetune.progress import tell
from finetune.publish import preflight
from finetune.running import Push, end_run, have_weights, recipe_run, saying
from finetune.starting_point import Start
from finetune.state import progress_in
from finetune.window_crops import Letterboxed, WindowCrops, sides_of
from finetune.window_options import build_parser, recipe_values
from finetune.write import Storage
from hub_models.architectures import he_init
from hub_models.architectures.overfeat import OverFeat
from hub_models.box_dataset import BoxedPictures
from hub_models.preprocess import InputSpec

MODELS = {"sliding-window": ("windows", False), "overfeat": ("convolutional", True)}  # mode, regresses
SPEC = InputSpec(size_hw=(480, 640), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")
FIRST, HARD = "first", "hard.safetensors"
BOX_SCALE = 10.0  # offsets are tenths: in the loss they count tenfold


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings  # of either phase; the second learns for `hard_epochs`
    hard_epochs: int = 4
    crops: int = 30_000  # in an epoch
    dev_data: str = ""
    dev_share: float = 0.15
    dev_block: int = 10
    sides: tuple[float, ...] = ()  # of the windows in pixels of the letterboxed picture; (): from the data
    size_hw: tuple[int, int] | None = None
    augment: str = "photo"  # or "any_way_up"
    storage: Storage = "fp16"
    smoke: bool = False


def work(
    recipe: Recipe,
    about_for: AboutFor,
    where: Push,
    *,
    publish_only: bool,
    show: Callable[[str], None],
    is_main: bool,
) -> None:
    """The parts of a run, in order."""
    if is_main:
        tell(recipe.output, "checking data")
    settings = recipe.settings
    if recipe.smoke:
        settings = replace(settings, epochs=2, patience=0)
        recipe = replace(recipe, settings=settings, hard_epochs=2, crops=8 * settings.batch)
    train_data, dev_data = train_and_dev_boxes(
        recipe.data, recipe.dev_data, recipe.dev_share, recipe.dev_block, settings.seed
    )
    if recipe.smoke:
        train_data, dev_data = (d.subset(range(min(8, len(d)))) for d in (train_data, dev_data))
    train_data, dev_data, report = check_boxes(train_data, dev_data, saying(recipe.output, show, is_main))
    show(report.text())
    start = start_window(recipe, train_data)
    if where.repo and is_main:
        show(preflight(where.repo, None, 2 * sum(p.numel() for p in start.model.parameters())).text())
    stopped = False if publish_only else train(recipe, start, train_data, dev_data, show)
    if not is_main or not have_weights(recipe.output, start.model, needed=publish_only):
        return
    about = about_for(start, train_data)
    seconds = progress_in(recipe.output).seconds + progress_in(recipe.output / FIRST).seconds
    trained = Trained(
        task=TASK,
        start=start,
        class_names=train_data.class_names,
        seed=settings.seed,
        minutes=seconds / 60,
        storage=recipe.storage,
    )
    finish(trained, about, recipe.output, measure_detector(train_data, dev_data, about.dataset, show), show)
    end_run(recipe.output, where, stopped, show)


run = recipe_run(work)


def start_window(recipe: Recipe, data: BoxedPictures) -> Start:
    """The network with random weights, its windows as large as the objects of `data`."""
    mode, regresses = MODELS[recipe.model]
    spec = replace(SPEC, size_hw=recipe.size_hw) if recipe.size_hw else SPEC
    sides = recipe.sides or sides_of(data, spec)
    torch.manual_seed(recipe.settings.seed)
    model = OverFeat(len(data.class_names), mode, regresses, sides=sides)
    he_init(model)
    return Start(
        model=model,
        library="ours",
        architecture="overfeat",
        input=spec,
        origin="random weights",
        parent=None,
    )


def train(
    recipe: Recipe,
    start: Start,
    train_data: BoxedPictures,
    dev_data: BoxedPictures,
    show: Callable[[str], None],
) -> bool:
    """Both phases; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    model, spec, settings = start.model.to(memory_format=torch.channels_last), start.input, recipe.settings
    model.mode = "convolutional"  # the same answers, sooner
    show(f"{recipe.model}: {sum(p.numel() for p in model.parameters()):,} parameters, windows {model.sides}")
    pictures = Letterboxed(train_data, spec)
    unchanging = {name: getattr(recipe, name) for name in ("model", "augment", "crops", "smoke")}

    def phase(folder: Path, crops: WindowCrops, settings: Settings) -> bool:
        groups = block_groups(list(model.parameters()), settings.learning_rate, settings.weight_decay)
        progress = fit(
            model,
            list(groups),
            crops,
            step=step_with(spec),
            evaluate=evaluation(dev_data, spec, None),
            settings=settings,
            folder=folder,
            show=show,
            recipe=unchanging | {"sides": model.sides, "input": spec},
        )
        return progress.stopped

    of_window = partial(
        WindowCrops,
        pictures,
        model,
        samples=recipe.crops,
        any_side_up=recipe.augment == "any_way_up",
        seed=settings.seed,
    )
    if phase(recipe.output / FIRST, of_window(), settings):
        return True
    hard = hard_background(model, pictures, recipe.output / HARD, show)
    second = replace(settings, epochs=recipe.hard_epochs, learning_rate=settings.learning_rate / 2)
    return phase(recipe.output, of_window(hard=hard), second)


def step_with(spec: InputSpec) -> Step:
    """Cross-entropy of the classes and, around objects, smooth L1 of the box that the network gives for that class."""

    def step(network: OverFeat, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        crops, labels, truths = batch
        bare = getattr(network, "module", network)  # of distributed training
        logits, offsets = bare.split(network(other_light(normalised(crops, spec))).float())
        classes = F.cross_entropy(logits, labels)
        right = (logits.argmax(1) == labels).float().mean()
        if offsets is None:
            return {"loss": classes, "train_accuracy": right}
        holds = labels < bare.classes
        own = offsets[holds, labels[holds]]  # (objects, 4)
        boxes = F.smooth_l1_loss(own * BOX_SCALE, truths[holds] * BOX_SCALE, reduction="sum") / max(
            1, len(labels)
        )
        return {"loss": classes + boxes, "classes": classes, "boxes": boxes, "train_accuracy": right}

    return step


def about_own_windows(start: Start, data: BoxedPictures, recipe: Recipe, arguments: Sequence[str], options):
    """As of any detector, but the command is this module's and the identity tells which of the two it is."""
    about = about_own_boxes(start, data, recipe, arguments, options)
    name = recipe.model.replace("-", "_")
    return replace(
        about,
        id=f"{name}.{about.id.partition('.')[2]}",
        title=options.name or f"{recipe.model} on {about.dataset}",
        command=command("sliding_window", arguments),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    chosen = build_parser(tuple(MODELS)).parse_args(arguments)
    values, settings = recipe_values(chosen)
    recipe = Recipe(**values, settings=Settings(**settings))
    about_for = partial(about_own_windows, recipe=recipe, arguments=arguments, options=chosen)
    return run(recipe, about_for, Push(repo=chosen.push_to_hub, private=chosen.private), chosen.publish_only)


if __name__ == "__main__":
    sys.exit(main())
