"""Ultralytics' own training of a YOLO with masks: the pixels of objects as the outlines that it wants, and its figures."""

from copy import copy

import numpy as np

from finetune.instance_check import Checked
from finetune.yolo_data import YoloPictures
from finetune.yolo_trainer import YoloRun
from hub_models.predictors.ultralytics_offline import ultralytics
from hub_models.segments import Instances

ultralytics()
from ultralytics.data.converter import merge_multi_segment  # noqa: E402, quiet first
from ultralytics.models.yolo.segment import SegmentationValidator  # noqa: E402


class YoloOutlines(YoloPictures):
    """`Checked` pictures: boxes as in `YoloPictures`, and one outline an object."""

    def __init__(self, data: Checked, **options: object) -> None:
        self.objects = data.pictures
        super().__init__(data.boxes, task="segment", **options)

    def label(self, number: int) -> dict:
        _, objects = self.objects.read(number)
        sides = np.array(objects.size_hw[::-1], np.float32)
        outlines = [outline(objects, i) / sides for i in range(len(objects))]
        return super().label(number) | {"segments": outlines}


def outline(objects: Instances, number: int) -> np.ndarray:
    """Around the pixels of an object whose mask has a cell a pixel: (n, 2) float32 x, y in pixels of the picture.

    Holes are filled and pieces joined by lines, for the library takes one polygon an object.
    """
    from scipy.ndimage import binary_fill_holes
    from skimage.measure import find_contours

    filled = np.pad(binary_fill_holes(objects.masks[number] >= 0.5), 1)
    corner = objects.boxes_xyxy[number, :2]
    pieces = [c[:, ::-1] - 0.5 + corner for c in find_contours(filled, 0.5, fully_connected="high")]
    if len(pieces) > 1:
        pieces = merge_multi_segment([piece.ravel().tolist() for piece in pieces])
    return np.concatenate(pieces).astype(np.float32)


class YoloMaskRun(YoloRun):
    """The same run with masks: their loss beside those of the boxes, and their mAP@0.5 chooses the weights."""

    dataset = YoloOutlines
    losses = (
        "box_loss",
        "seg_loss",
        "cls_loss",
        "dfl_loss",
        "sem_loss",
    )  # the last one of YOLO26 alone, else 0

    def options(self, size: int) -> dict:
        return super().options(size) | {"task": "segment"}

    def get_validator(self) -> SegmentationValidator:
        return SegmentationValidator(
            self.test_loader, save_dir=self.save_dir, args=copy(self.args), _callbacks=self.callbacks
        )

    def scores(self, figures: dict, dev_loss: float) -> dict[str, float]:
        return {
            "mask_map50": figures["metrics/mAP50(M)"],
            "dev_loss": dev_loss,
            "mask_map": figures["metrics/mAP50-95(M)"],
            "box_map50": figures["metrics/mAP50(B)"],
        }
