"""Sounds as SVG: waveforms, spectra and spectrograms with their axes; they follow the colours of the page."""

import base64
import html
from collections.abc import Sequence

import numpy as np

from hub_models.draw import COLOURS, heat
from hub_models.picture import encode_png

WIDTH, LEFT, BELOW, ROUND = (
    640,
    58,
    34,
    8,
)  # of a drawing in its own units: the picture, room for numbers, rim
MOST_POINTS = 640  # columns of a waveform
RANGE_DB = 60.0  # below the loudest, what is drawn black
TICKS = 5


def framed(
    inner: str, height: int, says: str, x: Sequence[tuple[float, str]], y: Sequence[tuple[float, str]],
    names: tuple[str, str],
) -> str:  # fmt: skip
    """`inner` on axes; `x` and `y`: (share of the axis, what stands there); `names`: of the axes."""
    grid = 'stroke="currentColor" stroke-opacity="0.35"'
    words = 'font-size="11" fill="currentColor"'
    ticks = "".join(
        f'<path d="M{LEFT + share * WIDTH:.1f} {ROUND + height}v4" {grid}/>'
        f'<text x="{LEFT + share * WIDTH:.1f}" y="{ROUND + height + 16}" text-anchor="middle" {words}>'
        f"{html.escape(label)}</text>"
        for share, label in x
    ) + "".join(
        f'<path d="M{LEFT - 4} {ROUND + (1 - share) * height:.1f}h4" {grid}/>'
        f'<text x="{LEFT - 7}" y="{ROUND + (1 - share) * height + 4:.1f}" text-anchor="end" {words}>'
        f"{html.escape(label)}</text>"
        for share, label in y
    )
    middle = ROUND + height / 2
    return (
        f'<figure class="result"><div class="wide"><svg role="img" aria-label="{html.escape(says, quote=True)}" '
        f'viewBox="0 0 {LEFT + WIDTH + 24} {ROUND + height + BELOW}" '
        f'style="width:100%;min-width:32rem;max-width:44rem;color:var(--body-text-color)">{inner}{ticks}'
        f'<path d="M{LEFT} {ROUND}V{ROUND + height}H{LEFT + WIDTH}" stroke="currentColor" fill="none"/>'
        f'<text x="{LEFT + WIDTH / 2}" y="{ROUND + height + 31}" text-anchor="middle" font-size="12" '
        f'fill="currentColor">{html.escape(names[0])}</text>'
        f'<text x="11" y="{middle}" text-anchor="middle" font-size="12" fill="currentColor" '
        f'transform="rotate(-90 11 {middle})">{html.escape(names[1])}</text></svg></div>'
        f"<figcaption>{html.escape(says)}</figcaption></figure>"
    )


def seconds_ticks(seconds: float, begin: float = 0.0) -> list[tuple[float, str]]:
    return [(i / TICKS, f"{begin + seconds * i / TICKS:.2f}") for i in range(TICKS + 1)]


def waveform(samples: np.ndarray, rate: int, says: str, begin: float = 0.0, height: int = 120) -> str:
    """(T,) as the lowest and highest sample of every column."""
    columns = np.array_split(samples, min(MOST_POINTS, len(samples)))
    largest = max(1e-6, float(np.abs(samples).max(initial=0.0)))
    wide = WIDTH / len(columns)
    spans = [(float(part.min()) / largest, float(part.max()) / largest) for part in columns]
    points = "".join(
        f"M{LEFT + (i + 0.5) * wide:.1f} {ROUND + height * (1 - top) / 2:.1f}V{ROUND + height * (1 - low) / 2 + 0.5:.1f}"
        for i, (low, top) in enumerate(spans)
    )
    inner = f'<path d="{points}" stroke="rgb{COLOURS[0]}" stroke-width="{max(1.0, wide):.1f}"/>'
    marks = [(0.0, f"{-largest:.2g}"), (0.5, "0"), (1.0, f"{largest:.2g}")]
    return framed(
        inner, height, says, seconds_ticks(len(samples) / rate, begin), marks, ("seconds", "sample")
    )


def lines(
    rows: Sequence[np.ndarray], says: str, x: Sequence[tuple[float, str]], names: tuple[str, str],
    height: int = 150,
) -> str:  # fmt: skip
    """Rows (n,) as lines over the same axis, on one scale that holds 0."""
    high = max(1e-9, *(float(row.max()) for row in rows))
    low = min(0.0, *(float(row.min()) for row in rows))
    inner = ""
    for number, row in enumerate(rows):
        step = WIDTH / max(1, len(row) - 1)
        path = "L".join(
            f"{LEFT + i * step:.1f} {ROUND + height * (high - value) / (high - low):.1f}"
            for i, value in enumerate(row.tolist())
        )
        colour = COLOURS[number % len(COLOURS)]
        inner += f'<path d="M{path}" fill="none" stroke="rgb{colour}" stroke-width="1.6"/>'
    marks = [((value - low) / (high - low), f"{value:.2g}") for value in sorted({low, 0.0, high})]
    return framed(inner, height, says, x, marks, names)


def spectrogram(
    shares: np.ndarray,
    says: str,
    seconds: float,
    frequencies: Sequence[tuple[float, str]],
    *,
    begin: float = 0.0,
    height: int = 200,
    pixels: np.ndarray | None = None,
) -> str:
    """`shares` (rows, frames) in 0..1, the lowest frequency first; or `pixels` (rows, frames, 3) that are drawn already."""
    drawn = heat(shares) if pixels is None else pixels
    data = base64.b64encode(encode_png(np.ascontiguousarray(drawn[::-1]))).decode()
    inner = (
        f'<image x="{LEFT}" y="{ROUND}" width="{WIDTH}" height="{height}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'
    )
    return framed(inner, height, says, seconds_ticks(seconds, begin), frequencies, ("seconds", "Hz"))


def decibels(power: np.ndarray, span: float = RANGE_DB) -> np.ndarray:
    """Power (rows, frames) -> 0..1: from `span` dB below the loudest to the loudest."""
    loudest = float(power.max(initial=0.0))
    if loudest <= 0:
        return np.zeros(power.shape, np.float32)
    below = 10 * np.log10(np.maximum(power / loudest, 1e-12))
    return np.clip(1 + below / span, 0, 1).astype(np.float32)


def linear_ticks(highest: float) -> list[tuple[float, str]]:
    return [(i / 4, f"{highest * i / 4:,.0f}") for i in range(5)]


def mel_ticks(edges: Sequence[float]) -> list[tuple[float, str]]:
    """Marks at some filters' tops; `edges`: mels + 2 frequencies in Hz."""
    tops = list(edges)[1:-1]
    chosen = sorted({round(i * (len(tops) - 1) / 4) for i in range(5)})
    return [((row + 0.5) / len(tops), f"{tops[row]:,.0f}") for row in chosen]
