"""A translation as HTML: its text, every piece on the colour of its probability, where the network looked."""

import html
import math

from hub_models.translation import Translation
from hub_models.ui.heat import MOST_WORDS, colour, heat_table
from hub_models.ui.tables import table

TEXT = "font-size:1.25rem;line-height:1.5;margin:0.2rem 0"
HEADERS = ("Piece", "Probability", "Looked at most")


def written(found: Translation) -> str:
    """The translation, and its pieces, the stronger coloured the less probable."""
    pieces = "".join(
        f'<span title="{probability:.1%}" style="background:{colour(0.8 * (1 - probability))}">{html.escape(piece)}'
        f"<small>{probability:.0%}</small></span>"
        for piece, probability in zip(found.pieces, map(math.exp, found.log_probabilities), strict=True)
    )
    says = (
        "The pieces in the order in which they were written, with the probability of each after those before it. "
        "▁ begins a word, <EOS> ends the sentence. The stronger the colour, the less sure the network was."
    )
    return (
        f'<p style="{TEXT}" dir="auto">{html.escape(found.written) or "(nothing)"}</p>'
        f'<figure class="result"><p class="tinted">{pieces}</p><figcaption>{html.escape(says)}</figcaption></figure>'
    )


def numbers(found: Translation) -> str:
    """The same as a table."""
    total = f"Log probability of the whole: {found.log_probability:.2f}"
    return table(HEADERS, found.piece_rows(), f"{len(found.pieces)} pieces. {total}")


def alignment(found: Translation, says: str) -> str:
    """Where the network looked: a row a written piece, a column a given one."""
    if found.alignment is None:
        return "<p>This network does not look anywhere: it has one vector for the whole sentence.</p>"
    rows = found.pieces[:MOST_WORDS]
    values = found.alignment[: len(rows)]
    return heat_table(found.given, rows, values, says, 1.0)
