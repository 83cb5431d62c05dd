"""R-CNN (lecture, section 8.2.2) in its three stages, in plain sight.

    python -m finetune.rcnn --data DIR --output runs/mine

DIR holds Pascal VOC XML, COCO JSON or a YOLO folder. Selective search proposes windows; the network of ImageNet, as it
is, describes each by 1280 numbers; then, class by class,

    1. a linear SVM tells true boxes from windows that overlap none by 0.3. There are far more of the latter than it
       could learn from, so it starts with a few and takes in those on which it was wrong: hard negative mining.
    2. a logistic curve turns its margin into a probability (Platt, 1999).
    3. a ridge regression moves windows that overlap an object by 0.6 onto it.

Proposals and features are kept in OUTPUT, so that the same command goes on where it was stopped.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save as save_tensors
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from finetune.about import AboutFor, command
from finetune.about_detector import about_own_boxes
from finetune.box_check import check_boxes, train_and_dev_boxes
from finetune.detector_figures import measure_detector
from finetune.finish import Trained, finish
from finetune.options import count, run_options
from finetune.progress import tell, write_whole
from finetune.proposals import cached_proposals
from finetune.publish import preflight
from finetune.rcnn_windows import Spent, Windows, described
from finetune.running import Push, end_run, have_weights, recipe_run, saying
from finetune.starting_point import Start
from hub_models.architectures.detection import encode_boxes
from hub_models.architectures.rcnn import RCNN
from hub_models.box_dataset import BoxedPictures
from hub_models.preprocess import InputSpec

TASK = "object-detection"
SPEC = InputSpec(size_hw=(480, 640), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")
NORM = 20.0  # features are scaled to this length on average, so that the paper's C and alpha fit (its appendix C)
SVM_C, RIDGE_ALPHA = 1e-3, 1000.0
NEGATIVE_IOU, POSITIVE_IOU, NEAR_IOU = 0.3, 0.5, 0.6  # SVM, probability, regression
FIRST, HARD, ROUNDS = 20_000, 15_000, 3  # negatives to begin with, at most to add in a round, rounds


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns."""

    data: str
    output: Path
    proposals: int = 500  # windows of a picture to learn from, the most object-like
    dev_data: str = ""
    dev_share: float = 0.15
    dev_block: int = 10
    seed: int = 0
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
    if not is_main:  # nothing here is shared between processes
        return
    tell(recipe.output, "checking data")
    train_data, dev_data = train_and_dev_boxes(
        recipe.data, recipe.dev_data, recipe.dev_share, recipe.dev_block, recipe.seed
    )
    if recipe.smoke:
        train_data, dev_data = (d.subset(range(min(8, len(d)))) for d in (train_data, dev_data))
    train_data, dev_data, report = check_boxes(train_data, dev_data, saying(recipe.output, show, True))
    show(report.text())
    start = Start(
        model=RCNN(len(train_data.class_names)),
        library="ours",
        architecture="rcnn",
        input=SPEC,
        origin="none are kept here; features come from efficientnet_lite0.imagenet (Apache-2.0)",
        parent=None,
    )
    if where.repo:
        show(preflight(where.repo, None, 2 * sum(p.numel() for p in start.model.parameters())).text())
    if not publish_only:
        learn(recipe, start.model, train_data, show)
    have_weights(recipe.output, start.model, needed=True)
    about = about_for(start, train_data)
    trained = Trained(
        task=TASK,
        start=start,
        class_names=train_data.class_names,
        seed=recipe.seed,
        minutes=Spent(recipe.output / "seconds.json").before / 60,
    )
    finish(trained, about, recipe.output, measure_detector(train_data, dev_data, about.dataset, show), show)
    end_run(recipe.output, where, False, show)


run = recipe_run(work)


def learn(recipe: Recipe, model: RCNN, data: BoxedPictures, show: Callable[[str], None]) -> None:
    """Fill `model` class by class; its weights stand in OUTPUT/best.safetensors."""
    proposals = cached_proposals(data, recipe.output / "proposals-train.npz", show)
    windows = described(data, [p[: recipe.proposals] for p in proposals], SPEC, recipe.output, show)
    spent = Spent(recipe.output / "seconds.json")
    scale = NORM / np.mean([np.linalg.norm(w.features.astype(np.float32), axis=1).mean() for w in windows])
    for label, name in enumerate(data.class_names):
        weights, bias = support_vectors(windows, label, scale, recipe.seed, partial(told, show, name))
        margins = np.concatenate([w.features @ weights + bias for w in windows])
        steepness, shift = probability_curve(margins, np.concatenate([w.overlaps[:, label] for w in windows]))
        offsets, constants = box_regressor(windows, label, scale)
        with torch.no_grad():
            model.svm.weight[label], model.svm.bias[label] = torch.from_numpy(weights), float(bias)
            model.steepness[label], model.shift[label] = steepness, shift
            model.regressor.weight[label * 4 : label * 4 + 4] = torch.from_numpy(offsets)
            model.regressor.bias[label * 4 : label * 4 + 4] = torch.from_numpy(constants)
        tell(recipe.output, "training", f"learned {name}", step=label + 1, steps=len(data.class_names))
    kept = save_tensors(model.state_dict())
    write_whole(recipe.output / "best.safetensors", lambda file: file.write(kept))
    spent.keep()


def told(show: Callable[[str], None], name: str, words: str) -> None:
    show(f"{name}: {words}")


def rows(windows: Sequence[Windows], masks: Sequence[np.ndarray]) -> np.ndarray:
    """Features (N, 1280) float32 of the windows where the mask (n,) of their picture holds."""
    return np.concatenate(
        [w.features[mask].astype(np.float32) for w, mask in zip(windows, masks, strict=True)]
    )


def support_vectors(
    windows: Sequence[Windows], label: int, scale: float, seed: int, show: Callable[[str], None]
) -> tuple[np.ndarray, np.float32]:
    """Stage 1: weights (1280,) and bias of the margin of class `label`."""
    positives = rows(windows, [w.labels == label for w in windows])
    negatives = [w.overlaps[:, label] < NEGATIVE_IOU for w in windows]
    rng = np.random.default_rng(seed)
    taken = [some(rng.random(len(mask)), mask, FIRST // len(windows)) for mask in negatives]
    weights, bias = separated(positives, rows(windows, taken), scale)
    for _ in range(ROUNDS):
        margins = [w.features @ weights + bias for w in windows]
        wrong = [(m > -1) & mask & ~t for m, mask, t in zip(margins, negatives, taken, strict=True)]
        hard = [some(m, mask, HARD // len(windows)) for m, mask in zip(margins, wrong, strict=True)]
        show(f"{sum(map(np.sum, wrong)):,} windows are hard, {sum(map(np.sum, hard)):,} of them join")
        if not any(mask.any() for mask in hard):
            break
        taken = [t | h for t, h in zip(taken, hard, strict=True)]
        weights, bias = separated(positives, rows(windows, taken), scale)
    return weights, bias


def separated(positives: np.ndarray, negatives: np.ndarray, scale: float) -> tuple[np.ndarray, np.float32]:
    """Weights (1280,) and bias of the linear SVM between two sets of features (N, 1280)."""
    x = np.concatenate([positives, negatives]) * np.float32(scale)
    y = np.repeat([1, 0], [len(positives), len(negatives)])
    fitted = LinearSVC(C=SVM_C, dual=False).fit(x, y)
    return (fitted.coef_[0] * scale).astype(np.float32), np.float32(fitted.intercept_[0])


def some(priority: np.ndarray, mask: np.ndarray, most: int) -> np.ndarray:
    """`mask` (n,) with at most `most`, or one, of its True left: where `priority` is largest."""
    order = np.flatnonzero(mask)
    chosen = order[np.argsort(-priority[order], kind="stable")[: max(1, most)]]
    left = np.zeros_like(mask)
    left[chosen] = True
    return left


def probability_curve(margins: np.ndarray, overlaps: np.ndarray) -> tuple[float, float]:
    """Stage 2: (a, b) of sigmoid(a margin + b), the probability that a window overlaps an object by 0.5."""
    fitted = LogisticRegression().fit(margins[:, None], overlaps >= POSITIVE_IOU)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def box_regressor(windows: Sequence[Windows], label: int, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Stage 3: weights (4, 1280) and constants (4,) of the offsets from windows to objects of class `label`."""
    near = [w.overlaps[:, label] >= NEAR_IOU for w in windows]
    wanted = torch.cat(
        [
            encode_boxes(w.nearest[m, label], w.boxes[m])
            for w, m in zip(windows, map(torch.from_numpy, near), strict=True)
        ]
    )
    fitted = Ridge(alpha=RIDGE_ALPHA).fit(rows(windows, near) * np.float32(scale), wanted.numpy())
    return (fitted.coef_ * scale).astype(np.float32), fitted.intercept_.astype(np.float32)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m finetune.rcnn",
        description="Train R-CNN's classifiers and box regressors. Run the same command again to resume.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--data", required=True, help="Pascal VOC XML, COCO JSON or a YOLO folder; or a Hub dataset")
    run_options(add, dev_block=10)
    add("--proposals", type=count, default=500, help="windows of a picture to learn from")
    add("--seed", type=int, default=0, help="decides all that is random")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    chosen = build_parser().parse_args(arguments)
    names = ("data", "proposals", "dev_data", "dev_share", "dev_block", "seed", "smoke")
    recipe = Recipe(output=Path(chosen.output), **{name: getattr(chosen, name) for name in names})

    def about_for(start: Start, data: BoxedPictures):
        about = about_own_boxes(start, data, recipe, arguments, chosen)
        return replace(about, command=command("rcnn", arguments))

    where = Push(repo=chosen.push_to_hub, private=chosen.private)
    return run(recipe, about_for, where, chosen.publish_only)


if __name__ == "__main__":
    sys.exit(main())
