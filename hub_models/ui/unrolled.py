"""A recurrent network unrolled in time as SVG, in the five shapes of the lecture's section 10.3.3."""

import html
from collections.abc import Sequence

from hub_models.ui.heat import colour

SHAPES = (
    "sequence to sequence",
    "sequence to vector",
    "vector to sequence",
    "encoder and decoder",
    "bidirectional",
)
STEP, BOX, HEIGHT = 74, 44, 34  # width of a step and of a state, height of a state
LINE = 'stroke="currentColor" stroke-width="1.5" fill="none" marker-end="url(#tip)"'
TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>'
)


def unrolled(
    words: Sequence[str],
    shape: str,
    *,
    outputs: Sequence[str] = (),
    strength: Sequence[float] = (),
    says: str = "",
) -> str:
    """One column a step: the word below, the state, the output above. `outputs`: of the steps that have one, in order.

    `strength`: 0 to 1 for the state of every step, as colour.
    """
    steps, written = len(words), list(outputs)
    decoding = len(written) or steps
    total = steps + decoding if shape == "encoder and decoder" else steps
    rows = 2 if shape == "bidirectional" else 1
    top, low = 46, 46 + rows * (HEIGHT + 22)
    parts = [TIP]
    for step in range(total):
        x = STEP * step + STEP / 2
        reads, answers = has_input(shape, step, steps), has_output(shape, step, steps, total)
        for row in range(rows):
            y = top + row * (HEIGHT + 22)
            tint = colour(strength[step]) if step < len(strength) else "none"
            parts.append(box(x, y, tint))
            forwards = row == rows - 1
            if step < total - 1:
                ends = (x + BOX / 2, x + STEP - BOX / 2)
                a, b = ends if forwards else ends[::-1]
                parts.append(f'<path d="M{a} {y + HEIGHT / 2}L{b} {y + HEIGHT / 2}" {LINE}/>')
        if reads:
            word = words[step] if step < steps else ""
            parts.append(arrow(x, low + 14, low - 22 + 2))
            parts.append(label(x, low + 30, word))
        if answers:
            parts.append(arrow(x, top, top - 18))
            parts.append(label(x, 20, written.pop(0) if written else f"y{step + 1}"))
    width, height = STEP * total, low + 40
    return (
        f'<figure class="result"><div class="wide"><svg role="img" aria-label="{html.escape(says or shape, quote=True)}" '
        f'viewBox="0 0 {width} {height}" style="width:{width}px;max-width:none;color:var(--body-text-color)">'
        f"{''.join(parts)}</svg></div><figcaption>{html.escape(says)}</figcaption></figure>"
    )


def has_input(shape: str, step: int, steps: int) -> bool:
    if shape == "vector to sequence":
        return step == 0
    return step < steps


def has_output(shape: str, step: int, steps: int, total: int) -> bool:
    if shape == "sequence to vector":
        return step == total - 1
    if shape == "encoder and decoder":
        return step >= steps
    return True


def box(x: float, y: float, fill: str) -> str:
    return (
        f'<rect x="{x - BOX / 2}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="6" fill="{fill}" '
        f'stroke="currentColor" stroke-width="1.5"/>'
        f'<text x="{x}" y="{y + HEIGHT / 2 + 5}" text-anchor="middle" font-size="14" fill="currentColor">h</text>'
    )


def arrow(x: float, start: float, end: float) -> str:
    return f'<path d="M{x} {start}L{x} {end}" {LINE}/>'


def label(x: float, y: float, text: str) -> str:
    short = text if len(text) <= 9 else f"{text[:8]}…"
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="12" fill="currentColor">'
        f"<title>{html.escape(text)}</title>{html.escape(short)}</text>"
    )
