"""Draw the style pictures that the demo ships: hub_models/examples/style_*.jpg.

    python -m finetune.style_pictures hub_models/examples

Made here from random numbers, so that no painting has to be copied: `night` is brush strokes along the level lines of
a smooth landscape with whirls, `glass` a window of coloured cells with lead between them, `ink` crossed pen strokes.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from hub_models.picture import encode_jpeg

SIDE, LARGER = 320, 2  # pixels of a picture; it is drawn so many times larger and shrunk, for smooth edges
NIGHT = (
    (13, 24, 66),
    (24, 54, 120),
    (38, 92, 160),
    (92, 150, 186),
    (170, 196, 180),
    (232, 214, 128),
    (246, 190, 50),
)
GLASS = (
    (178, 34, 40), (224, 120, 32), (240, 196, 60), (36, 90, 150),
    (30, 140, 130), (90, 40, 110), (236, 226, 200), (20, 60, 60),
)  # fmt: skip
PAPER, INK = (238, 228, 205), (48, 32, 44)
# centre x, y and radius as shares of the picture; height: a hill turns one way, a hollow the other
WHIRLS = (
    (0.27, 0.28, 0.12, 3.3), (0.68, 0.2, 0.13, -3.9), (0.5, 0.56, 0.15, 3.6),
    (0.18, 0.76, 0.11, -3.0), (0.8, 0.73, 0.13, 3.3),
)  # fmt: skip
BRUSHES = ((22, 3200), (13, 6000), (8, 8000))  # length of a stroke's steps in pixels, strokes


def smooth_noise(rng: np.random.Generator, side: int, sigma: float) -> np.ndarray:
    """(side, side): white noise blurred by `sigma` pixels, of deviation 1."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(rng.standard_normal((side, side)), sigma, mode="wrap")
    return noise / noise.std()


def blend(palette: Sequence[tuple[int, int, int]], share: float) -> np.ndarray:
    """The colour at `share` (0 to 1) of the way through `palette`."""
    place = min(max(share, 0.0), 0.999) * (len(palette) - 1)
    first, rest = int(place), place % 1
    return np.array(palette[first]) * (1 - rest) + np.array(palette[first + 1]) * rest


def night(rng: np.random.Generator) -> np.ndarray:
    margin = 80
    side = SIDE * LARGER + 2 * margin  # strokes may begin outside
    y, x = (np.mgrid[0:side, 0:side] - margin) / (SIDE * LARGER)
    height = 1.2 * smooth_noise(rng, side, 100)
    for cx, cy, radius, peak in WHIRLS:
        height += peak * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius**2))
    down, right = np.gradient(height)
    along = np.arctan2(-right, down)  # the level lines: at right angles to the slope
    tone = height + 0.35 * smooth_noise(rng, side, 18)
    tone = (tone - tone.min()) / np.ptp(tone)
    image = Image.new("RGB", (side, side), NIGHT[1])
    draw = ImageDraw.Draw(image)
    for step, count in BRUSHES:
        for begin_x, begin_y in rng.uniform(0, side, (count, 2)):
            colour = blend(NIGHT, tone[int(begin_y), int(begin_x)] + rng.normal(0, 0.08)) + rng.normal(0, 10)
            px, py = begin_x, begin_y
            points = [(px, py)]
            for _ in range(rng.integers(5, 10)):
                angle = along[int(py) % side, int(px) % side]
                px, py = px + step * 0.8 * np.cos(angle), py + step * 0.8 * np.sin(angle)
                points.append((px, py))
            fill = tuple(int(value) for value in np.clip(colour, 0, 255))
            draw.line(points, fill=fill, width=max(2, round(step * 0.45)), joint="curve")
    return np.array(image)[margin:-margin, margin:-margin]


def glass(rng: np.random.Generator, cells: int = 120) -> np.ndarray:
    side = SIDE * LARGER
    centres = rng.uniform(0, side, (cells, 2))
    y, x = np.mgrid[0:side, 0:side]
    for _ in range(2):  # Lloyd's algorithm: each centre moves to the middle of its cell
        nearest = ((x[..., None] - centres[:, 0]) ** 2 + (y[..., None] - centres[:, 1]) ** 2).argmin(-1)
        counts = np.maximum(np.bincount(nearest.ravel(), minlength=cells), 1)
        sums = [np.bincount(nearest.ravel(), plane.ravel(), minlength=cells) for plane in (x, y)]
        centres = np.stack(sums, axis=1) / counts[:, None]
    distances = np.hypot(x[..., None] - centres[:, 0], y[..., None] - centres[:, 1])
    nearest = distances.argmin(-1)
    first, second = np.moveaxis(np.partition(distances, 1, axis=-1)[..., :2], -1, 0)
    colours = np.array(GLASS)[rng.integers(0, len(GLASS), cells)] + rng.normal(0, 12, (cells, 3))
    light = 0.85 + 0.1 * np.clip(smooth_noise(rng, side, 12), -2, 2)
    lead = np.clip((second - first - 5) / 4, 0.06, 1)
    return np.clip(colours[nearest] * (light * lead)[..., None], 0, 255).astype(np.uint8)


def ink(rng: np.random.Generator) -> np.ndarray:
    side = SIDE * LARGER
    tone = smooth_noise(rng, side, 60)
    tone = (tone - tone.min()) / np.ptp(tone)
    image = Image.new("RGB", (side, side), PAPER)
    draw = ImageDraw.Draw(image)
    for number, direction in enumerate((0.7, 2.2, 1.4)):  # radians; darker parts are crossed more often
        for px, py in rng.uniform(0, side, (6500, 2)):
            if tone[int(py), int(px)] > 0.72 - 0.2 * number:
                continue
            angle, length = direction + rng.normal(0, 0.06), rng.uniform(12, 36)
            end = (px + length * np.cos(angle), py + length * np.sin(angle))
            draw.line([(px, py), end], fill=INK, width=int(rng.integers(2, 4)))
    return np.array(image)


PICTURES: dict[
    str, tuple[Callable[[np.random.Generator], np.ndarray], int]
] = {  # name -> (how it is drawn, seed)
    "night": (night, 3),
    "glass": (glass, 1),
    "ink": (ink, 2),
}


def drawn(name: str) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8."""
    draw, seed = PICTURES[name]
    large = Image.fromarray(draw(np.random.default_rng(seed)))
    return np.array(large.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.style_pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    for name in PICTURES:
        path = folder / f"style_{name}.jpg"
        path.write_bytes(encode_jpeg(drawn(name), quality=85))
        print(f"{path.name}: {path.stat().st_size / 1e3:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
