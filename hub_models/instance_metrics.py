"""Figures of instance segmentation over many pictures: average precision by the overlap of masks, as COCO has it.

`found` and `truths` are `Instances` a picture, whose labels are indices into the class names of the data.
"""

from collections.abc import Sequence

import numpy as np

from hub_models.box_dataset import BoxedPictures
from hub_models.detection_metrics import GOOD_IOU, coco_run, coco_truth, mean_precision, verdicts
from hub_models.segments import Instances

MOST_MATCHED = 500  # answers of a class in a picture that count; COCO's 100 would cut off crowds
Runs = list[dict]  # run lengths as pycocotools packs them, one an object


def packed(objects: Instances, threshold: float = 0.5) -> Runs:
    """The pixels of each object in the whole picture."""
    from pycocotools import mask

    runs = []
    for number in range(len(objects)):
        whole = objects.whole_mask(number, threshold)
        runs.append(mask.encode(np.asfortranarray(whole.view(np.uint8))))
    return runs


def mask_overlaps(found: Runs, truth: Runs) -> np.ndarray:
    """Intersection over union of the pixels of every pair: (N, M)."""
    from pycocotools import mask

    if not found or not truth:
        return np.zeros((len(found), len(truth)))
    return np.asarray(mask.iou(found, truth, [0] * len(truth)))


def coco_mask_precision(
    found: Sequence[Instances], runs: Sequence[Runs], data: BoxedPictures, true_runs: Sequence[Runs]
) -> np.ndarray:
    """(10, classes) mask AP of pycocotools at the IoUs 0.5 to 0.95; NaN for a class without objects."""
    truth = coco_truth(data)
    for image, objects in zip(truth["images"], found, strict=True):
        image["height"], image["width"] = objects.size_hw
    for annotation, run in zip(truth["annotations"], (r for of in true_runs for r in of), strict=True):
        annotation["segmentation"] = run
    answers = [
        {"image_id": image, "category_id": int(label) + 1, "segmentation": run, "score": float(score)}
        for image, (objects, packed_runs) in enumerate(zip(found, runs, strict=True), 1)
        for label, score, run in zip(objects.labels, objects.scores, packed_runs, strict=True)
    ]
    return coco_run(truth, answers, "segm", data.objects(), MOST_MATCHED)


def mask_map50(found: Sequence[Instances], data: BoxedPictures, true_runs: Sequence[Runs]) -> float:
    """Mask mAP at IoU 0.5, ours, which tests hold equal to pycocotools. NaN where the data has no object."""
    overlaps = [mask_overlaps(packed(f), t) for f, t in zip(found, true_runs, strict=True)]
    of_classes = verdicts(found, data, (GOOD_IOU,), overlaps, MOST_MATCHED)
    return float(mean_precision(of_classes)[0])
