"""The demo hub: every task of the lecture as a tab. `python app.py --help` lists the options."""

from hub_models import ui
from hub_models.task import tasks
from hub_models.ui import serve


def build():
    """Lectures -> tabs -> task.tab(); no task is known here by name."""
    return ui.page(tasks())


if __name__ == "__main__":
    serve.main(build)
