"""Drawings of distances as SVG: the two histograms under a threshold, points on a plane, distances as bars."""

import html
from collections.abc import Sequence

import numpy as np

from hub_models.draw import COLOURS
from hub_models.face_gallery import QUANTILES, Calibration

WIDTH, HEIGHT, LEFT, BELOW, ROUND = 460, 230, 16, 34, 12
BINS = 48
SAME, DIFFERENT, MARK = (f"rgb{COLOURS[i]}" for i in (0, 1, 2))


def shares(quantiles: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Quantiles of distances -> the share of the pairs between each two edges."""
    return np.diff(np.interp(edges, quantiles, np.linspace(0, 1, QUANTILES), left=0, right=1))


def framed(inside: str, says: str, height: int = HEIGHT + BELOW) -> str:
    label = html.escape(says, quote=True)
    return (
        f'<figure class="result"><svg role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {height}" '
        f'style="width:min(100%,34rem);color:var(--body-text-color)">{inside}</svg>'
        f"<figcaption>{html.escape(says)}</figcaption></figure>"
    )


def words_at(x: float, y: float, words: str, anchor: str = "middle", colour: str = "currentColor") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" fill="{colour}">{html.escape(words)}</text>'


def histograms(calibration: Calibration, threshold: float, distance: float | None = None) -> str:
    """Distances of pairs of one person and of two people, the threshold between them, and a pair's own distance."""
    most = float(max(calibration.same[-1], calibration.different[-1], threshold, distance or 0))
    edges = np.linspace(0, most, BINS + 1)
    both = [shares(q, edges) for q in (calibration.same, calibration.different)]
    highest = max(float(part.max()) for part in both)
    inner = WIDTH - LEFT - ROUND

    def x(value: float) -> float:
        return LEFT + inner * value / most

    drawn = []
    for part, colour, dashes in zip(both, (SAME, DIFFERENT), ("", ' stroke-dasharray="5 3"'), strict=True):
        steps = "".join(
            f"L{x(edges[i]):.1f} {y:.1f}L{x(edges[i + 1]):.1f} {y:.1f}"
            for i, y in enumerate(HEIGHT - (HEIGHT - ROUND) * part / highest)
        )
        path = f"M{LEFT} {HEIGHT}{steps}L{x(most):.1f} {HEIGHT}Z"
        drawn.append(
            f'<path d="{path}" fill="{colour}" fill-opacity="0.3" stroke="{colour}" stroke-width="2"{dashes}/>'
        )
    ticks = "".join(words_at(x(v), HEIGHT + 15, f"{v:g}") for v in np.arange(0, most + 0.01, 0.5))
    line = f'<path d="M{x(threshold):.1f} 0V{HEIGHT}" stroke="currentColor" stroke-width="2"/>'
    mark = ""
    if distance is not None:
        mark = f'<path d="M{x(distance):.1f} {HEIGHT - 40}V{HEIGHT}" stroke="{MARK}" stroke-width="4"/>'
        mark += words_at(x(distance), HEIGHT - 46, "your pair")
    legend = words_at(LEFT, HEIGHT + 31, "one person (solid)", "start", SAME) + words_at(
        WIDTH - ROUND, HEIGHT + 31, "two people (dashed)", "end", DIFFERENT
    )
    accept, reject = calibration.error_rates(threshold)
    says = (
        f"Squared distances of pairs of one person and of two people. At the threshold {threshold:.2f}, {accept:.1%} of the "
        f"pairs of two people lie below it and {reject:.1%} of the pairs of one person above."
    )
    return framed("".join([*drawn, line, mark, ticks, legend]), says)


def plane_of(points: np.ndarray, names: Sequence[str], query: np.ndarray | None) -> str:
    """Enrolled faces (N, 2) with their names and the query (2,) on a plane."""
    everything = points if query is None else np.concatenate([points, query[None]])
    low, high = everything.min(0), everything.max(0)
    span = float(max((high - low).max(), 1e-6))
    side = HEIGHT + BELOW

    def place(point: np.ndarray) -> tuple[float, float]:
        x, y = (point - (low + high) / 2) / span
        return WIDTH / 2 + x * (side - 60), side / 2 - y * (side - 60)

    people = list(dict.fromkeys(names))
    drawn = []
    for i, (point, name) in enumerate(zip(points, names, strict=True)):
        x, y = place(point)
        colour = f"rgb{COLOURS[people.index(name) % len(COLOURS)]}"
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}" stroke="currentColor"/>')
        drawn.append(words_at(x, y + (20 if i % 2 else -10), f"{i + 1}: {name}"))
    if query is not None:
        x, y = place(query)
        drawn.append(
            f'<path d="M{x - 8:.1f} {y:.1f}h16M{x:.1f} {y - 8:.1f}v16" stroke="{MARK}" stroke-width="4"/>'
        )
        drawn.append(words_at(x, y + 22, "the picture"))
    says = (
        "Embeddings on the plane of their two main directions. Far apart here is far apart in truth; near here may still "
        "be far apart in the other directions, so the distances beside count."
    )
    return framed("".join(drawn), says, side)


def distance_bars(rows: Sequence[tuple[str, float]], threshold: float | None) -> str:
    """(name, distance), nearest first, as bars; the threshold as a line."""
    most = max([4 / 2, *(distance for _, distance in rows)])
    inner, line = WIDTH - 150 - 60, 24
    drawn = []
    for i, (name, distance) in enumerate(rows):
        y = 8 + i * line
        near = threshold is not None and distance <= threshold
        drawn.append(words_at(142, y + 13, name[:20], "end"))
        drawn.append(
            f'<rect x="150" y="{y}" width="{inner * distance / most:.1f}" height="16" fill="{SAME if near else DIFFERENT}" '
            f'fill-opacity="0.7"/>'
        )
        drawn.append(words_at(156 + inner * distance / most, y + 13, f"{distance:.2f}", "start"))
    height = 16 + line * len(rows)
    if threshold is not None:
        at = 150 + inner * threshold / most
        drawn.append(
            f'<path d="M{at:.1f} 0V{height}" stroke="currentColor" stroke-width="2" stroke-dasharray="4 3"/>'
        )
    nearest = ", ".join(f"{name} {distance:.2f}" for name, distance in rows[:5])
    return framed("".join(drawn), f"Squared distances, nearest first: {nearest}.", height)
