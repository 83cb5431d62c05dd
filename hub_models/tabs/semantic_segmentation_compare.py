"""Old and new side by side: the map of every network, how long it took and how many parameters it has."""

import numpy as np

from hub_models import draw_segments
from hub_models.segments import SemanticMap
from hub_models.task import Task
from hub_models.ui import compare, show_picture
from hub_models.ui.compare import Outcome
from hub_models.ui.frame import Shared

WORDS = (
    "One picture through every checkpoint, oldest architecture first. Compare the borders, and what becomes of thin "
    "things; compare the milliseconds with the parameters: ENet is the smallest and makes the picture small at once. "
    "The classes differ where the data did: a network knows only what it was taught."
)
COLUMNS = ("Largest classes", "Milliseconds a picture")
OPACITY = 0.7


def comparison_view(task: Task, shared: Shared) -> None:
    compare.comparison_view(task, shared, WORDS, columns=COLUMNS, cells=cells, card=card, legend=legends)


def cells(outcome: Outcome[SemanticMap]) -> list[object]:
    largest = list(outcome.found.shares().items())[:3]
    return [", ".join(f"{name} {share:.0%}" for name, share in largest), f"{1000 * outcome.seconds:.0f}"]


def card(small: np.ndarray, outcome: Outcome[SemanticMap]) -> str:
    words = f"{1000 * outcome.seconds:.0f} ms, {outcome.checkpoint.parameters:,} parameters. {outcome.found.text()}"
    drawn = draw_segments.semantic(small, outcome.found, OPACITY)
    return show_picture(drawn, outcome.says(words), lossless=True)


def legends(seen: dict[tuple[str, ...], set[str]], found: SemanticMap) -> str:
    """What the colours mean: a legend for each list of classes, of those that occur; `seen` keeps them."""
    seen[found.names] = seen.get(found.names, set()) | set(found.shares())
    return "".join(
        draw_segments.legend([(number, name) for number, name in enumerate(names) if name in occurring])
        for names, occurring in seen.items()
    )
