"""Series over time as SVG: lines with patterns, a band, marked stretches; follows the colours of the page, read out by its
description."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub_models.draw import COLOURS
from hub_models.ui.plot import dashes, entry

WIDTH, HEIGHT, LEFT, BELOW, ROUND = (
    640,
    260,
    62,
    34,
    10,
)  # of the drawing in its own units: axes, numbers, rim
TICKS = 5


@dataclass(frozen=True, kw_only=True)
class Line:
    """`values` (n,) from step `start` on; `dots`: points that nothing joins."""

    name: str
    values: np.ndarray
    start: int = 0
    dots: bool = False


@dataclass(frozen=True, kw_only=True)
class Band:
    """Between `low` and `high` (n,), from step `start` on."""

    name: str
    low: np.ndarray
    high: np.ndarray
    start: int = 0


def series_plot(
    lines: Sequence[Line],
    labels: Sequence[str],
    says: str,
    *,
    band: Band | None = None,
    marked: tuple[int, int] | None = None,
) -> str:
    """`lines` over the steps that `labels` name; `marked`: first step and end of a stretch with a background."""
    drawn = [line.values for line in lines] + ([band.low, band.high] if band else [])
    low, high = bounds(np.concatenate([values[np.isfinite(values)] for values in drawn]))
    steps = max(1, len(labels) - 1)

    def x(step: float) -> float:
        return LEFT + WIDTH * step / steps

    def y(value: float) -> float:
        return ROUND + HEIGHT * (1 - (value - low) / (high - low))

    parts = [grid(low, high, labels, x, y)]
    if marked:
        left, right = x(marked[0]), x(marked[1] - 1)
        parts.append(
            f'<rect x="{left:.1f}" y="{ROUND}" width="{max(2.0, right - left):.1f}" height="{HEIGHT}" '
            'fill="currentColor" fill-opacity="0.1"/>'
        )
    if band:
        points = [(x(band.start + i), y(v)) for i, v in enumerate(band.high)]
        points += [(x(band.start + i), y(band.low[i])) for i in reversed(range(len(band.low)))]
        parts.append(f'<path d="{path(points)}Z" fill="rgb{COLOURS[1]}" fill-opacity="0.2"/>')
    for number, line in enumerate(lines):
        points = [(x(line.start + i), y(v)) for i, v in enumerate(line.values) if np.isfinite(v)]
        parts.append(drawn_line(number, points, line.dots))
    names = "".join(entry(number, line.name) for number, line in enumerate(lines)) + (
        shade(band.name) if band else ""
    )
    return (
        f'<figure class="result"><svg role="img" aria-label="{html.escape(says, quote=True)}" '
        f'viewBox="0 0 {LEFT + WIDTH + ROUND} {ROUND + HEIGHT + BELOW}" '
        f'style="width:100%;max-width:52rem;color:var(--body-text-color)">{"".join(parts)}</svg>'
        f'<ul style="display:flex;flex-wrap:wrap;gap:0.2rem 1.2rem;list-style:none;padding:0">{names}</ul>'
        f"<figcaption>{html.escape(says)}</figcaption></figure>"
    )


def bounds(values: np.ndarray) -> tuple[float, float]:
    """Of the axis: all values and a little room."""
    low, high = float(values.min()), float(values.max())
    room = (high - low) / 20 or abs(high) / 20 or 1.0
    return low - room, high + room


def grid(low: float, high: float, labels: Sequence[str], x, y) -> str:
    """Lines at round numbers, and the first, some and the last label."""
    size = 10 ** math.floor(math.log10((high - low) / TICKS))
    step = min((size * k for k in (1, 2, 5, 10)), key=lambda s: abs((high - low) / s - TICKS))
    words, parts = 'font-size="12" fill="currentColor"', []
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        value = number * step
        parts.append(
            f'<path d="M{LEFT} {y(value):.1f}H{LEFT + WIDTH}" stroke="currentColor" stroke-opacity="0.2"/>'
            f'<text x="{LEFT - 5}" y="{y(value) + 4:.1f}" text-anchor="end" {words}>{value:.6g}</text>'
        )
    places = np.unique(np.linspace(0, len(labels) - 1, 6).round().astype(int))
    for place in places:
        end = {0: "start", len(labels) - 1: "end"}.get(int(place), "middle")
        parts.append(
            f'<text x="{x(place):.1f}" y="{ROUND + HEIGHT + 18}" text-anchor="{end}" {words}>'
            f"{html.escape(labels[place][:16])}</text>"
        )
    return "".join(parts)


def path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def drawn_line(number: int, points: Sequence[tuple[float, float]], dots: bool) -> str:
    if not points:
        return ""
    colour = f"rgb{COLOURS[number % len(COLOURS)]}"
    if dots or len(points) == 1:
        return "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)
    return f'<path d="{path(points)}" fill="none" stroke="{colour}" stroke-width="2.5"{dashes(number)}/>'


def shade(name: str) -> str:
    """A line of the legend for the band."""
    return (
        '<li style="display:flex;align-items:center;gap:0.4rem;margin:0"><svg width="36" height="10" aria-hidden="true">'
        f'<rect width="36" height="10" fill="rgb{COLOURS[1]}" fill-opacity="0.3"/></svg>{html.escape(name)}</li>'
    )
