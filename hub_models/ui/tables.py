"""Tables and bars as HTML: read by eyes and by screen readers, with everything escaped."""

import html
from collections.abc import Sequence

from hub_models.results import Labels
from hub_models.task import Answer

MOST_WHOLE = 24  # rows


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> str:
    """Cells as text; numbers to the right."""
    head = "".join(f'<th scope="col">{html.escape(h)}</th>' for h in headers)
    body = "".join("<tr>" + "".join(cell(value) for value in row) + "</tr>" for row in rows)
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    facts = f'<table class="facts">{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="{frame_of(len(rows))}">{facts}</div>'


def frame_of(rows: int) -> str:
    """The class of what holds a table: a short one is shown whole, of a long one a part that scrolls."""
    return "wide long" if rows > MOST_WHOLE else "wide"


def cell(value: object) -> str:
    if isinstance(value, int | float):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{html.escape(str(value))}</td>"


def bars(labels: Labels, count: int = 5) -> str:
    """The most probable classes with their probability as a bar and as a number."""
    rows = "".join(
        f'<tr><td>{html.escape(name)}</td><td class="bars" aria-hidden="true"><div class="bar" '
        f'style="width:{100 * probability:.1f}%"></div></td><td class="number">{probability:.1%}</td></tr>'
        for name, probability in labels.top(count)
    )
    return (
        '<table class="answer"><thead><tr><th scope="col">Class</th><th aria-hidden="true"></th>'
        f'<th scope="col">Probability</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def took(answer: Answer) -> str:
    """Time, device and what was done to the input, in a line."""
    notes = "".join(f" Note: {note}." for note in answer.notes)
    return f"<p>{answer.seconds * 1000:.0f} ms on {html.escape(answer.device)}.{html.escape(notes)}</p>"


def problem(message: str) -> str:
    return f'<p role="alert">{html.escape(message)}</p>'
