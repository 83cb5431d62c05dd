"""What segmentation answers: a class for every pixel, or the pixels of every object. Numpy arrays, checked when made."""

from dataclasses import dataclass, replace

import numpy as np

from hub_models.results import Boxes, Labels, png_base64, shapes_differ

GOLDEN_PIXEL_SHARE = 0.005  # of a label map: pixels that may have another class on another machine


@dataclass(frozen=True)
class SemanticMap:
    """A class for every pixel of a picture, without telling objects of one class apart.

    `names`: all classes; `labels` (H, W) uint8, index into `names`, in the size of the picture given;
    `probabilities` (classes, h, w) float32 in 0..1, summing to 1 over the classes, as coarse as the network gave them:
    the cells of h x w cover the whole picture. `labels` are the most probable classes after enlarging them smoothly.
    """

    names: tuple[str, ...]
    labels: np.ndarray
    probabilities: np.ndarray

    def __post_init__(self) -> None:
        if self.labels.ndim != 2 or self.labels.dtype != np.uint8:
            raise ValueError(f"expected labels (H, W) uint8, got {self.labels.shape} {self.labels.dtype}")
        if self.probabilities.ndim != 3 or len(self.probabilities) != len(self.names):
            raise ValueError(
                f"expected probabilities ({len(self.names)}, h, w), one map a name, got {self.probabilities.shape}"
            )
        if not np.isfinite(self.probabilities).all():
            raise ValueError("expected finite probabilities, got NaN or infinity")
        if self.labels.size and self.labels.max() >= len(self.names):
            raise ValueError(f"expected labels below {len(self.names)}, got {self.labels.max()}")

    @property
    def size_hw(self) -> tuple[int, int]:
        return self.labels.shape

    def shares(self) -> dict[str, float]:
        """What share of the pixels each class has that occurs, the largest first."""
        counts = np.bincount(self.labels.ravel(), minlength=len(self.names))
        order = np.argsort(-counts, kind="stable")
        return {self.names[i]: float(counts[i] / self.labels.size) for i in order if counts[i]}

    def at(self, row: int, column: int) -> Labels:
        """The probabilities of all classes at one pixel of the picture, between the nearest cells."""
        rows, columns = ([place + 0.5] for place in (row, column))
        values = between_cells(self.probabilities, rows, columns, self.size_hw)[:, 0, 0]
        return Labels(self.names, (values / values.sum()).astype(np.float32))

    def rows(self) -> list[list[str]]:
        return [[name, f"{share:.1%}"] for name, share in self.shares().items()]

    def text(self) -> str:
        listed = ", ".join(f"{name} {share:.0%}" for name, share in list(self.shares().items())[:5])
        return f"Share of the pixels: {listed}."

    def to_json(self) -> dict:
        """`map_png`: the labels as a grey PNG of 8 bits, in base64."""
        return {
            "classes": [{"label": name, "share": round(share, 6)} for name, share in self.shares().items()],
            "names": list(self.names),
            "map_png": png_base64(self.labels),
            "size_hw": list(self.size_hw),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        return {"labels": self.labels}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        """Pixels where two classes are about as probable may change sides."""
        if words := shapes_differ(self.arrays(), golden):
            return words
        share = float((self.labels != golden["labels"]).mean())
        return "" if share <= GOLDEN_PIXEL_SHARE else f"{share:.2%} of the pixels have another class"


@dataclass(frozen=True)
class Instances:
    """Objects found in a picture with the pixels of each, the most certain first.

    `names`, `boxes_xyxy` (N, 4), `labels` (N,), `scores` (N,) and `size_hw` as in `Boxes`. `masks`: N maps (h, w)
    float32 in 0..1 of any size, each stretched over its box: how certainly a pixel there belongs to the object.
    """

    names: tuple[str, ...]
    boxes_xyxy: np.ndarray
    labels: np.ndarray
    scores: np.ndarray
    masks: tuple[np.ndarray, ...]
    size_hw: tuple[int, int]

    def __post_init__(self) -> None:
        _ = self.boxes  # Boxes checks the rest
        if len(self.masks) != len(self.scores):
            raise ValueError(f"expected {len(self.scores)} masks, one a score, got {len(self.masks)}")
        for mask in self.masks:
            if mask.ndim != 2 or not mask.size or not (mask.min() >= 0 and mask.max() <= 1):
                raise ValueError(f"expected masks (h, w) in 0..1, got {mask.shape}")

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def boxes(self) -> Boxes:
        return Boxes(self.names, self.boxes_xyxy, self.labels, self.scores, self.size_hw)

    def chosen(self, keep: np.ndarray) -> "Instances":
        """The objects at `keep`: ascending indices, or a mask (N,) of bool."""
        kept = np.arange(len(self))[keep]
        return replace(
            self,
            boxes_xyxy=self.boxes_xyxy[kept],
            labels=self.labels[kept],
            scores=self.scores[kept],
            masks=tuple(self.masks[i] for i in kept),
        )

    def soft_mask(self, number: int) -> tuple[np.ndarray, tuple[int, int]]:
        """The mask of one object enlarged to pixels of the picture: ((h, w) float32, (top row, left column))."""
        height, width = self.size_hw
        x0, y0, x1, y1 = self.boxes_xyxy[number].astype(float)
        left, top = max(0, int(np.floor(x0))), max(0, int(np.floor(y0)))
        right, bottom = min(width, int(np.ceil(x1))), min(height, int(np.ceil(y1)))
        rows, columns = np.arange(top, bottom) + 0.5, np.arange(left, right) + 0.5
        inside = ((rows > y0) & (rows < y1))[:, None] & ((columns > x0) & (columns < x1))[None]
        sides = max(y1 - y0, 1e-6), max(x1 - x0, 1e-6)
        values = between_cells(self.masks[number][None], rows - y0, columns - x0, sides)[0]
        return np.where(inside, values, 0).astype(np.float32), (top, left)

    def mask(self, number: int, threshold: float = 0.5) -> tuple[np.ndarray, tuple[int, int]]:
        """The pixels of one object: ((h, w) bool, (top row, left column))."""
        soft, corner = self.soft_mask(number)
        return soft >= max(threshold, 1e-6), corner

    def whole_mask(self, number: int, threshold: float = 0.5) -> np.ndarray:
        """The pixels of one object in the whole picture: (H, W) bool."""
        part, (top, left) = self.mask(number, threshold)
        whole = np.zeros(self.size_hw, bool)
        whole[top : top + part.shape[0], left : left + part.shape[1]] = part
        return whole

    def label_map(self, threshold: float = 0.5) -> np.ndarray:
        """(H, W) int32: 0 where no object is, else 1 + the number of the most certain object there."""
        numbers = np.zeros(self.size_hw, np.int32)
        for number in reversed(range(len(self))):  # so that the most certain lies on top
            part, (top, left) = self.mask(number, threshold)
            numbers[top : top + part.shape[0], left : left + part.shape[1]][part] = number + 1
        return numbers

    def areas(self, threshold: float = 0.5) -> np.ndarray:
        """Pixels of each object, (N,) int64."""
        return np.array([self.mask(i, threshold)[0].sum() for i in range(len(self))], np.int64)

    def counts(self) -> dict[str, int]:
        return self.boxes.counts()

    def rows(self) -> list[list[str]]:
        areas = self.areas()
        return [[*row, f"{area:,}"] for row, area in zip(self.boxes.rows(), areas, strict=True)]

    def text(self) -> str:
        return self.boxes.text()

    def to_json(self) -> dict:
        """`mask_rle`: the pixels as COCO writes them uncompressed, runs of 0 and 1 in turn, column after column."""
        found = self.boxes.to_json()
        for number, row in enumerate(found["boxes"]):
            whole = self.whole_mask(number)
            row |= {"area": int(whole.sum()), "mask_rle": run_lengths(whole)}
        return {"instances": found["boxes"], "size_hw": found["size_hw"]}

    def arrays(self) -> dict[str, np.ndarray]:
        return {**self.boxes.arrays(), "areas": self.areas()}

    def unlike(self, golden: dict[str, np.ndarray]) -> str:
        """Boxes as `Boxes` compares them; all areas together within 2 %."""
        if words := shapes_differ(self.arrays(), golden):
            return words
        if words := self.boxes.unlike({name: golden[name] for name in ("boxes_xyxy", "labels", "scores")}):
            return words
        areas, known = int(self.areas().sum()), int(golden["areas"].sum())
        return "" if abs(areas - known) <= 0.02 * known + 4 else f"{areas} pixels in all masks, not {known}"


def between_cells(
    maps: np.ndarray, rows: np.ndarray, columns: np.ndarray, size_hw: tuple[float, float]
) -> np.ndarray:
    """Maps (K, h, w) that cover an area of `size_hw`, read at the given places between their cells' centres.

    `rows` (R,) and `columns` (S,) in units of `size_hw`, 0 at the upper left corner -> (K, R, S), bilinear.
    """
    near = []
    for places, cells, side in zip((rows, columns), maps.shape[1:], size_hw, strict=True):
        at = np.clip(np.asarray(places, float) * cells / side - 0.5, 0, cells - 1)
        low = np.minimum(at.astype(int), max(cells - 2, 0))
        near.append((low, np.minimum(low + 1, cells - 1), at - low))
    (top, bottom, down), (left, right, along) = near
    across = maps[:, :, left] * (1 - along) + maps[:, :, right] * along  # (K, h, S)
    return across[:, top] * (1 - down)[:, None] + across[:, bottom] * down[:, None]


def run_lengths(mask: np.ndarray) -> dict:
    """A mask (H, W) bool as COCO's uncompressed run lengths, column after column, beginning with zeros."""
    flat = np.concatenate([[0], mask.T.ravel().astype(np.int8), [0]])
    turns = np.flatnonzero(np.diff(flat))
    edges = np.concatenate(
        [[0], turns, [mask.size]] if not len(turns) or turns[-1] != mask.size else [[0], turns]
    )
    return {"size": list(mask.shape), "counts": [int(run) for run in np.diff(edges)]}
