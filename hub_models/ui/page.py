"""The page: header, course map, chapter tabs with task tabs that are built when they are first opened."""

import html
from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from hub_models import catalog
from hub_models.loader import LOADER
from hub_models.task import CHAPTERS, Task
from hub_models.ui.click import on_click
from hub_models.ui.endpoint import endpoint
from hub_models.ui.frame import Preset

HERE = Path(__file__).parent
TITLE = "Machine learning for vision and multimedia"


def page(tasks: Sequence[Task]) -> gr.Blocks:
    """All of `tasks` as one app. A task's components exist only in the sessions that opened its tab."""
    chapters: dict[int, list[Task]] = {}
    for task in tasks:
        chapters.setdefault(task.chapter, []).append(task)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(600, 3600)) as blocks:
        header()
        presets = gr.State(("", "", ""))  # (task, checkpoint, example) of the link
        with gr.Tabs(selected="course", elem_id="chapters") as outer:
            with gr.Tab("Course", id="course"):
                gr.HTML(course_map(tasks))
            inner = {}
            for number, members in chapters.items():
                with gr.Tab(f"{number}. {CHAPTERS[number]}", id=f"chapter-{number}") as chapter_tab:
                    with gr.Tabs(elem_id=f"tasks-{number}") as inner[number]:
                        for position, task in enumerate(members):
                            with gr.Tab(task.title, id=task.id) as tab:
                                opening = [chapter_tab.select, tab.select] if position == 0 else [tab.select]
                                lazy(task, opening, presets)

        def follow_link(request: gr.Request):
            query = {k: str(v)[:200] for k, v in dict(request.query_params).items()}
            wanted = next((t for t in tasks if t.id == query.get("task")), None)
            updates = {
                presets: (query.get("task", ""), query.get("checkpoint", ""), query.get("example", ""))
            }
            if wanted is not None:
                updates[outer] = gr.Tabs(selected=f"chapter-{wanted.chapter}")
                updates[inner[wanted.chapter]] = gr.Tabs(selected=wanted.id)
            elif query.get("task"):
                gr.Warning(f"This link asks for the task {query['task']!r}, which is not here.")
            return updates

        blocks.load(
            follow_link,
            None,
            [presets, outer, *inner.values()],
            api_visibility="private",
            concurrency_limit=None,  # queued, or the warning would not be shown
            show_progress="hidden",
        )
    # on a page of their own: every visitor of the first page would load all their schemas (3.7 KB a task)
    with blocks.route("Endpoints", "/endpoints", show_in_navbar=False):
        gr.Markdown("Every task as an endpoint: see *Use via API* below, and the *Use it* part of each tab.")
        for task in tasks:
            endpoint(task)
    return blocks


def lazy(task: Task, opening: list, presets: gr.State) -> None:
    """Room for the tab of `task`, filled the first time one of `opening` fires in a session."""
    opened = gr.State(False)

    # one at a time: a link opens two tabs of a session at once, and gradio walks through a dictionary of all events
    # while it adds those of the one, to which the other adds too ("dictionary changed size during iteration")
    @gr.render(
        inputs=[presets],
        triggers=[opened.change],
        show_progress="minimal",
        concurrency_id="building",
        concurrency_limit=1,
    )
    def build(preset: tuple[str, str, str]) -> None:
        wanted, checkpoint, example = preset
        task.tab(Preset(checkpoint, example) if wanted == task.id else Preset())

    # queued: the change of a State reaches the browser only with a queued answer
    gr.on(
        opening,
        lambda: True,
        None,
        [opened],
        api_visibility="private",
        show_progress="hidden",
        concurrency_limit=None,
    )


def header() -> None:
    """Title, what is in memory with a way to free it, and the switch to projector-sized text."""
    with gr.Row(elem_id="hub-header"):
        gr.HTML(f"<h1>{TITLE}</h1>", elem_id="hub-title")
        with gr.Accordion("Device and memory", open=False, elem_id="hub-memory") as memory:
            status = gr.HTML(memory_text())
            unload = gr.Button("Unload all", size="sm")
        larger = gr.Button("Larger text", size="sm", elem_id="hub-larger")
        dark = gr.Button("Light / dark", size="sm", elem_id="hub-dark")
    on_click(memory.expand, memory_text, [], [status], light=True, show_progress="hidden")

    def free() -> str:
        LOADER.unload()
        return memory_text()

    on_click(unload.click, free, [], [status], light=True)
    larger.click(None, js="() => { document.body.classList.toggle('projector'); }", api_visibility="private")
    dark.click(None, js="() => { document.body.classList.toggle('dark'); }", api_visibility="private")


def memory_text() -> str:
    """The device and the models in memory with their bytes, as HTML."""
    rows = LOADER.loaded()
    if not rows:
        return (
            "<p>No model in memory yet: each loads when it is first used, and the device is chosen then.</p>"
        )
    total = sum(size for _, size in rows)
    body = "".join(
        f"<tr><td>{html.escape(c.title)}</td><td>{size / 1e6:,.1f} MB</td></tr>" for c, size in reversed(rows)
    )
    return (
        f'<table class="facts"><caption>On {LOADER.device}: {total / 1e6:,.1f} of {LOADER.budget / 1e6:,.0f} MB</caption>'
        f"<tr><th>Model</th><th>Memory</th></tr>{body}</table>"
    )


def course_map(tasks: Sequence[Task]) -> str:
    """Chapters and tasks with what runs offline and what needs a download, and a search box, as HTML."""
    rows = []
    for task in tasks:
        checkpoints = catalog.checkpoints(task.id)
        offline = [c.title for c in checkpoints if c.offline]
        download = [c.title for c in checkpoints if not c.offline]
        rows.append(
            f'<tr class="course-row"><td>{html.escape(task.lecture)}</td>'
            f'<td><a href="?task={task.id}">{html.escape(task.title)}</a><br>'
            f"<small>{html.escape(task.summary)}</small></td>"
            f"<td>{html.escape(', '.join(offline)) or 'none'}</td><td>{html.escape(', '.join(download)) or 'none'}</td></tr>"
        )
    return (
        f"<p>Every task of the lecture as a tab: try it on your own input, look inside the model, fine-tune it on "
        f"your data, use it from your own program. {len(tasks)} {'task' if len(tasks) == 1 else 'tasks'} so far.</p>"
        '<label for="course-search">Search the course</label> '
        '<input id="course-search" type="search" placeholder="task, network, chapter" '
        "oninput=\"const q=this.value.toLowerCase();document.querySelectorAll('.course-row').forEach("
        'r=>r.hidden=!r.textContent.toLowerCase().includes(q))">'
        '<div class="wide long"><table class="course"><thead><tr><th scope="col">Lecture</th><th scope="col">Task</th>'
        '<th scope="col">Works offline</th><th scope="col">Needs a download</th></tr></thead><tbody>'
        + "".join(rows)
        + "</tbody></table></div>"
    )
