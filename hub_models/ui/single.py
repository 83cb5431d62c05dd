"""A page with the tab of one task and nothing else: what a Space of that task shows."""

import gradio as gr

from hub_models.task import Task
from hub_models.ui.endpoint import endpoint
from hub_models.ui.frame import Preset
from hub_models.ui.page import header


def single(task: Task) -> gr.Blocks:
    """The tab of `task`, open at once, and its endpoint."""
    with gr.Blocks(title=task.title, analytics_enabled=False, delete_cache=(600, 3600)) as blocks:
        header()
        asked = gr.State(())  # (checkpoint, example) of the link, once the page is there

        @gr.render(inputs=[asked], triggers=[asked.change], show_progress="minimal", concurrency_limit=None)
        def build(link: tuple[str, ...]) -> None:
            task.tab(Preset(*link))

        def follow_link(request: gr.Request) -> tuple[str, str]:
            query = request.query_params
            return str(query.get("checkpoint", ""))[:200], str(query.get("example", ""))[:200]

        on_load = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
        blocks.load(follow_link, None, [asked], **on_load)  # queued, as in page.lazy
        endpoint(task)
    return blocks
