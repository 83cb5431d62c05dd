"""The face finder: YOLO with anchors, trained to find faces in whole photographs.

    python -m finetune.face_photographs --photographs DIR --faces DIR --output runs/face_photographs
    python -m finetune.face_finding --data-dir runs/face_photographs --output runs/yolo_anchors.faces

The first command makes the data: train and val were marked by another finder (MTCNN), test by a person. All of it is
the recipe of finetune.object_detection; here stand its figures, and recall and precision on the part test.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from finetune import object_detection
from finetune.about import About, command, paper_of
from finetune.dataset_recipe import dataset_main
from finetune.detector_figures import Remembering, measure_detector, metrics
from finetune.finish import Measure, Measured
from finetune.loop import Settings
from finetune.object_detection import Recipe
from finetune.running import Show
from finetune.whole_run import run_of
from hub_models.box_dataset import BoxedPictures, open_boxes
from hub_models.checkpoint import Metric
from hub_models.evaluate.object_detection import evaluate
from hub_models.finding_faces import found_by
from hub_models.inside.boxes import iou_matrix
from hub_models.inside.precision_recall import greedy
from hub_models.metrics import resampled_figure
from hub_models.predictors.detector import DetectorProtocol

MODULE = "face_finding"
THRESHOLD = 0.2  # the score from which on a face counts: chosen on dev; these scores stay low
PARTS_FROM = 180  # pixels: the network sees 176, so larger pictures are looked at in parts, too
LARGE = 0.08  # width of a face / longer side of its photograph
DRAWS = 1000  # of the photographs, for the intervals


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=network.replace("_", "-"),
        data=str(data_dir),
        output=output,
        size_hw=(160, 176),  # small: at work it looks at parts of a picture, too
        card_examples=False,  # no strangers' faces in a card
        frozen_stages=2,
        backbone_rate=0.4,
        storage="int8",
        settings=Settings(
            epochs=7,
            batch=16,
            learning_rate=3e-3,
            weight_decay=1e-3,
            optimizer="adamw",
            ema=0.98,
            clip_norm=10.0,
            seed=seed,
        ),
    )


def about(network: str) -> About:
    paper, year, deviations = paper_of(network)
    return About(
        id=f"{network}.faces",
        title="Face finder (YOLO with anchors)",
        architecture="YOLO with anchors",
        year=year,
        paper=paper,
        sentence="Finds faces in whole photographs in one look. Its certainties are low: show boxes from 0.2 on.",
        weights_licence="Apache-2.0",
        dataset="face photographs",
        trained_on="Face photographs (Flickr8k, and faces pasted into it)",
        data="photographs of Flickr8k, whose faces MTCNN of facenet-pytorch (MIT) marked, and pictures composed of "
        "photographs without faces and crops of YouTube Faces (finetune.face_photographs); first weights from ImageNet-1k",
        data_licence="Flickr8k: non-commercial research and education; YouTube Faces: research and teaching only",
        split="train trained; 12 % of the photographs (dev), marked by MTCNN like those of train, chose the weights; 60 "
        "other photographs (test) were marked by a person and seen by nobody else",
        command=command(MODULE, ["--data-dir", "runs/face_photographs", "--output", f"runs/{network}.faces"]),
        deviations=deviations,
        limits=(
            "Its boxes in training are those of another finder, MTCNN: it learned that one's mistakes too.",
            "Its scores stay low: 0.2 is what was chosen on dev. Recall and precision are those of the whole picture "
            "and four parts of it; the demo of detection looks at the whole alone.",
            "Misses faces narrower than about 8 % of the longer side of the picture, faces seen from the side or from "
            "above, dark ones, and those behind helmets or hands.",
            "Now and then takes a dog, a pattern or a hand for a face.",
            "Says that a face is there, not whose; nothing is guessed about age, gender or mood.",
        ),
    )


def read_data(recipe: Recipe, show: Show) -> dict[str, BoxedPictures]:
    """ "train", "dev", and "test", which was marked by a person."""
    return {**open_boxes(recipe.data), **object_detection.read_data(recipe, show)}


def measure(recipe: Recipe, data: Mapping[str, BoxedPictures], dataset: str, show: Show) -> Measure:
    before = measure_detector(data["train"], data["dev"], dataset, show, examples=False)
    return partial(with_test, before=before, test=data.get("test"), dataset=dataset, show=show)


def with_test(
    predictor: DetectorProtocol, *, before: Measure, test: BoxedPictures | None, dataset: str, show: Show
) -> Measured:
    """What a detector's recipe measures, and the figures of the photographs that a person marked."""
    measured = before(predictor)
    if test is None:
        return measured
    predictor = Remembering(predictor)
    show(f"measuring on {len(test):,} photographs that a person marked")
    average = metrics(evaluate(predictor, test, name=dataset, split="test"))[:1]
    return replace(
        measured, metrics=(*average, *recall_and_precision(predictor, test, dataset), *measured.metrics)
    )


def recall_and_precision(
    predictor: DetectorProtocol,
    data: BoxedPictures,
    dataset: str,
    threshold: float = THRESHOLD,
    large: int = PARTS_FROM,
) -> list[Metric]:
    """Both as the hub looks for faces (the whole picture and its parts), from a score of `threshold` on, IoU 0.5.

    95 % intervals: photographs drawn anew. Recall also of the faces alone that are at least LARGE of the longer side of
    their photograph wide.
    """
    rows = np.array(
        [counted(predictor, data, i, threshold, large) for i in range(len(data))]
    )  # (photographs, 5)
    named = {
        "recall": rows[:, [0, 1]],
        f"recall, faces from {LARGE:.0%} of the longer side": rows[:, [2, 3]],
        "precision": rows[:, [0, 4]],
    }
    drawn = np.random.default_rng(0).integers(0, len(rows), (DRAWS, len(rows)))
    found = []
    for name, (right, of) in ((name, columns.T) for name, columns in named.items()):
        if of.sum():
            again = right[drawn].sum(1) / np.maximum(of[drawn].sum(1), 1)
            figure = resampled_figure(right.sum() / of.sum(), again, int(of.sum()))
            found.append(Metric(dataset=dataset, split="test", name=name, **figure))
    return found


def counted(
    predictor: DetectorProtocol, data: BoxedPictures, index: int, threshold: float, large: int
) -> tuple[int, int, int, int, int]:
    """Of one photograph: faces found, faces, large faces found, large faces, answers."""
    pixels, truth = data.read(index), data.boxes[index]
    answers = found_by(predictor, pixels, threshold, large)
    matched = greedy(iou_matrix(answers.boxes_xyxy, truth), 0.5)
    hit = np.isin(np.arange(len(truth)), matched)
    wide = truth[:, 2] - truth[:, 0] >= LARGE * max(pixels.shape[:2])
    return int(hit.sum()), len(truth), int((hit & wide).sum()), int(wide.sum()), len(answers)


MEASURED = replace(object_detection.PARTS, read_data=read_data, measure=measure)
run = run_of(MEASURED)

if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, ["yolo_anchors"], run_recipe=run))
