"""Series that tests learn from, and a tiny forecaster."""

from pathlib import Path

import numpy as np

WINDOW, HORIZON = 24, 6


def monthly(count: int = 150, seed: int = 0) -> np.ndarray:
    """A trend, a season of twelve months, a little noise."""
    time = np.arange(count)
    noise = np.random.default_rng(seed).normal(0, 0.3, count)
    return 20 + 0.1 * time + 3 * np.sin(2 * np.pi * time / 12 + seed) + noise


def write_csv(path: Path, values: np.ndarray) -> Path:
    """One series with its months."""
    rows = [f"{1990 + i // 12}-{i % 12 + 1:02},{value:.4f}" for i, value in enumerate(values)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("month,value\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def folder_of_series(folder: Path) -> Path:
    """Three series, and one that is kept apart."""
    for seed in range(3):
        write_csv(folder / f"series{seed}.csv", monthly(seed=seed))
    write_csv(folder / "test" / "apart.csv", monthly(seed=9))
    return folder
