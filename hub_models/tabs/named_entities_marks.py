"""A text with its names marked: colour and word for each kind, everything escaped."""

import html

from hub_models.draw import COLOURS
from hub_models.tokens import Entities
from hub_models.ui.tables import table

WORDS = {"PER": "person", "LOC": "place", "ORG": "organisation", "MISC": "other name"}


def marked(found: Entities) -> str:
    """The text as HTML; each name on its colour, with its kind behind it."""
    kinds = list(dict.fromkeys(tag[2:] for tag in found.tags if tag != "O"))
    parts, place = [], 0
    for span in found.spans:
        start, end = found.words[span.first].start, found.words[span.last - 1].end
        red, green, blue = COLOURS[kinds.index(span.kind) % len(COLOURS)]
        parts.append(html.escape(found.written[place:start]))
        parts.append(
            f'<mark style="background:rgba({red},{green},{blue},0.35);color:inherit;padding:0.1rem 0.25rem;'
            f'border-radius:4px">{html.escape(found.written[start:end])} '
            f"<small>{html.escape(called(span.kind))}</small></mark>"
        )
        place = end
    parts.append(html.escape(found.written[place:]))
    return f'<p style="white-space:pre-wrap;line-height:1.9;overflow-wrap:anywhere">{"".join(parts)}</p>'


def called(kind: str) -> str:
    return WORDS.get(kind, kind.replace("_", " ").replace("-", " "))


def listed(found: Entities) -> str:
    """The names as a table."""
    if not found.spans:
        return "<p>No name found.</p>"
    rows = [[name, called(kind), score] for name, kind, score in found.rows()]
    return table(["Name", "Kind", "Least certain word"], rows)
