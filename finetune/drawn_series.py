"""Series drawn at random: trend, season, noise that remembers, jumps. They teach what few real series can show.

Drawn from (seed, number) alone, so that a run which is taken up again sees the same ones.
"""

import numpy as np

PERIODS = (1, 1, 4, 4, 5, 6, 7, 7, 8, 10, 11, 12, 12, 12, 12, 13, 18, 20, 24, 24, 30, 36, 48, 52)
HARMONICS = 4  # sines of a season


def drawn_series(seed: int, number: int, length: int) -> tuple[np.ndarray, int]:
    """((length,) float64, its period)."""
    random = np.random.default_rng((seed, number))
    period = int(random.choice(PERIODS))
    time = np.arange(length)
    # some series grow or fall at every step, nearly as much as chance moves them
    trend = random.normal(0, 0.02) * random.choice([0, 1, 4, 10]) * time + 0.4 * wandering(random, length)
    season = seasonal(random, time, period)
    noise = remembering(random, length)
    level = random.uniform(2, 20)
    parts = trend * random.choice([0, 1, 1, 3]) + season * random.choice([0.5, 1, 2, 4])
    parts = parts + noise * random.choice([0.1, 0.3, 1.0])
    grows = random.random() < 0.3  # the size of all of it, with the level
    steep = random.normal(0, 0.003)
    values = level * np.exp(0.08 * parts + steep * time) if grows else level + parts
    return jumped(random, values), period


def wandering(random: np.random.Generator, length: int) -> np.ndarray:
    """A trend whose slope changes slowly."""
    slopes = np.cumsum(random.normal(0, 1, length))
    slopes = slopes - slopes.mean()
    path = np.cumsum(slopes)
    return path / (np.abs(path).max() + 1e-9) * random.uniform(0, 8)


def seasonal(random: np.random.Generator, time: np.ndarray, period: int) -> np.ndarray:
    """Of some sines, whose strength may change slowly; for a period of 1 a slow wave of no fixed length, or nothing."""
    if period == 1:
        wave = np.sin(time / random.uniform(2, 12) + np.cumsum(random.normal(0, 0.1, len(time))))
        return wave * random.choice([0, 0, 1])
    found = np.zeros(len(time))
    for harmonic in range(1, min(HARMONICS, period // 2) + 1):
        a, b = random.normal(0, 1 / harmonic, 2)
        angle = 2 * np.pi * harmonic * time / period
        found = found + a * np.sin(angle) + b * np.cos(angle)
    growth = 1 + random.choice([0, 0, 1]) * np.cumsum(random.normal(0, 0.02, len(time)))
    return found * np.clip(growth, 0.2, 4)


def remembering(random: np.random.Generator, length: int) -> np.ndarray:
    """Noise of which a share goes on to the next step: from white to a random walk, even one of changes."""
    share = random.choice([0.0, 0.3, 0.6, 0.8, 0.9, 0.97, 1.0])
    shocks = random.normal(0, 1, length) if random.random() < 0.8 else random.standard_t(3, length) * 0.6
    if random.random() < 0.25:  # two steps remembered: waves of no fixed length, as of sunspots
        root, angle = random.uniform(0.8, 0.97), 2 * np.pi / random.uniform(5, 40)
        first, second = 2 * root * np.cos(angle), -(root**2)
    else:
        first, second = share, 0.0
    found = np.zeros(length)
    for t in range(length):
        found[t] = (
            shocks[t] + first * (found[t - 1] if t else 0.0) + second * (found[t - 2] if t > 1 else 0.0)
        )
    return found / (found.std() + 1e-9)


def jumped(random: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """Perhaps with a single wild value, or a step that stays."""
    size = float(np.abs(np.diff(values)).mean()) * random.uniform(3, 12) * random.choice([-1, 1])
    place = int(random.integers(1, len(values)))
    chance = random.random()
    if chance < 0.1:
        values = values.copy()
        values[place] += size
    elif chance < 0.2:
        values = values + size * (np.arange(len(values)) >= place)
    return values
