"""A picture from many small segments to one region: the grouping of selective search, see `hub_models.proposals`.

Source: "Selective Search for Object Recognition" (Uijlings, van de Sande, Gevers, Smeulders; 2013), section 3.
"""

from dataclasses import dataclass

import numpy as np

from hub_models import compute

COLOUR_BINS = 25  # a channel; section 3.2 of the paper
TEXTURE_BINS = 10  # an orientation and channel
ORIENTATIONS = 8
SMOOTHING = 0.8  # sigma before the segmentation, pixels
MOST_SEGMENTS = 2000  # to begin with: every pair of them has a place in a table
CHECK_EVERY = 50  # merges between two looks at the visitor's deadline


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """How one grouping begins. `scale`: larger wants larger segments; `smallest`: pixels of the shrunk picture."""

    colour: str  # "hsv", "lab" or "rgb"
    scale: float
    smallest: int = 10


@dataclass(frozen=True, kw_only=True)
class Regions:
    """Regions of one grouping: what the likenesses are computed from. The first axis is the region."""

    sizes: np.ndarray  # (N,) pixels
    boxes: np.ndarray  # (N, 4) xyxy, ends excluded
    colours: np.ndarray  # (N, 3 * 25), sums to 1
    textures: np.ndarray  # (N, 3 * 8 * 10), sums to 1


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """One grouping from its first segments to the whole picture.

    `segments` (h, w) int, 0 to N - 1; `boxes` (2N - 1, 4) float32 xyxy in pixels of the shrunk picture: of the N
    segments, then of each merged region in the order of merging; merge k joins the regions `merges[k]` into region
    N + k, when they were `likeness[k]` alike (0..4).
    """

    strategy: Strategy
    segments: np.ndarray
    boxes: np.ndarray
    merges: np.ndarray
    likeness: np.ndarray

    def regions_after(self, merges: int) -> np.ndarray:
        """(h, w) int: the region of every pixel after the first `merges` merges, numbered as `boxes` are."""
        count = len(self.boxes) - len(self.merges)
        owner = np.arange(len(self.boxes))
        for new, (one, other) in enumerate(self.merges[:merges], count):
            owner[(owner == one) | (owner == other)] = new
        return owner[self.segments]


def group(pixels: np.ndarray, strategy: Strategy) -> Grouping:
    """Segments of (h, w, 3) uint8, then the two most alike neighbours merged until one region is left."""
    from skimage.segmentation import felzenszwalb

    compute.check()
    coloured = in_colour(pixels, strategy.colour)
    smallest = strategy.smallest
    while True:  # ends: segments of at least a whole picture are one
        segments = felzenszwalb(coloured, scale=strategy.scale, sigma=SMOOTHING, min_size=smallest)
        compute.check()
        if segments.max() < MOST_SEGMENTS:
            break
        smallest *= 2
    boxes, merges, likeness = merge_all(
        describe(coloured, segments), touching(segments), float(segments.size)
    )
    return Grouping(strategy=strategy, segments=segments, boxes=boxes, merges=merges, likeness=likeness)


def in_colour(pixels: np.ndarray, colour: str) -> np.ndarray:
    """(h, w, 3) uint8 RGB -> float32 in 0..1 in the colour space `colour`."""
    from skimage.color import rgb2hsv, rgb2lab

    if colour == "rgb":
        return (pixels / 255).astype(np.float32)
    if colour == "hsv":
        return rgb2hsv(pixels).astype(np.float32)
    lightness, red_green, blue_yellow = np.moveaxis(rgb2lab(pixels).astype(np.float32), 2, 0)
    lab = np.stack([lightness / 100, red_green / 255 + 0.5, blue_yellow / 255 + 0.5], axis=2)
    return np.clip(lab, 0, 1)


def describe(coloured: np.ndarray, segments: np.ndarray) -> Regions:
    """Size, box and the two histograms of every segment of a picture (h, w, 3) in 0..1."""
    from scipy.ndimage import find_objects

    found = find_objects(segments + 1)
    boxes = np.array([[x.start, y.start, x.stop, y.stop] for y, x in found], np.float32)
    colours = histograms(coloured, segments, COLOUR_BINS, 1.0)
    slopes = directed_slopes(coloured)
    textures = histograms(slopes, segments, TEXTURE_BINS, max(float(slopes.max()), 1e-6))
    sizes = np.bincount(segments.ravel()).astype(np.float32)
    return Regions(sizes=sizes, boxes=boxes, colours=colours, textures=textures)


def directed_slopes(coloured: np.ndarray) -> np.ndarray:
    """(h, w, 3) -> (h, w, 24): how steeply each channel rises towards each of eight directions, 0 where it falls."""
    from scipy.ndimage import gaussian_filter1d

    smooth_y, smooth_x = (gaussian_filter1d(coloured, 1.0, axis=axis) for axis in (0, 1))
    along_x = gaussian_filter1d(smooth_y, 1.0, axis=1, order=1)
    along_y = gaussian_filter1d(smooth_x, 1.0, axis=0, order=1)
    angles = np.arange(ORIENTATIONS) * (2 * np.pi / ORIENTATIONS)
    slopes = [along_x * np.float32(np.cos(a)) + along_y * np.float32(np.sin(a)) for a in angles]
    return np.maximum(np.concatenate(slopes, axis=2), 0)


def histograms(maps: np.ndarray, segments: np.ndarray, bins: int, largest: float) -> np.ndarray:
    """Maps (h, w, C) in 0..largest -> (N, C * bins): a histogram a channel and segment, all of a segment sum to 1."""
    count, channels = int(segments.max()) + 1, maps.shape[2]
    steps = np.minimum((maps * (bins / largest)).astype(np.int32), bins - 1)
    cells = (segments[:, :, None] * channels + np.arange(channels)) * bins + steps
    counted = np.bincount(cells.ravel(), minlength=count * channels * bins).reshape(count, channels * bins)
    return (counted / counted.sum(axis=1, keepdims=True)).astype(np.float32)


def touching(segments: np.ndarray) -> np.ndarray:
    """(N, N) bool: which segments share an edge of a pixel."""
    count = int(segments.max()) + 1
    side_by_side = np.zeros((count, count), bool)
    side_by_side[segments[:, :-1], segments[:, 1:]] = True
    side_by_side[segments[:-1], segments[1:]] = True
    side_by_side |= side_by_side.T
    np.fill_diagonal(side_by_side, False)
    return side_by_side


def likeness_of(regions: Regions, one: int, others: np.ndarray, picture_size: float) -> np.ndarray:
    """How alike region `one` is to each of `others` (M,): colour + texture + size + fill, each in 0..1 (equation 6)."""
    colour = np.minimum(regions.colours[one], regions.colours[others]).sum(axis=1)
    texture = np.minimum(regions.textures[one], regions.textures[others]).sum(axis=1)
    both = regions.sizes[one] + regions.sizes[others]
    joined = united(regions.boxes[one], regions.boxes[others])
    hull = (joined[:, 2] - joined[:, 0]) * (joined[:, 3] - joined[:, 1])
    return colour + texture + (1 - both / picture_size) + (1 - (hull - both) / picture_size)


def united(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The smallest boxes around `box` (4,) and each of `boxes` (M, 4)."""
    return np.concatenate(
        [np.minimum(box[:2], boxes[:, :2]), np.maximum(box[2:], boxes[:, 2:])], axis=1
    )  # fmt: skip


def merge_all(
    regions: Regions, neighbours: np.ndarray, picture_size: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge until one region is left -> boxes (2N - 1, 4), merges (N - 1, 2), likeness (N - 1,), as in `Grouping`.

    Changes `regions` and `neighbours` in place: a merged region takes the row of one of its parts.
    """
    count = len(regions.sizes)
    number = np.arange(count)  # the region that a row stands for now
    alike = np.full((count, count), -np.inf, np.float32)
    for one in range(count):
        others = np.flatnonzero(neighbours[one])
        alike[one, others] = likeness_of(regions, one, others, picture_size)
    best = alike.max(axis=1)  # kept, so that a step looks at the changed rows only
    boxes, merges, likeness = [*regions.boxes.copy()], [], []
    for step in range(count - 1):
        if step % CHECK_EVERY == 0:
            compute.check()
        one = int(best.argmax())
        other = int(alike[one].argmax())
        merges.append((number[one], number[other]))
        likeness.append(alike[one, other])
        join(regions, one, other)
        neighbours[one] |= neighbours[other]
        neighbours[one, [one, other]] = False
        others = np.flatnonzero(neighbours[one])
        neighbours[other], neighbours[:, other] = False, False
        neighbours[others, one] = True
        alike[[one, other]], alike[:, [one, other]] = -np.inf, -np.inf
        alike[one, others] = alike[others, one] = likeness_of(regions, one, others, picture_size)
        best[[one, other]] = alike[one].max(), -np.inf
        best[others] = alike[others].max(axis=1)
        number[one] = count + step
        boxes.append(regions.boxes[one].copy())
    return np.array(boxes), np.array(merges, int).reshape(-1, 2), np.array(likeness, np.float32)


def join(regions: Regions, one: int, other: int) -> None:
    """Row `one` becomes the union of both: histograms are means, weighted by size (section 3.2)."""
    first, second = regions.sizes[one], regions.sizes[other]
    for histogram in (regions.colours, regions.textures):
        histogram[one] = (first * histogram[one] + second * histogram[other]) / (first + second)
    regions.boxes[one] = united(regions.boxes[one], regions.boxes[[other]])[0]
    regions.sizes[one] = first + second
