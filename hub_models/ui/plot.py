"""Curves of two shares, 0 to 1 each, as SVG: follows the colours of the page, read out by its description."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub_models.draw import COLOURS, PATTERNS

SIDE, LEFT, BELOW, ROUND = 300, 46, 40, 10  # of the drawing in its own units: axes, room for numbers, rim


@dataclass(frozen=True, kw_only=True)
class Curve:
    name: str
    x: np.ndarray  # (n,) 0..1
    y: np.ndarray  # (n,) 0..1
    filled: bool = False  # the area below it, too


def curves(drawn: Sequence[Curve], x_label: str, y_label: str, says: str) -> str:
    """`drawn` on axes from 0 to 1, each in a colour and a pattern of its own, and the names below."""
    width, height = LEFT + SIDE + ROUND, ROUND + SIDE + BELOW
    ticks = "".join(tick(share) for share in (0, 0.25, 0.5, 0.75, 1))
    lines = "".join(line(number, curve) for number, curve in enumerate(drawn))
    middle = ROUND + SIDE / 2
    names = "".join(entry(number, curve.name) for number, curve in enumerate(drawn))
    return (
        f'<figure class="result"><svg role="img" aria-label="{html.escape(says, quote=True)}" '
        f'viewBox="0 0 {width} {height}" style="width:min(100%,26rem);color:var(--body-text-color)">'
        f"{ticks}{lines}"
        f'<text x="{LEFT + SIDE / 2}" y="{height - 4}" text-anchor="middle" font-size="13" fill="currentColor">'
        f'{html.escape(x_label)}</text><text x="12" y="{middle}" text-anchor="middle" font-size="13" '
        f'fill="currentColor" transform="rotate(-90 12 {middle})">{html.escape(y_label)}</text></svg>'
        f'<ul style="display:flex;flex-wrap:wrap;gap:0.2rem 1.2rem;list-style:none;padding:0">{names}</ul>'
        f"<figcaption>{html.escape(says)}</figcaption></figure>"
    )


def tick(share: float) -> str:
    """The grid lines at `share` of both axes, with their number."""
    x, y = LEFT + share * SIDE, ROUND + (1 - share) * SIDE
    grid = 'stroke="currentColor" stroke-opacity="0.2"'
    words = 'font-size="11" fill="currentColor"'
    return (
        f'<path d="M{LEFT} {y}H{LEFT + SIDE}M{x} {ROUND}V{ROUND + SIDE}" {grid}/>'
        f'<text x="{LEFT - 5}" y="{y + 4}" text-anchor="end" {words}>{share:g}</text>'
        f'<text x="{x}" y="{ROUND + SIDE + 14}" text-anchor="middle" {words}>{share:g}</text>'
    )


def line(number: int, curve: Curve) -> str:
    """A curve; where it is one point, a dot."""
    points = [(LEFT + x * SIDE, ROUND + (1 - y) * SIDE) for x, y in zip(curve.x, curve.y, strict=True)]
    if not points:
        return ""
    colour = f"rgb{COLOURS[number % len(COLOURS)]}"
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    ground = ROUND + SIDE
    area = f"{path}L{points[-1][0]:.1f} {ground}L{points[0][0]:.1f} {ground}Z"
    return (
        (f'<path d="{area}" fill="{colour}" fill-opacity="0.25"/>' if curve.filled else "")
        + f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="3"{dashes(number)}/>'
        + f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="4" fill="{colour}"/>'
    )


def dashes(number: int) -> str:
    stroke, gap = PATTERNS[number % len(PATTERNS)]
    return f' stroke-dasharray="{3 * stroke:g} {3 * gap:g}"' if gap else ""


def entry(number: int, name: str) -> str:
    """A line of the legend."""
    colour = f"rgb{COLOURS[number % len(COLOURS)]}"
    return (
        '<li style="display:flex;align-items:center;gap:0.4rem;margin:0"><svg width="36" height="8" aria-hidden="true">'
        f'<path d="M0 4H36" stroke="{colour}" stroke-width="4"{dashes(number)}/></svg>{html.escape(name)}</li>'
    )
