"""Where the network looks at each word: its attention, or, of a network that has none, what raised the word."""

import gradio as gr
import numpy as np

from hub_models.inside.captions import contributions, placed, strongest
from hub_models.loader import LOADER
from hub_models.tabs.image_captioning_seen import Seen, cards, map_card, ours, see, small
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

GRADIENT = (
    "This network has no attention: every step is given the same vector of the whole picture, so there is nowhere "
    "to look. Shown instead is what each region did for the word: the gradient of the logarithm of its "
    "probability with respect to the region's features, times these features. Bright regions made the word more "
    "probable. It is worked out afterwards; the network itself cannot tell the regions apart."
)
LOOKED = (
    "Before each word the hidden state is the query, and the 49 regions are keys and values (lecture, section "
    "10.9.1). The weights sum to 1 over the picture; even weights would be 2 % everywhere. Each picture is bright "
    "against the largest weight of the whole caption. Nobody told the network where things are: it learned to "
    "look from captions alone, ours from 663 pictures, and often looks beside what the word names, at the ground "
    "or the border. A word that is told while it looks elsewhere came from the language. A region also sees a "
    "part of the picture that is larger than its square."
)


def looks_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The picture is squeezed into 224 x 224 pixels; the network of ImageNet makes 7 x 7 feature vectors of "
        "it, each seen from one place. A caption network with attention mixes them anew before each word."
    )
    menu = fitting_menu(task, shared, lambda row: row.library == "ours")
    show = gr.Button("Show where it looks", variant="primary")
    words, maps, regions = gr.HTML(), gr.HTML(elem_id="looks"), gr.HTML()

    def view(picture, checkpoint):
        seen = see(task, picture, checkpoint)
        if seen.caption.attention is not None:
            return f"<p>{LOOKED}</p>", *drawn(seen, seen.caption.attention, "looks at")
        found = LOADER.run(
            checkpoint, task.id, lambda predictor: contributions(ours(predictor), seen.regions, seen.numbers)
        )
        return f"<p>{GRADIENT}</p>", *drawn(seen, np.maximum(found, 0), "is raised by")

    on_click(show.click, view, [shared.input, menu], [words, maps, regions])


def drawn(seen: Seen, maps: np.ndarray, does: str) -> tuple[str, str]:
    """(a picture a word, a table of the strongest regions)."""
    pixels, full = small(seen.pixels), float(maps.max(initial=0.0))
    pictures, rows = [], []
    for number, (word, weights) in enumerate(zip(seen.caption.words, maps, strict=True), 1):
        best = strongest(weights)
        row, column, weight = best[0]
        says = f"{number}. {word}: {does} the {placed(row, column)} most ({weight:.2f})"
        pictures.append(map_card(pixels, weights, says, full))
        told = "; ".join(f"row {r}, column {c}: {value:.3f}" for r, c, value in best)
        rows.append([str(number), word, told, f"{float(weights.sum()):.2f}"])
    return cards(pictures), table(["", "Word", "Strongest of 7 x 7 regions", "Sum over all regions"], rows)
