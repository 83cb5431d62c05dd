"""Pictures of people: a sentence before the first use, and no file of theirs that stays.

gradio keeps what a browser uploads in a folder until it is swept. A tab that shows people reads such a file once, holds
what it needs in the session's memory, and calls `forget`.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from hub_models.errors import BadInput
from hub_models.ui.click import on_click

WORDS = (
    "Faces are personal data. The people on the pictures have agreed that I compare their faces here, or are myself. "
    "Nothing is kept: pictures stay in the memory of this session and are gone with it."
)


def consent(panel: Callable[[gr.Checkbox], None], words: str = WORDS) -> None:
    """A box to tick, and below it, once it is ticked, what `panel` lays out; it is given the box for its own checks."""
    agreed = gr.Checkbox(label=words, value=False, interactive=True, elem_id="consent", container=True)
    with gr.Column(visible=False) as below:
        panel(agreed)
    on_click(
        agreed.change,
        lambda yes: gr.Column(visible=bool(yes)),
        [agreed],
        [below],
        light=True,
        show_progress="hidden",
    )


def must_agree(agreed: bool) -> None:
    """BadInput `consent_missing`: a call that goes past the page must say it, too."""
    if agreed is not True:
        raise BadInput(
            "consent_missing",
            "Expected the consent of the people on the pictures, got none. Tick the box above first.",
        )


def forget(path: Path) -> None:
    """Remove an uploaded file and its folder; a file from elsewhere (an example of a package) stays."""
    folder = Path(get_upload_folder()).resolve()
    path = path.resolve()
    if not path.is_relative_to(folder) or path == folder:
        return
    path.unlink(missing_ok=True)
    if path.parent != folder:
        with suppress(OSError):  # another file is in it, or an equal upload took it along
            path.parent.rmdir()
