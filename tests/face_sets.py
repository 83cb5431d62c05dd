"""Drawn faces with 68 known points, alone and in data sets."""

from pathlib import Path

import numpy as np
from PIL import Image

from hub_models.draw_faces import dotted
from hub_models.faces import POINTS


def arc(
    count: int, centre: tuple[float, float], radii: tuple[float, float], start: float, end: float
) -> np.ndarray:
    """`count` points on an oval from angle `start` to `end`, degrees clockwise from the right."""
    angles = np.radians(np.linspace(start, end, count))
    return np.stack([centre[0] + radii[0] * np.cos(angles), centre[1] + radii[1] * np.sin(angles)], axis=1)


def plain_face() -> np.ndarray:
    """(68, 2) in 0..1: a face from the front, mirrored in its middle line x = 0.5."""
    eyes = [arc(7, (x, 0.4), (0.07, 0.03), 180, 540)[:6] for x in (0.36, 0.64)]
    return np.concatenate(
        [
            arc(17, (0.5, 0.4), (0.3, 0.42), 180, 0),  # jaw, from the left of the picture over the chin
            arc(5, (0.36, 0.32), (0.09, 0.04), 180, 360),
            arc(5, (0.64, 0.32), (0.09, 0.04), 180, 360),
            np.stack([np.full(4, 0.5), np.linspace(0.38, 0.55, 4)], axis=1),
            np.stack([np.linspace(0.44, 0.56, 5), np.full(5, 0.58)], axis=1),
            *eyes,
            arc(13, (0.5, 0.68), (0.1, 0.05), 180, 540)[:12],
            arc(9, (0.5, 0.68), (0.07, 0.02), 180, 540)[:8],
        ]
    )


def scene(number: int, side: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """(picture (side, side, 3) uint8, points (68, 2) in its pixels): a face a little turned, shifted, of another form."""
    random = np.random.default_rng(number)
    points = (plain_face() - 0.5) * random.uniform(0.8, 1.1, 2) * 0.8
    angle = random.uniform(-0.2, 0.2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (points @ turn.T + 0.5 + random.uniform(-0.05, 0.05, 2)) * side
    ground = np.full((side, side, 3), random.integers(60, 200, 3), np.uint8)
    return dotted(ground, points), points


def write_faces(folder: Path, people: int = 6, each: int = 3, table: str = "npz") -> Path:
    """Pictures Person_A_0.png, ... and their points in faces.npz or faces.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    names, points = [], []
    for number in range(people * each):
        picture, found = scene(number)
        names.append(f"Person_{chr(65 + number // each)}_{number % each}.png")
        Image.fromarray(picture).save(folder / names[-1])
        points.append(found)
    if table == "npz":
        np.savez(folder / "faces.npz", name=np.array(names), landmarks=np.array(points, np.float32))
    else:
        lines = [",".join(["picture", *(f"{axis}{i}" for i in range(POINTS) for axis in "xy")])]
        lines += [
            ",".join([name, *(f"{value:.3f}" for value in found.ravel())])
            for name, found in zip(names, points, strict=True)
        ]
        (folder / "faces.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder
