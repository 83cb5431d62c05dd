"""Numbers over words as a table of colours: blue below zero, orange above, the stronger the larger."""

import html
from collections.abc import Sequence

import numpy as np

ABOVE, BELOW = (213, 94, 0), (0, 114, 178)  # told apart by all kinds of colour vision
MOST_WORDS = 60  # columns; a text that is longer is cut for the eye
FEW_ROWS = 12  # of which every number is written out


def heat_table(
    words: Sequence[str], rows: Sequence[str], values: np.ndarray, says: str, strongest: float = 0.0
) -> str:
    """`values` (rows, words) float; `strongest`: the number of full colour, 0: the largest there is."""
    full = strongest or float(np.abs(values).max(initial=0.0)) or 1.0
    written = len(rows) <= FEW_ROWS
    head = "".join(
        f'<th scope="col" class="word">{html.escape(word[:24])}</th>' for word in words[:MOST_WORDS]
    )
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th>{cells(line[:MOST_WORDS], full, written)}</tr>'
        for name, line in zip(rows, values, strict=True)
    )
    more = f"<p>{len(words) - MOST_WORDS} more words are not drawn.</p>" if len(words) > MOST_WORDS else ""
    return (
        f'<div class="wide long"><table class="heat"><caption>{html.escape(says)}</caption>'
        f'<thead><tr><th scope="col"></th>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}'
    )


def cells(line: np.ndarray, full: float, written: bool) -> str:
    return "".join(
        f'<td style="background:{colour(value / full)}" title="{value:.3f}">{f"{value:.2f}" if written else ""}</td>'
        for value in line.tolist()
    )


def colour(share: float) -> str:
    """-1 to 1 as a colour that lets the page shine through."""
    red, green, blue = ABOVE if share >= 0 else BELOW
    return f"rgba({red},{green},{blue},{min(1.0, abs(share)):.2f})"


def tinted(words: Sequence[str], values: Sequence[float], says: str, strongest: float = 0.0) -> str:
    """Words in reading order on their colour, each with its number below: for one number a word."""
    full = strongest or max((abs(value) for value in values), default=0.0) or 1.0
    shown = "".join(
        f'<span style="background:{colour(value / full)}">{html.escape(word[:24])}<small>{value:+.2f}</small></span>'
        for word, value in zip(words[:MOST_WORDS], values, strict=False)
    )
    return f'<figure class="result"><p class="tinted">{shown}</p><figcaption>{html.escape(says)}</figcaption></figure>'
