"""Pictures with boxes as Ultralytics' transforms want them, from memory: no folder is written, no file changed."""

import numpy as np
from PIL import Image

from hub_models.box_dataset import BoxedPictures
from hub_models.predictors.ultralytics_offline import ultralytics

ultralytics()
from ultralytics.data.dataset import YOLODataset  # noqa: E402, quiet first

MOST_KEPT = 2 * 1024**3  # bytes of small pictures that stay in memory


class YoloPictures(YOLODataset):
    """`BoxedPictures` with the library's mosaic and other changes (`augment`), resized as the demo resizes.

    Ultralytics' own reader would repair damaged files in place, and leave a cache beside the person's pictures.
    """

    def __init__(self, pictures: BoxedPictures, **options: object) -> None:
        self.pictures = pictures
        self.kept: dict[int, tuple[np.ndarray, tuple[int, int]]] = {}
        names = dict(enumerate(pictures.class_names))
        super().__init__(img_path="", data={"names": names, "nc": len(names), "channels": 3}, **options)

    def get_img_files(self, img_path: str) -> list[str]:
        return [str(number) for number in range(len(self.pictures))]  # the validation part is sorted by shape

    def get_labels(self) -> list[dict]:
        """A label a picture: boxes (n, 4) as shares of its sides, centre x, centre y, width, height."""
        return [self.label(number) for number in range(len(self.pictures))]

    def label(self, number: int) -> dict:
        height, width = self.sized(number)[1]
        corners = self.pictures.boxes[number] / np.array([width, height, width, height], np.float32)
        centres, sides = (corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]
        return {
            "im_file": str(number),
            "shape": (height, width),
            "cls": self.pictures.labels[number][:, None].astype(np.float32),  # (n,) -> (n, 1)
            "bboxes": np.concatenate([centres, sides], axis=1).astype(np.float32),
            "segments": [],
            "keypoints": None,
            "normalized": True,
            "bbox_format": "xywh",
        }

    def build_transforms(self, hyp: object) -> object:
        self.cache = "ram"  # mosaics of all pictures, not of those read last
        return super().build_transforms(hyp)

    def sized(self, number: int) -> tuple[np.ndarray, tuple[int, int]]:
        """((h, w, 3) uint8 BGR with its longer side `imgsz`, (height, width) before)."""
        if number in self.kept:
            return self.kept[number]
        pixels = self.pictures.read(number)
        height, width = pixels.shape[:2]
        scale = self.imgsz / max(height, width)
        new_wh = max(1, round(width * scale)), max(1, round(height * scale))
        small = np.asarray(Image.fromarray(pixels).resize(new_wh, Image.Resampling.BILINEAR))[:, :, ::-1]
        answer = np.ascontiguousarray(small), (height, width)
        if len(self.pictures) * answer[0].nbytes < MOST_KEPT:
            self.kept[number] = answer
        return answer

    def load_image(
        self, i: int, rect_mode: bool = True, resize_short: bool = False
    ) -> tuple[np.ndarray, tuple[int, int], tuple[int, int]]:
        """What the transforms ask for: (picture, size before, size after)."""
        picture, size_hw = self.sized(int(self.im_files[i]))
        return picture, size_hw, picture.shape[:2]
