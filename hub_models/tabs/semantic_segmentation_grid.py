"""Small maps as numbers in squares, for reading along: some cells marked, zeros pale."""

import html

import numpy as np

MARK = "background:rgb(230,159,0);color:black;font-weight:700;outline:2px solid black;outline-offset:-2px"
ALSO = "background:rgb(86,180,233);color:black"
CELL = (
    "width:3.1rem;min-width:3.1rem;height:2rem;text-align:center;padding:0.1rem;font-variant-numeric:tabular-nums;"
    "border:1px solid var(--border-color-primary)"
)


def grid(
    values: np.ndarray,
    caption: str,
    marked: np.ndarray | None = None,
    also: np.ndarray | None = None,
    digits: int = 2,
) -> str:
    """Numbers (h, w) as a table. `marked` (h, w) bool: orange, bold; `also`: blue."""
    rows = []
    for y, line in enumerate(values):
        cells = []
        for x, value in enumerate(line):
            strong = marked is not None and marked[y, x]
            weak = also is not None and also[y, x]
            colours = MARK if strong else ALSO if weak else "" if value else "opacity:0.45"
            cells.append(f'<td style="{CELL};{colours}">{number(value, digits)}</td>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<figure style="margin:0;overflow-x:auto;max-width:100%"><table style="border-collapse:collapse;'
        f'font-size:0.85em;width:auto">{"".join(rows)}</table>'
        f'<figcaption style="max-width:18rem;font-size:0.85em">{html.escape(caption)}</figcaption></figure>'
    )


def number(value: float, digits: int) -> str:
    """As short as it can be read: 0 for zero, -0.00 never."""
    text = f"{value:.{digits}f}"
    return "0" if not value else text.replace("-", "−") if float(text) else f"{0:.{digits}f}"


def side_by_side(*grids: str) -> str:
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:1.2rem;align-items:flex-start">{"".join(grids)}</div>'
    )
