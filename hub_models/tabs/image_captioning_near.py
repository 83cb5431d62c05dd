"""Training pictures that are near to the visitor's, by what was said of them: does the network tell more than these?"""

import gradio as gr

from hub_models.inside.captions import nearest_training
from hub_models.loader import LOADER
from hub_models.tabs.image_captioning_seen import ours, see
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table


def near_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The plainest captioning system has no decoder: it finds the training picture that is most similar, and "
        "repeats what a person said of it. Similar means here: a small angle between the vectors that the network "
        "makes of the two pictures. If the caption stands in this list nearly word by word, the network remembers "
        "more than it describes. The training photographs belong to their authors and are not here, so only their "
        "captions are shown."
    )
    menu = fitting_menu(task, shared, lambda row: row.library == "ours")
    show = gr.Button("Find near training pictures", variant="primary")
    shown = gr.HTML(elem_id="near")

    def view(picture, checkpoint):
        seen = see(task, picture, checkpoint)
        found = LOADER.run(
            checkpoint, task.id, lambda predictor: nearest_training(ours(predictor), seen.regions, 8)
        )
        if not found:
            return problem("This checkpoint keeps nothing of its training pictures.")
        said = set(seen.caption.words)
        rows = [
            [caption, f"{cosine:.3f}", f"{len(said & set(caption.split()))} of {len(said)}"]
            for caption, cosine in found
        ]
        heads = ["Caption of a training picture", "Cosine", "Words of the network's caption in it"]
        return table(heads, rows, f"The network says: {seen.caption.caption}")

    on_click(show.click, view, [shared.input, menu], [shown])
