"""Tables as HTML: a short one is shown whole, of a long one a part that scrolls."""

import pytest

from hub_models.ui.tables import MOST_WHOLE, table


@pytest.mark.parametrize(
    ("rows", "frame"), [(1, "wide"), (MOST_WHOLE, "wide"), (MOST_WHOLE + 1, "wide long")]
)
def test_only_long_tables_scroll(rows: int, frame: str) -> None:
    shown = table(["Feature", "Number"], [["a row", 1]] * rows, "A caption")
    assert shown.startswith(f'<div class="{frame}"><table class="facts"><caption>A caption</caption>')
    assert shown.count("<tr>") == rows + 1
