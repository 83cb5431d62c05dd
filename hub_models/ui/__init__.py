"""The only shared Gradio code: the page, the frame of a task's tab, what a click does, how the app is served."""

from hub_models.ui import environment  # noqa: F401  (before gradio is imported)
from hub_models.ui.click import on_click
from hub_models.ui.components import PictureInput, card, show_picture
from hub_models.ui.frame import frame
from hub_models.ui.page import page

__all__ = ["PictureInput", "card", "frame", "on_click", "page", "show_picture"]
