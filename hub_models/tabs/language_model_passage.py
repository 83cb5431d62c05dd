"""A text on the colours of what a language model thought of it: the less probable a part was, the stronger."""

import html
import math

from hub_models.continuation import Continuation, Guessed
from hub_models.ui.heat import colour

BOX = (
    "white-space:pre-wrap;overflow-wrap:anywhere;font-family:var(--font-mono);line-height:1.7;margin:0;padding:0.6rem;"
    "border:1px solid var(--border-color-primary);border-radius:6px;max-height:26rem;overflow:auto"
)


def passage(given: str, written: str) -> str:
    """While it is written: the text given, pale, then the new one."""
    return f'<p style="{BOX}"><span style="opacity:0.6">{html.escape(given)}</span>{html.escape(written)}</p>'


def coloured(found: Continuation) -> str:
    """The end: every part on its colour, its probability when one points at it; the text given is underlined."""
    given = f'<span style="text-decoration:underline dotted">{spans(found.given)}</span>'
    says = (
        "Underlined: the text given. The stronger the colour, the less probable the part was after all before it; "
        "point at one for its probability and its place among all that might have come."
    )
    text = f'<p style="{BOX}">{given}{spans(found.written)}</p>'
    return f'<figure class="result">{text}<figcaption>{says}</figcaption></figure>'


def spans(text: Guessed) -> str:
    shown = []
    for part, logarithm, rank in zip(text.parts, text.log_probabilities, text.ranks, strict=True):
        if rank < 0:
            shown.append(f'<span title="not in its alphabet" style="opacity:0.5">{html.escape(part)}</span>')
            continue
        probability = math.exp(float(logarithm))
        title = f"{probability:.1%}, guess {rank + 1}"
        shown.append(
            f'<span title="{title}" style="background:{colour(0.7 * (1 - probability))}">{html.escape(part)}</span>'
        )
    return "".join(shown)


def figures(found: Continuation) -> list[list[str]]:
    """Rows of a table: what was given, what was written, with logarithm, perplexity and first guesses."""
    rows = []
    for name, text in (("text given", found.given), ("written", found.written)):
        if not text.characters:
            continue
        first = (text.ranks == 0).sum() / text.known.sum()
        rows.append([
            name, f"{text.characters:,}", f"{text.log_probability:.1f}", f"{text.perplexity:.2f}", f"{first:.0%}",
        ])  # fmt: skip
    return rows


HEADERS = ("", "Characters", "Log probability", "Perplexity per character", "First guess")
